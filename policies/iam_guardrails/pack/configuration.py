"""What `--policy-pack-config` may say: the JSON schemas the engine checks by, and the same settings as typed values.

A file holds an object for each rule, plus `iam-guardrails` for what concerns all rules. A key `//` is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, Literal, TypeAlias, TypeVar

from iam_guardrails import Settings, TrustedIdentityProvider
from iam_guardrails.pack.exceptions import PolicyException
from iam_guardrails.pack.values import Value
from iam_guardrails.settings import InvalidSetting

PACK = "iam-guardrails"
"""The name of the pack, and of the policy that carries its settings and speaks of the pack itself."""

JsonSchema: TypeAlias = dict[str, Any]
Config: TypeAlias = Mapping[str, Value]
_T = TypeVar("_T")

_COMMENT = "//"
_NEEDED = (("require-path", "paths"), ("require-tags", "tags"))
_SHORTEST_LIMIT, _LONGEST_LIMIT = 3600, 43200
_ACCOUNT = re.compile(r"[0-9]{12}")
_PATH = re.compile(r"/(.*/)?")


class ConfigurationError(ValueError):
    """The pack's settings are not what they must be; the message names each setting, its value and the fix."""


@dataclass(frozen=True)
class Configuration:
    """The settings of a run."""

    trusted_accounts: tuple[str, ...] | None = None
    """12-digit ids; None means each provider's `allowedAccountIds`."""
    trusted_organizations: tuple[str, ...] = ()
    trusted_principals: tuple[str, ...] = ()
    trusted_services: tuple[str, ...] | None = None
    trusted_identity_providers: tuple[TrustedIdentityProvider, ...] = ()
    trusted_saml_providers: tuple[str, ...] = ()
    read_only_wildcards: Literal["block", "allow"] = "block"
    on_unknown: Literal["report", "block"] = "report"
    exceptions: tuple[PolicyException, ...] = ()
    longest_session: int = 14_400
    """The longest session a role may hand out, in seconds."""
    largest_trust_policy: int = 2048
    """Characters that the account allows a trust policy."""
    oldest_key: int = 90
    """The greatest age of an access key, in days."""
    longest_overlap: int = 14
    """How long two keys of one user may both be active, in days."""
    boundaries: tuple[str, ...] = ()
    """Patterns of the permissions boundaries an identity may have."""
    paths: tuple[str, ...] = ()
    """Paths an identity may have; each covers the paths below it."""
    tags: tuple[str, ...] = ()
    """Keys of the tags every role and user carries."""

    def trust_zone(self, accounts: tuple[str, ...]) -> Settings:
        """The library's settings for a resource whose provider may deploy to these accounts."""
        return _trust_zone(self, accounts)


@lru_cache(maxsize=256)
def _trust_zone(configuration: Configuration, accounts: tuple[str, ...]) -> Settings:
    trusted = configuration.trusted_accounts if configuration.trusted_accounts is not None else accounts or None
    return Settings(
        trusted_accounts=trusted,
        trusted_organizations=configuration.trusted_organizations,
        trusted_principals=configuration.trusted_principals,
        trusted_services=configuration.trusted_services,
        trusted_identity_providers=configuration.trusted_identity_providers,
        trusted_saml_providers=configuration.trusted_saml_providers,
        read_only_wildcards=configuration.read_only_wildcards,
        max_session_duration=configuration.longest_session,
        max_trust_policy_size=configuration.largest_trust_policy,
    )


def _texts(description: str, **item: object) -> JsonSchema:
    return {"type": "array", "description": description, "items": {"type": "string", "minLength": 1, **item}}


def _number(description: str, default: int, minimum: int, maximum: int) -> JsonSchema:
    return {
        "type": "integer",
        "description": description,
        "default": default,
        "minimum": minimum,
        "maximum": maximum,
    }


def _closed(properties: JsonSchema, required: Sequence[str]) -> JsonSchema:
    return {
        "type": "object",
        "properties": {_COMMENT: {}, **properties},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT: JsonSchema = {"type": "string", "minLength": 1}

SCHEMAS: Mapping[str, JsonSchema] = {
    PACK: {
        "trustedAccounts": _texts(
            "12-digit ids of the accounts inside the trust zone; unset, each provider's allowedAccountIds",
            pattern="^[0-9]{12}$",
        ),
        "trustedOrganizations": _texts("Ids of AWS organizations inside the trust zone", pattern="^o-[a-z0-9]{10,32}$"),
        "trustedPrincipals": _texts("ARNs of single principals outside the trusted accounts that may get in"),
        "trustedServices": _texts("Service principals that may get in; unset, every AWS service"),
        "trustedIdentityProviders": {
            "type": "array",
            "description": "OIDC identity providers, with the subjects and audiences that may get in",
            "items": _closed(
                {
                    "provider": _TEXT,
                    "subjects": _texts("Patterns"),
                    "audiences": _texts("Values; sts.amazonaws.com by default"),
                },
                ["provider", "subjects"],
            ),
        },
        "trustedSamlProviders": _texts("ARNs of SAML providers whose users may get in"),
        "readOnlyWildcards": {
            "type": "string",
            "enum": ["block", "allow"],
            "description": "Whether a wildcard that covers only Read and List actions is refused",
        },
        "onUnknown": {
            "type": "string",
            "enum": ["report", "block"],
            "description": "What to do in a preview about a document that is known only after deployment",
        },
        "largestTrustPolicy": _number(
            "Characters that the account allows a trust policy, if its quota was raised",
            Configuration.largest_trust_policy,
            2048,
            8192,
        ),
        "exceptions": {
            "type": "array",
            "description": "Rules waived for named resources, until a day",
            "items": _closed(
                {
                    "rule": _TEXT,
                    "resource": _TEXT,
                    "owner": _TEXT,
                    "reason": _TEXT,
                    "ends": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                },
                ["rule", "resource", "owner", "reason", "ends"],
            ),
        },
    },
    "bounded-sessions": {
        "longestSession": _number(
            "The longest session a role may hand out, in seconds",
            Configuration.longest_session,
            _SHORTEST_LIMIT,
            _LONGEST_LIMIT,
        )
    },
    "old-access-keys": {
        "oldestKey": _number("The greatest age of an access key, in days", Configuration.oldest_key, 1, 3650)
    },
    "two-keys-never-overlap-long": {
        "longestOverlap": _number(
            "How long two keys of one user may both be active, in days", Configuration.longest_overlap, 1, 365
        )
    },
    "require-boundary": {"boundaries": _texts("Patterns (`*`, `?`) of the boundary ARNs an identity may have")},
    "require-path": {
        "paths": _texts("Paths an identity may have, each with those below it", pattern=f"^{_PATH.pattern}$")
    },
    "require-tags": {"tags": _texts("Keys of the tags every role and user carries")},
}
"""Policy name -> setting -> JSON schema."""


def configuration_from(
    configs: Mapping[str, Config], rules: Collection[str], enabled: Collection[str] = ()
) -> Configuration:
    """Read the settings of all policies.

    Args:
        configs: policy name -> its settings, as the engine hands them over.
        rules: the names of the pack's rules.
        enabled: the names of those that are switched on.

    Returns:
        The settings as typed values.

    Raises:
        ConfigurationError: a rule or a setting that does not exist, or a value that cannot be meant; all of
            them are named at once.
    """
    problems = [*_unknown_names(configs, rules)]
    values: dict[str, object] = {}
    for policy, settings in configs.items():
        for setting, value in settings.items():
            field = _FIELDS.get((policy, setting))
            if field is None:
                continue
            try:
                values[field.name] = field.read(value)
            except ConfigurationError as problem:
                problems.append(f"{policy}.{setting}: {problem}")
    configuration = Configuration(**values)  # pyright: ignore[reportArgumentType] (each field's reader returns its type)
    problems.extend(_exception_problems(configuration.exceptions, rules))
    problems.extend(
        f"{policy}.{setting} must be set, because {policy} is switched on"
        for policy, setting in _NEEDED
        if policy in enabled and not getattr(configuration, setting)
    )
    try:
        configuration.trust_zone(())
    except InvalidSetting as problem:
        problems.append(f"{PACK}.{problem}")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return configuration


def _unknown_names(configs: Mapping[str, Config], rules: Collection[str]) -> list[str]:
    problems = [
        f'"{policy}" is no rule of this pack; its rules are {", ".join(sorted(rules))}'
        for policy in configs
        if policy not in rules and policy != PACK
    ]
    for policy, settings in configs.items():
        known = SCHEMAS.get(policy, {})
        problems.extend(
            f"{policy}.{setting}: there is no such setting; {policy} has {', '.join(sorted(known)) or 'none'}"
            for setting in settings
            if setting not in known and setting != _COMMENT and (policy in rules or policy == PACK)
        )
    return problems


def _exception_problems(exceptions: Sequence[PolicyException], rules: Collection[str]) -> list[str]:
    problems: list[str] = []
    for number, found in enumerate(exceptions):
        place = f"{PACK}.exceptions[{number}]"
        if found.rule not in rules:
            problems.append(f'{place}.rule: "{found.rule}" is no rule of this pack')
        if found.covers_everything:
            problems.append(f'{place}.resource: "{found.resource}" covers every resource; name those that need it')
    return problems


@dataclass(frozen=True)
class _Field:
    name: str
    read: Callable[[Value], object]


def _text(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{value!r} is not a text")
    return value


def _list(value: Value, read: Callable[[Value], _T]) -> tuple[_T, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ConfigurationError(f"{value!r} is not a list; write [...] around it")
    return tuple(read(item) for item in value)


def _list_of(read: Callable[[Value], _T]) -> Callable[[Value], tuple[_T, ...]]:
    return lambda value: _list(value, read)


def _some_of(read: Callable[[Value], _T]) -> Callable[[Value], tuple[_T, ...]]:
    def at_least_one(value: Value) -> tuple[_T, ...]:
        found = _list(value, read)
        if not found:
            raise ConfigurationError("[] is empty; name at least one, or leave the setting out")
        return found

    return at_least_one


def _account(value: Value) -> str:
    if not isinstance(value, str) or not _ACCOUNT.fullmatch(value):
        raise ConfigurationError(f"{value!r} is not an account id; write its 12 digits in quotes")
    return value


def _path(value: Value) -> str:
    path = _text(value)
    if not _PATH.fullmatch(path):
        raise ConfigurationError(f'"{path}" is not a path; it begins and ends with /')
    return path


def _choice(*choices: str) -> Callable[[Value], str]:
    def read(value: Value) -> str:
        if value not in choices:
            raise ConfigurationError(f"{value!r} must be one of {', '.join(choices)}")
        return str(value)

    return read


def _whole_number(minimum: int, maximum: int) -> Callable[[Value], int]:
    def read(value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise ConfigurationError(f"{value!r} is not a whole number")
        if not minimum <= value <= maximum:
            raise ConfigurationError(f"{int(value)} must be between {minimum} and {maximum}")
        return int(value)

    return read


def _object(value: Value, required: Sequence[str], optional: Sequence[str] = ()) -> Config:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{value!r} is not an object")
    if missing := [name for name in required if name not in value]:
        raise ConfigurationError(f"{', '.join(missing)} must be set in {dict(value)!r}")
    if unknown := [name for name in value if name not in (*required, *optional, _COMMENT)]:
        raise ConfigurationError(f"{', '.join(unknown)}: there is no such setting in {dict(value)!r}")
    return value


def _identity_provider(value: Value) -> TrustedIdentityProvider:
    read = _object(value, ["provider", "subjects"], ["audiences"])
    return TrustedIdentityProvider(
        provider=_text(read["provider"]),
        subjects=_some_of(_text)(read["subjects"]),
        audiences=_list(read.get("audiences", ["sts.amazonaws.com"]), _text),
    )


def _exception(value: Value) -> PolicyException:
    read = _object(value, ["rule", "resource", "owner", "reason", "ends"])
    ends = _text(read["ends"])
    try:
        last_day = date.fromisoformat(ends)
    except ValueError:
        raise ConfigurationError(f'ends "{ends}" is not a day; write it as 2027-03-31') from None
    return PolicyException(
        _text(read["rule"]), _text(read["resource"]), _text(read["owner"]), _text(read["reason"]), last_day
    )


_FIELDS: Mapping[tuple[str, str], _Field] = {
    (PACK, "trustedAccounts"): _Field("trusted_accounts", _some_of(_account)),
    (PACK, "trustedOrganizations"): _Field("trusted_organizations", _list_of(_text)),
    (PACK, "trustedPrincipals"): _Field("trusted_principals", _list_of(_text)),
    (PACK, "trustedServices"): _Field("trusted_services", _list_of(_text)),
    (PACK, "trustedIdentityProviders"): _Field("trusted_identity_providers", _list_of(_identity_provider)),
    (PACK, "trustedSamlProviders"): _Field("trusted_saml_providers", _list_of(_text)),
    (PACK, "readOnlyWildcards"): _Field("read_only_wildcards", _choice("block", "allow")),
    (PACK, "onUnknown"): _Field("on_unknown", _choice("report", "block")),
    (PACK, "largestTrustPolicy"): _Field("largest_trust_policy", _whole_number(2048, 8192)),
    (PACK, "exceptions"): _Field("exceptions", _list_of(_exception)),
    ("bounded-sessions", "longestSession"): _Field("longest_session", _whole_number(_SHORTEST_LIMIT, _LONGEST_LIMIT)),
    ("old-access-keys", "oldestKey"): _Field("oldest_key", _whole_number(1, 3650)),
    ("two-keys-never-overlap-long", "longestOverlap"): _Field("longest_overlap", _whole_number(1, 365)),
    ("require-boundary", "boundaries"): _Field("boundaries", _some_of(_text)),
    ("require-path", "paths"): _Field("paths", _some_of(_path)),
    ("require-tags", "tags"): _Field("tags", _some_of(_text)),
}

# A field that no setting reaches, or the other way about, is found when the module is loaded rather than by a user.
assert {field.name for field in _FIELDS.values()} == {field.name for field in fields(Configuration)}  # noqa: S101
assert {(policy, setting) for policy, known in SCHEMAS.items() for setting in known} == set(_FIELDS)  # noqa: S101
