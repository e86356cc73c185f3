"""The statement that a finding is about, as lines with the offending values marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.reports.report import Subject, values, visible
from iam_guardrails.sources.positions import Map, Node, json_map

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


def excerpt(document: Subject, finding: Finding) -> list[Line]:
    """The lines to show for a finding; none for one about the document as a whole."""
    found, prefix, before = _shown(document, finding)
    if document.text and not finding.pointer and finding.statement is None and not found.spoiled():
        return []
    pointer, about = prefix + finding.pointer, values(finding)
    statement = _statement(found, prefix, finding)
    marked, span = found.marked(pointer, about), found.span(pointer, about)
    start, end = (statement.name, statement.end) if statement else span
    first, last = found.position(start)[0], found.position(end)[0]
    if max(map(len, found.lines[first - 1 : last])) <= _WIDEST:
        spans = [node.marked for node in marked] or [span]
        return _shortened(list(_lines(found, spans, first, last, before)))
    if statement:
        return _shortened(_anew(found, statement, marked))
    from_ = max(start - _WIDEST // 2, found.start(first))
    text = found.lines[first - 1][from_ - found.start(first) :][:_WIDEST]
    return [_line(None, text, ((start - from_, min(end - from_, len(text))),))]


def _shown(document: Subject, finding: Finding) -> tuple[Map, str, int | None]:
    """What lines come from, the pointer to the document in it, and the lines before it (None: do not number them).

    A document that stands in its source as a text within a text, or whose values were put together, has no lines there.
    """
    whole = document.whole
    if whole is None or not document.text:
        return document.map, document.pointer, document.first_line - 1
    statement = "" if finding.statement is None else f"{document.pointer}/Statement"
    nearest = whole.nearest(document.in_source(finding))
    is_there = nearest is not None and nearest.pointer.startswith(f"{document.pointer}/")
    if (is_there or not finding.pointer) and (not statement or statement in whole.nodes):
        return whole, document.pointer, document.first_line - 1
    return json_map(document.text), "", None


def _statement(found: Map, prefix: str, finding: Finding) -> Node | None:
    if finding.statement is None:
        return None
    one = found.nodes.get(f"{prefix}/Statement/{finding.statement}")
    return one or found.nodes.get(f"{prefix}/Statement")


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
    try:
        value = json.loads(found.text[statement.start : statement.end], strict=False)
    except ValueError:  # YAML
        return [_line(None, found.text[statement.start : statement.end].replace("\n", " ")[:_WIDEST], ())]
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
