"""Globs as IAM writes them (`*` any run of characters, `?` exactly one) and the questions asked of sets of them.

A glob is run as an automaton whose states are the bits of one integer, so no pattern can be made to backtrack. All
questions beyond a plain match (does one include another? do they overlap? is anything left of them?) are one
question: is there a text inside these and outside those? `find` answers it with such a text.

Sources: IAM user guide, "IAM JSON policy elements: Resource" (wildcards in ARNs) and "... Condition operators"
(StringLike; ArnLike, which compares the six colon-separated parts one by one).
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGITS = "0123456789"
# How a pattern says `${*}` and `${?}`, the policy variables that stand for the characters themselves.
_LITERAL_STAR, _LITERAL_ONE = "\ue02a", "\ue03f"
_SPELLED = {_LITERAL_STAR: "*", _LITERAL_ONE: "?"}
_NO_CHARACTER = "\ue0fe"
_FRESH = "xzqvwk0jy59XZQ~"


class Undecided(Exception):
    """A question needs more steps than a gate may spend on it; the asker must take the unsafe answer."""


class Budget:
    """Steps left for the questions of one document, so that a hostile one cannot hold up a deployment."""

    __slots__ = ("steps",)

    def __init__(self, steps: int = 300_000) -> None:
        self.steps = steps

    def spend(self, steps: int) -> None:
        """Take `steps` away.

        Raises:
            Undecided: none are left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise Undecided


class Glob:
    """One pattern, ready to run.

    Args:
        pattern: the text with its wildcards.
        wild: whether `*` and `?` are wildcards; False takes them as they are (StringEquals).
        ignore_case: whether upper and lower case are the same.
        parts: whether the first five colon-separated parts are compared one by one (ArnLike).
        digits: whether `?` stands for a digit only (account ids).

    Attributes:
        literal: the one text that is an instance, but for its capitals where these make no difference; None for a
            pattern with wildcards.
    """

    __slots__ = (
        "_any",
        "_colon_any",
        "_colon_stars",
        "_literals",
        "_moves",
        "_parts",
        "_pattern",
        "_stars",
        "accepting",
        "digits",
        "ignore_case",
        "literal",
        "start",
    )

    def __init__(
        self, pattern: str, *, wild: bool = True, ignore_case: bool = False, parts: bool = False, digits: bool = False
    ) -> None:
        self._pattern = pattern if wild else taken_literally(pattern)
        moves: dict[str, int] = {}
        any_one = stars = colon_any = colon_stars = 0
        position = colons = 0
        spelled = "".join(_SPELLED.get(character, character) for character in pattern)
        if ignore_case:
            pattern = pattern.lower()
        for character in pattern:
            crosses = not parts or colons >= 5
            if wild and character == "*":
                if position and stars >> (position - 1) & 1:
                    continue
                stars |= 1 << position
                colon_stars |= crosses << position
            elif wild and character == "?":
                any_one |= 1 << position
                colon_any |= crosses << position
            else:
                character = _SPELLED.get(character, character)
                moves[character] = moves.get(character, 0) | 1 << position
                colons += character == ":"
            position += 1
        self._moves = moves
        self._parts = parts
        self._literals: dict[int, frozenset[str]] = {}
        self._any = any_one
        self._stars = stars
        self._colon_any = colon_any
        self._colon_stars = colon_stars
        self.accepting = 1 << position
        self.start = 1 | (stars & 1) << 1
        self.ignore_case = ignore_case
        self.digits = digits
        self.literal = None if any_one or stars else spelled

    @property
    def tells_case(self) -> bool:
        """Whether some text is an instance, and the text in other capitals is none."""
        return not self.ignore_case and any(one.lower() != one.upper() for one in self._moves)

    def step(self, state: int, character: str) -> int:
        """The state after one more character."""
        if self.ignore_case:
            character = character.lower()
        if character == ":":
            any_one, stars = self._colon_any, self._colon_stars
        else:
            any_one, stars = self._any, self._stars
            if self.digits and character not in _DIGITS:
                any_one = 0
        state = (state & (self._moves.get(character, 0) | any_one)) << 1 | state & stars
        # Every star may stand for nothing, whichever characters it may cross.
        return state | (state & self._stars) << 1

    def step_any(self, state: int) -> int:
        """The states after one more character, whichever suits."""
        state = (state & ~self._stars & ~self.accepting) << 1 | state & self._stars
        return state | (state & self._stars) << 1

    def from_lowest(self, state: int) -> int:
        """All states that any number of further characters, whichever suit, lead to."""
        return (self.accepting << 1) - (state & -state)

    def takes_all_of(self, other: Glob) -> bool:
        """Whether every instance of another pattern surely is one of this; `includes` says why running it tells."""
        if self._any or self._parts or (other.ignore_case and not self.ignore_case):
            return False
        return self.matches(other.instance(_NO_CHARACTER, _NO_CHARACTER))

    def instance(self, star: str, one: str) -> str:
        """The pattern with a text for each star and for each question mark, which is one of its instances."""
        text = self._pattern.replace("*", star).replace("?", one)
        return "".join([_SPELLED.get(character, character) for character in text])

    def matches(self, text: str) -> bool:
        """Whether the whole of `text` is an instance of the pattern."""
        state = self.start
        for character in text:
            state = self.step(state, character)
            if not state:
                return False
        return bool(state & self.accepting)

    def literals(self, state: int) -> frozenset[str]:
        """The characters that lead on from `state` and that the pattern spells out."""
        found = self._literals.get(state)
        if found is None:
            found = frozenset(character for character, positions in self._moves.items() if positions & state)
            self._literals[state] = found
        return found

    def takes_any(self, state: int) -> bool:
        """Whether characters that the pattern does not spell out lead on from `state`."""
        return bool(state & (self._any | self._stars))

    @property
    def alphabet(self) -> Iterable[str]:
        """The characters that the pattern spells out."""
        return self._moves


@lru_cache(maxsize=8192)
def glob(pattern: str, wild: bool = True, ignore_case: bool = False, parts: bool = False) -> Glob:
    """The automaton of a pattern, kept for the next document that writes the same one."""
    return Glob(pattern, wild=wild, ignore_case=ignore_case, parts=parts)


def escaped(pattern: str) -> str:
    """`pattern` with the policy variables `${*}`, `${?}` and `${$}` made characters that are no wildcards."""
    return pattern.replace("${*}", _LITERAL_STAR).replace("${?}", _LITERAL_ONE).replace("${$}", "$")


def spelled_out(text: str) -> str:
    """`text` with those three variables replaced by the characters they stand for."""
    return text.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")


def taken_literally(text: str) -> str:
    """`text` as a pattern in which only `text` itself is found."""
    return text.replace("*", _LITERAL_STAR).replace("?", _LITERAL_ONE)


ACCOUNT_ID = Glob("?" * 12, digits=True)
"""Every AWS account id: twelve digits."""


def find(within: Sequence[Sequence[Glob]], outside: Sequence[Glob], budget: Budget) -> str | None:
    """A shortest text that some glob of every group in `within` matches and no glob in `outside` does, or None.

    All automata run side by side over the same text, which grows by a character at a time, shortest first; a set of
    states that was met before leads nowhere new. Within {`a*`} and {`*b`}, outside {`ab`}: "a", then "ab" (accepted by
    both, but outside), then "aab": found.

    Raises:
        Undecided: the budget ran out.
    """
    every = [*(g for group in within for g in group), *outside]
    fresh = _fresh(every)
    start = (tuple(tuple(g.start for g in group) for group in within), tuple(g.start for g in outside))
    reached: dict[object, tuple[object, str] | None] = {start: None}
    waiting = deque([start])
    cost = len(every)
    while waiting:
        state = waiting.popleft()
        inside, out = state
        if _accepted(within, inside) and not any(m & g.accepting for g, m in zip(outside, out, strict=True)):
            return _spelled(reached, state)
        for character in _ways_on(within, outside, state, fresh):
            budget.spend(cost)
            next_inside = tuple(
                tuple([g.step(m, character) for g, m in zip(group, masks, strict=True)])
                for group, masks in zip(within, inside, strict=True)
            )
            if not all(map(any, next_inside)):
                continue
            next_state = (next_inside, tuple([g.step(m, character) for g, m in zip(outside, out, strict=True)]))
            if next_state not in reached:
                reached[next_state] = (state, character)
                waiting.append(next_state)
    return None


def _fresh(every: Iterable[Glob]) -> str:
    """Characters that may stand for all that no glob spells out, those that surely do so first."""
    spelled = set[str]().union(*(one.alphabet for one in every))
    return "".join(sorted(_FRESH + _DIGITS, key=lambda one: (one in spelled, one in _DIGITS)))


def _accepted(within: Sequence[Sequence[Glob]], inside: tuple[tuple[int, ...], ...]) -> bool:
    return all(
        any(m & g.accepting for g, m in zip(group, masks, strict=True))
        for group, masks in zip(within, inside, strict=True)
    )


def _ways_on(
    within: Sequence[Sequence[Glob]],
    outside: Sequence[Glob],
    state: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]],
    fresh: str,
) -> list[str]:
    """The characters worth trying: one for each way in which the automata, where they stand, tell characters apart.

    Those are the characters that some of them spell out next, the colon (which ARN patterns treat by itself), and one
    digit and one other character for all the rest. Where one group spells out all that can follow, only those.
    """
    inside, out = state
    best: set[str] | None = None
    live = {":"}
    for group, masks in zip(within, inside, strict=True):
        literal = set[str]().union(*(g.literals(m) for g, m in zip(group, masks, strict=True)))
        live |= literal
        if any(g.takes_any(m) or g.ignore_case for g, m in zip(group, masks, strict=True)):
            continue
        if best is None or len(literal) < len(best):
            best = literal
    if best is not None:
        return sorted(best)
    for one, mask in zip(outside, out, strict=True):
        live |= one.literals(mask)
    live.update([one.upper() for one in live if len(one.upper()) == 1])
    others = (
        next((one for one in fresh if one not in live and one not in _DIGITS), ""),
        next((one for one in fresh if one not in live and one in _DIGITS), ""),
    )
    return [*(one for one in others if one), *sorted(live)]


def _spelled(reached: dict[object, tuple[object, str] | None], state: object) -> str:
    characters: list[str] = []
    while (step := reached[state]) is not None:
        state, character = step
        characters.append(character)
    return "".join(reversed(characters))


def matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    """Whether `text` is an instance of `pattern`, by the quickest way there is."""
    if ignore_case:
        pattern, text = pattern.lower(), text.lower()
    if pattern == text or pattern == "*":
        return True
    pieces = _pieces(pattern) if "*" in pattern else None
    if pieces is None:
        special = "*" in pattern or "?" in pattern or _LITERAL_STAR in pattern or _LITERAL_ONE in pattern
        return special and glob(pattern).matches(text)
    first, between, gap, last = pieces
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for least, piece in between:
        at = text.find(piece, at + least, end)
        if at < 0:
            return False
        at += len(piece)
    return at + gap <= end


_WILDCARDS = re.compile(r"([*?]+)")


@lru_cache(maxsize=8192)
def _pieces(pattern: str) -> tuple[str, list[tuple[int, str]], int, str] | None:
    """What stands between the stars of a pattern; None where that is not all there is to it.

    Returns:
        What instances start with; each piece in between, after the least number of characters before it; the least
        number before the end; what instances end with.
    """
    pieces = _WILDCARDS.split(pattern)
    runs = pieces[1::2]
    if any("*" not in run for run in runs) or _LITERAL_STAR in pattern or _LITERAL_ONE in pattern:
        return None
    gaps = [run.count("?") for run in runs]
    return pieces[0], list(zip(gaps[:-1], pieces[2:-1:2], strict=True)), gaps[-1], pieces[-1]


_WILDCARD = re.compile(r"[*?]")


def literal_start(pattern: str) -> str:
    """What every instance of the pattern starts with."""
    found = _WILDCARD.search(pattern)
    return pattern[: found.start()] if found else pattern


def _literal_end(pattern: str) -> str:
    return pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]


@lru_cache(maxsize=8192)
def includes(outer: tuple[str, ...], inner: str, ignore_case: bool = False) -> bool:
    """Whether every instance of `inner` is an instance of one of `outer`; False also where that is too hard to say.

    Where an outer pattern has no `?`, it is enough to run it over the text of `inner`, whose own wildcards count as
    characters that no pattern spells out: `role/*` includes `role/app-*`, since it matches the text "role/app-*". Why:
    put a character that no outer pattern spells out for each `?` of `inner`, and many of it for each `*`. Some one
    outer pattern matches this instance, and only its stars can have taken these characters; so it takes whatever else
    may stand there. An outer `?` breaks the argument (`?*` includes `*a*`, but does not match its text), so then the
    search decides.
    """
    if "*" in outer or inner in outer:
        return True
    if "*" not in inner and "?" not in inner:
        return any(matches(pattern, inner, ignore_case) for pattern in outer)
    if ignore_case:
        outer, inner = tuple(pattern.lower() for pattern in outer), inner.lower()
    if any(matches(pattern, inner) for pattern in outer if "?" not in pattern):
        return True
    if not any("?" in pattern for pattern in outer):
        return False
    # Where an outer pattern starts or ends with more than the inner one does, some instance of the inner is not in it.
    start, end = literal_start(inner), _literal_end(inner)
    able = [one for one in outer if start.startswith(literal_start(one)) and end.endswith(_literal_end(one))]
    if not able:
        return False
    try:
        return find([[glob(inner)]], [glob(pattern) for pattern in able], Budget(50_000)) is None
    except Undecided:
        return False


@lru_cache(maxsize=8192)
def overlap(one: str, other: str) -> bool:
    """Whether some text is an instance of both.

    One pattern is run as an automaton over the other's signs instead of a text. A `?` moves every state on by whichever
    character it likes; a `*` by as many as it likes, so that every later state can be reached. For `a*` over `?b`: `?`
    leads past the "a" (and the star takes anything), "b" is taken by the star, and the end is accepted: "ab" is both.
    """
    if "*" not in one and "?" not in one:
        return matches(other, one)
    if "*" not in other and "?" not in other:
        return matches(one, other)
    automaton = glob(one)
    state = automaton.start
    for sign in other:
        if sign == "*":
            state |= automaton.from_lowest(state)
        elif sign == "?":
            state = automaton.step_any(state)
        else:
            state = automaton.step(state, _SPELLED.get(sign, sign))
        if not state:
            return False
    return bool(state & automaton.accepting)
