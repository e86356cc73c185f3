"""Settings: a TOML file and the environment, both refused by name where they cannot be meant.

A setting at the top of the file holds for every command that has such an option, one in a table for that command:

    region = "eu-west-1"

    [assume]
    duration = "15m"

A file that nobody named is one that a change to the repository can bring along. So it may set only what does not decide
whose identity is used, where secrets go, or which program runs.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli import toml
from pipeline_identity_cli.options import PREFIX
from pipeline_identity_cli.outcome import Stopped, one_line, shown
from pipeline_identity_cli.texts import named as named_file
from pipeline_identity_cli.texts import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_identity_cli.options import Command, Option

FILE = "pipeline-identity.toml"
"""What is looked for in the current folder."""
DEBUG = f"{PREFIX}DEBUG"
"""The variable that asks for stack traces."""
NAMED_BY = (f"{PREFIX}SETTINGS", f"{PREFIX}CONFIG")
"""The variables that name a settings file; the second is of earlier versions."""


def load(named: str | None, commands: Mapping[str, Command[Any]], command: str) -> dict[str, Any]:
    """What the settings file says of a command, by the names that click has for its options.

    Args:
        named: The file; None takes `pipeline-identity.toml` in the current folder, if it is there.
        commands: All commands, to know their options by.
        command: The command that runs.

    Raises:
        Stopped: The file cannot be read, or sets what no command has, or what a file that nobody named may not set.
    """
    file = named or FILE
    content = _read(file)
    options = {name: one.settable for name, one in commands.items()}
    tables = {name: cast("dict[str, Any]", one) for name, one in content.items() if isinstance(one, dict)}
    common = {name: value for name, value in content.items() if name not in tables}
    every = {name: one for known in options.values() for name, one in known.items()}
    _refuse_unknown(file, tables, options, "table ")
    for table, values, known in [("", common, every), *((f"{name}.", tables[name], options[name]) for name in tables)]:
        _refuse_unknown(file, values, known, table)
        for name, value in values.items():
            if not named and known[name].steers:
                fix = f"if you trust it, name the file with --settings {FILE} or {NAMED_BY[0]}"
                problem = f"{file} sets {table}{name}, which a settings file that was not named may not set"
                raise Stopped(problem, fix, kind="invalid-settings")
            _refuse_misshapen(f"{file} sets {table}{name}", name, value, known[name])
    of_command = options[command]
    return {
        str(of_command[name].name): value
        for name, value in {**common, **tables.get(command, {})}.items()
        if name in of_command
    }


def is_here() -> bool:
    """Whether the current folder has a settings file."""
    return os.path.isfile(FILE)  # noqa: PTH113 - the house reads names as given


def from_environment() -> str | None:
    """The settings file that a variable names.

    Raises:
        Stopped: The variable is empty.
    """
    for name in NAMED_BY:
        if name in os.environ:
            if not os.environ[name].strip():
                raise Stopped(f"{name} is empty", "name a file, or unset it", kind="invalid-settings")
            return os.environ[name]
    return None


def check_variables(names: Iterable[str], commands: Mapping[str, Command[Any]]) -> None:
    """Refuse variables that look like an option's and are none.

    Args:
        names: The variables that begin with `PIPELINE_IDENTITY_`.
        commands: All commands.

    Raises:
        Stopped: One is unknown. A misspelled option would otherwise be left out without a word.
    """
    known = {DEBUG, *NAMED_BY}
    known |= {name for one in commands.values() for option in one.settable.values() for name in option.variables}
    for name in sorted(names):
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1, cutoff=0.85)
            fix = f"did you mean {near[0]}?" if near else "unset it, or give it another name"
            problem = f"the variable {one_line(name, 100)} is set, and no command has such an option"
            raise Stopped(problem, fix, kind="unknown-variable")


def own_variables() -> list[str]:
    """The variables of the environment that begin as those of options do, and are not always known."""
    return [name for name in os.environ if name.startswith(PREFIX) and name not in (DEBUG, *NAMED_BY)]


def _read(file: str) -> dict[str, Any]:
    text = read(file, "", "name your settings with --settings")
    try:
        return toml.loads(text)
    except ValueError as error:
        problem = f"{named_file(file)} is not TOML: {one_line(str(error))}"
    except RecursionError:
        problem = f"{named_file(file)} is nested too deeply"
    raise Stopped(problem, "correct it", kind="invalid-settings")


def _refuse_unknown(file: str, given: Iterable[str], known: Iterable[str], what: str) -> None:
    names = sorted(known)
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(names)}"
            raise Stopped(f"{file} sets {what}{one_line(name, 80)}, which is unknown", fix, kind="invalid-settings")


def _refuse_misshapen(where: str, name: str, value: object, option: Option) -> None:
    """Click would take a list's text for a file's name, and the letters of a text for a list."""
    if option.multiple:
        fits = isinstance(value, list) and all(isinstance(one, str) for one in cast("list[object]", value))
        fix = f'write a list of texts: {name} = ["..."]'
    elif option.is_flag:
        fits, fix = isinstance(value, bool), "write true or false"
    else:
        # Numbers are for durations and counts: a text that was written as a number has lost its leading zeros.
        fits, fix = isinstance(value, str | int | float) and not isinstance(value, bool), "write one value"
    if not fits:
        raise Stopped(
            f"{where} to {shown(repr(cast('object', value)), 60)}, which it cannot be", fix, kind="invalid-settings"
        )
