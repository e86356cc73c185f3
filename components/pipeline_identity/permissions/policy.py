"""A role's permissions: statements that fit into one inline policy.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity.arns import partition_of
from pipeline_identity.documents import LARGEST_ROLE_POLICIES, document
from pipeline_identity.permissions.statement import PolicyStatement, read_statement

if TYPE_CHECKING:
    from pipeline_identity.arguments import Arguments


@dataclass(frozen=True)
class Permissions:
    """What a role may do."""

    statements: tuple[PolicyStatement, ...]

    @property
    def document(self) -> str:
        """The permissions as a policy document."""
        return document(statement.to_json() for statement in self.statements)


def read_permissions(arguments: Arguments, partition: str) -> Permissions:
    """Reads the argument `permissions`: at least one statement, in the role's partition, no larger than AWS allows."""
    permissions = Permissions(tuple(read_statement(statement) for statement in arguments.sections("permissions")))
    if not permissions.statements:
        arguments.refuse(
            ("permissions",),
            None,
            "is missing or empty",
            "write at least one statement: a role without permissions can do nothing",
        )
    if arguments.problems.found:
        return permissions
    _refuse_repeated_sids(arguments, permissions)
    _refuse_other_partitions(arguments, permissions, partition)
    size = len(permissions.document)
    if size > LARGEST_ROLE_POLICIES:
        arguments.refuse(
            ("permissions",),
            None,
            f"make a policy of {size} characters",
            f"shorten it to {LARGEST_ROLE_POLICIES}, the most that AWS takes inline",
        )
    return permissions


def _refuse_repeated_sids(arguments: Arguments, permissions: Permissions) -> None:
    seen: set[str] = set()
    for place, statement in enumerate(permissions.statements):
        if statement.sid and statement.sid in seen:
            arguments.refuse(
                ("permissions", place, "sid"), statement.sid, "is the id of two statements", "give each its own"
            )
        seen.add(statement.sid)


def _refuse_other_partitions(arguments: Arguments, permissions: Permissions, partition: str) -> None:
    for place, statement in enumerate(permissions.statements):
        for position, resource in enumerate(statement.resources):
            if resource != "*" and partition_of(resource) != partition:
                arguments.refuse(
                    ("permissions", place, "resources", position),
                    resource,
                    f"lies outside the partition {partition}",
                    f"begin it with arn:{partition}:",
                )
