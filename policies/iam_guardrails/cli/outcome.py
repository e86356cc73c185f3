"""What a run of the command comes to: a report, an exit code, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import DocumentKind

CLEAN = 0
FINDINGS = 1
NOT_JUDGED = 2
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it


class Unusable(Exception):
    """The run cannot begin or its report cannot be delivered; the text says why, and what to do."""


class Outcome(NamedTuple):
    """The report's text and the exit code."""

    text: str
    code: int


@dataclass(frozen=True)
class PolicyText:
    """A policy document as it stands in a file.

    Attributes:
        file: the file's name as given, or the name of standard input.
        text: its JSON text.
        first_line: the line of the file on which the text begins, from 1.
        line_of_many: whether the file holds a document a line (JSON Lines).
        kind: what it is judged as.
        guessed: whether the kind was guessed from the content.
    """

    file: str
    text: str
    first_line: int
    line_of_many: bool
    kind: DocumentKind
    guessed: bool

    @property
    def name(self) -> str:
        """The file, and the line where there is a document on each."""
        return f"{self.file}:{self.first_line}" if self.line_of_many else self.file


class Judged(NamedTuple):
    """A document and what was found in it."""

    document: PolicyText
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether a rule refuses it."""
        return any(finding.blocking for finding in self.findings)


class NotJudged(NamedTuple):
    """A file, or a line of it, that could not be judged, and why.

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


class Report(NamedTuple):
    """All that a run has to tell.

    Attributes:
        judged: the documents, in the order in which they were given.
        not_judged: what could not be judged.
        passed_over: files without a policy document, in folders and with `--only-policies`.
        settings_file: the settings file that was used, or None.
        strict: whether advice counts as a finding.
        together: whether the identity policies were judged as those of one identity.
    """

    judged: tuple[Judged, ...]
    not_judged: tuple[NotJudged, ...]
    passed_over: tuple[str, ...] = ()
    settings_file: str | None = None
    strict: bool = False
    together: bool = False

    @property
    def code(self) -> int:
        """The exit code: what could not be judged weighs more than what was refused."""
        if self.not_judged:
            return NOT_JUDGED
        counts = any(one.refused or (self.strict and one.findings) for one in self.judged)
        return FINDINGS if counts else CLEAN

    @property
    def verdict(self) -> str:
        """The exit code in words."""
        return {CLEAN: "clean", FINDINGS: "findings", NOT_JUDGED: "not judged"}[self.code]


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
    """The stranger's request that the finding proves its point with."""
    found = finding.evidence.get("witness")
    return found if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType]
