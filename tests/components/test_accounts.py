"""Roles in other accounts, things that exist already, identity providers, profiles."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineOidcProvider, PipelineRole, PipelineUser
from pipeline_identity_cli.rotation.tags import MARK, STORE

from tests.components.cases import identity_args, role_args, user_args
from tests.components.recording import Recording, assert_golden, declare
from tests.components.trust_forms import GITHUB

ROLE = "aws:iam/role:Role"
USER = "aws:iam/user:User"
OTHER = "444455556666"


def identity(**changes: Any) -> Recording:
    return declare(lambda: PipelineIdentity("site", identity_args(**changes)))


def refusal(**changes: Any) -> str:
    with pytest.raises(ArgumentError) as error:
        identity(**changes)
    return str(error.value)


def role_account(**changes: Any) -> dict[str, Any]:
    return {"account_id": OTHER, "region": "eu-west-1", **changes}


def test_a_role_in_another_account_is_made_by_a_provider_of_its_own() -> None:
    recording = identity(role_account=role_account(profile="other", external_ids=["acme-1"]))
    provider = recording.one("pulumi:providers:aws")

    assert json.loads(provider.inputs["allowedAccountIds"]) == [OTHER]
    assert provider.inputs["profile"] == "other"
    assert provider.urn in recording.one(ROLE).request.provider
    assert provider.urn in recording.one("aws:iam/rolePolicy:RolePolicy").request.provider
    assert provider.urn not in recording.one(USER).request.provider


def test_both_ends_of_an_identity_in_two_accounts_know_each_other() -> None:
    recording = identity(role_account=role_account(external_ids=["acme-1"]))

    assert_golden("accounts/trust-policy", recording.one(ROLE).inputs["assumeRolePolicy"])
    assert_golden("accounts/user-policy", recording.one("aws:iam/userPolicy:UserPolicy").inputs["policy"])


def test_the_other_account_may_be_reached_through_a_role() -> None:
    arn = f"arn:aws:iam::{OTHER}:role/deployer"
    account = role_account(assume_role_arn=arn, assume_role_external_id="ext-1")
    provider = identity(role_account=account).one("pulumi:providers:aws")

    assert json.loads(provider.inputs["assumeRoles"]) == [{"roleArn": arn, "externalId": "ext-1"}]


def test_boundaries_of_two_accounts_do_not_mix() -> None:
    ours, theirs = "arn:aws:iam::111122223333:policy/b", f"arn:aws:iam::{OTHER}:policy/b"
    account = role_account(permissions_boundary=theirs)
    recording = identity(permissions_boundary=ours, role_account=account)

    assert recording.one(USER).inputs["permissionsBoundary"] == ours
    assert recording.one(ROLE).inputs["permissionsBoundary"] == theirs


def test_a_role_may_be_handed_over_to_an_administrator_instead() -> None:
    recording = identity(role_account={"account_id": OTHER, "hand_over": True}, tags={"team": "web shop"})
    described = json.loads(recording.outputs["hand_over_document"])

    assert ROLE not in recording.types()
    assert (
        described["RoleArn"] == f"arn:aws:iam::{OTHER}:role/pipelines/site-publisher" == recording.outputs["role_arn"]
    )
    assert described["AssumeRolePolicyDocument"] == json.loads(recording.outputs["trust_policy"])
    assert described["InlinePolicies"]["permissions"]["Statement"][0]["Effect"] == "Allow"


def test_a_hand_over_of_a_suspended_pipeline_denies_its_open_sessions_and_another_does_not() -> None:
    def handed_over(**changes: Any) -> tuple[list[str], bool]:
        outputs = identity(role_account={"account_id": OTHER, "hand_over": True}, **changes).outputs
        policies = json.loads(outputs["hand_over_document"])["InlinePolicies"]
        return sorted(policies), "--policy-name suspended" in outputs["hand_over_commands"]

    assert handed_over(suspended="2026-11-25T16:30:00Z") == (["permissions", "suspended"], True)
    assert handed_over() == (["permissions"], False)


def test_the_commands_of_a_hand_over_say_what_the_document_says() -> None:
    recording = identity(
        role_account={"account_id": OTHER, "hand_over": True},
        managed_policies={"read": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        tags={"team": "web shop"},
    )
    lines = recording.outputs["hand_over_commands"].splitlines()
    commands = [shlex.split(line) for line in lines if not line.startswith("#")]

    assert [command[:3] for command in commands] == [
        ["aws", "iam", "create-role"],
        ["aws", "iam", "put-role-policy"],
        ["aws", "iam", "attach-role-policy"],
    ]
    create = commands[0]
    assert create[create.index("--assume-role-policy-document") + 1] == recording.outputs["trust_policy"]
    assert json.loads(create[create.index("--tags") + 1]) == [{"Key": "team", "Value": "web shop"}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role_account": {}}, "role_account.account_id: is missing"),
        (
            {"role_account": {"account_id": "111122223333", "region": "x"}},
            "is the user's own account; leave role_account",
        ),
        ({"role_account": {"account_id": OTHER}}, "role_account.region: is missing; set it to the region to work from"),
        (
            {"role_account": role_account(region="Europe")},
            "role_account.region: 'Europe' is not the name of a region; write it like",
        ),
        ({"role_account": role_account(profile="")}, "role_account.profile: '' is empty"),
        ({"role_account": role_account(profile="[site]")}, "profile: '[site]' is not the name of a profile"),
        ({"role_account": role_account(assume_role_arn="x")}, "assume_role_arn: 'x' is not the ARN of one role"),
        ({"role_account": role_account(assume_role_external_id="ext")}, "says nothing without assume_role_arn"),
        ({"role_account": role_account(external_ids=["a b"])}, "external_ids[0]: 'a b' is not an external id"),
        ({"role_account": role_account(permissions_boundary="x")}, "role_account.permissions_boundary: 'x' is not"),
        ({"role_account": role_account(hand_over="x")}, "role_account.hand_over: 'x' is not true or false"),
        ({"role_account": role_account(), "generated_boundary": {}}, "cannot be shared by two accounts"),
        (
            {"role_account": role_account(), "mode": "keyless", "trust": {"github": [GITHUB]}},
            "role_account: has no user to stand apart from",
        ),
        ({"adopt": ["key"]}, "adopt[0]: 'key' is not one of the choices; use user, role"),
    ],
)
def test_accounts_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    assert message in refusal(**changes)


def test_what_exists_already_is_taken_over_as_it_is() -> None:
    recording = identity(adopt=["user", "role"])

    role, user = recording.one(ROLE).request, recording.one(USER).request
    assert (role.importId, user.importId) == ("site-publisher", "site-pipeline")
    assert {"assumeRolePolicy", "maxSessionDuration", "tags"} <= set(role.ignoreChanges)
    assert "path" not in role.ignoreChanges
    assert "path" not in user.ignoreChanges


def test_nothing_is_taken_over_unasked() -> None:
    recording = identity()

    assert not any(one.request.importId for one in recording.resources)
    # What `pipeline-identity rotate` writes on the user is not ours either.
    assert list(recording.one(USER).request.ignoreChanges) == [f'tags["{STORE}"]', f'tags["{MARK}"]']
    # What somebody wrote there by hand stays, as long as nothing else is written here.
    assert list(recording.one(ROLE).request.ignoreChanges) == ["description"]


def test_a_tag_of_rotate_that_a_program_writes_itself_is_the_programs() -> None:
    assert list(identity(tags={STORE: "x"}).one(USER).request.ignoreChanges) == [f'tags["{MARK}"]']


def test_a_role_has_the_description_that_is_given() -> None:
    role = identity(role_description="Deploys the site").one(ROLE)

    assert role.inputs["description"] == "Deploys the site"
    assert not role.request.ignoreChanges
    assert (
        "--description 'Deploys the site'"
        in identity(role_account=role_account(hand_over=True), role_description="Deploys the site").outputs[
            "hand_over_commands"
        ]
    )


@pytest.mark.parametrize("description", ["x" * 1001, "\u20ac", "\x00"])
def test_a_description_that_iam_does_not_take_is_refused(description: str) -> None:
    assert "role_description" in refusal(role_description=description)


def test_user_and_role_alone_may_be_adopted_too() -> None:
    assert declare(lambda: PipelineRole("site", role_args(adopt=True))).one(ROLE).request.importId == "site-publisher"
    assert declare(lambda: PipelineUser("site", user_args(adopt=True))).one(USER).request.importId == "site-pipeline"


def oidc_provider(**changes: Any) -> Recording:
    args: Any = {
        "account_id": "111122223333",
        "issuer": "https://token.actions.githubusercontent.com",
        "audiences": ["sts.amazonaws.com"],
        **changes,
    }
    return declare(lambda: PipelineOidcProvider("github", args))


def test_an_identity_provider_is_the_one_that_roles_trust() -> None:
    recording = oidc_provider(tags={"team": "web"})
    provider = recording.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")

    assert provider.inputs == {
        "url": "https://token.actions.githubusercontent.com",
        "clientIdLists": ["sts.amazonaws.com"],
        "tags": {"team": "web", "pipeline-identity:stack": "pipelines/dev"},
    }
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    assert recording.outputs["provider_arn"] == arn
    trusting = declare(lambda: PipelineRole("site", role_args(trust={"github": [GITHUB]})))
    assert trusting.one(ROLE).document("assumeRolePolicy")["Statement"][0]["Principal"] == {"Federated": arn}


def test_an_identity_provider_has_the_thumbprints_that_are_given() -> None:
    given = ["AB:" * 19 + "AB", "0" * 40]
    provider = oidc_provider(thumbprints=given).one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")

    assert provider.inputs["thumbprintLists"] == ["ab" * 20, "0" * 40]


def test_an_identity_provider_is_kept_or_adopted_when_asked() -> None:
    kept = oidc_provider(keep_on_destroy=True, adopt=True).resources[-1].request

    assert kept.retainOnDelete
    assert kept.importId == "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    assert not oidc_provider().resources[-1].request.retainOnDelete


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account_id": "1"}, "account_id: '1' is not an AWS account id"),
        ({"issuer": "github"}, "issuer: 'github' is not an issuer's URL"),
        ({"audiences": []}, "audiences: has 0 audiences; list 1 to 100"),
        ({"audiences": ["*"]}, "audiences[0]: '*' holds a wildcard"),
        ({"partition": "x"}, "partition: 'x' is not an AWS partition"),
        ({"keep_on_destroy": 1}, "keep_on_destroy: 1 is not true or false"),
        ({"adopt": 1}, "adopt: 1 is not true or false"),
        ({"tags": 1}, "tags: 1 is not a mapping"),
        ({"url": "x"}, "url: 'x' is not an argument here"),
        ({"thumbprints": ["abc"]}, "thumbprints[0]: 'abc' is not a SHA-1 fingerprint; write its 40 digits"),
        ({"thumbprints": [f"{n:040}" for n in range(6)]}, "thumbprints: has 6 items; list at most 5"),
    ],
)
def test_an_identity_provider_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        oidc_provider(**changes)
    assert message in str(error.value)


def test_the_profile_names_the_keys_and_holds_none() -> None:
    recording = identity(max_session_duration=7_200, role_account=role_account(external_ids=["acme-1"]))

    assert recording.outputs["profile"] == (
        "[profile site]\n"
        "# Put the access key there with: aws configure --profile site-keys\n"
        "role_arn = arn:aws:iam::444455556666:role/pipelines/site-publisher\n"
        "role_session_name = site-publisher\n"
        "duration_seconds = 7200\n"
        "external_id = acme-1\n"
        "source_profile = site-keys\n"
    )
    assert "profile" not in recording.secret


def test_the_profile_of_a_keyless_identity_reads_a_token() -> None:
    profile = identity(mode="keyless", trust={"github": [GITHUB]}).outputs["profile"]

    assert "web_identity_token_file = /tmp/site-token" in profile
    assert "source_profile" not in profile


def test_the_session_name_is_one_that_the_trust_lets_in() -> None:
    def name(*patterns: str) -> str:
        return identity(trust={"conditions": {"session_name_patterns": list(patterns)}}).outputs["session_name"]

    assert name("site-*") == "site-publisher"
    assert name("job-*") == "job-site-publisher"
    assert name("deploy") == "deploy"


def test_the_session_name_is_let_in_where_roles_name_and_pattern_are_long() -> None:
    def name(pattern: str) -> str:
        conditions = {"session_name_patterns": [pattern]}
        return identity(role_name="r" * 64, trust={"conditions": conditions}).outputs["session_name"]

    assert name("job-*-prod") == f"job-{'r' * 55}-prod"
    assert name("*-a-*-b") == f"-a-{'r' * 59}-b"
    assert name("r*") == "r" * 64
