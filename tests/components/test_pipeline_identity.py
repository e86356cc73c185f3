"""A pipeline's identity as it reaches the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
import pytest
from pipeline_identity import PipelineIdentity, PipelineRole, PipelineUser

from tests.components.cases import ROLE_ARN, USER_ARN, identity_args, role_args, user_args
from tests.components.recording import SECRET, assert_golden, declare

if TYPE_CHECKING:
    from collections.abc import Callable

USER = "aws:iam/user:User"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
KEY = "aws:iam/accessKey:AccessKey"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def test_the_resources_keep_their_urns() -> None:
    identity = "urn:pulumi:dev::pipelines::pipeline-identity:index:PipelineIdentity"
    # The mocks write the last parent alone where the engine writes the whole chain.
    user = "urn:pulumi:dev::pipelines::pipeline-identity:index:PipelineUser"
    role = "urn:pulumi:dev::pipelines::pipeline-identity:index:PipelineRole"

    assert set(declare(lambda: PipelineIdentity("site", identity_args())).urns()) == {
        "urn:pulumi:dev::pipelines::pulumi:pulumi:Stack$pipeline-identity:index:PipelineIdentity::site",
        f"{identity}$pipeline-identity:index:PipelineUser::site",
        f"{user}$aws:iam/user:User::site",
        f"{user}$aws:iam/userPolicy:UserPolicy::site-assume-roles",
        f"{user}$pulumi:index:Stash::site-rotation",
        f"{user}$aws:iam/accessKey:AccessKey::site-key",
        f"{identity}$pipeline-identity:index:PipelineRole::site",
        f"{role}$aws:iam/role:Role::site",
        f"{role}$aws:iam/rolePolicy:RolePolicy::site-permissions",
    }


def test_user_and_role_get_the_names_and_the_path_they_were_given() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    assert recording.one(USER).inputs["name"] == "site-pipeline"
    assert recording.one(USER).inputs["path"] == "/pipelines/"
    assert recording.one(USER_POLICY).inputs["name"] == "assume-roles"
    assert recording.one(USER_POLICY).inputs["user"] == "site-pipeline"
    assert recording.one(KEY).inputs["user"] == "site-pipeline"
    assert recording.one(ROLE).inputs["name"] == "site-publisher"
    assert recording.one(ROLE).inputs["path"] == "/pipelines/"
    assert recording.one(ROLE_POLICY).inputs["name"] == "permissions"
    assert recording.one(ROLE_POLICY).inputs["role"] == "site-publisher"


def test_the_documents_are_those_that_people_have_read() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args(permissions=_PERMISSIONS)))

    assert_golden("identity/user-policy", recording.one(USER_POLICY).inputs["policy"])
    assert_golden("identity/trust-policy", recording.one(ROLE).inputs["assumeRolePolicy"])
    assert_golden("identity/permissions-policy", recording.one(ROLE_POLICY).inputs["policy"])


_PERMISSIONS = [
    {
        "sid": "ListSiteFiles",
        "actions": ["s3:ListBucket"],
        "resources": ["arn:aws:s3:::example-site"],
        "conditions": {"StringLike": {"s3:prefix": ["public/*"]}, "Bool": {"aws:SecureTransport": "true"}},
    },
    {
        "actions": ["s3:GetObject", "s3:PutObject"],
        "resources": ["arn:aws:s3:::example-site/public/*", "arn:aws:s3:::example-site/drafts/*"],
    },
    {"sid": "KeepTheBucket", "effect": "Deny", "actions": ["s3:Delete*"], "resources": ["*"]},
]


def test_the_documents_hold_no_white_space_that_would_count() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    for text in (
        recording.outputs["user_policy"],
        recording.outputs["trust_policy"],
        recording.outputs["permissions_policies"]["permissions"],
    ):
        assert " " not in text
        assert "\n" not in text


def test_names_arns_and_documents_are_known_at_the_first_preview() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()), preview=True)

    assert recording.outputs["user_arn"] == USER_ARN
    assert recording.outputs["role_arn"] == ROLE_ARN
    of_keys = {"key_ids", "keys_created", "keys_due", "next_key_due", "key_overdue"}
    assert recording.unknown <= {"access_key_id", "secret_access_key", *of_keys}
    for resource in recording.resources:
        assert pulumi.runtime.rpc.UNKNOWN not in resource.inputs.values()


def test_what_comes_out_is_what_a_pipeline_needs() -> None:
    outputs = declare(lambda: PipelineIdentity("site", identity_args(max_session_duration=7_200))).outputs

    assert outputs["user_name"] == "site-pipeline"
    assert outputs["role_name"] == "site-publisher"
    assert outputs["access_key_id"] == "site-key-id"
    assert outputs["secret_access_key"] == SECRET
    assert outputs["max_session_duration"] == 7_200
    assert outputs["session_name"] == "site-publisher"


def test_the_secret_is_secret_and_nothing_else_is() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    assert recording.secret == {"secret_access_key"}
    assert "secret" in recording.one(KEY).request.additionalSecretOutputs


def test_the_role_waits_for_the_user_it_names() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    assert recording.one(USER).urn in recording.one(ROLE).request.dependencies


def test_the_key_waits_for_the_policy_that_restrains_it() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    assert recording.one(USER_POLICY).urn in recording.one(KEY).request.dependencies


def test_whoever_uses_an_output_waits_for_the_resource_it_speaks_of() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args()))

    assert recording.one(ROLE).urn in recording.depends_on["role_arn"]
    assert recording.one(USER).urn in recording.depends_on["user_arn"]
    assert recording.one(ROLE_POLICY).urn in recording.depends_on["permissions_policies"]


def test_tags_and_boundary_reach_user_and_role() -> None:
    boundary = "arn:aws:iam::111122223333:policy/pipelines/boundary"
    recording = declare(
        lambda: PipelineIdentity("site", identity_args(tags={"team": "web"}, permissions_boundary=boundary))
    )

    for entity in (recording.one(USER), recording.one(ROLE)):
        assert entity.inputs["tags"] == {"team": "web"}
        assert entity.inputs["permissionsBoundary"] == boundary


def test_in_another_partition_every_arn_is_of_that_partition() -> None:
    china = {"actions": ["s3:GetObject"], "resources": ["arn:aws-cn:s3:::example-site/*"]}
    recording = declare(lambda: PipelineIdentity("site", identity_args(partition="aws-cn", permissions=[china])))

    assert recording.outputs["role_arn"] == "arn:aws-cn:iam::111122223333:role/pipelines/site-publisher"
    assert "arn:aws:" not in "".join(str(resource.inputs) for resource in recording.resources)


def test_sessions_last_an_hour_unless_told_otherwise() -> None:
    assert declare(lambda: PipelineIdentity("site", identity_args())).one(ROLE).inputs["maxSessionDuration"] == 3_600


def test_names_may_be_written_as_the_schema_does() -> None:
    args: Any = identity_args()
    args["accountId"] = args.pop("account_id")
    args["maxSessionDuration"] = 7_200

    recording = declare(lambda: PipelineIdentity("site", args))

    assert recording.one(ROLE).inputs["maxSessionDuration"] == 7_200


def test_a_session_name_is_never_shorter_than_aws_accepts() -> None:
    assert declare(lambda: PipelineRole("r", role_args(role_name="r"))).outputs["session_name"] == "r-session"


def test_provider_protection_and_dependencies_reach_every_resource() -> None:
    def program() -> pulumi.ComponentResource:
        provider = aws.Provider("chosen", region="eu-west-1")
        first = aws.iam.Role("first", assume_role_policy="{}")
        options = pulumi.ResourceOptions(provider=provider, protect=True, depends_on=[first])
        return PipelineIdentity("site", identity_args(), options)

    recording = declare(program)
    ours = [one for one in recording.resources if one.type.startswith("aws:iam") and one.name != "first"]

    assert len(ours) == 5
    for resource in ours:
        assert "::chosen::" in resource.request.provider
        assert resource.request.protect
        assert any(urn.endswith("::first") for urn in resource.request.dependencies)


def test_a_user_alone_may_assume_several_roles_and_do_nothing_else() -> None:
    roles = [ROLE_ARN, "arn:aws:iam::444455556666:role/site-publisher"]
    recording = declare(lambda: PipelineUser("site", user_args(roles=roles)))

    assert_golden("user/two-roles", recording.one(USER_POLICY).inputs["policy"])


def test_a_role_alone_trusts_the_users_it_names() -> None:
    users = [USER_ARN, "arn:aws:iam::111122223333:user/other"]
    recording = declare(lambda: PipelineRole("site", role_args(trust={"users": users})))

    assert_golden("role/two-users", recording.one(ROLE).inputs["assumeRolePolicy"])


@pytest.mark.parametrize(
    ("component", "args"),
    [(PipelineIdentity, identity_args()), (PipelineRole, role_args()), (PipelineUser, user_args())],
)
def test_the_type_token_is_the_one_that_the_plugin_serves(
    component: Callable[..., pulumi.ComponentResource], args: Any
) -> None:
    recording = declare(lambda: component("site", args))

    assert recording.resources[0].type == f"pipeline-identity:index:{component.__name__}"
