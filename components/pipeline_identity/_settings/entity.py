"""What users and roles have in common: account, path, boundary and tags; and the options their resources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._life.advice import with_advice
from pipeline_identity._life.deployment import current
from pipeline_identity._reading.arguments import flag, late, late_inside
from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity._reading.arguments import Arguments


@dataclass(frozen=True)
class Entity:
    """The settings that a user and a role share."""

    account: arns.Account
    path: str
    permissions_boundary: str | None
    tags: dict[str, str]


def read_account(arguments: Arguments) -> arns.Account:
    """Reads `account_id` and `partition`: where something is made."""
    return arns.Account(
        partition=arguments.optional("partition", arns.partition, "aws"),
        account_id=arguments.required("account_id", late(arns.account_id), meaning="the account's 12 digits in quotes"),
    )


def read_entity(arguments: Arguments) -> Entity:
    """Reads `account_id`, `partition`, `path`, `permissions_boundary` and `tags`."""
    entity = Entity(
        account=read_account(arguments),
        path=arguments.optional("path", names.entity_path, "/"),
        permissions_boundary=arguments.optional("permissions_boundary", late(arns.policy_arn), None),
        tags=arguments.optional("tags", late_inside(names.tags), dict[str, str]()),
    )
    _refuse_foreign_boundary(arguments, entity)
    return entity


def read_adopt(arguments: Arguments) -> bool:
    """Reads `adopt`: whether what is declared exists already."""
    return arguments.optional("adopt", flag, default=False)


def refuse_late_adoption(arguments: Arguments, identifier: str, *, adopt: bool) -> None:
    """Refuses to adopt what has the account in its id, while the account is not known.

    Args:
        arguments: The arguments, `account_id` among them.
        identifier: The id in AWS of what is declared.
        adopt: Whether it exists already.
    """
    if adopt and is_late(identifier):
        arguments.refuse(
            ("account_id",), None, "is not known, and what is adopted must be", "write the account's 12 digits"
        )


def _refuse_foreign_boundary(arguments: Arguments, entity: Entity) -> None:
    boundary = entity.permissions_boundary
    if not boundary or not entity.account.account_id or is_late(boundary):
        return
    is_foreign = arns.account_of(boundary) not in (entity.account.account_id, "aws")
    if (is_foreign and not is_late(entity.account.account_id)) or arns.partition_of(
        boundary
    ) != entity.account.partition:
        arguments.refuse(
            ("permissions_boundary",), boundary, "is a policy of another account",
            f"use a policy of the account {entity.account.account_id} or one that AWS manages",
        )  # fmt: skip


def child_options(
    parent: pulumi.Resource, opts: pulumi.ResourceOptions | None, after: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Returns the options of a resource inside a component.

    Pulumi does not hand a component's `depends_on` down to its children, so that a child could be made before what the
    component was told to wait for.

    Args:
        parent: The component.
        opts: The options the component was given.
        after: Further resources that must exist first.
    """
    together = _together(opts.depends_on if opts else None, after)
    options = pulumi.ResourceOptions(parent=parent, depends_on=together)
    if parent.pulumi_resource_name in current().secret_tags:
        # The provider says all tags once more, and the engine takes only what is called like an input for secret.
        options.additional_secret_outputs = ["tagsAll"]
    return with_advice(options, parent)


def with_fixed_id(options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Returns the options of a resource whose id in AWS is made of names: it is deleted before it is replaced.

    After a deployment that failed in the middle, the engine would otherwise make it again and then delete what it takes
    for the original, which has the same id.
    """
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(delete_before_replace=True))


def adopting(options: pulumi.ResourceOptions, identifier: str, changeable: Sequence[str]) -> pulumi.ResourceOptions:
    """Returns options under which an existing resource is taken over as it is.

    Args:
        options: The resource's options.
        identifier: The resource's id in AWS.
        changeable: The properties that may differ from what is declared, until the resource is no longer adopted.
    """
    adopted = pulumi.ResourceOptions(import_=identifier, ignore_changes=list(changeable))
    return pulumi.ResourceOptions.merge(options, adopted)


def _together(given: object, after: Sequence[pulumi.Resource]) -> Any:
    if given is None:
        return [*after]
    if isinstance(given, pulumi.Output):
        return cast("pulumi.Output[object]", given).apply(lambda known: _together(known, after))
    if isinstance(given, pulumi.Resource):
        return [given, *after]
    return [*cast("Sequence[pulumi.Resource]", given), *after]
