"""The arguments that say what a role may do."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Literal

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class StatementEffect(str, Enum):
    """What a statement does."""

    ALLOW = "Allow"
    """It allows the actions."""

    DENY = "Deny"
    """It denies the actions, whatever else allows them."""


class LargePolicies(str, Enum):
    """What happens to permissions that are larger than AWS takes inline."""

    REFUSE = "refuse"
    """Permissions that are too large are rejected."""

    SPLIT = "split"
    """Permissions are split into as many managed policies as are needed: at most 10, or the quota that is given."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    StatementEffectInput = StatementEffect | Literal["Allow", "Deny"]
    LargePoliciesInput = LargePolicies | Literal["refuse", "split"]
else:
    StatementEffectInput, LargePoliciesInput = StatementEffect, LargePolicies


class Statement(TypedDict):
    """One statement of a policy: actions on resources, under conditions."""

    actions: Sequence[str]
    """
    The actions by their full names, such as `s3:PutObject`. In an Allow, `*` and `?` are rejected: a wildcard also
    grants actions that AWS adds later. Actions that only read may end in `*` where a reason is given.
    """

    read_only_wildcards: NotRequired[str]
    """
    Why actions that only read may end in `*`, such as `s3:Get*` or `ecs:Describe*`: a sentence for the reviewer.
    Reading what gives access, such as secrets, is always named in full. None by default.
    """

    resources: Input[Sequence[Input[str]]]
    """
    The ARNs of the resources, such as `arn:aws:s3:::site-assets/*`, or `*` for actions that have no resource of their
    own.
    """

    sid: NotRequired[str]
    """A name for the statement, letters and digits, unique in its policy. None by default."""

    effect: NotRequired[StatementEffectInput]
    """`Allow` (the default) or `Deny`."""

    conditions: NotRequired[Mapping[str, Mapping[str, Input[Sequence[Input[str]]]]]]
    """
    When the statement applies, as IAM writes it: operator, condition key, values. For example
    `{"StringEquals": {"aws:RequestTag/team": ["web"]}}`. None by default.
    """
