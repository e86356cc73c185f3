"""The access keys of a user as resources, each slot under a name of its own, and what is reported about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import iam

from pipeline_identity.keys import ages
from pipeline_identity.keys.order import declare_order
from pipeline_identity.keys.rotation import Status
from pipeline_identity.keys.settings import KeySecret
from pipeline_identity.keys.stores import declare_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity._reading.reading import Reading
    from pipeline_identity._settings.user import UserSettings
    from pipeline_identity.keys.guards import KeyGuard
    from pipeline_identity.keys.settings import KeySettings

_NAMES = {"first": "key", "second": "key-2"}
"""What stands behind the component's name. The first slot has the name that the only key had before there were two."""


@dataclass(frozen=True)
class Slots:
    """The keys of a user, by slot, that of the slot which is handed out first."""

    settings: KeySettings
    keys: dict[str, iam.AccessKey]
    statuses: dict[str, Status]
    store_arn: pulumi.Output[str] | None

    @property
    def id(self) -> pulumi.Output[str] | None:
        """The id of the key that the pipeline is to use; none when keys are made outside."""
        return self._told("id") if self.keys else None

    @property
    def secret(self) -> pulumi.Output[str] | None:
        """Its secret; none unless it goes into the state alone."""
        return pulumi.Output.secret(self._told("secret")) if self.settings.secret is KeySecret.STATE else None

    @property
    def encrypted_secret(self) -> pulumi.Output[str] | None:
        """Its secret, encrypted with a PGP key; none unless it is."""
        return self._told("encrypted_secret") if self.settings.secret is KeySecret.PGP else None

    @property
    def to_do(self) -> str:
        """What is left to do for whoever rotates the keys."""
        if self.keys:
            return self.settings.rotation.to_do
        return "Keys are made outside: at most two at a time, and none longer than it is needed."

    def _told(self, output: str) -> pulumi.Output[str]:
        return getattr(self.keys[self.settings.rotation.handed_out], output)

    @property
    def ids(self) -> pulumi.Output[dict[str, str]]:
        """The id of each key."""
        return self._of_each("id")

    @cached_property
    def created(self) -> pulumi.Output[dict[str, str]]:
        """When each key was made."""
        return self._of_each("create_date")

    @property
    def due(self) -> pulumi.Output[dict[str, str]]:
        """The day on which each key is due to be replaced."""
        return self.created.apply(self._due)

    @property
    def next_due(self) -> pulumi.Output[str | None]:
        """The first day on which a key that is active is due; of all keys, when none is active."""
        return self.created.apply(self._next_due)

    @property
    def overdue(self) -> pulumi.Output[bool]:
        """Whether that day is over."""
        return self.created.apply(lambda created: ages.is_overdue(self._next_due(created)))

    def _of_each(self, output: str) -> pulumi.Output[dict[str, str]]:
        told: dict[str, pulumi.Output[str | None]] = {slot: getattr(key, output) for slot, key in self.keys.items()}
        if not told:
            # Of nothing at all, Pulumi makes a list.
            return pulumi.Output.from_input(dict[str, str]())
        if len(told) > 1:
            return pulumi.Output.all(**told).apply(_known)
        # Gathering is dear, in a program of a thousand identities.
        ((slot, only),) = told.items()
        return only.apply(lambda value: _known({slot: value}))

    def _due(self, created: dict[str, str]) -> dict[str, str]:
        return {slot: ages.due(one, self.settings.max_age_days) for slot, one in created.items()}

    def _next_due(self, created: dict[str, str]) -> str | None:
        days = self._due(created)
        active = [day for slot, day in days.items() if self.statuses[slot] is Status.ACTIVE]
        return min(active or days.values(), default=None)


def declare_slots(
    name: str,
    user: iam.User,
    read: Reading[UserSettings],
    options: Callable[[list[pulumi.Resource]], pulumi.ResourceOptions],
    guard: KeyGuard,
) -> Slots:
    """Declares the keys that the settings ask for.

    Args:
        name: The name of the component.
        user: The user who gets the keys.
        read: The settings of the user.
        options: Makes the options of a resource that must wait for others.
        guard: Looks at the user before a key is made or changed.
    """
    user_arn = read.settings.arn
    settings = read.settings.keys
    if settings.secret is KeySecret.OUTSIDE:
        return Slots(settings, {}, {}, None)
    order = declare_order(f"{name}-rotation", user_arn, guard.user_name, settings.rotation.step, options([]))
    waits_for: list[pulumi.Resource] = [order]
    keys: dict[str, iam.AccessKey] = {}
    with_preview = pulumi.ResourceHookOptions(on_dry_run=True)
    guards = pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook(f"new-key-{user_arn}", guard.before_create, with_preview)],
        before_update=[pulumi.ResourceHook(f"changed-key-{user_arn}", guard.before_update, with_preview)],
    )
    statuses = settings.rotation.statuses(suspended=read.settings.suspended is not None)
    for slot, status in statuses.items():
        key_options = options(waits_for)
        key_options.additional_secret_outputs = ["secret", "sesSmtpPasswordV4"]
        # Another PGP key would replace a key that jobs use: it holds for the keys that are made from then on.
        key_options.ignore_changes = ["pgpKey"]
        key_options.hooks = pulumi.ResourceHookBinding.merge(key_options.hooks, guards)
        key = iam.AccessKey(
            f"{name}-{_NAMES[slot]}",
            user=user.name,
            status=status.value,
            pgp_key=settings.pgp_key,
            opts=key_options,
        )
        keys[slot] = key
        guard.watch(f"{name}-{_NAMES[slot]}", key)
        # The key that is handed out stands first: no other one is made inactive before it is there.
        waits_for = [*waits_for, key]
    handed_out = keys[settings.rotation.handed_out]
    store = declare_store(name, handed_out, read, options) if settings.secret.is_store else None
    return Slots(settings, keys, statuses, store)


def _known(values: dict[str, str | None]) -> dict[str, str]:
    return {slot: value for slot, value in values.items() if value}
