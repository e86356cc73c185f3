"""Taking encodings off a text, layer by layer, while knowing where every character came from.

Each layer undoes one level: the colors of terminals, the escapes of JSON and shells, entities of XML, `%2F` of
addresses, and base64. JSON within JSON within base64 takes three.

    >>> layer = next(layers("&quot;secretAccessKey&quot;"))  # the text itself, then
    >>> "secretAccessKey"                                    # the text without its entities
"""

from __future__ import annotations

import binascii
import html
import re
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DEEPEST = 5
"""How many levels are undone. Real logs hold JSON in JSON in base64; more levels are an attack on time."""

# As terminals and JSON have colors, and as Pulumi's events do.
_COLOR = re.compile(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)\[[0-9;]{0,40}[mK]|<\{%[a-z0-9 ]{1,30}%\}>")
# A color may stand in the middle of a word, too.
_COLORED = re.compile(rf"[A-Za-z0-9/+=_-](?:{_COLOR.pattern})[A-Za-z0-9/+=_-]")
_ESCAPE = re.compile(
    r"\\(?:[\"'\\/nrtbf]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})"
    r"|%[0-9A-Fa-f]{2}"
    r"|&(?:quot|apos|amp|lt|gt|#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,5});"
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
# Lines of one length are one text that was wrapped; the last may be shorter.
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:"
    r"(?P<wrapped>[A-Za-z0-9+/]{60,128}(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/]{4,128}){1,4096}={0,2})"
    r"|(?P<run>[A-Za-z0-9+/_-]{24,})={0,2})"
)
_URL_ALPHABET = str.maketrans("-_", "+/")
_PRINTABLE = bytes([*range(0x20, 0x7F), 0x09, 0x0A, 0x0D, 0x1B])
_GZIP = b"\x1f\x8b"
_MOST_UNPACKED = 16
"""How many times its own length a compressed text may have; text is rarely more than ten."""


@dataclass(frozen=True)
class _Segment:
    """A stretch of a layer that came from one stretch of the text.

    Attributes:
        at: Where it begins in the layer.
        start: Where it begins in the text.
        end: Where it ends in the text.
        verbatim: Whether it is the same characters.
    """

    at: int
    start: int
    end: int
    verbatim: bool


@dataclass(frozen=True)
class Layer:
    """A text with some of its encodings undone.

    Attributes:
        text: The text of the layer.
        segments: Where the stretches of it came from, in order.
    """

    text: str
    segments: Sequence[_Segment]

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [one.at for one in self.segments]

    def origin(self, start: int, end: int) -> tuple[int, int, bool]:
        """Where a stretch stands in the original text, and whether it stands there as it is.

        Args:
            start: The first character in the layer, from 0.
            end: The character after it.
        """
        first, last = self._segment(start), self._segment(end - 1)
        begins = first.start + (start - first.at) if first.verbatim else first.start
        ends = last.start + (end - last.at) if last.verbatim else last.end
        return begins, ends, first is last and first.verbatim

    def _segment(self, position: int) -> _Segment:
        return self.segments[bisect_right(self._starts, position) - 1]

    def replaced(self, pattern: re.Pattern[str], decode: Callable[[re.Match[str]], str | None]) -> Layer | None:
        """The next layer: every match replaced by what it decodes to. None when nothing was replaced.

        Args:
            pattern: What to look for.
            decode: What a match stands for; None leaves it as it is.
        """
        texts: list[str] = []
        segments: list[_Segment] = []
        length, copied = 0, 0

        def add(text: str, start: int, end: int, *, verbatim: bool) -> None:
            nonlocal length
            if text:
                texts.append(text)
                segments.extend(self._mapped(length, start, end, verbatim=verbatim))
                length += len(text)

        for match in pattern.finditer(self.text):
            value = decode(match)
            if value is None:
                continue
            add(self.text[copied : match.start()], copied, match.start(), verbatim=True)
            add(value, match.start(), match.end(), verbatim=False)
            copied = match.end()
        if not copied:
            return None
        add(self.text[copied:], copied, len(self.text), verbatim=True)
        return Layer("".join(texts), segments)

    def _mapped(self, at: int, start: int, end: int, *, verbatim: bool) -> Iterator[_Segment]:
        """The segments of a stretch of this layer, for the next one."""
        if not verbatim:
            begins, ends, _ = self.origin(start, end)
            yield _Segment(at, begins, ends, verbatim=False)
            return
        index = bisect_right(self._starts, start) - 1
        while start < end:
            one = self.segments[index]
            until = self.segments[index + 1].at if index + 1 < len(self.segments) else len(self.text)
            until = min(until, end)
            shift = start - one.at if one.verbatim else 0
            yield _Segment(at, one.start + shift, one.end, one.verbatim)
            at, start, index = at + until - start, until, index + 1


def layers(text: str) -> Iterator[Layer]:
    """A text, and what it says when one encoding after the other is undone.

    Args:
        text: The text; it should be short, as every layer is as long.
    """
    top = Layer(text, [_Segment(0, 0, len(text), verbatim=True)])
    starts = [top]
    plain = top.replaced(_COLOR, lambda _: " ")
    starts += [plain] if plain else []
    if _COLORED.search(text):
        joined = top.replaced(_COLOR, lambda _: "")
        starts += [joined] if joined else []
    for start in starts:
        yield start
        yield from _undone(start)


def _undone(layer: Layer) -> Iterator[Layer]:
    for _ in range(_DEEPEST):
        unescaped = layer.replaced(_ESCAPE, _unescaped) if any(mark in layer.text for mark in "\\%&") else None
        if unescaped:
            yield unescaped
        decoded = (unescaped or layer).replaced(_BASE64, lambda match: decoded_base64(match[0]))
        if decoded:
            yield decoded
        following = decoded or unescaped
        if not following:
            return
        layer = following


def _unescaped(match: re.Match[str]) -> str:
    written = match[0]
    if written[0] == "&":
        return html.unescape(written)
    if written[0] == "%":
        return chr(int(written[1:], 16))
    letter = written[1]
    if letter in "ux" and len(written) > 2:
        digits = written[2:]
        return chr(int(digits, 16))
    return _LETTERS.get(letter, letter)


def decoded_base64(written: str) -> str | None:
    """The text that base64 stands for, also in UTF-16 or compressed by gzip. None where it stands for no text.

    Args:
        written: Letters of base64, in either alphabet, with or without line breaks and the closing `=`.
    """
    letters = "".join(written.split()).rstrip("=").translate(_URL_ALPHABET)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    data = binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
    if data.startswith(_GZIP):
        data = _unpacked(data)
    if data[1:20:2] == bytes(len(data[1:20:2])):
        # PowerShell's -EncodedCommand is UTF-16.
        data = data[::2] if not any(data[1::2]) else data
    if data.translate(None, _PRINTABLE):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        return text if len(data) > len(text) and all(one.isprintable() or one.isspace() for one in text) else None
    return data.decode("ascii") or None


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        return unpacking.decompress(data, len(data) * _MOST_UNPACKED)
    except zlib.error:
        return data
