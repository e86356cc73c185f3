"""Resources that may make or change IAM in ways that nobody can read: they are described as unknown, never as nothing.

A program of the user's own (a dynamic provider, a command), a template that stands elsewhere, a product of a catalog.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.sources.declared import squashed_type
from iam_guardrails.sources.values import items, member

_DYNAMIC = re.compile(r"^pulumi-(nodejs|python):dynamic[/:]")
_COMMAND = re.compile(r"^command:(local|remote):")
_CALLS_IAM = re.compile(
    r"\b(?:aws|aws2)\s+(?:--\S+\s+(?:\S+\s+)?)*(?:iam|sts|sso-admin|organizations)\s+(?!get-|list-|simulate-|generate-)[a-z]"
    r"|\b(?:put|attach|add|create|update|delete|detach|set)[-_](?:\w+[-_])*"
    r"(?:role|user|group|bucket|key|resource|queue|topic|repository)[-_](?:policy|permission)\b"
    r"|\badd-permission\b|\bAdministratorAccess\b",
    re.IGNORECASE,
)
_BODIES = ("templateBody", "templateUrl", "templateURL")
_PRODUCTS = ("servicecatalogproduct", "servicecatalogprovisionedproduct", "servicecatalogcloudformationproduct")
_STACKS = ("cloudformationstack", "cloudformationstackset", "cloudformationstackinstances", "serverlessrepository")


def unreadable(token: str, properties: Mapping[str, object]) -> str:
    """Why nobody can say whether a resource makes or changes IAM, as a clause; "" for the others.

    Args:
        token: the resource's type token.
        properties: its properties.
    """
    if _DYNAMIC.match(token):
        return "its provider is a program of its own, which may do anything"
    if _COMMAND.match(token):
        return "it runs a command that changes IAM" if changes_iam(token, properties) else ""
    squashed = squashed_type(token)
    if not token.startswith(("aws:", "aws-native:", "awscc:")):
        return ""
    if squashed in _PRODUCTS:
        return "it makes what a template elsewhere says"
    if squashed.startswith(_STACKS):
        body = member(properties, "templateBody")
        if not isinstance(body, (str, dict)) or has_unknown(cast("object", body)):
            return "it makes what a template elsewhere says"
    return ""


def changes_iam(token: str, properties: Mapping[str, object]) -> bool:
    """Whether a resource runs a command that changes IAM, as its text shows."""
    if not _COMMAND.match(token):
        return False
    texts = [one for name in ("create", "update", "delete") for one in items(member(properties, name))]
    return any(isinstance(one, str) and (has_unknown(one) or _CALLS_IAM.search(one)) for one in texts)
