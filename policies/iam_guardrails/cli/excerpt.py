"""The statement that a finding is about, as lines with the offending values marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iam_guardrails.cli.outcome import PolicyText, visible
from iam_guardrails.cli.places import Map, Node, map_of
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
    statement = _statement(found, finding)
    start, end = (statement.name, statement.end) if statement else found.span(finding)
    first, last = found.position(start)[0], found.position(end)[0]
    marked = found.marked(finding)
    if max(map(len, found.lines[first - 1 : last])) <= _WIDEST:
        spans = [node.marked for node in marked] or [found.span(finding)]
        return _shortened(list(_lines(found, spans, first, last, document.first_line - 1)))
    if statement:
        return _shortened(_anew(found, statement, marked))
    from_ = max(start - _WIDEST // 2, found.start(first))
    text = found.lines[first - 1][from_ - found.start(first) :][:_WIDEST]
    return [_line(None, text, ((start - from_, min(end - from_, len(text))),))]


def _statement(found: Map, finding: Finding) -> Node | None:
    if finding.statement is None:
        return None
    return found.nodes.get(f"/Statement/{finding.statement}") or found.nodes.get("/Statement")


def _lines(found: Map, spans: Sequence[tuple[int, int]], first: int, last: int, before: int | None) -> Iterator[Line]:
    for number in range(first, last + 1):
        line, start = found.lines[number - 1], found.start(number)
        marks = tuple(
            (max(a - start, 0), min(b - start, len(line))) for a, b in spans if start <= a < start + len(line) + 1
        )
        yield _line(None if before is None else number + before, line.rstrip("\r"), marks)


def _line(number: int | None, text: str, marks: tuple[tuple[int, int], ...]) -> Line:
    """A line fit for a terminal, with its marks where the text has moved to."""
    moved = tuple((len(visible(text[:a])), max(len(visible(text[:b])), len(visible(text[:a])) + 1)) for a, b in marks)
    return Line(number, visible(text), moved)


def _anew(found: Map, statement: Node, marked: Sequence[Node]) -> list[Line]:
    """A statement that stands on overlong lines, written out a value a line."""
    value = json.loads(found.text[statement.start : statement.end], strict=False)
    again = Map(json.dumps(value, indent=2, ensure_ascii=False))
    same = [again.nodes.get(node.pointer.removeprefix(statement.pointer)) for node in marked]
    return list(_lines(again, [node.marked for node in same if node], 1, len(again.lines), None))


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
