"""A plain judge of concrete requests: what does AWS answer, given this document and exactly this request?

The library reasons about every request at once. This judge knows one request at a time and asks AWS's own questions in
AWS's own order, so it is short enough to be believed, and the library is measured against it. They share no code.

Pages of the IAM user guide (https://docs.aws.amazon.com/IAM/latest/UserGuide/) are named by their last path segment.
Where AWS leaves a question open, a docstring says which reading is taken.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, cast

Document = Mapping[str, Any]
Statement = Mapping[str, Any]
Context = Mapping[str, Sequence[str]]


class Decision(Enum):
    """The three answers of `reference_policies_evaluation-logic`."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


class Kind(Enum):
    """What kind of caller a principal is, in the words of `reference_policies_elements_principal`."""

    ROOT = "root user"
    USER = "IAM user"
    ROLE_SESSION = "assumed-role session"
    FEDERATED_USER = "STS federated user"
    WEB_IDENTITY = "web identity"
    SAML = "SAML identity"
    SERVICE = "AWS service"
    CANONICAL_USER = "canonical user"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Principal:
    """One caller, and every name a Principal element can call it by.

    names: kind of entry ("AWS", "Federated", "Service", "CanonicalUser") -> the entries that mean this caller.
    """

    kind: Kind
    names: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    arn: str | None = None
    account: str | None = None

    def __hash__(self) -> int:
        return hash((self.kind, self.arn, tuple(sorted((k, *sorted(v)) for k, v in self.names.items()))))


@dataclass(frozen=True)
class Request:
    """One fully known call.

    context: condition key -> its values; a key that is not in the mapping is not in the request.
    resource: the ARN acted on; None for a trust policy, which has no Resource element.
    """

    principal: Principal
    action: str
    resource: str | None = None
    context: Context = field(default_factory=dict[str, Sequence[str]])


# --- principals -------------------------------------------------------------------------------------------------------


def _aws(kind: Kind, arn: str, *also: str) -> Principal:
    """A caller with an account: its account's id and root ARN name it too, as they delegate to the whole account."""
    _, partition, _, _, account, _ = arn.split(":", 5)
    root = f"arn:{partition}:iam::{account}:root"
    return Principal(kind, {"AWS": frozenset({arn, account, root, *also})}, arn, account)


def root_of(account: str, partition: str = "aws") -> Principal:
    """The root user of an account."""
    return _aws(Kind.ROOT, f"arn:{partition}:iam::{account}:root")


def user(arn: str) -> Principal:
    """An IAM user with long-term keys, named by its exact ARN (case counts)."""
    return _aws(Kind.USER, arn)


def role_session(role_arn: str, session: str = "session") -> Principal:
    """A session of a role: its own ARN names it, and so does the role's, whatever path the role has."""
    _, partition, _, _, account, name = role_arn.split(":", 5)
    session_arn = f"arn:{partition}:sts::{account}:assumed-role/{name.rsplit('/', 1)[-1]}/{session}"
    return _aws(Kind.ROLE_SESSION, session_arn, role_arn)


def federated_user(session_arn: str) -> Principal:
    """A session made by sts:GetFederationToken."""
    return _aws(Kind.FEDERATED_USER, session_arn)


def web_identity(provider: str) -> Principal:
    """The bearer of an OpenID Connect provider's token: the provider's ARN in IAM, or a host such as www.amazon.com."""
    return Principal(Kind.WEB_IDENTITY, {"Federated": frozenset({provider})})


def saml(provider_arn: str) -> Principal:
    """The bearer of an assertion of a SAML provider."""
    return Principal(Kind.SAML, {"Federated": frozenset({provider_arn})})


def service(name: str) -> Principal:
    """An AWS service acting for itself."""
    return Principal(Kind.SERVICE, {"Service": frozenset({name})})


def canonical_user(identifier: str) -> Principal:
    """An account as S3 names it."""
    return Principal(Kind.CANONICAL_USER, {"CanonicalUser": frozenset({identifier})})


ANONYMOUS = Principal(Kind.ANONYMOUS)


def _is_named(element: object, principal: Principal) -> bool:
    """Whether a Principal element's content means this caller.

    `"*"` and `{"AWS": "*"}` are everyone, callers without an account too (`reference_policies_elements_principal`; that
    `{"AWS": "*"}` takes in services and identity providers is the wider reading). No other wildcard means anything
    there, but `"*"` as the whole of a kind's entry means all of that kind.
    """
    if element == "*":
        return True
    assert isinstance(element, Mapping), element
    for kind, entries in cast("Mapping[str, Any]", element).items():
        listed = set(_many(entries))
        if "*" in listed and (kind == "AWS" or kind in principal.names):
            return True
        if listed & principal.names.get(kind, frozenset()):
            return True
    return False


# --- patterns ---------------------------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"\$\{\s*(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)')?\s*\}")
_Token = tuple[str, bool]
"""A character, and whether it is a wildcard."""


def _tokens(text: str, context: Context, *, variables: bool) -> list[_Token] | None:
    """The text with its policy variables replaced; None when one of them has no value.

    `reference_policies_variables`: `${*}`, `${?}` and `${$}` are those characters themselves; a variable without a
    value takes its default, and without one equals nothing; keys with several values cannot be variables.
    """
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        found = _VARIABLE.match(text, position) if variables else None
        if found is None:
            tokens.append((text[position], text[position] in "*?"))
            position += 1
            continue
        position = found.end()
        key, default = found["key"], found["default"]
        values = _values(context, key)
        if key in ("*", "?", "$"):
            tokens.append((key, False))
        elif values is not None and len(values) == 1:
            tokens += [(character, False) for character in values[0]]
        elif default is not None:
            tokens += [(character, False) for character in default]
        else:
            return None
    return tokens


def _glob(tokens: Iterable[_Token], value: str) -> bool:
    """Whether a pattern matches a whole value: `*` is any run of characters, also none, `?` is exactly one."""
    ends = {0}
    for character, is_wild in tokens:
        if is_wild and character == "*":
            ends = set(range(min(ends), len(value) + 1)) if ends else ends
        else:
            ends = {end + 1 for end in ends if end < len(value) and (is_wild or value[end] == character)}
    return len(value) in ends


def glob_matches(pattern: str, value: str) -> bool:
    """Whether a pattern without variables matches a whole value, case counting."""
    return _glob([(character, character in "*?") for character in pattern], value)


def _literal(tokens: Iterable[_Token]) -> str:
    return "".join(character for character, _ in tokens)


def _arn_parts(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Six parts: partition, service, region, account and resource after "arn"; only the resource may hold colons."""
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token[0] == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


# --- condition operators (`reference_policies_elements_condition_operators`) ------------------------------------------

_Compare = Callable[[list[_Token], str], bool]


def _string_equals(pattern: list[_Token], value: str) -> bool:
    return _literal(pattern) == value


def _string_equals_ignore_case(pattern: list[_Token], value: str) -> bool:
    return _literal(pattern).casefold() == value.casefold()


def _arn_like(pattern: list[_Token], value: str) -> bool:
    """Each of the six parts is compared by itself, so a wildcard never crosses one of the first five colons.

    A star by itself has no parts; it is read as what its writer means, any ARN.
    """
    if pattern == [("*", True)]:
        return True
    expected, given = _arn_parts(pattern), value.split(":", 5)
    return len(expected) == len(given) == 6 and all(_glob(e, g) for e, g in zip(expected, given, strict=True))


def _bool(pattern: list[_Token], value: str) -> bool:
    return _literal(pattern).lower() == value.lower()


def _binary_equals(pattern: list[_Token], value: str) -> bool:
    """Byte for byte; both sides are written in base 64 here."""
    try:
        return base64.b64decode(_literal(pattern), validate=True) == base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _ip_address(pattern: list[_Token], value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(_literal(pattern), strict=False)
    except ValueError:
        return False


def _ordered(read: Callable[[str], float], holds: Callable[[float, float], bool]) -> _Compare:
    def compare(pattern: list[_Token], value: str) -> bool:
        try:
            return holds(read(value), read(_literal(pattern)))
        except ValueError:
            return False

    return compare


def _moment(text: str) -> float:
    """Seconds since 1970, from that number itself or from an ISO 8601 date (in UTC where it names no zone)."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"\d{4}-\d{2}", text):
        text += "-01"
    moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}

_POSITIVE: dict[str, _Compare] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": _glob,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _bool,
    "BinaryEquals": _binary_equals,
    "IpAddress": _ip_address,
    **{f"Numeric{name}": _ordered(float, holds) for name, holds in _COMPARISONS.items()},
    **{f"Date{name}": _ordered(_moment, holds) for name, holds in _COMPARISONS.items()},
}

_NEGATED: dict[str, str] = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}

_WITH_VARIABLES = ("String", "Arn", "Bool")


def _operator_holds(name: str, expected: Sequence[str], key: str, context: Context, *, variables: bool) -> bool:
    """Whether one operator holds for one key: every rule about absent keys and several values is here.

    - Several policy values: one must match; with a negated operator, none may.
    - An absent key: false; true with a negated operator or `IfExists`; `Null` asks for exactly that.
    - `ForAllValues:` true if each value of the request passes, so also when there is none; `ForAnyValue:` true if one
      does, so never when there is none (`reference_policies_condition-single-vs-multi-valued-context-keys`). Both take
      an empty text for no value. `IfExists` keeps its own promise beside them: absent is true.
    - Several request values without a set operator are undefined in AWS; here one is enough to match.
    """
    values = _values(context, key)
    if name == "Null":
        return any((wanted.lower() == "true") == (not values) for wanted in expected)
    quantifier, _, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    negated = operator in _NEGATED
    compare = _POSITIVE[_NEGATED.get(operator, operator)]
    may_vary = variables and operator.replace("Not", "").startswith(_WITH_VARIABLES)
    patterns = [tokens for text in expected if (tokens := _tokens(text, context, variables=may_vary)) is not None]

    def passes(value: str) -> bool:
        return any(compare(pattern, value) for pattern in patterns) != negated

    if not values and rest != operator:
        return True
    if quantifier == "ForAllValues":
        return all(passes(value) for value in values or () if value)
    if quantifier == "ForAnyValue":
        return any(passes(value) for value in values or () if value)
    assert not quantifier, name
    if not values:
        return negated
    return all(passes(value) for value in values) if negated else any(passes(value) for value in values)


def _conditions_hold(statement: Statement, context: Context, *, variables: bool) -> bool:
    """All operators and all of their keys must hold.

    `reference_policies_condition-logic-multiple-context-keys-or-values`
    """
    return all(
        _operator_holds(operator, [_text(value) for value in _many(expected)], key, context, variables=variables)
        for operator, keys in statement.get("Condition", {}).items()
        for key, expected in keys.items()
    )


# --- statements and documents -----------------------------------------------------------------------------------------


def _many(value: Any) -> list[Any]:
    """One value stands for a list of that value, in every element of the grammar."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, (list, tuple)) else [value]


def _text(value: object) -> str:
    """A condition value as the text it is compared as: JSON's booleans and numbers are allowed there."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(context: Context, key: str) -> Sequence[str] | None:
    """The request's values of a key, whose name is compared without case (`reference_policies_elements_condition`)."""
    return next((values for name, values in context.items() if name.lower() == key.lower()), None)


def _lists(statement: Statement, element: str, matches: Callable[[str], bool]) -> bool:
    """Whether `element` covers something, or the statement has `Not` + element and that does not cover it."""
    if element in statement:
        return any(matches(entry) for entry in _many(statement[element]))
    return not any(matches(entry) for entry in _many(statement[f"Not{element}"]))


def _action_matches(entry: str, action: str) -> bool:
    """Service prefix and name are compared without case (`reference_policies_elements_action`)."""
    tokens = _tokens(entry.lower(), {}, variables=False)
    return tokens is not None and _glob(tokens, action.lower())


def _resource_matches(entry: str, resource: str, context: Context, *, variables: bool) -> bool:
    """A glob over the whole ARN: a star that ends a segment runs on past the colon.

    `reference_policies_elements_resource`; a star inside a segment is read the same way, which AWS leaves open.
    """
    tokens = _tokens(entry, context, variables=variables)
    return tokens is not None and _glob(tokens, resource)


def _applies(statement: Statement, request: Request, *, variables: bool) -> bool:
    """Whether a statement speaks of this action on this resource in this context, whoever calls."""
    resource = request.resource
    return (
        _lists(statement, "Action", lambda entry: _action_matches(entry, request.action))
        and (
            resource is None
            or _lists(
                statement,
                "Resource",
                lambda entry: _resource_matches(entry, resource, request.context, variables=variables),
            )
        )
        and _conditions_hold(statement, request.context, variables=variables)
    )


def _speaks_of(statement: Statement, principal: Principal) -> bool:
    """`NotPrincipal` is everyone but those named: AWS may want more names than the caller's own, here one does."""
    if "Principal" in statement:
        return _is_named(statement["Principal"], principal)
    return not _is_named(statement["NotPrincipal"], principal)


def _statements(document: Document) -> Iterator[tuple[Statement, bool]]:
    """Each statement, and whether `${...}` is a variable in it: only under Version 2012-10-17."""
    for statement in _many(document["Statement"]):
        yield statement, document.get("Version") == "2012-10-17"


def _decide(effects: Iterable[str]) -> Decision:
    """A Deny outweighs every Allow, and without an Allow the answer is no (`reference_policies_evaluation-logic`)."""
    found = set(effects)
    if "Deny" in found:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOW if "Allow" in found else Decision.IMPLICIT_DENY


def evaluate_resource(document: Document, request: Request) -> Decision:
    """What a resource-based policy by itself answers; what the caller's own policies say comes on top."""
    return _decide(
        statement["Effect"]
        for statement, variables in _statements(document)
        if _speaks_of(statement, request.principal) and _applies(statement, request, variables=variables)
    )


def evaluate_trust(document: Document, request: Request) -> Decision:
    """What a role's trust policy by itself answers: a resource-based policy without Resource."""
    assert request.resource is None, "a trust policy has no Resource element"
    return evaluate_resource(document, request)


def evaluate_identity(documents: Iterable[Document], action: str, resource: str, context: Context) -> Decision:
    """What all the identity policies of one identity answer together."""
    request = Request(ANONYMOUS, action, resource, context)
    return _decide(
        statement["Effect"]
        for document in documents
        for statement, variables in _statements(document)
        if _applies(statement, request, variables=variables)
    )
