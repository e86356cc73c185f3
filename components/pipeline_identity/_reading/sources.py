"""The outputs of other resources among the arguments of a component, and what is known of them.

A component is read with plain values. An output stands in its place as a `Later`, which becomes a token where text is
meant: `arn:aws:s3:::` and a token, say. The documents that are made of the arguments then show by their tokens which
outputs they hold, and are made again from the values when these are known.

    bucket.arn  ->  Later(0)  ->  token 0  ->  {"Resource": "<token 0>"}  ->  {"Resource": "arn:aws:s3:::site"}

Most outputs are known early: literals, configuration, other stacks' outputs, whatever exists already. A preview waits
for each of them, because in a preview every output is there soon, known or unknown. An update waits for none that needs
another resource to be made first: those come later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import pulumi
from pulumi.output import Unknown
from pulumi.runtime.sync_await import _sync_await  # pyright: ignore[reportPrivateUsage]

from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late, token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pipeline_identity._reading.errors import Path, Problems

T = TypeVar("T")

_TURNS = 50
"""How often the event loop turns in an update for outputs that wait for nothing: a chain of `apply` needs a few."""


class KnownOutput(pulumi.Output[T], Generic[T]):
    """An output whose value is known when it is declared, though whoever uses it waits for resources.

    Attributes:
        value: The value.
    """

    def __init__(
        self, resources: Iterable[pulumi.Resource], value: T, check: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Takes the value.

        Args:
            resources: The resources to wait for.
            value: The value.
            check: Called when they are there; what it raises fails the deployment.
        """
        awaited = set(resources)

        async def after() -> T:
            for resource in awaited:
                await resource.urn.future()
            if check:
                await check()
            return value

        # A coroutine in its place would never be awaited where the program ends before the resources are there.
        super().__init__(awaited, after() if awaited else _settled(value), _settled(True))
        self.value = value


def _settled(value: T) -> asyncio.Future[T]:
    settled: asyncio.Future[T] = asyncio.Future()
    settled.set_result(value)
    return settled


@dataclass
class Source:
    """One output among the arguments.

    Attributes:
        number: Its number among them.
        path: Where it stands.
        output: The output.
        is_settled: Whether it has been found out if the value is known.
        is_known: Whether it is known.
        is_secret: Whether it is secret.
        value: The value, as far as it is known: parts of it may be unknown.
    """

    number: int
    path: Path
    output: pulumi.Output[Any]
    is_settled: bool = False
    is_known: bool = False
    is_secret: bool = False
    value: object = None

    async def look(self) -> None:
        """Finds out whether the value is known, as soon as the output says so."""
        self.value = await self.output.future(with_unknowns=True)
        self.is_known = await self.output.is_known()
        self.is_secret = await self.output.is_secret()
        self.is_settled = True


@dataclass(frozen=True)
class Later:
    """What stands for an output in the arguments."""

    source: Source
    sources: Sources

    @property
    def token(self) -> str:
        """What stands for its value in text."""
        return token(self.source.number)

    @property
    def is_known_mapping(self) -> bool:
        """Whether it is a mapping of which at least the keys are known."""
        return self.source.is_settled and isinstance(self.source.value, Mapping)

    def structure(self) -> object:
        """Returns the value where its structure is needed, texts in it still being outputs of their own.

        Raises:
            Refusal: The value is not known.
        """
        if not self.source.is_settled:
            self.sources.settle(wait=True)
        if not self.source.is_known and not isinstance(self.source.value, (Mapping, list)):
            raise Refusal(
                "is an output that is not known before the update",
                "write it out, with outputs only where the reference of arguments says Input",
            )
        return self.sources.parts(self.source)


class Sources:
    """The outputs among the arguments of one component.

    Attributes:
        all: The outputs.
        tree: The arguments, with a `Later` for each output.
        memory: What the first reading decided and later ones keep, such as how many policies there are.
        forbidden: Where plain text holds what marks an output.
    """

    def __init__(self, given: object) -> None:
        self.all: list[Source] = []
        self.memory: dict[object, Any] = {}
        self.forbidden: list[Path] = []
        self._parts: dict[int, object] = {}
        self.tree = self._found(given, ())

    def settle(self, *, wait: bool) -> None:
        """Finds out which outputs are known.

        Args:
            wait: Whether to wait for those that need other resources to be registered first.
        """
        looks = [one for one in self.all if not one.is_settled]
        if looks:
            # A constructor cannot await. Pulumi's own functions that ask a provider at once wait in this way, too.
            _sync_await(_looked_at(looks, wait=wait))

    def parts(self, source: Source) -> object:
        """Returns the value of an output as a structure in which every text is an output of its own."""
        if source.number not in self._parts:
            self._parts[source.number] = self._part(source, source.value, ())
        return self._parts[source.number]

    def with_values(self, problems: Problems) -> object:
        """Returns the arguments with every value that is known; what is empty is noted as a problem."""
        problems.secrets = [text for one in self.all if one.is_secret for text in _texts(one.value)]
        return self._filled(self.tree, problems)

    @property
    def waiting(self) -> list[Source]:
        """The outputs of which nothing is known yet, in an update."""
        return [one for one in self.all if not one.is_settled]

    @property
    def unknown(self) -> list[Source]:
        """The outputs that a preview cannot know, wherever they stand."""
        return [one for one in self.all if one.is_settled and not one.is_known and not self._has_parts(one)]

    def _has_parts(self, source: Source) -> bool:
        return isinstance(source.value, (Mapping, list)) and source.number in self._parts

    def _filled(self, value: object, problems: Problems) -> object:
        if isinstance(value, Later):
            source = value.source
            if not source.is_settled or not source.is_known:
                has_parts = isinstance(source.value, (Mapping, list))
                return self._filled(self.parts(source), problems) if has_parts else value
            if source.value in (None, "", [], {}):
                refusal = Refusal("is an output without a value", "leave the argument out, or give it a value")
                problems.note(source.path, None, refusal)
            return source.value
        if isinstance(value, dict):
            entries = cast("dict[object, object]", value)
            return {key: self._filled(part, problems) for key, part in entries.items()}
        if isinstance(value, list):
            return [self._filled(part, problems) for part in cast("list[object]", value)]
        return value

    def _found(self, value: object, path: Path) -> object:
        if isinstance(value, str):
            if is_late(value):
                self.forbidden.append(path)
            return value
        if isinstance(value, Mapping):
            entries = cast("Mapping[Any, object]", value)
            # Not items(), which an output inside may have a property of.
            return {key: self._found(entries[key], (*path, key)) for key in entries}
        if isinstance(value, (list, tuple)):
            items = cast("Sequence[object]", value)
            return [self._found(item, (*path, place)) for place, item in enumerate(items)]
        if isinstance(value, KnownOutput):
            own = cast("KnownOutput[object]", value)
            # One without a value says that there is none.
            return None if own.value is None else self._add(path, own, own.value)
        if isinstance(value, (pulumi.Output, Unknown)) or isawaitable(value):
            return self._add(path, pulumi.Output.from_input(cast("Any", value)))
        return value

    def _add(self, path: Path, output: pulumi.Output[Any], known: object = None) -> Later:
        source = Source(len(self.all), path, output)
        if known is not None:
            source.value, source.is_known, source.is_settled = known, True, True
        self.all.append(source)
        return Later(source, self)

    def _part(self, source: Source, value: object, inner: Path) -> object:
        if isinstance(value, Mapping):
            entries = cast("Mapping[str, object]", value)
            return {key: self._part(source, entries[key], (*inner, key)) for key in entries}
        if isinstance(value, (list, tuple)):
            items = cast("Sequence[object]", value)
            return [self._part(source, item, (*inner, place)) for place, item in enumerate(items)]
        if not isinstance(value, (str, Unknown)):
            return value
        later = self._add((*source.path, *inner), source.output.apply(_at(inner), run_with_unknowns=True))
        part = later.source
        part.value, part.is_settled, part.is_secret = value, True, source.is_secret
        part.is_known = isinstance(value, str)
        return later


def value_now(output: pulumi.Output[Any]) -> object:
    """Waits for an output that needs no resource to be made, and returns its value; the output while it is unknown."""
    sources = Sources(output)
    sources.settle(wait=True)
    (source,) = sources.all
    return source.value if source.is_known and not source.is_secret else output


async def _looked_at(sources: Sequence[Source], *, wait: bool) -> None:
    looks = [asyncio.ensure_future(source.look()) for source in sources]
    if wait:
        await asyncio.wait(looks)
    else:
        for _ in range(_TURNS):
            if all(look.done() for look in looks):
                break
            await asyncio.sleep(0)
    for look in looks:
        # An output that failed fails the program by itself.
        look.add_done_callback(lambda done: done.cancelled() or done.exception())


def _at(inner: Path) -> Callable[[Any], Any]:
    def part(value: Any) -> Any:
        for step in inner:
            value = value[step]
        return value

    return part


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        # Of less than three characters nothing can be kept secret, and messages would be full of holes.
        return [value] if len(value) >= 3 else []
    if isinstance(value, Mapping):
        return [text for part in cast("Mapping[Any, object]", value).values() for text in _texts(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in cast("Sequence[object]", value) for text in _texts(part)]
    return []
