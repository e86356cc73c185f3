"""The rows for people, as JSON, as JUnit XML for CI systems, and as Markdown for the summary of a job."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, FORMAT, NO_VERDICT
from pipeline_identity_cli.terminal import folded
from pipeline_identity_cli.texts import markdown
from pipeline_identity_cli.verify.rows import BOTH, LIVE, Check, Row, State

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = {State.PASSED: "✓ PASS", State.FAILED: "✗ FAIL", State.UNKNOWN: "? UNKNOWN"}
_COLORS = {State.PASSED: "32", State.FAILED: "1;31", State.UNKNOWN: "33"}
_INDENT = "    "
_PROBES = (Check.ALLOWED, Check.DENIED)


@dataclass(frozen=True)
class _Finding:
    """What is reported of rows that have one cause.

    Attributes:
        row: The row that says what the cause is.
        probes: Rows of probes with the same cause.
    """

    row: Row
    probes: list[Row] = field(default_factory=list[Row])

    @property
    def text(self) -> str:
        """What is wrong, in one sentence."""
        row = self.row
        if row.who == BOTH:
            return row.seen
        if row.id is Check.EVERYTHING or row.id in _PROBES:
            return f"{row.who}: {row.seen}"
        return f"{row.who} {row.check}: {row.seen}"

    @property
    def consequences(self) -> list[str]:
        """What follows from it: the calls that probes found, the first of them by name."""
        lines: list[str] = []
        for check, words in ((Check.DENIED, "may"), (Check.ALLOWED, "may not")):
            calls = [row for row in self.probes if row.id is check]
            if calls:
                must = "and must not" if check is Check.DENIED else "and must"
                first = calls[0].check.removeprefix("may ").removeprefix("not ")
                more = f", and {len(calls) - 1} calls more (--format json names all)" if len(calls) > 1 else ""
                lines.append(f"{words} {first}{more}, {must}")
        return lines


@dataclass(frozen=True)
class Report:
    """All rows of a run, pipeline by pipeline.

    Attributes:
        rows: The rows.
        unfit: Why IAM's simulator did not answer; empty where it did.
    """

    rows: Sequence[Row]
    unfit: str = ""

    @property
    def code(self) -> int:
        """The exit code: what could not be seen is not fine."""
        states = {row.state for row in self.rows}
        return AGAINST if State.FAILED in states else NO_VERDICT if State.UNKNOWN in states or not states else AS_ASKED

    def text(self, *, color: bool, width: int | None, verbose: bool) -> str:
        """For people: of pipelines that are as declared one line each, of the others each cause once.

        Args:
            color: Whether to write colors.
            width: Where to fold lines, in characters; None does not fold them, as in a file.
            verbose: Whether to say who answered the probes.
        """
        lines: list[str] = []
        for name, rows in self._by_pipeline():
            findings = _findings(rows)
            if not findings:
                lines.append(f"{_mark(State.PASSED, color=color)}  {name}")
            for one in findings:
                lines += folded(f"{_mark(one.row.state, color=color)}  {name}: {one.text}", width, _INDENT)
                for line in one.consequences:
                    lines += folded(f"{_INDENT}{line}", width, _INDENT * 2)
                lines += [f"{_INDENT}{line}" for line in one.row.difference.splitlines()]
        return "\n".join([*lines, "", *folded(self._summary(verbose=verbose), width, "")]) + "\n"

    def markdown(self) -> str:
        """As Markdown, for the summary of a job: a table of what is wrong, and the differences below it."""
        lines = [f"### pipeline-identity verify: {_verdict(self.code)}", "", self._summary(verbose=False), ""]
        wrong = [one for _, rows in self._by_pipeline() for one in _findings(rows)]
        if wrong:
            lines += ["| result | pipeline | what |", "|---|---|---|"]
            for one in wrong:
                what = "<br>".join(map(markdown, (one.text, *one.consequences)))
                lines.append(f"| {_MARKS[one.row.state]} | {markdown(one.row.pipeline)} | {what} |")
            lines.append("")
        for one in wrong:
            if one.row.difference:
                lines += [f"{one.row.pipeline}, {one.row.who}:", "", "```diff", one.row.difference, "```", ""]
        return "\n".join(lines).rstrip("\n") + "\n"

    def data(self) -> str:
        """As JSON."""
        content = {
            "format": FORMAT,
            "exit_code": self.code,
            "summary": self._counts(),
            "simulator": self.unfit,
            "checks": [
                {"id": row.id.value, **{k: v for k, v in asdict(row).items() if k != "id"}} for row in self.rows
            ],
        }
        return json.dumps(content, indent=2) + "\n"

    def junit(self) -> str:
        """As JUnit XML, a suite a pipeline; what could not be seen is an error."""
        total = Counter(row.state for row in self.rows)
        suites = Xml.Element("testsuites", {"name": "pipeline-identity verify", **_numbers(total, len(self.rows))})
        for name, rows in self._by_pipeline():
            counts = Counter(row.state for row in rows)
            suite = Xml.SubElement(suites, "testsuite", {"name": name, **_numbers(counts, len(rows))})
            properties = Xml.SubElement(suite, "properties")
            for key, value in (("format", FORMAT), ("exit_code", self.code)):
                Xml.SubElement(properties, "property", name=key, value=str(value))
            for row in rows:
                _case(suite, name, row)
        Xml.indent(suites)
        return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"

    def _by_pipeline(self) -> list[tuple[str, list[Row]]]:
        return [(name, list(rows)) for name, rows in groupby(self.rows, key=lambda row: row.pipeline)]

    def _counts(self) -> dict[str, int]:
        counts = Counter(row.state for row in self.rows)
        return {"pipelines": len(self._by_pipeline()), **{state.value: counts[state] for state in State}}

    def _summary(self, *, verbose: bool) -> str:
        counts = self._counts()
        what = f"{counts['pipelines']} pipeline{'' if counts['pipelines'] == 1 else 's'}"
        told = f"{what}: {counts['passed']} checks passed, {counts['failed']} failed, {counts['unknown']} unknown."
        if not verbose:
            return told
        by = Counter(row.by for row in self.rows if row.by)
        probes = ", ".join(f"{by[name]} {name if name == LIVE else f'by {name}'}" for name in sorted(by))
        unfit = f" IAM's simulator was not used: {self.unfit}." if self.unfit else ""
        return told + (f" Probes answered: {probes}." if by else "") + unfit


def _findings(rows: Sequence[Row]) -> list[_Finding]:
    """What is wrong, each cause once: what a policy lets in stands below the row that says that the policy is there."""
    wrong = [row for row in rows if row.state is not State.PASSED]
    findings = [_Finding(row) for row in wrong if row.id not in _PROBES]
    by_cause = {(one.row.who, one.row.cause): one for one in findings if one.row.cause}
    for row in wrong:
        if row.id not in _PROBES:
            continue
        key = (row.who, row.cause) if row.cause and row.state is State.FAILED else (row.who, f"{row.check}: {row.seen}")
        known = by_cause.get(key)
        if known is None:
            known = by_cause[key] = _Finding(row)
            findings.append(known)
        known.probes.append(row)
    return findings


def _mark(state: State, *, color: bool) -> str:
    return f"\x1b[{_COLORS[state]}m{_MARKS[state]}\x1b[0m" if color else _MARKS[state]


def _verdict(code: int) -> str:
    return {AS_ASKED: "as declared", AGAINST: "not as declared", NO_VERDICT: "unknown"}[code]


def _numbers(counts: Counter[State], tests: int) -> dict[str, str]:
    numbers = {"tests": tests, "failures": counts[State.FAILED], "errors": counts[State.UNKNOWN]}
    return {key: str(one) for key, one in numbers.items()}


def _case(suite: Xml.Element, pipeline: str, row: Row) -> None:
    case = Xml.SubElement(suite, "testcase", classname=f"{pipeline}.{row.who}", name=f"{row.who} {row.check}")
    properties = Xml.SubElement(case, "properties")
    Xml.SubElement(properties, "property", name="id", value=row.id.value)
    if row.by:
        Xml.SubElement(properties, "property", name="answered by", value=row.by)
    if row.state is not State.PASSED:
        kind = "failure" if row.state is State.FAILED else "error"
        told = Xml.SubElement(case, kind, type=row.id.value, message=row.seen)
        told.text = row.difference or None
