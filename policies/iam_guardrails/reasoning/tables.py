"""The tables in `iam_guardrails/data`, each read once."""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import cast

from iam_guardrails.language import arns


@dataclass(frozen=True)
class PowerfulName:
    """A name that is known to carry power wherever it exists.

    Attributes:
        service: the service of its ARN.
        account: the account of its ARN, as a pattern.
        resource: the rest of its ARN, as a pattern in lower case: names of administration are written in any capitals.
        why: why it is powerful, in words.
        any_path: whether it is the name that tells, in whichever path; AWS makes its own roles in the path they have.
    """

    service: str
    account: str
    resource: str
    why: str
    any_path: bool = False

    def compared(self, resource: str) -> str:
        """The rest of an ARN, in lower case, as it is compared with the name: without its path where any will do."""
        if not self.any_path or any(wild in resource for wild in "*?"):
            return resource
        kind, _, named = resource.partition("/")
        return f"{kind}/{named.rpartition('/')[2]}"


@dataclass(frozen=True)
class ManagedPolicy:
    """One of AWS's managed policies that hand out too much.

    Attributes:
        path: what follows `policy/` in its ARN.
        kind: what sort of power it is.
        reason: what that power is, in words.
    """

    path: str
    kind: str
    reason: str

    @property
    def limited(self) -> bool:
        """Whether it is full access to one service alone: what that leads to depends on what is there."""
        return self.kind == "service-wide-power"


def data(name: str) -> object:
    """A table of `iam_guardrails/data`, as JSON values.

    Raises:
        LookupError: it holds nothing, so that whatever it should reject would pass.
    """
    table = json.loads(pkgutil.get_data("iam_guardrails", f"data/{name}") or b"null")
    if not table:
        raise LookupError(f"{name} holds nothing")
    return table


@cache
def kinds() -> dict[str, arns.Arn]:
    """For each resource type ("iam:role") the ARN pattern of all its objects."""
    table = cast("dict[str, dict[str, str]]", data("resource_kinds.json"))
    every = {name: arns.split(arns.without_variables(row["arn"], "?*")) for name, row in table.items()}
    return {name: arn for name, arn in every.items() if arn is not None}


@cache
def powerful_names() -> tuple[PowerfulName, ...]:
    """Roles, groups, users and documents that are known to carry power wherever they exist."""
    rows = cast("list[dict[str, str]]", data("powerful_names.json"))
    read = ((arns.split(row["arn"]), row) for row in rows)
    return tuple(
        PowerfulName(arn.service, arn.account, arn.resource.lower(), row["why"], "any_path" in row)
        for arn, row in read
        if arn is not None
    )


@cache
def managed_policies() -> tuple[ManagedPolicy, ...]:
    """AWS's managed policies that hand out too much."""
    rows = cast("list[dict[str, str]]", data("admin_managed_policies.json"))
    return tuple(ManagedPolicy(row["path"], row["class"], row["reason"]) for row in rows)
