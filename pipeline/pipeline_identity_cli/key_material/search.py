"""Where key material stands in a text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity_cli.key_material.decoding import layers
from pipeline_identity_cli.key_material.patterns import KINDS, Kind, find
from pipeline_identity_cli.key_material.windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Place:
    """Where key material stands.

    Attributes:
        start: The first character of it, from 0; of what is encoded, the first of its encoding.
        end: The character after it.
        kind: What it is.
        key_id: The id of the access key beside it; "" without one.
        fingerprint: 24 hexadecimal digits that tell it from other key material, and do not show it: the same wherever
            and however it is written.
        encoded: Whether it stands there in base64 or with escapes in it.
    """

    start: int
    end: int
    kind: Kind
    key_id: str
    fingerprint: str
    encoded: bool


def places(text: str) -> list[Place]:
    """Every place of a text where key material stands in the clear, in order.

    Args:
        text: The text. The time it takes grows with the text's length, whatever the text holds.
    """
    found: list[Place] = []
    for start, end in windows(text):
        found += _in_window(text[start:end], start)
    return found


def _in_window(text: str, offset: int) -> list[Place]:
    found: dict[tuple[str, int], Place] = {}
    for place in _in_layers(text, offset):
        same = found.setdefault((place.fingerprint, place.start), place)
        if KINDS.index(place.kind) < KINDS.index(same.kind):
            # A layer shows again what the one before has shown, and may say more surely what it is.
            found[place.fingerprint, place.start] = replace(same, kind=place.kind, key_id=same.key_id or place.key_id)
    every = sorted(found.values(), key=_order)
    return list(_apart(every))


def _in_layers(text: str, offset: int) -> Iterator[Place]:
    for layer in layers(text):
        for one in find(layer.text):
            start, end, verbatim = layer.origin(one.start, one.end)
            value = "".join(layer.text[one.start : one.end].split())
            digest = hashlib.sha256(value.encode()).hexdigest()[:24]
            yield Place(offset + start, offset + end, one.kind, one.key_id, digest, not verbatim)


def _order(place: Place) -> tuple[int, bool, int, int]:
    return place.start, place.encoded, KINDS.index(place.kind), -place.end


def _apart(every: list[Place]) -> Iterator[Place]:
    """Without what another place covers: a token cut short by a sign that the next layer decodes is one token.

    One run of base64 may hold several, at one place.
    """
    last: Place | None = None
    for place in every:
        if last and place.start < last.end and (place.start, place.end) != (last.start, last.end):
            continue
        yield place
        last = place
