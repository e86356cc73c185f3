"""Who has a name: two components that claim one name would each take away what the other one made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity._life.deployment import current
from pipeline_identity._reading.errors import spelled

if TYPE_CHECKING:
    from pipeline_identity._reading.arguments import Arguments


class Claims:
    """The names that one component claims, when all of its arguments have been read."""

    def __init__(self, component: str, arguments: Arguments) -> None:
        """Begins with no name.

        Args:
            component: The component's type and name, such as `PipelineIdentity site`.
            arguments: Where a name that somebody else has is refused.
        """
        self._component = component
        self._arguments = arguments
        self._claimed: dict[tuple[str, ...], str] = {}

    def claim(self, kind: str, name: str, *where: str, argument: str) -> None:
        """Claims a name.

        Args:
            kind: What is named, such as `role`.
            name: The name. IAM and its like tell names apart without regard to case.
            where: Where it must be the only one, such as partition and account.
            argument: The argument that says the name.
        """
        place = (kind, name.lower(), *where)
        mine = f"{self._component}, {spelled(argument)}"
        other = current().claims.get(place)
        # The same component again, as in a program's own tests: the engine refuses it if it must.
        if name and other and other != mine:
            self._arguments.refuse(
                (argument,), name, f"is the name of a {kind} that {other} makes as well", "choose another name"
            )
        self._claimed[place] = mine

    def keep(self) -> None:
        """Takes the names, once nothing is refused."""
        current().claims.update(self._claimed)
