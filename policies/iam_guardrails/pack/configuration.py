"""What `--policy-pack-config` may say, and what the pack's own folder locks, as one configuration of a run.

The configuration file holds an object or a level for each rule, plus `iam-guardrails` for what concerns all rules;
`all` sets the level of every rule (Pulumi's own key). A key `//` is a comment. A platform team puts a file of the same
form, `policy-floor.json`, beside the pack's `PulumiPolicy.yaml`: its levels are the least, its settings are fixed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias, cast

from iam_guardrails.pack.values import Value
from iam_guardrails.rules import RULES
from iam_guardrails.settings import DECLARATIONS, Declaration, InvalidSetting, JsonSchema, Settings, declaration

PACK = "iam-guardrails"
"""The name of the pack, and of the rule that carries its settings and reports on the run itself."""
FLOOR = "policy-floor.json"
"""The file beside `PulumiPolicy.yaml` by which a platform team locks levels and settings."""

Config: TypeAlias = Mapping[str, Value]

_COMMENT = "//"
_ALL = "all"
_LEVELS_SETTING = "levels"  # in the pack, levels are the engine's `enforcementLevel`


class ConfigurationError(ValueError):
    """The pack's settings are not what they must be; the message names each setting, its value and the fix."""


class Level(Enum):
    """What a finding does to the engine's run, from the least to the most."""

    DISABLED = "disabled"
    ADVISORY = "advisory"
    REMEDIATE = "remediate"
    MANDATORY = "mandatory"

    @property
    def rank(self) -> int:
        """How much it does, to compare levels."""
        return list(Level).index(self)


_LEVEL_OF = {"error": Level.MANDATORY, "warning": Level.ADVISORY, "note": Level.ADVISORY, "off": Level.DISABLED}

DEFAULT_LEVELS: Mapping[str, Level] = {rule.id: _LEVEL_OF[rule.level] for rule in RULES.values()}
"""Rule -> its level where nothing says otherwise."""

OFF_BY_DEFAULT = frozenset(rule for rule, level in DEFAULT_LEVELS.items() if level is Level.DISABLED)


@dataclass(frozen=True)
class Floor:
    """What a platform team has locked.

    Attributes:
        path: the file, or "" where there is none.
        levels: rule -> the least level it may have.
        settings: setting -> its value, which nobody may change.
    """

    path: str = ""
    levels: Mapping[str, Level] = field(default_factory=dict[str, Level])
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class Configuration:
    """The settings and levels of a run.

    Attributes:
        settings: the settings, for all rules.
        levels: rule -> level.
        floor: what the pack's own folder locks.
        idle: the rules that are off only because a setting they need is not set.
    """

    settings: Settings = field(default_factory=Settings)
    levels: Mapping[str, Level] = field(default_factory=lambda: DEFAULT_LEVELS)
    floor: Floor = field(default_factory=Floor)
    idle: tuple[str, ...] = ()

    @property
    def off(self) -> frozenset[str]:
        """The rules that report nothing; what the pack reports of itself cannot be switched off."""
        return frozenset(rule for rule, level in self.levels.items() if level is Level.DISABLED) - {PACK}


def schema_of(rule: str) -> JsonSchema:
    """The settings that the configuration of a rule may hold: name -> JSON schema, older names among them.

    `default` is left out: the engine would fill it in, and it could not be told from a value that somebody wrote.
    """
    about = [one for one in DECLARATIONS.values() if one.name != _LEVELS_SETTING and rule in (PACK, one.rule)]
    schemas: JsonSchema = {}
    for one in about:
        plain = {name: part for name, part in one.schema.items() if name != "default"}
        schemas[one.name] = plain
        schemas.update({alias: {**plain, "description": f"Older name of {one.name}"} for alias in one.aliases})
    return schemas


def configuration_from(
    configs: Mapping[str, Config], levels: Mapping[str, Level] | None = None, floor: Floor | None = None
) -> Configuration:
    """Read what the engine hands over of all rules.

    Args:
        configs: rule -> its settings; `all` may be among them.
        levels: rule -> level, for the rules whose level is configured.
        floor: what the pack's own folder locks.

    Raises:
        ConfigurationError: a rule or a setting that does not exist, a value that cannot be meant, or a locked setting
            that has another value; everything that is wrong at once.
    """
    levels, floor = levels or {}, floor or Floor()
    problems = _unknown_rules(configs)
    given = _settings_given(configs, problems)
    problems += _against_the_floor(given, floor)
    settings = Settings()
    try:
        settings = Settings.from_mapping({name: value for name, (_, value) in given.items()} | dict(floor.settings))
    except InvalidSetting as invalid:
        problems += [_sentence(one, given) for one in invalid.all]
    problems += _exception_problems(settings)
    every = _raised(dict(DEFAULT_LEVELS) | {rule: level for rule, level in levels.items() if rule in RULES}, floor)
    lacking = [
        rule
        for rule, level in every.items()
        if level is not Level.DISABLED and (needs := RULES[rule].needs) and not getattr(settings, needs)
    ]
    # `all` switches on what nobody has chosen; a rule that lacks a setting then stays off, and the run says so.
    chosen = [rule for rule in lacking if _ALL not in configs]
    problems += [f"{rule}.{RULES[rule].needs} must be set, because {rule} is switched on" for rule in chosen]
    if problems:
        raise ConfigurationError("; ".join(problems))
    idle = tuple(sorted({*lacking}))
    return Configuration(settings, every | dict.fromkeys(idle, Level.DISABLED), floor, idle)


def _raised(levels: Mapping[str, Level], floor: Floor) -> dict[str, Level]:
    """The levels, none below its floor."""
    return {rule: max(level, floor.levels.get(rule, level), key=lambda one: one.rank) for rule, level in levels.items()}


def _unknown_rules(configs: Mapping[str, Config]) -> list[str]:
    return [
        f'"{rule}" is not a rule of this pack; its rules are {", ".join(sorted(RULES))}'
        for rule in configs
        if rule not in RULES and rule != _ALL
    ]


def _settings_given(configs: Mapping[str, Config], problems: list[str]) -> dict[str, tuple[str, Value]]:
    """Setting -> where it was written, and its value."""
    given: dict[str, tuple[str, Value]] = {}
    for rule, values in configs.items():
        for name, value in values.items():
            if name == _COMMENT or rule not in RULES:
                continue
            declared, place = declaration(name), f"{rule}.{name}"
            if declared is None or not _may_hold(rule, declared):
                known = sorted(one for one in schema_of(rule) if one in DECLARATIONS)
                problems.append(f"{place}: there is no such setting; {rule} has {', '.join(known) or 'none'}")
            elif declared.name in given:
                problems.append(f"{place}: {given[declared.name][0]} sets the same, {declared.name}; write it once")
            else:
                given[declared.name] = (place, value)
    return given


def _may_hold(rule: str, declared: Declaration) -> bool:
    return declared.name != _LEVELS_SETTING and rule in (PACK, declared.rule)


def _sentence(invalid: InvalidSetting, given: Mapping[str, tuple[str, Value]]) -> str:
    """What is wrong with a setting, by the name and the place that were written."""
    name = invalid.setting.partition("[")[0].partition(".")[0]
    place = given.get(name, (f"{PACK}.{name}", None))[0]
    return f"{place}{invalid.setting.removeprefix(name)}: {invalid.value!r} cannot be used; {invalid.fix}"


def _exception_problems(settings: Settings) -> list[str]:
    return [
        f'{PACK}.exceptions[{number}].rule: "{one.rule}" is not a rule of this pack'
        for number, one in enumerate(settings.exceptions)
        if one.rule not in RULES
    ]


# --- The floor ---------------------------------------------------------------------------------------------------


def floor_in(folder: Path) -> Floor:
    """What a platform team has locked in the pack's folder.

    Args:
        folder: the folder of `PulumiPolicy.yaml`.

    Raises:
        ConfigurationError: the file is there and cannot be read, or what it says cannot be meant. A floor that cannot
            be read locks nothing, so that nothing may run.
    """
    path = folder / FLOOR
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Floor()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
    try:
        written = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from None
    if not isinstance(written, dict):
        raise ConfigurationError(f"{path} must hold an object: rule -> level or settings")
    return _floor(str(path), cast("dict[str, Any]", written))


def _floor(path: str, written: Mapping[str, Any]) -> Floor:
    levels: dict[str, Level] = {}
    configs: dict[str, Config] = {}
    problems: list[str] = []
    for rule, value in written.items():
        if rule == _COMMENT:
            continue
        if not isinstance(value, (str, dict)):
            problems.append(f"{path}: {rule}: write a level or an object")
            continue
        parts = {"enforcementLevel": value} if isinstance(value, str) else cast("dict[str, Any]", value)
        level = parts.get("enforcementLevel")
        if level is not None and level not in [one.value for one in Level]:
            problems.append(f"{path}: {rule}: {level!r} is not a level; write {', '.join(one.value for one in Level)}")
        elif level is not None and rule == _ALL:
            levels = {one: Level(level) for one in RULES if one not in OFF_BY_DEFAULT} | levels
        elif level is not None:
            levels[rule] = Level(level)
        configs[rule] = {name: part for name, part in parts.items() if name != "enforcementLevel"}
    problems += [f"{path}: {one}" for one in _unknown_rules(configs)]
    unknown: list[str] = []
    given = _settings_given(configs, unknown)
    problems += [f"{path}: {one}" for one in unknown]
    settings = {name: value for name, (_, value) in given.items()}
    try:
        Settings.from_mapping(settings)
    except InvalidSetting as invalid:
        problems += [f"{path}: {_sentence(one, given)}" for one in invalid.all]
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Floor(path, levels, settings)


def _against_the_floor(given: Mapping[str, tuple[str, Value]], floor: Floor) -> list[str]:
    return [
        f"{place}: it is locked by {floor.path}; leave it out, or ask the platform team for another value"
        for name, (place, value) in given.items()
        if name in floor.settings and floor.settings[name] != value
    ]


def accounts_of(settings: Settings, accounts: Collection[str]) -> tuple[str, ...] | None:
    """The trusted accounts for a resource: what the settings say, else the one account that its provider deploys to.

    A program chooses its own providers: an account that it lists beside its own is not trusted by that.

    Args:
        settings: the settings.
        accounts: the accounts that the resource's provider may deploy to.
    """
    if settings.trusted_accounts is not None:
        return tuple(settings.trusted_accounts)
    return tuple(accounts) if len(accounts) == 1 else () if accounts else None
