"""Calls that each user and role must be allowed, or must be denied, as its stack's declaration has it.

Allowed must be each action and each resource that is declared, in circumstances that the declaration asks for; refused
must be dangerous calls (`dangerous.toml`) that it does not allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import allowed_calls

from pipeline_identity_cli import toml

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

Context = dict[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Probe:
    """One call, and what must come of it.

    Attributes:
        action: The action.
        resource: The ARN it is asked of; `*` for an action that has no resource.
        allowed: Whether it must be allowed; else it must be refused.
        context: Condition keys, in lower case, that the call carries.
        absent: Condition keys, in lower case, that it lacks.
        real: Whether the action surely is one of AWS's, so that IAM's simulator can be asked.
        unseen: Whether the policy of the resource must allow it too and is not read, so that it is taken for granted.
        unnamed: Whether no resource was named, so that it is not sure that the action has none.
    """

    action: str
    resource: str
    allowed: bool
    context: Context = field(default_factory=Context)
    absent: tuple[str, ...] = ()
    real: bool = True
    unseen: bool = False
    unnamed: bool = False

    @property
    def check(self) -> str:
        """What it looks at, in words."""
        where = "" if self.resource == "*" else f" on {self.resource}"
        how_far = ", as far as its own policies go" if self.unseen else ""
        return f"may {'' if self.allowed else 'not '}{self.action}{where}{how_far}"


def declared(account: str, documents: Iterable[object], trust: object, known: Container[str]) -> list[Probe]:
    """A probe for each action and each resource that is declared as allowed.

    Args:
        account: The account of the user or role.
        documents: The declared policies, as JSON text or mappings.
        trust: The trust policy of the role that is assumed, which asks for circumstances of its own; None without one.
        known: Condition keys whose values AWS sets, so that they cannot be chosen.
    """
    found: dict[tuple[str, str], Probe] = {}
    for action, resource, context in allowed_calls(documents, trust, known=known):
        real = not any(mark in action for mark in "*?")
        unseen = _is_unseen(action, resource, account)
        probe = Probe(_sample(action), _sample(resource), True, context, real=real, unseen=unseen)
        found.setdefault((probe.action, probe.resource), probe)
    return list(found.values())


def dangerous(who: str, arn: str, region: str) -> list[Probe]:
    """The dangerous calls for `user` or `role`.

    Args:
        who: `user` or `role`.
        arn: Its ARN.
        region: The region of what is asked for.
    """
    _, partition, _, _, account, _ = arn.split(":", 5)
    filled = {"self": arn, "partition": partition, "account": account, "region": region}
    table = _dangerous()
    return [
        Probe(action, resource.format_map(filled), False)
        for action, resource in {**table["both"], **table[who]}.items()
    ]


@lru_cache(maxsize=1)
def _dangerous() -> Mapping[str, Mapping[str, str]]:
    return toml.loads(Path(__file__).with_name("dangerous.toml").read_text(encoding="utf-8"))


def _is_unseen(action: str, resource: str, account: str) -> bool:
    """Whether a resource's own policy must allow it, which is not read: a KMS key's, and that of another account's."""
    its = resource.split(":", 5)[4:5]
    return action.lower().startswith("kms:") or bool(its and its[0].isdigit() and its[0] != account)


def _sample(pattern: str) -> str:
    """A text that the pattern matches; an action without resources has `*` for one."""
    return pattern if pattern == "*" else pattern.replace("*", "probe").replace("?", "x")
