"""Requests near a document: values are taken from it, fitted to its patterns, or changed by one character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.policies import evaluator
from tests.policies.evaluator import Kind, Principal, Request
from tests.policies.strangers import SESSION_ACTIONS, facts, host_of
from tests.policies.strategies import (
    BINDING,
    FEDERATED,
    LOOSE,
    OUR_ORG,
    OURS,
    OURS_TOO,
    SERVICES,
    THEIR_ORG,
    THEIRS,
    ZONE,
    Document,
    Statement,
    instances,
    kinds_of,
    many,
    near_misses,
    sometimes,
    statements_of,
    token_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def tested_values(document: Document) -> dict[str, list[str]]:
    """Every condition key of a document (in lower case) with all values it is compared with."""
    found: dict[str, list[str]] = {}
    for statement in statements_of(document):
        for operator, tests in statement.get("Condition", {}).items():
            for key, values in tests.items():
                texts = [] if operator == "Null" else [str(value) for value in many(values)]
                found.setdefault(key.lower(), []).extend(texts)
    return found


_KEYS = {key.name.lower(): key for key in (*BINDING, *LOOSE)}


@st.composite
def near(draw: st.DrawFn, expected: Sequence[str], pool: Sequence[str], form: str) -> str | None:
    """A value that this key can really have, close to what is expected of it; None where none was found."""
    source = draw(st.sampled_from([*expected, *expected, *expected, *pool]))
    text = draw(instances(source))
    if re.fullmatch(r"\d*[*?][\d*?]*", source):
        text = _twelve_digits(source)
    if draw(sometimes(25)):
        text = draw(near_misses(text))
    return text if re.fullmatch(form, text) else None


def _twelve_digits(pattern: str) -> str:
    """An account id that fits a pattern of digits and wildcards, as far as twelve digits can."""
    fixed = len(pattern.replace("*", ""))
    filled = pattern.replace("*", "7" * max(0, 12 - fixed), 1).replace("*", "")
    return filled.replace("?", "4")


def caller_of(arn: str) -> Principal | None:
    """The caller that an ARN of an account, user, role or session names."""
    found = re.fullmatch(r"arn:(aws[\w-]*):(iam|sts)::(\d{12}):(root|user/.+|role/.+|assumed-role/[^/]+/[^/]+)", arn)
    if found is None:
        return None
    partition, _, account, resource = found.groups()
    if resource == "root":
        return evaluator.root_of(account, partition)
    if resource.startswith("user/"):
        return evaluator.user(arn)
    if resource.startswith("role/"):
        return evaluator.role_session(arn)
    _, role, session = resource.split("/")
    return evaluator.role_session(f"arn:{partition}:iam::{account}:role/{role}", session)


@st.composite
def _aws_callers(draw: st.DrawFn, entries: Sequence[str], tested: Mapping[str, Sequence[str]]) -> Principal:
    """A caller with an account: named by the document, fitted to its ARN and account patterns, or anyone."""
    account = draw(near(tested.get("aws:principalaccount", ()), (THEIRS, OURS, OURS_TOO), r"\d{12}")) or THEIRS
    resource = draw(st.sampled_from(["user/robot", "role/deployer", "role/ci/deployer", "role/x", "root"]))
    arns = [f"arn:aws:iam::{account}:{resource}"] * 2
    for entry in entries:
        if re.fullmatch(r"\d{12}", entry):
            arns += [f"arn:aws:iam::{entry}:{resource}"] * 2
        elif entry != "*":
            arns += [entry.replace(":root", f":{resource}")] * 2
    for pattern in tested.get("aws:principalarn", ()):
        arns.append(draw(_fitted_arns(pattern, account, resource)))
    return caller_of(draw(st.sampled_from(arns))) or evaluator.user(f"arn:aws:iam::{account}:user/robot")


@st.composite
def _fitted_arns(draw: st.DrawFn, pattern: str, account: str, resource: str) -> str:
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return f"arn:aws:iam::{account}:{resource}"
    fitted = _twelve_digits(parts[4]) if re.fullmatch(r"[\d*?]+", parts[4]) and parts[4] != "*" else parts[4]
    fitted = fitted if re.fullmatch(r"\d{12}", fitted) else account
    name = resource if parts[5] == "*" else draw(instances(parts[5], "abz01-"))
    return f"arn:aws:iam::{fitted}:{name}"


@st.composite
def _callers(draw: st.DrawFn, statement: Statement, tested: Mapping[str, Sequence[str]]) -> Principal:
    """Mostly somebody the statement speaks of."""
    kinds = kinds_of(statement.get("Principal", "*"))
    if "*" in kinds.get("AWS", ()):
        kinds = {"AWS": ["*"], "Federated": list(FEDERATED), "Service": list(SERVICES)}
    kind = draw(st.sampled_from([*kinds, *kinds, *kinds, "AWS"]))
    entries = kinds.get(kind, [])
    if kind == "Service":
        return evaluator.service(draw(st.sampled_from([*entries, *entries, "sns.amazonaws.com"])))
    if kind == "Federated":
        provider = draw(st.sampled_from([*entries, *entries, *FEDERATED]))
        return evaluator.saml(provider) if ":saml-provider/" in provider else evaluator.web_identity(provider)
    return draw(_aws_callers(entries, tested))


@st.composite
def _facts(draw: st.DrawFn, caller: Principal, tested: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What AWS says of the caller, with an organisation or a token close to those the document names."""
    if caller.kind is Kind.WEB_IDENTITY:
        (provider,) = caller.names["Federated"]
        host = host_of(provider).lower()
        subject_key, audience_key = token_keys(host_of(provider))
        subjects = ("repo:evil/app:ref:refs/heads/main", *subject_key.values[:2])
        subject = draw(near(tested.get(f"{host}:sub", ()), subjects, subject_key.form)) or "repo:evil/app:x"
        audience = (
            draw(near(tested.get(f"{host}:aud", ()), ("sts.amazonaws.com", "other"), audience_key.form)) or "other"
        )
        return {subject_key.name: [subject], audience_key.name: [audience]}
    paths = [path.partition("/")[0] for path in tested.get("aws:principalorgpaths", ())]
    organizations = [*tested.get("aws:principalorgid", ()), *paths]
    organization = draw(st.none() | near(organizations, (THEIR_ORG, OUR_ORG), r"o-[a-z0-9]{10,32}"))
    account = caller.account
    if organization == OUR_ORG and account not in ZONE.accounts and draw(sometimes(50)):
        organization = None
    return {
        **facts(caller, organization),
        "aws:ResourceAccount": [OURS],
        "aws:ResourceOrgID": [OUR_ORG],
    }


@st.composite
def _chosen(draw: st.DrawFn, key: str, expected: Sequence[str]) -> list[str] | None:
    """Values the caller picks for a key it controls: often those that the document asks for, or none at all."""
    known = _KEYS.get(key)
    if known is None or draw(sometimes(25)):
        return None
    if known.family == "IpAddress":
        return [draw(st.sampled_from(["203.0.113.7", "198.51.100.1", "2001:db8::1"]))]
    if known.family == "Date":
        return ["2026-11-24T00:00:00Z"]
    values = [draw(near(expected, known.values, known.form)) for _ in range(2 if key == "aws:tagkeys" else 1)]
    real = [value for value in values if value is not None]
    return real or None


_ANYBODY = frozenset(
    {
        "aws:currenttime",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:sourceip",
        "aws:useragent",
        "aws:viaawsservice",
    }
)
_SESSIONS = frozenset({"sts:rolesessionname", "sts:sourceidentity", "aws:requesttag/team", "aws:tagkeys"})
_BY_ACCOUNTS = (
    _ANYBODY
    | _SESSIONS
    | {"sts:externalid", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:principaltag/team"}
)
_CARRIED: Mapping[Kind, frozenset[str]] = {
    Kind.ANONYMOUS: _ANYBODY,
    Kind.WEB_IDENTITY: _ANYBODY | _SESSIONS,
    Kind.SAML: _ANYBODY | _SESSIONS,
    Kind.SERVICE: _ANYBODY | {"sts:rolesessionname", "aws:sourceaccount", "aws:sourcearn"},
}
"""The keys that a call of each kind of caller can carry at the caller's choice; others are AWS's word, or absent.

Only a service says for whom it acts (`aws:SourceAccount`, `aws:SourceArn`); only what has an account has own tags.
"""


@st.composite
def contexts(draw: st.DrawFn, caller: Principal, document: Document) -> dict[str, list[str]]:
    """What a call of this caller may carry of the keys that the document tests."""
    tested = tested_values(document)
    context = draw(_facts(caller, tested))
    for key, expected in sorted(tested.items()):
        if key in _CARRIED.get(caller.kind, _BY_ACCOUNTS):
            values = draw(_chosen(key, expected))
            if values:
                context[key] = values
    return context


def _allows(document: Document) -> list[Statement]:
    return [s for s in statements_of(document) if s["Effect"] == "Allow"] or statements_of(document)


@st.composite
def session_requests(draw: st.DrawFn, document: Document) -> Request:
    """A call for a session of the role that has this trust policy."""
    statement = draw(st.sampled_from(_allows(document)))
    caller = draw(_callers(statement, tested_values(document)))
    return Request(caller, SESSION_ACTIONS[caller.kind], None, draw(contexts(caller, document)))


@st.composite
def resource_requests(draw: st.DrawFn, document: Document) -> Request:
    """A call on the resource that has this policy; now and then without credentials."""
    statement = draw(st.sampled_from(_allows(document)))
    caller = draw(_callers(statement, tested_values(document)))
    if caller.kind in (Kind.WEB_IDENTITY, Kind.SAML) or draw(sometimes(10)):
        caller = evaluator.ANONYMOUS
    entry = draw(st.sampled_from([entry for entry in many(statement["Action"]) if entry != "*"] or ["s3:GetObject"]))
    resource = draw(st.sampled_from(many(statement["Resource"])))
    return Request(
        caller,
        draw(instances(entry, "abz")),
        draw(instances(resource)),
        draw(contexts(caller, document)),
    )
