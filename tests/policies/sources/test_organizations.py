"""Accounts, units and limits of an organization: own layout, answers of the AWS CLI, folders of iam-collect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from iam_guardrails.model import AccountModel, DocumentKind, IdentityKind, join
from iam_guardrails.sources import Content, read

MANAGEMENT, SHOP, LAB = "111122223333", "444455556666", "777788889999"
ROOT, WORK, INNER = "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}


def organization(**more: Any) -> dict[str, Any]:
    return {
        "organization": {"id": "o-abcdefghij", "management_account": MANAGEMENT},
        "units": [{"id": ROOT}, {"id": WORK, "parent": ROOT}, {"id": INNER, "parent": WORK}],
        "accounts": [{"id": MANAGEMENT, "parent": ROOT}, {"id": SHOP, "name": "shop", "parent": INNER}, {"id": LAB}],
        "policies": [
            {"id": "p-12345678", "type": "SERVICE_CONTROL_POLICY", "targets": [WORK], "document": DENY},
        ],
        **more,
    }


def model(files: Mapping[str, object]) -> AccountModel:
    sources = [one for name, value in files.items() for one in read(json.dumps(value), name)]
    assert [one.trouble for one in sources if one.trouble] == []
    return join([part for one in sources for part in one.parts[0]])


def limits_on(found: AccountModel, account: str) -> list[str]:
    return [one.location.logical_id for one in found.limits_on(account)]


def test_an_organization_has_accounts_below_their_units() -> None:
    found = model({"organization.json": organization()})
    shop = next(one for one in found.accounts if one.id == SHOP)
    assert (shop.name, shop.organization, shop.parents, shop.management) == (
        "shop", "o-abcdefghij", (INNER, WORK, ROOT), False,
    )  # fmt: skip
    assert [one.id for one in found.accounts if one.management] == [MANAGEMENT]


def test_a_limit_is_on_the_accounts_below_its_targets_alone() -> None:
    found = model({"organization.json": organization()})
    assert limits_on(found, SHOP) == ["p-12345678"]
    assert limits_on(found, MANAGEMENT) == []
    assert limits_on(found, LAB) == []


def test_a_limit_without_targets_may_be_anywhere_and_one_with_none_is_nowhere() -> None:
    policy = {"id": "p-12345678", "type": "RESOURCE_CONTROL_POLICY", "document": json.dumps(DENY)}
    anywhere = model({"organization.json": organization(policies=[policy])})
    assert [one.document.kind for one in anywhere.limits_on(LAB)] == [DocumentKind.RCP]
    nowhere = model({"organization.json": organization(policies=[{**policy, "targets": []}])})
    assert nowhere.limits_on(LAB) == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"accounts": [{"id": "12"}]}, "/accounts/0/id: an id such as 111122223333 is needed, not '12'"),
        ({"accounts": ["111122223333"]}, "/accounts/0: an object is needed"),
        ({"accounts": {}}, "/accounts: a list of objects is needed"),
        ({"units": [{"id": "ou-1"}]}, "/units/0/id: an id such as r-ab12"),
        ({"policies": [{"id": "x"}]}, "/policies/0/id: an id such as p-12345678"),
        ({"policies": [{"id": "p-12345678", "type": "TAG_POLICY"}]}, "/policies/0/type: one of SERVICE_CONTROL_POLICY"),
        ({"policies": [{"id": "p-12345678", "type": "SERVICE_CONTROL_POLICY"}]}, "/policies/0/document: a policy"),
        (
            {"policies": [{"id": "p-12345678", "type": "SERVICE_CONTROL_POLICY", "document": DENY, "targets": ["x"]}]},
            "/policies/0/targets/0: the id of an account",
        ),
    ],
)
def test_a_mistake_in_an_organization_is_named_with_its_place(more: dict[str, Any], said: str) -> None:
    (source,) = read(json.dumps(organization(**more)), "organization.json")
    assert said in source.trouble


# --- answers of the AWS CLI -------------------------------------------------------------------------------------------


def account_answer(account: str, **more: Any) -> dict[str, Any]:
    return {"Id": account, "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-abcdefghij/{account}", **more}


def described(policy: str, document: object = DENY, kind: str = "SERVICE_CONTROL_POLICY") -> dict[str, Any]:
    summary = {"Id": policy, "Arn": f"arn:aws:organizations::1:policy/o-1/x/{policy}", "Name": "no", "Type": kind}
    return {"Policy": {"PolicySummary": summary, "Content": json.dumps(document)}}


def test_answers_of_the_cli_become_the_same_organization() -> None:
    found = model(
        {
            "list-accounts.json": {"Accounts": [account_answer(MANAGEMENT), account_answer(SHOP, Name="shop")]},
            f"list-parents-{SHOP}.json": {"Parents": [{"Id": WORK, "Type": "ORGANIZATIONAL_UNIT"}]},
            f"{ROOT}/list-children.json": {"Children": [{"Id": WORK, "Type": "ORGANIZATIONAL_UNIT"}]},
            "describe-policy.json": described("p-12345678"),
            "list-targets-for-policy-p-12345678.json": {"Targets": [{"TargetId": ROOT, "Type": "ROOT"}]},
            "list-roots.json": {"Roots": [{"Id": ROOT, "Arn": "arn"}]},
        }
    )
    shop = next(one for one in found.accounts if one.id == SHOP)
    assert (shop.name, shop.organization, shop.parents) == ("shop", "o-abcdefghij", (WORK, ROOT))
    assert [one.id for one in found.accounts if one.management] == [MANAGEMENT]
    assert len(found.limits_on(SHOP)) == 1
    assert found.limits_on(LAB) == ()


def test_the_paths_of_an_account_say_what_stands_above_it() -> None:
    path = f"o-abcdefghij/{ROOT}/{WORK}/{SHOP}/"
    found = model({"list-accounts.json": {"Accounts": [account_answer(SHOP, Paths=[path])]}})
    assert found.accounts[0].parents == (WORK, ROOT)


def test_the_policies_of_a_target_are_attached_to_it() -> None:
    listed = {
        "Policies": [
            {"Id": "p-12345678", "Type": "SERVICE_CONTROL_POLICY"},
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"},
        ]
    }
    found = model({"d.json": described("p-12345678"), f"list-policies-for-target-{SHOP}.json": listed})
    assert sorted(one.targets for one in found.limits) == [(SHOP,), (SHOP,)]


def test_a_policy_without_targets_limits_nobody_if_the_answer_says_so() -> None:
    files: dict[str, object] = {
        "d.json": described("p-12345678"),
        "p-12345678/list-targets-for-policy.json": {"Targets": []},
    }
    assert model(files).limits_on(SHOP) == ()
    assert len(model({"d.json": described("p-12345678")}).limits_on(SHOP)) == 1


def test_an_answer_that_nobody_can_place_is_unknown_and_not_dropped() -> None:
    found = model({"targets.json": {"Targets": [{"TargetId": ROOT, "Type": "ROOT"}]}})
    assert [one.what for one in found.remarks] == ["the policy that these are the targets of"]


# --- folders of iam-collect -------------------------------------------------------------------------------------------

ACCOUNT = f"dumps/aws/aws/accounts/{SHOP}"
ARN = f"arn:aws:iam::{SHOP}"
FULL = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
DENYING = f"arn:aws:organizations::{MANAGEMENT}:policy/o-1/service_control_policy/p-Abcdefgh"
OURS = "dumps/aws/aws/organizations/o-abcdefghij"
COLLECTED: Mapping[str, object] = {
    f"{ACCOUNT}/organization.json": {"organizationId": "o-abcdefghij"},
    f"{ACCOUNT}/iam/role/ops%2fdeploy/inline-policies.json": [{"PolicyName": "inline", "PolicyDocument": DENY}],
    f"{ACCOUNT}/iam/role/ops%2fdeploy/managed-policies.json": [f"{ARN}:policy/Build"],
    f"{ACCOUNT}/iam/role/ops%2fdeploy/trust-policy.json": {"Version": "2012-10-17", "Statement": []},
    f"{ACCOUNT}/iam/role/ops%2fdeploy/metadata.json": {
        "arn": f"{ARN}:role/ops/Deploy", "name": "Deploy", "path": "/ops/", "id": "AROA1",
        "permissionBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    },
    f"{ACCOUNT}/iam/user/dev/groups.json": [f"{ARN}:group/Admins"],
    f"{ACCOUNT}/iam/user/dev/metadata.json": {"arn": f"{ARN}:user/Dev", "name": "Dev", "path": "/"},
    f"{ACCOUNT}/iam/group/admins/managed-policies.json": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    f"{ACCOUNT}/iam/group/admins/metadata.json": {"arn": f"{ARN}:group/Admins", "name": "Admins", "path": "/"},
    f"{ACCOUNT}/iam/policy/build/current-policy.json": DENY,
    f"{ACCOUNT}/iam/policy/build/metadata.json": {"arn": f"{ARN}:policy/Build", "name": "Build", "path": "/"},
    f"{ACCOUNT}/lambda/eu-west-1/function/orders/metadata.json": {
        "arn": f"arn:aws:lambda:eu-west-1:{SHOP}:function:Orders", "role": f"{ARN}:role/ops/Deploy",
    },
    f"{ACCOUNT}/s3/builds/policy.json": {"Version": "2012-10-17", "Statement": []},
    f"{OURS}/metadata.json": {"id": "o-abcdefghij", "rootAccountId": MANAGEMENT},
    f"{OURS}/accounts.json": {SHOP: {"ou": WORK, "scps": [FULL]}},
    f"{OURS}/ous.json": {WORK: {"parent": ROOT, "scps": [DENYING]}},
    f"{OURS}/scps/p-abcdefgh/policy.json": DENY,
}  # fmt: skip


@pytest.mark.parametrize("order", [list(COLLECTED), list(reversed(COLLECTED))], ids=["as found", "the other way"])
def test_a_folder_of_iam_collect_is_an_account_in_any_order_of_its_files(order: list[str]) -> None:
    found = model({name: COLLECTED[name] for name in order})
    deploy = found.at(f"arn:aws:iam::{SHOP}:role/ops/Deploy")
    assert deploy is not None
    assert (deploy.declared, deploy.unique_id, len(deploy.inline)) == (True, "AROA1", 1)
    assert deploy.trust is not None
    assert deploy.boundary is not None
    assert deploy.boundary.document is not None
    assert [one.document is not None for one in deploy.attached] == [True]
    dev = found.at(f"arn:aws:iam::{SHOP}:user/Dev")
    assert dev is not None
    assert [group.attached[0].arn for group in dev.groups] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert len(list(found.of(IdentityKind.GROUP, declared=False))) == 1
    assert [one.role for one in found.runners] == [deploy]
    assert [one.arn for one in found.resource_policies] == ["arn:aws:s3:::builds"]


def test_a_folder_of_iam_collect_has_an_organization() -> None:
    found = model(COLLECTED)
    (shop,) = [one for one in found.accounts if one.id == SHOP]
    assert (shop.organization, shop.parents) == ("o-abcdefghij", (WORK, ROOT))
    assert {one.targets for one in found.limits_on(SHOP)} == {(SHOP,), (WORK,)}
    assert found.limits_on(LAB) == ()


def test_a_file_of_the_same_name_elsewhere_is_read_as_before() -> None:
    (source,) = read(json.dumps(DENY), "aws/policy.json")
    assert (source.content, source.format) == (Content.POLICY, "policy document")
