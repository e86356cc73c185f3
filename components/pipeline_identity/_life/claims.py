"""Who has a name: two components that claim one name would each take away what the other one made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity._life.deployment import current
from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity._reading.arguments import Arguments


@dataclass(frozen=True)
class Name:
    """A name that a component gives something in AWS.

    Attributes:
        kind: What is named, such as `role`.
        name: The name. IAM tells names apart without regard to case.
        where: Where it must be the only one, such as partition and account.
        argument: The argument that says it.
    """

    kind: str
    name: str
    where: object
    argument: str


def claim(component: str, arguments: Arguments, names: Iterable[Name]) -> None:
    """Claims names for a component, unless something of it is rejected; refuses a name that another one has.

    Args:
        component: The component's type and name, such as `PipelineIdentity site`.
        arguments: The component's arguments, all of them read.
        names: The names that it gives.
    """
    if arguments.failed:
        return
    claims, spelled = current().claims, arguments.problems.spelling
    # Where an account is the output of another resource, nobody knows yet who shares it.
    names = [one for one in names if not is_late(repr(one.where))]
    mine: dict[tuple[str, str, object], str] = {}
    for name in names:
        place = (name.kind, name.name.lower(), name.where)
        # The same component once more, as tests do it, is the engine's to refuse.
        earlier = claims.get(place, "")
        other = "" if earlier.startswith(f"{component}, ") else earlier
        if other or place in mine:
            article = "an" if name.kind[0] in "aeio" else "a"
            arguments.refuse(
                (name.argument,), name.name,
                f"names {article} {name.kind} that is made by {other or mine[place]} as well", "choose another name",
            )  # fmt: skip
        mine[place] = f"{component}, {spelled(name.argument)}"
    if not arguments.failed:
        claims.update(mine)
