"""The report for people: each finding with what is wrong marked in its statement, why, and what to change."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from iam_guardrails.findings import Finding
from iam_guardrails.reports.excerpt import Line, excerpt
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Checked, NotChecked, Remark, Report, Subject, level, visible, witness

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_CLEAN, _SIDE, _STRONG = "green", "dim", "bold"
_MOST_PATHS = 5
_MOST_NAMES = 5
_MOST_REMARKS = 12

Part = tuple[str, str]
"""Text and its style, "" for none."""


def render(report: Report, pages: Pages, *, color: bool, quiet: bool) -> str:
    """The report as text for a terminal.

    Args:
        report: what to report.
        pages: where the rules are described.
        color: whether the terminal shows colors.
        quiet: whether to leave out the documents in which nothing was found.
    """
    lines = list(_report(report, pages, quiet))
    if not color:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    return _painted(lines)


def _painted(lines: list[list[Part]]) -> str:
    from rich.console import Console
    from rich.text import Text

    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, legacy_windows=False, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line), crop=False, overflow="ignore", no_wrap=True)
    return screen.getvalue()


def _report(report: Report, pages: Pages, quiet: bool) -> Iterator[list[Part]]:
    for one in report.checked:
        if one.findings or not quiet:
            yield _heading(one)
        if one.findings:
            yield []
            for finding in one.findings:
                yield from _finding(one.subject, finding, pages)
    for problem in report.not_checked:
        yield from _not_checked(problem)
    for line in summary(report):
        yield [(line, "")]


def _heading(one: Checked) -> list[Part]:
    said, style = _verdict(one)
    subject = one.subject
    guessed = ", guessed from its content" if subject.guessed else ""
    return [(visible(subject.name), _STRONG), (f": {visible(subject.what)}{guessed}: ", ""), (said, style)]


def _verdict(one: Checked) -> Part:
    if one.rejected:
        return "rejected", _STYLES["error"]
    if not one.findings:
        return ("clean, as far as it is known" if one.subject.unknown else "clean"), _CLEAN
    return ("warnings", _STYLES["warning"]) if any(level(f) != "note" for f in one.findings) else ("notes", "cyan")


def _finding(document: Subject, finding: Finding, pages: Pages) -> Iterator[list[Part]]:
    at = document.place(finding)
    of = level(finding)
    where = f"{visible(document.file)}:{at.line}:{at.column}"
    pointer = f" at {visible(finding.pointer)}" if finding.pointer else ""
    heading = [("  ", ""), (where, _STRONG), (": ", ""), (f"{of} {finding.rule}", _STYLES[of])]
    yield [*heading, (f" ({finding.severity}){pointer}", _SIDE)]
    yield [(f"    {visible(finding.message)}", "")]
    yield []
    shown = excerpt(document, finding)
    if shown:
        yield from _excerpt(shown, _STYLES[of])
        yield []
    for title, text in _more(finding, pages):
        yield [(f"    {title:<5} ", _SIDE), (visible(text), "")]
    yield []


def _excerpt(lines: list[Line], style: str) -> Iterator[list[Part]]:
    width = max((len(str(line.number)) for line in lines if line.number), default=1)
    for line in lines:
        mark = ">" if line.marks else " "
        number = str(line.number or "").rjust(width)
        yield [(f"    {mark} ", style), (f"{number} | ", _SIDE), (line.text, _SIDE if line.gap else "")]
        if line.marks:
            yield [(f"      {' ' * width} | ", _SIDE), (_carets(line), style)]


def _carets(line: Line) -> str:
    under = [" "] * max(end for _, end in line.marks)
    for start, end in line.marks:
        under[start:end] = "^" * (end - start)
    return "".join(under)


def _more(finding: Finding, pages: Pages) -> Iterator[tuple[str, str]]:
    request = witness(finding)
    if request is not None:
        yield "lets", _request(request)
    paths = finding.evidence.get("paths")
    if isinstance(paths, list):
        names = [str(one) for one in cast("list[object]", paths)]
        rest = f" and {len(names) - _MOST_PATHS} more" if len(names) > _MOST_PATHS else ""
        yield "paths", ", ".join(names[:_MOST_PATHS]) + rest
    yield "fix", pages.fix(finding)
    yield "more", pages.of(finding.rule)


def _request(request: Mapping[str, object]) -> str:
    context = json.dumps(request.get("context") or {}, ensure_ascii=False)
    return f"{request.get('principal')} do {request.get('action')}" + (f" with {context}" if context != "{}" else "")


def _not_checked(problem: NotChecked) -> Iterator[list[Part]]:
    yield [
        (visible(problem.place), _STRONG),
        (": ", ""),
        ("not checked: ", _STYLES["error"]),
        (visible(problem.reason), ""),
    ]
    yield [("    fix   ", _SIDE), (visible(problem.fix), "")]


# --- the run in a few lines -------------------------------------------------------------------------------------------


def summary(report: Report) -> list[str]:
    """The run in a few lines: what was checked, excepted, off and unknown."""
    lines: list[str] = []
    if report.passed_over:
        lines.append(f"Passed over, for they hold no policy document: {_some(report.passed_over)}.")
    lines += _remarks("Not known", report.unknown)
    lines += _remarks("Note", report.notes)
    lines += [
        f"Excepted: {visible(one.subject.name)}: {one.finding.rule}: {visible(one.why)}" for one in report.excepted
    ]
    lines += [visible(one) for one in report.problems]
    if report.off:
        lines.append(f"Off: {', '.join(report.off)}.")
    if report.settings_file:
        lines.append(f"Settings: {visible(report.settings_file)}.")
    lines.append(_counts(report))
    if any(one.findings and not one.rejected for one in report.checked):
        counts = "With --strict, warnings count: exit code 1."
        lines.append(counts if report.strict else "Warnings alone reject nothing; --strict makes them count.")
    if report.not_checked:
        lines.append("What could not be checked is not clean: exit code 2.")
    return lines


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(visible(one) for one in names[:_MOST_NAMES])
    rest = len(names) - _MOST_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _remarks(title: str, remarks: Sequence[Remark]) -> Iterator[str]:
    for one in remarks[:_MOST_REMARKS]:
        yield f"{title}: {visible(one.file)}: {visible(one.text)}" + ("" if one.text.endswith("?") else ".")
    if len(remarks) > _MOST_REMARKS:
        yield f"{title}: and {len(remarks) - _MOST_REMARKS} more; --format json lists them."


def _counts(report: Report) -> str:
    rejected = sum(one.rejected for one in report.checked)
    warned = sum(bool(one.findings) and not one.rejected for one in report.checked)
    counts = {"rejected": rejected, "with warnings": warned, "clean": len(report.checked) - rejected - warned}
    parts = ", ".join(f"{count:,} {said}" for said, count in counts.items() if count)
    whole = _number(len(report.checked), "document") + " checked" + (", as one identity" if report.together else "")
    failed = f" {len(report.not_checked):,} could not be checked." if report.not_checked else ""
    return f"{whole}{': ' if parts else ''}{parts}.{failed}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
