"""The access keys of a user as resources, each slot under a name of its own, and what is told about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pulumi
from pulumi_aws import iam

from pipeline_identity.keys import ages
from pipeline_identity.keys.order import declare_order
from pipeline_identity.keys.rotation import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity.keys.settings import KeySettings

T = TypeVar("T")

_NAMES = {"first": "key", "second": "key-2"}
"""What stands behind the component's name. The first slot has the name that the only key had before there were two."""


@dataclass(frozen=True)
class Slots:
    """The keys of a user, by slot, that of the slot which is handed out first."""

    settings: KeySettings
    keys: dict[str, iam.AccessKey]
    statuses: dict[str, Status]

    @property
    def handed_out(self) -> iam.AccessKey:
        """The key that the pipeline is to use."""
        return self.keys[self.settings.rotation.handed_out]

    @property
    def ids(self) -> pulumi.Output[dict[str, str]]:
        """The id of each key."""
        return pulumi.Output.all(**{slot: key.id for slot, key in self.keys.items()})

    @property
    def created(self) -> pulumi.Output[dict[str, str]]:
        """When each key was made."""
        return self._created(_known)

    @property
    def due(self) -> pulumi.Output[dict[str, str]]:
        """The day on which each key is due to be replaced."""
        return self._created(self._due)

    @property
    def next_due(self) -> pulumi.Output[str | None]:
        """The first day on which a key that is active is due; of all keys, when none is active."""
        return self._created(self._next_due)

    @property
    def overdue(self) -> pulumi.Output[bool]:
        """Whether that day is over."""
        return self._created(lambda created: ages.is_overdue(self._next_due(created)))

    def _created(self, tell: Callable[[dict[str, str | None]], T]) -> pulumi.Output[T]:
        return pulumi.Output.all(**{slot: key.create_date for slot, key in self.keys.items()}).apply(tell)

    def _due(self, created: dict[str, str | None]) -> dict[str, str]:
        return _known({slot: ages.due(one, self.settings.max_age_days) for slot, one in created.items()})

    def _next_due(self, created: dict[str, str | None]) -> str | None:
        days = self._due(created)
        active = [day for slot, day in days.items() if self.statuses[slot] is Status.ACTIVE]
        return min(active or days.values(), default=None)


def declare_slots(
    name: str,
    user: iam.User,
    user_arn: str,
    settings: KeySettings,
    options: Callable[[list[pulumi.Resource]], pulumi.ResourceOptions],
    *,
    suspended: bool,
) -> Slots:
    """Declares the keys that the settings ask for.

    Args:
        name: The name of the component.
        user: The user who gets the keys.
        user_arn: The user's ARN.
        settings: The settings of the keys.
        options: Makes the options of a resource that must wait for others.
        suspended: Whether all keys are inactive.
    """
    order = declare_order(f"{name}-rotation", user_arn, settings.rotation.step, options([]))
    waits_for: list[pulumi.Resource] = [order]
    keys: dict[str, iam.AccessKey] = {}
    statuses = settings.rotation.statuses(suspended=suspended)
    for slot, status in statuses.items():
        key_options = options(waits_for)
        key_options.additional_secret_outputs = ["secret", "sesSmtpPasswordV4"]
        key = iam.AccessKey(f"{name}-{_NAMES[slot]}", user=user.name, status=status.value, opts=key_options)
        keys[slot] = key
        # The key that is handed out stands first: no other one is made inactive before it is there.
        waits_for = [*waits_for, key]
    return Slots(settings, keys, statuses)


def _known(values: dict[str, str | None]) -> dict[str, str]:
    return {slot: value for slot, value in values.items() if value}
