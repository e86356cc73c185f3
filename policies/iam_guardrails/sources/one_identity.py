"""One identity, as whoever asks about it describes it: its documents, attachments, boundary and trust as parts.

Every part has a pointer that says which argument it came from: `/0` or `/name` for the documents, `/boundary`, `/trust`
and `/managed_policy_arns/0`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.parts import AttachmentPart, IdentityPart, InlinePart, Part, PolicyPart, Reference, Scope
from iam_guardrails.model.values import IdentityKind, Location, PolicyDocument, Unknown
from iam_guardrails.sources.values import document_value, escape, unknown_places

ATTACHED = "/managed_policy_arns"
BOUNDARY = "/boundary"
TRUST = "/trust"
_KEY = "the identity"
_SELF = Reference(None, (_KEY,), exact=True)
_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}|\*?):(user|role|group)(/(?:[^:*?]*/)?)([\w+=,.@-]+)", re.ASCII)
_POLICY = re.compile(r"(?:(arn:aws[a-z-]*:iam::(?:\d{12}|aws|\*?)):)?policy(/(?:.*/)?)([^/]+)")


class Named(NamedTuple):
    """What an ARN says of an identity; "" and None for what is not known.

    Attributes:
        partition: AWS partition.
        account: the twelve digits of its account.
        kind: user, role or group.
        path: path of the identity.
        name: name of the identity.
    """

    partition: str = "aws"
    account: str = ""
    kind: IdentityKind | None = None
    path: str = "/"
    name: str = ""


class Known(NamedTuple):
    """All that somebody knows of one identity.

    Attributes:
        policies: documents by name; a name that is an ARN, or "policy/" with path and name, is a managed policy.
        boundary: document or ARN of the permissions boundary; None without one.
        attached: ARNs of managed policies that are attached.
        named: what its ARN says.
        trust: trust policy; None where there is none or it is not known.
    """

    policies: Mapping[str, object]
    boundary: object
    attached: Sequence[object]
    named: Named
    trust: object


def named(arn: str | None) -> Named:
    """What an ARN says of an identity.

    Args:
        arn: ARN of a user, role or group; None or "" where it is not known.

    Raises:
        ValueError: it is none.
    """
    found = _ARN.fullmatch(arn) if arn else None
    if found is not None:
        partition, account, kind, path, name = found.groups()
        return Named(partition, account if account.isdigit() else "", IdentityKind(kind), path, name)
    if arn:
        raise ValueError(
            f'arn: "{arn}" is no ARN of a user or role; write one such as '
            '"arn:aws:iam::111122223333:role/deploy" (for a session, that of its role), or leave it out'
        )
    return Named()


def parts(known: Known) -> Iterator[Part]:
    """The parts of the account model that one identity amounts to."""
    partition, account, kind, path, name = known.named
    kind = kind or (IdentityKind.USER if known.trust is None else IdentityKind.ROLE)
    scope = Scope((account,) if account else (), partition)
    trust = None if known.trust is None else _document(DocumentKind.TRUST, known.trust, TRUST, "trust policy")
    yield IdentityPart(kind, _KEY, name, path=path, trust=trust, scope=scope)
    for called, document in known.policies.items():
        pointer = f"/{escape(called)}"
        read = _document(DocumentKind.IDENTITY, document, pointer, called)
        managed = _POLICY.fullmatch(called)
        if managed is None:
            yield InlinePart(_SELF, kind, read, scope)
            continue
        whole = called if managed[1] else ""
        yield PolicyPart(pointer, read, managed[3], managed[2], whole, Location(pointer=pointer), scope)
        policy = Reference(None, (pointer,), exact=True)
        yield AttachmentPart(_SELF, kind, policy, location=Location(pointer=pointer), scope=scope)
    for place, attached in enumerate(known.attached):
        policy = Reference(attached if isinstance(attached, str) else "")
        yield AttachmentPart(_SELF, kind, policy, location=Location(pointer=f"{ATTACHED}/{place}"), scope=scope)
    if known.boundary is not None:
        yield from _boundary(known.boundary, kind, scope)


def _boundary(boundary: object, kind: IdentityKind, scope: Scope) -> Iterator[Part]:
    at = Location(pointer=BOUNDARY)
    if isinstance(boundary, str) and boundary.startswith("arn:"):
        yield AttachmentPart(_SELF, kind, Reference(boundary), boundary=True, location=at, scope=scope)
        return
    document = _document(DocumentKind.BOUNDARY, boundary, BOUNDARY, "permissions boundary")
    yield PolicyPart(BOUNDARY, document, location=at, scope=scope)
    yield AttachmentPart(_SELF, kind, Reference(None, (BOUNDARY,), exact=True), True, at, scope)


def _document(kind: DocumentKind, value: object, pointer: str, name: str) -> PolicyDocument:
    """A document, with what is unknown of it; one that is nested too deeply is for the reader to reject."""
    at = Location(pointer=pointer)
    content = document_value(value)
    try:
        places = [] if isinstance(content, str) and content != UNKNOWN else list(unknown_places(content))
    except RecursionError:
        places = []
    unknown = tuple(Unknown(f"{one} of the {kind.value} policy", "its value is not known", at) for one in places)
    return PolicyDocument(kind, content, at, name, unknown)
