"""The settings: each one declared once, and from that its checks, its JSON schema and its documentation.

A setting has one name in Python, in the command's TOML file and in the configuration of the policy pack. Names that
earlier versions used in the pack's configuration keep working as aliases. The declarations need nothing but the
standard library: `attrs` and `cattrs` would add over 0.1 s to the first answer of the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Any, TypeAlias, cast

from iam_guardrails.exceptions import PolicyException, TooWide
from iam_guardrails.issuers import issuer_of, missing_owner
from iam_guardrails.language import principals
from iam_guardrails.language.patterns import matches
from iam_guardrails.reasoning.zone import TokenTrust, Zone

JsonSchema: TypeAlias = dict[str, Any]
_COMMENT = "//"
_ACCOUNT = r"[0-9]{12}"
_ISSUER = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[^\s*?]*)?")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
_TRUSTED_ARN = re.compile(r"arn:[^:*?]+:(?:iam|sts)::([^:]*):(.+)", re.DOTALL)
_OWNERS = re.compile(r"[0-9]{12}|cloudfront")


class InvalidSetting(ValueError):
    """A setting has a value that cannot be meant; the text names the setting, the value and the fix.

    Attributes:
        setting: the name of the setting, such as "trusted_accounts".
        value: the value that was given.
        fix: what to write in its place.
        others: further settings that are wrong too.
    """

    def __init__(self, setting: str, value: object, fix: str, others: Iterable[InvalidSetting] = ()) -> None:
        self.setting = setting
        self.value = value
        self.fix = fix
        self.others = tuple(others)
        super().__init__("; ".join([self.sentence, *(one.sentence for one in self.others)]))

    @property
    def sentence(self) -> str:
        """What is wrong with this one setting."""
        return f"{self.setting}: {self.value!r} cannot be used; {self.fix}"

    @property
    def all(self) -> tuple[InvalidSetting, ...]:
        """This mistake and the others that were made."""
        return (self, *self.others)


def _together(problems: list[InvalidSetting]) -> None:
    """Raise what is wrong, all at once."""
    if problems:
        first, *others = problems
        raise InvalidSetting(first.setting, first.value, first.fix, others)


# --- What a setting can hold -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """What values of a setting look like: how they are read, and the JSON schema that says so.

    Attributes:
        read: takes the name of the setting and a value, and returns the value in the form the program uses; raises
            InvalidSetting.
        schema: the JSON schema of the values.
    """

    read: Callable[[str, object], object]
    schema: JsonSchema


def _text(setting: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidSetting(setting, value, "write a text")
    return value


def _listed(setting: str, values: object) -> list[object]:
    if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
        raise InvalidSetting(setting, cast("object", values), "give a list: write [...] around it")
    return list(cast("Iterable[object]", values))


def _texts(pattern: str = "", fix: str = "give texts", check: Callable[[str, str], None] | None = None) -> Form:
    """A list of texts, each of which matches a pattern and passes a check."""
    compiled = re.compile(pattern) if pattern else None

    def read(setting: str, values: object) -> tuple[str, ...]:
        texts: list[str] = []
        for value in _listed(setting, values):
            if not isinstance(value, str) or not value.strip() or (compiled and not compiled.fullmatch(value)):
                raise InvalidSetting(setting, value, fix)
            if check is not None:
                check(setting, value)
            texts.append(value)
        return tuple(texts)

    items: JsonSchema = {"type": "string", "minLength": 1}
    return Form(read, {"type": "array", "items": {**items, "pattern": f"^(?:{pattern})$"} if pattern else items})


def _whole(least: int, most: int) -> Form:
    """A whole number; the engine sends numbers as floats."""

    def read(setting: str, value: object) -> int:
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        if type(number) is not int or not least <= number <= most:
            raise InvalidSetting(setting, value, f"give a whole number from {least:,} to {most:,}")
        return number

    return Form(read, {"type": "integer", "minimum": least, "maximum": most})


def _choice(*choices: str) -> Form:
    def read(setting: str, value: object) -> str:
        if value not in choices:
            raise InvalidSetting(setting, value, f"write {' or '.join(f'{choice!r}' for choice in choices)}")
        return str(value)

    return Form(read, {"type": "string", "enum": list(choices)})


def _objects(of: Callable[[], type[Any]], parts: JsonSchema, required: list[str], one_of: tuple[str, ...] = ()) -> Form:
    """A list of objects, given as instances of a class or as mappings with the class's field names.

    Args:
        of: gives the class.
        parts: the JSON schema of each field.
        required: the fields that must be given.
        one_of: fields of which at least one must be given.
    """

    def read(setting: str, values: object) -> tuple[object, ...]:
        made: list[object] = []
        for number, value in enumerate(_listed(setting, values)):
            if isinstance(value, of()):
                made.append(value)
                continue
            here = f"{setting}[{number}]"
            if not isinstance(value, Mapping):
                raise InvalidSetting(here, value, f"write an object with {', '.join((*required, *one_of[:1]))}")
            made.append(of()(**_known_parts(here, cast("Mapping[str, object]", value), parts, required, one_of)))
        return tuple(made)

    schema: JsonSchema = {"type": "object", "properties": {_COMMENT: {}, **parts}, "required": required}
    if one_of:
        schema["anyOf"] = [{"required": [name]} for name in one_of]
    return Form(read, {"type": "array", "items": {**schema, "additionalProperties": False}})


def _known_parts(
    here: str,
    value: Mapping[str, object],
    parts: Mapping[str, object],
    required: Iterable[str],
    one_of: tuple[str, ...] = (),
) -> dict[str, object]:
    """The parts of an object, without comments; raises for one that is missing or unknown."""
    given = {name: part for name, part in value.items() if name != _COMMENT}
    for name in required:
        if name not in given:
            raise InvalidSetting(here, dict(given), f"{name} must be set")
    if one_of and not given.keys() & set(one_of):
        raise InvalidSetting(here, dict(given), f"{one_of[0]} must be set, or {' or '.join(one_of[1:])}")
    for name in given:
        if name not in parts:
            raise InvalidSetting(f"{here}.{name}", given[name], f"there is no such setting; {_suggestion(name, parts)}")
    return given


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name.replace("-", "_"), names, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


# --- Values that must not trust the world ------------------------------------------------------------------------


def _principal(setting: str, text: str) -> None:
    """Refuse a principal that names no account: it would trust the accounts of others, too."""
    if _CANONICAL_USER.fullmatch(text) or re.fullmatch(_ACCOUNT, text):
        return
    arn = _TRUSTED_ARN.fullmatch(text)
    if arn is None:
        fix = "give the ARN of a role, user or account root, an account id or an S3 canonical user id"
        raise InvalidSetting(setting, text, f"{fix}; name an account in the ARN, or it trusts everyone")
    if not _OWNERS.fullmatch(arn[1]):
        raise InvalidSetting(setting, text, "name an account in the ARN, all 12 digits, or it trusts everyone")


def _boundary(setting: str, text: str) -> None:
    """Refuse a pattern that takes in AWS's policy for administrators: such a boundary bounds nothing."""
    if matches(text, "arn:aws:iam::aws:policy/AdministratorAccess"):
        fix = "name the boundaries: this takes in AdministratorAccess, which bounds nothing"
        raise InvalidSetting(setting, text, fix)


def _service(setting: str, text: str) -> None:
    if not re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", text):
        raise InvalidSetting(setting, text, f'write the service principal with its domain, such as "{_domain(text)}"')


def _domain(text: str) -> str:
    return f"{text}.amazonaws.com" if re.fullmatch(r"[a-z0-9-]+", text) else "lambda.amazonaws.com"


@dataclass(frozen=True)
class TrustedIdentityProvider:
    """A web identity provider (OIDC), and whose tokens of it are trusted.

    A token is trusted if its subject matches one of the subjects, its audience one of the audiences, and each claim
    that is listed one of its patterns. Several entries for one provider are alternatives: a token needs to match one.

    Attributes:
        provider: the issuer as it stands in the ARN of the provider in IAM, without `https://`: with its port, its path
            and a slash at the end if it has one ("token.actions.githubusercontent.com", "acme.eu.auth0.com/").
        subjects: patterns (`*`, `?`) of the `sub` claims that are trusted. ["*"] trusts every subject, as for Cognito,
            where the audience names the identity pool; the audience must then be checked. Where one issuer serves
            everybody (GitHub, GitLab.com, ...), each pattern must name the organization in full, unless a claim does.
            Default: every subject, where claims are given; without claims, subjects must be.
        audiences: patterns of the `aud` claims that are trusted. Default: what AWS STS expects, "sts.amazonaws.com".
        claims: further claims that are trusted, by name and as patterns, such as
            {"repository_owner_id": ["1001"]}: those that AWS STS reads of the issuer's tokens. Ids are the surest:
            names can be registered anew by somebody else. Default: none.

    Raises:
        InvalidSetting: a value is empty or not a text, the provider is not a host with an optional path, AWS STS does
            not read a claim of the issuer, or the tokens of other customers of the issuer would be trusted.
    """

    provider: str
    subjects: Iterable[str] = ()
    audiences: Iterable[str] = ("sts.amazonaws.com",)
    claims: Mapping[str, Iterable[str]] = field(default_factory=dict[str, Iterable[str]], hash=False)

    def __post_init__(self) -> None:
        name = "trusted_identity_providers"
        provider = _text(f"{name}.provider", self.provider).removeprefix("https://")
        if not _ISSUER.fullmatch(provider):
            fix = "give the issuer's host, and its path if it has one"
            raise InvalidSetting(f"{name}.provider", self.provider, fix)
        object.__setattr__(self, "provider", provider)
        for part in ("subjects", "audiences"):
            object.__setattr__(self, part, _texts().read(f"{name}.{part}", getattr(self, part)))
        object.__setattr__(self, "claims", _claims(f"{name}.claims", provider, self.claims))
        self._check_owner(name)

    def _check_owner(self, name: str) -> None:
        """Refuse to trust the tokens of everybody who uses the issuer."""
        if not tuple(self.subjects) and not self.claims:
            raise InvalidSetting(f"{name}.subjects", [], "it is empty; name at least one, or claims")
        known = issuer_of(self.provider)
        for claim, values in self.claims.items():
            if all(known.claims[claim].names_owner(value) for value in values):
                return
        for part in ("subjects", "audiences"):
            for value in cast("tuple[str, ...]", getattr(self, part)):
                if fix := missing_owner(self.provider, part, value):
                    raise InvalidSetting(f"{name}.{part}", value, fix)
        if known.shared and known.owner_part == "subjects" and not tuple(self.subjects):
            owners = [one.name for one in known.claims.values() if one.owner and one.name != known.subject]
            fix = f"{self.provider} serves everybody: name your own in full by {' or '.join(owners)}, or by subjects"
            raise InvalidSetting(f"{name}.claims", dict(self.claims), fix)


def _claims(setting: str, provider: str, claims: object) -> dict[str, tuple[str, ...]]:
    """The claims of an entry, each of which AWS STS reads of the issuer's tokens."""
    if not isinstance(claims, Mapping):
        raise InvalidSetting(setting, claims, 'write claims and their patterns: {"repository_owner_id": ["1001"]}')
    known = issuer_of(provider)
    read: dict[str, tuple[str, ...]] = {}
    for claim, values in cast("Mapping[str, object]", claims).items():
        here = f"{setting}.{claim}"
        if claim == _COMMENT:
            continue
        if claim in (known.subject, known.audience):
            part = "subjects" if claim == known.subject else "audiences"
            raise InvalidSetting(here, values, f"write it under {part}")
        if claim not in known.claims:
            others = [one for one in known.claims if one not in (known.subject, known.audience)]
            fix = f"AWS STS reads no such claim of tokens of {provider}; {_suggestion(claim, others)}"
            raise InvalidSetting(here, values, fix)
        texts = cast("tuple[str, ...]", _texts(fix='give texts: an id stands in quotes, as "1001"').read(here, values))
        if not texts:
            raise InvalidSetting(here, [], "it is empty; name at least one pattern, or leave the claim out")
        read[claim] = texts
    return read


_TRUST_LISTS: Mapping[str, tuple[str, Form]] = {
    "trusted_accounts": (
        "ids (12 digits) of the accounts whose principals are trusted",
        _texts(_ACCOUNT, "an account id has 12 digits, as text"),
    ),
    "trusted_organizations": (
        'ids ("o-...") of the organizations of AWS Organizations whose members are trusted',
        _texts(r"o-[a-z0-9]{10,32}", 'an organization id looks like "o-a1b2c3d4e5"'),
    ),
    "trusted_principals": (
        "ARNs of trusted principals outside the trusted accounts; `*` may stand in a name, not in the account",
        _texts(check=_principal),
    ),
    "trusted_services": (
        'service principals that are trusted, such as "lambda.amazonaws.com"; unset, every AWS service is',
        _texts(check=_service),
    ),
    "trusted_identity_providers": (
        "OIDC identity providers, with the subjects, audiences and other claims that are trusted",
        _objects(
            lambda: TrustedIdentityProvider,
            {
                "provider": {"type": "string", "minLength": 1},
                "subjects": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "audiences": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "claims": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string", "minLength": 1}},
                },
            },
            ["provider"],
            ("subjects", "claims"),
        ),
    ),
    "trusted_saml_providers": (
        "ARNs of the trusted SAML providers",
        _texts(
            r"arn:[^:*?]+:iam::[0-9]{12}:saml-provider/[^:]+",
            "give the ARN of the provider: arn:aws:iam::<account>:saml-provider/<name>",
        ),
    ),
    "trusted_vpc_endpoints": (
        "ids of VPC endpoints (vpce-...): requests that arrive through them are trusted",
        _texts(r"vpce-[0-9a-f]{8,17}", 'the id of a VPC endpoint looks like "vpce-0123456789abcdef0"'),
    ),
}
"""The settings that say who is trusted: description and form."""


@dataclass(frozen=True)
class TrustZone:
    """Who is trusted besides, in some stacks, environments or resources only.

    A zone adds to what the settings trust everywhere, so what holds everywhere should be little.

    Attributes:
        stacks: patterns (`*`, `?`) of stack names; "prod", "acme/app/prod" and so on.
        environments: values of the stack tag "environment".
        resources: patterns of the names that resources have in the program.
        trusted_accounts: as in the settings; so are the others.

    Raises:
        InvalidSetting: it names neither stacks nor environments nor resources, or a value cannot be meant.
    """

    stacks: Iterable[str] = ()
    environments: Iterable[str] = ()
    resources: Iterable[str] = ()
    trusted_accounts: Iterable[str] = ()
    trusted_organizations: Iterable[str] = ()
    trusted_principals: Iterable[str] = ()
    trusted_services: Iterable[str] = ()
    trusted_identity_providers: Iterable[TrustedIdentityProvider | Mapping[str, object]] = ()
    trusted_saml_providers: Iterable[str] = ()
    trusted_vpc_endpoints: Iterable[str] = ()

    def __post_init__(self) -> None:
        for name in ("stacks", "environments", "resources"):
            object.__setattr__(self, name, _texts().read(f"trust_zones.{name}", getattr(self, name)))
        for name, (_, form) in _TRUST_LISTS.items():
            object.__setattr__(self, name, form.read(f"trust_zones.{name}", getattr(self, name)))
        if not (self.stacks or self.environments or self.resources):
            raise InvalidSetting("trust_zones", {}, "name the stacks, environments or resources that it is about")

    def covers(self, stack: str, environment: str, resource: str) -> bool:
        """Whether the zone is about a resource: each of its limits that is given must hold."""
        names = (stack, stack.rpartition("/")[2])
        return (
            (not self.stacks or any(matches(one, name) for one in self.stacks for name in names))
            and (not self.environments or environment in tuple(self.environments))
            and (not self.resources or any(matches(one, resource) for one in self.resources))
        )


LEVELS = ("error", "warning", "note", "off")
"""What a finding of a rule is: an error stops a deployment, a warning and a note do not, "off" is not reported."""


def _levels(setting: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidSetting(setting, value, 'write rules and levels: {"confused-deputy": "off"}')
    levels: dict[str, str] = {}
    for rule, level in cast("Mapping[object, object]", value).items():
        if level not in LEVELS:
            raise InvalidSetting(f"{setting}.{rule}", level, f"write one of {', '.join(LEVELS)}")
        levels[str(rule)] = str(level)
    return levels


def _exceptions(setting: str, values: object) -> tuple[PolicyException, ...]:
    made: list[PolicyException] = []
    for number, value in enumerate(_listed(setting, values)):
        here = f"{setting}[{number}]"
        if not isinstance(value, PolicyException):
            if not isinstance(value, Mapping):
                raise InvalidSetting(here, value, f"write an object with {', '.join(_EXCEPTION)}")
            parts = _known_parts(here, cast("Mapping[str, object]", value), _EXCEPTION, _EXCEPTION)
            value = PolicyException(
                **{name: _text(f"{here}.{name}", parts[name]) for name in ("rule", "resource", "owner", "reason")},
                ends=_day(f"{here}.ends", parts["ends"]),
                finding=_one_or_more(f"{here}.finding", parts["finding"]),
            )
        try:
            value.check()
        except TooWide as wide:
            raise InvalidSetting(f"{here}.{wide.part}", wide.value, wide.fix) from None
        made.append(value)
    return tuple(made)


def _one_or_more(setting: str, value: object) -> tuple[str, ...]:
    return (
        (_text(setting, value),) if isinstance(value, str) else cast("tuple[str, ...]", _texts().read(setting, value))
    )


def _day(setting: str, value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(setting, value))
    except ValueError:
        raise InvalidSetting(setting, value, "write the last day on which it holds as 2027-03-31") from None


_EXCEPTION: JsonSchema = {
    "rule": {"type": "string", "minLength": 1},
    "resource": {"type": "string", "minLength": 1},
    "finding": {"type": ["string", "array"], "items": {"type": "string", "minLength": 1}},
    "owner": {"type": "string", "minLength": 1},
    "reason": {"type": "string", "minLength": 1},
    "ends": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}


# --- The settings ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declaration:
    """What a setting is: everything that is written down of it.

    Attributes:
        name: the name in Python, TOML and the pack's configuration.
        description: what it does, for schemas and documentation; starts with a capital letter, no full stop.
        form: how its values are read.
        default: what holds where it is not set.
        rule: the rule whose configuration may hold it, too; "" for what concerns all.
        aliases: names that earlier versions had for it in the pack's configuration.
    """

    name: str
    description: str
    form: Form
    default: object
    rule: str
    aliases: tuple[str, ...]

    @property
    def schema(self) -> JsonSchema:
        """The JSON schema of its values."""
        plain = self.default if isinstance(self.default, (str, int)) else None
        return {
            **self.form.schema,
            "description": self.description,
            **({} if plain is None else {"default": plain}),
        }


def _declare(default: Any, description: str, form: Form, *aliases: str, rule: str = "") -> Any:
    metadata = {"description": description, "form": form, "rule": rule, "aliases": aliases}
    if default == {}:
        return field(default_factory=dict[str, str], metadata=metadata)
    return field(default=default, metadata=metadata)


def _trust(name: str, default: object, alias: str, more: str = "") -> Any:
    description, form = _TRUST_LISTS[name]
    return _declare(default, description[0].upper() + description[1:] + more, form, alias)


_PATH = r"/(.*/)?"
_ZONE: JsonSchema = {
    **{name: _texts().schema for name in ("stacks", "environments", "resources")},
    **{name: form.schema for name, (_, form) in _TRUST_LISTS.items()},
}


@dataclass(frozen=True)
class Settings:
    """The trust zone, how strict the rules are, and the exceptions: one object for the library, the command, the pack.

    Attributes:
        trusted_accounts: ids (12 digits) of the accounts whose principals are trusted. Needed to evaluate whatever
            names an account. An empty list trusts no account. None: not said; the policy pack then takes the account
            that a resource's provider deploys to.
        trusted_organizations: ids ("o-...") of the AWS Organizations whose members are trusted.
        trusted_principals: ARNs of trusted principals of other owners. `*` and `?` may stand in a name, not in the
            account. The ARN of an account's root, or its id, stands for the whole account. S3 canonical user ids too.
        trusted_services: service principals that are trusted, such as "lambda.amazonaws.com". None: all of AWS's, as
            IAM Access Analyzer has it.
        trusted_identity_providers: web identity providers and their trusted subjects, audiences and claims.
        trusted_saml_providers: ARNs of the trusted SAML providers.
        trusted_vpc_endpoints: ids ("vpce-...") of VPC endpoints; requests that arrive through them are trusted.
        trust_zones: who is trusted besides, in some stacks, environments or resources only.
        read_only_wildcards: "block" rejects wildcards in actions also where all they match only reads; "allow" accepts
            those.
        max_session_duration: seconds that a role's session may last before it is remarked on (900 to 43,200).
        max_trust_policy_size: characters that the account allows a trust policy (2,048 unless its quota was raised).
        max_key_age: days after which an access key is old (1 to 3,650).
        max_key_overlap: days for which two access keys of a user may both be active (1 to 365).
        allowed_boundaries: patterns (`*`, `?`) of the ARNs of the permissions boundaries an identity may have.
        allowed_paths: paths that a role or user may have; each covers the paths below it.
        required_tags: keys of the tags that every role and user must have.
        protected_roles: patterns (`*`, `?`) of the ARNs or names of roles that no user may come to act as, over any
            chain of roles and services, as if they were administrators.
        on_unknown: "report" accepts, with a note, what is known only after deployment; "block" rejects it.
        levels: rule id -> "error", "warning", "note" or "off", in place of the rule's own level.
        exceptions: findings that are accepted until a day, each with its owner and reason.

    Raises:
        InvalidSetting: names each setting that is wrong, its value and the fix.
    """

    trusted_accounts: Iterable[str] | None = _trust("trusted_accounts", None, "trustedAccounts")
    trusted_organizations: Iterable[str] = _trust("trusted_organizations", (), "trustedOrganizations")
    trusted_principals: Iterable[str] = _trust("trusted_principals", (), "trustedPrincipals")
    trusted_services: Iterable[str] | None = _trust("trusted_services", None, "trustedServices")
    trusted_identity_providers: Iterable[TrustedIdentityProvider] = _trust(
        "trusted_identity_providers", (), "trustedIdentityProviders"
    )
    trusted_saml_providers: Iterable[str] = _trust("trusted_saml_providers", (), "trustedSamlProviders")
    read_only_wildcards: str = _declare(
        "block",
        "Whether a wildcard that covers only actions that read is rejected",
        _choice("block", "allow"),
        "readOnlyWildcards",
        rule="no-wildcard-actions",
    )
    max_session_duration: int = _declare(
        14_400,
        "Longest session of a role, in seconds, before it is remarked on",
        _whole(900, 43_200),
        "longestSession",
        rule="bounded-sessions",
    )
    max_trust_policy_size: int = _declare(
        2048,
        "Characters that the account allows a trust policy, if its quota was raised",
        _whole(2048, 8192),
        "largestTrustPolicy",
    )
    trusted_vpc_endpoints: Iterable[str] = _trust("trusted_vpc_endpoints", (), "trustedVpcEndpoints")
    trust_zones: Iterable[TrustZone] = _declare(
        (),
        "Who is trusted besides, in some stacks, environments (stack tag) or resources only",
        _objects(lambda: TrustZone, _ZONE, []),
        "trustZones",
    )
    max_key_age: int = _declare(
        90, "Greatest age of an access key, in days", _whole(1, 3650), "oldestKey", rule="old-access-keys"
    )
    max_key_overlap: int = _declare(
        14,
        "Days for which two access keys of a user may both be active",
        _whole(1, 365),
        "longestOverlap",
        rule="two-keys-never-overlap-long",
    )
    allowed_boundaries: Iterable[str] = _declare(
        (),
        "Patterns (`*`, `?`) of the ARNs of the permissions boundaries an identity may have",
        _texts(check=_boundary),
        "boundaries",
        rule="require-boundary",
    )
    allowed_paths: Iterable[str] = _declare(
        (),
        "Paths a role or user may have, each with those below it",
        _texts(_PATH, "a path begins and ends with /"),
        "paths",
        rule="require-path",
    )
    required_tags: Iterable[str] = _declare(
        (), "Keys of the tags that every role and user must have", _texts(), "tags", rule="require-tags"
    )
    protected_roles: Iterable[str] = _declare(
        (),
        "Patterns (`*`, `?`) of the ARNs or names of roles that no user may come to act as, over any chain",
        _texts(),
        "protectedRoles",
        rule="no-privilege-escalation",
    )
    on_unknown: str = _declare(
        "report",
        "What a preview does about a value that is known only after deployment",
        _choice("report", "block"),
        "onUnknown",
    )
    levels: Mapping[str, str] = _declare(
        {},
        "Level of a rule in place of its own: error, warning, note or off",
        Form(_levels, {"type": "object", "additionalProperties": {"type": "string", "enum": list(LEVELS)}}),
    )
    exceptions: Iterable[PolicyException] = _declare(
        (),
        "Findings that are accepted until a day, each with rule, resource, finding, owner and reason",
        Form(
            _exceptions,
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {_COMMENT: {}, **_EXCEPTION},
                    "required": list(_EXCEPTION),
                    "additionalProperties": False,
                },
            },
        ),
    )

    def __post_init__(self) -> None:
        problems: list[InvalidSetting] = []
        for one in DECLARATIONS.values():
            value = getattr(self, one.name)
            if value is None and one.default is None:
                continue
            try:
                object.__setattr__(self, one.name, one.form.read(one.name, value))
            except InvalidSetting as problem:
                problems += problem.all
        _together(problems)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Settings:
        """Settings from names and plain values, as a file holds them.

        Args:
            values: names of settings, or aliases of earlier versions, and their values; a name "//" is a comment.

        Raises:
            InvalidSetting: an unknown name, a setting that is given by two names, or a value that cannot be meant;
                everything that is wrong at once.
        """
        problems: list[InvalidSetting] = []
        given: dict[str, object] = {}
        for name, value in values.items():
            if name == _COMMENT:
                continue
            declared = declaration(name)
            if declared is None:
                fix = f"there is no such setting; {_suggestion(name, DECLARATIONS)}"
                problems.append(InvalidSetting(name, value, fix))
            elif declared.name in given:
                problems.append(InvalidSetting(name, value, f"{declared.name} is set by another name, too"))
            else:
                given[declared.name] = value
        try:
            made = cls(**given)  # pyright: ignore[reportArgumentType] (each setting's form reads what is given)
        except InvalidSetting as problem:
            problems += problem.all
        else:
            if not problems:
                return made
        _together(problems)
        raise AssertionError  # unreachable: there is a problem, or the settings were returned

    @cached_property
    def zone(self) -> Zone:
        """The trust zone that these settings describe."""
        providers: dict[str, tuple[TokenTrust, ...]] = {}
        for one in self.trusted_identity_providers:
            claims = tuple((claim, tuple(values)) for claim, values in one.claims.items())
            trust = TokenTrust.of(tuple(one.subjects) or ("*",), tuple(one.audiences), claims)
            providers[one.provider] = (*providers.get(one.provider, ()), trust)
        accounts = tuple(self.trusted_accounts or ())
        return Zone(
            accounts=None if self.trusted_accounts is None else accounts,
            organizations=tuple(self.trusted_organizations),
            principals=tuple(self.trusted_principals),
            services=None if self.trusted_services is None else frozenset(self.trusted_services),
            providers=providers,
            saml_providers=tuple(self.trusted_saml_providers),
            inside=frozenset((*accounts, *self._whole_accounts)),
            vpc_endpoints=tuple(self.trusted_vpc_endpoints),
        )

    @cached_property
    def _whole_accounts(self) -> tuple[str, ...]:
        """The accounts of other owners that are trusted as a whole."""
        read = (principals.read("AWS", one) for one in self.trusted_principals)
        return tuple(
            one.account for one in read if isinstance(one, principals.Principal) and one.kind is principals.Kind.ACCOUNT
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a careful reader of these settings should know: who is trusted more widely than they may think."""
        from iam_guardrails.wide_settings import remarks  # only reports have need of it

        return tuple(remarks(self))

    def within(self, stack: str, environment: str = "", resource: str = "") -> Settings:
        """The settings as they hold for one resource: with what the trust zones add that cover it.

        Args:
            stack: the name of the stack, with its organization and project where they are known.
            environment: the value of the stack tag "environment", or "".
            resource: the resource's name in the program, or "".
        """
        return self._added(tuple(one for one in self.trust_zones if one.covers(stack, environment, resource)))

    def _added(self, zones: tuple[TrustZone, ...]) -> Settings:
        if not zones:
            return self
        more: dict[str, Any] = {}
        for name in _TRUST_LISTS:
            added = [value for zone in zones for value in getattr(zone, name)]
            base = getattr(self, name)
            # Where every service is trusted, naming one adds nothing.
            if added and not (name == "trusted_services" and base is None):
                more[name] = (*(base or ()), *added)
        return replace(self, trust_zones=(), **more)


DECLARATIONS: Mapping[str, Declaration] = {
    one.name: Declaration(
        one.name,
        cast("str", one.metadata["description"]),
        cast("Form", one.metadata["form"]),
        {} if one.name == "levels" else one.default,
        cast("str", one.metadata["rule"]),
        cast("tuple[str, ...]", one.metadata["aliases"]),
    )
    for one in fields(Settings)
}
"""Name -> what the setting is, in the order of the fields of `Settings`."""

_BY_ALIAS = {alias: one for one in DECLARATIONS.values() for alias in one.aliases}


def declaration(name: str) -> Declaration | None:
    """The setting of a name, or of an alias that earlier versions had for it; None where there is none."""
    return DECLARATIONS.get(name) or _BY_ALIAS.get(name)
