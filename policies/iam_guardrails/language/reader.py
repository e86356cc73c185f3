"""Reads policy documents, strictly; every rejection names its place.

The reader goes on after a mistake, so that one run names all of them. `statements` says how it takes what cannot be
read and what is not known yet.

Sources: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas"; the quotas of AWS
Organizations and of VPC endpoint policies (VPC user guide, "AWS PrivateLink quotas").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from iam_guardrails.language import text
from iam_guardrails.language.documents import Document, DocumentKind, Problem, Statement
from iam_guardrails.language.statements import StatementReader, shown
from iam_guardrails.language.unknown import UNKNOWN, has_unknown

_TOP = frozenset(("Version", "Id", "Statement"))
_LARGEST = {
    DocumentKind.IDENTITY: (10_240, "the most that any identity takes (a role's inline policies together)"),
    DocumentKind.RESOURCE: (32_768, "the most that any resource takes (a KMS key)"),
    DocumentKind.BOUNDARY: (6_144, "the most that a managed policy takes"),
    DocumentKind.SESSION: (2_048, "the most that a session takes"),
    DocumentKind.SCP: (10_240, "the most that a service control policy takes"),
    DocumentKind.RCP: (5_120, "the most that a resource control policy takes"),
    DocumentKind.ENDPOINT: (20_480, "the most that a VPC endpoint takes"),
}


def read(document: object, kind: DocumentKind, largest_trust: int = 2048, *, in_force: bool = False) -> Document:
    """Read a policy document.

    Args:
        document: JSON text, or the mapping that it holds. A mapping may have `UNKNOWN` in its texts.
        kind: what it is attached to.
        largest_trust: characters that the account allows a trust policy (2,048 unless the quota was raised).
        in_force: whether AWS has taken it already. Then quotas are not counted, and two things that are rejected in a
            new document are read as AWS reads them: a policy variable under Version 2008-10-17 is plain text, and an
            id in place of a principal's ARN (AIDA..., AROA...) is somebody who was deleted.
    """
    if isinstance(document, str):
        written = document
    elif isinstance(document, Mapping):
        try:
            written = text.write(cast("object", document))
        except (TypeError, ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            return _unread(
                kind, f"the mapping holds what JSON cannot: {reason}", "use text, numbers, lists and mappings"
            )
    else:
        return _unread(kind, f"a policy document is a JSON object, not {type(document).__name__}", "write {...}")
    try:
        value, character = text.read(written)
    except text.UnreadableText as error:
        return _unread(kind, error.reason, error.fix)
    if type(value) is not dict:
        return _unread(kind, f"a policy document is a JSON object, not {shown(value)}", "write {...}")
    statements, reader = _statements(cast("dict[str, object]", value), kind, in_force)
    problems, unknown = reader.problems, tuple(reader.unknown)
    partly = bool(unknown) and not isinstance(document, str)
    if unknown and isinstance(document, str):
        problems.append(_bad_character(UNKNOWN))
    elif character and kind is not DocumentKind.RESOURCE and not (partly and character == UNKNOWN):
        problems.append(_bad_character(character))
    if len(written) > 2048 and not in_force and not unknown:
        _check_quota(written, kind, largest_trust, problems)
    return Document(kind, statements, tuple(problems), unknown)


def _statements(
    value: dict[str, object], kind: DocumentKind, in_force: bool
) -> tuple[tuple[Statement, ...], StatementReader]:
    reader = StatementReader(kind, in_force)
    if not _TOP.issuperset(value):
        value = reader.without_unknown("", value)
        reader.reject_elements("", value, _TOP, "a policy document")
    version = value.get("Version", "2008-10-17")
    if has_unknown(version):
        reader.unknown.append("/Version")
    elif version not in ("2012-10-17", "2008-10-17"):
        message = f"Version {shown(version)} is none that AWS knows"
        reader.reject("/Version", message, 'write "Version": "2012-10-17"')
    reader.literal = version == "2008-10-17"
    if "Id" in value and not isinstance(value["Id"], str):
        reader.reject("/Id", f"Id {shown(value['Id'])} is no text", "write the Id as text, or leave it out")
    written = value.get("Statement")
    if isinstance(written, dict) or has_unknown(written):
        alone = reader.read(0, "/Statement", cast("object", written))
        return () if alone is None else (alone,), reader
    if written is None and "" in reader.unknown:
        return (), reader
    if not isinstance(written, list) or not written:
        said = "is missing"
        if written is not None:
            said = f"{shown(cast('object', written))} is no statement and no list of statements"
        reader.reject("/Statement" if written is not None else "", f"Statement {said}", "write at least one statement")
        return (), reader
    read_ones = (
        reader.read(number, f"/Statement/{number}", one) for number, one in enumerate(cast("list[object]", written))
    )
    statements = tuple(one for one in read_ones if one is not None)
    _reject_second_sids(statements, reader)
    return statements, reader


def _reject_second_sids(statements: tuple[Statement, ...], reader: StatementReader) -> None:
    seen: set[str] = set()
    for one in statements:
        if one.sid and one.sid in seen:
            message = f'the Sid "{one.sid}" stands twice; AWS wants each once'
            reader.reject(f"{one.pointer}/Sid", message, "rename one")
        seen.add(one.sid)


def _unread(kind: DocumentKind, message: str, fix: str) -> Document:
    return Document(kind, (), (Problem("", message, fix),))


def _bad_character(character: str) -> Problem:
    return Problem(
        "",
        f"the character U+{ord(character):04X} is one that IAM rejects",
        "keep to tab, line ends and U+0020 to U+00FF",
    )


def _check_quota(written: str, kind: DocumentKind, largest_trust: int, problems: list[Problem]) -> None:
    limit, where = _LARGEST.get(kind, (largest_trust, "the account's quota for trust policies"))
    # What counts is at most what is written, so most documents need no closer look.
    if len(written) > limit and (size := text.size(written)) > limit:
        message = f"the document has {size:,} characters; {where} is {limit:,}"
        problems.append(Problem("", message, "split the policy"))
