"""Trust conditions with verdicts of others: the vectors of the package subvectors, cited by their authors.

Each vector has a token, a condition, whether AWS lets the token through, and mostly a grade: is the condition safe?
Whether the token gets through is put to the library as a trust policy that only this very token could pass. The
grade is compared with the verdict for an operator who trusts one workload of each provider, as the authors had in mind.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from iam_guardrails import Finding, Settings, TrustedIdentityProvider, check_trust_policy

from tests.policies.published import trust_vectors
from tests.policies.verdicts import refusals

Vector = dict[str, Any]
DOCS = Path(__file__).parents[3] / "docs" / "differences.md"
DIFFERENCES = cast("list[dict[str, str]]", json.loads((Path(__file__).parent / "differences.json").read_text("utf-8")))
ACCOUNT = "111122223333"
VERDICT_OF = {"safe": "accepted", "dangerous": "refused"}
"""What a grade asks of the library; "caution" leaves it to the operator."""


class Issuer(NamedTuple):
    """An identity provider, and the workloads of it that the operator trusts."""

    provider: str
    audience: str
    subjects: tuple[str, ...]


BITBUCKET_REPOSITORY = "{1de489be-ce6a-42a0-a8c8-eadbf1174ac7}"
BITBUCKET_ENVIRONMENT = "{bd715740-c970-486b-b68a-b421ec2a1f8b}"
CIRCLECI = "org/2a3b4c5d-1111-2222-3333-444455556666/project/76543210-ba98-fedc-3210-edcba0987654"
ISSUERS = {
    "github": Issuer(
        "token.actions.githubusercontent.com",
        "sts.amazonaws.com",
        (
            "repo:octo-org/octo-repo:ref:refs/heads/main",
            "repo:octo-org/octo-repo:ref:refs/heads/octo-branch",
            "repo:octo-org/repo-a:ref:refs/heads/main",
            "repo:octo-org/repo-b:ref:refs/heads/main",
            "repo:octo-org@123456/octo-repo@7891011:ref:refs/heads/main",
            "repo:octo-org/octo-repo:environment:Production",
            "repo:octo-org/octo-repo:environment:Production%3AV1",
            "repo:octo-org/octo-repo:environment:prod:job_workflow_ref:"
            "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
        ),
    ),
    "gitlab": Issuer(
        "gitlab.com",
        "https://gitlab.com",
        ("project_path:mygroup/myproject:ref_type:branch:ref:main", "project_id:20:ref_type:branch:ref:main"),
    ),
    "bitbucket": Issuer(
        "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
        "ari:cloud:bitbucket::workspace/922e118c-f34f-4226-a897-0e0afbec553d",
        (f"{BITBUCKET_REPOSITORY}:{BITBUCKET_ENVIRONMENT}:*",),
    ),
    "circleci": Issuer(
        "oidc.circleci.com/org/2a3b4c5d-1111-2222-3333-444455556666",
        "sts.amazonaws.com",
        (f"{CIRCLECI}/user/*",),
    ),
    "terraform-cloud": Issuer(
        "app.terraform.io",
        "aws.workload.identity",
        ("organization:my-org:project:my-project:workspace:my-workspace:run_phase:apply",),
    ),
}
OPERATORS = {"aws-stringlike": "StringLike", "aws-stringequals": "StringEquals"}


def parts_of(condition: Vector) -> list[Vector]:
    return condition["of"] if condition["consumer"] == "aws-all" else [condition]


def key_of(part: Vector, provider: str) -> str:
    return f"{provider}:{part.get('claim', 'sub')}"


def condition_of(vector: Vector) -> dict[str, dict[str, str | list[str]]]:
    """The condition as a policy document has it."""
    written: dict[str, dict[str, str | list[str]]] = {}
    for part in parts_of(vector["condition"]):
        qualifier = f"{part['qualifier']}:" if "qualifier" in part else ""
        block = written.setdefault(qualifier + OPERATORS[part["consumer"]], {})
        block[key_of(part, ISSUERS[vector["issuer"]].provider)] = part["pattern"]
    return written


def trust_policy(vector: Vector, *denies: dict[str, Any]) -> dict[str, Any]:
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUERS[vector['issuer']].provider}"}
    asked = {"Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"}
    allow = {"Effect": "Allow", **asked, "Condition": condition_of(vector)}
    refuse = [{"Effect": "Deny", **asked, "Condition": condition} for condition in denies]
    return {"Version": "2012-10-17", "Statement": [allow, *refuse]}


def all_tokens_but_its_own(vector: Vector) -> list[dict[str, Any]]:
    """Conditions that every token meets but the vector's: one for each of its claims, and of those it lacks."""
    provider = ISSUERS[vector["issuer"]].provider
    claims = {"sub": vector["subject"], **vector.get("claims", {})}
    others: list[dict[str, Any]] = [
        {"StringNotEquals": {f"{provider}:{claim}": value}} for claim, value in claims.items()
    ]
    lacking = {part.get("claim", "sub") for part in parts_of(vector["condition"])} - claims.keys()
    return others + [{"Null": {f"{provider}:{claim}": "false"}} for claim in sorted(lacking)]


def zone_of(vector: Vector) -> Settings:
    issuer = ISSUERS[vector["issuer"]]
    trusted = TrustedIdentityProvider(issuer.provider, issuer.subjects, [issuer.audience])
    return Settings(trusted_accounts=[ACCOUNT], trusted_identity_providers=[trusted])


def verdict(findings: list[Finding]) -> str:
    return "refused" if refusals(findings) else "accepted"


def by_id(vector: Vector) -> str:
    return vector["id"]


@pytest.mark.parametrize("vector", trust_vectors(), ids=by_id)
def test_a_token_gets_in_exactly_where_the_vector_says_so(vector: Vector) -> None:
    document = trust_policy(vector, *all_tokens_but_its_own(vector))
    nobody = Settings(trusted_accounts=[ACCOUNT], max_trust_policy_size=8192)
    findings = check_trust_policy(document, nobody)
    assert {one.rule for one in refusals(findings)} <= {"trusted-principals-only"}
    assert bool(refusals(findings)) == (vector["expect"] == "match"), json.dumps(document, indent=2)


def test_a_grade_is_our_verdict_or_a_difference_that_is_explained() -> None:
    found = [
        {"id": vector["id"], "theirs": grade, "ours": ours}
        for vector in trust_vectors()
        if (grade := vector.get("judgment", {}).get("grade")) in VERDICT_OF
        and (ours := verdict(check_trust_policy(trust_policy(vector), zone_of(vector)))) != VERDICT_OF[grade]
    ]
    listed = [{name: row[name] for name in ("id", "theirs", "ours")} for row in DIFFERENCES]
    assert sorted(found, key=by_id) == sorted(listed, key=by_id)


def test_each_difference_is_told_in_the_docs_with_its_reason() -> None:
    page = DOCS.read_text("utf-8")
    missing = [
        row["id"]
        for row in DIFFERENCES
        if f"| `{row['id']}` | {row['theirs']} | {row['ours']} | {row['reason']} |" not in page
    ]
    assert missing == []


def test_the_package_still_has_the_vectors_that_were_looked_at() -> None:
    vectors = trust_vectors()
    assert len(vectors) == 93
    assert {vector["issuer"] for vector in vectors} == ISSUERS.keys()
