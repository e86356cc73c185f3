"""A role's trust policy: one statement for each way in.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity.arns import partition_of, user_arn
from pipeline_identity.documents import LARGEST_TRUST_POLICY, document
from pipeline_identity.trust.users import trust_users

if TYPE_CHECKING:
    from pipeline_identity.arguments import Arguments
    from pipeline_identity.entity import Entity
    from pipeline_identity.trust.statement import TrustStatement


@dataclass(frozen=True)
class TrustPolicy:
    """Who may assume a role."""

    statements: tuple[TrustStatement, ...]

    @property
    def document(self) -> str:
        """The trust as a policy document."""
        return document(statement.to_json() for statement in self.statements)


def trust_own_user(entity: Entity, user_name: str) -> TrustPolicy:
    """Returns trust in the user that is declared together with the role, and in nobody else."""
    return TrustPolicy((trust_users([entity.account.user_arn(entity.path, user_name)]),))


def read_trust(arguments: Arguments, entity: Entity) -> TrustPolicy:
    """Reads the argument `trust`: at least one way in, each in the partition of the role's account."""
    section = arguments.section("trust")
    users = section.texts("users", user_arn)
    section.no_others()
    for place, arn in enumerate(users):
        if arn and partition_of(arn) != entity.account.partition:
            section.refuse(
                ("users", place),
                arn,
                "lies in another partition, which no role can trust",
                f"name a user in {entity.account.partition}",
            )
    if not users:
        section.refuse(
            ("users",), None, "is missing or empty", "name at least one user: nobody may assume a role without trust"
        )
    trust = TrustPolicy((trust_users(users),) if users else ())
    size = len(trust.document)
    if size > LARGEST_TRUST_POLICY:
        section.refuse(
            (),
            None,
            f"makes a policy of {size} characters",
            f"shorten it to {LARGEST_TRUST_POLICY}, the most that AWS takes",
        )
    return trust
