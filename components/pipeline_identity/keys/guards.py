"""What is looked at before a key is made or changed: nobody's keys, a suspension, a key that should be gone."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import pulumi

from pipeline_identity._life.asking import ask
from pipeline_identity._life.deployment import current

if TYPE_CHECKING:
    from pulumi_aws import iam

_LONGEST_WAIT = 30
"""Seconds."""
_MOST_KEYS = 2
"""Access keys a user: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""


class UnmadeKeyError(pulumi.RunError):
    """A key cannot be made or changed; the message says what to do."""


class KeyGuard:
    """Looks at what a user has, each time one of its keys is made or changed."""

    def __init__(self, user_name: str, parent: pulumi.Resource, *, suspended: bool, is_new: bool) -> None:
        """Begins with no key.

        Args:
            user_name: The user's name.
            parent: The component, whose provider reaches the user's account.
            suspended: Whether the user is suspended.
            is_new: Whether the key that is not handed out is the new one of a rotation, rather than the old one.
        """
        self.user_name = user_name
        self._parent = parent
        self._suspended = suspended
        self._is_new = is_new
        self._keys: dict[str, iam.AccessKey] = {}

    def watch(self, name: str, key: iam.AccessKey) -> None:
        """Takes note of a key, in the order of declaration: each waits for those before it."""
        self._keys[name] = key

    async def before_create(self, args: pulumi.ResourceHookArgs) -> None:
        """Makes no key while the user is suspended, and says which keys of the user are nobody's."""
        is_preview = pulumi.runtime.is_dry_run()
        if self._suspended:
            said = (
                f"No key is made while {self.user_name} is suspended, so {args.name} is left out. What denies stands "
                "already. To begin anew: set keys.secret to outside, which deletes the keys; then remove suspended and "
                "set keys.secret back."
            )
            if not is_preview:
                # This error ends the deployment, and with it whatever has not begun.
                await self._roles_deny()
                raise UnmadeKeyError(said)
            pulumi.log.warn(said)
        elif not is_preview and args.name == [*self._keys][-1]:
            # Only then the ids of all others are known.
            await self._tell_of_others([await key.id.future() for key in [*self._keys.values()][:-1]])

    async def _roles_deny(self) -> None:
        """Waits until the roles of the same component deny their sessions, or until that seems to fail."""
        mine = self._parent.pulumi_resource_name
        roles = [one for name, one in current().denials.items() if name == mine or name.startswith(f"{mine}-")]
        waits = [asyncio.ensure_future(role.urn.future()) for role in roles]
        if waits:
            # An engine that does one thing at a time comes to the roles only after this.
            done, _ = await asyncio.wait(waits, timeout=_LONGEST_WAIT)
            for one in done:
                # Why a role could not be changed, the engine says.
                one.exception()

    async def before_update(self, args: pulumi.ResourceHookArgs) -> None:
        """Stops a rotation whose new key is an old one, because it could not be deleted."""
        first, *others = self._keys
        if args.name not in others or not self._is_new or self._suspended:
            return
        handed_out = await self._keys[first].create_date.future()
        there = (args.old_outputs or {}).get("createDate")
        was_off = (args.old_inputs or {}).get("status") == "Inactive"
        if handed_out and there and was_off and _moment(there) < _moment(handed_out):
            raise UnmadeKeyError(
                f"The key {args.id} of {self.user_name} is older than the one that is handed out: the step that was to "
                "delete it has not done so. Set keys.rotation one back, deploy, and go on from there."
            )

    async def _tell_of_others(self, ours: list[str | None]) -> None:
        found = await ask(self._parent, "aws:iam/getAccessKeys:getAccessKeys", {"user": self.user_name})
        there = [key["accessKeyId"] for key in found["accessKeys"]] if found else []
        others = [key for key in there if key not in ours]
        if not others:
            return
        said = others_of(self.user_name, others)
        if len(there) >= _MOST_KEYS:
            raise UnmadeKeyError(f"{said} AWS lets a user have {_MOST_KEYS} keys: no other one is made before.")
        pulumi.log.warn(said)


def others_of(user: str, keys: list[str]) -> str:
    """Says which keys of a user this stack has not made, and how to delete them."""
    commands = "; ".join(f"aws iam delete-access-key --user-name {user} --access-key-id {key}" for key in keys)
    return (
        f"{user} has {' and '.join(keys)}, which this stack did not make: a deployment that broke off did, and nobody "
        f"knows the secret, or somebody by hand. Unless somebody needs it: {commands}."
    )


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00"))
