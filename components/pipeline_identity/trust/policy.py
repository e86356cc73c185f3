"""A role's trust policy: one statement for each way in.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline_identity import _arns as arns
from pipeline_identity._conditions import Condition, conditions
from pipeline_identity._documents import LARGEST_TRUST_POLICY, document
from pipeline_identity._names import LONGEST_SESSION_NAME
from pipeline_identity._reading.arguments import late, one_of, whole_number
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.trust.accounts import read_account, refuse_principals
from pipeline_identity.trust.azure_devops import read_azure_devops
from pipeline_identity.trust.bitbucket import read_bitbucket
from pipeline_identity.trust.buildkite import read_buildkite
from pipeline_identity.trust.callers import Callers, read_callers
from pipeline_identity.trust.circleci import read_circleci
from pipeline_identity.trust.claims import no_claims
from pipeline_identity.trust.github import read_github
from pipeline_identity.trust.gitlab import read_gitlab
from pipeline_identity.trust.google import read_google
from pipeline_identity.trust.hcp_terraform import read_hcp_terraform
from pipeline_identity.trust.oidc import read_oidc
from pipeline_identity.trust.organizations import read_organization
from pipeline_identity.trust.principals import PrincipalForm, trust_principals
from pipeline_identity.trust.saml import read_saml
from pipeline_identity.trust.services import read_pod_identity, read_service
from pipeline_identity.trust.workloads import brings_tags, read_workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity._reading.arguments import Arguments
    from pipeline_identity.trust.statement import TrustStatement

_LARGEST_QUOTA = 8_192
_OWN_USER = "PipelineUser"
_TWICE = ("stands in a statement already", "leave it out, or use another operator")

_Read = Callable[["Arguments", "arns.Account"], "list[TrustStatement]"]


@dataclass(frozen=True)
class _Form:
    """A form of trust.

    Attributes:
        read: Reads one entry of the form.
        takes_tokens: Whether it is about workloads of an identity provider, who come with a token.
        may_tag: Whether the provider writes session tags into tokens.
        has_claims: Whether AWS compares more of a token than subject and audience.
    """

    read: _Read
    takes_tokens: bool = False
    may_tag: bool = False
    has_claims: bool = True


# A new form of trust is a module with its arguments and its reader, an argument of `Trust`, and a line here.
_FORMS = {
    "accounts": _Form(read_account),
    "organizations": _Form(read_organization),
    "github": _Form(read_github, takes_tokens=True),
    "gitlab": _Form(read_gitlab, takes_tokens=True),
    "bitbucket": _Form(read_bitbucket, takes_tokens=True, has_claims=False),
    "circleci": _Form(read_circleci, takes_tokens=True),
    "buildkite": _Form(read_buildkite, takes_tokens=True, may_tag=True),
    "hcp_terraform": _Form(read_hcp_terraform, takes_tokens=True, has_claims=False),
    "azure_devops": _Form(read_azure_devops, takes_tokens=True, has_claims=False),
    "google": _Form(read_google, takes_tokens=True),
    "oidc": _Form(read_oidc, takes_tokens=True, may_tag=True),
    "saml": _Form(read_saml),
    "services": _Form(read_service),
    "pod_identities": _Form(read_pod_identity),
}
FORMS_OF_TOKENS = tuple(name for name, form in _FORMS.items() if form.takes_tokens)
"""The arguments of `Trust` that are about workloads with tokens."""


@dataclass(frozen=True)
class OwnUser:
    """The user that is declared together with the role, and trusted without being named.

    Attributes:
        arn: Its ARN; empty when its name was refused.
        external_ids: The external ids of which it must give one. None when empty.
        group_arn: The ARN of the group that carries its policy. Empty when the user carries it itself.
    """

    arn: str
    external_ids: tuple[str, ...] = ()
    group_arn: str = ""

    def way_in(self, form: PrincipalForm) -> list[TrustStatement]:
        """Returns the statement that lets the user in."""
        if not self.arn:
            return []
        conditions = [Condition("StringEquals", "sts:ExternalId", self.external_ids)] if self.external_ids else []
        return [trust_principals(_OWN_USER, [self.arn], form).and_also(conditions)]


@dataclass(frozen=True)
class TrustPolicy:
    """Who may assume a role."""

    statements: tuple[TrustStatement, ...]
    callers: Callers

    @cached_property
    def document(self) -> str:
        """The trust as a policy document."""
        return document(statement.to_json() for statement in self.statements)

    @property
    def has_other_ways_in(self) -> bool:
        """Whether anybody but the identity's own user is let in."""
        return any(not statement.sid.startswith(_OWN_USER) for statement in self.statements)

    def session_name(self, default: str) -> str:
        """Returns a name for sessions that the trust lets in: the default one, or one made from the first pattern."""
        patterns = self.callers.session_name_patterns
        if not patterns or any(fnmatch.fnmatchcase(default, pattern) for pattern in patterns):
            return default
        # The last * takes the default, cut to the room there is; those before it stand for nothing.
        start, wildcard, end = patterns[0].rpartition("*")
        fixed = start.replace("*", "")
        taken = default[: LONGEST_SESSION_NAME - len(fixed + end)] if wildcard else ""
        return f"{fixed}{taken}{end}".replace("?", "x")


def read_trust(
    arguments: Arguments, account: arns.Account, role_arn: str, own_user: OwnUser | None = None
) -> TrustPolicy:
    """Reads the argument `trust`: at least one way in.

    Args:
        arguments: The arguments of the role.
        account: The role's account.
        role_arn: The role's ARN: a role that trusts itself is refused.
        own_user: The user that is declared together with the role, if there is one.
    """
    section = arguments.section("trust")
    form = section.optional("principal_form", one_of(PrincipalForm), PrincipalForm.ARN)
    ways = own_user.way_in(form) if own_user else []
    named = _read_named(section, account, role_arn)
    ways += [trust_principals(sid, principals, form) for sid, principals in named.items() if principals]
    for name, form_of_trust in _FORMS.items():
        ways += _merged(way for one in section.sections(name) for way in _narrowed(one, form_of_trust, account))
    callers = read_callers(section.section("conditions"))
    quota = section.optional("quota", _quota, LARGEST_TRUST_POLICY)
    section.no_others()
    if not ways and not own_user and not section.failed:
        section.refuse((), None, "names nobody", "name at least one user, account or identity provider")
    _refuse_keys_of_others(section, ways, callers)
    if callers.session_tags.allowed and any(map(brings_tags, ways)):
        section.refuse(("conditions", "session_tags"), None, "stands in an entry already", "keep one of the two")
    policy = TrustPolicy(tuple(_numbered(strict for way in ways for strict in callers.applied_to(way))), callers)
    _refuse_overwriting(section, policy)
    _refuse_size(section, policy, quota)
    return policy


def _narrowed(one: Arguments, form: _Form, account: arns.Account) -> list[TrustStatement]:
    """The ways in of one form, under the conditions that are for it alone."""
    further = one.optional("further", conditions, ())
    tests, actions = read_workload(one, may_tag=form.may_tag) if form.takes_tokens else ([], ())
    if not form.has_claims:
        one.optional("claims", no_claims, None)
    ways = [way.and_also(tests, actions) for way in form.read(one, account)]
    there = {(test.operator, test.key.lower()) for way in ways for test in way.conditions}
    for test in further:
        if (test.operator, test.key.lower()) in there:
            one.refuse(("further", test.operator, test.key), list(test.values), *_TWICE)
    return [way.and_also(further) for way in ways]


def _merged(ways: Iterable[TrustStatement]) -> list[TrustStatement]:
    """Workloads of one issuer and audience in one statement: a policy has no room for many."""
    merged: list[TrustStatement] = []
    for way in ways:
        for place, other in enumerate(merged):
            if (both := other.merged_with(way, f"{way.provider}:sub")) is not None:
                merged[place] = both
                break
        else:
            merged.append(way)
    return merged


def _refuse_keys_of_others(section: Arguments, ways: Iterable[TrustStatement], callers: Callers) -> None:
    # A key of one provider's tokens is absent from those of others, who would never get in.
    for test in callers.further:
        provider = test.key.partition(":")[0]
        if provider in ("aws", "sts") or test.holds_without_key:
            continue
        for way in ways:
            if way.provider != provider:
                section.refuse(
                    ("conditions", "further", test.operator, test.key), list(test.values),
                    f"is a key that callers of the statement {way.sid} do not have, so that they never get in",
                    "write it under further of the entry that it is for",
                )  # fmt: skip
                break


def _read_named(section: Arguments, account: arns.Account, role_arn: str) -> dict[str, tuple[str, ...]]:
    users = section.texts("users", late(arns.user_arn))
    roles = section.texts("roles", late(arns.role_arn))
    refuse_principals(section, "users", users, account)
    refuse_principals(section, "roles", roles, account)
    if role_arn in roles:
        section.refuse(("roles", roles.index(role_arn)), role_arn, "is the role itself", "leave it out")
    return {"Users": users, "Roles": roles}


def _numbered(ways: Iterable[TrustStatement]) -> list[TrustStatement]:
    # IAM wants each statement's id to be unique.
    seen: Counter[str] = Counter()
    numbered: list[TrustStatement] = []
    for way in ways:
        seen[way.sid] += 1
        numbered.append(way if seen[way.sid] == 1 else way.named(f"{way.sid}{seen[way.sid]}"))
    return numbered


def _refuse_overwriting(section: Arguments, policy: TrustPolicy) -> None:
    # A condition that stands twice would be written once, and might let in more than either.
    for statement in policy.statements:
        seen: set[tuple[str, str]] = set()
        for test in statement.conditions:
            if (test.operator, test.key.lower()) in seen:
                section.refuse(
                    ("conditions", "further", test.operator, test.key),
                    list(test.values),
                    *_TWICE,
                )
            seen.add((test.operator, test.key.lower()))


def _refuse_size(section: Arguments, policy: TrustPolicy, quota: int) -> None:
    if section.failed or is_late(policy.document):
        return
    size = len(policy.document)
    if size > quota:
        section.refuse(
            (),
            None,
            f"makes a policy of {size} characters, and AWS takes {quota}",
            "trust fewer, use patterns, or set quota when AWS has raised it for the account",
        )


def _quota(value: object) -> int:
    characters = whole_number(value)
    if not LARGEST_TRUST_POLICY <= characters <= _LARGEST_QUOTA:
        raise Refusal("is not a quota that AWS grants", f"use {LARGEST_TRUST_POLICY} to {_LARGEST_QUOTA}")
    return characters
