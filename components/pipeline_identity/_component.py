"""What the components have in common: how their outputs come about, and cost little."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from typing_extensions import Self

from pipeline_identity._reading.errors import schema_name

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Component(pulumi.ComponentResource):
    """A component that knows most of its outputs before anything exists.

    It has no constructor: Pulumi finds the line of the program that declares a component by counting constructors.
    """

    _told: dict[str, tuple[Sequence[pulumi.Resource], Any]]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Makes an instance of a class below the component's, which has no annotations of its own.

        Pulumi evaluates the annotations of a resource's own class anew for every resource: 1 ms for twenty outputs.
        """
        made = super().__new__(_without_annotations(cls))
        made._told = {}
        return made

    # A type checker that saw it would take any name for an output.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Makes the output of a known value when it is first asked for: few programs ask for all of them."""
            told = self.__dict__.get("_told", {})
            if name not in told:
                raise AttributeError(f"{type(self).__name__} has no attribute {name}")
            made = known_after(*told[name])
            setattr(self, name, made)
            return made

    def _tell(self, after: Sequence[pulumi.Resource], **outputs: object) -> None:
        """Sets outputs.

        Args:
            after: Those who use an output wait until these resources exist, though its value is known before.
            outputs: Known values, or the outputs of resources, which wait for their resources by themselves.
        """
        for name, value in outputs.items():
            if isinstance(value, pulumi.Output):
                setattr(self, name, value)
            else:
                self._told[name] = (after, value)

    def _pass_on(self, inner: Component) -> None:
        """Tells everything that a component inside this one tells."""
        self._told |= inner._told
        for name, _ in outputs_of(type(inner)):
            if name not in inner._told:
                setattr(self, name, getattr(inner, name))

    def _register(self) -> None:
        """Ends the declaration: from here on the engine knows the outputs."""
        told = {name: value for name, (_, value) in self._told.items()}
        self.register_outputs(
            {
                in_schema: told[name] if name in told else getattr(self, name)
                for name, in_schema in outputs_of(type(self))
            }
        )


@cache
def outputs_of(component: type[pulumi.ComponentResource]) -> list[tuple[str, str]]:
    """Returns the names of a component's outputs, in Python and in the schema."""
    annotated = (inspect.get_annotations(one) for one in component.__mro__)
    return [(name, schema_name(name)) for name in next(filter(None, annotated))]


def known_after(resources: Sequence[pulumi.Resource], value: T) -> pulumi.Output[T]:
    """Returns a value that is known at preview, and for which Pulumi still waits until the resources exist."""

    async def after() -> T:
        for resource in resources:
            await resource.urn.future()
        return value

    return pulumi.Output(set(resources), after(), _always())


async def _always() -> bool:
    return True


@cache
def _without_annotations(component: type[T]) -> type[T]:
    named = {name: getattr(component, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(component)(component.__name__, (component,), named)
