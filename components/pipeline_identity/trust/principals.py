"""Trust in IAM users and roles.

IAM keeps a user or role that a trust policy names as its unique id. When it is deleted and made again under the same
name, the new one is not trusted until the trust policy is written anew: nobody can take over trust by taking over a
name, and nobody is let in after an accident either. Naming the account, and the user or role by the condition key
`aws:PrincipalArn`, is the other way round: trust survives the user's re-creation, and whoever can make users in that
account can take it over. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pipeline_identity._arns import account_of, partition_of
from pipeline_identity._conditions import Condition
from pipeline_identity._documents import one_or_many
from pipeline_identity.trust.statement import ASSUME_ROLE, TrustStatement

if TYPE_CHECKING:
    from collections.abc import Sequence


class PrincipalForm(str, Enum):
    """How a trust policy names users and roles."""

    ARN = "arn"
    """By ARN: trust ends when the user or role is deleted, even if one of the same name is made."""

    ACCOUNT = "account"
    """By account and `aws:PrincipalArn`: trust survives when the user or role is made again, by whomever."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    from typing import Literal

    PrincipalFormInput = PrincipalForm | Literal["arn", "account"]
else:
    PrincipalFormInput = PrincipalForm


def trust_principals(sid: str, arns: Sequence[str], form: PrincipalForm = PrincipalForm.ARN) -> TrustStatement:
    """Returns the statement that lets these users and roles, all of one account, assume the role."""
    if form is PrincipalForm.ARN:
        return TrustStatement(sid, {"AWS": one_or_many(arns)}, (ASSUME_ROLE,))
    root = f"arn:{partition_of(arns[0])}:iam::{account_of(arns[0])}:root"
    return TrustStatement(
        sid, {"AWS": root}, (ASSUME_ROLE,), (Condition("ArnEquals", "aws:PrincipalArn", tuple(arns)),)
    )
