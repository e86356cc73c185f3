"""Which conditions hold a permission to named objects.

A condition restricts only where its key says something of the object or of what is done with it (the row of the
escalation table names these keys). Any other the caller is taken to meet: a second factor, an address, a time, a
region. And a restricting key restricts only where its values leave out what a caller would choose:

    "StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/ci"}   restricts iam:CreateRole
    "StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/ci"} restricts nothing: any other
                                                                                          policy will do
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from iam_guardrails.language import arns, conditions
from iam_guardrails.language.conditions import Condition, Values
from iam_guardrails.reasoning.breadth import power_of
from iam_guardrails.reasoning.permissions import RequiredPermission
from iam_guardrails.reasoning.tables import managed_policies

# Keys that AWS sends with certain actions only, which all name them: any other request lacks them.
_SENT_WITH_SOME = ("iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn")


@dataclass(frozen=True)
class Restriction:
    """What the conditions of a statement do to a permission.

    Attributes:
        counts: whether the statement has to be reckoned with: an Allow whose conditions can be met, a Deny whose
            conditions the caller cannot simply escape.
        keys: the condition keys that hold the permission to named objects.
    """

    counts: bool
    keys: tuple[str, ...] = ()


_NOT_AT_ALL = Restriction(counts=False)


def of_allow(required: RequiredPermission, written: Sequence[Condition], service: str) -> Restriction:
    """What the conditions of an Allow leave of a permission.

    Args:
        required: the permission.
        written: the conditions.
        service: the service that a role is passed to; "" where none is.
    """
    known = _known(required, written, service)
    keys: list[str] = []
    for condition in written:
        truth = conditions.truth(condition, known)
        if truth is False:
            return _NOT_AT_ALL
        if (
            truth is None
            and _restricts(condition, required)
            and not _leaves_free(condition, wanted=True, always=condition.key in required.always)
        ):
            keys.append(condition.key)
    return Restriction(counts=True, keys=tuple(keys))


def of_deny(required: RequiredPermission, written: Sequence[Condition], service: str) -> Restriction:
    """What the conditions of a Deny leave of it; a Deny that the caller escapes only by a restricting key is that key.

    Args:
        required: the permission.
        written: the conditions.
        service: the service that a role is passed to; "" where none is.
    """
    known = _known(required, written, service)
    keys: list[str] = []
    for condition in written:
        truth = conditions.truth(condition, known)
        if truth:
            continue
        if (
            truth is False
            or not _restricts(condition, required)
            or _leaves_free(condition, wanted=False, always=condition.key in required.always)
        ):
            return _NOT_AT_ALL
        keys.append(condition.key)
    return Restriction(counts=True, keys=tuple(keys))


def _known(required: RequiredPermission, written: Sequence[Condition], service: str) -> dict[str, Values | None]:
    """The keys of the conditions, as far as the action and the service decide their values."""
    sent = required.restricting + required.sends
    known: dict[str, Values | None] = {
        one.key: () if one.key in _SENT_WITH_SOME and one.key not in sent else None for one in written
    }
    if service:
        known["iam:passedtoservice"] = (service,)
    return known


def _restricts(condition: Condition, required: RequiredPermission) -> bool:
    key = condition.key
    return any(key == one or (one[-1] == "/" and key.startswith(one)) for one in required.restricting)


@lru_cache(maxsize=4096)
def _leaves_free(condition: Condition, *, wanted: bool, always: bool) -> bool:
    """Whether a caller can have what it would choose, by meeting a condition (wanted) or by not meeting it."""
    choices = _several(condition) if always else _choices(condition)
    return any(bool(conditions.truth(condition, {condition.key: choice})) == wanted for choice in choices)


# What a caller would choose for a restricting key: nothing at all, an object of its own making, the most powerful.
_OWN_POLICY = "arn:aws:iam::999988887777:policy/made-by-the-caller"
_MOST_POWERFUL = (
    # Root tasks by which the caller sets a password, or the policy of whichever bucket or queue. Those that audit or
    # delete root's credentials give nothing.
    "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword",
    "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
    "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy",
    # Who may start pods gets the roles of pods and nodes; secrets hold the tokens of those who may.
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy",
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
    "cluster",  # the scope of an EKS access policy that is no namespace
)


@cache
def _usual_choices() -> tuple[Values, ...]:
    managed = (f"arn:aws:iam::aws:policy/{one.path}" for one in managed_policies() if not one.limited)
    return ((), (_OWN_POLICY,), *((one,) for one in (*_MOST_POWERFUL, *managed)))


def _several(condition: Condition) -> Iterator[Values]:
    """What a caller would choose for a key that every request carries: something else, by itself or beside the rest."""
    for other in ("https://anywhere.example.com", "anywhere"):
        yield (other,)
        yield from ((value, other) for value in condition.values)


def _choices(condition: Condition) -> Iterator[Values]:
    """What a caller would choose: besides the above, an object of the account and sort that the condition names."""
    yield from _usual_choices()
    for value in condition.values:
        arn = arns.split(arns.without_variables(value))
        if arn is None:
            continue
        partition, region = _or(arn.partition, "aws"), _or(arn.region, "us-east-1")
        account, sort = _or(arn.account, "111122223333"), arn.resource.partition("/")[0]
        for name in ("made-by-the-caller", "Administrator"):
            yield (f"arn:{partition}:{arn.service}:{region}:{account}:{sort}/{name}",)
        if power_of(arn):
            yield (value,)


def _or(part: str, one: str) -> str:
    return one if "*" in part or "?" in part else part
