"""Resources that carry another tool's resources, and documents that stand inside any other value.

A Cloud Control resource has a CloudFormation type and its properties as text; a CloudFormation stack of Terraform or
Pulumi has a whole template; a Kubernetes object may be an AWS resource of ACK or Crossplane.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast
from urllib.parse import unquote

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.model.parts import DocumentPart, LimitPart, Part, UnknownPart
from iam_guardrails.model.values import Location, PolicyDocument, Unknown
from iam_guardrails.sources.declared import Declared, left_alone, parts_of
from iam_guardrails.sources.documents import AWAITED, document_of
from iam_guardrails.sources.kinds import has_statements, kind_of
from iam_guardrails.sources.values import escape, items, member, members, named_member, parsed, squash, text

_TEMPLATES = {"cloudformationstack", "cloudformationstackset"}
_CLOUD_CONTROL = {"cloudcontrolresource", "cloudcontrolapiresource"}
_SPEAKS_OF_EFFECT = re.compile('(?:"|%22)effect(?:"|%22)', re.IGNORECASE)


def resource_parts(declared: Declared) -> Iterator[Part]:
    """The parts of a resource, of what it carries of another tool, and of documents that no table knows of."""
    found = list(parts_of(declared))
    yield from found
    known = {squash(pointer.split("/")[1]) for pointer in _pointers(found, declared.location.pointer) if pointer}
    known |= left_alone(declared.family, declared.type)
    if declared.type not in _CLOUD_CONTROL | _TEMPLATES:
        for name, value in declared.properties.items():
            if squash(str(name)) not in known:
                yield from documents_in(value, declared.at(f"/{escape(str(name))}"), name=str(name))
    if declared.type in _CLOUD_CONTROL:
        yield from _cloud_control(declared)
    elif declared.type in _TEMPLATES:
        yield from _template(declared)


def _cloud_control(declared: Declared) -> Iterator[Part]:
    kind = text(member(declared.properties, "typeName"))
    name, state = named_member(declared.properties, "desiredState")
    properties = parsed(state)
    if not kind or not isinstance(properties, Mapping):
        yield _not_read(declared, "what the Cloud Control resource makes")
        return
    inside = replace(
        declared,
        family="cloudformation",
        type=squash("".join(kind.split("::")[1:])),
        properties=members(cast("object", properties)),
        location=declared.at(f"/{name}"),
        references={},
        shown_type=kind,
    )
    yield from parts_of(inside)


def _template(declared: Declared) -> Iterator[Part]:
    from iam_guardrails.sources import cloudformation
    from iam_guardrails.sources.trees import NotReadable, yaml_trees

    name, body = named_member(declared.properties, "templateBody")
    template = parsed(body)
    if isinstance(template, str) and template and not has_unknown(template):
        try:
            template = yaml_trees(template)[0].value
        except (NotReadable, IndexError):
            template = None
    if not cloudformation.is_template(template):
        if body is not None or member(declared.properties, "templateUrl") is not None:
            yield _not_read(declared, "what the template of the stack makes")
        return
    location = declared.at(f"/{name}")
    yield from cloudformation.alternatives(members(template), location, declared.scope)[0]


def _not_read(declared: Declared, what: str) -> Part:
    return UnknownPart(Unknown(f"{what} {declared.name}", AWAITED, declared.location))


def _pointers(parts: Sequence[Part], prefix: str) -> Iterator[str]:
    """Where the documents of parts stand below a prefix."""
    for part in parts:
        documents = [getattr(part, "document", None), getattr(part, "trust", None)]
        if isinstance(part, LimitPart):
            documents.append(part.limit.document)
        for document in documents:
            if isinstance(document, PolicyDocument):
                yield document.location.pointer.removeprefix(prefix)


def documents_in(
    value: object, location: Location, kinds: DocumentKind | None = None, name: str = ""
) -> Iterator[DocumentPart]:
    """Every policy document that stands anywhere in a value, as an object or as text.

    Args:
        value: the value.
        location: where it stands.
        kinds: the kind of all of them; None guesses each.
        name: what the value stands under.
    """
    waiting: list[tuple[str, str, object]] = [(location.pointer, name, value)]
    while waiting:
        pointer, name, one = waiting.pop()
        if isinstance(one, str):
            if not _SPEAKS_OF_EFFECT.search(one):
                continue
            inside = parsed(one)
            if not has_statements(inside):
                if isinstance(inside, (dict, list)):
                    yield from documents_in(cast("object", inside), replace(location, pointer=pointer), kinds)
                continue
            one = unquote(one) if isinstance(inside, Mapping) and not one.lstrip().startswith("{") else one
            kind = kinds or kind_of(cast("object", inside), name)
            yield DocumentPart(document_of(kind, one, replace(location, pointer=pointer), name))
        elif has_statements(one):
            kind = kinds or kind_of(one, name)
            yield DocumentPart(document_of(kind, one, replace(location, pointer=pointer), name))
        elif isinstance(one, Mapping):
            pairs = list(members(cast("object", one)).items())
            waiting += [(f"{pointer}/{escape(str(key))}", str(key), inside) for key, inside in reversed(pairs)]
        elif isinstance(one, list):
            inside_list = list(enumerate(items(cast("object", one))))
            waiting += [(f"{pointer}/{place}", name, inside) for place, inside in reversed(inside_list)]
