"""The words in which escalation is reasoned about: a required permission, a granted one, and on how much."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from iam_guardrails.language import patterns
from iam_guardrails.language.documents import Statement


class Breadth(IntEnum):
    """On how much an action is allowed."""

    NOTHING = 0
    SCOPED = 1  # on named objects, or under a restricting condition
    UNRESTRICTED = 2  # on every object of a kind


@dataclass(frozen=True)
class Own:
    """What of an identity decides what it may do: whoever may rewrite one of these may do anything.

    Attributes:
        arn: the ARN of the user or role; "" where it is not known.
        policies: ARNs of its managed policies and of its boundary; of one whose account is not known, "policy/" with
            path and name. Those of AWS can be rewritten by nobody.
        groups: ARNs of its groups.
    """

    arn: str = ""
    policies: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def is_named_by(self, resource: str, kind: str) -> bool:
        """Whether a resource pattern takes in what is the identity's own of a resource type, such as "iam:role"."""
        return any(patterns.overlap(resource, one) for one in self._of(kind))

    def _of(self, kind: str) -> list[str]:
        if kind in ("iam:user", "iam:role"):
            return [self.arn] if f":{kind.partition(':')[2]}/" in self.arn else []
        found = self.policies if kind == "iam:policy" else self.groups if kind == "iam:group" else ()
        full = (one if one.startswith("arn:") else f"arn:*:iam::*:{one}" for one in found)
        return [one for one in full if one.startswith("arn:") and ":aws:policy/" not in one]


NOBODY = Own()
"""An identity of which nothing is known but its policies."""


@dataclass(frozen=True, eq=False)
class RequiredPermission:
    """One permission that something takes. Equal rows of a table are one object, so that each is looked into once.

    Attributes:
        action: the action, in lower case.
        kinds: names of the resource types it is authorized against, keys of `data/resource_kinds.json`; "*" where
            it has none.
        services: for iam:PassRole, the services of which one must be able to get the role.
        restricting: condition keys, in lower case, that restrict the permission; one ending in "/" stands for all that
            begin so (tags).
        decisive: whether the breadth of this permission decides how dangerous the whole is.
        own: whether the caller's own object is enough: its user or role, its policy, its group.
        sends: condition keys that the request carries although they restrict nothing here.
        always: restricting keys that every request carries, with one value or several.
        name: the action as AWS writes it.
    """

    action: str
    kinds: tuple[str, ...]
    services: tuple[str, ...] = ()
    restricting: tuple[str, ...] = ()
    decisive: bool = False
    own: bool = False
    sends: tuple[str, ...] = ()
    name: str = ""
    always: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RelevantStatement:
    """A statement with those of the actions in the escalation table that it is about.

    Attributes:
        statement: the statement.
        actions: the actions, in lower case.
    """

    statement: Statement
    actions: frozenset[str]


@dataclass(frozen=True)
class GrantedPermission:
    """The widest way in which the statements grant a required permission.

    Attributes:
        breadth: on how much.
        statement: the Allow.
        resource: its resource pattern, as written.
        restricting: condition keys that hold it to named objects.
        powerful: why a named object is as good as all of them; "" where it is not.
        lifted: condition keys that would restrict it, could the identity not change what they look at.
    """

    breadth: Breadth
    statement: Statement
    resource: str
    restricting: tuple[str, ...] = ()
    powerful: str = ""
    lifted: tuple[str, ...] = ()
