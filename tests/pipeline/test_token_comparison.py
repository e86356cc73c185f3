"""What is wrong with a token, said before AWS is asked: the claim that the role does not trust, and its cause."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.web_identity import comparison
from pipeline_identity_cli.web_identity.token import read

from tests.components.recording import goldens
from tests.components.trust_callers import Caller, attempts
from tests.components.trust_forms import FORMS
from tests.pipeline.ci_systems import token

ROLE = "arn:aws:iam::111122223333:role/deploy"
GITHUB = "token.actions.githubusercontent.com"
MAIN = "repo:acme/site:ref:refs/heads/main"
WITH_IDS = "repo:acme@12/site@34:ref:refs/heads/main"
ROLES = "https://aws.amazon.com/roles"
TAGS = "https://aws.amazon.com/tags"


def trust(tests: dict[str, Any], issuer: str = GITHUB, *actions: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"},
        "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
        "Condition": tests,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def told(policy: str | None, **claims: Any) -> str:
    """What is said of a token; "" where it passes."""
    given = read(token(**{"aud": "sts.amazonaws.com", "sub": MAIN, **claims}))
    try:
        comparison.check(given, ROLE, policy)
    except Stopped as stopped:
        return str(stopped)
    return ""


def equals(issuer: str = GITHUB, **claims: str | list[str]) -> str:
    return trust({"StringEquals": {f"{issuer}:{name}": value for name, value in claims.items()}}, issuer)


def _token(caller: Caller) -> dict[str, Any]:
    said: dict[str, Any] = {"iss": caller.issuer, "aud": caller.audience, "sub": caller.subject, **caller.claims}
    if number := caller.claims.get("google/organization_number"):
        said["google"] = {"organization_number": int(number)}
    if caller.tags:
        said[TAGS] = {"principal_tags": {key: [value] for key, value in caller.tags.items()}}
    if caller.roles:
        said[ROLES] = [ROLE if caller.roles == "this" else f"{ROLE}-2"]
    if caller.source_identity:
        said["https://aws.amazon.com/source_identity"] = caller.source_identity
    return said


@pytest.mark.parametrize("form", FORMS)
def test_it_takes_the_tokens_that_the_forms_of_trust_take_and_tells_what_is_wrong_with_others(form: str) -> None:
    policy = json.dumps(goldens("trust")[form])
    for caller, is_let_in in attempts(form):
        # Who signed a token, and where the call comes from, is for AWS to see; a role that takes no token says so.
        if not caller.issuer or caller.is_forged or caller.source_ip or "oidc-provider" not in policy:
            continue
        found = told(policy, **_token(caller))
        differs_elsewhere = caller.session_name != "site-run"
        assert (found == "") is (is_let_in or differs_elsewhere), f"{caller.says}: {found}"


@pytest.mark.parametrize(
    ("policy", "claims", "expected"),
    [
        (
            equals(sub=MAIN),
            {"sub": "repo:acme/site:environment:production"},
            "names an environment, which takes the branch's place in the subject: trust environments: production",
        ),
        (
            equals(sub="repo:acme/site:environment:production"),
            {},
            "the job names no environment: write environment: production into the job",
        ),
        (
            equals(sub=MAIN),
            {"sub": WITH_IDS},
            "GitHub writes ids into this repository's subjects: trust owner_id 12 and repository_id 34",
        ),
        (equals(sub=WITH_IDS), {}, "GitHub does not write ids into this repository's subjects: trust names"),
        (equals(sub=MAIN), {"sub": "repo:acme/site:pull_request"}, "set pull_requests if that is meant"),
        (equals(sub=MAIN), {"sub": "repo:Acme/site:ref:refs/heads/main"}, "capital and small letters count"),
        (equals(sub=MAIN), {"sub": "acme:site:main"}, "look at the organization's and repository's template"),
        (equals(sub="repo:acme/site:*"), {}, "StringLike compares patterns, StringEquals does not"),
        (equals(aud="https://github.com/acme"), {}, "audience 'sts.amazonaws.com'; it trusts https://github.com/acme"),
        (equals(repository_id="34"), {"repository_id": "35"}, "repository_id '35'; it trusts 34: correct what the job"),
        (equals(repository_id="34"), {}, "without repository_id; it trusts 34"),
        (equals(environment="production"), {}, "without environment; it trusts production: the job names no environ"),
        (equals(ref="refs/heads/main"), {"ref": "refs/heads/x"}, "with ref 'refs/heads/x'; it trusts refs/heads/main"),
        (equals(repository_owner="acme"), {"repository_owner": "acme"}, "AWS reads no such claim of tokens from https"),
        (
            equals("gitlab.com", sub=MAIN, ref_protected="true"),
            {"iss": "https://gitlab.com", "ref_protected": "false"},
            "with ref_protected 'false'; it trusts true",
        ),
        (
            equals("gitlab.example.com", project_id="7"),
            {"iss": "https://gitlab.example.com", "project_id": "7"},
            "AWS reads no such claim of tokens from https://gitlab.example.com",
        ),
        (
            equals("agent.buildkite.com", cluster_id="c"),
            {"iss": "https://agent.buildkite.com"},
            "let the job ask for the claim: buildkite-agent oidc request-token --claim cluster_id",
        ),
        (
            equals("login.example.com/", sub=MAIN),
            {"iss": "https://login.example.com"},
            "the two differ by a slash at the end, which belongs to the name",
        ),
        (equals(sub=MAIN), {"iss": "https://gitlab.com"}, f"issuer 'https://gitlab.com'; it trusts https://{GITHUB}"),
        (
            equals(sub=MAIN),
            {ROLES: [f"{ROLE}-2"]},
            f"the token opens other roles than {ROLE}: its claim {ROLES} names {ROLE}-2",
        ),
        (None, {ROLES: [f"{ROLE}-2"]}, "the token opens other roles"),
        (trust({"Bool": {"sts:RoleAuthorizedByIdp": "true"}}), {}, "the role takes only tokens that name it in the cl"),
        (
            equals(sub=MAIN),
            {TAGS: {"principal_tags": {"team": ["web"]}}},
            "session tags that the role does not take: t",
        ),
        (
            trust({"StringEquals": {"aws:RequestTag/team": "web"}}, GITHUB, "sts:TagSession"),
            {TAGS: {"principal_tags": {"team": ["shop"]}}},
            "with session tag team 'shop'; it trusts web",
        ),
        (
            equals(sub=MAIN),
            {"https://aws.amazon.com/source_identity": "alice"},
            "the token brings a source identity that the role does not take: 'alice'",
        ),
    ],
)
def test_the_claim_that_differs_is_named_with_its_cause(
    policy: str | None, claims: dict[str, Any], expected: str
) -> None:
    assert expected in told(policy, **claims)


@pytest.mark.parametrize(
    ("policy", "claims"),
    [
        (equals(sub=MAIN), {}),
        (equals(sub=[WITH_IDS, MAIN]), {}),
        (equals(repository_id="34", environment="production"), {"repository_id": "34", "environment": "production"}),
        (trust({"StringNotEquals": {f"{GITHUB}:actor": "dependabot[bot]"}}), {}),
        (trust({"StringEqualsIfExists": {f"{GITHUB}:environment": "production"}}), {}),
        (trust({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), {}),
        (equals("login.example.com:8443/a/", sub=MAIN), {"iss": "https://login.example.com:8443/a/"}),
        (equals(sub=MAIN), {ROLES: [f"{ROLE}-2", ROLE]}),
        (trust({"Bool": {"sts:RoleAuthorizedByIdp": "true"}}), {ROLES: ROLE}),
        (
            trust({"StringEquals": {"aws:RequestTag/team": "web"}}, GITHUB, "sts:TagSession"),
            {TAGS: {"principal_tags": {"team": ["web"]}}},
        ),
        (None, {}),
        ("[secret]", {"iss": "https://gitlab.com"}),
    ],
)
def test_a_token_with_which_nothing_is_certainly_wrong_passes(policy: str | None, claims: dict[str, Any]) -> None:
    assert told(policy, **claims) == ""


def test_no_person_in_a_token_is_shown_unless_the_trust_asks_for_one() -> None:
    person = {"iss": "https://gitlab.com", "user_email": "ann@example.com", "user_login": "ann"}

    assert "ann" not in told(equals("gitlab.com", sub="x"), **person)
    assert "ann@example.com" not in repr(read(token(**person)))
