"""What gives a principal access without a document: others are rejected, the own account is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack.resources import (
    ACCOUNT,
    LATER,
    allow,
    configured,
    document,
    resource,
    rules_of,
    said_in_all,
    said_of,
    urn_of,
)

FOREIGN = "999988887777"
_ROLE = f"arn:aws:iam::{FOREIGN}:role/theirs"
_AOSS = [{"Rules": [{"ResourceType": "index", "Resource": ["index/*/*"]}], "Principal": ["{}"]}]


def _at(path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    inside = _at(rest, value) if rest else value
    return {name.removesuffix("[]"): [inside] if name.endswith("[]") else inside}


_ACCOUNTS = [
    ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", "accountId"),
    ("aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission", "accountId"),
    ("aws:redshift/dataShareAuthorization:DataShareAuthorization", "consumerIdentifier"),
    ("aws:ram/principalAssociation:PrincipalAssociation", "principal"),
    ("aws:servicecatalog/portfolioShare:PortfolioShare", "principalId"),
    ("aws:rds/snapshot:Snapshot", "sharedAccounts[]"),
    ("aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy", "sharedAccounts[]"),
    ("aws:globalaccelerator/crossAccountAttachment:CrossAccountAttachment", "principals[]"),
    ("aws:ssm/document:Document", "permissions.accountIds"),
    ("aws-native:servicecatalog:PortfolioShare", "accountId"),
    ("aws-native:ram:ResourceShare", "principals[]"),
]
_ARNS = [
    ("aws:ec2/vpcEndpointService:VpcEndpointService", "allowedPrincipals[]"),
    ("aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple", "principalArn"),
    ("aws:eks/accessEntry:AccessEntry", "principalArn"),
    ("aws:lakeformation/permissions:Permissions", "principal"),
    ("aws:lakeformation/dataLakeSettings:DataLakeSettings", "admins[]"),
    ("aws:licensemanager/licenseGrant:LicenseGrant", "principal"),
    ("aws:s3control/accessGrant:AccessGrant", "grantee.granteeIdentifier"),
    ("aws:servicecatalog/principalPortfolioAssociation:PrincipalPortfolioAssociation", "principalArn"),
    ("aws-native:eks:AccessEntry", "principalArn"),
    ("aws-native:lakeformation:PrincipalPermissions", "principal.dataLakePrincipalIdentifier"),
]


@pytest.mark.parametrize(("kind", "path"), _ACCOUNTS)
def test_a_share_with_another_account_is_rejected_and_one_with_the_own_is_not(kind: str, path: str):
    assert "trusted-principals-only" in rules_of(said_of(resource(kind, "share", _at(path, FOREIGN))))
    assert said_of(resource(kind, "share", _at(path, ACCOUNT))) == []


@pytest.mark.parametrize(("kind", "path"), _ARNS)
def test_a_share_with_a_role_of_another_account_is_rejected_until_the_settings_trust_it(kind: str, path: str):
    shared = resource(kind, "share", _at(path, _ROLE))
    assert "trusted-principals-only" in rules_of(said_of(shared))
    assert said_of(shared, configured(trusted_principals=[_ROLE])) == []
    assert said_of(resource(kind, "share", _at(path, _ROLE.replace(FOREIGN, ACCOUNT)))) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"group": "all"}),
        ("aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple", {"principalArn": "*"}),
        ("aws:rds/snapshot:Snapshot", {"sharedAccounts": ["all"]}),
        ("aws:ssm/document:Document", {"permissions": {"type": "Share", "accountIds": "All"}}),
        ("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}),
        ("aws:s3/bucket:Bucket", {"acl": "public-read-write"}),
        ("aws:s3/bucketObjectv2:BucketObjectv2", {"acl": "public-read"}),
        ("aws:s3/objectCopy:ObjectCopy", {"acl": "authenticated-read"}),
        (
            "aws:s3/bucketAcl:BucketAcl",
            {
                "accessControlPolicy": {
                    "grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}]
                }
            },
        ),
        (
            "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
            {"type": "data", "policy": json.dumps(_AOSS).replace("{}", _ROLE)},
        ),
    ],
)
def test_what_is_shared_with_everybody_or_somebody_else_is_rejected(kind: str, properties: dict[str, Any]):
    assert "trusted-principals-only" in rules_of(said_of(resource(kind, "share", properties)))


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:s3/bucketAcl:BucketAcl", {"acl": "private"}),
        ("aws:rds/snapshot:Snapshot", {"dbInstanceIdentifier": "db"}),
        ("aws:ssm/document:Document", {"documentType": "Command", "content": "{}"}),
        ("aws:lakeformation/permissions:Permissions", {"principal": "IAM_ALLOWED_PRINCIPALS"}),
        (
            "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
            {"type": "data", "policy": json.dumps(_AOSS).replace("{}", f"arn:aws:iam::{ACCOUNT}:role/ours")},
        ),
    ],
)
def test_what_is_shared_with_nobody_else_is_accepted(kind: str, properties: dict[str, Any]):
    assert said_of(resource(kind, "share", properties)) == []


def test_a_share_with_somebody_who_is_not_known_yet_is_unknown():
    shared = resource("aws:ram/principalAssociation:PrincipalAssociation", "share", {"principal": LATER})
    (note,) = said_in_all([shared])
    assert (note.rule, note.level) == ("iam-guardrails", "note")
    assert "share: whom it shares with" in note.message
    assert said_of(shared, configured(on_unknown="block"))[0].blocking


@pytest.mark.parametrize(
    ("kind", "everybody", "somebody"),
    [
        (
            "aws:lakeformation/permissions:Permissions",
            {"principal": "IAM_ALLOWED_PRINCIPALS"},
            {"principal": f"arn:aws:iam::{ACCOUNT}:role/reads"},
        ),
        (
            "aws:lakeformation/dataLakeSettings:DataLakeSettings",
            {"createTableDefaultPermissions": [{"principal": "IAM_ALLOWED_PRINCIPALS", "permissions": ["ALL"]}]},
            {"createTableDefaultPermissions": []},
        ),
        (
            "aws-native:lakeformation:PrincipalPermissions",
            {"principal": {"dataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}},
            {"principal": {"dataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/reads"}},
        ),
        (
            "aws:servicecatalog/principalPortfolioAssociation:PrincipalPortfolioAssociation",
            {"principalArn": "arn:aws:iam:::role/*", "principalType": "IAM_PATTERN"},
            {"principalArn": "arn:aws:iam:::role/launch-*", "principalType": "IAM_PATTERN"},
        ),
        (
            "aws-native:servicecatalog:PortfolioPrincipalAssociation",
            {"principalArn": "arn:aws:iam:::*"},
            {"principalArn": f"arn:aws:iam::{ACCOUNT}:role/launcher"},
        ),
    ],
)
def test_what_everybody_of_the_account_gets_is_a_warning(kind: str, everybody: Any, somebody: Any):
    (said,) = said_in_all([resource(kind, "share", everybody)])
    assert (said.rule, said.level, said.urn) == ("trusted-principals-only", "warning", urn_of(kind, "share"))
    assert said_in_all([resource(kind, "share", somebody)]) == []


@pytest.mark.parametrize(
    "kind", ["aws:index/amiLaunchPermission:AmiLaunchPermission", "aws:index/dbSnapshot:DbSnapshot"]
)
def test_bridged_types_share_under_the_names_of_terraform(kind: str):
    shares = {"accountId": FOREIGN, "sharedAccounts": [FOREIGN]}
    assert "trusted-principals-only" in rules_of(said_of(resource(kind, "share", shares)))
    assert said_of(resource(kind, "share", {"accountId": ACCOUNT, "sharedAccounts": [ACCOUNT]})) == []


def _permission_set(reference: Any, *, boundary: bool = False) -> list[Any]:
    kind, inside = "customerManagedPolicyAttachment:CustomerManagedPolicyAttachment", reference
    if boundary:
        kind, inside = "permissionsBoundaryAttachment:PermissionsBoundaryAttachment", reference
    name = "customerManagedPolicyReference"
    properties = {"permissionsBoundary": {name: inside}} if boundary else {name: inside}
    made = resource("aws:ssoadmin/permissionSet:PermissionSet", "ops", {"name": "ops"})
    attached = {"permissionSetArn": LATER, **properties}
    where = {"permissionSetArn": [made.urn]}
    return [made, resource(f"aws:ssoadmin/{kind}", "attached", attached, references=where)]


@pytest.mark.parametrize("boundary", [False, True])
def test_a_policy_that_each_account_has_of_its_own_is_unknown_by_its_name(boundary: bool):
    said = said_in_all(_permission_set({"name": "ops", "path": "/team/"}, boundary=boundary))
    assert [one.rule for one in said] == ["iam-guardrails"]
    assert "of permission set" in said[0].message
    assert said[0].level == "note"


def test_a_policy_of_the_stack_that_a_permission_set_names_counts_with_its_document():
    policy = {"name": "ops", "path": "/team/", "policy": document(allow(["iam:PassRole", "lambda:*"]))}
    made = resource("aws:iam/policy:Policy", "ops", policy)
    said = said_in_all([made, *_permission_set({"name": "ops", "path": "/team/"})])
    assert "no-privilege-escalation" in rules_of(said)
    assert "a managed policy of permission set" not in " ".join(one.message for one in said)
