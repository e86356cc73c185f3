"""A role in another account than its user: how that account is reached, or that somebody else makes the role there."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity import _arns as arns
from pipeline_identity._formats import region
from pipeline_identity._provider_package import refuse_before_version_7
from pipeline_identity._reading.arguments import Arguments, flag, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.reading import Reading
from pipeline_identity.trust.accounts import external_id

_PROFILE = re.compile(r"[^\[\]\x00-\x1f\x7f\u200b-\u206f]{1,128}")


class RoleAccount(TypedDict):
    """The account of the role, when it is not the user's: how it is reached, or that the role is handed over."""

    account_id: Input[str]
    """The account's 12 digits, in quotes. A deployment into any other account stops."""

    region: NotRequired[str]
    """The region to work from, such as `eu-west-1`. Required unless the role is handed over."""

    profile: NotRequired[str]
    """The profile of the AWS configuration file with which the account is reached. The usual credentials by default."""

    assume_role_arn: NotRequired[Input[str]]
    """The ARN of a role to assume, with which the account is reached. None by default."""

    assume_role_external_id: NotRequired[Input[str]]
    """The external id with which that role is assumed. None by default."""

    external_ids: NotRequired[Input[Sequence[Input[str]]]]
    """External ids of which the pipeline's user must give one. None by default."""

    permissions_boundary: NotRequired[Input[str]]
    """The ARN of a managed policy of that account that limits what the role could ever do. None by default."""

    hand_over: NotRequired[bool]
    """
    Whether the role is not made here, but by an administrator of that account, from the outputs with
    the document and the commands. False by default.
    """


@dataclass(frozen=True)
class RoleAccountSettings:
    """The account of the role, checked."""

    account: arns.Account
    region: str
    profile: str | None
    assume_role_arn: str | None
    assume_role_external_id: str | None
    external_ids: tuple[str, ...]
    permissions_boundary: str | None
    hand_over: bool


def declare_provider(name: str, read: Reading[RoleAccountSettings], parent: pulumi.Resource) -> pulumi.ProviderResource:
    """Declares the provider that works in the role's account and no other."""
    import pulumi_aws as aws

    settings = read.settings
    assumed: dict[str, Any] = {}
    if settings.assume_role_arn:
        role = aws.ProviderAssumeRoleArgs(
            role_arn=read.input(lambda account: account.assume_role_arn),
            external_id=read.input(lambda account: account.assume_role_external_id),
        )
        assumed["assume_roles"] = [role]
    return aws.Provider(
        name,
        region=settings.region,
        profile=settings.profile,
        allowed_account_ids=[read.input(lambda account: account.account.account_id)],
        opts=pulumi.ResourceOptions(parent=parent),
        **assumed,
    )


def read_role_account(arguments: Arguments, user_account: arns.Account) -> RoleAccountSettings:
    """Reads `RoleAccount`."""
    other = arguments.required("account_id", late(arns.account_id), meaning="the account's 12 digits in quotes")
    settings = RoleAccountSettings(
        account=arns.Account(user_account.partition, other),
        region=arguments.optional("region", region, ""),
        profile=arguments.optional("profile", _profile, None),
        assume_role_arn=arguments.optional("assume_role_arn", late(arns.role_arn), None),
        assume_role_external_id=arguments.optional("assume_role_external_id", late(external_id), None),
        external_ids=arguments.texts("external_ids", late(external_id)),
        permissions_boundary=arguments.optional("permissions_boundary", late(arns.policy_arn), None),
        hand_over=arguments.optional("hand_over", flag, default=False),
    )
    arguments.no_others()
    if other and other == user_account.account_id:
        arguments.refuse(("account_id",), other, "is the user's own account", "leave role_account out")
    if not settings.region and not settings.hand_over:
        arguments.refuse(("region",), None, "is missing", "set it to the region to work from, or set hand_over to true")
    if settings.assume_role_arn:
        refuse_before_version_7(arguments, "assume_role_arn", "a provider that assumes roles one after another")
    if settings.assume_role_external_id and not settings.assume_role_arn:
        arguments.refuse(("assume_role_external_id",), None, "says nothing without assume_role_arn", "set both")
    return settings


def _profile(value: object) -> str:
    name = text(value)
    if not _PROFILE.fullmatch(name) or name != name.strip():
        raise Refusal("is not the name of a profile", "write it as it stands in the configuration file, without [ ]")
    return name
