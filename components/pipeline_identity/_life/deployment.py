"""What the components of one deployment have in common, and those of another one have not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

if TYPE_CHECKING:
    from pipeline_identity._arns import Account


@dataclass
class Deployment:
    """The components of one preview or one update.

    Attributes:
        claims: Which component's argument has a name, by what is named and where.
        guards: The hooks that ask whose the credentials are, by account and provider.
        advice: The hook that says what to do about an error.
        owner: The hook that leaves alone what another stack has made.
        accounts: The account of each component, by the component's name.
        denials: What denies the sessions of suspended roles, by the name of the role's component.
        secret_tags: The names of components with tags that are secret, or may turn out to be.
    """

    claims: dict[tuple[str, str, object], str] = field(default_factory=dict[tuple[str, str, object], str])
    guards: dict[tuple[object, ...], pulumi.ResourceHook] = field(
        default_factory=dict[tuple[object, ...], pulumi.ResourceHook]
    )
    advice: pulumi.ErrorHook | None = None
    owner: pulumi.ResourceHook | None = None
    accounts: dict[str, Account | None] = field(default_factory=dict)
    denials: dict[str, pulumi.Resource] = field(default_factory=dict[str, pulumi.Resource])
    secret_tags: set[str] = field(default_factory=set[str])


# A program of its own, a test and an inline program of the Automation API each have a monitor of the engine's.
_of_monitors: WeakKeyDictionary[Any, Deployment] = WeakKeyDictionary()
_of_plugin: dict[tuple[str, str, bool], Deployment] = {}
_is_plugin = False


def serve_one_deployment() -> None:
    """From now on all components of this process belong together: a plugin meets the engine anew for each of them."""
    global _is_plugin
    _is_plugin = True


def current() -> Deployment:
    """Returns the deployment that is under way."""
    if _is_plugin:
        stack = (pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())
        return _of_plugin.setdefault(stack, Deployment())
    monitor = get_monitor()
    return Deployment() if monitor is None else _of_monitors.setdefault(monitor, Deployment())
