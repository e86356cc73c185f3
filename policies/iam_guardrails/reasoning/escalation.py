"""Paths from the permissions of one identity to more than they spell out.

A path is open where the statements of all documents of the identity together grant every permission it takes: for
`lambda-create-function`, iam:PassRole from one document, lambda:CreateFunction and lambda:InvokeFunction from another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from iam_guardrails.language import arns
from iam_guardrails.language.documents import Statement
from iam_guardrails.reasoning import grants
from iam_guardrails.reasoning.escalation_table import (
    CREATE,
    REWRITE,
    TAG_ITSELF,
    Path,
    paths_within,
    relevant,
    table,
)
from iam_guardrails.reasoning.permissions import (
    NOBODY,
    Breadth,
    GrantedPermission,
    Own,
    RelevantStatement,
    RequiredPermission,
)


@dataclass(frozen=True, eq=False)
class OpenPath:
    """A path that the statements complete.

    Attributes:
        path: which.
        grants: what grants each permission it takes, in their order.
        unrestricted: whether it is open on every object of the kinds that decide (or on one that is as good), not on
            named ones alone.
    """

    path: Path
    grants: tuple[GrantedPermission, ...]
    unrestricted: bool


def open_paths(
    statements: Iterable[Statement], boundary: Iterable[Statement] | None = None, own: Own = NOBODY
) -> list[OpenPath]:
    """The known paths that an identity can take, the gravest first.

    Args:
        statements: those of all its policies.
        boundary: those of its permissions boundary, which caps the others; None where it has none.
        own: what is the identity's own: its ARN, its managed policies, its boundary, its groups.
    """
    identity = _Identity(relevant(statements), None if boundary is None else relevant(boundary), own)
    actions = frozenset[str]().union(*(one.actions for one in identity.policies if one.statement.allow))
    if not actions:
        return []
    found = (identity.opened(path) for path in paths_within(actions))
    return [one for one in found if one is not None]


def spelled(key: str) -> str:
    """A restricting condition key (in lower case) as AWS writes it."""
    prefix, slash, tag = key.partition("/")
    return table().spelled.get(prefix + slash, prefix + slash) + tag


_OF_TAGS = "resourcetag/"
_OF_POLICIES = ("iam:permissionsboundary", "iam:policyarn")


class _Identity:
    """One identity, while its paths are looked for.

    Args:
        policies: the statements of all its policies that matter.
        boundary: those of its boundary; None without one.
        own: what is its own.
    """

    def __init__(self, policies: list[RelevantStatement], boundary: list[RelevantStatement] | None, own: Own) -> None:
        self.policies = policies
        self._boundary = boundary
        self._own = own
        self._granted: dict[RequiredPermission, GrantedPermission | None] = {}

    def opened(self, path: Path) -> OpenPath | None:
        """The path, if every permission that it takes is granted."""
        steps: list[GrantedPermission] = []
        unrestricted = True
        for required in path.needs:
            if required not in self._granted:
                self._granted[required] = self._grant_of(required)
            grant = self._granted[required]
            if grant is None:
                return None
            # What names the role itself restricts the path on whichever permission it stands.
            if grant.breadth is not Breadth.UNRESTRICTED and (required.decisive or grant.restricting):
                unrestricted = False
            steps.append(grant)
        return OpenPath(path, tuple(steps), unrestricted)

    def _grant_of(self, required: RequiredPermission) -> GrantedPermission | None:
        """What is granted of a permission; what the identity may itself set or rewrite does not restrict it.

        Sources: IAM user guide, "Controlling access to and for IAM users and roles using tags" (who sets tags,
        decides) and "Permissions boundaries for IAM entities" (delegated administrators must not change the boundary).
        """
        grant = self._capped(required, self.policies)
        keys = grant.restricting if grant is not None else ()
        lifted = tuple(key for key in keys if self._may_lift(key, required))
        if not lifted:
            return grant
        tags = any(_OF_TAGS in key for key in lifted)
        others = tuple(key for key in required.restricting if key not in lifted and not (tags and _OF_TAGS in key))
        without = replace(required, restricting=others, sends=required.sends + lifted)
        grant = self._capped(without, self.policies)
        return grant and replace(grant, lifted=lifted)

    def _capped(self, required: RequiredPermission, policies: list[RelevantStatement]) -> GrantedPermission | None:
        """What policies grant of a permission within the boundary."""
        grant = grants.widest(required, policies, self._own)
        if grant is None or self._boundary is None:
            return grant
        limit = grants.widest(required, self._boundary, self._own)
        return None if limit is None else replace(grant, breadth=min(grant.breadth, limit.breadth))

    def _may_lift(self, key: str, required: RequiredPermission) -> bool:
        """Whether the identity decides what a restricting key looks at."""
        values = {
            value
            for one in self.policies
            for condition in one.statement.conditions
            if condition.key == key
            for value in condition.values
        }
        if _OF_TAGS in key:
            by_own_tags = any("${aws:principaltag/" in value.lower() for value in values)
            return self._may_tag(required) or (by_own_tags and self._may_tag_itself())
        return key in _OF_POLICIES and any(self._may_write(policy) for policy in values)

    def _may_write(self, policy: str) -> bool:
        """Whether it decides what stands in a policy, be it one that is there or one of that name that it makes.

        Source: IAM API reference, CreatePolicyVersion and CreatePolicy (a name that is taken cannot be created).
        """
        arn = arns.split(policy)
        if arn is not None and arn.account == "aws":
            return False  # one of AWS's own
        if self._reaches(RequiredPermission(REWRITE, ("iam:policy",)), policy):
            return True
        is_pattern = any(wild in policy for wild in "*?$")
        return is_pattern and self._reaches(RequiredPermission(CREATE, ("iam:policy",)), policy)

    def _reaches(self, required: RequiredPermission, policy: str) -> bool:
        layers = (self.policies,) if self._boundary is None else (self.policies, self._boundary)
        return all(grants.reaches(required, layer, policy) for layer in layers)

    def _may_tag_itself(self) -> bool:
        """Whether it may set its own tags, to which a condition compares those of the object."""
        for action, kind in TAG_ITSELF.items():
            grant = self._capped(RequiredPermission(action, (kind,), own=True), self.policies)
            if grant is not None and grant.breadth is Breadth.UNRESTRICTED:
                return True
        return False

    def _may_tag(self, required: RequiredPermission) -> bool:
        """Whether it may tag every object of a kind that a permission is about, whatever the tag."""
        for tagging in (one for kind in required.kinds for one in table().tagging.get(kind, ())):
            about = [one for one in self.policies if tagging.action in one.actions]
            if any(_limits_tags(one.statement) for one in about if not one.statement.allow):
                continue
            grant = self._capped(tagging, [one for one in about if not _limits_tags(one.statement)])
            if grant is not None and grant.breadth is Breadth.UNRESTRICTED:
                return True
        return False


def _limits_tags(statement: Statement) -> bool:
    """Whether it says which tags may be set, on what that has which, or only on what is made in the same call."""
    return any(
        condition.key in ("aws:tagkeys", "ec2:createaction") or "tag/" in condition.key
        for condition in statement.conditions
    )
