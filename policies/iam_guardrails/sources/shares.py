"""Resources that give a principal access without a policy document: each is read as the statement that it amounts to.

A share of a snapshot, an image, a data set or a cluster names accounts, ARNs or everybody. Sources: the resource
reference of the Terraform AWS provider and the AWS CloudFormation template reference, for each type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.sources.values import items, member, text

Properties: TypeAlias = Mapping[str, object]
_Reader: TypeAlias = Callable[[Properties], Iterator[object]]

EVERYBODY = "*"
SHARED_WITH = "whom it shares with"
"""What the principals of a share are called, where a document would have its property."""


@dataclass(frozen=True)
class Share:
    """What a resource of a type shares.

    Attributes:
        action: the permission it amounts to.
        principals: reads whom it shares with: account ids, ARNs of principals, organizations or units, or "*".
    """

    action: str
    principals: _Reader


def _at(*names: str) -> _Reader:
    """Whom the properties at some dotted paths name."""

    def read(properties: Properties) -> Iterator[object]:
        for name in names:
            yield from _inside(properties, name.split("."))

    return read


def _inside(value: object, path: list[str]) -> Iterator[object]:
    for one in items(value):
        if not path:
            yield one
        else:
            yield from _inside(member(one, path[0]), path[1:])


def _group(properties: Properties) -> Iterator[object]:
    """The launch permission of an image: an account, an organization, a unit, or the group of all accounts."""
    yield from _at("accountId", "organizationArn", "organizationalUnitArn")(properties)
    if member(properties, "group"):
        yield EVERYBODY


def _all_or_ids(name: str, path: str) -> _Reader:
    """Accounts in one text, separated by commas, of which "all" means everybody."""

    def read(properties: Properties) -> Iterator[object]:
        for value in _at(path)(properties):
            for one in str(value).split(",") if isinstance(value, str) and not has_unknown(value) else [value]:
                yield EVERYBODY if isinstance(one, str) and one.strip().lower() == name else one

    return read


_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "aws-exec-read")
_PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _acl(properties: Properties) -> Iterator[object]:
    """Whom an ACL of S3 names: a canned ACL for everybody, a group of everybody, or the owner of another account."""
    canned = member(properties, "acl") or member(properties, "accessControl")
    if isinstance(canned, str) and canned.lower().replace("publicread", "public-read") in _PUBLIC_ACLS:
        yield EVERYBODY
    policy = member(properties, "accessControlPolicy")
    owner = member(member(policy, "owner"), "id")
    for grant in [*items(member(policy, "grants")), *items(member(properties, "grants"))]:
        grantee = member(grant, "grantee") or grant
        uri = member(grantee, "uri")
        if isinstance(uri, str) and uri.endswith(_PUBLIC_GROUPS):
            yield EVERYBODY
        canonical = member(grantee, "id")
        if isinstance(canonical, str) and canonical and canonical != owner and not has_unknown(canonical):
            yield canonical


def _access_policy(properties: Properties) -> Iterator[object]:
    """The principals of a data access policy of OpenSearch Serverless."""
    policy = member(properties, "policy")
    if isinstance(policy, str) and not has_unknown(policy):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return
    for rule in items(policy):
        for one in items(member(rule, "principal")):
            # saml/<account>/... and iamidentitycenter/... are users of providers, whom the account's owner chooses.
            if isinstance(one, str) and not one.startswith(("saml/", "iamidentitycenter/")):
                yield one


def _lake(path: str) -> _Reader:
    """Principals of Lake Formation; its groups of the own account are no principals of others."""

    def read(properties: Properties) -> Iterator[object]:
        for one in _at(path)(properties):
            if isinstance(one, str) and (one == "IAM_ALLOWED_PRINCIPALS" or ":quicksight:" in one):
                continue
            yield one.partition(":")[0] if isinstance(one, str) and one.endswith(":IAMPrincipals") else one

    return read


def _of_iam(properties: Properties) -> Iterator[object]:
    """The grantee of an S3 access grant, where it is a principal of IAM."""
    for grantee in items(member(properties, "grantee")):
        if text(member(grantee, "granteeType")).upper() in ("IAM", ""):
            yield member(grantee, "granteeIdentifier")


_TERRAFORM: Mapping[str, Share] = {
    "directoryservicesshareddirectory": Share("ds:ShareDirectory", _at("target.id")),
    "directoryserviceshareddirectory": Share("ds:ShareDirectory", _at("target.id")),
    "ec2amilaunchpermission": Share("ec2:RunInstances", _group),
    "ec2snapshotcreatevolumepermission": Share("ec2:CreateVolume", _at("accountId")),
    "ec2vpcendpointservice": Share("ec2:CreateVpcEndpoint", _at("allowedPrincipals")),
    "ec2vpcendpointserviceallowedprinciple": Share("ec2:CreateVpcEndpoint", _at("principalArn")),
    "eksaccessentry": Share("eks:AccessKubernetesApi", _at("principalArn")),
    "globalacceleratorcrossaccountattachment": Share("globalaccelerator:AddEndpoints", _at("principals")),
    "imagebuilderdistributionconfiguration": Share(
        "ec2:RunInstances",
        _at(
            "distributions.amiDistributionConfiguration.launchPermission.userIds",
            "distributions.amiDistributionConfiguration.launchPermission.organizationArns",
        ),
    ),
    "lakeformationdatalakesettings": Share("lakeformation:PutDataLakeSettings", _lake("admins")),
    "lakeformationpermissions": Share("lakeformation:GetDataAccess", _lake("principal")),
    "licensemanagerlicensegrant": Share("license-manager:CheckoutLicense", _at("principal")),
    "ramprincipalassociation": Share("ram:AcceptResourceShareInvitation", _at("principal")),
    "rdsclustersnapshot": Share("rds:RestoreDBClusterFromSnapshot", _all_or_ids("all", "sharedAccounts")),
    "rdsclustersnapshotcopy": Share("rds:RestoreDBClusterFromSnapshot", _all_or_ids("all", "sharedAccounts")),
    "rdssnapshot": Share("rds:RestoreDBInstanceFromDBSnapshot", _all_or_ids("all", "sharedAccounts")),
    "rdssnapshotcopy": Share("rds:RestoreDBInstanceFromDBSnapshot", _all_or_ids("all", "sharedAccounts")),
    "redshiftdatashareauthorization": Share("redshift:AssociateDataShareConsumer", _at("consumerIdentifier")),
    "redshiftendpointauthorization": Share("redshift:CreateEndpointAccess", _at("account")),
    "s3bucketacl": Share("s3:GetObject", _acl),
    "s3bucketaclv2": Share("s3:GetObject", _acl),
    "s3bucket": Share("s3:GetObject", _acl),
    "s3bucketv2": Share("s3:GetObject", _acl),
    "s3bucketobject": Share("s3:GetObject", _acl),
    "s3bucketobjectv2": Share("s3:GetObject", _acl),
    "s3object": Share("s3:GetObject", _acl),
    "s3objectcopy": Share("s3:GetObject", _acl),
    "s3controlaccessgrant": Share("s3:GetDataAccess", _of_iam),
    "servicecatalogportfolioshare": Share("servicecatalog:AcceptPortfolioShare", _at("principalId")),
    "servicecatalogprincipalportfolioassociation": Share("servicecatalog:ProvisionProduct", _at("principalArn")),
    "ssmdocument": Share("ssm:GetDocument", _all_or_ids("all", "permissions.accountIds")),
    "opensearchserverlessaccesspolicy": Share("aoss:APIAccessAll", _access_policy),
}
_ALSO_CALLED = {
    "amilaunchpermission": "ec2amilaunchpermission",
    "dbclustersnapshot": "rdsclustersnapshot",
    "dbsnapshot": "rdssnapshot",
    "dbsnapshotcopy": "rdssnapshotcopy",
    "snapshotcreatevolumepermission": "ec2snapshotcreatevolumepermission",
    "vpcendpointservice": "ec2vpcendpointservice",
    "vpcendpointserviceallowedprincipal": "ec2vpcendpointserviceallowedprinciple",
}
"""Types of Terraform's provider, as it calls them, to the names that Pulumi has for them."""
_CLOUDFORMATION: Mapping[str, Share] = {
    "ec2vpcendpointservicepermissions": Share("ec2:CreateVpcEndpoint", _at("allowedPrincipals")),
    "eksaccessentry": Share("eks:AccessKubernetesApi", _at("principalArn")),
    "globalacceleratorcrossaccountattachment": Share("globalaccelerator:AddEndpoints", _at("principals")),
    "lakeformationdatalakesettings": Share(
        "lakeformation:PutDataLakeSettings", _lake("admins.dataLakePrincipalIdentifier")
    ),
    "lakeformationprincipalpermissions": Share(
        "lakeformation:GetDataAccess", _lake("principal.dataLakePrincipalIdentifier")
    ),
    "licensemanagergrant": Share("license-manager:CheckoutLicense", _at("principals")),
    "opensearchserverlessaccesspolicy": Share("aoss:APIAccessAll", _access_policy),
    "ramresourceshare": Share("ram:AcceptResourceShareInvitation", _at("principals")),
    "redshiftendpointauthorization": Share("redshift:CreateEndpointAccess", _at("account")),
    "s3accessgrant": Share("s3:GetDataAccess", _of_iam),
    "s3bucket": Share("s3:GetObject", _acl),
    "servicecatalogportfolioprincipalassociation": Share("servicecatalog:ProvisionProduct", _at("principalARN")),
    "servicecatalogportfolioshare": Share("servicecatalog:AcceptPortfolioShare", _at("accountId")),
}
SHARES: Mapping[str, Mapping[str, Share]] = {
    "terraform": {**_TERRAFORM, **{name: _TERRAFORM[other] for name, other in _ALSO_CALLED.items()}},
    "cloudformation": _CLOUDFORMATION,
}
"""Family of names -> squashed type -> what a resource of the type shares."""


def shared(family: str, kind: str, properties: Properties) -> tuple[object | None, bool]:
    """The statement that a resource amounts to, and whether a principal of it is unknown.

    Args:
        family: "terraform" or "cloudformation".
        kind: the squashed type.
        properties: the properties of the resource.

    Returns:
        A resource policy, or None where nothing is shared with anybody who is known; and whether somebody is unknown.
    """
    share = SHARES[family].get(kind)
    if share is None:
        return None, False
    named = [one for one in share.principals(properties) if one is not None and one != ""]
    unknown = any(not isinstance(one, (str, float, int)) or has_unknown(one) for one in named)
    known = [_account(one) for one in named if isinstance(one, (str, float, int)) and not has_unknown(one)]
    statements = list(_statements(share.action, known))
    return ({"Version": "2012-10-17", "Statement": statements} if statements else None), unknown


_OPEN_LAKE = "IAM_ALLOWED_PRINCIPALS"
_LAKES = {
    "lakeformationpermissions": ("principal",),
    "lakeformationprincipalpermissions": ("principal.dataLakePrincipalIdentifier",),
    "lakeformationdatalakesettings": (
        "createDatabaseDefaultPermissions.principal",
        "createTableDefaultPermissions.principal",
        "createDatabaseDefaultPermissions.principal.dataLakePrincipalIdentifier",
        "createTableDefaultPermissions.principal.dataLakePrincipalIdentifier",
    ),
}
_PORTFOLIOS = ("servicecatalogprincipalportfolioassociation", "servicecatalogportfolioprincipalassociation")
_EVERY_NAME = re.compile(r"arn:aws[a-z-]*:iam::\d*:(?:(role|user|group)/)?[*?]*\*[*?]*(?:/[*?]*)*", re.IGNORECASE)


def given_to_everybody(family: str, kind: str, properties: Properties) -> tuple[str, str] | None:
    """What a resource gives to every principal of its own account, and how to give it to somebody named; else None.

    Sources: AWS Lake Formation developer guide, "Changing the default settings for your data lake"
    (`IAMAllowedPrincipals`); AWS Service Catalog API reference, `AssociatePrincipalWithPortfolio` (`IAM_PATTERN`).

    Args:
        family: "terraform" or "cloudformation".
        kind: the squashed type.
        properties: the properties of the resource.
    """
    if any(one == _OPEN_LAKE for one in _at(*_LAKES.get(kind, ()))(properties)):
        what = f"{_OPEN_LAKE} is everybody to whom a policy of IAM allows the data: Lake Formation holds nobody back"
        return what, "grant the permissions to the principals that need them"
    share = SHARES[family].get(kind)
    if kind not in _PORTFOLIOS or share is None:
        return None
    wide = next((str(one) for one in share.principals(properties) if _EVERY_NAME.fullmatch(str(one))), "")
    if not wide:
        return None
    what = f'"{wide}" is every identity of the account that it names: all of them may launch the products'
    return what, "name the roles that launch them, or a pattern with the beginning of their names"


def principals_named(family: str, kind: str, properties: Properties) -> list[str]:
    """The texts that a resource of such a type shares with."""
    share = SHARES[family].get(kind)
    return [one for one in share.principals(properties) if isinstance(one, str)] if share else []


def _account(principal: object) -> str:
    """A principal as text; an account id that was written as a number has lost its leading zeros."""
    return str(int(principal)).zfill(12) if isinstance(principal, (float, int)) else str(principal).strip()


def _statements(action: str, principals: Iterable[str]) -> Iterator[dict[str, object]]:
    plain = [one for one in principals if not _organization(one) and not one.startswith("arn:aws:iam:::")]
    if EVERYBODY in plain:
        yield _allow(action, EVERYBODY)
    if others := [_as_principal(one) for one in plain if one != EVERYBODY]:
        yield from (_allow(action, one) for one in others)
    for organization in filter(None, map(_organization, principals)):
        yield _allow(action, EVERYBODY) | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}}


def _allow(action: str, principal: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}


def _as_principal(text_: str) -> dict[str, str]:
    if text_.endswith(".amazonaws.com"):
        return {"Service": text_}
    canonical = len(text_) == 64 and not text_.startswith("arn:")
    return {"CanonicalUser" if canonical else "AWS": text_}


def _organization(principal: str) -> str:
    """The id of the organization that an ARN of AWS Organizations names, or ""."""
    if ":organizations:" not in principal:
        return ""
    return next((one for one in principal.split("/") if one.startswith("o-")), "")
