"""Trust in IAM users, each named by its ARN.

IAM stores such a principal as the user's unique id: when the user is deleted and made again under the same name, the
new user is not trusted until the trust policy is written anew.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity.documents import one_or_many
from pipeline_identity.trust.statement import TrustStatement

if TYPE_CHECKING:
    from collections.abc import Sequence


def trust_users(arns: Sequence[str]) -> TrustStatement:
    """Returns the statement that lets these users, and nobody else, assume the role."""
    return TrustStatement(sid="PipelineUsers", principal={"AWS": one_or_many(arns)}, actions=("sts:AssumeRole",))
