"""The order of a rotation's steps, and the user's name: both are compared with those of the last deployment.

They are kept in the stack's state, by a resource of Pulumi's own that makes nothing anywhere. A hook of the engine sees
its old and its new value before anything else is done, in previews too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from pipeline_identity.keys.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Mapping


class RotationOrderError(pulumi.RunError):
    """A deployment would skip a step of a rotation, or go back where there is no way back."""


def declare_order(
    name: str, user_arn: str, user_name: str, step: int, options: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Declares what keeps step and name, refuses a step that does not come after the last one, and announces a rename.

    Args:
        name: The resource's name.
        user_arn: The ARN of the user whose keys are rotated.
        user_name: The user's name.
        step: The step that the settings ask for.
        options: The resource's options, made for it alone. Keys must depend on what is returned.
    """
    checked = pulumi.ResourceHookOptions(on_dry_run=True)
    hook = pulumi.ResourceHook(f"rotation-order-{user_arn}", compare_with_last, checked)
    binding = pulumi.ResourceHookBinding(before_update=[hook])
    options.hooks = pulumi.ResourceHookBinding.merge(options.hooks, binding)
    return pulumi.Stash(name, input={"step": step, "user": user_name}, opts=options)


def compare_with_last(args: pulumi.ResourceHookArgs) -> None:
    """Announces a rename; refuses a change of the step that is not one on, or one back while the old key is there.

    Raises:
        RotationOrderError: The change is rejected. The message says what to do.
    """
    old, new = _kept(args.old_inputs), _kept(args.new_inputs)
    refusal = Rotation(int(old["step"])).refusal_of(int(new["step"]))
    if refusal:
        raise RotationOrderError(refusal)
    # What was deployed before names were kept has none.
    if "user" in old and old["user"] != new["user"]:
        pulumi.log.warn(announcement(old["user"], new["user"]))


def announcement(old: str, new: str) -> str:
    """Says what a rename does, and how to do it without an outage."""
    return (
        f"The user {old} is replaced by {new}: its keys are deleted in this deployment, and jobs that use them fail "
        f"until they have the new one. Without an outage: declare {new} beside {old}, with both under trust.users; "
        f"bring the new key to every job; then remove {old}. See docs/keys.md, Rename."
    )


def _kept(inputs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return cast("Mapping[str, Mapping[str, Any]]", inputs)["input"]
