"""Tokens with claims: what the library says of all tokens at once, held against a judge of one token at a time.

Names can be registered anew, so the same subject comes with other ids; ids in a subject are those of the claims.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, note
from hypothesis import strategies as st
from iam_guardrails import check_trust_policy

from tests.policies import evaluator, requests_near
from tests.policies.evaluator import Decision, Request, evaluate_resource
from tests.policies.strangers import Tokens, Zone, contradictions, has_untrusted_audience, is_stranger, said_by_subject
from tests.policies.strategies import (
    GITHUB,
    GITLAB,
    OURS,
    Document,
    Key,
    Statement,
    conditions,
    instances,
    provider_arn,
    sometimes,
)
from tests.policies.verdicts import refusals, settings_of, witnesses

if TYPE_CHECKING:
    from collections.abc import Sequence

AUDIENCE = "sts.amazonaws.com"
ZONE = Zone(
    accounts=frozenset({OURS}),
    identity_providers={
        GITHUB: (
            Tokens(("*",), (AUDIENCE,), {"repository_owner_id": ("1001",), "environment": ("prod",)}),
            Tokens(("repo:acme/site:*",), (AUDIENCE,)),
            Tokens(("repo:acme/*", "repo:acme@*"), (AUDIENCE,), {"repository_id": ("501", "502")}),
        ),
        GITLAB: (
            Tokens(("*",), (AUDIENCE,), {"project_id": ("4711",), "ref_protected": ("true",)}),
            Tokens(("*",), (AUDIENCE,), {"namespace_id": ("88",)}),
        ),
    },
)
SETTINGS = settings_of(ZONE)
_DIGITS = r"[1-9]\d{0,9}"
_GITHUB_SUBJECT = r"(?!repo:)[ -~]{1,60}|repo:[a-z0-9-]+/[a-z0-9-]+:[^@]+|repo:[a-z-]+@\d+/[a-z-]+@\d+:[^@]+"
KEYS = {
    GITHUB: (
        Key("sub", "String", ("repo:acme/site:*", "repo:acme/*", "repo:*", "*", "repo:acme@1001/app@501:ref:x",
            "repo:acme@1001/*", "repo:*@1001/*", "repo:evil@9/app@8:environment:prod", "repo:acme@7/app@501:*",
            "repo:acme/app:environment:prod"), _GITHUB_SUBJECT),
        Key("aud", "String", (AUDIENCE, "*", "other")),
        Key("repository_owner_id", "String", ("1001", "1001", "2002", "10*", "100?"), _DIGITS),
        Key("repository_id", "String", ("501", "502", "777", "50?", "*"), _DIGITS),
        Key("repository", "String", ("acme/app", "acme/*", "evil/app"), r"[a-z0-9-]+/[a-z0-9-]+"),
        Key("environment", "String", ("prod", "prod", "dev", "p*"), r"[a-z0-9-]{1,20}"),
        Key("event_name", "String", ("push",)),
    ),
    GITLAB: (
        Key("sub", "String", ("project_path:acme/app:*", "*"), r"project_path:[ -~]{1,60}"),
        Key("aud", "String", (AUDIENCE, "*", "other")),
        Key("project_id", "String", ("4711", "4711", "9999", "471?"), _DIGITS),
        Key("namespace_id", "String", ("88", "1"), _DIGITS),
        Key("ref_protected", "String", ("true", "false", "*"), "true|false"),
        Key("ref", "String", ("main",)),
    ),
}  # fmt: skip
"""Claims with values worth trying, of which AWS reads all but `event_name` and `ref`."""
NEVER_READ = {f"{GITHUB}:event_name", f"{GITLAB}:ref"}


@st.composite
def pinned(draw: st.DrawFn, host: str) -> dict[str, dict[str, Any]]:
    """A condition that lets in trusted tokens alone, or would but for one claim."""
    trusted = draw(st.sampled_from(ZONE.identity_providers[host]))
    tests = {"aud": trusted.audiences, **trusted.claims} | (
        {} if "*" in trusted.subjects else {"sub": trusted.subjects}
    )
    if draw(sometimes(60)):
        del tests[draw(st.sampled_from(sorted(tests)))]
    return {"StringLike": {f"{host}:{claim}": list(values) for claim, values in tests.items()}}


@st.composite
def statements(draw: st.DrawFn, host: str, effect: str = "Allow") -> Statement:
    near = effect == "Allow" and draw(sometimes(75))
    negated = 10 if effect == "Allow" else 70
    keys = [Key(f"{host}:{key.name}", key.family, key.values, key.form) for key in KEYS[host]]
    principal = {"Federated": provider_arn(host)}
    return {
        "Effect": effect,
        "Principal": draw(st.sampled_from(["*", {"AWS": "*"}, principal])) if effect == "Deny" else principal,
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": draw(pinned(host)) if near else draw(conditions(keys * 3, negated=negated, least=1)),
    }


@st.composite
def policies(draw: st.DrawFn) -> Document:
    """A trust policy for tokens: one to three Allows that nearly pin what is trusted, and sometimes a Deny."""
    host = draw(st.sampled_from([GITHUB, GITHUB, GITLAB]))
    found = draw(st.lists(statements(host), min_size=1, max_size=3))
    if draw(sometimes(30)):
        found.append(draw(statements(host, "Deny")))
    return {"Version": "2012-10-17", "Statement": found}


@st.composite
def values_of(draw: st.DrawFn, key: Key, expected: Sequence[str]) -> str | None:
    """A value of a claim: mostly one that the document asks for, or another that is worth trying."""
    if draw(sometimes(15)):
        return draw(requests_near.near(expected, key.values, key.form))
    source = draw(st.sampled_from([*(expected or key.values), *expected, *key.values]))
    value = draw(instances(source, "0189" if key.form == _DIGITS else "abz01-"))
    return value if re.fullmatch(key.form, value) else None


@st.composite
def tokens(draw: st.DrawFn, document: Document) -> Request:
    """A token near what the document asks for. It may lack any claim."""
    providers = [one["Principal"]["Federated"] for one in document["Statement"] if one["Effect"] == "Allow"]
    host = providers[0].partition("oidc-provider/")[2]
    tested = requests_near.tested_values(document)
    context: dict[str, list[str]] = {}
    for key in KEYS[host]:
        name = f"{host}:{key.name}"
        value = draw(values_of(key, tested.get(name, ())))
        if name not in NEVER_READ and value is not None and not draw(sometimes(6)):
            context[name] = [value]
    for subject in context.get(f"{host}:sub", ()):
        context |= {f"{host}:{claim}": [value] for claim, value in said_by_subject(subject).items()}
    return Request(evaluator.web_identity(providers[0]), "sts:AssumeRoleWithWebIdentity", None, context)


@given(st.data())
def test_no_strange_token_gets_a_session_of_a_role_whose_trust_policy_passes(data: st.DataObject) -> None:
    document = data.draw(policies())
    findings = check_trust_policy(document, SETTINGS)
    assume(not refusals(findings, "trusted-principals-only"))
    for _ in range(5):
        request = data.draw(tokens(document))
        assert not (evaluate_resource(document, request) is Decision.ALLOW and is_stranger(request, ZONE))


@given(policies())
def test_each_token_shown_to_get_a_session_really_gets_it_and_is_strange(document: dict[str, Any]) -> None:
    for finding, requests in witnesses(check_trust_policy(document, SETTINGS), document):
        note(f"{finding.message}: {finding.evidence}")
        assert any(evaluate_resource(document, request) is Decision.ALLOW for request in requests)
        # A document may ask for a subject and for claims that no token has together; only what it leaves open counts.
        asked = requests_near.tested_values(document)
        assert not [one for one in contradictions(requests[0]) if f"{GITHUB}:{one.split()[0]}" not in asked]
        if not NEVER_READ & requests[0].context.keys():
            assert is_stranger(requests[0], ZONE) or has_untrusted_audience(requests[0], ZONE)
        for name in ("repository_owner_id", "repository_id"):
            assert all(re.fullmatch(r"\d+", value) for value in requests[0].context.get(f"{GITHUB}:{name}", ()))
