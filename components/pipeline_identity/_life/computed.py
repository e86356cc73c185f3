"""Whether what was made has the ARN that was computed for it before it existed.

Documents and outputs hold the computed ARN. A transform of the program that gives a role another name or path would
make them speak of a role that there is not.
"""

from __future__ import annotations

from typing import Protocol

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor


class WrongArnError(pulumi.RunError):
    """What was made has another ARN than documents and outputs say."""


class HasArn(Protocol):
    """A resource with an ARN."""

    @property
    def arn(self) -> pulumi.Output[str]:
        """The resource's ARN, as AWS says it."""
        ...


async def compare(resource: HasArn, computed: str) -> None:
    """Compares the ARN of a resource with the one that was computed, in an update.

    Args:
        resource: The resource.
        computed: The computed ARN.

    Raises:
        WrongArnError: They differ.
    """
    # A preview has the ARN from before a change of path. Mocks of a program's own tests make up their ARNs.
    if pulumi.runtime.is_dry_run() or isinstance(get_monitor(), MockMonitor):
        return
    made = await resource.arn.future()
    if made and made != computed:
        raise WrongArnError(difference(made, computed))


def difference(made: str, computed: str) -> str:
    """Says that a resource has another ARN than was computed, and what to do."""
    return (
        f"{made} was made, but policies and outputs name {computed}. Something between the component and AWS has "
        "changed account, path or name, such as a transform: set them by the component's arguments instead."
    )
