"""Recognizes what a text is, and reads it.

Wide on purpose: what could be a policy document to some reader is one, and the rules reject it if it is none that AWS
takes. A text passed over in silence would count as clean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache, cached_property
from pathlib import PurePath
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.parts import DocumentPart, Part, Scope
from iam_guardrails.model.values import Location, PolicyDocument, Unknown
from iam_guardrails.sources import placeholders
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.kinds import is_policy, kind_by_content, kind_of_text
from iam_guardrails.sources.positions import Map, json_map
from iam_guardrails.sources.trees import NotReadable, Tree, json_tree, yaml_trees
from iam_guardrails.sources.values import items, members, unknown_places

JSON_SUFFIXES = (".json", ".jsonl", ".ndjson", ".template", ".tfstate")
SUFFIXES = (*JSON_SUFFIXES, ".yaml", ".yml")
"""Ends of names of the files that are looked for in folders."""
_LINES = (".jsonl", ".ndjson")
_YAML = (".yaml", ".yml")
_HCL = (".tf", ".hcl")
_ESCAPE = re.compile(r"\\u00([0-7][0-9a-fA-F])")


class Content(Enum):
    """What a text holds."""

    POLICY = "a policy document"
    RESOURCES = "resources or identities with policies"
    OTHER = "something else"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Source:
    """A text, or a line of it, that was read.

    Attributes:
        file: name of the file.
        format: what it is: "policy document", "CloudFormation template", ...
        content: whether it holds policies.
        text: the text.
        first_line: line of the file on which the text begins, from 1.
        line_of_many: whether it is a line of many (JSON Lines).
        parts: the parts of the account model, once for each way in which conditions can come out; the defaults first.
        notes: what was assumed: parameters at their defaults, placeholders.
        trouble: why the text could not be read as what its name or content says; "" where it could.
        guessed: whether the kind of documents by themselves was guessed.
        tree: its value, with the places of its parts.
    """

    file: str
    format: str
    content: Content
    text: str
    first_line: int = 1
    line_of_many: bool = False
    parts: Sequence[Sequence[Part]] = ((),)
    notes: tuple[str, ...] = ()
    trouble: str = ""
    guessed: bool = True
    tree: Tree | None = field(default=None, repr=False)

    @cached_property
    def map(self) -> Map:
        """The places of its values in the text."""
        if self.tree is not None and self.tree.nodes is not None:
            return Map(self.text.removeprefix("\ufeff"), self.tree.nodes)
        return json_map(self.text)


def decoded(written: bytes) -> str:
    """The text of a file.

    Raises:
        NotReadable: it is no UTF-8 text; one in UTF-16 or UTF-32 is named.
    """
    if written.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(written) > 3 and 0 in (written[0], written[1])):
        if written.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
            raise NotReadable("it is UTF-32 text", "save it as UTF-8")
        if b"\0" in written[:4]:
            raise NotReadable("it is UTF-16 text", "save it as UTF-8")
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotReadable(f"it is no UTF-8 text (byte {error.start + 1:,})", "save it as UTF-8") from None


def read(text: str, file: str, kind: DocumentKind | None = None) -> list[Source]:
    """What a text holds; several for JSON Lines and for the documents of a YAML text.

    Args:
        text: all that stands in the file.
        file: name of the file; its suffix says whether it is YAML or JSON Lines.
        kind: the kind of every document whose place does not say it; None guesses it from the content.
    """
    return [replace(one, guessed=kind is None) for one in _read(text, file, kind)]


def _read(text: str, file: str, kind: DocumentKind | None) -> list[Source]:
    suffix = PurePath(file).suffix.lower()
    if suffix in _LINES or _is_json_lines(text):
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        return [replace(_of_json(line, file, kind), first_line=at, line_of_many=True) for at, line in lines]
    if not text.strip("\ufeff \t\r\n"):
        return [Source(file, "nothing", Content.NOTHING, text)]
    if suffix in _HCL and not _looks_like_json(text):
        return [Source(file, "Terraform", Content.OTHER, text)]  # its statements are none of JSON's
    if suffix in _YAML or not _looks_like_json(text):
        found = _of_yaml(text, file, kind)
        if suffix in _YAML or any(one.content is not Content.OTHER for one in found):
            return found
    return [_of_json(text, file, kind)]


def _looks_like_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"', "")


def _is_json_lines(text: str) -> bool:
    """Whether the first line is JSON by itself, and more follows it."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip() or first.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json_tree(first)
    except NotReadable:
        return False
    return True


def _of_json(text: str, file: str, kind: DocumentKind | None) -> Source:
    try:
        tree = json_tree(text)
    except NotReadable as error:
        return _broken(text, file, kind, error.reason)
    found = _of_value(tree, text, file, kind)
    if found.content is Content.RESOURCES and tree.twice:
        name = tree.twice[0]
        return replace(found, parts=((),), trouble=f'a name stands twice in an object: "{name}"')
    return found


def _of_yaml(text: str, file: str, kind: DocumentKind | None) -> list[Source]:
    try:
        trees = yaml_trees(text)
    except NotReadable as error:
        content = Content.POLICY if speaks_of_statements(text) else Content.OTHER
        return [Source(file, "YAML", content, text, trouble=error.reason)]
    if len(trees) == 1:
        found = [_of_value(trees[0], text, file, kind)]
    else:
        # Like the items of a list, so that each place has a pointer of its own.
        found = [_of_value(_below(tree, f"/{n}"), text, file, kind, f"/{n}") for n, tree in enumerate(trees)]
    return [replace(one, trouble=_twice(one)) for one in found] or [Source(file, "YAML", Content.NOTHING, text)]


def _below(tree: Tree, prefix: str) -> Tree:
    """A document of several of a text, with the pointers of its parts below a prefix."""
    nodes = [node._replace(pointer=f"{prefix}{node.pointer}") for node in tree.nodes or ()]
    return Tree(tree.value, nodes, tuple(f"{prefix}{one}" for one in tree.twice))


def _twice(source: Source) -> str:
    twice = source.tree.twice if source.tree and source.content is not Content.OTHER else ()
    return f"a name stands twice in an object: {twice[0]}" if twice else source.trouble


def _broken(text: str, file: str, kind: DocumentKind | None, trouble: str) -> Source:
    """A text that is no JSON: perhaps for its placeholders, perhaps a broken policy document."""
    value = placeholders.readable(text)
    if value is not None:
        tree = Tree(value)
        return replace(_of_value(tree, text, file, kind), tree=None)
    if not speaks_of_statements(text):
        return Source(file, "something else", Content.OTHER, text, trouble=trouble)
    part = DocumentPart(PolicyDocument(kind or kind_of_text(text), text, Location(file)))
    return Source(file, "policy document", Content.POLICY, text, parts=((part,),), trouble="")


def speaks_of_statements(text: str) -> bool:
    """Whether a text that nobody can read seems to be meant as a policy."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).lower()
    return "statement" in plain or ("effect" in plain and ("allow" in plain or "deny" in plain))


def _of_value(tree: Tree, text: str, file: str, kind: DocumentKind | None, prefix: str = "") -> Source:
    value: object = tree.value
    inside = members(value)
    base = Source(file, "", Content.RESOURCES, text, tree=tree)
    at = Location(file, pointer=prefix)
    collected = _of_collector(tree.value, at)
    if collected is not None:
        return replace(base, format="folder of iam-collect", parts=(collected,))
    try:
        found = _of_known_format(inside, at) if inside and not _is_only_policy(inside) else None
    except NotReadable as error:
        return replace(base, trouble=error.reason)
    except Exception as error:  # whatever was amiss, the file has not been read
        reason = f"it looks like a file of another tool, and cannot be read as one ({type(error).__name__})"
        return replace(base, trouble=reason)
    if found is not None:
        name, alternatives = found
        notes = tuple(dict.fromkeys(_defaults(inside))) if name == "CloudFormation template" else ()
        return replace(base, format=name, parts=alternatives, notes=notes)
    if inside and is_policy(inside):
        document = _document(inside, text, at, kind, tree)
        return replace(base, format="policy document", content=Content.POLICY, parts=((DocumentPart(document),),))
    listed = items(cast("object", value)) if isinstance(value, list) else ()
    from iam_guardrails.sources import aws_cli

    if listed and all(aws_cli.is_answer(one) for one in listed):
        parts = [
            part for place, one in enumerate(listed) for part in _answer(one, replace(at, pointer=f"{prefix}/{place}"))
        ]
        return replace(base, format="answers of the AWS CLI", parts=(parts,))
    from iam_guardrails.sources.embedded import documents_in  # with the tables of resources, it takes time to load

    documents = [_unfilled(one) for one in documents_in(cast("object", value), at, kind)]
    if documents:
        return replace(base, format="policy documents in something else", parts=(documents,))
    return replace(base, format="something else", content=Content.OTHER)


def _of_collector(value: object, at: Location) -> list[Part] | None:
    """The parts of a file that a collector wrote, whose path says what it is."""
    if "aws" not in at.file:
        return None
    from iam_guardrails.sources import collected

    return collected.parts(value, at)


def _document(
    value: Mapping[str, object], text: str, at: Location, kind: DocumentKind | None, tree: Tree
) -> PolicyDocument:
    """A document that is all of a text."""
    of = kind or kind_by_content(value)
    marks = tuple(
        dict.fromkeys([*placeholders.found_in(value), *(placeholders.found_in(text) if _filled(tree) else ())])
    )
    if marks:
        return _with_placeholders(document_of(of, placeholders.unfilled(value), at), marks)
    # The text itself, so that what no value shows (a name that stands twice, a comment) is found.
    return PolicyDocument(of, value if tree.nodes is not None else text, at)


def _filled(tree: Tree) -> bool:
    """Whether placeholders outside of its texts have been filled to read it."""
    return tree.nodes is None and any(True for _ in unknown_places(tree.value))


def _unfilled(part: DocumentPart) -> DocumentPart:
    content = part.document.content
    marks = tuple(dict.fromkeys(placeholders.found_in(content)))
    if not marks or isinstance(content, str):
        return part
    document = document_of(part.document.kind, placeholders.unfilled(content), part.document.location)
    return replace(part, document=_with_placeholders(replace(document, name=part.document.name), marks))


def _with_placeholders(document: PolicyDocument, marks: Sequence[str]) -> PolicyDocument:
    shown = ", ".join(marks[:5]) + (f" and {len(marks) - 5} more" if len(marks) > 5 else "")
    why = f"placeholders stand there that are not filled in: {shown}"
    unknown = tuple(Unknown(one.what, why, one.location) for one in document.unknown)
    return replace(document, unknown=unknown)


def _is_only_policy(value: Mapping[str, object]) -> bool:
    """Whether a value has nothing but what a policy document has, so that no other format has to be thought of."""
    return "Statement" in value and value.keys() <= {"Version", "Id", "Statement"}


def _answer(value: object, at: Location) -> list[Part]:
    from iam_guardrails.sources import aws_cli

    return list(aws_cli.parts(members(value), at))


def _of_known_format(value: Mapping[str, object], at: Location) -> tuple[str, Sequence[Sequence[Part]]] | None:
    for name, recognizes, reads in _formats():
        if recognizes(value):
            return name, reads(value, at)
    return None


def _cdk_tree(value: object) -> bool:
    return members(value).get("version") == "tree-0.1" and "tree" in members(value)


def _defaults(template: Mapping[str, object]) -> list[str]:
    from iam_guardrails.sources import cloudformation

    made = cloudformation.Template(template, Location(), Scope())
    made.parts()
    return [f"parameter {name} taken at its default" for name in made.defaults]


_Reads = Callable[[Mapping[str, object], Location], Sequence[Sequence[Part]]]


@cache
def _formats() -> tuple[tuple[str, Callable[[object], bool], _Reads], ...]:
    """Formats: name, what recognizes a value, what reads it. The first that recognizes it reads it."""
    # They take time to load, and a plain document has no need of them.
    from iam_guardrails.sources import (
        aws_cli,
        cloudformation,
        inventory,
        kubernetes,
        organization,
        pulumi,
        serverless,
        terraform,
    )

    return (
        ("construct tree of the AWS CDK", _cdk_tree, lambda _value, _at: ((),)),
        (
            "CloudFormation template",
            cloudformation.is_template,
            cloudformation.alternatives,
        ),
        (
            "Serverless Framework configuration",
            serverless.is_serverless,
            lambda value, at: serverless.alternatives(value, at.file),
        ),
        ("Terraform plan or state", terraform.is_terraform, lambda value, at: (list(terraform.parts(value, at.file)),)),
        ("Pulumi preview, plan or state", pulumi.is_pulumi, lambda value, at: (list(pulumi.parts(value, at.file)),)),
        (
            "Kubernetes object",
            kubernetes.is_object,
            lambda value, at: (list(kubernetes.parts(value, at)),),
        ),
        ("organization", organization.is_organization, lambda value, at: (list(organization.parts(value, at)),)),
        (
            "inventory of an account",
            inventory.is_account_inventory,
            lambda value, at: (list(inventory.parts(value, at)),),
        ),
        ("answer of the AWS CLI", aws_cli.is_answer, lambda value, at: (_answer(value, at),)),
    )
