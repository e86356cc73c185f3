"""Arguments that several components have."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Mapping, Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity.permissions.args import LargePoliciesInput, Statement
from pipeline_identity.permissions.starter_sets import StarterSets


class AccountArgs(TypedDict):
    """Where something is made."""

    account_id: NotRequired[Input[str]]
    """
    The AWS account in which everything is made: 12 digits, in quotes. By default the account of the provider's
    credentials, which is asked for.
    """

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    tags: NotRequired[Input[Mapping[str, Input[str]]]]
    """
    Tags of everything that is made and can have them: at most 50. None by default. IAM gives users no description: a
    tag says what a user is for.
    """


class EntityArgs(AccountArgs):
    """What users and roles have in common."""

    path: NotRequired[str]
    """The IAM path of everything that is made, such as `/pipelines/`. `/` by default."""

    permissions_boundary: NotRequired[Input[str]]
    """The ARN of a managed policy that limits what the user or role could ever do. None by default."""

    exclusive_policies: NotRequired[bool]
    """
    Whether policies that somebody else gives the user or role are taken away by the next deployment. False by default.
    """

    force_destroy: NotRequired[bool]
    """
    Whether keys, passwords, second factors and policies that somebody else gave the user or role go with them when they
    are deleted. False by default: AWS then does not delete them.
    """


class PermissionsArgs(TypedDict):
    """What a role may do."""

    role_description: NotRequired[str]
    """
    What the role is for, in at most 1,000 characters. By default the description that the role has in AWS stays, and a
    new role has none.
    """

    permissions: NotRequired[Sequence[Statement]]
    """
    What the role may do, as statements. Something must say what the role may do: permissions, starter sets, policy
    documents or managed policies.
    """

    starter_sets: NotRequired[StarterSets]
    """What the role may do, for usual deployments. None by default."""

    policy_documents: NotRequired[Mapping[str, Input[str]]]
    """
    What the role may do, as policy documents in JSON. The keys become the names of inline policies. None by default.
    """

    managed_policies: NotRequired[Mapping[str, Input[str]]]
    """ARNs of existing managed policies that the role gets, under keys that you choose. None by default."""

    large_policies: NotRequired[LargePoliciesInput]
    """What happens to permissions above the 10,240 characters that AWS takes inline. `refuse` by default."""

    managed_policy_quota: NotRequired[int]
    """
    How many managed policies the account takes for one role: 10 (the default), or up to 25 where AWS has raised the
    quota.
    """

    max_session_duration: NotRequired[int]
    """The longest session that may be asked for, in seconds: 3,600 (the default) to 43,200."""


class NetworkArgs(TypedDict):
    """Where calls come from."""

    source_ips: NotRequired[Input[Sequence[Input[str]]]]
    """
    Public addresses or networks (CIDR) from which calls come, such as `203.0.113.0/24`. Anywhere by default.
    """

    vpc_endpoints: NotRequired[Input[Sequence[Input[str]]]]
    """VPC endpoints through which calls may come as well, such as `vpce-0123456789abcdef0`. None by default."""


class OwnedNetworkArgs(NetworkArgs):
    """Where calls come from, also by the owners of VPC endpoints and by VPCs."""

    vpc_endpoint_accounts: NotRequired[Input[Sequence[Input[str]]]]
    """
    Accounts through whose VPC endpoints calls may come as well: 12 digits each, in quotes. Try it before you rely on
    it: AWS fills the key `aws:VpceAccount` for some services, of which its guide did not list STS in 2026, and a call
    without the key is denied. None by default.
    """

    vpc_endpoint_organizations: NotRequired[Input[Sequence[Input[str]]]]
    """
    Organizations through whose VPC endpoints calls may come as well, such as `o-a1b2c3d4e5`. Try it before you rely on
    it: AWS fills the key `aws:VpceOrgID` for some services, of which its guide did not list STS in 2026, and a call
    without the key is denied. None by default.
    """

    vpc_arns: NotRequired[Input[Sequence[Input[str]]]]
    """
    ARNs of VPCs from which calls may come as well, such as
    `arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0`. Try it before you rely on it: AWS fills the key
    `aws:SourceVpcArn` for some services, of which its guide did not list STS in 2026, and a call without the key is
    denied. None by default.
    """
