"""What a role may do: starter sets, documents, managed policies, sizes, boundaries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iam_guardrails import Settings, check_identity_policy
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineRole, PipelineUser

from tests.components.cases import ACCOUNT, PUBLISH, identity_args, role_args, user_args
from tests.components.recording import Recording, assert_golden, declare

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
REGION = f"eu-west-1:{ACCOUNT}"

STARTER_SETS: dict[str, dict[str, Any]] = {
    "static-site": {
        "static_site": {
            "bucket": "example-site",
            "prefix": "public/",
            "distribution_arns": [f"arn:aws:cloudfront::{ACCOUNT}:distribution/E2QWRUHEXAMPLE"],
        }
    },
    "container-service": {
        "container_service": {
            "service_arns": [f"arn:aws:ecs:{REGION}:service/web/shop"],
            "pass_role_arns": [f"arn:aws:iam::{ACCOUNT}:role/shop-task"],
        }
    },
    "lambda": {"lambda_functions": {"function_arns": [f"arn:aws:lambda:{REGION}:function:orders"]}},
    "ecr-push": {"ecr_push": {"repository_arns": [f"arn:aws:ecr:{REGION}:repository/shop"]}},
    "state-in-s3": {
        "state_in_s3": {
            "bucket": "example-state",
            "lock_table_arn": f"arn:aws:dynamodb:{REGION}:table/locks",
            "kms_key_arn": f"arn:aws:kms:{REGION}:key/11111111-2222-3333-4444-555555555555",
        }
    },
    "static-site-with-more": {
        "static_site": {
            "bucket": "example-site",
            "kms_key_arn": f"arn:aws:kms:{REGION}:key/11111111-2222-3333-4444-555555555555",
            "large_files": True,
        }
    },
    "container-service-with-tags": {
        "container_service": {
            "service_arns": [f"arn:aws:ecs:{REGION}:service/web/shop"],
            "pass_role_arns": [f"arn:aws:iam::{ACCOUNT}:role/shop-task"],
            "tag_tasks": True,
        }
    },
    "lambda-with-more": {
        "lambda_functions": {
            "function_arns": [f"arn:aws:lambda:{REGION}:function:orders"],
            "all_versions": True,
            "configuration": True,
        }
    },
    "state-of-workspaces": {
        "state_in_s3": {"bucket": "example-state", "prefix": "shop/", "workspace_prefix": "env:/"},
    },
    "state-that-is-read": {
        "state_in_s3": {
            "bucket": "example-state",
            "read_only": True,
            "lock_table_arn": f"arn:aws:dynamodb:{REGION}:table/locks",
            "kms_key_arn": f"arn:aws:kms:{REGION}:key/11111111-2222-3333-4444-555555555555",
        }
    },
    "cdk": {"cdk": {"account_ids": [ACCOUNT], "regions": ["eu-west-1"]}},
    "cdk-lookups": {
        "cdk": {
            "account_ids": [ACCOUNT, "444455556666"],
            "regions": ["eu-west-1"],
            "qualifier": "acme",
            "lookups_only": True,
        }
    },
    "cloudformation": {
        "cloudformation": {
            "stack_arns": [f"arn:aws:cloudformation:{REGION}:stack/shop/*"],
            "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/cloudformation-shop",
        }
    },
    "outbound-tokens": {"outbound_tokens": {"audiences": ["https://api.example.com", "databricks"]}},
    "outbound-tokens-of-another-kind": {
        "outbound_tokens": {"audiences": ["https://api.example.com"], "max_duration": 900, "signing": "RS256"}
    },
    "eks": {"eks": {"cluster_arns": [f"arn:aws:eks:{REGION}:cluster/shop"]}},
}


def role_with(**changes: Any) -> Recording:
    return declare(lambda: PipelineRole("site", role_args(**{"permissions": None, **changes})))


def refusal(**changes: Any) -> str:
    with pytest.raises(ArgumentError) as error:
        role_with(**changes)
    return str(error.value)


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example-site/*"}


@pytest.mark.parametrize("name", STARTER_SETS)
def test_a_starter_set_allows_what_people_have_read(name: str) -> None:
    recording = role_with(starter_sets=STARTER_SETS[name])

    assert_golden(f"starter-sets/{name}", recording.one(ROLE_POLICY).inputs["policy"])


def test_starter_sets_and_statements_go_together() -> None:
    recording = role_with(starter_sets=STARTER_SETS["lambda"], permissions=[PUBLISH])

    sids = [statement.get("Sid") for statement in recording.one(ROLE_POLICY).document("policy")["Statement"]]
    assert sids == ["DeployFunctions", None]


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({"static_site": {}}, "starter_sets.static_site.bucket: is missing; set it to the name of the bucket"),
        ({"static_site": {"bucket": "*"}}, "'*' is not the name of a bucket; write its name alone"),
        ({"static_site": {"bucket": "example", "prefix": "*"}}, "prefix: '*' cannot begin the keys of files"),
        ({"static_site": {"bucket": "example", "distribution_arns": ["*"]}}, "is not the ARN of one distribution"),
        ({"container_service": {}}, "service_arns: is missing or empty; list the ARN of at least one"),
        ({"container_service": {"service_arns": ["*"]}}, "service_arns[0]: '*' is not the ARN of one service of ecs"),
        ({"container_service": {"pass_role_arns": ["*"]}}, "'*' is not the ARN of one role"),
        ({"lambda_functions": {"function_arns": [f"arn:aws:lambda:{REGION}:function:*"]}}, "write it like arn:aws:"),
        ({"ecr_push": {"repository_arns": []}}, "repository_arns: is missing or empty"),
        (
            {"state_in_s3": {"bucket": "example", "lock_table_arn": "*"}},
            "lock_table_arn: '*' is not the ARN of one table",
        ),
        ({"state_in_s3": {"bucket": "example", "kms_key_arn": "alias/x"}}, "kms_key_arn: 'alias/x' is not the ARN of"),
        ({"state_in_s3": {"bucket": "example", "workspace_prefix": "env:"}}, "does not end in a slash; write env:/"),
        ({"cdk": {"regions": ["eu-west-1"]}}, "account_ids: is missing or empty; list at least one account"),
        ({"cdk": {"account_ids": [ACCOUNT], "regions": ["*"]}}, "regions[0]: '*' is not the name of a region"),
        ({"cdk": {"account_ids": [ACCOUNT], "regions": ["eu-west-1"], "qualifier": "*"}}, "'*' is not a qualifier of"),
        ({"cloudformation": {"stack_arns": [f"arn:aws:cloudformation:{REGION}:stack/*"]}}, "is not the ARN of a stack"),
        ({"eks": {"cluster_arns": ["*"]}}, "'*' is not the ARN of one cluster of eks"),
        ({"outbound_tokens": {}}, "outbound_tokens.audiences: is missing or empty; list who the tokens are for"),
        (
            {"outbound_tokens": {"audiences": ["https://*"]}},
            "audiences[0]: 'https://*' holds a wildcard, so that token",
        ),
        (
            {"outbound_tokens": {"audiences": ["a"], "max_duration": 59}},
            "59 is not how long a token can last; use 60 to",
        ),
        (
            {"outbound_tokens": {"audiences": ["a"], "signing": "none"}},
            "signing: 'none' is not one of the choices; use",
        ),
        ({"lambda": {}}, "starter_sets.lambda: {} is not an argument here; did you mean lambda_functions?"),
    ],
)
def test_a_starter_set_without_its_resources_is_refused(sets: dict[str, Any], message: str) -> None:
    assert message in refusal(starter_sets=sets)


def test_a_document_becomes_an_inline_policy_of_its_name() -> None:
    recording = role_with(policy_documents={"read-site": document({**ALLOW, "Sid": "Read"})})

    policy = recording.one(ROLE_POLICY)
    assert (policy.name, policy.inputs["name"]) == ("site-read-site", "read-site")
    assert policy.document("policy")["Statement"] == [{"Sid": "Read", **ALLOW}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "policy_documents.read: '{' is not JSON"),
        ("[]", "is not a policy document; write an object with Version and Statement"),
        ('{"Version": "2012-10-17", "Version": "2008-10-17"}', "a key stands twice in one object"),
        ("[" * 100_000, "is not JSON"),
        ('{"Statement": []}', "does not have the Version 2012-10-17"),
        ('{"Version": "2012-10-17", "Rules": []}', "has the element Rules"),
        (document("x"), "has a statement that is not an object"),
        (document({"Action": "s3:GetObject", "Resource": "*"}), "has a statement without Effect"),
        (document({**ALLOW, "Principal": "*"}), "has a statement with Principal; use Sid, Effect, Action"),
        (document({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}), "has a statement with NotAction"),
        (document({**ALLOW, "Action": "s3:*"}), "policy_documents.read.Statement[0].actions[0]: 's3:*' allows by"),
        (document({**ALLOW, "Resource": "x"}), "policy_documents.read.Statement[0].resources[0]: 'x' is not an ARN"),
        (document({**ALLOW, "Effect": "allow"}), "'allow' is not one of the choices; use Allow, Deny"),
        (document({**ALLOW, "Condition": []}), "is not a mapping"),
        (document({**ALLOW, "Resource": "arn:aws-cn:s3:::x"}), "lies outside the partition aws"),
        (document(), "has no statement; write at least one"),
        (5, "policy_documents.read: 5 is not text"),
        ({"Version": "2012-10-17"}, "is a mapping; write it as JSON text: json.dumps, or pulumi.Output.json_dumps"),
    ],
)  # fmt: skip
def test_a_document_that_aws_or_prudence_refuses_is_refused(text: Any, message: str) -> None:
    assert message in refusal(policy_documents={"read": text})


def test_managed_policies_keep_their_place_whatever_the_keys_they_are_given() -> None:
    arns = {"read-only": "arn:aws:iam::aws:policy/ReadOnlyAccess", "own": f"arn:aws:iam::{ACCOUNT}:policy/ci/own"}
    recording = role_with(managed_policies=arns)

    attached = {one.name: one.inputs["policyArn"] for one in recording.resources if one.type == ATTACHMENT}
    assert attached == {
        "site-attach-aws/ReadOnlyAccess": arns["read-only"],
        f"site-attach-{ACCOUNT}/ci/own": arns["own"],
    }
    renamed = role_with(managed_policies={"a": arns["own"], "b": arns["read-only"]})
    assert sorted(renamed.urns()) == sorted(recording.urns())


def test_a_managed_policy_that_an_earlier_release_attached_is_found_by_its_key() -> None:
    recording = role_with(managed_policies={"read-only": "arn:aws:iam::aws:policy/ReadOnlyAccess"})

    request: Any = recording.one(ATTACHMENT).request
    assert [alias.spec.name for alias in request.aliases] == ["site-attach-read-only"]


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"x": "ReadOnlyAccess"}, "managed_policies: {'x': 'ReadOnlyAccess'} has under 'x' what is not the ARN of one"),
        ({"x": "arn:aws-cn:iam::aws:policy/x"}, "managed_policies.x: 'arn:aws-cn:iam::aws:policy/x' lies outside"),
        ({"a b": "arn:aws:iam::aws:policy/x"}, "has the key 'a b'; begin it with a letter"),
        ({"permissions-1": "arn:aws:iam::aws:policy/x"}, "which the typed statements have; choose another"),
        ({"a": "arn:aws:iam::aws:policy/x", "b": "arn:aws:iam::aws:policy/x"}, "names a policy twice"),
    ],
)
def test_a_managed_policy_that_cannot_be_is_refused(policies: dict[str, Any], message: str) -> None:
    assert message in refusal(managed_policies=policies)


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"sid": f"S{n}", "actions": ["s3:GetObject"], "resources": [f"arn:aws:s3:::example-{n:0100}/*"]}
        for n in range(count)
    ]


def test_permissions_that_are_too_large_are_refused_with_their_size() -> None:
    message = refusal(permissions=many(60))

    assert "characters, and AWS takes 10240 inline; shorten them, or set large_policies to split" in message


def test_large_permissions_are_split_into_managed_policies_that_fit() -> None:
    recording = role_with(permissions=many(60), large_policies="split")
    made = sorted((one for one in recording.resources if one.type == POLICY), key=lambda one: one.name)

    assert ROLE_POLICY not in recording.types()
    assert [one.inputs["name"] for one in made] == ["site-publisher-permissions-1", "site-publisher-permissions-2"]
    assert all(len(one.inputs["policy"]) <= 6_144 for one in made)
    assert sum(len(one.document("policy")["Statement"]) for one in made) == 60


def test_managed_policies_that_were_made_are_attached_by_arns_known_at_preview() -> None:
    args = role_args(permissions=many(60), large_policies="split")
    recording = declare(lambda: PipelineRole("site", args), preview=True)

    attached = {one.inputs["policyArn"] for one in recording.resources if one.type == ATTACHMENT}
    assert attached == {f"arn:aws:iam::{ACCOUNT}:policy/pipelines/site-publisher-permissions-{n}" for n in (1, 2)}


def test_permissions_that_fit_are_not_split() -> None:
    recording = role_with(permissions=[PUBLISH], large_policies="split")

    assert recording.one(ROLE_POLICY).inputs["name"] == "permissions"


def test_more_managed_policies_than_the_account_takes_are_refused() -> None:
    policies = {f"p{n}": f"arn:aws:iam::{ACCOUNT}:policy/p{n}" for n in range(11)}

    message = refusal(managed_policies=policies)
    assert "managed_policies: need 11 managed policies, and AWS attaches 10 to a role; shorten them, or set" in message
    assert "permissions: need 12 managed policies" in refusal(permissions=many(360), large_policies="split")
    assert role_with(managed_policies=policies, managed_policy_quota=11).types().count(ATTACHMENT) == 11


@pytest.mark.parametrize("quota", [9, 26])
def test_a_quota_of_managed_policies_that_aws_does_not_grant_is_refused(quota: int) -> None:
    message = refusal(permissions=[PUBLISH], managed_policy_quota=quota)
    assert f"managed_policy_quota: {quota} is not a quota that AWS grants; use 10 to 25" in message


def test_a_statement_that_fits_into_no_policy_is_refused() -> None:
    resources = [f"arn:aws:s3:::example-{n:0100}" for n in range(100)]
    statements = [{"actions": ["s3:ListBucket"], "resources": resources}]

    assert "have a statement larger than the 6144 characters" in refusal(permissions=statements, large_policies="split")


def test_other_policies_are_taken_away_when_asked() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args(exclusive_policies=True)))
    lists = {one.type.split(":")[-1]: one.inputs for one in recording.resources if one.type.endswith("Exclusive")}

    assert lists["RolePoliciesExclusive"] == {"roleName": "site-publisher", "policyNames": ["permissions"]}
    assert lists["RolePolicyAttachmentsExclusive"] == {"roleName": "site-publisher", "policyArns": []}
    assert lists["UserPoliciesExclusive"] == {"userName": "site-pipeline", "policyNames": ["assume-roles"]}
    assert lists["UserPolicyAttachmentsExclusive"] == {"userName": "site-pipeline", "policyArns": []}


def test_the_users_policy_may_be_that_of_a_group() -> None:
    recording = declare(lambda: PipelineUser("site", user_args(user_policy_mode="group")))

    assert "aws:iam/userPolicy:UserPolicy" not in recording.types()
    assert recording.one("aws:iam/group:Group").inputs["name"] == "site-pipeline"
    membership = recording.one("aws:iam/userGroupMembership:UserGroupMembership").inputs
    assert membership == {"user": "site-pipeline", "groups": ["site-pipeline"]}
    policy = recording.one("aws:iam/groupPolicy:GroupPolicy").document("policy")
    assert policy["Statement"][0]["Action"] == "sts:AssumeRole"


def test_the_user_may_assume_its_roles_from_given_networks_only() -> None:
    conditions = {"source_ips": ["203.0.113.0/24"], "vpc_endpoints": ["vpce-0123456789abcdef0"]}
    alone = declare(lambda: PipelineUser("site", user_args(**conditions)))
    both = declare(lambda: PipelineIdentity("site", identity_args(trust={"conditions": conditions})))

    for recording in (alone, both):
        assert_golden("user/networks", recording.one("aws:iam/userPolicy:UserPolicy").inputs["policy"])


@pytest.mark.parametrize(("name", "value"), [("source_ips", "0.0.0.0/0"), ("vpc_endpoints", "vpc-1")])
def test_a_users_network_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declare(lambda: PipelineUser("site", user_args(**{name: [value]})))
    assert f"{name}[0]: '{value}' is" in str(error.value)


def test_a_role_is_deleted_with_foreign_policies_only_when_asked() -> None:
    assert role_with(permissions=[PUBLISH]).one(ROLE).inputs["forceDetachPolicies"] is False
    assert role_with(permissions=[PUBLISH], force_destroy=True).one(ROLE).inputs["forceDetachPolicies"] is True


def test_a_mode_of_policies_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ArgumentError, match="user_policy_mode: 'groups' is not one of the choices; use inline, group"):
        declare(lambda: PipelineUser("site", user_args(user_policy_mode="groups")))


def test_a_generated_boundary_is_over_user_and_role_and_keeps_them_from_raising_themselves() -> None:
    args = identity_args(generated_boundary={}, tags={"team": "web"})
    recording = declare(lambda: PipelineIdentity("site", args), preview=True)
    policy = recording.one(POLICY)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/pipelines/site-publisher-boundary"

    assert (policy.name, policy.inputs["path"], policy.inputs["tags"]) == (
        "site-boundary",
        "/pipelines/",
        {"team": "web"},
    )
    assert_golden("boundary/user-and-role", policy.inputs["policy"])
    for entity in (recording.one(ROLE), recording.one("aws:iam/user:User")):
        assert entity.inputs["permissionsBoundary"] == arn
        assert policy.urn in entity.request.dependencies
    assert recording.outputs["permissions_boundary"] == arn


def test_a_role_alone_gets_a_boundary_of_its_own() -> None:
    alarms = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/site-*"
    args = role_args(generated_boundary={"policy_name": "limit", "allow": [PUBLISH], "protected_resources": [alarms]})
    recording = declare(lambda: PipelineRole("site", args))

    assert recording.one(ROLE).inputs["permissionsBoundary"] == f"arn:aws:iam::{ACCOUNT}:policy/pipelines/limit"
    assert_golden("boundary/role", recording.one(POLICY).inputs["policy"])


def test_a_generated_boundary_keeps_off_the_group_that_carries_the_users_policy() -> None:
    def protected(**changes: Any) -> list[str]:
        args = identity_args(generated_boundary={}, **changes)
        document = declare(lambda: PipelineIdentity("site", args)).one(POLICY).document("policy")
        return next(one["Resource"] for one in document["Statement"] if one.get("Sid") == "KeepTheIdentity")

    group = f"arn:aws:iam::{ACCOUNT}:group/pipelines/site-pipeline"
    assert group in protected(user_policy_mode="group")
    assert group not in protected(user_policy_mode="inline")


BOUNDARIES: list[tuple[dict[str, Any], str]] = [
    ({"generated_boundary": {"policy_name": "a b"}}, "generated_boundary.policy_name: 'a b' is not a name"),
    ({"generated_boundary": {"allow": [{}]}}, "generated_boundary.allow[0].actions: is missing or empty"),
    ({"generated_boundary": {"allow": [{**PUBLISH, "actions": ["s3:*"]}]}}, "'s3:*' allows by a wildcard"),
    (
        {"generated_boundary": {"protected_resources": ["*"]}},
        "protected_resources[0]: '*' is everything",
    ),
    ({"generated_boundary": {"protected_resources": ["site"]}}, "protected_resources[0]: 'site' is not an ARN"),
    (
        {"generated_boundary": {"protected_resources": [f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:alarms"]}},
        "lies outside the partition aws; begin it with arn:aws:",
    ),
    (
        {"generated_boundary": {"allow": [{**PUBLISH, "resources": ["*", "arn:aws-cn:s3:::example-site/*"]}]}},
        "generated_boundary.allow[0].resources[1]: 'arn:aws-cn:s3:::example-site/*' lies outside the partition aws",
    ),
    ({"generated_boundary": {"deny": []}}, "generated_boundary.deny: [] is not an argument here"),
    (
        {"generated_boundary": {}, "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/x"},
        "generated_boundary: stands beside permissions_boundary; keep one of the two",
    ),
    (
        {"generated_boundary": {}, "managed_policies": {"x": "arn:aws:iam::aws:policy/x"}},
        "generated_boundary.allow: is missing, and managed_policies would be cut to nothing",
    ),
    ({"generated_boundary": {}, "permissions": many(45)}, "characters, and AWS takes 6144; give the role fewer"),
]


@pytest.mark.parametrize(("changes", "message"), BOUNDARIES)
def test_a_boundary_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    assert message in refusal(**{"permissions": [PUBLISH], **changes})


@pytest.mark.parametrize(
    ("name", "value"), [("exclusive_policies", "yes"), ("adopt", "yes"), ("large_policies", "shrink")]
)
def test_a_switch_that_is_no_switch_is_refused(name: str, value: str) -> None:
    assert f"{name}: '{value}' is not" in refusal(permissions=[PUBLISH], **{name: value})


def test_a_users_force_destroy_is_a_switch() -> None:
    with pytest.raises(ArgumentError, match="force_destroy: 'yes' is not true or false"):
        declare(lambda: PipelineUser("site", user_args(force_destroy="yes")))
    assert (
        declare(lambda: PipelineUser("site", user_args(force_destroy=True)))
        .one("aws:iam/user:User")
        .inputs["forceDestroy"]
    )


def test_actions_that_only_read_may_end_in_a_wildcard_for_a_reason_and_the_pack_takes_them_when_told() -> None:
    plan = {
        "actions": ["s3:Get*", "s3:List*", "ecs:Describe*", "ssm:Describe*"],
        "resources": ["*"],
        "read_only_wildcards": "terraform plan refreshes everything that it manages",
    }
    recording = declare(lambda: PipelineRole("plan", role_args(permissions=[plan], generated_boundary={})))

    document = recording.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"]
    boundary = recording.one("aws:iam/policy:Policy").document("policy")
    assert json.loads(document)["Statement"][0]["Action"] == plan["actions"]
    assert boundary["Statement"][0]["Action"] == plan["actions"]
    found = {finding.rule for finding in check_identity_policy(document, settings=Settings())}
    assert "no-wildcard-actions" in found
    assert check_identity_policy(document, settings=Settings(read_only_wildcards="allow")) == []
