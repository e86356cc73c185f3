"""What only a whole stack shows: policies of AWS beside one's own, chains of identities, providers, what is unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.resource import Resource
from iam_guardrails.settings import Settings

from tests.policies.pack.resources import (
    ACCOUNT,
    LATER,
    allow,
    document,
    line_of,
    pipeline,
    proven_of,
    resource,
    role,
    role_arn,
    role_policy,
    rules_of,
    said_in_all,
    said_of,
    trusting,
    user_arn,
    user_policy,
)

_LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
_BUCKET = "aws:s3/bucketPolicy:BucketPolicy"


def _named(name: str, trust: str = _LAMBDA, **more: Any) -> Resource:
    return resource("aws:iam/role:Role", name, {"name": name, "path": "/pipelines/", "assumeRolePolicy": trust, **more})


def _attached(role_name: str, policy: str, **more: Any) -> Resource:
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    arn = policy if policy.startswith("arn:") else f"arn:aws:iam::aws:policy/{policy}"
    return resource(kind, f"{role_name}-{policy.rpartition('/')[2]}", {"role": role_name, "policyArn": arn}, **more)


def _errors(*resources: Resource) -> list[str]:
    return rules_of([one for one in said_in_all(resources) if one.blocking])


# No finding is lost to another ---------------------------------------------------------------------------------------


def test_a_narrower_statement_beside_it_hides_no_error():
    change_sets = allow("cloudformation:CreateChangeSet", "*")
    named = allow("cloudformation:ExecuteChangeSet", f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/app-*/*")
    every = role_policy(document(allow("cloudformation:ExecuteChangeSet", "*")), name="b")
    for first in (document(change_sets), document(change_sets, named)):
        stack = [role(trust=_LAMBDA), role_policy(first, name="a"), every]
        assert _errors(*stack) == ["no-privilege-escalation"]


# Policies of AWS -----------------------------------------------------------------------------------------------------


def test_what_a_policy_of_aws_adds_up_to_with_ones_own_is_an_error():
    own = role_policy(document(allow("iam:PassRole", "*")), name="own")
    stack = [role(trust=_LAMBDA), own, _attached("site", "AmazonEC2FullAccess")]
    (error,) = [one for one in said_in_all(stack) if one.blocking]
    assert error.rule == "no-privilege-escalation"
    assert "AmazonEC2FullAccess" in error.message
    named = role_policy(document(allow("iam:PassRole", role_arn("task"))), name="own")
    assert _errors(role(trust=_LAMBDA), named, _attached("site", "AmazonEC2ReadOnlyAccess")) == []


def test_a_permission_set_adds_up_like_any_identity():
    arn = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
    kind = "aws:ssoadmin/permissionSet:PermissionSet"
    stack = [
        resource(kind, "deploy", {"name": "deploy", "arn": arn}),
        resource(
            "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
            "inline",
            {"permissionSetArn": LATER, "inlinePolicy": document(allow("iam:PassRole", "*"))},
            references={"permissionSetArn": [f"urn:pulumi:dev::app::{kind}::deploy"]},
        ),
        resource(
            "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
            "managed",
            {"permissionSetArn": LATER, "managedPolicyArn": "arn:aws:iam::aws:policy/AmazonEC2FullAccess"},
            references={"permissionSetArn": [f"urn:pulumi:dev::app::{kind}::deploy"]},
        ),
    ]
    assert "no-privilege-escalation" in _errors(*stack)


@pytest.mark.parametrize(
    "policy",
    [
        "AmazonS3FullAccess",
        "AmazonDynamoDBFullAccess",
        "SecretsManagerReadWrite",
        "AmazonVPCFullAccess",
        "AmazonRDSFullAccess",
        "AmazonRoute53FullAccess",
        "AmazonSQSFullAccess",
        "ReadOnlyAccess",
        "AWSKeyManagementServicePowerUser",
    ],
)
def test_a_policy_of_aws_for_a_whole_service_is_a_warning(policy: str):
    assert [(one.rule, one.level) for one in said_of(_attached("site", policy))] == [("no-admin-attachment", "warning")]


@pytest.mark.parametrize(
    "policy",
    [
        "service-role/AWSLambdaBasicExecutionRole",
        "AmazonSSMManagedInstanceCore",
        "AmazonS3ReadOnlyAccess",
        "SecurityAudit",
    ],
)
def test_a_policy_of_aws_for_one_purpose_is_accepted(policy: str):
    assert said_of(_attached("site", policy)) == []


def test_passing_every_role_is_a_warning_and_passing_one_is_none():
    assert [one.level for one in said_of(role_policy(document(allow("iam:PassRole", "*"))))] == ["warning"]
    assert said_of(role_policy(document(allow("iam:PassRole", role_arn("task"))))) == []


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ("AmazonEKSViewPolicy", None),
        ("AmazonEKSEditPolicy", None),
        ("AmazonEKSAdminPolicy", "warning"),
        ("AmazonEKSClusterAdminPolicy", "error"),
    ],
)
def test_an_access_policy_of_eks_is_taken_by_what_it_grants(policy: str, level: str | None):
    arn = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
    for kind, properties in (
        ("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", {"policyArn": arn}),
        ("aws-native:eks:AccessEntry", {"accessPolicies": [{"policyArn": arn}]}),
    ):
        assert [one.level for one in said_of(resource(kind, "of", properties))] == ([level] if level else [])


# What an identity may rewrite of itself ------------------------------------------------------------------------------


def test_rewriting_ones_own_managed_policy_boundary_or_group_is_an_error():
    arn = f"arn:aws:iam::{ACCOUNT}:policy/perm"
    versions = document(allow(["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"], arn))
    perm = resource("aws:iam/policy:Policy", "perm", {"name": "perm", "path": "/", "policy": versions})
    assert "no-self-change" in _errors(role(trust=_LAMBDA), perm, _attached("site", arn))
    bounded = role(trust=_LAMBDA, permissionsBoundary=arn)
    limit = replace(perm, properties={**perm.properties, "policy": document(allow("s3:GetObject"))})
    assert "no-self-change" in _errors(bounded, limit, role_policy(versions))
    other = role_policy(document(allow("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/other")))
    assert _errors(role(trust=_LAMBDA), perm, other) == []
    group = resource("aws:iam/group:Group", "g", {"name": "g", "path": "/"})
    put = document(allow("iam:PutGroupPolicy", f"arn:aws:iam::{ACCOUNT}:group/g"))
    own = resource("aws:iam/groupPolicy:GroupPolicy", "p", {"group": "g", "policy": put})
    assert "no-self-change" in _errors(group, own)


def test_a_role_for_services_that_run_no_code_gets_warnings_of_paths_and_one_for_code_errors():
    start = document(allow("iam:PassRole", "*"), allow("ecs:RunTask", "*"), allow("ecs:RegisterTaskDefinition", "*"))
    flow, worker = trusting({"Service": "states.amazonaws.com"}), trusting({"Service": "ecs-tasks.amazonaws.com"})
    for trust, errors in ((flow, []), (worker, ["no-privilege-escalation"])):
        assert _errors(role(trust=trust), role_policy(start)) == errors
        assert _errors(role(trust=trust, inlinePolicies=[{"name": "start", "policy": start}])) == errors
        made = role(trust=trust)
        later = resource(
            "aws:iam/rolePolicy:RolePolicy",
            "start",
            {"role": LATER, "name": "start", "policy": start},
            references={"role": [made.urn]},
        )
        other = _named("other", flow)
        assert _errors(other, made, later) == errors


# Chains --------------------------------------------------------------------------------------------------------------


def _chain() -> list[Resource]:
    """User dev may assume role a, which may assume role b."""
    return [
        resource("aws:iam/user:User", "dev", {"name": "dev", "path": "/pipelines/"}),
        user_policy(document(allow("sts:AssumeRole", role_arn("a"))), "dev"),
        _named("a", trusting({"AWS": user_arn("dev")})),
        role_policy(document(allow("sts:AssumeRole", role_arn("b"))), "a", "a-assumes"),
        _named("b", trusting({"AWS": role_arn("a")})),
    ]


def test_a_chain_to_an_administrator_is_one_error_with_every_step():
    chains = [
        one
        for one in said_in_all([*_chain(), _attached("b", "AdministratorAccess")])
        if "chain" in one.finding.evidence
    ]
    (error,) = chains
    assert (error.rule, error.blocking) == ("no-privilege-escalation", True)
    for part in ('user "dev"', 'may assume the role "a"', 'may assume the role "b"', "has AdministratorAccess"):
        assert part in error.message


def test_a_chain_over_a_passed_role_is_one_error_with_every_step():
    """User dev may assume role a, which may pass role b to Lambda; b has made keys of user boss within its reach."""
    boss = resource("aws:iam/user:User", "boss", {"name": "boss", "path": "/pipelines/"})
    everything = resource(
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "boss-admin",
        {"user": "boss", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    )
    passes = document(
        allow("iam:PassRole", role_arn("b")), allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")
    )
    stack = [
        *_chain()[:3],
        role_policy(passes, "a", "passes"),
        _named("b"),
        role_policy(document(allow("iam:CreateAccessKey", user_arn("boss"))), "b", "keys"),
        boss,
    ]
    (error,) = [one for one in said_in_all([*stack, everything]) if "chain" in one.finding.evidence]
    assert (error.rule, error.blocking) == ("no-privilege-escalation", True)
    for part in (
        'user "dev"',
        'the role "a"',
        'iam:PassRole on the role "b"',
        'iam:CreateAccessKey on the user "boss"',
    ):
        assert part in error.message
    assert [one for one in said_in_all(stack) if "chain" in one.finding.evidence] == []
    stack[4] = _named("b", trusting({"Service": "ec2.amazonaws.com"}))
    assert 'user "dev"' not in "".join(
        one.message for one in said_in_all([*stack, everything]) if "chain" in one.finding.evidence
    )


def _protecting(*roles: str) -> Configuration:
    return Configuration(Settings(protected_roles=roles))


def test_a_user_that_comes_to_a_protected_role_is_an_error_with_the_whole_chain():
    chains = [one for one in said_in_all(_chain(), _protecting("b")) if "chain" in one.finding.evidence]
    (error,) = chains
    assert error.blocking
    for part in ('user "dev"', 'may assume the role "a"', 'may assume the role "b"', "is protected"):
        assert part in error.message
    other = said_in_all(_chain(), _protecting("c", role_arn("else")))
    assert [one for one in other if "chain" in one.finding.evidence] == []


def test_a_chain_to_a_role_of_no_consequence_is_none():
    stack = [*_chain(), role_policy(document(allow("s3:GetObject", "arn:aws:s3:::site/*")), "b", "reads")]
    assert _errors(*stack) == []


def test_nothing_is_proven_of_a_user_whose_role_leads_further():
    other = f"arn:aws:iam::{ACCOUNT}:policy/Admin"
    assert proven_of([*_chain(), _attached("b", other)]) == []


def test_a_ring_in_which_one_can_rewrite_another_is_an_error():
    stack = [*_chain(), role_policy(document(allow("iam:PutRolePolicy", role_arn("a"))), "b", "rewrites")]
    assert "no-privilege-escalation" in _errors(*stack)


def test_the_code_of_a_function_whose_role_is_an_administrator_is_as_good_as_its_role():
    function = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:work"
    update = role_policy(document(allow("lambda:UpdateFunctionCode", function)), "a", "updates")
    runs = resource(
        "aws:lambda/function:Function", "work", {"name": "work", "arn": function, "role": role_arn("admin")}
    )
    admin = [_named("admin"), _attached("admin", "AdministratorAccess")]
    chain = [one for one in said_in_all([_named("a"), update, runs, *admin]) if "chain" in one.finding.evidence]
    assert [one.blocking for one in chain] == [True]
    plain = [_named("a"), update, runs, _named("admin")]
    assert [one for one in said_in_all(plain) if "chain" in one.finding.evidence] == []


def test_a_function_that_runs_with_a_role_known_for_its_power_is_an_error():
    arn = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
    run = resource("aws:lambda/function:Function", "f", {"name": "f", "role": arn})
    assert _errors(run) == ["no-privilege-escalation"]
    profile = resource("aws:iam/instanceProfile:InstanceProfile", "p", {"name": "p", "role": arn.rpartition("/")[2]})
    assert _errors(profile) == ["no-privilege-escalation"]
    assert _errors(resource("aws:lambda/function:Function", "f", {"name": "f", "role": role_arn("worker")})) == []


# What withdraws a proof ----------------------------------------------------------------------------------------------


def _open_bucket(**condition: Any) -> Resource:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::site/*"}
    return resource(_BUCKET, "bucket", {"policy": document({**statement, "Condition": condition})})


@pytest.mark.parametrize(
    "added",
    [
        resource(
            "aws:iam/userGroupMembership:UserGroupMembership", "m", {"user": "site", "groups": ["Administrators"]}
        ),
        resource("aws:iam/groupMembership:GroupMembership", "m", {"users": ["site"], "group": "Administrators"}),
        _open_bucket(ArnEquals={"aws:PrincipalArn": user_arn("site")}),
        _open_bucket(StringLike={"aws:PrincipalArn": user_arn("site")}),
        _open_bucket(StringEquals={"aws:username": "site", "aws:PrincipalAccount": ACCOUNT}),
        resource("aws:eks/accessEntry:AccessEntry", "e", {"principalArn": user_arn("site")}),
        resource("aws:lakeformation/dataLakeSettings:DataLakeSettings", "l", {"admins": [user_arn("site")]}),
        resource("aws:iam/sshKey:SshKey", "s", {"username": "site"}),
        resource("aws:iam/serviceSpecificCredential:ServiceSpecificCredential", "s", {"userName": "site"}),
        resource("pulumi-python:dynamic:Resource", "d", {"anything": "*"}),
    ],
    ids=lambda one: f"{one.type}-{one.name}",
)
def test_whatever_may_give_the_user_more_withdraws_the_proof(added: Resource):
    assert len(proven_of(pipeline())) == 1
    assert proven_of([*pipeline(), added]) == []


# What a program cannot do for itself ---------------------------------------------------------------------------------


def test_a_program_that_allows_a_second_account_does_not_trust_it_by_that():
    foreign = "999988887777"
    both = replace(role(trust=trusting({"AWS": f"arn:aws:iam::{foreign}:root"})), accounts=(ACCOUNT, foreign))
    assert "trusted-principals-only" in _errors(both)
    service = replace(role(trust=_LAMBDA), accounts=(ACCOUNT, foreign))
    (warning,) = said_in_all([service])
    assert warning.level == "warning"
    assert f"several accounts ({ACCOUNT}, {foreign})" in warning.message


def test_without_an_account_only_what_names_one_is_rejected():
    nowhere = [
        replace(one, accounts=())
        for one in (
            role(trust=_LAMBDA),
            resource(
                _BUCKET,
                "tls",
                {
                    "policy": document(
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": "*",
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    )
                },
            ),
        )
    ]
    assert said_in_all(nowhere) == []
    named = replace(role(trust=trusting({"AWS": ACCOUNT})), accounts=())
    assert _errors(named) == ["trusted-principals-only"]


def test_the_line_of_a_run_counts_what_was_checked_and_what_is_unknown():
    stack = [*pipeline(), role_policy(LATER, name="later")]
    assert line_of(stack).startswith("iam-guardrails: 6 resources checked; 0 findings excepted; rules off: ")
    assert line_of(stack).endswith("; 1 unknown")
