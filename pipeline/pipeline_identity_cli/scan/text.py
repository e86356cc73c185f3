"""Looking through the text of one file, block by block."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from pipeline_identity_cli.key_material import places
from pipeline_identity_cli.scan.leaks import Leak

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from pipeline_identity_cli.key_material import Place
    from pipeline_identity_cli.scan.leaks import Findings

ALLOW = "scan-state: allow"
"""A line that holds these words is left alone, with what stands in it."""
_BLOCK = 4 * 1024 * 1024
_OVERLAP = 64 * 1024
"""How much of a block is read again with the next one, in characters: what stands across the border is found."""
_URNS = ('"urn": "urn:pulumi:', '"urn":"urn:pulumi:')


def leaks_in(file: str, text: io.TextIOBase, findings: Findings) -> Iterator[Leak]:
    """The key material in a text, in order.

    Args:
        file: What the text is called in the report.
        text: The text, which is read block by block.
        findings: Where places are counted that their line allows.
    """
    kept, line, column, offset = "", 1, 1, 0
    seen: set[tuple[int, str]] = set()
    while more := text.read(_BLOCK):
        block = kept + more
        found = [place for place in places(block) if (offset + place.start, place.fingerprint) not in seen]
        cut = max(0, len(block) - _OVERLAP)
        seen = {(offset + place.start, place.fingerprint) for place in found if place.start >= cut}
        yield from _Block(file, block, line, column).leaks(found, findings)
        line, column = _after(block, 0, cut, line, column)
        kept, offset = block[cut:], offset + cut


class _Block:
    """A block of a file, walked through once from its beginning to its end."""

    def __init__(self, file: str, text: str, line: int, column: int) -> None:
        self._file = file
        self._text = text
        self._position, self._line, self._column = 0, line, column
        self._line_end, self._is_allowed = -1, False

    def leaks(self, found: list[Place], findings: Findings) -> Iterator[Leak]:
        """The leaks of places in order, without those that their line allows."""
        urns = _starts(self._text) if found else []
        has_allow = bool(found) and ALLOW in self._text
        for place in found:
            self._line, self._column = _after(self._text, self._position, place.start, self._line, self._column)
            self._position = place.start
            if has_allow and self._allows(place.start):
                findings.allowed_inline += 1
                continue
            resource = _urn(self._text, urns, place.start)
            yield Leak(
                self._file,
                self._line,
                self._column,
                place.kind,
                place.key_id,
                place.fingerprint,
                place.encoded,
                resource,
            )

    def _allows(self, position: int) -> bool:
        if position >= self._line_end:
            start = self._text.rfind("\n", 0, position) + 1
            end = self._text.find("\n", position)
            self._line_end = len(self._text) if end < 0 else end
            self._is_allowed = self._text.find(ALLOW, start, self._line_end) >= 0
        return self._is_allowed


def _after(text: str, start: int, end: int, line: int, column: int) -> tuple[int, int]:
    """Line and column at the end of a stretch of a text that begins at others."""
    breaks = text.count("\n", start, end)
    return (line + breaks, end - text.rfind("\n", start, end)) if breaks else (line, column + end - start)


def _starts(text: str) -> list[int]:
    found: list[int] = []
    for mark in _URNS:
        at = text.find(mark)
        while at >= 0:
            found.append(at + mark.index("urn:pulumi:"))
            at = text.find(mark, at + 1)
    return sorted(found)


def _urn(text: str, starts: list[int], position: int) -> str:
    """The URN before a place: in a Pulumi state, a resource begins with its own."""
    at = bisect_right(starts, position)
    if not at:
        return ""
    start = starts[at - 1]
    end = text.find('"', start, start + 2048)
    urn = text[start:end] if end > 0 else ""
    return "" if places(urn) else urn
