"""What a resource type is tried with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.provider.conftest import Asked

Inputs = Callable[["Asked"], dict[str, Any]]
# Inputs to change, where None takes one away, and the changes that are to be seen.
Change = tuple[Inputs, dict[str, str]]


def nothing(_aws: Asked) -> None:
    """No resources are needed before."""


@dataclass(frozen=True)
class Case:
    """A resource type.

    Attributes:
        token: Pulumi's name of the type.
        inputs: What it is given.
        id: The id it is to get, when that is known before.
        import_id: What it is imported by, when that is not its id.
        before: Makes what it needs.
        in_place: Changes in place.
        replaced: Changes that take a new resource.
        importable: Whether it can be imported.
        stays: Whether there is something to read after its deletion.
    """

    token: str
    inputs: Inputs
    id: Callable[[Asked], str] | None = None
    import_id: str = ""
    before: Callable[[Asked], None] = nothing
    in_place: list[Change] = field(default_factory=list[Change])
    replaced: list[Change] = field(default_factory=list[Change])
    importable: bool = True
    stays: bool = False

    def __str__(self) -> str:
        return self.token.rpartition(":")[2]

    def changed(self, aws: Asked, change: Inputs) -> dict[str, Any]:
        """The inputs with some changed."""
        return {name: value for name, value in {**self.inputs(aws), **change(aws)}.items() if value is not None}
