"""The answer for people and as JSON: statements with who asks for them, coverage, sizes, and what the judge says."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import deploy_permissions as knowledge

from pipeline_identity_cli.aws import say
from pipeline_identity_cli.outcome import AS_ASKED, FORMAT, Stopped, one_line, shown
from pipeline_identity_cli.permissions.forms import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_identity_cli.permissions.run import Found

_NO_LEVEL = "AWS has no single resources for these"


def text(found: Found) -> str:
    """For people."""
    lines = [*_statements(found), *_coverage(found), *_used(found), *_sizes(found), *_judged(found)]
    return "\n".join(lines) + "\n"


def data(found: Found) -> str:
    """As JSON."""
    document = knowledge.policy(found.statements)
    whole: dict[str, Any] = {
        "format": FORMAT,
        "exit_code": AS_ASKED,
        "account": found.place.account,
        "region": found.place.region,
        "partition": found.place.partition,
        "statements": [
            {
                **one.document(),
                "asked_by": [one_line(asker, 500) for asker in one.asked_by],
                "resource_level": one.has_resource_level,
            }
            for one in found.statements
        ],
        "coverage": _coverage_data(found.answer.coverage),
        "notes": notes(found),
        "size": knowledge.size(document),
        "policies": knowledge.split(found.statements),
        "findings": [
            {"rule": one.rule, "level": one.level, "blocking": one.blocking, "message": one_line(one.message, 2000)}
            for one in found.findings
        ],
        "assumed_roles": found.assumed_roles,
        "made_without_boundary": found.unlimited,
        "made_boundary": knowledge.role_boundary(found.deployment) if _makes_identities(found) else None,
        "events": _events_data(found),
    }
    return json.dumps(whole, indent=2) + "\n"


def why(found: Found, action: str, *, as_json: bool) -> str:
    """Who asks for an action, on what, and why.

    Raises:
        Stopped: Nothing asks for it.
    """
    asked = [one for one in found.needs if fnmatchcase(one.action.lower(), action.lower())]
    if not asked:
        known = "" if knowledge.action_facts(action) or "*" in action else "; AWS has no such action"
        raise Stopped(f"nothing asks for {shown(action, 80)}{known}", "look at the statements without --why", code=1)
    if as_json:
        rows = [
            {
                "action": one.action,
                "resources": list(one.resources),
                "asked_by": one_line(one.asked_by, 500),
                "handler": one.handler,
                "why": one_line(one.why, 300),
            }
            for one in asked
        ]
        return json.dumps({"format": FORMAT, "exit_code": AS_ASKED, "why": rows}, indent=2) + "\n"
    lines = [
        f"{one.action}: {name_of(one.asked_by)}, {one.handler} ({one_line(one.why, 200)}), "
        f"on {', '.join(one.resources)}"
        for one in asked
    ]
    return "\n".join(dict.fromkeys(lines)) + "\n"


def warn(found: Found) -> None:
    """Say on standard error what the policy does not hold, and what a reader must know of it."""
    for line in (*_gaps(found.answer.coverage), *notes(found)):
        say(line)
    size = knowledge.size(knowledge.policy(found.statements))
    if size > knowledge.INLINE_LIMIT:
        count = len(knowledge.split(found.statements))
        say(
            f"the policy has {size:,} characters, and a role takes {knowledge.INLINE_LIMIT:,} inline; "
            f"--format json has it as {count} managed policies"
        )


def notes(found: Found) -> list[str]:
    """What a reader should know: what is not known, and what that makes wider."""
    said = [one_line(one, 400) for one in found.answer.notes]
    if found.place.account == "*" and any(
        ":*:" in arn or "::*:" in arn for one in found.needs for arn in one.resources
    ):
        said.append("the account is not known, and * stands in its place: name it with --account")
    for role, count in found.assumed_roles.items():
        if role != found.asked.assumed:
            said.append(f"a provider assumes {role}, which needs {count} permissions of its own: --assumed-role {role}")
    if found.unlimited:
        names = ", ".join(name_of(one) for one in found.unlimited[:5])
        said.append(
            f"the stack makes roles or users without a boundary ({names}), so whoever has this policy can give them "
            "anything: give each a permissionsBoundary, as --format made-boundary writes it, and name it with "
            "--made-with-boundary"
        )
    return said


def _makes_identities(found: Found) -> bool:
    return bool(knowledge.made_identities(found.deployment))


def _statements(found: Found) -> Iterator[str]:
    for one in found.statements:
        askers = [name_of(asker) for asker in one.asked_by]
        more = f" and {len(askers) - 4} more" if len(askers) > 4 else ""
        yield f"{one.sid}: asked for by {', '.join(askers[:4])}{more}"
        yield from (f"    {action}" for action in one.actions)
        for resource in one.resources:
            yield f"  on {resource}" + (f"   ({_NO_LEVEL})" if resource == "*" and not one.has_resource_level else "")
        for operator, key, values in one.conditions:
            yield f"  if {key} {operator} {', '.join(values)}"
        yield ""


def _coverage(found: Found) -> Iterator[str]:
    coverage = found.answer.coverage
    if not found.asked.files:
        return
    resources, unknown = sum(coverage.known.values()), sum(coverage.unknown.values())
    yield (
        f"Coverage: {resources} of {resources + unknown} resources of AWS, {len(coverage.known)} of "
        f"{len(coverage.known) + len(coverage.unknown)} types"
    )
    yield from (f"  {line}" for line in _gaps(coverage))
    yield from (f"  {line}" for line in notes(found))


def _gaps(coverage: knowledge.Coverage) -> Iterator[str]:
    """What is not covered, or covered by likeness alone."""
    for type_, count in coverage.unknown.items():
        yield f"unknown type {one_line(type_, 120)} ({count}): nothing of what it needs is in the statements"
    for function in coverage.unknown_functions:
        yield f"unknown function {one_line(function, 120)}: nothing of what it needs is in the statements"
    for function, type_ in coverage.alike.items():
        yield f"function {one_line(function, 120)} is taken to read what {one_line(type_, 120)} reads"
    if coverage.others:
        listed = ", ".join(f"{one_line(name, 60)} {count}" for name, count in coverage.others.items())
        yield f"resources of other providers, which need nothing of AWS: {listed}"
    if coverage.unlisted:
        yield (
            f"the preview counts {coverage.unlisted} resources that stay as they are and does not list them: make it "
            "with --show-sames, or hand over the state, too"
        )


def _sizes(found: Found) -> Iterator[str]:
    if not found.statements:
        return
    size = knowledge.size(knowledge.policy(found.statements))
    count = len(knowledge.split(found.statements))
    fits = f"a role takes {knowledge.INLINE_LIMIT:,} inline"
    yield f"Size: {size:,} characters ({fits}); {count} managed polic{'y' if count == 1 else 'ies'}"


def _judged(found: Found) -> Iterator[str]:
    blocking = [one for one in found.findings if one.blocking]
    if not found.statements:
        return
    yield "The guardrails reject it:" if blocking else "The guardrails accept it."
    yield from (f"  {one.rule}: {one_line(one.message, 500)}" for one in blocking)


def _used(found: Found) -> Iterator[str]:
    if found.used is None:
        return
    used = found.used
    yield f"CloudTrail: {used.events} events, {len({one.action for one in used.needs})} actions"
    if found.asked.files:
        planned, called = {one.action for one in found.answer.needs}, {one.action for one in used.needs}
        yield from (f"  never called: {one}" for one in sorted(planned - called))
        yield from (f"  called, not planned: {one}" for one in sorted(called - planned))
    yield from (f"  denied: {one}" for one in sorted({one.action for one in used.denied}))
    yield from (f"  no action is known for {one_line(one, 120)}" for one in used.unknown)


def _events_data(found: Found) -> dict[str, Any] | None:
    if found.used is None:
        return None
    planned, called = {one.action for one in found.answer.needs}, {one.action for one in found.used.needs}
    return {
        "events": found.used.events,
        "called": sorted(called),
        "denied": sorted({one.action for one in found.used.denied}),
        "never_called": sorted(planned - called) if found.asked.files else None,
        "not_planned": sorted(called - planned) if found.asked.files else None,
        "unknown": [one_line(one, 120) for one in found.used.unknown],
    }


def _coverage_data(coverage: knowledge.Coverage) -> dict[str, Any]:
    return {
        "known": {one_line(key, 120): value for key, value in coverage.known.items()},
        "unknown": {one_line(key, 120): value for key, value in coverage.unknown.items()},
        "functions": [one_line(one, 120) for one in coverage.functions],
        "functions_by_likeness": {one_line(key, 120): value for key, value in coverage.alike.items()},
        "unknown_functions": [one_line(one, 120) for one in coverage.unknown_functions],
        "other_providers": dict(coverage.others),
        "unlisted": coverage.unlisted,
        "complete": coverage.is_complete,
    }
