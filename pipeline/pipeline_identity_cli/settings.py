"""The configuration file of the command.

It is TOML. A setting at the top holds for every command that has such an option, one in a table for that command:

    stack = "dev"

    [assume]
    duration = 900
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli import toml
from pipeline_identity_cli.outcome import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

FILE = "pipeline-identity.toml"
"""What is looked for in the current folder."""


def load(named: str | None, commands: Mapping[str, click.Command]) -> dict[str, dict[str, Any]]:
    """The settings by command and by option, as click takes its defaults.

    Args:
        named: The file; None takes `pipeline-identity.toml` in the current folder, if it is there.
        commands: All commands, to know their options by.

    Raises:
        Stopped: The file cannot be read, or sets what no command has.
    """
    if named is None and not os.path.isfile(FILE):  # noqa: PTH113 - the house reads names as given
        return {}
    file = named or FILE
    try:
        content = toml.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Stopped(f"{file} cannot be read: {error.strerror}", "name your settings with --config") from None
    except ValueError as error:
        raise Stopped(f"{file} is no TOML: {error}", "correct it") from None
    several = {option for command in commands.values() for option in _options(command, several=True)}
    options = {name: _options(command) for name, command in commands.items()}
    tables = {name: cast("dict[str, Any]", table) for name, table in content.items() if isinstance(table, dict)}
    common = {name: value for name, value in content.items() if name not in tables}
    _refuse_unknown(file, common, {option for known in options.values() for option in known}, "")
    _refuse_unknown(file, tables, set(options), "table ")
    for name, table in tables.items():
        _refuse_unknown(file, table, set(options[name]), f"{name}.")
    _refuse_misshapen(file, common, several, "")
    for name, table in tables.items():
        _refuse_misshapen(file, table, several, f"{name}.")
    return {
        name: {known[option]: value for option, value in {**common, **tables.get(name, {})}.items() if option in known}
        for name, known in options.items()
    }


def _options(command: click.Command, *, several: bool = False) -> dict[str, str]:
    """Names as they are written, and as click knows them: of all options, or of those that may come several times."""
    return {
        name.removeprefix("--"): str(parameter.name)
        for parameter in command.params
        if not several or getattr(parameter, "multiple", False)
        for name in parameter.opts
        if name.startswith("--")
    }


def _refuse_unknown(file: str, given: Mapping[str, object], known: set[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise Stopped(f"{file} sets {what}{name}, which is unknown", f"use one of: {', '.join(sorted(known))}")


def _refuse_misshapen(file: str, given: Mapping[str, object], several: set[str], what: str) -> None:
    """Click would take a list's text for a file's name, and the letters of a text for a list."""
    for name, value in given.items():
        if name in several:
            is_fit = isinstance(value, list) and all(isinstance(one, str) for one in cast("list[object]", value))
            fix = f'write a list of texts: {name} = ["..."]'
        else:
            is_fit, fix = isinstance(value, str | bool | int | float), "write one value"
        if not is_fit:
            raise Stopped(f"{file} sets {what}{name} to what it cannot be", fix)
