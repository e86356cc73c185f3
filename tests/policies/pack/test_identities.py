from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from iam_guardrails.pack.identities import Identity, Sort, join
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.values import NotReadable

from tests.policies.pack.resources import (
    ACCOUNT,
    OTHER_ACCOUNT,
    resource,
    role,
    role_policy,
    urn_of,
    user,
    user_policy,
)

UNKNOWN = NotReadable.UNKNOWN
ROLE_URN = urn_of("aws:iam/role:Role", "site")
USER_URN = urn_of("aws:iam/user:User", "site")
AWS_MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def managed(text: str = "managed", name: str = "shared", path: str = "/", account: str = ACCOUNT) -> Resource:
    return resource("aws:iam/policy:Policy", name, {"name": name, "path": path, "policy": text}, account=account)


def attached(arn: Any, of: Any = "site", **more: Any) -> Resource:
    return resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "at", {"role": of, "policyArn": arn}, **more)


def the(sort: Sort, *resources: Resource) -> Identity:
    (found,) = [identity for identity in join(resources).identities if identity.sort is sort]
    return found


def texts(identity: Identity) -> list[Any]:
    return sorted(str(held.found.value) for held in identity.all_documents())


def test_inline_documents_and_those_in_resources_of_their_own_come_together():
    site = role(inlinePolicies=[{"name": "a", "policy": "inline"}])
    assert texts(the(Sort.ROLE, site, role_policy("own resource"))) == ["inline", "own resource"]


def test_the_order_of_the_resources_does_not_matter():
    assert texts(the(Sort.ROLE, role_policy("own resource"), role())) == ["own resource"]
    arn = f"arn:aws:iam::{ACCOUNT}:policy/shared"
    assert texts(the(Sort.ROLE, role(managedPolicyArns=[arn]), managed())) == ["managed"]


def test_names_are_joined_without_regard_to_case_as_iam_has_them_unique():
    assert texts(the(Sort.ROLE, role(), role_policy("own resource", "SITE"))) == ["own resource"]


def test_a_name_that_is_not_known_yet_is_joined_by_the_resource_it_comes_from():
    policy = role_policy("own resource", UNKNOWN, references={"role": [ROLE_URN]})
    joined = join([role(), policy])
    assert [texts(identity) for identity in joined.identities] == [["own resource"]]
    assert joined.loose == []


def test_a_name_that_is_not_known_and_comes_from_nowhere_is_loose():
    joined = join([role(), role_policy("own resource", UNKNOWN)])
    assert [(loose.place, loose.why) for loose in joined.loose] == [("role", UNKNOWN)]


def test_an_attached_policy_of_the_stack_is_found_by_its_arn():
    identity = the(
        Sort.ROLE, role(), managed(path="/deploy/"), attached(f"arn:aws:iam::{ACCOUNT}:policy/deploy/shared")
    )
    assert texts(identity) == ["managed"]
    assert identity.attached == []


def test_an_attached_policy_of_the_stack_is_found_by_the_output_it_comes_from():
    policy = managed()
    identity = the(Sort.ROLE, role(), policy, attached(UNKNOWN, references={"policyArn": [policy.urn]}))
    assert texts(identity) == ["managed"]


def test_an_attachment_of_a_policy_that_is_not_known_is_loose():
    assert [loose.place for loose in join([role(), attached(UNKNOWN)]).loose] == ["policyArn"]


@pytest.mark.parametrize("arn", [AWS_MANAGED, f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"])
def test_an_attached_policy_from_elsewhere_is_kept_as_such(arn: str):
    identity = the(Sort.ROLE, role(), managed(), attached(arn))
    assert texts(identity) == []
    assert [held.found.value for held in identity.attached] == [arn]


def test_a_policy_of_the_same_name_in_another_account_is_another_policy():
    identity = the(Sort.ROLE, role(), managed(account=OTHER_ACCOUNT), attached(f"arn:aws:iam::{ACCOUNT}:policy/shared"))
    assert texts(identity) == []
    assert len(identity.attached) == 1


def test_roles_of_one_name_in_two_accounts_are_two_roles():
    here, there = role(), role(account=OTHER_ACCOUNT)
    joined = join([here, there, role_policy("here"), role_policy("there", account=OTHER_ACCOUNT)])
    assert [(identity.resource.accounts, texts(identity)) for identity in joined.identities] == [
        ((ACCOUNT,), ["here"]),
        ((OTHER_ACCOUNT,), ["there"]),
    ]


def test_a_policy_of_a_provider_that_may_deploy_to_more_accounts_is_joined_all_the_same():
    wide = replace(role_policy("own resource"), accounts=(OTHER_ACCOUNT, ACCOUNT))
    assert texts(the(Sort.ROLE, role(), wide)) == ["own resource"]


def test_a_boundary_without_a_document_is_no_boundary():
    empty = resource("aws:iam/policy:Policy", "boundary", {"name": "boundary"})
    assert the(Sort.ROLE, role(permissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary"), empty).boundary is None


def test_an_attachment_and_an_exclusive_list_of_them_give_a_document_once():
    arn = f"arn:aws:iam::{ACCOUNT}:policy/shared"
    exclusive = resource(
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        "all",
        {"roleName": "site", "policyArns": [arn]},
    )
    assert texts(the(Sort.ROLE, role(), managed(), attached(arn), exclusive)) == ["managed"]


def test_a_policy_attachment_reaches_roles_users_and_groups():
    attachment = resource(
        "aws:iam/policyAttachment:PolicyAttachment",
        "everybody",
        {
            "roles": ["site"],
            "users": ["site"],
            "groups": ["devs"],
            "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/shared",
        },
    )
    group = resource("aws:iam/group:Group", "devs", {"name": "devs"})
    identities = join([role(), user(), group, managed(), attachment]).identities
    assert {identity.sort: texts(identity) for identity in identities} == {
        Sort.ROLE: ["managed"],
        Sort.USER: ["managed"],
        Sort.GROUP: ["managed"],
    }


@pytest.mark.parametrize(
    "membership",
    [
        resource("aws:iam/userGroupMembership:UserGroupMembership", "m", {"user": "site", "groups": ["devs"]}),
        resource("aws:iam/groupMembership:GroupMembership", "m", {"users": ["site"], "group": "devs"}),
        resource("aws-native:iam:UserToGroupAddition", "m", {"users": ["site"], "groupName": "devs"}),
    ],
)
def test_a_user_has_the_documents_of_its_groups(membership: Resource):
    group = resource("aws:iam/group:Group", "devs", {"name": "devs"})
    policy = resource("aws:iam/groupPolicy:GroupPolicy", "p", {"group": "devs", "policy": "of the group"})
    assert texts(the(Sort.USER, user(), user_policy("own"), group, policy, membership)) == ["of the group", "own"]


def test_documents_of_a_role_that_stands_outside_the_stack_are_joined_too():
    identity = the(Sort.ROLE, role_policy("one", "existing", "a"), role_policy("two", "existing", "b"))
    assert texts(identity) == ["one", "two"]
    assert not identity.is_here


def test_aws_native_identities_are_joined_by_their_own_names():
    native = resource(
        "aws-native:iam:Role",
        "r",
        {
            "roleName": "site",
            "policies": [{"policyName": "a", "policyDocument": "inline"}],
            "assumeRolePolicyDocument": "t",
        },
    )
    policy = resource("aws-native:iam:ManagedPolicy", "p", {"policyDocument": "managed", "roles": ["site"]})
    identity = the(Sort.ROLE, native, policy)
    assert texts(identity) == ["inline", "managed"]
    assert identity.trust is not None
    assert identity.trust.found.value == "t"


def test_a_user_of_aws_native_may_name_its_groups_itself():
    native = resource("aws-native:iam:User", "u", {"userName": "site", "groups": ["devs"]})
    group = resource(
        "aws-native:iam:Group", "g", {"groupName": "devs", "policies": [{"policyDocument": "of the group"}]}
    )
    assert texts(the(Sort.USER, native, group)) == ["of the group"]


def test_keys_and_passwords_belong_to_their_user():
    key = resource("aws:iam/accessKey:AccessKey", "k", {"user": UNKNOWN}, references={"user": [USER_URN]})
    password = resource("aws:iam/userLoginProfile:UserLoginProfile", "p", {"user": "site"})
    identity = the(Sort.USER, user(), key, password)
    assert (identity.keys, identity.passwords) == ([key], [password])


def test_a_boundary_that_the_stack_makes_is_known_with_its_document():
    limits = managed("limits", "boundary")
    assert (
        the(Sort.ROLE, role(permissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary"), limits).boundary == "limits"
    )
    assert the(Sort.ROLE, role(permissionsBoundary=AWS_MANAGED), limits).boundary is None


def test_an_identitys_arn_is_computed_from_what_is_known():
    assert the(Sort.ROLE, role()).arn() == f"arn:aws:iam::{ACCOUNT}:role/pipelines/site"
    assert the(Sort.ROLE, role(arn="arn:aws-cn:iam::1:role/x")).arn() == "arn:aws-cn:iam::1:role/x"
    assert the(Sort.ROLE, replace(role(), partition="aws-cn")).arn() == f"arn:aws-cn:iam::{ACCOUNT}:role/pipelines/site"
    nowhere = resource("aws:iam/role:Role", "site", {"name": "site"}, account=None)
    assert the(Sort.ROLE, nowhere).arn() == "arn:aws:iam::*:role/site"
