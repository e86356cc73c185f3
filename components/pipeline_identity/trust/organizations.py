"""Trust in the accounts of an AWS organization.

The principal is everybody, and the condition keys `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths` keep strangers out.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import Account, partition_of
from pipeline_identity._conditions import Condition
from pipeline_identity._formats import organization_id
from pipeline_identity._reading.arguments import Arguments, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.trust.statement import ASSUME_ROLE, TrustStatement

_PATH = re.compile(r"o-[a-z0-9]{10,32}/r-[a-z0-9]{4,32}/(?:ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*\*?")
_ROLE_OR_USER = re.compile(r"arn:[a-z-]+:iam::(?:[0-9]{12}|\*):(?:user|role)/[\x21-\x7e]+")


class OrganizationTrust(TypedDict):
    """Trust in the accounts of an organization, or of some of its units."""

    organization_id: Input[str]
    """The organization's id, such as `o-a1b2c3d4e5`."""

    paths: NotRequired[Input[Sequence[Input[str]]]]
    """
    Paths of organizational units, such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`; `*` at the end takes in what lies
    below. The whole organization by default.
    """

    principal_arn_patterns: NotRequired[Input[Sequence[Input[str]]]]
    """
    Patterns of the ARNs of users and roles that may assume the role, such as `arn:aws:iam::*:role/pipelines/site`. By
    default all that the accounts' administrators allow.
    """

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for this organization alone: operator, condition key, values. None by default."""


def read_organization(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `OrganizationTrust`."""
    organization = arguments.required("organization_id", late(organization_id), meaning="the organization's id")
    paths = arguments.texts("paths", late(_path))
    principals = arguments.texts("principal_arn_patterns", late(_principal_pattern))
    arguments.no_others()
    for place, path in enumerate(paths):
        if organization and not is_late(organization + path) and not path.startswith(f"{organization}/"):
            arguments.refuse(
                ("paths", place), path, "is a path of another organization", f"begin it with {organization}/"
            )
    for place, pattern in enumerate(principals):
        if not is_late(pattern) and partition_of(pattern) != account.partition:
            arguments.refuse(
                ("principal_arn_patterns", place),
                pattern,
                "lies in another partition, which no role can trust",
                f"begin it with arn:{account.partition}:",
            )
    conditions = [Condition("StringEquals", "aws:PrincipalOrgID", (organization,))]
    if paths:
        conditions.append(Condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", paths))
    if principals:
        conditions.append(Condition("ArnLike", "aws:PrincipalArn", principals))
    return [TrustStatement("Organization", {"AWS": "*"}, (ASSUME_ROLE,), tuple(conditions))]


def _path(value: object) -> str:
    path = text(value)
    if not _PATH.fullmatch(path):
        raise Refusal(
            "is not the path of an organizational unit",
            "write organization, root and units, with / at the end, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",
        )
    return path


def _principal_pattern(value: object) -> str:
    pattern = text(value)
    if not _ROLE_OR_USER.fullmatch(pattern) or "${" in pattern:
        raise Refusal("is not a pattern of users or roles", "write it like arn:aws:iam::*:role/pipelines/site")
    return pattern
