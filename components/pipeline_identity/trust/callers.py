"""Conditions that every caller must meet, whoever it is: where it calls from, and what it says about its session.

Keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html; source identity:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input
from typing_extensions import NotRequired

from pipeline_identity._args import OwnedNetworkArgs
from pipeline_identity._conditions import Condition, conditions
from pipeline_identity._networks import Networks, read_networks
from pipeline_identity._reading.arguments import Arguments, flag, late_inside, text, whole_number
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.session_tags import SessionTags, read_session_tags
from pipeline_identity.trust.statement import SET_SOURCE_IDENTITY, TAG_SESSION, TrustStatement
from pipeline_identity.trust.subjects import is_pattern

# Names of sessions and source identities have 2 to 64 characters.
_NAME_PATTERN = re.compile(r"\*|[A-Za-z0-9_+=,.@*?-]{2,64}")
_NAME_CHARACTERS = "2 to 64 letters, digits, _ + = , . @ - and the wildcards * and ?"
_LONGEST_MFA_AGE = 129_600


class CallerConditions(OwnedNetworkArgs):
    """Conditions on every way into the role. All of them must hold; networks and endpoints together count as one."""

    require_mfa: NotRequired[bool]
    """
    Whether users and roles must have signed in with a second factor. It is not asked of identity providers' tokens,
    which do not carry it. False by default.
    """

    mfa_max_age: NotRequired[int]
    """How long ago the second factor may have been given, in seconds: 1 to 129,600. No limit by default."""

    session_name_patterns: NotRequired[Sequence[str]]
    """Names, or patterns with `*` and `?`, of which sessions must have one. Any by default."""

    source_identities: NotRequired[Sequence[str]]
    """
    Source identities, or patterns with `*` and `?`, of which the caller must set one; it stays with the session for
    good. None can be set by default.
    """

    session_tags: NotRequired[Mapping[str, Input[Sequence[Input[str]]]]]
    """
    Keys of the tags that sessions may carry, each with the values allowed (`*` and `?` may be used), or an empty list
    for any value. Sessions cannot be tagged by default.
    """

    require_session_tags: NotRequired[bool]
    """Whether sessions must carry every one of these tags. False by default."""

    further: NotRequired[Mapping[str, Mapping[str, Input[Sequence[Input[str]]]]]]
    """
    Any other conditions, as IAM writes them: operator, condition key, values. They can only narrow who gets in; an
    operator and key that stands there already is rejected. None by default.
    """


@dataclass(frozen=True)
class Callers:
    """What every caller must meet, checked."""

    networks: Networks = field(default_factory=Networks)
    require_mfa: bool = False
    mfa_max_age: int | None = None
    session_name_patterns: tuple[str, ...] = ()
    source_identities: tuple[str, ...] = ()
    session_tags: SessionTags = field(default_factory=SessionTags)
    further: tuple[Condition, ...] = ()

    @property
    def extra_actions(self) -> tuple[str, ...]:
        """What the caller may do beside assuming the role; its own policy must allow it too."""
        return (TAG_SESSION,) * bool(self.session_tags.allowed) + (SET_SOURCE_IDENTITY,) * bool(self.source_identities)

    def applied_to(self, statement: TrustStatement) -> list[TrustStatement]:
        """Returns the statement with these conditions: once for each way to call, such as networks and endpoints."""
        tests = self._session_conditions()
        if statement.admits_iam_identities:
            tests += self._mfa_conditions()
        strict = statement.and_also([*tests, *self.further], self.extra_actions)
        return [strict.and_also(way) for way in self.networks.alternatives]

    def _mfa_conditions(self) -> list[Condition]:
        conditions: list[Condition] = []
        if self.require_mfa or self.mfa_max_age:
            conditions.append(Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)))
        if self.mfa_max_age:
            conditions.append(Condition("NumericLessThan", "aws:MultiFactorAuthAge", (str(self.mfa_max_age),)))
        return conditions

    def _session_conditions(self) -> list[Condition]:
        conditions: list[Condition] = []
        if self.session_name_patterns:
            conditions.append(_compare("sts:RoleSessionName", self.session_name_patterns))
        if self.source_identities:
            conditions.append(_compare("sts:SourceIdentity", self.source_identities))
        conditions += self.session_tags.conditions
        return conditions


def read_callers(arguments: Arguments) -> Callers:
    """Reads `CallerConditions`."""
    callers = Callers(
        networks=read_networks(arguments),
        require_mfa=arguments.optional("require_mfa", flag, default=False),
        mfa_max_age=arguments.optional("mfa_max_age", _mfa_age, None),
        session_name_patterns=arguments.texts("session_name_patterns", _session_pattern),
        source_identities=arguments.texts("source_identities", _source_identity),
        session_tags=read_session_tags(arguments),
        further=arguments.optional("further", late_inside(conditions), ()),
    )
    arguments.no_others()
    return callers


def _compare(key: str, values: tuple[str, ...]) -> Condition:
    return Condition("StringLike" if any(map(is_pattern, values)) else "StringEquals", key, values)


def _mfa_age(value: object) -> int:
    seconds = whole_number(value)
    if not 1 <= seconds <= _LONGEST_MFA_AGE:
        raise Refusal("is not an age that can come true", f"use 1 to {_LONGEST_MFA_AGE} seconds")
    return seconds


def _session_pattern(value: object) -> str:
    written = text(value)
    if not _NAME_PATTERN.fullmatch(written):
        raise Refusal("matches no session name", f"use {_NAME_CHARACTERS}")
    if not written.strip("*"):
        raise Refusal("admits every session name", "leave the argument out, or write part of the name")
    return written


def _source_identity(value: object) -> str:
    written = text(value)
    if not _NAME_PATTERN.fullmatch(written) or written.lower().startswith("aws:"):
        raise Refusal("matches no source identity", f"use {_NAME_CHARACTERS}")
    return written
