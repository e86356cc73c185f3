"""Rules about an identity as a whole, once all that belongs to it has been joined."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, cast

from iam_guardrails import check_identity
from iam_guardrails.language.principals import EVERYONE, Principal
from iam_guardrails.language.principals import Kind as PrincipalKind
from iam_guardrails.pack.identities import GIVE_TO_USERS, Identity, Sort, join
from iam_guardrails.pack.powers import Whole
from iam_guardrails.pack.report import Cause, Report, from_finding, report, shortened
from iam_guardrails.pack.values import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iam_guardrails.language.documents import Statement
    from iam_guardrails.pack.configuration import Configuration
    from iam_guardrails.pack.powers import Powers, Said
    from iam_guardrails.pack.resource import Resource

ASSUMING = frozenset({"sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:getcalleridentity"})
"""What a user of a pipeline needs: to assume its role, and what may go with it."""
GIVEN_TO_EVERYBODY = frozenset({"sts:getcalleridentity"})
"""What no policy has to allow, and none can deny; it is asked of no resource."""

_OWN_ROLE = (  # what a role could do to itself
    "iam:UpdateAssumeRolePolicy",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:UpdateRole",
)
_OWN_USER = (
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
_OWN = {Sort.ROLE: _OWN_ROLE, Sort.USER: _OWN_USER}


def across_documents(identity: Powers, whole: Whole, configuration: Configuration) -> Iterator[Report]:
    """What no document of an identity allows by itself, but several add up to."""
    del whole
    readable = [held for held, _ in identity.documents]
    if len(readable) < 2:
        return
    settings = configuration.trust_zone(identity.identity.resource.accounts)
    boundary = identity.identity.boundary
    for finding in check_identity([held.found.value for held in readable], settings, boundary=boundary):
        statements = cast("Sequence[str]", finding.evidence.get("statements", ()))
        places = {pointer.split("/")[1] for pointer in statements}
        if len(places) > 1:
            _, place, rest = finding.pointer.split("/", 2)
            held = readable[int(place)]
            told = replace(finding, pointer=f"/{rest}")
            yield from_finding(told, held.resource, held.found)


def only_assume_role_by_itself(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A document that gives a user more than to assume named roles, seen before it is there.

    What a user has through groups, attachments and the policies of other resources, only the whole stack tells.
    """
    del configuration
    if resource.type in GIVE_TO_USERS:
        for user in Whole(join([resource])).users:
            yield from _own_power(user)


def only_assume_role(user: Powers, whole: Whole) -> Iterator[Report]:
    """A user that may do more than assume named roles."""
    yield from _own_power(user)
    for said in whole.granted_to(user):
        yield _about(
            "only-assume-role-for-users",
            said,
            f"it lets {_whose(user.identity)} do {', '.join(said.statement.actions)} itself: its long-lived keys carry"
            " that power",
            "name a role that trusts only this user as the principal, in place of the user",
        )
    for held in user.identity.all_attached():
        yield report(
            "only-assume-role-for-users",
            held.resource,
            f'{_whose(user.identity)} has the managed policy "{held.found.value}": its long-lived keys carry its power',
            place=held.found.place,
            change="attach it to a role that trusts only this user",
        )


def _own_power(user: Powers) -> Iterator[Report]:
    """What the documents of a user and of its groups allow beyond the roles to assume."""
    for said in user.allowed:
        statement = said.statement
        if not statement.not_actions and {action.lower() for action in statement.actions} <= GIVEN_TO_EVERYBODY:
            continue
        more = [action for action in statement.actions if action.lower() not in ASSUMING]
        if statement.not_actions:
            more = [f"everything but {', '.join(statement.actions)}"]
        broad = [resource for resource in statement.resources if not _is_one_role(resource)]
        if more:
            yield _about(
                "only-assume-role-for-users",
                said,
                f"{_whose(user.identity)} may do {', '.join(more)} itself: its long-lived keys carry that power",
                "grant it to a role that trusts only this user, and leave the user sts:AssumeRole on that role's ARN",
            )
        elif statement.not_resources or broad:
            yield _about(
                "only-assume-role-for-users",
                said,
                f"{_whose(user.identity)} may assume {', '.join(broad) or 'all roles but some'}: whatever lets it in",
                "name the ARN of each role, without wildcards",
                unless="no-privilege-escalation",
            )


def no_console(user: Powers, whole: Whole) -> Iterator[Report]:
    """A user that has a password, though a pipeline uses it."""
    for profile in user.identity.passwords:
        is_pipeline = bool(user.identity.keys or whole.trusting(user) or whole.assumed_by(user))
        why = "a pipeline uses it" if is_pipeline else "people should sign in through IAM Identity Center"
        yield report(
            "no-console-for-pipelines",
            profile,
            f"{_whose(user.identity)} gets a password for the console, though {why}: one more way in, never rotated",
            change="remove the login profile",
            blocking=is_pipeline,
        )


def no_self_change(identity: Powers, whole: Whole) -> Iterator[Report]:
    """An identity that may lift its own limits."""
    if not identity.speaks_of("iam"):
        return
    reached = [(identity, "itself")]
    if identity.identity.sort is Sort.ROLE:
        reached += [(user, f'the user "{user.identity.name}" it trusts') for user in whole.trusted_by(identity)]
    by_statement: dict[tuple[str, str], tuple[Said, dict[str, list[str]]]] = {}
    for whom, words in reached:
        for action, arn in product(_OWN.get(whom.identity.sort, ()), whom.arns()):
            for said in identity.allows(action, arn):
                place = (said.held.resource.urn, said.held.found.place + said.statement.pointer)
                actions = by_statement.setdefault(place, (said, {}))[1].setdefault(words, [])
                if action not in actions:
                    actions.append(action)
    for said, found in by_statement.values():
        what = " and ".join(f"{', '.join(actions)} on {words}" for words, actions in found.items())
        yield _about(
            "no-self-change",
            said,
            f"{_whose(identity.identity)} may do {what}: it can lift every limit it was given",
            "take the action away, or deny it on that ARN",
            unless="no-privilege-escalation",
        )


def both_halves_of_trust(role: Powers, whole: Whole) -> Iterator[Report]:
    """A role and a user or role of which only one knows of the other, or a role that nobody can assume."""
    if role.trust is None or role.trust.malformed:
        return
    if not any(role.admits(principal.kind) for statement in role.trusting for principal in _whom(statement)):
        yield _halves(
            role.identity,
            "nobody can assume it: its trust policy gives nobody the action that their kind of principal needs",
            "allow whoever should use it sts:AssumeRole, or sts:AssumeRoleWithWebIdentity for an OIDC provider, or"
            " sts:AssumeRoleWithSAML for a SAML provider",
        )
        return
    yield from _missing_halves(role, whole)
    for profile in role.identity.profiles:
        if not any(principal.name.startswith("ec2.") for statement in role.trusting for principal in _whom(statement)):
            why = f'the instance profile "{profile.name}" hands it to EC2 instances, which it does not trust'
            yield _halves(role.identity, why, "trust the service ec2.amazonaws.com, or take it out of the profile")


def _missing_halves(role: Powers, whole: Whole) -> Iterator[Report]:
    arn = role.identity.arn()
    trusted = [*whole.trusted_by(role), *whole.trusted_roles(role)]
    for one in trusted:
        # What is denied although it is allowed has been suspended: that half isn't missing.
        if one.is_whole and not any(one.grants("sts:AssumeRole", arn)):
            why = _why_missing(role, one.identity)
            change = f"allow it sts:AssumeRole on {arn}, or take it out of the trust"
            yield from [_halves(role.identity, why, change)] if why else []
    for one in whole.assuming(role):
        may = one is not role and one not in trusted and any(one.allows("sts:AssumeRole", arn))
        if may and not _trusts_account_of(role, one.identity):
            why = f"{_whose(one.identity)} may assume it, but it does not trust that {one.identity.sort.value}"
            yield _halves(role.identity, why, f"trust {one.identity.arn()}, or take the role out of its policy")


def _why_missing(role: Powers, one: Identity) -> str:
    """What to say of somebody whom a role trusts and whose own policy does not speak of it; nothing for what is usual.

    In one account it is enough that the trust policy names a user or role (AWS STS API reference, AssumeRole).
    """
    if not _is_enough(role, one):
        return f"it trusts {_whose(one)}, which may not assume it"
    if one.sort is Sort.ROLE:
        return ""
    return (
        f"it trusts {_whose(one)} by name, which is enough inside one account, although what the user's own policy"
        " allows does not tell of it"
    )


def _whom(statement: Statement) -> Sequence[Principal]:
    return (EVERYONE,) if statement.not_principals else statement.principals


def _is_enough(role: Powers, one: Identity) -> bool:
    """Whether a role has a user or a role of its own account as its principal."""
    here = [account for account in role.identity.resource.accounts if account in one.resource.accounts]
    return bool(here) and any(
        one.is_named_by(principal.text) for statement in role.trusting for principal in statement.principals
    )


def _is_one_role(arn: str) -> bool:
    return ":role/" in arn and not any(wild in arn for wild in "*?$")


def _trusts_account_of(role: Powers, user: Identity) -> bool:
    """Whether a role trusts everybody in a user's account, or everybody at all."""

    def admits(principal: Principal) -> bool:
        own = principal.account in (user.resource.accounts or (principal.account,))
        return principal.kind is PrincipalKind.EVERYONE or (principal.kind is PrincipalKind.ACCOUNT and own)

    return any(
        statement.allow and (statement.not_principals or any(admits(principal) for principal in statement.principals))
        for statement in (role.trust.statements if role.trust else ())
    )


def _whose(identity: Identity) -> str:
    return f'the {identity.sort.value} "{identity.name or identity.resource.name}"'


def _about(rule: str, said: Said, why: str, change: str, unless: str = "") -> Report:
    found, statement = said.held.found, said.statement
    if is_secret(found.value):
        why, quote = "what it allows goes too far, and is not shown, because the program marks it as secret", ""
    else:
        quote = shortened(json.dumps(statement.source, ensure_ascii=False, default=str))
    place = f"{found.place} {statement.pointer}"
    told = report(rule, said.held.resource, why, place=place, quote=quote, change=change)
    return replace(told, cause=Cause(told.urn, found.place, statement.number), unless=unless)


def _halves(role: Identity, why: str, change: str) -> Report:
    place = role.trust.found.place if role.trust else ""
    return report("both-halves-of-trust", role.resource, why, place=place, change=change, blocking=False)
