"""Whether a role has what a deployment needs: evaluated with its policies, boundary and service control policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import deploy_permissions as knowledge
from iam_guardrails.evaluation import Policies, Policy, Request, Verdict, evaluate

from pipeline_identity_cli.explain import asked as files
from pipeline_identity_cli.explain.gathered import Gathered, caller_of, from_files, gather
from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, FORMAT, NO_VERDICT, Stopped, one_line
from pipeline_identity_cli.permissions.forms import name_of
from pipeline_identity_cli.session_options import source

if TYPE_CHECKING:
    from pipeline_identity_cli.commands.permissions import Options
    from pipeline_identity_cli.permissions.run import Found

_EXAMPLES = ("1a2b3c4", "9z8y7x6")
"""What stands in the place of a star, one after the other: what is needed on all must be allowed on each."""


@dataclass(frozen=True)
class Row:
    """A permission that lacks, or of which nothing can be told.

    Attributes:
        need: The permission.
        resource: The ARN.
        reason: Why.
        known: Whether it surely lacks.
    """

    need: knowledge.Need
    resource: str
    reason: str
    known: bool


@dataclass(frozen=True)
class Report:
    """What came of the check.

    Attributes:
        role: The role.
        rows: What lacks or is unknown.
        unneeded: What the role has and nothing in the plan needs, as action and policy.
        checked: How many permissions were asked about.
        unknown_types: The types of which nothing is known.
    """

    role: str
    rows: Sequence[Row]
    unneeded: Sequence[tuple[str, str]]
    checked: int
    unknown_types: Sequence[str]

    @property
    def code(self) -> int:
        """The exit code: 0 nothing lacks, 1 something does, 2 something cannot be told."""
        if any(one.known for one in self.rows):
            return AGAINST
        return NO_VERDICT if self.rows or self.unknown_types else AS_ASKED

    def text(self) -> str:
        """For people: what lacks, resource by resource."""
        lines: list[str] = []
        by_asker: dict[str, list[Row]] = {}
        for row in self.rows:
            by_asker.setdefault(row.need.asked_by, []).append(row)
        for asker, rows in by_asker.items():
            lines.append(name_of(asker))
            lines += [
                f"  {'lacks' if row.known else 'unknown:'} {row.need.action} on {row.resource} "
                f"({row.need.handler}: {one_line(row.reason, 300)})"
                for row in rows
            ]
        lines += [f"unknown type {one_line(one, 120)}: what it needs is not known" for one in self.unknown_types]
        lacking = sum(row.known for row in self.rows)
        lines.append(
            f"{self.role}: {self.checked} permissions needed, {lacking} lacking, {len(self.rows) - lacking} unknown"
        )
        lines += [f"advice: nothing in the plan needs {action} ({policy})" for action, policy in self.unneeded]
        return "\n".join(lines) + "\n"

    def data(self) -> str:
        """As JSON."""
        rows = [
            {
                "asked_by": one_line(row.need.asked_by, 500),
                "action": row.need.action,
                "resource": row.resource,
                "handler": row.need.handler,
                "state": "lacking" if row.known else "unknown",
                "reason": one_line(row.reason, 1000),
            }
            for row in self.rows
        ]
        whole = {
            "format": FORMAT,
            "exit_code": self.code,
            "role": self.role,
            "checked": self.checked,
            "rows": rows,
            "unneeded": [{"action": action, "policy": policy} for action, policy in self.unneeded],
            "unknown_types": list(self.unknown_types),
        }
        return json.dumps(whole, indent=2) + "\n"


def checked(found: Found, options: Options) -> Report:
    """Check the role that the options name.

    Raises:
        Stopped: No role is named, or it cannot be read.
    """
    who = _role(found, options)
    policies = Policies(who.policies, who.boundary, scps=files.levels(options.scp))
    rows: list[Row] = []
    asked: dict[tuple[str, str], None] = {}
    for need in found.needs:
        for resource in need.resources:
            # The same permission is evaluated once, and reported for each that asks for it.
            asked.setdefault((need.action, resource), None)
            row = _row(need, resource, who, policies, found.place.region)
            if row is not None:
                rows.append(row)
    return Report(
        who.caller.role_arn or who.caller.arn,
        rows,
        list(_unneeded(who.policies, found.needs)),
        len(asked),
        [*found.answer.coverage.unknown, *found.answer.coverage.unknown_functions],
    )


def _role(found: Found, options: Options) -> Gathered:
    """The role with its policies: from files, from the outputs of its stack, or from IAM."""
    if options.policies:
        account = found.place.account if found.place.account != "*" else "000000000000"
        arn = options.role_arn or f"arn:{found.place.partition}:iam::{account}:role/pipeline"
        boundary = files.policy("--boundary", options.boundary) if options.boundary else None
        return from_files(caller_of(arn), [files.policy("--policy", file) for file in options.policies], boundary)
    outputs = source(options)
    if outputs.given:
        from pipeline_identity_cli.stack import identity

        declared = identity(outputs, options.pipeline)
        if declared.permissions_policies is None:
            fix = "hand over all outputs of the pipeline, or its policies with --policy"
            raise Stopped("the outputs do not say what the role may do", fix)
        boundary = files.policy("--boundary", options.boundary) if options.boundary else None
        if declared.permissions_boundary and boundary is None:
            boundary = Policy(declared.permissions_boundary, None, "hand it over with --boundary")
        written = [Policy(name, text) for name, text in declared.permissions_policies.items()]
        return from_files(caller_of(declared.role_arn), written, boundary)
    if options.role_arn:
        from pipeline_identity_cli.aws import Reach
        from pipeline_identity_cli.iam import client

        iam, here = client(Reach.of(options), 1)
        return gather(caller_of(options.role_arn), iam, here.split(":")[4], lasting=False)
    raise Stopped("no role is named to check", "name it with --outputs, --policy or --role-arn", kind="usage")


def _row(need: knowledge.Need, resource: str, who: Gathered, policies: Policies, region: str) -> Row | None:
    """What lacks of a permission on one resource; None where nothing does."""
    verdicts = [
        [_decided(need, one, context, who, policies, region) for context in _contexts(need)]
        for one in _examples(resource)
    ]
    worst: Row | None = None
    for alternatives in verdicts:
        # A role that may be passed to either of two services needs to be allowed for one of them.
        if any(verdict is Verdict.ALLOWED for verdict, _ in alternatives):
            continue
        refused = [reason for verdict, reason in alternatives if verdict is Verdict.REFUSED]
        surely = len(refused) == len(alternatives)
        worst = Row(need, resource, (refused or [reason for _, reason in alternatives])[0], surely)
        if surely:
            return worst
    return worst


def _decided(
    need: knowledge.Need,
    resource: str,
    context: dict[str, tuple[str, ...]],
    who: Gathered,
    policies: Policies,
    region: str,
) -> tuple[Verdict, str]:
    known = {"aws:requestedregion": (region,)} if region != "*" else {}
    request = Request(
        who.caller,
        need.action,
        resource,
        {**known, **who.context, **context},
        absent=tuple(who.absent),
        resource_account=who.caller.account,
    )
    if need.action.startswith("kms:"):
        # A key's own policy lets its account's policies decide, as the console makes it.
        whole = {"Effect": "Allow", "Principal": {"AWS": who.caller.account}, "Action": "kms:*", "Resource": "*"}
        key = Policy("the key's policy, taken to leave it to IAM", {"Version": "2012-10-17", "Statement": [whole]})
        policies = Policies(policies.identity, policies.boundary, scps=policies.scps, resource=key)
    decision = evaluate(request, policies)
    return decision.verdict, decision.reason


def _contexts(need: knowledge.Need) -> Iterator[dict[str, tuple[str, ...]]]:
    """The conditions of a permission as what a call carries: one of the values of each."""
    keys = [key.lower() for _, key, _ in need.conditions]
    values = [values for _, _, values in need.conditions]
    for chosen in product(*values):
        yield {key: (value,) for key, value in zip(keys, chosen, strict=True)}


def _examples(resource: str) -> list[str]:
    if resource == "*" or not set(resource) & set("*?"):
        return [resource]
    return [resource.replace("*", one).replace("?", one[0]) for one in _EXAMPLES]


def _unneeded(policies: Sequence[Policy], needs: Sequence[knowledge.Need]) -> Iterator[tuple[str, str]]:
    """The actions that the role's policies allow and nothing needs, as they are written."""
    needed = {one.action.lower() for one in needs}
    for policy in policies:
        for action in dict.fromkeys(_allowed(policy.document)):
            if not any(fnmatchcase(one, action.lower()) for one in needed):
                yield action, policy.name


def _allowed(document: object) -> list[str]:
    try:
        read: Any = json.loads(document) if isinstance(document, str) else document
        written = cast("dict[str, Any]", read)["Statement"]
        listed = cast("list[dict[str, Any]]", written if isinstance(written, list) else [written])
        found = [one.get("Action", []) for one in listed if one.get("Effect") == "Allow"]
        return [one for value in found for one in cast("list[str]", value if isinstance(value, list) else [value])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
