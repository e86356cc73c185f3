"""One run of the engine: each resource as the engine describes it, then the stack as a whole.

Nothing that goes wrong in here may look like a pass: a rule that fails is an error at the resource it was looking at.
No finding is lost to another: what has been reported of a resource is left out of the stack's findings only where it
was the same finding, of the same level.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone

from iam_guardrails.exceptions import PolicyException, Register
from iam_guardrails.findings import Finding
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.join import join
from iam_guardrails.model.parts import IdentityPart, Part, UnknownPart
from iam_guardrails.model.values import Identity, Location, Unknown
from iam_guardrails.pack.configuration import PACK, Configuration
from iam_guardrails.pack.evaluation import Contents, Item, Zones, contents_of, findings_in
from iam_guardrails.pack.makers import changes_iam, unreadable
from iam_guardrails.pack.proofs import Proof, proofs
from iam_guardrails.pack.providers import Providers
from iam_guardrails.pack.remedies import REMEDIES
from iam_guardrails.pack.resource import Resource, merged
from iam_guardrails.pack.values import Redaction, Value, is_secret
from iam_guardrails.rules import all_rules
from iam_guardrails.rules.chains import Chains
from iam_guardrails.rules.iam_guardrails import RULE as RUN_RULE
from iam_guardrails.rules.levels import with_level
from iam_guardrails.rules.stack import Stack, is_for_orchestrators
from iam_guardrails.sources.kubernetes import IN_FILES
from iam_guardrails.sources.resource_types import PLACES

_MOST_NAMED = 5
_LEVELS = {"mandatory": "error", "remediate": "error", "advisory": "warning", "disabled": "off"}
_RANK = {"note": 1, "warning": 2, "error": 3}
_FIX_OF_PACK = "this is a fault in the pack, not in the program; report it to the pack's maintainers"
_AT_ONCE = ("no-long-lived-keys", "require-boundary", "require-path", "require-tags")
"""Rules about identities that one resource is enough for, so that they speak before it is made."""


@dataclass(frozen=True)
class Reported:
    """A finding as it is reported.

    Attributes:
        finding: the finding, with the level that it has in this run.
        urn: URN of the resource it is about; "" for the stack as a whole.
        name: the resource's name in the program.
        type: the resource's type token.
        exception: the exception that accepts it; it is then a warning.
        secret: whether it is about something that the program marks as secret.
    """

    finding: Finding
    urn: str = ""
    name: str = ""
    type: str = ""
    exception: PolicyException | None = None
    secret: bool = False

    @property
    def rule(self) -> str:
        """Id of the rule."""
        return self.finding.rule

    @property
    def blocking(self) -> bool:
        """Whether it is an error."""
        return self.finding.blocking


@dataclass
class Counts:
    """What a run did, for its line.

    Attributes:
        checked: the URNs of the resources that hold something about IAM.
        excepted: the ids of findings that exceptions accept.
        unknown: what could not be evaluated yet, in words, each with its resource.
    """

    checked: set[str] = field(default_factory=set[str])
    excepted: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    unknown: dict[str, None] = field(default_factory=dict[str, None])


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a stack.

    Attributes:
        reported: the findings.
        proofs: what is proven of pipelines' identities.
        line: what the run did, in one line.
    """

    reported: list[Reported]
    proofs: list[Proof]
    line: str


class Run:
    """Evaluates the resources of one run.

    Args:
        configuration: settings and levels.
        stack: the stack's name, with organization and project where they are known.
        environment: the value of the stack tag "environment", or "".
        today: the day by which keys are old and exceptions have ended; by default the day it is in UTC.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        stack: str = "",
        environment: str = "",
        today: date | None = None,
    ) -> None:
        self._configuration = configuration or Configuration()
        self._settings = self._configuration.settings
        self._zones = Zones(self._settings, stack, environment)
        self._today = today or datetime.now(timezone.utc).date()
        self._register = Register(tuple(self._settings.exceptions), self._today)
        self._levels = {rule: _LEVELS[level.value] for rule, level in self._configuration.levels.items()}
        self._inputs: dict[str, dict[str, Value]] = {}
        self._told: dict[tuple[object, ...], int] = {}
        self._evaluated: set[tuple[str, str]] = set()
        self._waiting: dict[str, list[tuple[Item, Resource]]] = {}
        self._contents: dict[str, tuple[Resource, Contents]] = {}
        self._advised: list[Finding] = []
        self._undecided: list[Finding] = []
        self._orchestrated: set[str] = set()
        self._several_accounts: dict[str, tuple[str, ...]] = {}
        self._rejected: set[str] = set()
        self._escalating: set[tuple[object, ...]] = set()
        self._counts = Counts()
        self.redact = Redaction()
        self._providers = Providers()

    # --- one resource ------------------------------------------------------------------------------------------------

    def resource(self, resource: Resource) -> list[Reported]:
        """What is found in one resource before it is created or changed."""
        self._inputs[resource.urn] = dict(resource.properties)
        self.redact.learn(resource.properties)
        self._providers.learn(resource)
        findings = self._safely(resource, lambda: self._of_resource(resource))
        return self._reported(findings, {resource.urn: resource})

    def remedy(self, rule: str, resource: Resource) -> Mapping[str, float]:
        """The properties by which a rule would mend a resource; none where it has no remedy or is excepted."""
        mend = REMEDIES.get(rule)
        excepted = any(one.is_about(rule, resource.name, resource.urn) for one in self._settings.exceptions)
        return {} if mend is None or excepted else mend(resource, self._zones.of(resource))

    def _of_resource(self, resource: Resource) -> Iterator[Finding]:
        contents = self._contents_of(resource)
        self._learn_role(resource, contents.parts)
        if contents.items or contents.parts:
            self._counts.checked.add(resource.urn)
        yield from self._of_items(contents.items, resource)
        yield from self._several(resource, contents)
        if self._blocks_unknown:
            yield from (self._not_known(resource, one, "it is known only after deployment") for one in contents.unknown)
        why = unreadable(resource.type, resource.properties)
        if why and changes_iam(resource.type, resource.properties):
            fix = "declare what it makes as resources, or accept it by an exception"
            yield self._about_run(resource, f"{why}, and nobody evaluates what it does", fix, level="warning")
        yield from self._at_once(contents.parts)

    def _of_items(self, items: Iterable[Item], resource: Resource) -> Iterator[Finding]:
        settings = self._zones.of(resource)
        for item in items:
            if item.unknown or (item.document is not None and item.document.unknown):
                if self._blocks_unknown and item.document is not None:
                    yield self._not_known(resource, item.place, "it is known only after deployment")
                if item.unknown:
                    continue  # the stack's line names it, unless the whole stack shows what it is
            self._evaluated.add((resource.urn, item.place))
            if not item.sure:
                yield from self._unlisted(item, resource)
            elif item.deferred:
                self._waiting.setdefault(resource.urn, []).append((item, resource))
            else:
                found = findings_in(item, resource, settings)
                found = [self._as_held(one, resource) for one in found]
                undecided = [one for one in found if self._may_be_for_services(one, resource)]
                self._undecided += undecided
                found = [one for one in found if one not in undecided]
                later = [one for one in found if self._providers.may_be_own(one, resource)]
                if later:
                    self._waiting.setdefault(resource.urn, []).append((item, resource))
                advised = [one for one in found if _names_an_object(one)]
                self._advised += advised
                yield from (one for one in found if one not in later and one not in advised)

    # A role that only services assume which run no code of their users gets warnings of paths, no errors.

    def _learn_role(self, resource: Resource, parts: Sequence[Part]) -> None:
        for part in parts:
            if isinstance(part, IdentityPart) and part.trust is not None and is_for_orchestrators(part.trust):
                self._orchestrated |= {one for one in (part.name, resource.urn) if one}

    def _as_held(self, finding: Finding, resource: Resource) -> Finding:
        holder = resource.properties.get("role", resource.properties.get("roleName"))
        held = resource.urn in self._orchestrated or holder in self._orchestrated
        return replace(finding, level="warning") if held and _is_open_path(finding) else finding

    def _may_be_for_services(self, finding: Finding, resource: Resource) -> bool:
        """Whether it takes the whole stack to say whose document an open path is in."""
        holder = resource.properties.get("role", resource.properties.get("roleName"))
        return bool(self._orchestrated) and holder == UNKNOWN and _is_open_path(finding)

    def _decided(self, model: AccountModel) -> Iterator[Finding]:
        holders: dict[str, list[Identity]] = {}
        for identity in model.identities:
            for document in identity.inline:
                holders.setdefault(document.location.logical_id, []).append(identity)
        for finding in self._undecided:
            trusts = [one.trust for one in holders.get(_urn_of(finding), ())]
            held = bool(trusts) and all(one is not None and is_for_orchestrators(one) for one in trusts)
            yield replace(finding, level="warning") if held else finding

    def _unlisted(self, item: Item, resource: Resource) -> Iterator[Finding]:
        name = item.place.partition(".")[0].partition("[")[0]
        yield self._about_run(
            resource,
            f"{name} holds a policy document that is not evaluated: the pack does not know this place",
            "check it with `iam-guardrails check`, and ask the pack's maintainers to add the type",
            level="error" if self._blocks_unknown else "warning",
            place=name,
        )

    def _contents_of(self, resource: Resource) -> Contents:
        """What a resource holds, read anew only where something of it has changed."""
        known = self._contents.get(resource.urn)
        if known is not None and known[0] == resource:
            return known[1]
        contents = contents_of(resource)
        self._contents[resource.urn] = (resource, contents)
        return contents

    def _several(self, resource: Resource, contents: Contents) -> Iterator[Finding]:
        """Note a provider that names several accounts: the program chooses it, so none of them is trusted by that."""
        if len(resource.accounts) > 1 and self._settings.trusted_accounts is None and contents.items:
            self._several_accounts.setdefault(resource.urn, resource.accounts)
        return iter(())

    def _at_once(self, parts: Sequence[Part]) -> Iterator[Finding]:
        """What the rules about single properties find, before the resource is made."""
        on = [one for one in _AT_ONCE if self._levels.get(one, "off") != "off"]
        if not on or not parts:
            return
        stack = Stack(join(parts), self._settings, self._today)
        for module in all_rules():
            if module.RULE.id in on:
                for one in stack.all_permissions.values():
                    if not one.identity.unknown:
                        yield from module.check_identity(one, stack)

    # --- the stack ---------------------------------------------------------------------------------------------------

    def stack(self, resources: Sequence[Resource]) -> Verdict:
        """What is found in the stack as a whole, once every resource has been evaluated by itself."""
        known = [self._known(one) for one in resources]
        by_urn = {one.urn: one for one in known}
        for one in known:
            self.redact.learn(one.properties)
            self._providers.learn(one)
        proven: list[Proof] = []
        findings = self._safely(None, lambda: self._of_stack(known, proven))
        reported = self._reported(findings, by_urn)
        reported += self._reported(self._of_exceptions(), by_urn)
        reported += self._reported(self._unknown_line(), by_urn)
        return Verdict(reported, proven, self._line())

    def _known(self, resource: Resource) -> Resource:
        """A resource with what the program asked for and what the provider answered."""
        documents = {path.partition("[")[0].partition(".")[0] for path in PLACES.get(resource.type, ())}
        return replace(resource, properties=merged(self._inputs.get(resource.urn), resource.properties, documents))

    def _of_stack(self, resources: Sequence[Resource], proven: list[Proof]) -> list[Finding]:
        contents = {one.urn: self._contents_of(one) for one in resources}
        self._counts.checked.update(urn for urn, one in contents.items() if one.items or one.parts)
        types = [one.urn.split("::")[2] for one in resources if one.urn.count("::") > 2]
        parts: list[Part] = [part for one in contents.values() for part in one.parts if not _is_shown(part, types)]
        parts += self._unreadable(resources)
        model = join(parts)
        stack = Stack(model, self._settings, self._today)
        findings: list[Finding] = []
        for resource in resources:
            items = contents[resource.urn].items
            findings += self._safely(resource, lambda: self._late(items, resource, stack))  # noqa: B023 (called at once)
        chains = Chains(stack)
        findings += self._safely(None, lambda: self._decided(model))
        for module in all_rules():
            if hasattr(module, "check_identity"):
                for one in stack.all_permissions.values():
                    found = self._guarded(module, lambda: module.check_identity(one, stack))  # noqa: B023
                    findings += found
            if hasattr(module, "check_stack"):
                findings += self._guarded(module, lambda: module.check_stack(stack))  # noqa: B023
        errors = {_cause(one) for one in findings if one.blocking}
        findings += self._safely(
            None,
            lambda: [
                one
                for one in self._advised
                if _cause(one) not in errors and not chains.is_harmless(str(one.evidence["resource"]))
            ],
        )
        self._remember_unknown(model, contents)
        rejected = self._rejected | {urn for one in findings if one.blocking and (urn := _urn_of(one))}
        shared = [text for one in contents.values() for text in one.principals]
        if all(item.sure for one in contents.values() for item in one.items):
            proven += proofs(stack, rejected, shared)  # a document in a place that nobody knows may be anybody's
        return findings

    def _late(self, items: Iterable[Item], resource: Resource, stack: Stack) -> Iterator[Finding]:
        """What had to wait for the whole stack.

        Managed policies, which may be boundaries; tokens of the stack's own providers; what is known only now.
        """
        settings = self._providers.settings_with_own(self._zones.of(resource))
        waiting = {item.place for item, _ in self._waiting.get(resource.urn, ())}
        for item in items:
            new = (resource.urn, item.place) not in self._evaluated
            if item.unknown or not item.sure or not (new or item.place in waiting):
                continue
            if item.deferred and _only_bounds(stack.model, resource.urn):
                continue
            yield from findings_in(item, resource, settings)

    def _unreadable(self, resources: Iterable[Resource]) -> Iterator[Part]:
        """What may make or change any identity, and cannot be read."""
        for resource in resources:
            why = unreadable(resource.type, resource.properties)
            if why:
                what = f"what {resource.label} makes"
                yield UnknownPart(Unknown(what, why, Location(logical_id=resource.urn)))

    def _remember_unknown(self, model: AccountModel, contents: Mapping[str, Contents]) -> None:
        for urn, one in contents.items():
            for item in one.items:
                if item.document is not None and (item.unknown or item.document.unknown):
                    self._counts.unknown[f"{_name_of(urn)}: {item.place}"] = None
            for what in one.unknown:
                self._counts.unknown[f"{_name_of(urn)}: {what}"] = None
        unknown = [*model.unknown, *model.remarks, *(one for each in model.identities for one in each.unknown)]
        for one in unknown:
            where = f"{_name_of(one.location.logical_id)}: " if one.location.logical_id else ""
            self._counts.unknown[f"{where}{one.what}"] = None

    # --- what the run says of itself ----------------------------------------------------------------------------------

    @property
    def _blocks_unknown(self) -> bool:
        return self._settings.on_unknown == "block"

    def _not_known(self, resource: Resource, what: str, why: str) -> Finding:
        fix = "write names and ARNs out, so that nothing waits for another resource's output"
        return self._about_run(resource, f"{what} is not evaluated yet: {why}", fix, place=what)

    def _unknown_line(self) -> list[Finding]:
        """One finding for all that is not known yet."""
        unknown = list(self._counts.unknown)
        if not unknown:
            return []
        shown = "; ".join(unknown[:_MOST_NAMED])
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        message = f"not evaluated yet, because it is known only after deployment: {shown}{more}"
        fix = "the update evaluates what is known by then; what nobody can read, `iam-guardrails check` may"
        level = "error" if self._blocks_unknown else "note"
        return [RUN_RULE.finding(message, "", fix=fix, level=level, severity="" if level == "error" else "low")]

    def _of_exceptions(self) -> list[Finding]:
        found = [
            RUN_RULE.finding(
                f"the exception {one} has ended",
                "",
                evidence={"value": str(one)},
                fix="mend what it accepted and remove it, or agree on a new day",
            )
            for one in self._register.ended
        ]
        found += [
            RUN_RULE.finding(
                f"the exception {one} covers resources of several types: {', '.join(urns)}",
                "",
                evidence={"values": urns},
                fix="write the URN of the one that is meant",
            )
            for one, urns in self._register.ambiguous
        ]
        found += [
            RUN_RULE.finding(
                f"the exception {one} accepted nothing in this run",
                "",
                evidence={"value": str(one)},
                fix="remove it, or write the finding's id as its message shows it",
                level="warning",
            )
            for one in self._register.unmatched
        ]
        found += [
            RUN_RULE.finding(remark, "", evidence={"value": remark}, fix="trust less", level="note", severity="low")
            for remark in self._settings.remarks
        ]
        accounts = sorted({one for accounts in self._several_accounts.values() for one in accounts})
        if accounts:
            found.append(
                RUN_RULE.finding(
                    f"a provider allows several accounts ({', '.join(accounts)}), so none of them is trusted by that",
                    "",
                    evidence={"values": accounts},
                    fix=f"set {PACK}.trusted_accounts to the accounts that are your own",
                    level="warning",
                )
            )
        return found

    def _line(self) -> str:
        counts, off = self._counts, sorted(self._configuration.off)
        parts = [f"{len(counts.checked)} resources checked", f"{len(counts.excepted)} findings excepted"]
        parts.append(f"rules off: {', '.join(off)}" if off else "no rule off")
        if self._configuration.idle:
            parts.append(f"off for want of a setting: {', '.join(self._configuration.idle)}")
        parts.append(f"{len(counts.unknown)} unknown")
        if self._configuration.floor.path:
            parts.append(f"levels and settings locked by {self._configuration.floor.path}")
        return f"{PACK}: {'; '.join(parts)}"

    def _about_run(
        self, resource: Resource, message: str, fix: str, *, level: str = "error", place: str = ""
    ) -> Finding:
        found = RUN_RULE.finding(message, "", evidence={"value": message}, fix=fix, level=level)
        return replace(found, location=Location(logical_id=resource.urn), place=place)

    def _safely(self, resource: Resource | None, evaluate: Callable[[], Iterable[Finding]]) -> list[Finding]:
        """The findings of an evaluation, or the finding that it failed."""
        findings: list[Finding] = []
        try:
            findings.extend(evaluate())
        except Exception as error:  # whatever it was, it must not pass for a verdict
            findings.append(_failure(error, resource))
        return findings

    def _guarded(self, module: object, evaluate: Callable[[], Iterable[Finding]]) -> list[Finding]:
        """The findings of one rule, or the finding that the rule failed."""
        rule = getattr(module, "RULE", RUN_RULE)
        if self._levels.get(rule.id) == "off":
            return []
        return self._safely(None, evaluate)

    # --- how findings are reported ------------------------------------------------------------------------------------

    def _reported(self, findings: Iterable[Finding], resources: Mapping[str, Resource]) -> list[Reported]:
        """The findings as they are reported: at their levels, with exceptions, each cause once."""
        reported: list[Reported] = []
        for one in findings:
            urn = _urn_of(one)
            resource = resources.get(urn)
            if one.blocking:
                self._rejected.add(urn)  # excepted or lowered as it may be: nothing is proven of it
            leveled = one if one.rule == PACK else with_level(one, self._levels.get(one.rule, "error"))
            if leveled is None:
                continue
            name = resource.name if resource else _name_of(urn)
            exception = self._register.exception_for(leveled, name, urn)
            if exception is not None:
                self._counts.excepted.add((urn, leveled.id))
                leveled = replace(leveled, level="warning")
            elif leveled.blocking and leveled.rule == "no-privilege-escalation":
                self._escalating.add(_cause(leveled))
            secret = resource is not None and _is_about_secret(one, resource)
            kind = resource.type if resource else urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 2 else ""
            reported.append(Reported(leveled, urn, name, kind, exception, secret))
        return [one for one in reported if self._is_new(one)]

    def _is_new(self, reported: Reported) -> bool:
        """Whether it says more than what has been reported of its cause."""
        finding = reported.finding
        if reported.exception is None and _says_the_same(finding) and _cause(finding) in self._escalating:
            return False
        return not self._is_told(finding)

    def _is_told(self, finding: Finding) -> bool:
        """Whether this very finding has been reported already, at this level or a higher one."""
        key = (finding.rule, *_cause(finding), finding.id if finding.together else finding.message)
        rank = _RANK[finding.level]
        told = self._told.get(key, 0) >= rank
        self._told[key] = max(rank, self._told.get(key, 0))
        return told


def _is_open_path(finding: Finding) -> bool:
    """Whether it is an error about an escalation path that somebody would have to take."""
    return finding.rule == "no-privilege-escalation" and finding.blocking and not finding.failed


def _names_an_object(finding: Finding) -> bool:
    """Whether it warns of a path on a named object; what that object is, the whole stack may show."""
    is_path = finding.rule == "no-privilege-escalation" and finding.level == "warning"
    return is_path and not finding.failed and "paths" in finding.evidence


_WITH_ESCALATION = ("no-self-change", "only-assume-role-for-users")


def _says_the_same(finding: Finding) -> bool:
    """Whether a finding says of a statement only what an escalation path on the same statement says already."""
    return finding.rule in _WITH_ESCALATION and ("may assume" in finding.message or finding.rule == "no-self-change")


def _cause(finding: Finding) -> tuple[object, ...]:
    """The statement or thing that a finding is about."""
    return (
        _urn_of(finding),
        finding.place,
        finding.pointer.split("/")[:3][-1] if finding.statement is None else finding.statement,
    )


def _urn_of(finding: Finding) -> str:
    """The URN of the resource that a finding is about; an object inside a resource has none of its own."""
    place = finding.location.logical_id if finding.location else ""
    return place if place.startswith("urn:") else ""


def _name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def _is_shown(part: Part, types: Sequence[str]) -> bool:
    """Whether what is unknown of a group of objects in files is there all the same, as resources below the group."""
    if not isinstance(part, UnknownPart) or part.unknown.what != IN_FILES:
        return False
    group = part.unknown.location.logical_id.split("::")[2]
    return any(one.startswith(f"{group}$") for one in types)


def _only_bounds(model: AccountModel, urn: str) -> bool:
    """Whether a managed policy is somebody's boundary and nobody's permission."""
    return any(
        policy.key == urn and model.bounded_by(policy) and not model.holders(policy) for policy in model.policies
    )


def _is_about_secret(finding: Finding, resource: Resource) -> bool:
    """Whether the property that a finding is about holds a secret."""
    name = finding.place.partition(".")[0].partition("[")[0]
    return is_secret(resource.properties.get(name)) if name else False


def _failure(error: Exception, resource: Resource | None) -> Finding:
    where = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a rule failed, so this is not evaluated ({type(error).__name__} in {where.name}, line {where.lineno})"
    found = RUN_RULE.finding(message, "", evidence={"error": type(error).__name__}, fix=_FIX_OF_PACK, failed=True)
    return replace(found, location=Location(logical_id=resource.urn if resource else ""))
