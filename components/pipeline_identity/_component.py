"""What the components have in common: the names of their outputs, and how these reach the engine."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, TypeVar, cast

import pulumi

from pipeline_identity._reading.errors import schema_name
from pipeline_identity._reading.sources import KnownOutput, value_now

T = TypeVar("T")

_OF_USER = (
    "user_name",
    "user_arn",
    "user_policy",
    "access_key_id",
    "secret_access_key",
    "encrypted_secret_access_key",
    "key_store_arn",
    "key_ids",
    "key_statuses",
    "keys_created",
    "keys_due",
    "next_key_due",
    "key_overdue",
    "rotation_to_do",
)

NOT_GIVEN: Any = None
"""Stands for arguments that are given by name: the annotation, from which the schema comes, can name one type alone."""


class Component(pulumi.ComponentResource):
    """A component whose outputs are the attributes that its class is annotated with.

    It has no constructor: Pulumi finds the line of the program that declares a component by counting constructors.
    """

    def exported(self) -> dict[str, pulumi.Output[Any]]:
        """Returns all outputs by the names that Pulumi's schema, YAML and TypeScript have for them."""
        return {in_schema: getattr(self, name) for name, in_schema in outputs_of(type(self))}

    def _tell_user(self, user: Component | None) -> None:
        """Takes the outputs of a user for those of the same names; None where there is no user."""
        for name in _OF_USER:
            setattr(self, name, getattr(user, name) if user else known(None))

    def _register(self) -> None:
        """Ends the declaration: from here on the engine knows the outputs."""
        self.register_outputs(self.exported())


@cache
def outputs_of(component: type[pulumi.ComponentResource]) -> tuple[tuple[str, str], ...]:
    """Returns the names of a component's outputs, in Python and in the schema."""
    return tuple((name, schema_name(name)) for name in inspect.get_annotations(component))


def known(value: T | pulumi.Output[T]) -> pulumi.Output[T]:
    """Returns an output of a component as it is, or makes one of a value."""
    if isinstance(value, pulumi.Output):
        return cast("pulumi.Output[T]", value)
    return KnownOutput((), value)


def account_of_provider(opts: pulumi.ResourceOptions | None) -> object:
    """Returns the account of the credentials that a component works with, as far as it is known by now.

    Args:
        opts: The component's options.
    """
    from pulumi_aws import get_caller_identity_output

    options = pulumi.InvokeOptions(parent=opts.parent if opts else None, provider=_provider(opts))
    return value_now(get_caller_identity_output(opts=options).account_id)


def _provider(opts: pulumi.ResourceOptions | None) -> pulumi.ProviderResource | None:
    if opts is None:
        return None
    several: Any = opts.providers or []
    listed: Any = several.values() if hasattr(several, "values") else several
    given: list[pulumi.ProviderResource] = [opts.provider] if opts.provider else [*listed]
    return next((one for one in given if one.package == "aws"), None)
