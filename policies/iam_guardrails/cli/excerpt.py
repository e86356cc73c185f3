"""The statement that a finding is about, as lines with the offending values marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iam_guardrails.cli.outcome import PolicyText, visible
from iam_guardrails.cli.places import Map, map_of, position
from iam_guardrails.findings import Finding

_WIDEST = 140
"""Characters of a line beyond which a statement is shown written out anew, a value a line."""
_AROUND = 3
"""Lines shown before and after a marked one, where a statement is longer than `_MOST`."""
_MOST = 24


class Line(NamedTuple):
    """A line to show.

    Attributes:
        number: its number in the file; None in a statement that was written out anew, and for a gap.
        text: what stands there.
        marks: the stretches of it that are marked, in characters from 0.
        gap: whether it stands for lines left out.
    """

    number: int | None
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    gap: bool = False


def excerpt(document: PolicyText, finding: Finding) -> list[Line]:
    """The lines to show for a finding; none for one about the document as a whole."""
    found = map_of(document.text)
    if not finding.pointer and finding.statement is None and not found.spoiled():
        return []
    spans = found.spans(finding)
    statement = _statement(found, finding.statement, spans[0])
    first, last = position(document.text, statement[0])[0], position(document.text, statement[1])[0]
    written = document.text.split("\n")
    if max(len(line) for line in written[first - 1 : last]) <= _WIDEST:
        lines = list(_lines(document.text, spans, first, last, document.first_line - 1))
        return _shortened(lines)
    return _anew(document.text[statement[0] : statement[1]], found, spans, statement)


def _statement(found: Map, number: int | None, span: tuple[int, int]) -> tuple[int, int]:
    """The stretch of text to show: the statement, else what is marked."""
    if number is not None:
        for pointer in (f"/Statement/{number}", "/Statement"):
            node = found.nodes.get(pointer)
            if node:
                return node.name, node.end
    return span


def _lines(text: str, spans: Sequence[tuple[int, int]], first: int, last: int, before: int | None) -> Iterator[Line]:
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if first <= number <= last:
            marks = tuple(
                (max(a - start, 0), min(b - start, len(line))) for a, b in spans if start <= a < start + len(line) + 1
            )
            yield _line(None if before is None else number + before, line.rstrip("\r"), marks)
        start += len(line) + 1


def _line(number: int | None, text: str, marks: tuple[tuple[int, int], ...]) -> Line:
    """A line fit for a terminal, with its marks where the text has moved to."""
    moved = tuple((len(visible(text[:a])), max(len(visible(text[:b])), len(visible(text[:a])) + 1)) for a, b in marks)
    return Line(number, visible(text), moved)


def _anew(source: str, found: Map, spans: Sequence[tuple[int, int]], statement: tuple[int, int]) -> list[Line]:
    """A statement that stands on overlong lines, written out a value a line."""
    pointers = {node.marked: pointer for pointer, node in found.nodes.items()}
    base = next((pointer for pointer, node in found.nodes.items() if (node.name, node.end) == statement), None)
    if base is None:
        start = max(spans[0][0] - statement[0] - _WIDEST // 2, 0)
        return [_line(None, source[start : start + _WIDEST], ((spans[0][0] - statement[0] - start, 1),))]
    value = found.text[found.nodes[base].start : found.nodes[base].end]
    text = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    again = Map(text)
    nodes = [again.nodes.get(pointers[span].removeprefix(base)) for span in spans if span in pointers]
    return _shortened(list(_lines(text, [node.marked for node in nodes if node], 1, text.count("\n") + 1, None)))


def _shortened(lines: list[Line]) -> list[Line]:
    """The lines, without those far from any mark where there are many."""
    if len(lines) <= _MOST:
        return lines
    marked = [place for place, line in enumerate(lines) if line.marks][:5] or [0]
    kept = {0, len(lines) - 1}
    for place in marked:
        kept.update(range(max(place - _AROUND, 0), min(place + _AROUND + 1, len(lines))))
    shown: list[Line] = []
    for place, line in enumerate(lines):
        if place in kept:
            shown.append(line)
        elif not shown[-1].gap:
            shown.append(Line(None, "...", gap=True))
    return shown
