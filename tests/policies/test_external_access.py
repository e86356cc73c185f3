"""Who outside gets in: each statement that must be rejected, or remarked on, beside a near one that must not."""

from __future__ import annotations

from typing import Any, cast

import pytest
from iam_guardrails import Finding, Settings, TrustedIdentityProvider, check_resource_policy, check_trust_policy

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


GITHUB = "token.actions.githubusercontent.com"


def found(condition: dict[str, Any], **entry: Any) -> list[Finding]:
    settings = Settings(trusted_accounts=[OURS], trusted_identity_providers=[TrustedIdentityProvider(GITHUB, **entry)])
    principal = {"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{GITHUB}"}
    return check_trust_policy(trust(principal, "sts:AssumeRoleWithWebIdentity", condition), settings)


def equals(**claims: str) -> dict[str, Any]:
    return {
        "StringEquals": {f"{GITHUB}:{name}": value for name, value in {"aud": "sts.amazonaws.com", **claims}.items()}
    }


def test_a_token_of_another_owner_is_shown_with_the_claim_that_differs() -> None:
    (one,) = found({**equals(), "StringLike": {f"{GITHUB}:sub": "repo:*"}}, claims={"repository_owner_id": ["1001"]})
    assert one.evidence["reason"] == "claim"
    witness = cast("dict[str, Any]", one.evidence["witness"])
    (owner,) = witness["context"][f"{GITHUB}:repository_owner_id"]
    assert owner.isdigit()
    assert owner != "1001"
    assert f'repository_owner_id "{owner}"' in one.message
    assert f'"{GITHUB}:repository_owner_id"' in one.fix


def test_a_finding_says_where_it_leans_on_a_claim_that_aws_never_reads() -> None:
    (one,) = found(equals(repository_owner="acme"), claims={"repository_owner_id": ["1001"]})
    assert f'AWS STS reads no "{GITHUB}:repository_owner"' in one.message


def test_a_claim_that_aws_never_reads_is_a_note_beside_one_that_it_reads() -> None:
    main = "repo:acme/app:ref:refs/heads/main"
    (one,) = found(equals(sub=main, event_name="push"), subjects=["repo:acme/app:*"])
    assert (one.rule, one.level) == ("well-formed-documents", "note")
    assert "so it admits nobody" in one.message
    if_exists = {**equals(sub=main), "StringEqualsIfExists": {f"{GITHUB}:event_name": "push"}}
    (free,) = found(if_exists, subjects=["repo:acme/app:*"])
    assert "so it admits everybody" in free.message


def test_the_fix_offers_the_claims_that_the_policy_compares() -> None:
    condition = {**equals(repository_id="7"), "StringLike": {f"{GITHUB}:sub": "repo:*"}}
    (one,) = found(condition, subjects=["repo:acme/app:*"])
    assert "add the trusted values of repository_id to its entry's claims" in one.fix
    assert not found(condition, claims={"repository_id": ["7"]})


def test_many_entries_are_told_apart_in_few_steps() -> None:
    claims = [{"repository_id": [str(number)], "environment": [f"e{number}"]} for number in range(40)]
    entries = [TrustedIdentityProvider(GITHUB, claims=one) for one in claims]
    settings = Settings(trusted_accounts=[OURS], trusted_identity_providers=entries)
    principal = {"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{GITHUB}"}

    def findings(environment: str) -> list[Finding]:
        condition = {**equals(repository_id="7", environment=environment), "StringLike": {f"{GITHUB}:sub": "repo:*"}}
        return check_trust_policy(trust(principal, "sts:AssumeRoleWithWebIdentity", condition), settings)

    assert not findings("e7")
    assert findings("e8")[0].evidence["reason"] == "claim"


def test_a_grid_of_entries_is_no_search_of_all_their_combinations() -> None:
    names = [f"e{number}" for number in range(5)]
    refs = [f"refs/heads/{number}" for number in range(5)]
    claims = [{"repository_id": ["7"], "environment": [name], "ref": [ref]} for name in names for ref in refs]
    principal = {"Federated": f"arn:aws:iam::{OURS}:oidc-provider/{GITHUB}"}
    tests = {"aud": "sts.amazonaws.com", "repository_id": "7", "environment": names, "ref": refs}
    condition = {
        "StringEquals": {f"{GITHUB}:{name}": value for name, value in tests.items()},
        "StringLike": {f"{GITHUB}:sub": "repo:*"},
    }
    document = trust(principal, "sts:AssumeRoleWithWebIdentity", condition)

    def rejected(trusted: list[dict[str, list[str]]]) -> list[str]:
        entries = [TrustedIdentityProvider(GITHUB, claims=one) for one in trusted]
        settings = Settings(trusted_accounts=[OURS], trusted_identity_providers=entries)
        return [str(one.evidence["reason"]) for one in check_trust_policy(document, settings)]

    assert rejected(claims) == []
    assert rejected(claims[:12] + claims[13:]) == ["claim"]
