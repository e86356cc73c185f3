"""The types of IAM that are plain: see ``described.py`` for how to read them.

Source of what replaces, of defaults and of ids: the documentation of these types of pulumi-aws, and
``internal/service/iam`` of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.described import ID, ITEM, Call, Change, Described, Known, Sources, Tags
from sandbox.provider.errors import unless
from sandbox.provider.schema import Kind, Property, at_most, matching

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_NAME = r"[0-9A-Za-z+=,.@_-]+"
_SPELLED = "letters, digits and + = , . @ _ -"
_ENTITY_NAME = matching(_NAME, _SPELLED, 64)
_POLICY_NAME = matching(_NAME, _SPELLED, 128)
_PATH = matching(r"/|/[\x21-\x7e]{0,510}/", "a path that starts and ends with /", 512)
_ARN = matching(r"arn:aws[a-z-]*:.*", "an ARN")
_TAGS = Property(Kind.MAP, to="Tags")
_BOUNDARY = Property(limit=_ARN, to="PermissionsBoundary", at="PermissionsBoundary.PermissionsBoundaryArn")


def _boundary(kind: str) -> Change:
    """The boundary of a user or a role is put and taken away by calls of their own."""
    named: Sources = {f"{kind.title()}Name": ID}
    return Change(
        ("permissionsBoundary",),
        Call(f"put_{kind}_permissions_boundary", {**named, "PermissionsBoundary": "permissionsBoundary"}),
        without=Call(f"delete_{kind}_permissions_boundary", named),
    )


def _tags(kind: str, parameter: str, *, source: str = ID) -> Tags:
    return Tags(Call(f"tag_{kind}", {parameter: source}), Call(f"untag_{kind}", {parameter: source}))


def _bare_user(aws: Aws, known: Known) -> None:
    """Take the user out of its groups; with ``forceDestroy``, remove all its credentials too."""
    iam, user = aws.client("iam"), known.id
    for group in iam.list_groups_for_user(UserName=user)["Groups"]:
        iam.remove_user_from_group(GroupName=group["GroupName"], UserName=user)
    if not known.now.flag("forceDestroy"):
        return
    for device in iam.list_mfa_devices(UserName=user)["MFADevices"]:
        iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
        if ":mfa/" in device["SerialNumber"]:
            iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    with unless("NoSuchEntity"):
        iam.delete_login_profile(UserName=user)
    for listed, found, deleted, key in (
        ("list_access_keys", "AccessKeyMetadata", "delete_access_key", "AccessKeyId"),
        ("list_ssh_public_keys", "SSHPublicKeys", "delete_ssh_public_key", "SSHPublicKeyId"),
        ("list_signing_certificates", "Certificates", "delete_signing_certificate", "CertificateId"),
        (
            "list_service_specific_credentials",
            "ServiceSpecificCredentials",
            "delete_service_specific_credential",
            "ServiceSpecificCredentialId",
        ),
    ):
        for credential in getattr(iam, listed)(UserName=user)[found]:
            getattr(iam, deleted)(**{"UserName": user, key: credential[key]})


def _bare_role(aws: Aws, known: Known) -> None:
    """Take the role out of instance profiles; with ``forceDetachPolicies``, take all its policies off too."""
    iam, role = aws.client("iam"), known.id
    for profile in iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=role)
    if known.now.flag("forceDetachPolicies"):
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)


def _spare_versions(aws: Aws, arn: str) -> list[str]:
    """The versions of a policy that are not in force, oldest first."""
    versions = aws.client("iam").list_policy_versions(PolicyArn=arn)["Versions"]
    spare = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
    return sorted(spare, key=lambda version: int(version.removeprefix("v")))


def _without_versions(aws: Aws, known: Known) -> None:
    for version in _spare_versions(aws, known.id):
        aws.client("iam").delete_policy_version(PolicyArn=known.id, VersionId=version)


class _Policy(Described):
    """A managed policy. A new document is a new version, of which IAM keeps five."""

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        spare = _spare_versions(aws, resource_id)
        if self._differs("policy", old, new) and len(spare) >= 4:
            aws.client("iam").delete_policy_version(PolicyArn=resource_id, VersionId=spare[0])
        super().update(aws, resource_id, old, new)


USER = Described(
    "aws:iam/user:User",
    service="iam",
    named="name",
    id="{name}",
    follows="name",
    properties={
        "forceDestroy": Property(Kind.FLAG, default=False, kept=True),
        "name": Property(limit=_ENTITY_NAME, to="UserName"),
        "path": Property(default="/", limit=_PATH, to="Path"),
        "permissionsBoundary": _BOUNDARY,
        "tags": _TAGS,
    },
    outputs={"arn": "Arn", "uniqueId": "UserId"},
    create_call=Call("create_user", answer="User"),
    read_calls=(Call("get_user", {"UserName": ID}, answer="User"),),
    changes=(
        Change(("name", "path"), Call("update_user", {"UserName": ID, "NewUserName": "name", "NewPath": "path"})),
        _boundary("user"),
    ),
    tags=_tags("user", "UserName"),
    before_delete=_bare_user,
    delete_calls=(Call("delete_user", {"UserName": ID}),),
)

ROLE = Described(
    "aws:iam/role:Role",
    service="iam",
    named="name",
    id="{name}",
    properties={
        "assumeRolePolicy": Property(Kind.DOCUMENT, required=True, to="AssumeRolePolicyDocument"),
        "description": Property(limit=at_most(1000), to="Description"),
        "forceDetachPolicies": Property(Kind.FLAG, default=False, kept=True),
        "maxSessionDuration": Property(Kind.NUMBER, default=3600, least=3600, most=43200, to="MaxSessionDuration"),
        "name": Property(replaces=True, limit=_ENTITY_NAME, to="RoleName"),
        "path": Property(default="/", replaces=True, limit=_PATH, to="Path"),
        "permissionsBoundary": _BOUNDARY,
        "tags": _TAGS,
    },
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "RoleId"},
    create_call=Call("create_role", answer="Role"),
    read_calls=(Call("get_role", {"RoleName": ID}, answer="Role"),),
    changes=(
        Change(
            ("assumeRolePolicy",),
            Call("update_assume_role_policy", {"RoleName": ID, "PolicyDocument": "assumeRolePolicy"}),
        ),
        Change(
            ("description",),
            Call("update_role_description", {"RoleName": ID, "Description": "description"}, whole=True),
        ),
        Change(
            ("maxSessionDuration",),
            Call("update_role", {"RoleName": ID, "MaxSessionDuration": "maxSessionDuration"}),
        ),
        _boundary("role"),
    ),
    tags=_tags("role", "RoleName"),
    before_delete=_bare_role,
    delete_calls=(Call("delete_role", {"RoleName": ID}),),
)

GROUP = Described(
    "aws:iam/group:Group",
    service="iam",
    named="name",
    id="{name}",
    follows="name",
    properties={
        "name": Property(limit=_POLICY_NAME, to="GroupName"),
        "path": Property(default="/", limit=_PATH, to="Path"),
    },
    outputs={"arn": "Arn", "uniqueId": "GroupId"},
    create_call=Call("create_group"),
    read_calls=(Call("get_group", {"GroupName": ID}, answer="Group"),),
    changes=(
        Change(("name", "path"), Call("update_group", {"GroupName": ID, "NewGroupName": "name", "NewPath": "path"})),
    ),
    delete_calls=(Call("delete_group", {"GroupName": ID}),),
)

POLICY = _Policy(
    "aws:iam/policy:Policy",
    service="iam",
    named="name",
    id="@Arn",
    properties={
        "description": Property(replaces=True, to="Description"),
        "name": Property(replaces=True, limit=_POLICY_NAME, to="PolicyName"),
        "path": Property(default="/", replaces=True, limit=_PATH, to="Path"),
        "policy": Property(Kind.DOCUMENT, required=True, to="PolicyDocument", at="Document"),
        "tags": _TAGS,
    },
    outputs={"arn": "Arn", "attachmentCount": "AttachmentCount", "policyId": "PolicyId"},
    create_call=Call("create_policy", answer="Policy"),
    read_calls=(
        Call("get_policy", {"PolicyArn": ID}, answer="Policy"),
        Call("get_policy_version", {"PolicyArn": ID, "VersionId": "@DefaultVersionId"}, answer="PolicyVersion"),
    ),
    changes=(
        Change(
            ("policy",),
            Call(
                "create_policy_version",
                {"PolicyArn": ID, "PolicyDocument": "policy", "SetAsDefault": lambda _: True},
            ),
        ),
    ),
    tags=_tags("policy", "PolicyArn"),
    before_delete=_without_versions,
    delete_calls=(Call("delete_policy", {"PolicyArn": ID}),),
)

OIDC_PROVIDER = Described(
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    service="iam",
    id="@OpenIDConnectProviderArn",
    properties={
        "clientIdLists": Property(Kind.TEXTS, required=True, to="ClientIDList"),
        "tags": _TAGS,
        "thumbprintLists": Property(Kind.TEXTS, computed=True, to="ThumbprintList"),
        # IAM tells the URL without its scheme.
        "url": Property(
            required=True,
            replaces=True,
            limit=matching(r"https://.*", "a URL that starts with https://"),
            form=lambda url: url.removeprefix("https://"),
            to="Url",
            at=lambda known: "https://" + known.told["Url"].removeprefix("https://"),
        ),
    },
    outputs={"arn": ID},
    create_call=Call("create_open_id_connect_provider"),
    read_calls=(Call("get_open_id_connect_provider", {"OpenIDConnectProviderArn": ID}),),
    changes=(
        Change(
            ("clientIdLists",),
            Call("add_client_id_to_open_id_connect_provider", {"OpenIDConnectProviderArn": ID, "ClientID": ITEM}),
            without=Call(
                "remove_client_id_from_open_id_connect_provider", {"OpenIDConnectProviderArn": ID, "ClientID": ITEM}
            ),
        ),
        Change(
            ("thumbprintLists",),
            Call(
                "update_open_id_connect_provider_thumbprint",
                {"OpenIDConnectProviderArn": ID, "ThumbprintList": "thumbprintLists"},
            ),
        ),
    ),
    tags=_tags("open_id_connect_provider", "OpenIDConnectProviderArn"),
    delete_calls=(Call("delete_open_id_connect_provider", {"OpenIDConnectProviderArn": ID}),),
)


OUTBOUND_FEDERATION = Described(
    "aws:iam/outboundWebIdentityFederation:OutboundWebIdentityFederation",
    service="iam",
    # There is one in an account, and no call takes a name for it.
    id="@IssuerIdentifier",
    properties={},
    outputs={"issuerIdentifier": "@IssuerIdentifier"},
    create_call=Call("enable_outbound_web_identity_federation"),
    read_calls=(Call("get_outbound_web_identity_federation_info", {}),),
    delete_calls=(Call("disable_outbound_web_identity_federation", {}),),
    gone=("FeatureDisabled",),
)


def _inline(kind: str) -> Described:
    """A policy inside an entity. Its id is the entity's name and its own, with a colon between."""
    entity = f"{kind.title()}Name"
    named: Sources = {
        entity: lambda known: known.id.partition(":")[0],
        "PolicyName": lambda known: known.id.partition(":")[2],
    }
    put = Call(f"put_{kind}_policy")
    return Described(
        f"aws:iam/{kind}Policy:{kind.title()}Policy",
        service="iam",
        named="name",
        id=f"{{{kind}}}:{{name}}",
        properties={
            "name": Property(replaces=True, limit=_POLICY_NAME, to="PolicyName"),
            "policy": Property(Kind.DOCUMENT, required=True, to="PolicyDocument"),
            kind: Property(required=True, replaces=True, to=entity),
        },
        create_call=put,
        read_calls=(Call(f"get_{kind}_policy", named),),
        changes=(Change(("policy",), put),),
        delete_calls=(Call(f"delete_{kind}_policy", named),),
    )


ROLE_POLICY_ATTACHMENT = Described(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    id="{role}/{policyArn}",
    properties={
        "policyArn": Property(required=True, replaces=True, to="PolicyArn", at=lambda known: _attached(known)[1]),
        "role": Property(required=True, replaces=True, to="RoleName", at=lambda known: _attached(known)[0]),
    },
    create_call=Call("attach_role_policy"),
    read_calls=(Call("list_attached_role_policies", {"RoleName": lambda known: _attached(known)[0]}),),
    is_gone=lambda known: _attached(known)[1] not in [one["PolicyArn"] for one in known.told["AttachedPolicies"]],
    delete_calls=(
        Call(
            "detach_role_policy",
            {"RoleName": lambda known: _attached(known)[0], "PolicyArn": lambda known: _attached(known)[1]},
        ),
    ),
)


def _attached(known: Known) -> tuple[str, str]:
    """The role and the policy of an attachment. Older versions of the real provider made its id up."""
    role, _, policy = known.id.partition("/")
    return known.now.text("role") or role, known.now.text("policyArn") or policy


TYPES = (
    ROLE_POLICY_ATTACHMENT,
    USER,
    ROLE,
    GROUP,
    POLICY,
    OIDC_PROVIDER,
    OUTBOUND_FEDERATION,
    _inline("user"),
    _inline("role"),
    _inline("group"),
)
