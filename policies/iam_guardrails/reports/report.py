"""What a run of the command found, as data: the same for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from iam_guardrails.exit_codes import CLEAN, FINDINGS, NOT_CHECKED
from iam_guardrails.findings import Finding
from iam_guardrails.model import DocumentKind
from iam_guardrails.sources.positions import Map, json_map

if TYPE_CHECKING:
    from iam_guardrails.sources import Source


class Place(NamedTuple):
    """A stretch of a file.

    Attributes:
        line: where it begins, from 1.
        column: the character it begins with, from 1.
        end_line: where it ends.
        end_column: the character after its last.
    """

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Subject:
    """What was checked: a policy document, or an attachment of a managed policy.

    Two are the same where they stand at the same place, whatever a template's conditions make of it.

    Attributes:
        file: the file's name as given, or the name of standard input.
        text: the document's own JSON text; "" for an attachment.
        kind: what it is checked as.
        first_line: the line of the file on which the text of the source begins, from 1.
        line_of_many: whether the file holds a document a line (JSON Lines).
        guessed: whether the kind was guessed from the content.
        pointer: JSON pointer to it in the source; "" where it is all of the source.
        logical_id: what its format calls the resource that it belongs to; "" where nothing does.
        label: what it is and whose, such as `inline policy deploy of role "Build"`; "" for a document by itself.
        source: what it was read from; None where the text is all of it.
        unknown: what of it is not known, and why.
    """

    file: str
    text: str = field(compare=False)
    kind: DocumentKind
    first_line: int = 1
    line_of_many: bool = False
    guessed: bool = field(default=False, compare=False)
    pointer: str = ""
    logical_id: str = ""
    label: str = field(default="", compare=False)
    source: Source | None = field(default=None, compare=False, repr=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> Map | None:
        """The places of the values of the source; None where the text is all of it."""
        return None if self.source is None else self.source.map

    @property
    def what(self) -> str:
        """What it is, in words."""
        return self.label or f"{self.kind.value} policy"

    @property
    def name(self) -> str:
        """The file, and the line where there is a document on each, and the logical id."""
        file = f"{self.file}:{self.first_line}" if self.line_of_many else self.file
        return f"{file} ({self.logical_id})" if self.logical_id else file

    @property
    def map(self) -> Map:
        """The places of values: of the source, or of the document where that is all of it."""
        return json_map(self.text) if self.whole is None else self.whole

    def in_source(self, finding: Finding) -> str:
        """The JSON pointer of a finding from the top of the source."""
        return f"{self.pointer}{finding.pointer}"

    def place(self, finding: Finding) -> Place:
        """Where in the file stands what a finding is about."""
        found = self.map
        start, end = found.span(self.in_source(finding), values(finding))
        (line, column), (end_line, end_column) = found.position(start), found.position(end)
        before = self.first_line - 1
        return Place(line + before, column, end_line + before, end_column)


class Checked(NamedTuple):
    """A document and what was found in it."""

    subject: Subject
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.blocking for finding in self.findings)


class NotChecked(NamedTuple):
    """A file, or a line of it, that could not be checked, and why.

    Attributes:
        file: its name as given.
        line: the line it is about, from 1, or None.
        reason: why.
        fix: what to do about it.
    """

    file: str
    line: int | None
    reason: str
    fix: str

    @property
    def place(self) -> str:
        """The file, and the line where it is about one."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Excepted(NamedTuple):
    """A finding that does not count.

    Attributes:
        subject: what it was found in.
        finding: the finding.
        why: the exception with its owner, reason and end date, or the baseline.
    """

    subject: Subject
    finding: Finding
    why: str


class Remark(NamedTuple):
    """Something to know about a file beside its findings.

    Attributes:
        file: its name as given.
        text: what: an assumption, something unknown, an action that does not exist.
    """

    file: str
    text: str


@dataclass(frozen=True)
class Report:
    """All that a run has to report.

    Attributes:
        checked: the documents, in the order in which they were given.
        not_checked: what could not be checked.
        passed_over: files without a policy document, in folders and with `--only-policies`.
        settings_file: the settings file that was used, or None.
        strict: whether warnings, and what is unknown, count as findings.
        together: whether the identity policies were checked as those of one identity.
        excepted: findings that do not count.
        unknown: what could not be known, of documents and of identities.
        notes: assumptions, and actions that do not exist.
        off: rules that were switched off.
        problems: what to say of exceptions and of the baseline.
        exception_ended: whether an exception has ended, which counts as a finding.
        block_unknown: whether what could not be known counts as a finding.
    """

    checked: tuple[Checked, ...]
    not_checked: tuple[NotChecked, ...]
    passed_over: tuple[str, ...] = ()
    settings_file: str | None = None
    strict: bool = False
    together: bool = False
    excepted: tuple[Excepted, ...] = ()
    unknown: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    off: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    exception_ended: bool = False
    block_unknown: bool = False

    @property
    def code(self) -> int:
        """The exit code: what could not be checked weighs more than what was rejected."""
        if self.not_checked:
            return NOT_CHECKED
        counts = any(one.rejected or (self.strict and one.findings) for one in self.checked)
        unknown = bool(self.unknown) and (self.strict or self.block_unknown)
        return FINDINGS if counts or unknown or self.exception_ended else CLEAN

    @property
    def verdict(self) -> str:
        """The exit code in words."""
        return {CLEAN: "clean", FINDINGS: "findings", NOT_CHECKED: "not judged"}[self.code]


def failure(finding: Finding) -> str | None:
    """The kind of error where the finding is that a rule failed, and so nothing is known."""
    error = finding.evidence.get("error")
    return error if isinstance(error, str) else None


def visible(text: str) -> str:
    """Text with what a terminal would act upon, or not show, written as JSON escapes it: always one line."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    number = ord(character)
    return "    " if character == "\t" else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def witness(finding: Finding) -> Mapping[str, object] | None:
    """The external principal's request that the finding proves its point with."""
    found = finding.evidence.get("witness")
    return found if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType]


def values(finding: Finding) -> set[str]:
    """The offending values of a finding, in lower case."""
    several = finding.evidence.get("values")
    listed = cast("list[object]", several if isinstance(several, list) else [finding.evidence.get("value")])
    return {value.lower() for value in listed if isinstance(value, str)}


def level(finding: Finding) -> str:
    """The level of a finding: error, warning or note; a warning of low severity is no more than a note."""
    return "note" if finding.level == "warning" and finding.severity == "low" else finding.level


def fingerprint(subject: Subject, finding: Finding) -> str:
    """What stays the same while lines move: the rule, the kind, the place in the document, and what is wrong."""
    import hashlib

    said = (finding.rule, subject.kind.value, finding.pointer, str(finding.evidence.get("value", finding.message)))
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()
