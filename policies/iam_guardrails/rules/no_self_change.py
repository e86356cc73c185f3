"""An identity that can rewrite what limits it has no limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import Attachment, Identity, IdentityKind
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope, written
from iam_guardrails.rules.no_admin_attachment import listed
from iam_guardrails.rules.stack import IdentityPermissions, LocatedStatement, Stack, finding_at, whose

RULE = Rule(
    id="no-self-change",
    title="An identity may not change its own trust, permissions or boundary, nor those of the user it trusts",
    severity="critical",
    level="error",
    why="Whoever can rewrite a policy, boundary, group or trust that decides about them can lift every limit.",
    remediation="Take the named action away, or deny it on the identity's own ARN.",
    scope=Scope.IDENTITY,
    sources=(
        "IAM user guide: Permissions boundaries for IAM entities, delegating responsibility",
        "Service Authorization Reference: Actions, resources, and condition keys for AWS IAM",
    ),
    requirements=(LEAST_PRIVILEGE,),
)

_ROLE = (
    "iam:UpdateAssumeRolePolicy",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:UpdateRole",
)
_USER = (
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:UpdateUser",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UploadSigningCertificate",
)
GROUP = ("iam:PutGroupPolicy", "iam:AttachGroupPolicy", "iam:DeleteGroupPolicy", "iam:DetachGroupPolicy")
"""The actions that change what a group may do."""
VERSIONS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
"""The actions that change what a managed policy says."""
_ACTIONS = {IdentityKind.ROLE: _ROLE, IdentityKind.USER: _USER, IdentityKind.GROUP: GROUP}


class OwnPart(NamedTuple):
    """A part of an identity that decides what it may do, or who it is.

    Attributes:
        arns: the ARNs it may have.
        what: what it is, in words.
        actions: the actions that change it.
    """

    arns: tuple[str, ...]
    what: str
    actions: tuple[str, ...]


def check_identity(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """An identity that may lift its own limits."""
    if not one.reaches("iam"):
        return
    parts = list(own_parts(one, stack, "itself"))
    if one.identity.kind is IdentityKind.ROLE:
        for user in stack.trusted_by(one):
            if user.identity.kind is IdentityKind.USER:
                parts += own_parts(user, stack, f'the user "{user.identity.name}" it trusts')
    by_statement: dict[int, tuple[LocatedStatement, dict[str, list[str]]]] = {}
    for part in parts:
        for action in part.actions:
            for located in (found for arn in part.arns for found in one.allows(action, arn)):
                actions = by_statement.setdefault(id(located.statement), (located, {}))[1].setdefault(part.what, [])
                if action not in actions:
                    actions.append(action)
    for located, found in by_statement.values():
        if not _is_administration(located):
            yield _finding(one.identity, located, found)


def _is_administration(located: LocatedStatement) -> bool:
    """Whether a statement is AWS's own for administrators, of which its attachment says enough."""
    return located.attachment is not None and listed(located.attachment.arn) is not None


def _finding(identity: Identity, located: LocatedStatement, found: dict[str, list[str]]) -> Finding:
    what = " and ".join(f"{', '.join(actions)} on {words}" for words, actions in found.items())
    return finding_at(
        RULE,
        located,
        f"{whose(identity)} may do {what}: it can lift every limit it was given",
        "take the action away, or deny it on that ARN",
        evidence={"values": [f"{action} on {words}" for words, actions in found.items() for action in actions]},
        content=written(located.statement),
    )


def own_parts(one: IdentityPermissions, stack: Stack, words: str) -> Iterator[OwnPart]:
    """What decides what an identity may do: its own policies, groups, managed policies, boundary and trust.

    Args:
        one: the identity.
        stack: the stack it is part of.
        words: how to call the identity.
    """
    identity = one.identity
    yield OwnPart(tuple(one.arns), words, _ACTIONS.get(identity.kind, ()))
    for group in identity.groups:
        yield OwnPart(tuple(stack.permissions(group).arns), f'the group "{group.name}" of {words}', GROUP)
    for holder in (identity, *identity.groups):
        for attachment in holder.attached:
            if arn := _arn_of(attachment, holder):
                yield OwnPart((arn,), f'the managed policy "{_name_of(attachment)}" of {words}', VERSIONS)
    if identity.boundary is not None and (arn := _arn_of(identity.boundary, identity)):
        yield OwnPart((arn,), f'the boundary "{_name_of(identity.boundary)}" of {words}', VERSIONS)


def _arn_of(attachment: Attachment, holder: Identity) -> str:
    """The ARN of a customer's managed policy, with `*` for an account that is not known; "" for AWS's own."""
    policy = attachment.policy
    if ":aws:policy/" in attachment.arn or (policy is not None and policy.by_aws):
        return ""
    if attachment.arn:
        return attachment.arn
    if policy is None or not policy.name:
        return ""
    return f"arn:{holder.partition}:iam::{holder.account or '*'}:policy{policy.path}{policy.name}"


def _name_of(attachment: Attachment) -> str:
    return attachment.policy.name if attachment.policy and attachment.policy.name else attachment.arn
