"""What gives a principal access without a document: others are rejected, the own account is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack.resources import ACCOUNT, LATER, configured, resource, rules_of, said_in_all, said_of

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
