"""Who can become whom: the graph of identities of one or many accounts.

An edge leads from a user or role to one that it can come to act as, or to a bucket, secret or key that it can use, with
the statements on both ends that open it. `reach_account` and `reach_across` look at one account each, so that accounts
can be cut over processes and machines; `join_accounts` makes the graph.

    graph = reach(model)
    graph.reaches                                  # ARNs of those that are administrators or reach one
    Paths(graph).to_administrator(start)           # a shortest path
    Paths(graph).minimal(start, end)               # all of them
"""

from iam_guardrails.reach import json_form, words
from iam_guardrails.reach.account import accounts_of, reach_account, reach_across
from iam_guardrails.reach.asked import Answered, Asked, answer
from iam_guardrails.reach.graph import MOST_HOPS, join_accounts
from iam_guardrails.reach.paths import Paths
from iam_guardrails.reach.values import (
    AccountReach,
    Because,
    Certainty,
    Cut,
    Door,
    Edge,
    Entry,
    Held,
    How,
    Member,
    Path,
    Reach,
    best,
)
from iam_guardrails.reach.whole import reach

__all__ = [
    "MOST_HOPS",
    "AccountReach",
    "Answered",
    "Asked",
    "Because",
    "Certainty",
    "Cut",
    "Door",
    "Edge",
    "Entry",
    "Held",
    "How",
    "Member",
    "Path",
    "Paths",
    "Reach",
    "accounts_of",
    "answer",
    "best",
    "join_accounts",
    "json_form",
    "reach",
    "reach_account",
    "reach_across",
    "words",
]
