"""Policies of the organization, from files: service control policies and resource control policies.

A resource control policy limits who may use a resource, as a service control policy limits what an identity may do:
AWS attaches `RCPFullAWSAccess` everywhere, and every other statement denies. Sources: "Resource control policies
(RCPs)" and "RCP syntax" in the AWS Organizations user guide, with the services that they hold for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.evaluation import Policy

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

RCP_SERVICES = frozenset(
    ("s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "cognito-identity", "logs", "dynamodb", "ecr", "aoss")
)
"""The prefixes of the services that resource control policies hold for."""
_FULL_ACCESS = Policy(
    "RCPFullAWSAccess",
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
)


def as_level(policies: Sequence[Policy], action: str) -> list[list[Policy]]:
    """Resource control policies as one more level of what limits the call; none where they do not hold for it.

    Args:
        policies: The policies, of all levels: each of them only denies.
        action: The action that is asked about.

    Raises:
        Stopped: A file is no resource control policy.
    """
    if not policies or action.partition(":")[0].lower() not in RCP_SERVICES:
        return []
    return [[_FULL_ACCESS, *map(_without_principal, policies)]]


def _without_principal(policy: Policy) -> Policy:
    """The policy without `Principal`, which must be everyone, as the evaluator reads what limits an identity."""
    try:
        document: Any = json.loads(policy.document) if isinstance(policy.document, str) else policy.document
        written = document["Statement"]
        statements = cast("list[dict[str, Any]]", written if isinstance(written, list) else [written])
        is_one = all(
            one.get("Principal") in ("*", {"AWS": "*"}) and "NotPrincipal" not in one and one.get("Effect") == "Deny"
            for one in statements
            if one.get("Effect") != "Allow" or one.get("Resource") != "*"
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        is_one, document, statements = False, {}, []
    if not is_one:
        fix = 'hand over a policy whose statements have "Effect": "Deny" and "Principal": "*"'
        raise Stopped(f"--rcp {one_line(policy.name)} is no resource control policy", fix, kind="usage")
    kept = [{key: value for key, value in one.items() if key != "Principal"} for one in statements]
    return Policy(f"RCP {policy.name}", {**document, "Statement": kept})
