"""The verdicts: each resource as the engine tells of it, then the stack as a whole.

Nothing that goes wrong in here may look like a pass: a rule that raises is reported as a violation by the resource it
was looking at.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from functools import partial

from iam_guardrails.pack import document_rules, identity_rules, key_rules, property_rules, trust_rules
from iam_guardrails.pack.configuration import PACK, Configuration
from iam_guardrails.pack.exceptions import Register
from iam_guardrails.pack.guardrails import OFF_BY_DEFAULT
from iam_guardrails.pack.identities import JOINED_TYPES, Sort, join
from iam_guardrails.pack.permissions import GRANT_TYPES
from iam_guardrails.pack.powers import Powers, Whole
from iam_guardrails.pack.proofs import proofs as proven
from iam_guardrails.pack.remedies import REMEDIES
from iam_guardrails.pack.report import Cause, Report, not_readable
from iam_guardrails.pack.resource import Resource, merged
from iam_guardrails.pack.values import Value, secrets_in
from iam_guardrails.sources.resource_types import PLACES

ResourceRule = Callable[[Resource, Configuration], Iterable[Report]]
IdentityRule = Callable[[Powers, Whole], Iterable[Report]]

RESOURCE_RULES: tuple[ResourceRule, ...] = (
    document_rules.judge_documents,
    document_rules.report_unlisted_documents,
    identity_rules.only_assume_role_by_itself,
    property_rules.no_long_lived_keys,
    property_rules.require_boundary,
    property_rules.require_path,
    property_rules.require_tags,
)

_TYPES = PLACES.keys() | JOINED_TYPES | GRANT_TYPES


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a stack."""

    reports: list[Report]
    proofs: list[tuple[str, str]]
    """URN and sentence: what was proven of a pipeline's identity."""


class Judge:
    """Judges the resources of one run.

    Args:
        configuration: the settings.
        switched_off: the rules that say nothing; by default those that a team has to switch on.
        only_advising: the rules whose refusals the settings have made into advice.
        today: the day by which keys are old and exceptions have ended; by default the day it is in UTC.
    """

    def __init__(
        self,
        configuration: Configuration,
        switched_off: Collection[str] = OFF_BY_DEFAULT,
        only_advising: Collection[str] = (),
        today: date | None = None,
    ) -> None:
        self._configuration = configuration
        self._switched_off = switched_off
        self._only_advising = only_advising
        self._today = today or datetime.now(timezone.utc).date()
        self._register = Register(configuration.exceptions, self._today)
        self._inputs: dict[str, dict[str, Value]] = {}
        self._refused: set[str] = set()
        self._causes: set[tuple[Cause | None, str]] = set()
        self._told: set[tuple[str, Cause, bool]] = set()
        self._secrets: set[str] = set()

    @staticmethod
    def concerns(resource_type: str) -> bool:
        """Whether any rule is about resources of this type."""
        return resource_type in _TYPES

    def resource(self, resource: Resource) -> list[Report]:
        """What is to be said of one resource before it is created or changed."""
        self._inputs[resource.urn] = dict(resource.properties)
        self._secrets.update(secrets_in(resource.properties))
        reports: list[Report] = []
        for rule in RESOURCE_RULES:
            reports += _safely(resource.urn, partial(rule, resource, self._configuration))
        told = self._excepted(reports, {resource.urn: resource.name})
        self._told.update((one.rule, one.cause, one.blocking) for one in told if one.cause is not None)
        return told

    def without_secrets(self, message: str) -> str:
        """A message without any text that the program marked as secret, wherever it came to stand in it."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret.strip() and secret in message:
                message = message.replace(secret, "[secret]")
        return message

    def remedy(self, rule: str, resource: Resource) -> Mapping[str, float]:
        """The properties by which a rule would mend a resource; none where it has no remedy or is waived."""
        mend = REMEDIES.get(rule)
        if mend is None or self._register.waiver(rule, resource.name, resource.urn) is not None:
            return {}
        return mend(resource, self._configuration)

    def stack(self, resources: Sequence[Resource]) -> Verdict:
        """What is to be said of the stack as a whole, once every resource has been judged."""
        known = [self._known(one) for one in resources]
        for one in known:
            self._secrets.update(secrets_in(one.properties))
        proofs: list[tuple[str, str]] = []
        reports = _safely("", lambda: self._whole(known, proofs))
        reports = self._excepted(reports, {resource.urn: resource.name for resource in resources})
        news = [one for one in reports if one.cause is None or (one.rule, one.cause, one.blocking) not in self._told]
        return Verdict([*news, *self._exceptions()], proofs)

    def _known(self, resource: Resource) -> Resource:
        """A resource with what the program asked for and what the provider answered."""
        documents = {path.partition("[")[0].partition(".")[0] for path in PLACES.get(resource.type, ())}
        return replace(resource, properties=merged(self._inputs.get(resource.urn), resource.properties, documents))

    def _whole(self, resources: Sequence[Resource], proofs: list[tuple[str, str]]) -> list[Report]:
        whole = Whole(join(resources))
        reports: list[Report] = []
        for identity in whole.identities:
            for rule in self._rules(identity):
                reports += _safely(identity.identity.resource.urn, partial(rule, identity, whole))
        proofs += proven(whole, self._refused | {report.urn for report in reports if report.blocking})
        blocking = self._configuration.on_unknown == "block"
        reports += [
            not_readable(PACK, loose.resource, loose.place, loose.why, blocking=blocking)
            for loose in whole.joined.loose
        ]
        return reports

    def _rules(self, identity: Powers) -> Iterator[IdentityRule]:
        """The rules about an identity of this sort."""
        yield identity_rules.no_self_change
        yield partial(identity_rules.across_documents, configuration=self._configuration)
        if identity.identity.sort is Sort.ROLE:
            yield identity_rules.both_halves_of_trust
            yield trust_rules.dead_statements
        if identity.identity.sort is Sort.USER:
            yield identity_rules.only_assume_role
            yield identity_rules.no_console
            yield partial(key_rules.old_access_keys, configuration=self._configuration, today=self._today)
            yield partial(key_rules.two_keys_never_overlap_long, configuration=self._configuration, today=self._today)

    def _excepted(self, reports: Iterable[Report], names: dict[str, str]) -> list[Report]:
        """The reports, with those that an exception waives turned into a note of it, and each cause told once."""
        told: dict[tuple[str, str, str], Report] = {}
        for found in reports:
            is_off = found.rule in self._switched_off
            if found.blocking and not (is_off and found.rule in OFF_BY_DEFAULT):
                self._refused.add(found.urn)  # waived or switched off as it may be: nothing is proven of it
            if is_off:
                continue
            name = names.get(found.urn, "")
            waiver = self._register.waiver(found.rule, name, found.urn) if found.waivable else None
            if waiver is not None:
                found = replace(found, message=f"excepted ({waiver})\n{found.message}", blocking=False, excepted=True)
            if found.unless and (found.cause, found.unless) in self._causes:
                continue
            if found.blocking and found.rule not in self._only_advising:
                self._causes.add((found.cause, found.rule))
            told.setdefault((found.rule, found.urn, found.message), found)
        return list(told.values())

    def _exceptions(self) -> list[Report]:
        ended = [
            Report(
                PACK, "", f"the exception {found} has ended: mend what it waived and remove it, or agree on a new day"
            )
            for found in self._register.ended
        ]
        unmatched = [
            Report(
                PACK,
                "",
                f"the exception {found} waived nothing in this run: remove it, or mend its pattern",
                blocking=False,
            )
            for found in self._register.unmatched
        ]
        return [*ended, *unmatched]


def _safely(urn: str, judge: Callable[[], Iterable[Report]]) -> list[Report]:
    """The reports of a rule, or the report that it could not judge."""
    reports: list[Report] = []
    try:
        reports.extend(judge())
    except Exception as error:  # whatever it was, it must not pass for a verdict
        where = traceback.extract_tb(error.__traceback__)[-1]
        reports.append(
            Report(
                PACK,
                urn,
                f"a rule failed, so this is not judged ({type(error).__name__} in {where.name}, line {where.lineno})\n"
                "  change: this is a fault in the pack, not in the program; report it to the pack's maintainers",
                waivable=False,
            )
        )
    return reports
