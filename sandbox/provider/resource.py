"""What every resource type has in common: a table of properties, and the four calls that make it real."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.provider.values import Properties, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sandbox.provider.aws import Aws
    from sandbox.provider.schema import Property

Found = dict[str, Value]


@dataclass(frozen=True)
class Created:
    """A new resource.

    Attributes:
        id: Its id in the state.
        facts: What only the creation tells, such as the secret of a key.
    """

    id: str
    facts: Mapping[str, Value] = field(default_factory=dict[str, Value])


class HalfCreatedError(Exception):
    """The resource is there, and a later step of making it went wrong.

    The engine keeps it in the state, so that the next deployment completes it and no resource is lost sight of.
    """

    def __init__(self, created: Created, reason: Exception) -> None:
        super().__init__(str(reason))
        self.created = created
        self.reason = reason


class Resource(ABC):
    """A resource type.

    Attributes:
        token: Pulumi's name of the type.
        properties: Its inputs.
        outputs: Further outputs, unknown until the resource is there.
        named: The input that gets a name of the provider's choice when none is given.
        gone: The codes of AWS's errors that say that the resource is no more.
    """

    token: str
    properties: Mapping[str, Property]
    outputs: Collection[str] = ()
    named: str | None = None
    gone: tuple[str, ...] = ("NoSuchEntity",)

    @abstractmethod
    def create(self, aws: Aws, new: Properties) -> Created:
        """Make it."""

    @abstractmethod
    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask AWS what it is now; None, or one of the errors in ``gone``, when it is no more.

        Args:
            aws: The way to AWS.
            resource_id: The id, all there is when importing.
            state: What is known of it so far; empty when importing.
        """

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change it in place. Types whose every input replaces need none."""
        raise NotImplementedError(f"{self.token} cannot be changed in place.")

    @abstractmethod
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Remove it. One of the errors in ``gone`` means that it was no more."""

    def id_after_update(self, resource_id: str, new: Properties) -> str:  # noqa: ARG002 - only some ids change
        """The id after a change in place: AWS has names that can change."""
        return resource_id

    def problems(self, new: Properties) -> dict[str, str]:  # noqa: ARG002 - only some types have such rules
        """What is wrong with the inputs as a whole, by the property that is at fault."""
        return {}
