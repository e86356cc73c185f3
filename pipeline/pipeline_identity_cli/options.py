"""Options: declared once, as fields of a typed dataclass, from which click's parameters follow.

    @dataclass(frozen=True, kw_only=True)
    class Options(AwsOptions):
        duration: int | None = option("--duration", kind=DURATION, metavar="TIME", help="How long the session lasts.")

    def run(options: Options) -> Outcome: ...

    COMMAND = command("assume", Options, run, short_help="...")

Every option can come from the command line, from the variable `PIPELINE_IDENTITY_<COMMAND>_<OPTION>`, and from the
settings file. Wherever it comes from, an empty value is an error, and so is an invisible character in it: the variable
that a CI system did not set, and the line end of a file that Windows wrote, are the two commonest mistakes.
"""

from __future__ import annotations

import os
import re
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import click

from pipeline_identity_cli.outcome import Outcome, Stopped, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PREFIX = "PIPELINE_IDENTITY_"
"""What the variables of all options begin with."""
FILE = click.Path(allow_dash=True)
"""The name of a file; `-` stands for standard input where a command reads it."""
_DECLARED = "declared"
_HELP_NAMES = ["-h", "--help"]
_INVISIBLE = {
    "\r": "a carriage return, as a file with Windows line ends has it",
    "\n": "a line break",
    "\t": "a tab",
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
}


class Duration(click.ParamType[int]):
    """A duration as `900`, `15m`, `1h`, or `1h30m`; in seconds."""

    name = "duration"
    _PARTS = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ARG002
        """Read it.

        Raises:
            Stopped: It is no duration.
        """
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = str(value).strip()
        if re.fullmatch(r"\d{1,9}", text, re.ASCII):
            return int(text)
        parts = self._PARTS.fullmatch(text)
        if not text or parts is None:
            name = param.opts[0] if param else "the duration"
            raise Stopped(f"{name} {shown(text, 60)} is not a duration", "write it like 900, 15m, 1h or 1h30m")
        hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        return hours * 3600 + minutes * 60 + seconds


DURATION = Duration()


class Choice(click.Choice[str]):
    """One of several words; words of earlier versions still mean what they meant, and are not shown.

    Args:
        words: The words.
        earlier: Words of earlier versions, by what is called so now.
    """

    def __init__(self, words: Sequence[str], earlier: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self._earlier = earlier or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word of today."""
        return super().convert(self._earlier.get(value, value), param, ctx)


class Option(click.Option):
    """An option that knows its variable and who may set it.

    Attributes:
        steers: Whether it decides whose identity is used or where secrets go, or names a command. Such an option is not
            taken from a settings file that nobody named.
        multiline: Whether its value may hold line breaks.
        earlier: Names of earlier versions, which still work and are not shown.
    """

    def __init__(self, names: Sequence[str], declared: _Declared, destination: str, default: object) -> None:
        attributes = dict(declared.attributes)
        if default is not None and default != ():
            attributes["default"] = default
        super().__init__([*names, *declared.earlier, destination], **attributes)
        self.steers = declared.steers
        self.multiline = declared.multiline
        self.earlier = declared.earlier
        self.variables: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The name, without its dashes, as settings files have it."""
        return next(name for name in self.opts if name.startswith("--")).removeprefix("--")

    def name_variables(self, command: str) -> None:
        """Give it its variables: one for each of its long names."""
        names = [name for name in self.opts if name.startswith("--")]
        self.variables = tuple(variable(command, name) for name in names)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:  # noqa: ARG002 - as click calls it
        """The value of its variable.

        Raises:
            Stopped: The variable is set and empty. Nobody means that, and what the option guards would go unguarded.
        """
        for name in self.variables:
            if name in os.environ:
                if not os.environ[name].strip():
                    raise Stopped(f"{name} is empty", "give it a value, or unset it", kind="invalid-option")
                return os.environ[name]
        return None

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The value of its variable; of an option that may be given several times, one a line."""
        if self.multiple:
            value = self.resolve_envvar_value(ctx)
            return None if value is None else [line.strip("\r") for line in value.split("\n") if line.strip()]
        return super().value_from_envvar(ctx)

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, refused where it is empty or holds what nobody can see."""
        for one in cast("Sequence[object]", value) if isinstance(value, list | tuple) else [value]:
            if isinstance(one, str):
                check_text(f"--{self.written}", one, multiline=self.multiline)
        return super().type_cast_value(ctx, value)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The lines of `--help`, without names of earlier versions."""
        names, self.opts = self.opts, [name for name in self.opts if name not in self.earlier]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = names


def check_text(name: str, value: str, *, multiline: bool = False) -> None:
    """Refuse a value that is empty, padded, or holds a character that nobody can see.

    Args:
        name: The option, as it is written.
        value: The value.
        multiline: Whether it may hold line breaks and tabs.

    Raises:
        Stopped: It is such a value.
    """
    if not value.strip():
        raise Stopped(f"{name} is empty", f"give it a value, or leave {name} out", kind="invalid-option")
    found = next((one for one in value if not one.isprintable() and not (multiline and one in "\r\n\t")), None)
    if found is None and not multiline and value != value.strip():
        found = " "
    if found is None:
        return
    place = "at its start" if value[:1] == found else "at its end" if value[-1:] == found else "within"
    what = _INVISIBLE.get(found, f"a space {place}" if found == " " else f"the character U+{ord(found):04X}")
    raise Stopped(f"{name} {shown(value, 120)} holds {what}", "remove it where the value is set", kind="invalid-option")


def variable(command: str, name: str) -> str:
    """The variable of an option: `--role-arn` of `assume` is `PIPELINE_IDENTITY_ASSUME_ROLE_ARN`."""
    parts = [command, name.removeprefix("--")] if command else [name.removeprefix("--")]
    return PREFIX + "_".join(parts).replace("-", "_").upper()


@dataclass(frozen=True)
class _Declared:
    """What a field of a dataclass of options says of its parameter."""

    names: tuple[str, ...]
    attributes: dict[str, Any]
    steers: bool = False
    multiline: bool = False
    earlier: tuple[str, ...] = ()
    is_argument: bool = False


def option(
    *names: str,
    help: str,  # noqa: A002 - as click calls it
    kind: Any = None,
    metavar: str | None = None,
    default: Any = None,
    multiple: bool = False,
    flag: bool = False,
    required: bool = False,
    show_default: bool = False,
    hidden: bool = False,
    steers: bool = False,
    multiline: bool = False,
    earlier: tuple[str, ...] = (),
) -> Any:
    """Declare an option, as the value of a field.

    Args:
        names: How it is written, such as `--format`.
        help: What it is for, in one sentence.
        kind: A type of click; text by default.
        metavar: What stands for its value in the help.
        default: Its value where nothing sets it.
        multiple: Whether it may be given several times; the field is then a tuple.
        flag: Whether it takes no value; the field is then a bool.
        required: Whether it must be given.
        show_default: Whether the help shows the default.
        hidden: Whether the help leaves it out.
        steers: See `Option`.
        multiline: See `Option`.
        earlier: Names of earlier versions.
    """
    if flag:
        default = bool(default)
    elif multiple:
        default = tuple(default or ())
    attributes = {
        "help": help,
        "type": kind,
        "metavar": metavar,
        "multiple": multiple,
        "is_flag": flag,
        "required": required,
        "show_default": show_default,
        "hidden": hidden,
    }
    declared = _Declared(names, attributes, steers, multiline, earlier)
    return field(default=default, metadata={_DECLARED: declared})


def argument(*, kind: Any = None, many: bool = False, required: bool = True, default: Any = None) -> Any:
    """Declare an argument, as the value of a field of the same name.

    Args:
        kind: A type of click; text by default.
        many: Whether all words that are left belong to it; the field is then a tuple.
        required: Whether it must be there.
        default: Its value where it is not.
    """
    attributes = {"type": kind, "nargs": -1 if many else 1, "required": required}
    declared = _Declared((), attributes, is_argument=True)
    return field(default=() if many else default, metadata={_DECLARED: declared})


@dataclass(frozen=True, kw_only=True)
class AwsOptions:
    """How AWS is reached."""

    profile: str | None = option(
        "--profile", metavar="NAME", help="The AWS profile. [default: as the AWS CLI finds credentials]", steers=True
    )
    region: str | None = option("--region", metavar="REGION", help="The AWS region. [default: as the AWS CLI finds it]")
    retry_for: int = option(
        "--retry-for",
        kind=DURATION,
        metavar="TIME",
        default=60,
        help="How long to try again when AWS throttles or is down. [default: 60s]",
    )


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """Where a stack's outputs are."""

    outputs: str | None = option(
        "--outputs", kind=FILE, metavar="FILE", help="The stack's outputs as JSON; - reads standard input.", steers=True
    )
    stack: str | None = option(
        "--stack", metavar="NAME", help="Ask Pulumi for the outputs of this stack of the current folder.", steers=True
    )


@dataclass(frozen=True, kw_only=True)
class PipelineOptions(StackOptions):
    """Which pipeline of a stack is meant."""

    pipeline: str | None = option(
        "--pipeline", metavar="NAME", help="The pipeline, where the outputs hold several.", steers=True
    )


@dataclass(frozen=True, kw_only=True)
class ColorOptions:
    """Whether text for people has colors."""

    color: str = option(
        "--color",
        kind=Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Whether to color text.",
    )


def format_option(*forms: str, earlier: dict[str, str] | None = None, required: bool = False) -> Any:
    """Declare `--format`.

    Args:
        forms: The forms; the first is the default, unless the option is required.
        earlier: Words of earlier versions, by what is called so now.
        required: Whether a form must be named.
    """
    return option(
        "--format",
        kind=Choice(forms, earlier),
        default=None if required else forms[0],
        show_default=not required,
        required=required,
        help="The form of the result.",
    )


@dataclass
class Run:
    """What is known of a run, for the report of its failure.

    Attributes:
        command: The command's name; empty until it is known.
        form: The value of `--format`; empty until it is known.
        settings_file: The settings file that `--settings` names; None where none was named.
    """

    command: str = ""
    form: str = ""
    settings_file: str | None = None


_Options = TypeVar("_Options")


class Command(click.Command, Generic[_Options]):
    """A command whose function takes one object with its options.

    Args:
        name: The command's name.
        options: The dataclass.
        function: What carries it out.
        short_help: What it does, in one line.
        arguments_follow: Whether all words from the first argument on belong to it, options or not, as after `--`.
    """

    def __init__(
        self,
        name: str,
        options: type[_Options],
        function: Callable[[_Options], Outcome],
        *,
        short_help: str,
        arguments_follow: bool = False,
    ) -> None:
        def call(**values: Any) -> Outcome:
            return function(options(**values))

        super().__init__(
            name,
            params=_parameters(name, options),
            callback=call,
            help=function.__doc__,
            short_help=short_help,
            context_settings={
                "help_option_names": _HELP_NAMES,
                "max_content_width": 110,
                "allow_interspersed_args": not arguments_follow,
            },
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, with what settings file and environment say where they leave something out.

        Help comes whatever stands there: it is what somebody with a broken settings file asks for.
        """
        run = ctx.find_object(Run) or Run()
        run.command = str(self.name)
        options = args[: args.index("--")] if "--" in args else args
        if not ctx.resilient_parsing and not any(one in _HELP_NAMES for one in options):
            ctx.default_map = self._settings(run)
        return super().parse_args(ctx, args)

    def _settings(self, run: Run) -> dict[str, Any] | None:
        from pipeline_identity_cli import settings
        from pipeline_identity_cli.commands import every_command

        named = run.settings_file or settings.from_environment()
        if variables := settings.own_variables():
            settings.check_variables(variables, every_command())
        if named is None and not settings.is_here():
            return None
        return settings.load(named, every_command(), str(self.name))

    @property
    def settable(self) -> dict[str, Option]:
        """The options by all their names, without dashes, as settings files have them."""
        return {
            name.removeprefix("--"): one
            for one in self.params
            if isinstance(one, Option)
            for name in one.opts
            if name.startswith("--")
        }


def _parameters(command: str, options: type[Any]) -> list[click.Parameter]:
    """Own options first, then those of the bases, each group in the order in which it was written."""
    declared = {one.name: one for one in fields(options)}
    own = [name for base in options.__mro__ for name in vars(base).get("__annotations__", {}) if name in declared]
    return [_parameter(command, declared[name]) for name in dict.fromkeys(own)]


def _parameter(command: str, declaration: Any) -> click.Parameter:
    declared: _Declared = declaration.metadata[_DECLARED]
    default = None if declaration.default is MISSING else declaration.default
    if declared.is_argument:
        return click.Argument([declaration.name], default=default or None, **declared.attributes)
    made = Option(declared.names, declared, declaration.name, default)
    made.name_variables(command)
    if made.written == "format":
        made.is_eager = True
        made.callback = _note_form
    return made


def _note_form(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    run = context.find_object(Run)
    if run is not None:
        run.form = value or ""
    return value
