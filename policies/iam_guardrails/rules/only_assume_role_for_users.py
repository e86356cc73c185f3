"""A pipeline's user has long-lived keys; whatever it may do itself, the keys may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iam_guardrails.findings import Finding
from iam_guardrails.model.values import Credential, CredentialKind, IdentityKind
from iam_guardrails.rules.base import Rule, Scope, cis, fsbp
from iam_guardrails.rules.stack import IdentityPermissions, Stack, finding_at, finding_of, finding_placed, whose

RULE = Rule(
    id="only-assume-role-for-users",
    title="A user with access keys may do nothing but assume named roles",
    severity="high",
    level="error",
    why="Access keys work until somebody deletes them: whoever copies one has all that its user may do itself.",
    remediation="Move the permissions to a role that trusts only this user; leave the user sts:AssumeRole on its ARN.",
    scope=Scope.IDENTITY,
    sources=(
        "IAM user guide: Security best practices in IAM, require workloads to use temporary credentials",
        "IAM user guide: Grant IAM users permissions to assume a role",
    ),
    requirements=(fsbp("IAM.2"), *cis("1.15", "1.14")),
)

ASSUMING = frozenset({"sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:getcalleridentity"})
"""What a pipeline's user needs: to assume its role, and what may go with it."""
GIVEN_TO_EVERYBODY = frozenset({"sts:getcalleridentity"})
"""What no policy has to allow, and none can deny; it is asked of no resource."""
_MAIL = frozenset({"ses:sendemail", "ses:sendrawemail"})
"""What the SMTP interface of SES needs, which takes access keys of a user alone (SES developer guide)."""


def check_identity(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """What a user with access keys may do itself, by its documents, its groups and the policies of resources.

    Of a user that neither signs in with a password nor has keys in the stack it is a note: the keys may be elsewhere.
    """
    if user.identity.kind is not IdentityKind.USER:
        return
    if _is_for_programs(user, stack):
        yield from _found(user, stack)
    elif not any(map(_is_password, user.identity.credentials)):
        yield from (replace(one, level="note", severity="low") for one in _found(user, stack))


def _found(user: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    yield from own_power(user)
    for policy, statement in stack.granted_to(user):
        found = RULE.finding(
            f"it lets {whose(user.identity)} do {', '.join(statement.actions)} itself: its long-lived keys carry that"
            " power",
            statement.pointer,
            statement=statement,
            evidence={"values": [user.identity.name, *statement.actions]},
            fix="name a role that trusts only this user as the principal, in place of the user",
        )
        yield finding_placed(found, policy.document)
    for attachment in user.identity.attached:
        if attachment.document is None or (attachment.policy and attachment.policy.by_aws):
            yield finding_of(
                RULE,
                attachment.location,
                f'{whose(user.identity)} has the managed policy "{attachment.arn}", and its long-lived keys carry it',
                "attach it to a role that trusts only this user",
                evidence={"value": attachment.arn},
            )


def _is_for_programs(user: IdentityPermissions, stack: Stack) -> bool:
    """Whether programs use it: it has an access key, or roles name it as one that may assume them.

    A user of a person signs in with a password; what people may do is not this rule's business.
    """
    return any(map(_is_key, user.identity.credentials)) or (
        bool(stack.trusting(user)) and not any(map(_is_password, user.identity.credentials))
    )


def _is_key(credential: Credential) -> bool:
    return credential.kind is CredentialKind.ACCESS_KEY


def _is_password(credential: Credential) -> bool:
    return credential.kind is CredentialKind.PASSWORD


def own_power(user: IdentityPermissions) -> Iterator[Finding]:
    """What the documents of a user and of its groups allow beyond the roles to assume."""
    for located in user.allowed:
        statement = located.statement
        if located.attachment is not None and located.attachment.policy and located.attachment.policy.by_aws:
            continue
        if not statement.not_actions and {one.lower() for one in statement.actions} <= GIVEN_TO_EVERYBODY:
            continue
        more = [one for one in statement.actions if one.lower() not in ASSUMING | _MAIL]
        if statement.not_actions:
            more = [f"everything but {', '.join(statement.actions)}"]
        mails = not statement.not_actions and {one.lower() for one in statement.actions} <= _MAIL
        broad = [] if mails else [one for one in statement.resources if not _is_one_role(one)]
        if more:
            yield finding_at(
                RULE,
                located,
                f"{whose(user.identity)} may do {', '.join(more)} itself: its long-lived keys carry that power",
                "grant it to a role that trusts only this user, and leave the user sts:AssumeRole on that role's ARN",
                evidence={"values": more},
            )
        elif statement.not_resources or broad:
            yield finding_at(
                RULE,
                located,
                f"{whose(user.identity)} may assume {', '.join(broad) or 'all roles but some'}: any that trusts it",
                "name the ARN of each role, without wildcards",
                evidence={"values": broad or ["NotResource"]},
            )


def _is_one_role(arn: str) -> bool:
    return ":role/" in arn and not any(wild in arn for wild in "*?$")
