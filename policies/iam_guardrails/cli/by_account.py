"""An audit cut by account: each account is read, checked and looked through by itself, in any process or machine.

No process holds more than the dumps of one account; what comes back is findings and edges. Two passes: the first finds
what is inside an account, and which of its roles and resources let in others; the second, for accounts that are let in
somewhere, the edges that lead out.

    plan = planned(paths, reading)              # which files are of which account
    with processes(4) as executor:
        outcome = audit_by_account(plan, ..., executor=executor)
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from iam_guardrails.cli.checking import Results, check, check_graph
from iam_guardrails.cli.inputs import STDIN, Found, Listed, Reading, add_inventory, read_all
from iam_guardrails.model import AccountModel, join
from iam_guardrails.model.parts import IdentityPart
from iam_guardrails.reach import (
    AccountReach,
    Answered,
    Asked,
    Door,
    Edge,
    Reach,
    answer,
    join_accounts,
    reach_account,
    reach_across,
)
from iam_guardrails.reports.report import Checked, NotChecked, Remark, Subject
from iam_guardrails.settings import Settings
from iam_guardrails.sources import Source
from iam_guardrails.sources.positions import Map, json_map

_BEGINNING = 1 << 18
"""Bytes of a file that are looked at for whose it is."""
_DUMP = re.compile(rb'"(?:User|Role|Group)DetailList"')
_OF = re.compile(rb'"Arn"\s*:\s*"arn:aws[a-z-]*:iam::(\d{12}):(?:user|role|group|policy)/')
_FOLDER = re.compile(r"(?:^|[/\\])(\d{12})(?:[/\\]|$)")
_AHEAD = 2
"""Pieces of work that wait for each worker; what is further off is not read yet."""
_TRIES = 3
"""How often a piece of work is given to somebody else whose worker ended in the middle of it."""


@dataclass(frozen=True)
class Plan:
    """Which files are of which account.

    Attributes:
        accounts: files of each account.
        shared: files of no account in particular, such as organizations: they are read with each account.
    """

    accounts: dict[str, list[Listed]] = field(default_factory=dict[str, list[Listed]])
    shared: list[Listed] = field(default_factory=list[Listed])


@dataclass(frozen=True)
class Work:
    """One account, and all that it takes to look at it.

    Attributes:
        account: the twelve digits of the account; "" for what the shared files alone hold.
        others: the accounts that have work of their own.
        files: the files of the account.
        shared: files that are read with each account.
        inventories: inventory files.
        reading: how to read.
        settings: the trust zone, and how strict to be.
        targets: ARNs of further resources that edges may lead to.
        now: the time at which everybody asks.
    """

    account: str
    others: tuple[str, ...]
    files: tuple[Listed, ...]
    shared: tuple[Listed, ...]
    inventories: tuple[str, ...]
    reading: Reading
    settings: Settings
    targets: tuple[str, ...]
    now: datetime


@dataclass(frozen=True)
class Part:
    """What one account comes to.

    Attributes:
        reach: what it adds to the graph.
        checked: the documents in which something was found, cut out of their files.
        failed: documents on which a rule failed.
        unknown: what could not be known.
        notes: what was assumed.
        not_checked: files that could not be read.
        passed_over: files without a policy document that nobody asked for in particular.
    """

    reach: tuple[AccountReach, ...]
    checked: tuple[Checked, ...]
    failed: tuple[NotChecked, ...]
    unknown: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    not_checked: tuple[NotChecked, ...]
    passed_over: tuple[str, ...]


def planned(files: Sequence[Listed]) -> Plan:
    """Which files are of which account: dumps by the ARNs in them, others by a folder that is called as an account."""
    plan = Plan()
    for one in files:
        account = _account_of(one.file)
        (plan.accounts.setdefault(account, []) if account else plan.shared).append(one)
    return plan


def _account_of(file: str) -> str:
    if file == STDIN:
        return ""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - the name as given
            beginning = stream.read(_BEGINNING)
    except OSError:
        return ""  # it is reported by who reads it
    if _DUMP.search(beginning):
        named = {one.decode() for one in _OF.findall(beginning)}
        return named.pop() if len(named) == 1 else ""
    folder = _FOLDER.findall(file)
    return str(folder[-1]) if folder else ""


# --- in a worker ------------------------------------------------------------------------------------------------------


def look(work: Work) -> Part:
    """Read, check and look through one account."""
    found = _read(work)
    parts: list[AccountReach] = []

    def graph(model: AccountModel) -> Answered:
        parts.extend(reach_account(model, one, targets=work.targets, now=work.now) for one in _own(work, found))
        return answer(Reach(), Asked())  # the graph is joined where all accounts are known

    results = check(found.sources, work.settings, graph=graph)
    return Part(
        tuple(parts),
        tuple(_apart(one) for one in results.checked if one.findings),
        tuple(results.failed),
        tuple(results.unknown),
        tuple(results.notes),
        tuple(found.not_checked),
        tuple(found.passed_over),
    )


def look_across(work: Work, doors: tuple[Door, ...]) -> tuple[Edge, ...]:
    """The edges that lead from one account through the doors of others."""
    found = _read(work)
    model = join(part for source in found.sources for part in source.parts[0])
    return tuple(edge for one in _own(work, found) for edge in reach_across(model, one, doors, now=work.now))


def _read(work: Work) -> Found:
    found = Found()
    read_all((*work.files, *work.shared), work.reading, found)
    for file in work.inventories:
        add_inventory(file, found)
    return found


def _own(work: Work, found: Found) -> list[str]:
    """The accounts whose identities the work is about: those of its own files; of shared files, those left over."""
    shared = {one.file for one in work.shared}
    parts = (
        part
        for source in found.sources
        if (source.file not in shared) is bool(work.account)
        for part in source.parts[0]
        if isinstance(part, IdentityPart)
    )
    named = {part.scope.account for part in parts} - set(work.others)
    return sorted({*named, work.account} if work.account else named)


@dataclass(frozen=True)
class _Piece(Source):
    """A document cut out of its file.

    Attributes:
        above: JSON pointer to it in the file.
    """

    above: str = ""

    @property
    def map(self) -> Map:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The places of its values, by their pointers in the file: made when asked for, since there may be many."""
        return Map(self.text, json_map(self.text).below(self.above))


def _apart(checked: Checked) -> Checked:
    """A document with what was found in it, without the file that it stands in: its text and line are enough."""
    subject, source = checked.subject, checked.subject.source
    if source is None:
        return checked
    whole = source.map
    node = whole.nodes.get(subject.pointer)
    if node is None:
        return Checked(replace(subject, source=None, pointer=""), checked.findings)
    line, column = whole.position(node.start)
    # It keeps its column, so that every place in it stays where it is in the file.
    text = " " * (column - 1) + whole.text[node.start : node.end]
    first = subject.first_line + line - 1
    piece = _Piece(source.file, source.format, source.content, text, first, source.line_of_many, above=subject.pointer)
    return Checked(replace(subject, first_line=first, source=piece), checked.findings)


# --- where all accounts come together ---------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What all accounts come to.

    Attributes:
        found: what could not be read.
        results: what was found.
        answered: the graph over all accounts, and its paths.
    """

    found: Found
    results: Results
    answered: Answered


def audit_by_account(
    plan: Plan,
    work: Work,
    asked: Asked,
    *,
    executor: Callable[[], Executor],
    workers: int,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Audit accounts one by one.

    Args:
        plan: the accounts with their files.
        work: what all accounts have in common; its account and files are those of each account in turn.
        asked: the paths that are asked for.
        executor: makes what runs the work; asked anew where a worker has ended in the middle of some.
        workers: number of pieces of work that run at a time.
        say: told of progress, a line each time.
    """
    accounts = tuple(sorted(plan.accounts))
    pieces = [_piece(work, one, plan, accounts) for one in (*accounts, "")]
    crew = Crew(executor, workers)
    try:
        parts: list[Part] = []
        for part in crew.each(look, [(one,) for one in pieces]):
            parts.append(part)
            say(f"{len(parts)} of {len(pieces)} accounts looked at")
        reaches = [one for part in parts for one in part.reach]
        doors = [door for one in reaches for door in one.doors]
        leading = [(one, there) for one in pieces if (there := _doors_for(one, doors))]
        across: list[tuple[Edge, ...]] = []
        for edges in crew.each(look_across, leading):
            across.append(edges)
            say(f"{len(across)} of {len(leading)} accounts looked at for what leads out of them")
    finally:
        crew.end()
    answered = answer(join_accounts(reaches, across), asked)
    return Outcome(_found(parts), _results(parts, check_graph(answered, work.settings)), answered)


def _piece(work: Work, account: str, plan: Plan, accounts: tuple[str, ...]) -> Work:
    files = tuple(plan.accounts.get(account, ()))
    return replace(work, account=account, files=files, shared=tuple(plan.shared), others=accounts)


def _doors_for(work: Work, doors: Iterable[Door]) -> tuple[Door, ...]:
    if not work.account:
        return tuple(doors) if work.shared else ()
    return tuple(one for one in doors if one.is_for(work.account))


def _found(parts: Sequence[Part]) -> Found:
    not_checked = dict.fromkeys(one for part in parts for one in part.not_checked)
    passed_over = dict.fromkeys(one for part in parts for one in part.passed_over)
    return Found([], list(not_checked), list(passed_over))


def _results(parts: Sequence[Part], graph: Results) -> Results:
    """All results as one; what was found in a shared file is found once."""
    findings: dict[Subject, dict[str, object]] = {}
    checked: dict[Subject, Checked] = {}
    for one in (*(one for part in parts for one in part.checked), *graph.checked):
        known = findings.setdefault(one.subject, {})
        new = [finding for finding in one.findings if finding.id not in known]
        known.update(dict.fromkeys((finding.id for finding in new), None))
        before = checked.get(one.subject)
        checked[one.subject] = one if before is None else Checked(before.subject, (*before.findings, *new))
    return Results(
        list(checked.values()),
        list(dict.fromkeys([*(one for part in parts for one in part.failed), *graph.failed])),
        list(dict.fromkeys([*(one for part in parts for one in part.unknown), *graph.unknown])),
        list(dict.fromkeys(one for part in parts for one in part.notes)),
        [],
    )


_ResultT = TypeVar("_ResultT")


class Crew:
    """Gives out work, a little ahead, and once more where a worker has ended in the middle of it."""

    def __init__(self, make: Callable[[], Executor], workers: int) -> None:
        self._make, self._most = make, workers * _AHEAD
        self._executor = make()

    def each(self, work: Callable[..., _ResultT], pieces: Sequence[tuple[object, ...]]) -> Iterator[_ResultT]:
        """The results of pieces of work, in order."""
        waiting: deque[tuple[tuple[object, ...], Future[_ResultT]]] = deque()
        rest = iter(pieces)
        tries = 0
        while True:
            while len(waiting) < self._most and (piece := next(rest, None)) is not None:
                waiting.append((piece, self._executor.submit(work, *piece)))
            if not waiting:
                return
            try:
                result = waiting[0][1].result()
            except BrokenExecutor:
                tries += 1
                if tries > _TRIES:
                    raise
                self.end()
                self._executor = self._make()
                waiting = deque((piece, self._executor.submit(work, *piece)) for piece, _ in waiting)
                continue
            waiting.popleft()
            yield result

    def end(self) -> None:
        """End what runs the work."""
        self._executor.shutdown(wait=True)
