"""A resource as the pack sees it, at whichever stage the engine tells of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from iam_guardrails.pack.values import holds_unknown

if TYPE_CHECKING:
    from iam_guardrails.pack.values import Value

_ACCOUNT_DIGITS = 12


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    urn: str
    type: str
    """The type token, such as `aws:iam/role:Role`."""
    name: str
    """The name it has in the program."""
    properties: Mapping[str, Value]
    accounts: tuple[str, ...] = ()
    """The account ids its provider may deploy to; empty when the provider does not say."""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Property -> the URNs of the resources whose outputs went into it."""
    partition: str = "aws"
    """The AWS partition its provider deploys to."""

    @property
    def label(self) -> str:
        """How a person would call it: the kind of thing and its name in the program."""
        return f'{self.type.rpartition(":")[2]} "{self.name}"'


def accounts_allowed(ids: Value) -> tuple[str, ...]:
    """The account ids in a provider's `allowedAccountIds`.

    Args:
        ids: the property. The engine hands lists of a provider over as JSON text. Ids that were written as numbers have
            lost their leading zeros, which come back here.

    Returns:
        12-digit ids; none when the property is missing, unreadable or not a list of account ids.
    """
    if isinstance(ids, str):
        try:
            ids = cast("Value", json.loads(ids))
        except (ValueError, RecursionError):
            return ()
    if not isinstance(ids, Sequence) or isinstance(ids, str):
        return ()
    return tuple(account for item in ids if (account := _account(item)))


_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: Value) -> str:
    """The AWS partition that a provider's `region` is in; `aws` where it is not told.

    Source: AWS SDKs, the partitions' endpoint data (region name patterns).
    """
    name = region if isinstance(region, str) else ""
    return next((partition for prefix, partition in _PARTITIONS.items() if name.startswith(prefix)), "aws")


def account_of_role(roles: Value) -> tuple[str, ...]:
    """The account of the role that a provider assumes, which is where it deploys to; none where that is not known.

    Args:
        roles: the provider's `assumeRoles` or `assumeRole`, as JSON text or plain values.
    """
    if isinstance(roles, str):
        try:
            roles = cast("Value", json.loads(roles))
        except (ValueError, RecursionError):
            return ()
    listed = roles if isinstance(roles, Sequence) and not isinstance(roles, str) else [roles]
    last = listed[-1] if listed else None
    arn = last.get("roleArn") if isinstance(last, Mapping) else None
    parts = arn.split(":") if isinstance(arn, str) else []
    return (parts[4],) if len(parts) > _ACCOUNT_FIELD and parts[_ACCOUNT_FIELD].isdigit() else ()


_ACCOUNT_FIELD = 4


def _account(item: Value) -> str | None:
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    if isinstance(item, bool) or not isinstance(item, (int, str)):
        return None
    digits = str(item).zfill(_ACCOUNT_DIGITS)
    return digits if len(digits) == _ACCOUNT_DIGITS and digits.isascii() and digits.isdigit() else None


def merged(
    inputs: Mapping[str, Value] | None, outputs: Mapping[str, Value], only_from_inputs: Collection[str]
) -> Mapping[str, Value]:
    """One resource's properties: what the program asked for, and beside it what only the provider can say.

    The inputs win, because they are what a preview of the same resource is evaluated by. An input that is not known
    gives way to an output that is. A resource without inputs was only read (`Role.get`): all that is known of it are
    its outputs.

    Args:
        inputs: what the program asked for; None when that is not known, as for a resource outside the targets of a run.
        outputs: what the provider answered.
        only_from_inputs: properties that the provider also fills with what other resources made, such as the policies
            that they attached to a role.
    """
    if not inputs:
        return outputs
    both = dict(inputs)
    for name, value in outputs.items():
        new = name not in both and name not in only_from_inputs
        if not holds_unknown(value) and (new or holds_unknown(both.get(name))):
            both[name] = value
    return both
