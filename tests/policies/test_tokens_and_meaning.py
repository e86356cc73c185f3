"""What other rooms ask the evaluator: tokens shown to a role, calls a policy allows, whether two documents agree."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails.evaluation import (
    DocumentKind,
    Verdict,
    accepts_only_tokens,
    allowed_calls,
    compared_values,
    condition_keys,
    evaluate_token,
    meaning,
    trusted_issuers,
)

ROLE = "arn:aws:iam::111122223333:role/deploy"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"
MAIN = "repo:acme/app:ref:refs/heads/main"


def trust(condition: dict[str, Any], provider: str = PROVIDER) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


OF_MAIN = trust({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}, "StringLike": {f"{GITHUB}:sub": MAIN}})


def test_a_token_with_the_trusted_claims_is_accepted() -> None:
    for issuer in (GITHUB, f"https://{GITHUB}"):
        decision = evaluate_token(OF_MAIN, ROLE, issuer, {"aud": "sts.amazonaws.com", "sub": MAIN})
        assert decision.verdict is Verdict.ALLOWED, decision.reason


def test_a_token_of_another_branch_is_rejected_and_the_claim_is_named() -> None:
    decision = evaluate_token(OF_MAIN, ROLE, GITHUB, {"aud": "sts.amazonaws.com", "sub": MAIN + "-2"})
    assert decision.verdict is Verdict.REFUSED
    assert f"{GITHUB}:sub" in decision.statements[0].reason


def test_a_token_without_a_claim_that_is_asked_for_is_rejected() -> None:
    claimed = trust({"StringEquals": {f"{GITHUB}:repository_id": "1234"}})
    assert evaluate_token(claimed, ROLE, GITHUB, {"sub": MAIN}).verdict is Verdict.REFUSED
    assert evaluate_token(claimed, ROLE, GITHUB, {"sub": MAIN, "repository_id": "1234"}).verdict is Verdict.ALLOWED


def test_a_token_of_another_issuer_is_rejected() -> None:
    decision = evaluate_token(OF_MAIN, ROLE, "gitlab.com", {"aud": "sts.amazonaws.com", "sub": MAIN})
    assert decision.verdict is Verdict.REFUSED


def test_an_issuer_that_aws_knows_by_itself_needs_no_provider() -> None:
    host = "cognito-identity.amazonaws.com"
    pool = trust({"StringEquals": {f"{host}:aud": "eu-west-1:pool"}}, provider=host)
    assert evaluate_token(pool, ROLE, host, {"aud": "eu-west-1:pool", "sub": "a"}).verdict is Verdict.ALLOWED


def test_what_is_no_claim_stays_unknown() -> None:
    office = trust({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    decision = evaluate_token(office, ROLE, GITHUB, {"sub": MAIN})
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.unknown == ("aws:sourceip",)


def test_the_issuers_and_audiences_of_a_trust_policy_are_listed() -> None:
    assert trusted_issuers(OF_MAIN) == (GITHUB,)
    assert compared_values(OF_MAIN, f"{GITHUB}:AUD") == ("sts.amazonaws.com",)
    assert compared_values(OF_MAIN, f"{GITHUB}:actor") == ()


def test_a_role_that_a_user_may_assume_too_accepts_more_than_tokens() -> None:
    assert accepts_only_tokens(OF_MAIN)
    also = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}, "Action": "sts:AssumeRole"}
    assert not accepts_only_tokens({**OF_MAIN, "Statement": [*OF_MAIN["Statement"], also]})
    assert not accepts_only_tokens({"Version": "2012-10-17", "Statement": [{**also, "Effect": "Deny"}]})


def test_each_action_and_each_resource_becomes_a_call_in_circumstances_that_are_allowed() -> None:
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    }
    where = {"aws:requestedregion": ("eu-west-1",)}
    assert list(allowed_calls([{"Version": "2012-10-17", "Statement": statement}])) == [
        ("s3:GetObject", "arn:aws:s3:::a", where),
        ("s3:PutObject", "arn:aws:s3:::a", where),
        ("s3:GetObject", "arn:aws:s3:::b", where),
    ]


def said(**changed: Any) -> frozenset[object]:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a"], **changed}
    return meaning({"Version": "2012-10-17", "Statement": [statement]}, DocumentKind.IDENTITY)


def test_documents_that_are_only_written_differently_mean_the_same() -> None:
    assert said() == said(Action="S3:getobject", Resource="arn:aws:s3:::a", Sid="Read")


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Action": ["s3:GetObject", "s3:PutObject"]},
        {"Resource": ["arn:aws:s3:::A"]},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_documents_that_differ_in_what_they_say_do_not_mean_the_same(changed: dict[str, Any]) -> None:
    assert said() != said(**changed)


def test_a_document_that_cannot_be_read_means_nothing() -> None:
    with pytest.raises(ValueError, match="Statement"):
        meaning("{}", DocumentKind.IDENTITY)


def test_a_claim_that_aws_never_reads_is_no_condition_key() -> None:
    owned = trust({"StringEquals": {f"{GITHUB}:repository_owner": "acme"}})
    assert evaluate_token(owned, ROLE, GITHUB, {"sub": MAIN, "repository_owner": "acme"}).verdict is Verdict.REFUSED
    assert condition_keys(GITHUB, {"repository_owner": "acme", "actor": "ann"}) == {f"{GITHUB}:actor": ("ann",)}


def test_the_audience_is_whom_the_token_was_handed_to_where_it_says_so() -> None:
    keys = condition_keys("https://accounts.google.com", {"aud": "other", "azp": "acme-client"})
    assert keys == {"accounts.google.com:aud": ("acme-client",), "accounts.google.com:oaud": ("other",)}
    assert condition_keys(GITHUB, {"aud": "sts"}) == {f"{GITHUB}:aud": ("sts",), f"{GITHUB}:oaud": ("sts",)}
