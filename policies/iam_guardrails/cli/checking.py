"""What the library finds in what was read: documents by themselves, identities with all that they hold.

All inputs of a run are joined into one account model, so that a role in one file and its policy in another are one
identity. A template whose conditions can come out in several ways is checked in each of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from iam_guardrails import (
    check_document,
    check_identity,
    check_managed_policies,
    check_trust_policy,
)
from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model import (
    NOWHERE,
    AccountModel,
    Holding,
    Identity,
    IdentityKind,
    Location,
    PolicyDocument,
    Unknown,
    join,
)
from iam_guardrails.model.parts import DocumentPart, InlinePart, Part, Reference
from iam_guardrails.model.values import STAND_IN_ACCOUNT
from iam_guardrails.reports.report import Checked, NotChecked, Remark, Subject, failure
from iam_guardrails.rules import no_admin_attachment, well_formed_documents
from iam_guardrails.rules.base import Rule
from iam_guardrails.rules.levels import with_levels
from iam_guardrails.settings import Settings
from iam_guardrails.sources import Source

if TYPE_CHECKING:
    from iam_guardrails.reach import Answered
    from iam_guardrails.rules.stack import Stack

TOGETHER = "all identity policies"
"""The name of the identity that `together` makes."""
_LINE = re.compile("line 1, column")
_REPORT = "report this document to the maintainers of iam-guardrails; until then take it for rejected"
_BOM = "\ufeff"


@dataclass
class Results:
    """What was found.

    Attributes:
        checked: the documents, in the order in which they stand.
        failed: documents on which a rule failed.
        unknown: what could not be known.
        notes: what was assumed.
        documents: every document that was checked.
    """

    checked: list[Checked] = field(default_factory=list[Checked])
    failed: list[NotChecked] = field(default_factory=list[NotChecked])
    unknown: list[Remark] = field(default_factory=list[Remark])
    notes: list[Remark] = field(default_factory=list[Remark])
    documents: list[PolicyDocument] = field(default_factory=list[PolicyDocument])


def check(
    sources: Sequence[Source],
    settings: Settings,
    *,
    together: bool = False,
    graph: Callable[[AccountModel], Answered] | None = None,
) -> Results:
    """Check what was read.

    Args:
        sources: what was read.
        settings: the trust zone, and how strict to be.
        together: whether the identity policies that belong to nobody known belong to one identity.
        graph: what looks for the paths of a model's graph, for the rules that report them; None for no graph.
    """
    run = _Run(sources, settings, graph)
    for parts in _ways(sources):
        run.model(join(_as_one(parts) if together else parts))
    return run.results()


def check_graph(answered: Answered, settings: Settings) -> Results:
    """What the rules find in a graph alone, where each account was checked by itself.

    Args:
        answered: the graph over all accounts, and its paths.
        settings: the trust zone, and how strict to be.
    """
    run = _Run((), settings, None)
    run.graph(answered)
    return run.results()


def _ways(sources: Sequence[Source]) -> Iterator[list[Part]]:
    """The parts of all sources, once for each way in which the conditions of one of them can come out."""
    first = [source.parts[0] for source in sources]
    yield [part for parts in first for part in parts]
    for place, source in enumerate(sources):
        for way in source.parts[1:]:
            yield [part for number, parts in enumerate(first) for part in (way if number == place else parts)]


def _as_one(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with identity policies that belong to nobody known as those of one identity."""
    for part in parts:
        if isinstance(part, DocumentPart) and part.document.kind is DocumentKind.IDENTITY:
            yield InlinePart(Reference(TOGETHER), IdentityKind.ROLE, part.document)
        else:
            yield part


class _Run:
    def __init__(
        self, sources: Sequence[Source], settings: Settings, graph: Callable[[AccountModel], Answered] | None
    ) -> None:
        self._settings = settings
        self._graph = graph
        self._sources: dict[str, list[Source]] = {}
        for source in sources:
            self._sources.setdefault(source.file, []).append(source)
        self._order = {file: place for place, file in enumerate(self._sources)}
        self._found: dict[Subject, list[Finding]] = {}
        self._by_location: dict[Location, Subject] = {}
        self._documents: dict[Location, PolicyDocument] = {}
        self._unknown: dict[Remark, None] = {}
        self._notes = [Remark(source.file, note) for source in sources for note in source.notes]

    def model(self, model: AccountModel) -> None:
        """Check everything in a model."""
        for document in model.documents:
            self._document(document, guessed=True)
        for policy in model.policies:
            if policy.document is not None and not model.holders(policy):
                kind = DocumentKind.BOUNDARY if model.bounded_by(policy) else DocumentKind.IDENTITY
                self._document(replace(policy.document, kind=kind), _called("managed policy", policy.name))
        for identity in model.identities:
            if identity.trust is not None and not identity.trust.generated:
                self._document(identity.trust, f"trust policy of {identity.label}", longest=identity.max_session)
            if identity.name == TOGETHER and not identity.declared:
                self._one_identity(identity)
            else:
                self._identity(identity)
        if any(one.name != TOGETHER for one in model.identities):
            self._rules(model)
        for resource in model.resource_policies:
            self._document(resource.document, f"policy of {resource.type}" if resource.type else "")
        for limit in model.limits:
            self._document(limit.document)
        for unknown in (*model.unknown, *model.remarks):
            self._remark(unknown)

    # --- documents by themselves --------------------------------------------------------------------------------------

    def _document(
        self, document: PolicyDocument, label: str = "", *, guessed: bool = False, longest: int | None = None
    ) -> None:
        subject = self._subject(document, label, guessed=guessed)
        content, marked = _without_mark(document.content)
        if content == UNKNOWN:
            return
        if marked:
            self._add(subject, [_byte_order_mark()])
        settings = self._zone(content)
        if document.kind is DocumentKind.TRUST:
            self._add(subject, check_trust_policy(content, settings, max_session_duration=longest))
        else:
            self._add(subject, check_document(content, document.kind, settings))

    def _zone(self, content: object) -> Settings:
        """The settings, in which the account that a template is deployed to is one's own."""
        if STAND_IN_ACCOUNT not in json.dumps(content, default=str):
            return self._settings
        accounts = self._settings.trusted_accounts
        return replace(self._settings, trusted_accounts=(*(accounts or ()), STAND_IN_ACCOUNT))

    # --- identities ---------------------------------------------------------------------------------------------------

    def _identity(self, identity: Identity) -> None:
        """Check each policy that an identity holds; what they add up to, the rules about identities find."""
        boundary = identity.boundary.document if identity.boundary is not None else None
        bound = boundary.content if boundary is not None and not boundary.unknown else None
        trust = identity.trust.content if identity.trust is not None and not identity.trust.unknown else None
        for holding in identity.holdings():
            subject, content = self._hold(holding)
            if content is not None:
                for finding in check_identity([content], self._settings, boundary=bound, trust=trust):
                    if finding.pointer.startswith("/0") or finding.failed:
                        self._add(subject, [replace(finding, pointer=finding.pointer.removeprefix("/0"))])
        for unknown in identity.all_unknown() if identity.declared else identity.unknown:
            self._remark(unknown)

    def _hold(self, holding: Holding) -> tuple[Subject, object]:
        """One thing that an identity holds, and its document where that is part of what was read."""
        whose = f"of {holding.holder.label}"
        document, attachment = holding.document, holding.attachment
        if document is None or (attachment is not None and attachment.policy is not None and attachment.policy.by_aws):
            subject = self._made(
                holding.location, "", DocumentKind.IDENTITY, f"{holding.name or 'managed policy'} {whose}"
            )
            subject = self._by_location.setdefault(holding.location, subject)
            if attachment is not None and attachment.arn:
                found = check_managed_policies([attachment.arn], self._settings)
                self._add(subject, [replace(one, pointer="") for one in found])
            return subject, None
        subject = self._subject(
            document, _called("managed policy" if attachment else "inline policy", document.name, whose)
        )
        content, marked = _without_mark(document.content)
        if marked:
            self._add(subject, [_byte_order_mark()])
        return subject, None if content == UNKNOWN else content

    def _one_identity(self, identity: Identity) -> None:
        """Check the identity policies of a run as those of one identity."""
        held: dict[str, tuple[Subject, object]] = {}
        for document in identity.inline:
            subject = self._subject(document, "", guessed=True)
            content, marked = _without_mark(document.content)
            if marked:
                self._add(subject, [_byte_order_mark()])
            if content != UNKNOWN:
                held[_unique(subject.name, held)] = subject, content
        for finding in check_identity({name: content for name, (_, content) in held.items()}, self._settings):
            first, _, rest = finding.pointer.removeprefix("/").partition("/")
            name = first.replace("~1", "/").replace("~0", "~")
            if name in held:
                self._add(held[name][0], [replace(finding, pointer=f"/{rest}" if rest else "")])
            else:
                # It is about the identity as a whole: none of its policies can be called clean.
                for subject, _ in held.values():
                    self._add(subject, [finding])

    def _rules(self, model: AccountModel) -> None:
        """Ask the rules about identities, and about what several have to do with each other."""
        # They take time to load, and documents by themselves have no need of them.
        from iam_guardrails.rules import all_rules
        from iam_guardrails.rules.stack import Stack

        answered = None if self._graph is None else self._graph(model)
        stack = Stack(model, self._settings, answered=answered)
        for module in all_rules():
            rule = cast("Rule", module.RULE)
            if self._settings.levels.get(rule.id, rule.level) == "off":
                continue
            questions = [getattr(module, "check_stack", None)]
            asked = getattr(module, "check_identity", None)
            if asked is not None:
                questions += [partial(asked, one) for one in stack.all_permissions.values() if _is_whole(one.identity)]
            for question in questions:
                if question is not None:
                    self._place_all(_safely(rule, question, stack))

    def graph(self, answered: Answered) -> None:
        """Place what is found in a graph."""
        from iam_guardrails.rules import no_privilege_escalation, reached, trusted_principals_only

        for rule, look in (
            (no_privilege_escalation.RULE, reached.paths_found),
            (trusted_principals_only.RULE, reached.entries_found),
        ):
            if self._settings.levels.get(rule.id, rule.level) != "off":
                self._place_all(look(rule, answered))

    def _place_all(self, findings: Iterable[Finding]) -> None:
        for finding in with_levels(findings, self._settings.levels):
            location = finding.location or NOWHERE
            subject = self._by_location.get(location)
            if subject is None:
                subject = self._made(location, "", DocumentKind.IDENTITY, "")
                self._by_location[location] = subject
            self._add(subject, [finding])

    # --- subjects -----------------------------------------------------------------------------------------------------

    def _subject(self, document: PolicyDocument, label: str, *, guessed: bool = False) -> Subject:
        content = document.content
        text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)
        for unknown in document.unknown:
            self._remark(unknown)
        subject = self._made(
            document.location, text, document.kind, label, guessed, tuple(str(one) for one in document.unknown)
        )
        self._by_location[document.location] = subject
        if content != UNKNOWN:
            self._found.setdefault(subject, [])
            self._documents[document.location] = document
        return subject

    def _made(
        self,
        location: Location,
        text: str,
        kind: DocumentKind,
        label: str,
        guessed: bool = False,
        unknown: tuple[str, ...] = (),
    ) -> Subject:
        source = self._source(location, text)
        alone = source is None or (source.text == text and not location.pointer)
        return Subject(
            location.file,
            text,
            kind,
            source.first_line if source else 1,
            source.line_of_many if source else False,
            guessed and (source is None or source.guessed),
            location.pointer,
            location.logical_id,
            label.strip(),
            None if alone else source,
            unknown,
        )

    def _source(self, location: Location, text: str) -> Source | None:
        """The source that a location is in; of several of one file, the one with the text or the place."""
        several = self._sources.get(location.file, [])
        if len(several) < 2:
            return several[0] if several else None
        same = (one for one in several if one.text == text)
        there = (one for one in several if _has(one, location, text))
        return next(same, None) or next(there, several[0])

    def _add(self, subject: Subject, findings: Iterable[Finding]) -> None:
        """Keep findings; what was found at the same place before is the same finding."""
        kept = self._found.setdefault(subject, [])
        known = {(one.rule, one.pointer, one.blocking, one.message if not one.pointer else "") for one in kept}
        for one in findings:
            if subject.unknown and "unknown" in one.evidence and not one.blocking:
                continue  # the report lists what is unknown by itself
            finding = _in_file(subject, one)
            key = (finding.rule, finding.pointer, finding.blocking, finding.message if not finding.pointer else "")
            if key not in known:
                kept.append(finding)
        # An error says more than a warning of the same rule at the same place.
        errors = {(one.rule, one.pointer) for one in kept if one.blocking}
        kept[:] = [one for one in kept if one.blocking or (one.rule, one.pointer) not in errors]

    def _remark(self, unknown: Unknown) -> None:
        location = unknown.location
        where = f"{location.logical_id}: " if location.logical_id else ""
        self._unknown[Remark(location.file, f"{where}{unknown}")] = None

    def results(self) -> Results:
        """All that was found, in the order of the files and of their lines."""
        results = Results(unknown=list(self._unknown), notes=self._notes)
        results.documents = list(self._documents.values())
        order = {subject: place for place, subject in enumerate(self._found)}
        for subject in sorted(self._found, key=lambda one: (self._order.get(one.file, 0), one.first_line, order[one])):
            findings = _of_one_cause(subject, self._found[subject])
            good = tuple(one for one in findings if failure(one) is None)
            results.failed += (_failed(subject, one) for one in findings if failure(one) is not None)
            if subject.text or good:
                results.checked.append(Checked(subject, good))
        return results


def _is_whole(identity: Identity) -> bool:
    """Whether rules about identities are asked of it; not of the identity that only stands for a run's documents."""
    return identity.name != TOGETHER


def _safely(rule: Rule, question: Callable[[Stack], Iterable[Finding]], stack: Stack) -> list[Finding]:
    """The findings of a rule, or that it failed."""
    try:
        return list(question(stack))
    except Exception as error:
        message = f"the rule failed ({type(error).__name__}), so what it is about is not checked"
        return [rule.finding(message, "", evidence={"error": type(error).__name__}, fix=_REPORT, failed=True)]


def _has(source: Source, location: Location, text: str) -> bool:
    """Whether a document can come from a source: of the lines of a file all have the same places."""
    if location.pointer:
        return location.pointer in source.map.nodes and (not source.line_of_many or not text or _part(source, text))
    return any(part_location == location for part_location in _locations(source))


def _part(source: Source, text: str) -> bool:
    return any(
        isinstance(part, (DocumentPart, InlinePart)) and _text(part.document) == text for part in source.parts[0]
    )


def _text(document: PolicyDocument) -> str:
    content = document.content
    return content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)


def _locations(source: Source) -> Iterator[Location]:
    return (part.document.location for part in source.parts[0] if isinstance(part, DocumentPart))


def _of_one_cause(subject: Subject, findings: list[Finding]) -> list[Finding]:
    """The findings, of which an administrator's policy that is attached has but one: that it is attached."""
    rejected = [one for one in findings if one.rule == no_admin_attachment.RULE.id and one.blocking]
    return rejected if rejected and not subject.text else findings


def _called(what: str, name: str, whose: str = "") -> str:
    return " ".join(one for one in (what, f'"{name}"' if name else "", whose) if one)


def _without_mark(content: object) -> tuple[object, bool]:
    """A document without the byte order mark before it, and whether there was one."""
    marked = isinstance(content, str) and content.startswith(_BOM)
    return (content.removeprefix(_BOM), True) if marked and isinstance(content, str) else (content, False)


def _byte_order_mark() -> Finding:
    return well_formed_documents.RULE.finding(
        "the text begins with a byte order mark (U+FEFF), which is no part of JSON",
        "",
        evidence={"value": "U+FEFF"},
        fix="save the file as UTF-8 without byte order mark",
    )


def _unique(name: str, held: Mapping[str, object]) -> str:
    return name if name not in held else f"{name} ({len(held) + 1})"


def _in_file(subject: Subject, finding: Finding) -> Finding:
    """The finding, with the line of the file where its words name one of the text."""
    if not (subject.line_of_many and finding.message.startswith("no JSON: ")):
        return finding
    here = f"line {subject.first_line}, column"
    message, fix = (_LINE.sub(here, text) for text in (finding.message, finding.fix))
    return replace(finding, message=message, fix=fix)


def _failed(subject: Subject, finding: Finding) -> NotChecked:
    line = subject.first_line if subject.line_of_many else None
    return NotChecked(subject.file, line, f"{finding.rule}: {finding.message}", _REPORT)
