"""The graph of a model with all its accounts, in this process or over any executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from datetime import datetime, timezone
from functools import partial
from typing import TypeVar

from iam_guardrails.model.account import AccountModel
from iam_guardrails.reach.account import accounts_of, reach_account, reach_across
from iam_guardrails.reach.graph import join_accounts
from iam_guardrails.reach.values import Reach

_ItemT = TypeVar("_ItemT")
_ResultT = TypeVar("_ResultT")


def reach(
    model: AccountModel,
    *,
    targets: Sequence[str] = (),
    executor: Executor | None = None,
    now: datetime | None = None,
) -> Reach:
    """Who can become whom, over all accounts of a model.

    Args:
        model: the account model, which is sent whole to each worker; organizations that do not fit into one model are
            read account by account, by whoever calls `reach_account`.
        targets: ARNs of further resources that edges may lead to, such as secrets and keys.
        executor: what runs the work, account by account; None for this process.
        now: the time at which everybody asks; None for the present.
    """
    moment = now or datetime.now(timezone.utc)
    accounts = accounts_of(model)
    parts = _each(partial(reach_account, model, targets=targets, now=moment), accounts, executor)
    doors = [door for part in parts for door in part.doors]
    across = _each(partial(reach_across, model, doors=doors, now=moment), accounts, executor)
    return join_accounts(parts, across)


def _each(work: Callable[[_ItemT], _ResultT], items: Iterable[_ItemT], executor: Executor | None) -> list[_ResultT]:
    if executor is None:
        return [work(one) for one in items]
    return list(executor.map(work, items))
