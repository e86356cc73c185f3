"""Reads policy documents, strictly; every refusal names its place.

The reader goes on after a mistake, so that one run tells all of them. What it cannot read it takes for the most
dangerous thing it could mean: an Allow keeps no condition that is not understood, a Deny that is not understood in
full denies nothing. Either way the document is refused.

Most statements are plain, and are read by `quick` in one go; the others are read here, with words for what is wrong.

Sources: IAM user guide, "Grammar of the IAM JSON policy language" and the pages of the single elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import cast

from iam_guardrails.language import arns, principals, quick, text
from iam_guardrails.language.conditions import OPERATORS, Condition, refusal
from iam_guardrails.language.documents import Document, DocumentKind, Problem, Statement
from iam_guardrails.language.principals import Principal

_SID = re.compile(r"[A-Za-z0-9]*")
_VARIABLE = re.compile(r"\$\{\s*(?:[*?$]|[^{},*?$\s]+:?[^{},*?$]*(?:,\s*'[^']*')?)\s*\}")
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_TOP = frozenset(("Version", "Id", "Statement"))
_LARGEST = {DocumentKind.IDENTITY: 10_240, DocumentKind.RESOURCE: 32_768}
_WHERE_LARGEST = {
    DocumentKind.IDENTITY: "the most that any identity takes (a role's inline policies together)",
    DocumentKind.TRUST: "the account's quota for trust policies",
    DocumentKind.RESOURCE: "the most that any resource takes (a KMS key)",
}


def read(document: object, kind: DocumentKind, largest_trust: int = 2048, *, in_force: bool = False) -> Document:
    """Read a policy document.

    Args:
        document: JSON text, or the mapping that it holds.
        kind: what it is attached to.
        largest_trust: characters that the account allows a trust policy (2,048 unless the quota was raised).
        in_force: whether AWS has taken it already. Then quotas are not counted, and two things that are refused in a
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
        return _unread(kind, f"a policy document is a JSON object, not {_shown(value)}", "write {...}")
    reader = _Reader(kind, in_force)
    statements = reader.document(cast("dict[str, object]", value))
    problems = reader.problems
    if character and kind is not DocumentKind.RESOURCE:
        problems.append(_bad_character(character))
    if len(written) > 2048 and not in_force:
        _check_quota(written, kind, largest_trust, problems)
    return Document(kind, statements, tuple(problems))


def _unread(kind: DocumentKind, message: str, fix: str) -> Document:
    return Document(kind, (), (Problem("", message, fix),))


def _bad_character(character: str) -> Problem:
    return Problem(
        "",
        f"the character U+{ord(character):04X} is one that IAM refuses",
        "keep to tab, line ends and U+0020 to U+00FF",
    )


def _check_quota(written: str, kind: DocumentKind, largest_trust: int, problems: list[Problem]) -> None:
    limit = _LARGEST.get(kind, largest_trust)
    size = text.size(written)
    if size > limit:
        message = f"the document has {size:,} characters; {_WHERE_LARGEST[kind]} is {limit:,}"
        problems.append(Problem("", message, "split the policy"))


class _Reader:
    """Reads one document; collects what is wrong with it."""

    __slots__ = ("_in_force", "_kind", "_literal", "problems")

    def __init__(self, kind: DocumentKind, in_force: bool) -> None:
        self._kind = kind
        self._in_force = in_force
        self._literal = False
        self.problems: list[Problem] = []

    def _refuse(self, pointer: str, message: str, fix: str) -> None:
        self.problems.append(Problem(pointer, message, fix))

    def document(self, value: dict[str, object]) -> tuple[Statement, ...]:
        """The statements that can be read."""
        if not _TOP.issuperset(value):
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
        if isinstance(written, dict):
            alone = cast("dict[str, object]", written)
            read = quick.statement(self._kind, 0, alone, self._literal)
            read = read._replace(pointer="/Statement") if read else self._careful(0, "/Statement", alone)
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
        sids: list[str] = []
        for number, one in enumerate(written):
            statement = None
            if isinstance(one, dict):
                alone = cast("dict[str, object]", one)
                statement = quick.statement(self._kind, number, alone, self._literal)
                statement = statement or self._careful(number, f"/Statement/{number}", alone)
            else:
                message = f"{_shown(one)} is no statement"
                self._refuse(f"/Statement/{number}", message, "write the statement as an object")
            if statement is None:
                continue
            if statement.sid:
                sids.append(statement.sid)
            statements.append(statement)
        if len(set(sids)) != len(sids):
            self._refuse_second_sids(statements)
        return tuple(statements)

    def _refuse_second_sids(self, statements: list[Statement]) -> None:
        seen: set[str] = set()
        for one in statements:
            if one.sid and one.sid in seen:
                message = f'the Sid "{one.sid}" stands twice; AWS wants each once'
                self._refuse(f"{one.pointer}/Sid", message, "rename one")
            seen.add(one.sid)

    def _careful(self, number: int, pointer: str, value: dict[str, object]) -> Statement | None:
        """The statement, whatever is wrong with it; None where nothing it could allow is left."""
        before = len(self.problems)
        if not _ELEMENTS.issuperset(value):
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
        if effect == "Deny" and len(self.problems) > before:
            return None
        return Statement(
            number, pointer, sid, effect != "Deny", who, not_who, actions, not_actions, resources, not_resources,
            conditions, value, self._literal,
        )  # fmt: skip

    def _unknown(self, pointer: str, name: object, known: frozenset[str], where: str) -> None:
        near = next((one for one in known if one.lower() == str(name).lower()), None)
        fix = f'write "{near}"' if near else f"take it out; {where} has {', '.join(sorted(known))}"
        self._refuse(f"{pointer}/{_escape(str(name))}", f'"{name}" is no element of {where}', fix)

    def _one_of(
        self,
        pointer: str,
        value: dict[str, object],
        element: str,
        negated: str,
        check: Callable[[str, tuple[str, ...]], None],
    ) -> tuple[tuple[str, ...], bool]:
        """The values of Action or NotAction (Resource or NotResource), and whether it was the negated one."""
        if negated in value:
            if element in value:
                self._refuse(pointer, f"both {element} and {negated} are there", f"keep one of {element} and {negated}")
                return (), False
            element = negated
        elif element not in value:
            self._refuse(pointer, f"{element} is missing", f"say which with {element}")
            return (), False
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
            if not quick.ACTION.fullmatch(action):
                self._refuse(
                    _at(pointer, place, actions),
                    f'"{action}" is no action',
                    'write service:Action, such as "s3:GetObject"',
                )
        if self._kind is DocumentKind.TRUST:
            for place, action in enumerate(actions):
                if action[:4].lower() != "sts:":
                    self._refuse(
                        _at(pointer, place, actions),
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
                _at(pointer, place, resources),
                f'"{resource}" is no ARN',
                'write an ARN with its six parts, or "*"',
            )

    def _variables(self, pointer: str, value: str) -> None:
        if self._literal:
            if self._in_force:
                return
            self._refuse(
                pointer,
                f'"{value}" has a policy variable, which AWS takes as plain text in Version 2008-10-17',
                'write "Version": "2012-10-17"',
            )
        elif "${" in _VARIABLE.sub("", value):
            self._refuse(pointer, f'"{value}" has a policy variable that is not written out', "write ${key}")

    def _no_resource(self, pointer: str, value: dict[str, object]) -> None:
        for element in ("Resource", "NotResource"):
            if element in value:
                self._refuse(
                    f"{pointer}/{element}", f"a trust policy has no {element}: it speaks of its own role", "take it out"
                )

    def _principals(self, pointer: str, value: dict[str, object]) -> tuple[tuple[Principal, ...], bool]:
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
            return (), False
        if element == "NotPrincipal" and "Principal" in value:
            self._refuse(pointer, "both Principal and NotPrincipal are there", "keep Principal")
            return (), False
        where = f"{pointer}/{element}"
        written = value[element]
        if element == "NotPrincipal" and (self._kind is DocumentKind.TRUST or value.get("Effect") == "Allow"):
            what = "a trust policy" if self._kind is DocumentKind.TRUST else "an Allow"
            self._refuse(where, f"AWS takes no NotPrincipal in {what}", "name in Principal whom you mean")
        if written == {}:
            self._refuse(where, f"{element} names nobody", "say who, by ARN")
        if written == "*":
            return (principals.EVERYONE,), element == "NotPrincipal"
        if not isinstance(written, dict):
            self._refuse(where, f'{element} {_shown(written)} is neither "*" nor an object', 'write {"AWS": "arn:..."}')
            return (), False
        found: list[Principal] = []
        for name, values in cast("dict[str, object]", written).items():
            self._principals_of(f"{where}/{_escape(name)}", name, values, found)
        return tuple(found), element == "NotPrincipal"

    def _principals_of(self, pointer: str, element: str, values: object, found: list[Principal]) -> None:
        written = self._texts(pointer, values, "Principal")
        for place, one in enumerate(written):
            principal = principals.read(element, one)
            if isinstance(principal, str) and self._in_force and principals.is_unique_id(one):
                principal = Principal(principals.Kind.OTHER, one)
            if isinstance(principal, str):
                self._refuse(_at(pointer, place, written), principal, "name each principal in full")
                # Whoever it was meant to be, it is nobody that can be trusted.
                principal = principals.EVERYONE if one == "*" else Principal(principals.Kind.OTHER, one)
            found.append(principal)

    def _conditions(self, pointer: str, written: object) -> tuple[Condition, ...]:
        pointer += "/Condition"
        if not isinstance(written, dict):
            self._refuse(pointer, f"Condition {_shown(written)} is no object", 'write {"StringEquals": {...}}')
            return ()
        conditions: list[Condition] = []
        for name, block in cast("dict[str, object]", written).items():
            operator = OPERATORS.get(name)
            where = f"{pointer}/{_escape(name)}"
            if operator is None:
                near = next((one for one in OPERATORS if one.lower() == str(name).lower()), None)
                self._refuse(where, f'"{name}" is no condition operator', f'write "{near or "StringEquals"}"')
                continue
            if not isinstance(block, dict):
                self._refuse(where, f"{name} {_shown(block)} is no object", f'write "{name}": {{"key": "value"}}')
                continue
            seen: set[str] = set()
            for key, values in cast("dict[str, object]", block).items():
                at = f"{where}/{_escape(key)}"
                lower = key.lower()
                if not quick.is_condition_key(key) or lower in seen:
                    said = "stands twice, in upper and lower case" if lower in seen else "is no condition key"
                    self._refuse(at, f'"{key}" {said}', 'write each key once, such as "aws:PrincipalOrgID"')
                    continue
                seen.add(lower)
                texts = self._condition_values(at, values)
                if texts is not None and self._values_read(at, operator.name, lower, texts):
                    conditions.append(Condition(operator, lower, texts, self._literal))
        return tuple(conditions)

    def _condition_values(self, pointer: str, written: object) -> tuple[str, ...] | None:
        if type(written) is str:
            return (written,)
        values = cast("list[object]", written if isinstance(written, list) else [written])
        if not values:
            # AWS takes it, and says both that such a condition holds and that the statement then allows nothing
            # (IAM Access Analyzer, policy checks: "Empty array condition").
            self._refuse(pointer, "a condition without values may hold or not", "give it a value, or take it out")
            return None
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


def _at(pointer: str, place: int, values: tuple[str, ...]) -> str:
    return f"{pointer}/{place}" if len(values) > 1 else pointer


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
