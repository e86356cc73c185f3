"""The report for people: each refused statement with what is wrong in it marked, why, and what to change."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import cast

from iam_guardrails.cli.excerpt import Line, excerpt
from iam_guardrails.cli.outcome import Judged, NotJudged, PolicyText, Report, visible, witness
from iam_guardrails.cli.pages import Pages
from iam_guardrails.cli.places import place
from iam_guardrails.findings import Finding

_REFUSED, _ADVICE, _CLEAN, _SIDE, _STRONG = "bold red", "yellow", "green", "dim", "bold"
_MOST_PATHS = 5
_PASSED_OVER_SHOWN = 5

Part = tuple[str, str]
"""Text and its style, "" for none."""


def render(report: Report, pages: Pages, *, color: bool, quiet: bool) -> str:
    """The report as text for a terminal.

    Args:
        report: what to tell.
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
    for one in report.judged:
        if one.findings or not quiet:
            yield _heading(one)
        if one.findings:
            yield []
            for finding in one.findings:
                yield from _finding(one.document, finding, pages)
    for problem in report.not_judged:
        yield from _not_judged(problem)
    yield from _summary(report)


def _heading(one: Judged) -> list[Part]:
    said, style = _verdict(one)
    guessed = ", guessed from its content" if one.document.guessed else ""
    name = visible(one.document.name)
    return [(name, _STRONG), (f": {one.document.kind.value} policy{guessed}: ", ""), (said, style)]


def _verdict(one: Judged) -> Part:
    if one.refused:
        return "refused", _REFUSED
    return ("advice", _ADVICE) if one.findings else ("clean", _CLEAN)


def _finding(document: PolicyText, finding: Finding, pages: Pages) -> Iterator[list[Part]]:
    at = place(document, finding)
    said, style = ("refused by", _REFUSED) if finding.blocking else ("advice from", _ADVICE)
    where = f"{visible(document.file)}:{at.line}:{at.column}"
    pointer = f" at {visible(finding.pointer)}" if finding.pointer else ""
    heading = [("  ", ""), (where, _STRONG), (": ", ""), (f"{said} {finding.rule}", style)]
    yield [*heading, (f" ({finding.severity}){pointer}", _SIDE)]
    yield [(f"    {visible(finding.message)}", "")]
    yield []
    shown = excerpt(document, finding)
    if shown:
        yield from _excerpt(shown, style)
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
        yield "ways", ", ".join(names[:_MOST_PATHS]) + rest
    yield "fix", pages.fix(finding)
    yield "more", pages.of(finding.rule)


def _request(request: Mapping[str, object]) -> str:
    context = json.dumps(request.get("context") or {}, ensure_ascii=False)
    return f"{request.get('principal')} do {request.get('action')}" + (f" with {context}" if context != "{}" else "")


def _not_judged(problem: NotJudged) -> Iterator[list[Part]]:
    yield [(visible(problem.place), _STRONG), (": ", ""), ("not judged: ", _REFUSED), (visible(problem.reason), "")]
    yield [("    fix   ", _SIDE), (visible(problem.fix), "")]


def _summary(report: Report) -> Iterator[list[Part]]:
    for line in summary(report):
        yield [(line, "")]


def summary(report: Report) -> list[str]:
    """The run in a few lines."""
    lines: list[str] = []
    if report.passed_over:
        shown = ", ".join(visible(one) for one in report.passed_over[:_PASSED_OVER_SHOWN])
        rest = len(report.passed_over) - _PASSED_OVER_SHOWN
        more = f" and {rest} more" if rest > 0 else ""
        lines.append(f"Passed over, for they hold no policy document: {shown}{more}.")
    if report.settings_file:
        lines.append(f"Settings: {visible(report.settings_file)}.")
    lines.append(_counts(report))
    advised = sum(bool(one.findings) and not one.refused for one in report.judged)
    if advised:
        counts = "With --strict, advice counts: exit code 1."
        lines.append(counts if report.strict else "Advice alone refuses nothing; --strict makes it count.")
    if report.not_judged:
        lines.append("What could not be judged is not fine: exit code 2.")
    return lines


def _counts(report: Report) -> str:
    refused = sum(one.refused for one in report.judged)
    advised = sum(bool(one.findings) and not one.refused for one in report.judged)
    counts = {"refused": refused, "with advice": advised, "clean": len(report.judged) - refused - advised}
    parts = ", ".join(f"{count:,} {said}" for said, count in counts.items() if count)
    whole = _number(len(report.judged), "document") + " judged" + (", as one identity" if report.together else "")
    failed = f" {len(report.not_judged):,} could not be judged." if report.not_judged else ""
    return f"{whole}{': ' if parts else ''}{parts}.{failed}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
