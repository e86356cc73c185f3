"""Policy documents: read once, strictly, into immutable statements; every refusal names its place.

The reader goes on after a mistake, so that one run tells all of them. What it cannot read it takes for the most
dangerous thing it could mean: an Allow keeps no condition that is not understood, a Deny that is not understood in
full denies nothing.

Sources: IAM user guide, "Grammar of the IAM JSON policy language" and the pages of the single elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, cast

from iam_guardrails.iam import arns, principals, text
from iam_guardrails.iam.conditions import OPERATORS, Condition, refusal
from iam_guardrails.iam.principals import Principal


class DocumentKind(str, Enum):
    """What a document is attached to; it decides which elements belong."""

    IDENTITY = "identity"  # to a user, group, role, or managed policy
    TRUST = "trust"  # to a role: who may assume it
    RESOURCE = "resource"  # to anything else: who may use it


class Problem(NamedTuple):
    """One thing that AWS refuses, or that readers of the document would take differently.

    Attributes:
        pointer: the place, as a JSON pointer (RFC 6901).
        message: what is wrong, with the offending value.
        fix: the smallest change that mends it.
    """

    pointer: str
    message: str
    fix: str


class Statement(NamedTuple):
    """One statement.

    Attributes:
        number: its place among the statements, from 0.
        pointer: its place in the document.
        sid: its Sid, "" where it has none.
        allow: True for Allow, False for Deny.
        principals: whom it names; empty also where the element is missing.
        not_principals: whether it means everyone else.
        actions: the action patterns.
        not_actions: whether it means every other action.
        resources: the resource patterns; ("*",) where the element is missing.
        not_resources: whether it means every other resource.
        conditions: all of which must hold.
        source: the statement as written, to be shown.
        literal: whether policy variables are plain text here.
    """

    number: int
    pointer: str
    sid: str
    allow: bool
    principals: tuple[Principal, ...]
    not_principals: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]
    source: Mapping[str, object]
    literal: bool = False

    def at(self, element: str, value: str | None = None) -> str:
        """The pointer to an element of the statement, or to one value in it."""
        written = self.source.get(element)
        if value is not None and isinstance(written, list):
            for place, one in enumerate(cast("list[object]", written)):
                if one == value:
                    return f"{self.pointer}/{element}/{place}"
        return f"{self.pointer}/{element}"


class Document(NamedTuple):
    """A document with all that could be read of it, and what could not."""

    kind: DocumentKind
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]

    @property
    def malformed(self) -> bool:
        """Whether AWS would refuse it."""
        return bool(self.problems)


ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+")
_SID = re.compile(r"[A-Za-z0-9]*")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9][^\s:*?]*:[^\s*?]+")
_VARIABLE = re.compile(r"\$\{\s*(?:[*?$]|[^{},*?$\s]+:?[^{},*?$]*(?:,\s*'[^']*')?)\s*\}")
_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_TOP = {"Version", "Id", "Statement"}
_LARGEST = {DocumentKind.IDENTITY: 10_240, DocumentKind.RESOURCE: 32_768}
_WHERE_LARGEST = {
    DocumentKind.IDENTITY: "the most that any identity takes (a role's inline policies together)",
    DocumentKind.TRUST: "the account's quota for trust policies",
    DocumentKind.RESOURCE: "the most that any resource takes (a KMS key)",
}

# Spellings found good before; what recurs in the documents of a run is looked at once.
_good_actions: set[str] = set()
_MANY = 50_000


def read(document: object, kind: DocumentKind, largest_trust: int = 2048) -> Document:
    """Read a policy document.

    Args:
        document: JSON text, or the mapping that it holds.
        kind: what it is attached to.
        largest_trust: characters that the account allows a trust policy (2,048 unless the quota was raised).
    """
    value: object = document
    problems: list[Problem] = []
    if isinstance(document, str):
        try:
            value, character = text.read(document)
        except text.UnreadableText as error:
            return Document(kind, (), (Problem("", error.reason, error.fix),))
        if character and kind is not DocumentKind.RESOURCE:
            problems.append(_bad_character(character))
    elif isinstance(document, Mapping):
        problem = _check_size_and_characters(cast("Mapping[str, object]", document), kind, problems)
        if problem:
            return Document(kind, (), (problem,))
    if not isinstance(value, Mapping):
        written = type(value).__name__
        return Document(kind, (), (Problem("", f"a policy document is a JSON object, not {written}", "write {...}"),))
    reader = _Reader(kind, problems)
    statements = reader.document(cast("Mapping[str, object]", value))
    if not isinstance(document, str) or len(document) > 2048:
        _check_quota(cast("object", document), kind, largest_trust, problems)
    return Document(kind, statements, tuple(problems))


def _bad_character(character: str) -> Problem:
    return Problem(
        "",
        f"the character U+{ord(character):04X} is one that IAM refuses",
        "keep to tab, line ends and U+0020 to U+00FF",
    )


def _check_size_and_characters(
    document: Mapping[str, object], kind: DocumentKind, problems: list[Problem]
) -> Problem | None:
    """What a mapping may hide that a text shows: values that are no JSON, endless nesting, odd characters."""
    try:
        written = text.write(document)
    except (TypeError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Problem(
            "", f"the mapping holds what JSON cannot: {reason}", "use text, numbers, lists and mappings only"
        )
    if len(written) > text.READABLE:
        return Problem(
            "", f"the document has {len(written):,} characters; AWS's largest has 32,768", "split the policy"
        )
    character = text.refused_character(written)
    if character and kind is not DocumentKind.RESOURCE:
        problems.append(_bad_character(character))
    return None


def _check_quota(document: object, kind: DocumentKind, largest_trust: int, problems: list[Problem]) -> None:
    limit = _LARGEST.get(kind, largest_trust)
    size = text.size(document)
    if size > limit:
        problems.append(
            Problem(
                "", f"the document has {size:,} characters; {_WHERE_LARGEST[kind]} is {limit:,}", "split the policy"
            )
        )


class _Reader:
    """Reads one document; collects what is wrong with it."""

    __slots__ = ("_kind", "_literal", "_problems")

    def __init__(self, kind: DocumentKind, problems: list[Problem]) -> None:
        self._kind = kind
        self._problems = problems
        self._literal = False

    def _refuse(self, pointer: str, message: str, fix: str) -> None:
        self._problems.append(Problem(pointer, message, fix))

    def document(self, value: Mapping[str, object]) -> tuple[Statement, ...]:
        if not value.keys() <= _TOP:
            for name in value:
                if name not in _TOP:
                    self._unknown("", name, _TOP, "a policy document")
        version = value.get("Version", "2008-10-17")
        if version not in ("2012-10-17", "2008-10-17"):
            self._refuse(
                "/Version", f"Version {_shown(version)} is none that AWS knows", 'write "Version": "2012-10-17"'
            )
        self._literal = version == "2008-10-17"
        if "Id" in value and not isinstance(value["Id"], str):
            self._refuse("/Id", f"Id {_shown(value['Id'])} is no text", "write the Id as text, or leave it out")
        written = value.get("Statement")
        if isinstance(written, Mapping):
            read = self.statement(0, "/Statement", cast("Mapping[str, object]", written))
            return (read,) if read else ()
        if not isinstance(written, list) or not written:
            shown = _shown(cast("object", written))
            said = "is missing" if written is None else f"{shown} is no statement and no list of statements"
            self._refuse(
                "/Statement" if written is not None else "", f"Statement {said}", "write at least one statement"
            )
            return ()
        return self._statements(cast("list[object]", written))

    def _statements(self, written: list[object]) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        sids: set[str] = set()
        for index, one in enumerate(written):
            pointer = f"/Statement/{index}"
            if not isinstance(one, Mapping):
                self._refuse(pointer, f"{_shown(one)} is no statement", "write the statement as an object")
                continue
            statement = self.statement(index, pointer, cast("Mapping[str, object]", one))
            if statement is None:
                continue
            if statement.sid:
                if statement.sid in sids:
                    self._refuse(
                        f"{pointer}/Sid", f'the Sid "{statement.sid}" stands twice; AWS wants each once', "rename one"
                    )
                sids.add(statement.sid)
            statements.append(statement)
        return tuple(statements)

    def statement(self, index: int, pointer: str, value: Mapping[str, object]) -> Statement | None:
        """One statement, or None where nothing it could allow is left."""
        before = len(self._problems)
        if not value.keys() <= _ELEMENTS:
            for name in value:
                if name not in _ELEMENTS:
                    self._unknown(pointer, name, _ELEMENTS, "a statement")
        sid = value.get("Sid", "")
        if not isinstance(sid, str) or (self._kind is not DocumentKind.RESOURCE and not _SID.fullmatch(sid)):
            self._refuse(f"{pointer}/Sid", f"Sid {_shown(sid)} is not made of letters and digits alone", "rename it")
            sid = ""
        effect = value.get("Effect")
        if effect != "Allow" and effect != "Deny":
            said = "is missing" if "Effect" not in value else f"{_shown(effect)} is neither Allow nor Deny"
            self._refuse(f"{pointer}/Effect" if "Effect" in value else pointer, f"Effect {said}", "write Allow or Deny")
        who, not_who = self._principals(pointer, value)
        actions, not_actions = self._one_of(pointer, value, "Action", "NotAction", self._actions)
        if self._kind is DocumentKind.TRUST:
            self._no_resource(pointer, value)
            resources, not_resources = ("*",), False
        elif self._kind is DocumentKind.RESOURCE and "Resource" not in value and "NotResource" not in value:
            resources, not_resources = ("*",), False
        else:
            resources, not_resources = self._one_of(pointer, value, "Resource", "NotResource", self._resources)
        conditions = self._conditions(pointer, value["Condition"]) if "Condition" in value else ()
        if effect == "Deny" and len(self._problems) > before:
            return None
        return Statement(
            index, pointer, sid, effect != "Deny", who, not_who, actions, not_actions, resources, not_resources,
            conditions, value, self._literal,
        )  # fmt: skip

    def _unknown(self, pointer: str, name: object, known: set[str], where: str) -> None:
        near = next((one for one in known if one.lower() == str(name).lower()), None)
        fix = f'write "{near}"' if near else f"take it out; {where} has {', '.join(sorted(known))}"
        self._refuse(f"{pointer}/{_escape(str(name))}", f'"{name}" is no element of {where}', fix)

    def _one_of(
        self,
        pointer: str,
        value: Mapping[str, object],
        element: str,
        negated: str,
        check: Callable[[str, tuple[str, ...]], None],
    ) -> tuple[tuple[str, ...], bool]:
        """The values of Action or NotAction (Resource or NotResource), and whether it was the negated one."""
        if negated in value:
            if element in value:
                self._refuse(pointer, f"both {element} and {negated} are there", f"keep one of {element} and {negated}")
                return ("*",), False
            element = negated
        elif element not in value:
            self._refuse(pointer, f"{element} is missing", f"say which with {element}")
            return ("*",), False
        values = self._texts(f"{pointer}/{element}", value[element], element)
        check(f"{pointer}/{element}", values)
        return values, element == negated

    def _texts(self, pointer: str, written: object, element: str) -> tuple[str, ...]:
        """The values of an element that takes one text or a list of them."""
        if isinstance(written, str):
            return (written,)
        values = tuple(cast("list[object]", written)) if isinstance(written, list) else ()
        texts = tuple(one for one in values if isinstance(one, str))
        if len(texts) != len(values) or not isinstance(written, list):
            shown = _shown(cast("object", written))
            self._refuse(pointer, f"{element} {shown} is neither text nor a list of texts", "write text")
        return texts

    def _actions(self, pointer: str, actions: tuple[str, ...]) -> None:
        for place, action in enumerate(actions):
            if action in _good_actions:
                continue
            if not ACTION.fullmatch(action):
                self._refuse(
                    _at(pointer, place, actions, self._problems),
                    f'"{action}" is no action',
                    'write service:Action, such as "s3:GetObject"',
                )
                continue
            if len(_good_actions) > _MANY:
                _good_actions.clear()
            _good_actions.add(action)
        if self._kind is DocumentKind.TRUST:
            for place, action in enumerate(actions):
                if action[:4].lower() != "sts:":
                    self._refuse(
                        _at(pointer, place, actions, self._problems),
                        f'"{action}" is no action of a trust policy',
                        "name sts:AssumeRole, sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML, sts:TagSession "
                        "or sts:SetSourceIdentity",
                    )

    def _resources(self, pointer: str, resources: tuple[str, ...]) -> None:
        for place, resource in enumerate(resources):
            if resource == "*":
                continue
            plain = resource
            if "${" in resource:
                self._variables(pointer, resource)
                plain = arns.without_variables(resource)
            if arns.is_pattern(plain):
                continue
            if self._kind is DocumentKind.RESOURCE and plain.startswith("execute-api:/"):
                continue  # API Gateway completes such a one itself
            self._refuse(
                _at(pointer, place, resources, self._problems),
                f'"{resource}" is no ARN',
                'write an ARN with its six parts, or "*"',
            )

    def _variables(self, pointer: str, value: str) -> None:
        if self._literal:
            self._refuse(
                pointer,
                f'"{value}" has a policy variable, which AWS takes as plain text in Version 2008-10-17',
                'write "Version": "2012-10-17"',
            )
        elif "${" in _VARIABLE.sub("", value):
            self._refuse(pointer, f'"{value}" has a policy variable that is not written out', "write ${key}")

    def _no_resource(self, pointer: str, value: Mapping[str, object]) -> None:
        for element in ("Resource", "NotResource"):
            if element in value:
                self._refuse(
                    f"{pointer}/{element}", f"a trust policy has no {element}: it speaks of its own role", "take it out"
                )

    def _principals(self, pointer: str, value: Mapping[str, object]) -> tuple[tuple[Principal, ...], bool]:
        element = "NotPrincipal" if "NotPrincipal" in value else "Principal"
        if self._kind is DocumentKind.IDENTITY:
            if element in value:
                self._refuse(
                    f"{pointer}/{element}",
                    f"an identity policy has no {element}: it speaks of its owner",
                    "take it out",
                )
            return (), False
        if element not in value:
            self._refuse(pointer, "Principal is missing", "say who, by ARN")
            return (principals.EVERYONE,), False
        if element == "NotPrincipal" and "Principal" in value:
            self._refuse(pointer, "both Principal and NotPrincipal are there", "keep Principal")
            return (principals.EVERYONE,), False
        where = f"{pointer}/{element}"
        written = value[element]
        if written == "*":
            return (principals.EVERYONE,), element == "NotPrincipal"
        if not isinstance(written, Mapping):
            self._refuse(where, f'{element} {_shown(written)} is neither "*" nor an object', 'write {"AWS": "arn:..."}')
            return (principals.EVERYONE,), False
        found: list[Principal] = []
        for name, values in cast("Mapping[str, object]", written).items():
            self._principals_of(f"{where}/{_escape(name)}", name, values, found)
        return tuple(found), element == "NotPrincipal"

    def _principals_of(self, pointer: str, element: str, values: object, found: list[Principal]) -> None:
        written = self._texts(pointer, values, "Principal")
        for place, one in enumerate(written):
            principal = principals.read(element, one)
            if isinstance(principal, str):
                self._refuse(_at(pointer, place, written, self._problems), principal, "name each principal in full")
                # Whoever it was meant to be, it is nobody that can be trusted.
                principal = principals.EVERYONE if one == "*" else Principal(principals.Kind.OTHER, one)
            found.append(principal)

    def _conditions(self, pointer: str, written: object) -> tuple[Condition, ...]:
        pointer += "/Condition"
        if not isinstance(written, Mapping):
            self._refuse(pointer, f"Condition {_shown(written)} is no object", 'write {"StringEquals": {...}}')
            return ()
        conditions: list[Condition] = []
        for name, block in cast("Mapping[str, object]", written).items():
            operator = OPERATORS.get(name)
            where = f"{pointer}/{_escape(name)}"
            if operator is None:
                near = next((one for one in OPERATORS if one.lower() == str(name).lower()), None)
                self._refuse(where, f'"{name}" is no condition operator', f'write "{near or "StringEquals"}"')
                continue
            if not isinstance(block, Mapping):
                self._refuse(where, f"{name} {_shown(block)} is no object", f'write "{name}": {{"key": "value"}}')
                continue
            seen: set[str] = set()
            for key, values in cast("Mapping[str, object]", block).items():
                at = f"{where}/{_escape(key)}"
                lower = key.lower()
                if not _CONDITION_KEY.fullmatch(key) or lower in seen:
                    said = "stands twice, in upper and lower case" if lower in seen else "is no condition key"
                    self._refuse(at, f'"{key}" {said}', 'write each key once, such as "aws:PrincipalOrgID"')
                    continue
                seen.add(lower)
                texts = self._condition_values(at, values)
                if texts is not None and self._values_read(at, operator.name, lower, texts):
                    conditions.append(Condition(operator, lower, texts, at, self._literal))
        return tuple(conditions)

    def _condition_values(self, pointer: str, written: object) -> tuple[str, ...] | None:
        if type(written) is str:
            return (written,)
        values = cast("list[object]", written if isinstance(written, list) else [written])
        texts: list[str] = []
        for one in values:
            if isinstance(one, bool):
                texts.append("true" if one else "false")
            elif isinstance(one, (str, int, float)):
                texts.append(str(one))
            else:
                self._refuse(pointer, f"{_shown(one)} is no value of a condition", "write text, a number or a Boolean")
                return None
        return tuple(texts)

    def _values_read(self, pointer: str, operator: str, key: str, values: tuple[str, ...]) -> bool:
        """Whether AWS takes the values; says so where not."""
        full = OPERATORS[operator]
        for value in values:
            if "${" in value:
                self._variables(pointer, value)
            reason = refusal(full, value)
            if reason:
                self._refuse(pointer, reason, f'give "{key}" a value that {operator} compares with')
                return False
        return True


def _at(pointer: str, place: int, values: tuple[str, ...], _problems: object) -> str:
    return f"{pointer}/{place}" if len(values) > 1 else pointer


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
