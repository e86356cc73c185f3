"""Reads one statement, strictly; every rejection names its place.

What cannot be read is taken for the most dangerous thing it could mean, and rejected: an Allow keeps no condition that
is not understood, a Deny that is not understood in full denies nothing. What is not known yet is taken for the least
that it may allow, and listed: an Allow loses what an unknown part may take away, a Deny reaches as far as it may.

    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*",
     "Condition": {"StringEquals": {"aws:PrincipalOrgID": UNKNOWN}}}

allows nothing for certain; with "Deny" it would deny everybody.

Sources: IAM user guide, "Grammar of the IAM JSON policy language" and the pages of the single elements; AWS
Organizations user guide, "SCP syntax" and "RCP syntax".
"""

from __future__ import annotations

import re
from typing import cast

from iam_guardrails.language import arns, principals, resources
from iam_guardrails.language.conditions import OPERATORS, Condition, Operator, operator_named, refusal
from iam_guardrails.language.documents import DocumentKind, Problem, Statement
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.language.unknown import UNKNOWN, has_unknown

_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+")
# Behind the slash stands the key of a tag, which may have spaces.
_CONDITION_KEY = re.compile(r"[A-Za-z0-9][^\s:*?]*:[^\s*?/]+(?:/[^\t\r\n*?]+)?")
_SID = re.compile(r"[A-Za-z0-9]*")
_FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
"""The one Allow of a resource control policy: that of `RCPFullAWSAccess`, which AWS attaches everywhere."""
_VARIABLE = re.compile(r"\$\{\s*(?:[*?$]|[^{},*?$\s]+:?[^{},*?$]*(?:,\s*'[^']*')?)\s*\}")
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_OWNER = {
    DocumentKind.IDENTITY: "an identity policy has no {}: it speaks of its owner",
    DocumentKind.BOUNDARY: "a permissions boundary has no {}: it speaks of its owner",
    DocumentKind.SESSION: "a session policy has no {}: it speaks of its session",
    DocumentKind.SCP: "a service control policy has no {}: it speaks of all identities of its accounts",
}


class StatementReader:
    """Reads the statements of one document, and collects what is wrong and what is unknown in them.

    Args:
        kind: what the document is attached to.
        in_force: whether AWS has taken the document already.
        literal: whether policy variables are plain text in it (Version 2008-10-17).
    """

    __slots__ = ("_allow", "_in_force", "_kind", "_never", "literal", "problems", "unknown")

    def __init__(self, kind: DocumentKind, in_force: bool) -> None:
        self._kind = kind
        self._in_force = in_force
        self._allow = True
        self._never = False
        self.literal = False
        self.problems: list[Problem] = []
        self.unknown: list[str] = []

    def reject(self, pointer: str, message: str, fix: str) -> None:
        """Keep one thing that AWS rejects."""
        self.problems.append(Problem(pointer, message, fix))

    def reject_elements(self, pointer: str, value: dict[str, object], known: frozenset[str], where: str) -> None:
        """Keep each name of an object that the grammar has not there."""
        for name in value.keys() - known:
            near = next((one for one in known if one.lower() == str(name).lower()), None)
            fix = f'write "{near}"' if near else f"take it out; {where} has {', '.join(sorted(known))}"
            self.reject(f"{pointer}/{escape(str(name))}", f'"{name}" is no element of {where}', fix)

    def without_unknown(self, pointer: str, value: dict[str, object]) -> dict[str, object]:
        """An object without the elements whose names are not known; they are kept as unknown."""
        known = {name: one for name, one in value.items() if not has_unknown(name)}
        if len(known) < len(value):
            self.unknown.append(pointer)
        return known

    def read(self, number: int, pointer: str, value: object) -> Statement | None:
        """The statement, whatever is wrong with it; None where nothing it could allow is left.

        Args:
            number: its place among the statements.
            pointer: its place in the document.
            value: as written.
        """
        if has_unknown(value):
            self.unknown.append(pointer)
            return None
        if not isinstance(value, dict):
            self.reject(pointer, f"{shown(value)} is no statement", "write the statement as an object")
            return None
        written = cast("dict[str, object]", value)
        before = len(self.problems)
        if any(map(has_unknown, written)):
            self.unknown.append(pointer)  # it may be a condition, or what the statement is about
            return None
        if not _ELEMENTS.issuperset(written):
            self.reject_elements(pointer, written, _ELEMENTS, "a statement")
        effect = written.get("Effect")
        if has_unknown(effect):
            self.unknown.append(f"{pointer}/Effect")
            return None
        self._allow, self._never = self._effect(pointer, written, effect), False
        sid = self._sid(pointer, written.get("Sid", ""))
        who, not_who = self._principals(pointer, written)
        actions, not_actions = self._actions(pointer, written)
        touched, not_touched = self._resources(pointer, written)
        conditions = self._conditions(pointer, written["Condition"]) if "Condition" in written else ()
        if not self._allow and len(self.problems) > before:
            return None
        if self._never:
            conditions += (_NEVER,)
        return Statement(
            number, pointer, sid, self._allow, who, not_who, actions, not_actions, touched, not_touched,
            conditions, written, self.literal,
        )  # fmt: skip

    # --- Effect and Sid

    def _effect(self, pointer: str, value: dict[str, object], effect: object) -> bool:
        if effect != "Allow" and effect != "Deny":
            said = "is missing" if "Effect" not in value else f"{shown(effect)} is neither Allow nor Deny"
            self.reject(f"{pointer}/Effect" if "Effect" in value else pointer, f"Effect {said}", "write Allow or Deny")
        is_aws_own = {name: one for name, one in value.items() if name != "Sid"} == _FULL_ACCESS
        if effect == "Allow" and self._kind is DocumentKind.RCP and not is_aws_own:
            message = "a resource control policy has no Allow: it only denies"
            self.reject(f"{pointer}/Effect", message, 'write "Effect": "Deny"')
        return effect != "Deny"

    def _sid(self, pointer: str, sid: object) -> str:
        if has_unknown(sid):
            return ""
        if not isinstance(sid, str) or (self._kind is not DocumentKind.RESOURCE and not _SID.fullmatch(sid)):
            self.reject(f"{pointer}/Sid", f"Sid {shown(sid)} is not made of letters and digits alone", "rename it")
            return ""
        return sid

    # --- Action and Resource

    def _actions(self, pointer: str, value: dict[str, object]) -> tuple[tuple[str, ...], bool]:
        written, where, negated = self._one_of(pointer, value, "Action", "NotAction")
        if negated and self._kind is DocumentKind.RCP:
            self.reject(where, "a resource control policy has no NotAction", "list the actions in Action")
        for place, action in enumerate(written):
            if UNKNOWN not in action:
                self._check_action(where, place, written, action)
        return self._at_least(where, written, negated), negated

    def _check_action(self, where: str, place: int, written: tuple[str, ...], action: str) -> None:
        if not _ACTION.fullmatch(action):
            fix = 'write service:Action, such as "s3:GetObject"'
            self.reject(at(where, place, written), f'"{action}" is no action', fix)
        if self._kind is DocumentKind.TRUST and action[:4].lower() != "sts:":
            self.reject(
                at(where, place, written),
                f'"{action}" is no action of a trust policy',
                "name sts:AssumeRole, sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML, sts:TagSession or "
                "sts:SetSourceIdentity",
            )

    def _resources(self, pointer: str, value: dict[str, object]) -> tuple[tuple[str, ...], bool]:
        if self._kind is DocumentKind.TRUST:
            for element in ("Resource", "NotResource"):
                if element in value:
                    message = f"a trust policy has no {element}: it speaks of its own role"
                    self.reject(f"{pointer}/{element}", message, "take it out")
            return ("*",), False
        if self._kind is DocumentKind.RESOURCE and "Resource" not in value and "NotResource" not in value:
            return ("*",), False
        written, where, negated = self._one_of(pointer, value, "Resource", "NotResource")
        written = tuple(map(resources.completed, written))
        for place, resource in enumerate(written):
            if resource not in ("*", UNKNOWN):
                self._check_resource(where, place, written, resource)
        if self._allow and not negated:
            self._note_unknown(where, written)
            return written, negated  # an unknown part of a name is a name like any other
        if not self._allow and not negated:
            self._note_unknown(where, written)
            return tuple(one.replace(UNKNOWN, "*") for one in written), negated
        return self._at_least(where, written, negated), negated

    def _check_resource(self, where: str, place: int, written: tuple[str, ...], resource: str) -> None:
        plain = resource
        if "${" in resource:
            self._variables(where, resource)
            plain = arns.without_variables(resource)
        reason = resources.refusal(plain)
        if reason is None or (self._kind.names_principals and plain.startswith("execute-api:/")):
            return  # API Gateway completes such a one itself
        self.reject(
            at(where, place, written),
            reason if plain == resource else reason.replace(plain, resource),
            'write an ARN with its six parts, or "*"',
        )

    def _one_of(
        self, pointer: str, value: dict[str, object], element: str, negated: str
    ) -> tuple[tuple[str, ...], str, bool]:
        """The values of an element or of its negation, where they stand, and whether it was the negation."""
        if negated in value:
            if element in value:
                self.reject(pointer, f"both {element} and {negated} are there", f"keep one of {element} and {negated}")
                return (), f"{pointer}/{element}", False
            where = f"{pointer}/{negated}"
            return self._texts(where, value[negated], negated), where, True
        where = f"{pointer}/{element}"
        if element not in value:
            self.reject(pointer, f"{element} is missing", f"say which with {element}")
            return (), where, False
        return self._texts(where, value[element], element), where, False

    def _texts(self, pointer: str, written: object, element: str) -> tuple[str, ...]:
        """The values of an element that takes one text or a list of them."""
        if isinstance(written, str):
            return (written,)
        values = tuple(cast("list[object]", written)) if isinstance(written, list) else ()
        texts = tuple(one for one in values if isinstance(one, str))
        if len(texts) != len(values) or not isinstance(written, list):
            message = f"{element} {shown(cast('object', written))} is neither text nor a list of texts"
            self.reject(pointer, message, "write text")
        elif not values:
            message = f"{element} is empty, and AWS takes no statement without {_PLURAL.get(element, 'principals')}"
            self.reject(pointer, message, "name at least one, or take the statement out")
        return texts

    def _variables(self, pointer: str, value: str) -> None:
        if self.literal:
            if not self._in_force:
                self.reject(
                    pointer,
                    f'"{value}" has a policy variable, which AWS takes as plain text in Version 2008-10-17',
                    'write "Version": "2012-10-17"',
                )
        elif "${" in _VARIABLE.sub("", value):
            self.reject(pointer, f'"{value}" has a policy variable that is not written out', "write ${key}")

    # --- what is unknown

    def _note_unknown(self, where: str, values: tuple[str, ...]) -> bool:
        found = False
        for place, one in enumerate(values):
            if UNKNOWN in one:
                self.unknown.append(at(where, place, values))
                found = True
        return found

    def _at_least(self, where: str, values: tuple[str, ...], negated: bool) -> tuple[str, ...]:
        """Patterns by which the statement allows least, whatever is unknown in them."""
        if not self._note_unknown(where, values):
            return values
        if not self._allow and not negated:
            return ("*",)
        if self._allow and negated:
            self._never = True  # all may be excepted
        return tuple(one for one in values if UNKNOWN not in one)

    # --- Principal

    def _principals(self, pointer: str, value: dict[str, object]) -> tuple[tuple[Principal, ...], bool]:
        element = "NotPrincipal" if "NotPrincipal" in value else "Principal"
        where = f"{pointer}/{element}"
        if not self._kind.names_principals:
            if element in value:
                self.reject(where, _OWNER[self._kind].format(element), "take it out")
            return (), False
        if element not in value:
            self.reject(pointer, "Principal is missing", "say who, by ARN")
            return (), False
        negated = element == "NotPrincipal"
        if negated and "Principal" in value:
            self.reject(pointer, "both Principal and NotPrincipal are there", "keep Principal")
            return (), False
        written = value[element]
        self._check_placement(where, written, negated)
        if has_unknown(written):
            self.unknown.append(where)
            return self._unknown_principals(negated, [None]), negated
        if written == "*":
            return (principals.EVERYONE,), negated
        if not isinstance(written, dict):
            self.reject(where, f'{element} {shown(written)} is neither "*" nor an object', 'write {"AWS": "arn:..."}')
            return (), False
        found: list[Principal | None] = []
        for name, values in cast("dict[str, object]", written).items():
            self._principals_of(f"{where}/{escape(name)}", name, values, found)
        return self._unknown_principals(negated, found), negated

    def _check_placement(self, where: str, written: object, negated: bool) -> None:
        if negated and (self._kind is not DocumentKind.RESOURCE or self._allow):
            what = {DocumentKind.TRUST: "a trust policy", DocumentKind.RCP: "a resource control policy"}
            named = "an Allow" if self._kind is DocumentKind.RESOURCE else what.get(self._kind, "an endpoint policy")
            if self._kind is not DocumentKind.ENDPOINT or self._allow:
                self.reject(where, f"AWS takes no NotPrincipal in {named}", "name in Principal whom you mean")
        elif self._kind is DocumentKind.RCP and written != "*":
            self.reject(where, 'a resource control policy has "*" as its only Principal', 'write "Principal": "*"')
        if written == {}:
            self.reject(where, f"{where.rpartition('/')[2]} names nobody", "say who, by ARN")

    def _principals_of(self, pointer: str, element: str, values: object, found: list[Principal | None]) -> None:
        written = self._texts(pointer, values, "Principal")
        for place, one in enumerate(written):
            if UNKNOWN in one:
                self.unknown.append(at(pointer, place, written))
                found.append(principals.partly_known(one))
                continue
            principal = principals.read(element, one)
            if isinstance(principal, str) and self._in_force and principals.is_unique_id(one):
                principal = Principal(Kind.OTHER, one)
            if isinstance(principal, str):
                self.reject(at(pointer, place, written), principal, "name each principal in full")
                # Whoever it was meant to be, it is nobody that can be trusted.
                principal = principals.EVERYONE if one == "*" else Principal(Kind.OTHER, one)
            found.append(principal)

    def _unknown_principals(self, negated: bool, found: list[Principal | None]) -> tuple[Principal, ...]:
        """The principals of a statement that allows least; None stands for one that is not known."""
        known = tuple(one for one in found if one is not None)
        if self._allow or negated:
            return known
        return known if all(one is not None and UNKNOWN not in one.text for one in found) else (principals.EVERYONE,)

    # --- Condition

    def _conditions(self, pointer: str, written: object) -> tuple[Condition, ...]:
        pointer += "/Condition"
        if has_unknown(written):
            self._unknown_condition(pointer)
            return ()
        if not isinstance(written, dict):
            self.reject(pointer, f"Condition {shown(written)} is no object", 'write {"StringEquals": {...}}')
            return ()
        conditions: list[Condition] = []
        for name, block in cast("dict[str, object]", written).items():
            where = f"{pointer}/{escape(name)}"
            if has_unknown(name) or has_unknown(block):
                self._unknown_condition(where)
                continue
            operator = operator_named(name)
            if operator is None:
                near = next((one for one in OPERATORS if one.lower() == name.lower()), "StringEquals")
                self.reject(where, f'"{name}" is no condition operator', f'write "{near}"')
            elif not isinstance(block, dict):
                self.reject(where, f"{name} {shown(block)} is no object", f'write "{name}": {{"key": "value"}}')
            else:
                self._block(where, operator, cast("dict[str, object]", block), conditions)
        return tuple(conditions)

    def _block(self, where: str, operator: Operator, block: dict[str, object], found: list[Condition]) -> None:
        """The conditions of one operator, a key each."""
        seen: set[str] = set()
        for key, values in block.items():
            pointer = f"{where}/{escape(key)}"
            if has_unknown(key):
                self._unknown_condition(pointer)
                continue
            lower = key.lower()
            if not _CONDITION_KEY.fullmatch(key) or lower in seen:
                said = "stands twice, in upper and lower case" if lower in seen else "is no condition key"
                self.reject(pointer, f'"{key}" {said}', 'write each key once, such as "aws:PrincipalOrgID"')
                continue
            seen.add(lower)
            texts = self._condition_values(pointer, values)
            if texts is None or not self._values_read(pointer, operator.name, lower, texts):
                continue
            if self._note_unknown(pointer, texts):
                texts = tuple(one for one in texts if UNKNOWN not in one)
                if not texts or self._allow == operator.negated:
                    self._never = self._never or self._allow
                    continue  # a Deny that may hold whatever the key says
            found.append(Condition(operator, lower, texts, self.literal))

    def _unknown_condition(self, pointer: str) -> None:
        self.unknown.append(pointer)
        self._never = self._never or self._allow

    def _condition_values(self, pointer: str, written: object) -> tuple[str, ...] | None:
        if isinstance(written, str):
            return (written,)
        values = cast("list[object]", written if isinstance(written, list) else [written])
        if not values:
            # AWS takes it, and says both that such a condition holds and that the statement then allows nothing
            # (IAM Access Analyzer, policy checks: "Empty array condition").
            self.reject(pointer, "a condition without values may hold or not", "give it a value, or take it out")
            return None
        texts: list[str] = []
        for one in values:
            if isinstance(one, bool):
                texts.append("true" if one else "false")
            elif isinstance(one, (str, int, float)):
                texts.append(str(one))
            else:
                self.reject(pointer, f"{shown(one)} is no value of a condition", "write text, a number or a Boolean")
                return None
        return tuple(texts)

    def _values_read(self, pointer: str, operator: str, key: str, values: tuple[str, ...]) -> bool:
        """Whether AWS takes the values; keeps a problem where not."""
        for value in values:
            if UNKNOWN in value:
                continue
            if "${" in value:
                self._variables(pointer, value)
            reason = refusal(OPERATORS[operator], value)
            if reason:
                self.reject(pointer, reason, f'give "{key}" a value that {operator} compares with')
                return False
        return True


_PLURAL = {
    "Action": "actions",
    "NotAction": "actions",
    "Resource": "resources",
    "NotResource": "resources",
}
# What never holds: no value of the request is one of none.
_NEVER = Condition(OPERATORS["StringEquals"], "unknown:condition", ())


def at(pointer: str, place: int, values: tuple[str, ...]) -> str:
    """The pointer to one value of an element, which stands in a list if there are several."""
    return f"{pointer}/{place}" if len(values) > 1 else pointer


def escape(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def shown(value: object) -> str:
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
