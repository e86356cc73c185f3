"""What the documents of one identity add up to, and where its identity leads: the rule no-privilege-escalation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from iam_guardrails.findings import Finding
from iam_guardrails.reasoning.escalation import OpenPath, open_paths
from iam_guardrails.reasoning.permissions import Own
from iam_guardrails.rules import no_privilege_escalation
from iam_guardrails.rules.base import written
from iam_guardrails.rules.chains import Chains, powerful_name
from iam_guardrails.rules.no_privilege_escalation import RULE, finding_for
from iam_guardrails.rules.no_self_change import GROUP, VERSIONS, own_parts
from iam_guardrails.rules.stack import (
    IdentityPermissions,
    LocatedStatement,
    Stack,
    finding_at,
    finding_of,
    finding_placed_at,
    is_for_orchestrators,
    whose,
)


def all_together(one: IdentityPermissions, stack: Stack) -> list[Finding]:
    """Every escalation path of one identity, by everything that it holds; each pointer begins with its document's.

    Args:
        one: the identity.
        stack: what it is part of.
    """
    pointers = {id(located.statement): located.location.pointer for located in one.statements}
    by_aws = {id(located.statement) for located in one.statements if located.is_by_aws}
    trust = one.identity.trust
    by_services = trust is not None and is_for_orchestrators(trust)
    statements = [located.statement for located in one.statements]
    own = _own_of(one, stack)
    return no_privilege_escalation.check_together(
        statements, one.boundary, pointers, own, by_services=by_services, by_aws=by_aws
    )


def _own_of(one: IdentityPermissions, stack: Stack) -> Own:
    """What of an identity decides what it may do, by ARN."""
    parts = list(own_parts(one, stack, "it"))
    policies = frozenset(arn for part in parts if part.actions is VERSIONS for arn in part.arns)
    groups = frozenset(arn for part in parts if part.actions is GROUP for arn in part.arns)
    return Own(one.arns[0] if one.identity.name else "", policies, groups)


def adding_up(one: IdentityPermissions, stack: Stack) -> Iterator[Finding]:
    """What no document of an identity allows by itself, but several add up to, AWS's managed policies among them."""
    del stack
    if len(one.documents) < 2:
        return
    located = {id(each.statement): each for each in one.statements}
    alone = {
        (opened.path.id, opened.unrestricted)
        for _, document, _ in one.documents
        for opened in open_paths(document.statements, one.boundary)
    }
    found = open_paths([each.statement for each in one.statements], one.boundary)
    causes: dict[tuple[int, bool], list[OpenPath]] = {}
    for opened in found:
        deciding = located[id(opened.grants[opened.path.deciding].statement)]
        documents = {id(located[id(grant.statement)].document) for grant in opened.grants}
        if len(documents) > 1 and not alone & {(opened.path.id, opened.unrestricted), (opened.path.id, True)}:
            causes.setdefault((id(deciding.statement), opened.unrestricted), []).append(opened)
    blocked = {cause for cause, wide in causes if wide}
    for (cause, wide), paths in causes.items():
        if not wide and cause in blocked:
            continue
        statements = {id(grant.statement): grant.statement for opened in paths for grant in opened.grants}
        by_services = one.identity.trust is not None and is_for_orchestrators(one.identity.trust)
        found_there = finding_for(paths, wide and not by_services, {})
        finding = replace(
            found_there,
            together=True,
            content=written(*statements.values()),
            message=f"{_with_documents(one, paths, located)}{found_there.message}",
        )
        yield finding_placed_at(finding, located[cause])


def _with_documents(
    one: IdentityPermissions, paths: Sequence[OpenPath], located: Mapping[int, LocatedStatement]
) -> str:
    names = dict.fromkeys(_name(located[id(grant.statement)]) for grant in paths[0].grants)
    return f"the policies of {whose(one.identity)} add up ({', '.join(names)}): "


def _name(located: LocatedStatement) -> str:
    """How to call the document of a statement."""
    if located.attachment is not None:
        policy = located.attachment.policy
        return (policy.name if policy else "") or located.attachment.arn or "a managed policy"
    return located.document.location.logical_id.rpartition("::")[2] or located.document.name or "an inline policy"


def chained(stack: Stack) -> Iterator[Finding]:
    """Chains from one identity to another that is an administrator, or that can rewrite one of the chain."""
    if stack.answered is not None:
        from iam_guardrails.rules import reached  # the graph takes time to load

        yield from reached.paths_found(RULE, stack.answered)
    for chain in Chains(stack).all() if stack.answered is None else ():
        first = chain.identities[0]
        message = f"{chain.words}: who gets the first of them gets the last"
        fix = "take one step of the chain out, or limit the last identity to what its work takes"
        evidence = {"value": chain.words, "chain": [one.identity.label for one in chain.identities]}
        if chain.located is not None:
            found = finding_at(RULE, chain.located, message, fix, evidence=evidence, together=True)
        else:
            found = finding_of(RULE, first.identity.location, message, fix, evidence=evidence, together=True)
        yield found
    for runner in stack.model.runners:
        role = runner.role
        arns = [] if role is None or role.declared else stack.permissions(role).arns
        powerful = next((why for arn in arns if (why := powerful_name(arn))), "")
        if role is not None and powerful:
            yield finding_of(
                RULE,
                runner.location,
                f'{runner.kind} "{runner.name or runner.key}" runs with {whose(role)}, which is powerful: {powerful}',
                "give it a role of its own that may do what it needs",
                "role",
                evidence={"value": role.arn_pattern},
            )
