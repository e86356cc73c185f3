"""The arguments of a component, read: its settings, and what becomes of those that are not known yet."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import pulumi
from pulumi.output import Unknown

from pipeline_identity._life.claims import claim
from pipeline_identity._life.computed import compare
from pipeline_identity._life.deployment import current
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.errors import ArgumentError, Problems, Refusal, python_name, schema_name
from pipeline_identity._reading.sources import KnownOutput, Sources
from pipeline_identity._reading.tokens import TOKEN, late_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pulumi_aws import cloudtrail, iam

    from pipeline_identity._life.claims import Name
    from pipeline_identity._reading.errors import Spelling

    Made = iam.User | iam.Group | iam.Role | iam.Policy | iam.OpenIdConnectProvider | cloudtrail.Trail


class Claiming(Protocol):
    """Settings that say which names in AWS they give."""

    @property
    def claimed(self) -> Sequence[Name]:
        """The names."""
        ...


S = TypeVar("S", bound=Claiming)
T = TypeVar("T")
U = TypeVar("U")


class SchemaArguments(dict[str, Any]):
    """Arguments from a program that writes their names as Pulumi's schema does; messages do so, too."""


@dataclass(frozen=True)
class Reading(Generic[T]):
    """Settings that were read from the arguments of a component.

    Attributes:
        settings: The settings, with a token for every output in them: what there is to make, and under which names.
        values: The settings with the values that are known by now.
        sources: The outputs among the arguments.
        later: Awaits the settings with all values; None when nothing is waited for.
    """

    settings: T
    values: T
    sources: Sources
    later: Callable[[], Awaitable[T]] | None = None

    def part(self, select: Callable[[T], U]) -> Reading[U]:
        """Returns a part of the settings, for a component inside the one whose arguments they are."""
        later = self.later

        async def part_of_later() -> U:
            assert later  # noqa: S101 - used where there is one
            return select(await later())

        return Reading(select(self.settings), select(self.values), self.sources, part_of_later if later else None)

    def input(self, select: Callable[[T], U]) -> pulumi.Input[U]:
        """Returns what a resource is to get: a plain value, or an output where it depends on outputs.

        Args:
            select: Takes the value from the settings.
        """
        value = select(self.settings)
        needs = late_in(value)
        return self._when_known(needs, select) if needs else value

    def document(self, name: str, select: Callable[[T], str], component: pulumi.Resource) -> pulumi.Input[str]:
        """Returns a policy document that a resource is to get, and says in a preview what of it is not known.

        To the engine and to policy packs the whole text is unknown then: they see it in the update, before the resource
        is made.

        Args:
            name: What the document is called.
            select: Takes the document from the settings.
            component: The component, beside which the document is shown.
        """
        text = select(self.settings)
        if self._unknown_in(text):
            pulumi.log.info(f"{name}, as far as it is known: {self._as_far_as_known(text)}", resource=component)
        return self.input(select)

    def _as_far_as_known(self, text: str) -> str:
        def known(token: re.Match[str]) -> str:
            source = self.sources.all[int(token[1])]
            is_shown = source.is_known and not source.is_secret and isinstance(source.value, str)
            return json.dumps(source.value)[1:-1] if is_shown else f"<{_place(source.path)}>"

        return TOKEN.sub(known, text)

    def documents_in_part(self, select: Callable[[T], Mapping[str, str]]) -> dict[str, Any]:
        """Returns the policy documents of which a preview knows a part, unknown only where they are, for policy packs.

        The AWS provider makes one unknown text of a document with an unknown part, before packs see it. So the
        component says what is known, as a property that it has in such previews alone.

        Args:
            select: Takes the documents from the settings, by name.
        """
        texts = {name: text for name, text in select(self.settings).items() if self._unknown_in(text)}
        return {name: self._in_part(json.loads(text)) for name, text in texts.items()}

    def _in_part(self, value: Any) -> Any:
        if isinstance(value, dict):
            entries = cast("dict[str, Any]", value)
            return {key: self._in_part(part) for key, part in entries.items()}
        if isinstance(value, list):
            return [self._in_part(part) for part in cast("list[Any]", value)]
        needed = [self.sources.all[number] for number in late_in(value)]
        if not needed:
            return value

        def filled(values: Sequence[object]) -> str:
            texts = {str(source.number): str(one) for source, one in zip(needed, values, strict=True)}
            return TOKEN.sub(lambda token: texts[token[1]], value)

        return pulumi.Output.all(*[source.output for source in needed]).apply(filled)

    def _unknown_in(self, text: str) -> bool:
        return not {source.number for source in self.sources.unknown}.isdisjoint(late_in(text))

    def output(self, select: Callable[[T], U], after: Iterable[pulumi.Resource] = ()) -> pulumi.Output[U]:
        """Returns an output of the component.

        Args:
            select: Takes the value from the settings.
            after: Those who use the output wait until these resources exist, though its value may be known before.
        """
        value = select(self.settings)
        needs = late_in(value)
        if not needs:
            return KnownOutput(after, value)
        ready = KnownOutput(after, True)
        return pulumi.Output.all(self._when_known(needs, select), ready).apply(lambda both: both[0])

    def arn(self, select: Callable[[T], str], resource: Made) -> pulumi.Output[str]:
        """Returns the ARN that was computed for a resource, and compares it with the one that the resource gets.

        Args:
            select: Takes the computed ARN from the settings.
            resource: The resource; those who use the ARN wait until it exists.
        """
        value = select(self.settings)
        if not late_in(value):
            return KnownOutput([resource], value, lambda: compare(resource, value))

        async def compared(value: str) -> str:
            await compare(resource, value)
            return value

        return self.output(select, [resource]).apply(compared)

    def announce(self, component: pulumi.Resource) -> None:
        """Says which arguments a preview cannot know, and remembers whether tags are secret."""
        if any("tags" in source.path and (source.is_secret or not source.is_settled) for source in self.sources.all):
            current().secret_tags.add(component.pulumi_resource_name)
        unknown = self.sources.unknown
        if unknown:
            places = ", ".join(_place(source.path) for source in unknown)
            pulumi.log.info(f"not known before the update, and checked then: {places}", resource=component)

    def _when_known(self, needs: Sequence[int], select: Callable[[T], U]) -> pulumi.Output[U]:
        outputs = [self.sources.all[number].output for number in needs]

        async def later_value() -> U:
            assert self.later  # noqa: S101 - used where there is one
            return _certain(select(await self.later()))

        def value(_: Sequence[object]) -> pulumi.Input[U]:
            return later_value() if self.later else _certain(select(self.values))

        return pulumi.Output.all(*outputs).apply(value)


def read(
    component: str,
    name: str,
    given: tuple[object, Mapping[str, object]],
    reader: Callable[[Arguments], S],
    defaults: Mapping[str, object],
) -> Reading[S]:
    """Reads the arguments of a component.

    Args:
        component: The component's class.
        name: Its name in the Pulumi program.
        given: The arguments as a mapping, None when they are written by name, and those that are written by name.
        reader: Reads the settings; it may be called more than once.
        defaults: What arguments are when they are not given, or functions that find it out.

    Raises:
        ArgumentError: An argument cannot be used.
    """
    args, named = given
    subject = f"{component} {name}"

    def settings_of(arguments: Arguments) -> S:
        settings = reader(arguments)
        claim(subject, arguments, settings.claimed)
        return settings

    return _read(args, named, settings_of, subject, defaults)


def _read(
    args: object,
    named: Mapping[str, object],
    reader: Callable[[Arguments], T],
    subject: str,
    defaults: Mapping[str, object],
) -> Reading[T]:
    spelling = schema_name if isinstance(args, SchemaArguments) else python_name
    if args is not None and named:
        problems = Problems(spelling)
        twice = Refusal("are written as a mapping and by name", "write all of them in one way")
        problems.note((), None, twice)
        problems.stop_if_any(subject)
    sources = Sources(
        _completed(named if args is None else args, defaults, partial(_checked, reader, subject, spelling))
    )
    if not sources.all and not sources.forbidden:
        settings = _read_once(sources.tree, reader, Problems(spelling), subject, None)
        return Reading(settings, settings, sources)
    sources.settle(wait=pulumi.runtime.is_dry_run())
    settings = _read_with_tokens(sources, reader, subject, spelling)
    values = _read_values(sources, reader, subject, spelling)
    if not sources.waiting:
        return Reading(settings, values, sources)
    return Reading(settings, values, sources, _reading_later(sources, reader, subject, spelling))


def _completed(args: object, defaults: Mapping[str, object], check: Callable[[object, Iterable[str]], None]) -> object:
    if not isinstance(args, Mapping):
        return args
    entries = cast("Mapping[str, object]", args)
    missing = {
        name: default
        for name, default in defaults.items()
        if entries.get(name) is None and entries.get(schema_name(name)) is None
    }
    if not missing:
        return entries
    asked = {name: default for name, default in missing.items() if callable(default)}
    if asked:
        # What is wrong with the arguments themselves is said without asking anybody.
        check({**entries, **missing, **{name: Unknown() for name in asked}}, asked)
    return {**entries, **missing, **{name: default() for name, default in asked.items()}}


def _checked(
    reader: Callable[[Arguments], object], subject: str, spelling: Spelling, args: object, asked: Iterable[str]
) -> None:
    """Raises what is wrong with arguments, though some are only asked for later."""
    sources = Sources(args)
    sources.settle(wait=False)
    try:
        _read_with_tokens(sources, reader, subject, spelling)
    except ArgumentError as error:
        # What must be known for them is, once they have been asked for.
        problems = [one for one in error.problems if one.path[:1] not in [(name,) for name in asked]]
        if problems:
            raise ArgumentError(problems, subject=subject) from None


def _read_once(
    tree: object, reader: Callable[[Arguments], T], problems: Problems, subject: str, memory: dict[object, Any] | None
) -> T:
    settings = reader(Arguments(tree, problems, (), memory))
    problems.stop_if_any(subject)
    return settings


def _read_with_tokens(sources: Sources, reader: Callable[[Arguments], T], subject: str, spelling: Spelling) -> T:
    problems = Problems(spelling)
    for path in sources.forbidden:
        problems.note(path, None, Refusal("holds a character for private use", "write text that AWS takes"))
    try:
        return _read_once(sources.tree, reader, problems, subject, sources.memory)
    except pulumi.RunError:
        # The values that are known tell more problems, and these among them.
        _read_values(sources, reader, subject, spelling)
        raise


def _read_values(sources: Sources, reader: Callable[[Arguments], T], subject: str, spelling: Spelling) -> T:
    problems = Problems(spelling)
    tree = sources.with_values(problems)
    return _read_once(tree, reader, problems, subject, sources.memory)


def _reading_later(
    sources: Sources, reader: Callable[[Arguments], T], subject: str, spelling: Spelling
) -> Callable[[], Awaitable[T]]:
    async def settings() -> T:
        for source in sources.waiting:
            await source.look()
        return _read_values(sources, reader, subject, spelling)

    async def check(_: object) -> None:
        await reading

    reading = asyncio.ensure_future(settings())
    # What no resource needs is checked as well.
    pulumi.Output.all(*[source.output for source in sources.all]).apply(check)

    async def later() -> T:
        return await reading

    return later


def _certain(value: U) -> U:
    # A token that reached AWS would be part of a policy there.
    if late_in(value):
        raise RuntimeError("an output that is not known would have been written out")
    return value


def _place(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
