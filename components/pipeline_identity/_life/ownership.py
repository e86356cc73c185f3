"""Which stack something belongs to that an account has once, said by a tag: two stacks must not change it in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from pipeline_identity._life.deployment import current

if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = "pipeline-identity:stack"
"""The key of the tag; the value is project and stack."""


class OwnedElsewhereError(pulumi.RunError):
    """Another stack has made what this one would change."""


def ownership() -> dict[str, str]:
    """Returns the tag of the stack that is deployed."""
    return {TAG: f"{pulumi.get_project()}/{pulumi.get_stack()}"}


def owned(options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Sees to it that a resource is changed by one stack alone.

    Args:
        options: The resource's options, made for it alone.
    """
    deployment = current()
    if deployment.owner is None:
        checked = pulumi.ResourceHookOptions(on_dry_run=True)
        deployment.owner = pulumi.ResourceHook("pipeline-identity-owner", _refuse_another_stacks, checked)
    binding = pulumi.ResourceHookBinding(before_update=[deployment.owner])
    options.hooks = pulumi.ResourceHookBinding.merge(options.hooks, binding)
    return options


def _refuse_another_stacks(args: pulumi.ResourceHookArgs) -> None:
    there, mine = _owner(args.old_outputs), ownership()[TAG]
    if there and there != mine:
        raise OwnedElsewhereError(
            f"{args.id} is made by the stack {there}, and is not changed here. Leave it out of this stack: roles trust "
            f"it by the issuer alone. Or, once {there} has let go of it (keepOnDestroy, then removed there): "
            f"aws iam untag-open-id-connect-provider --open-id-connect-provider-arn {args.id} --tag-keys {TAG}"
        )


def _owner(outputs: Mapping[str, Any] | None) -> str | None:
    tags = cast("Mapping[str, str] | None", (outputs or {}).get("tags"))
    return (tags or {}).get(TAG)
