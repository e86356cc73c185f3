"""Who outside gets in: each statement that must be rejected, or remarked on, beside a near one that must not."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails import Settings, TrustedIdentityProvider, check_resource_policy, check_trust_policy

OURS, THEIRS = "111122223333", "444455556666"
OURS_ALONE = Settings(trusted_accounts=[OURS])
SNS = {"Service": "sns.amazonaws.com"}
QUEUE = f"arn:aws:sqs:eu-west-1:{OURS}:jobs"


def queue(principal: Any, condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": QUEUE}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition, **more}]}


def verdict(document: dict[str, Any], settings: Settings = OURS_ALONE) -> set[tuple[str, bool]]:
    return {(one.rule, one.blocking) for one in check_resource_policy(document, settings)}


REMARKED, REJECTED = {("confused-deputy", False)}, {("trusted-principals-only", True)}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:4444*:t"}}, REMARKED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:11112222????:t"}}, REMARKED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, REMARKED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-uploads"}}, REMARKED),
        ({"StringLike": {"aws:SourceAccount": "4*"}}, REMARKED),
        ({"StringLike": {"aws:SourceOrgID": "o-*"}}, REMARKED),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:t"}}, set[Any]()),
        ({"StringEquals": {"aws:SourceAccount": OURS}}, set[Any]()),
        ({"StringLike": {"aws:SourceAccount": OURS}}, set[Any]()),
        ({"ForAnyValue:StringEquals": {"aws:SourceAccount": OURS}}, set[Any]()),
        ({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}, set[Any]()),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-uploads"}, "StringEquals": {"aws:SourceAccount": OURS}},
            set[Any](),
        ),
        ({"StringEquals": {"aws:SourceAccount": THEIRS}}, REJECTED),
    ],
)
def test_a_service_acts_for_a_source_that_names_its_account(condition: dict[str, Any], found: set[Any]) -> None:
    assert verdict(queue(SNS, condition)) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, REMARKED),
        ({"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}, REMARKED),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "cloudtrail.amazonaws.com"}}, REMARKED),
        (
            {
                "StringEquals": {
                    "aws:PrincipalServiceName": "cloudtrail.amazonaws.com",
                    "aws:SourceAccount": OURS,
                }
            },
            set[Any](),
        ),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, REJECTED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-uploads"}}, REMARKED),
        ({"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:s3:::acme-uploads"}}, REJECTED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}, REJECTED),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:t"}}, set[Any]()),
    ],
)
@pytest.mark.parametrize("everybody", ["*", {"AWS": "*"}])
def test_everybody_under_a_condition_on_services_is_those_services(
    everybody: Any, condition: dict[str, Any], found: set[Any]
) -> None:
    assert verdict(queue(everybody, condition)) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, set[Any]()),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}, set[Any]()),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, REJECTED),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, REJECTED),
        ({"StringEquals": {"aws:PrincipalTag/org": "${aws:ResourceOrgID}"}}, REJECTED),
    ],
)
def test_whoever_is_of_the_account_or_organization_of_the_resource_is_inside(
    condition: dict[str, Any], found: set[Any]
) -> None:
    assert verdict(queue("*", condition)) == found


def private_api(endpoint: str) -> dict[str, Any]:
    call = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    deny = {"Effect": "Deny", **call, "Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint}}}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **call}, deny]}


def test_a_private_api_is_reached_through_trusted_endpoints() -> None:
    trusted, other = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
    settings = Settings(trusted_accounts=[OURS], trusted_vpc_endpoints=[trusted])
    assert verdict(private_api(trusted), settings) == set()
    assert verdict(private_api(other), settings) == REJECTED
    assert verdict(private_api(trusted)) == REJECTED


def test_only_the_own_network_reaches_mount_targets() -> None:
    key = "elasticfilesystem:AccessedViaMountTarget"
    mount = {"Action": "elasticfilesystem:ClientMount", "Resource": "*"}
    assert verdict(queue({"AWS": "*"}, {"Bool": {key: "true"}}, **mount)) == set()
    assert verdict(queue({"AWS": "*"}, {"Bool": {key: "false"}}, **mount)) == REJECTED
    assert verdict(queue({"AWS": "*"}, {"BoolIfExists": {key: "true"}}, **mount)) == REJECTED


def trust(principal: Any, action: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}


def is_rejected(document: dict[str, Any], settings: Settings) -> bool:
    return any(one.blocking for one in check_trust_policy(document, settings))


@pytest.mark.parametrize("role", ["role/ci", "role/teams/ci", "role/*"])
def test_a_session_of_a_trusted_role_is_trusted(role: str) -> None:
    settings = Settings(trusted_accounts=[OURS], trusted_principals=[f"arn:aws:iam::{THEIRS}:{role}"])
    session = trust({"AWS": f"arn:aws:sts::{THEIRS}:assumed-role/ci/run-1"}, "sts:AssumeRole")
    assert not is_rejected(session, settings)
    other = trust({"AWS": f"arn:aws:sts::{THEIRS}:assumed-role/cis/run-1"}, "sts:AssumeRole")
    assert is_rejected(other, settings) is ("*" not in role)


def tokens(issuer: str, subjects: list[str], audiences: list[str]) -> Settings:
    return Settings(
        trusted_accounts=[OURS], trusted_identity_providers=[TrustedIdentityProvider(issuer, subjects, audiences)]
    )


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("issuer", ["acme.eu.auth0.com/", "idp.acme.com/realms/ci", "idp.acme.com:8443/ci/"])
def test_an_issuer_is_the_same_with_and_without_a_slash_at_its_end(issuer: str, slash: str) -> None:
    settings = tokens(f"https://{issuer.rstrip('/')}{slash}", ["ci"], ["app"])

    def asking(subject: str) -> dict[str, Any]:
        provider = {"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{issuer}"}
        claims = {f"{issuer}:aud": "app", f"{issuer}:sub": subject}
        return trust(provider, "sts:AssumeRoleWithWebIdentity", {"StringEquals": claims})

    assert not is_rejected(asking("ci"), settings)
    assert is_rejected(asking("others"), settings)


COGNITO, POOL = "cognito-identity.amazonaws.com", "eu-west-1:00000000-1111-2222-3333-444444444444"


@pytest.mark.parametrize("principal", [{"Federated": COGNITO}, "*"])
@pytest.mark.parametrize("operator", ["StringEquals", "ForAnyValue:StringEquals", "StringLike"])
def test_where_every_subject_is_trusted_the_audience_decides(principal: Any, operator: str) -> None:
    settings = tokens(COGNITO, ["*"], [POOL])
    action = "sts:AssumeRoleWithWebIdentity"
    assert not is_rejected(trust(principal, action, {operator: {f"{COGNITO}:aud": POOL}}), settings)
    assert is_rejected(trust(principal, action, {operator: {f"{COGNITO}:aud": POOL[:-1] + "5"}}), settings)


def test_an_audience_may_be_asked_for_by_a_deny() -> None:
    settings = tokens(COGNITO, ["*"], [POOL])

    def denying(audience: str) -> dict[str, Any]:
        document = trust({"Federated": COGNITO}, "sts:AssumeRoleWithWebIdentity")
        deny = {**document["Statement"][0], "Effect": "Deny"}
        deny["Condition"] = {"StringNotEquals": {f"{COGNITO}:aud": audience}}
        return {**document, "Statement": [*document["Statement"], deny]}

    assert not is_rejected(denying(POOL), settings)
    assert is_rejected(denying(POOL[:-1] + "5"), settings)


def test_trust_in_a_shared_issuer_compares_the_claim_that_iam_asks_for() -> None:
    shared = "tokens.cloud.shisho.dev"
    settings = tokens(shared, ["*"], ["sts.amazonaws.com"])
    provider = {"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{shared}"}
    audience = {f"{shared}:aud": "sts.amazonaws.com"}

    def asking(condition: dict[str, Any]) -> bool:
        return is_rejected(trust(provider, "sts:AssumeRoleWithWebIdentity", condition), settings)

    assert asking({"StringEquals": audience})
    assert asking({"StringEquals": audience, "StringNotEquals": {f"{shared}:sub": "job:1"}})
    assert asking({"StringEquals": audience, "ForAllValues:StringLike": {f"{shared}:sub": "job:*"}})
    assert not asking({"StringEquals": {**audience, f"{shared}:sub": "job:1"}})
    for operator in ("StringLike", "StringEqualsIgnoreCase", "ForAnyValue:StringLike"):
        assert not asking({"StringEquals": audience, operator: {f"{shared}:sub": "job:1"}})
