"""The order of a rotation's steps: what the settings say is compared with the step of the last deployment.

The step is kept in the stack's state, by a resource of Pulumi's own that makes nothing anywhere. A hook of the engine
sees its old and its new value before anything else is done, in previews too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from pipeline_identity.keys.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Mapping


class RotationOrderError(pulumi.RunError):
    """A deployment would skip a step of a rotation, or go back where there is no way back."""


def declare_order(name: str, user_arn: str, step: int, options: pulumi.ResourceOptions) -> pulumi.Resource:
    """Declares what keeps the step, and refuses a step that does not come after the last one.

    Args:
        name: The resource's name.
        user_arn: The ARN of the user whose keys are rotated.
        step: The step that the settings ask for.
        options: The resource's options, made for it alone. Keys must depend on what is returned.
    """
    checked = pulumi.ResourceHookOptions(on_dry_run=True)
    hook = pulumi.ResourceHook(f"rotation-order-{user_arn}", refuse_other_orders, checked)
    options.hooks = pulumi.ResourceHookBinding(before_update=[hook])
    return pulumi.Stash(name, input={"step": step}, opts=options)


def refuse_other_orders(args: pulumi.ResourceHookArgs) -> None:
    """Refuses a change of the step that is not one step on, or one step back while the old key is there.

    Raises:
        RotationOrderError: The change is refused. The message says what to do.
    """
    refusal = Rotation(_step(args.old_inputs)).refusal_of(_step(args.new_inputs))
    if refusal:
        raise RotationOrderError(refusal)


def _step(inputs: Mapping[str, Any] | None) -> int:
    value = cast("Mapping[str, Mapping[str, Any]]", inputs)["input"]["step"]
    return int(value)
