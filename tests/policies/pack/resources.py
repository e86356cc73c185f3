"""Resources as the engine would describe them, and what the pack says of them, without the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from iam_guardrails import Finding
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.render import message_of
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.run import Reported, Run

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
TODAY = date(2026, 11, 24)
LATER = UNKNOWN
"""A value that is known only after deployment."""


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trusting(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def user_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:user/pipelines/{name}"


def role_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/pipelines/{name}"


def resource(
    kind: str,
    name: str,
    properties: Mapping[str, Any],
    *,
    account: str | None = ACCOUNT,
    references: Mapping[str, Sequence[str]] | None = None,
) -> Resource:
    """A resource of the program; `references` names other resources by their URNs."""
    return Resource(
        urn_of(kind, name),
        kind,
        name,
        properties,
        (account,) if account else (),
        {name: tuple(urns) for name, urns in (references or {}).items()},
    )


def urn_of(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::app::{kind}::{name}"


def user(name: str = "site", **more: Any) -> Resource:
    return resource("aws:iam/user:User", name, {"name": name, "path": "/pipelines/", **more})


def role(name: str = "site", trust: str | None = None, account: str = ACCOUNT, **more: Any) -> Resource:
    trust = trust or trusting({"AWS": user_arn(name, account)})
    properties = {"name": name, "path": "/pipelines/", "assumeRolePolicy": trust, **more}
    return resource("aws:iam/role:Role", name, properties, account=account)


def user_policy(text: Any, of: Any = "site", name: str = "assume", **more: Any) -> Resource:
    return resource("aws:iam/userPolicy:UserPolicy", name, {"user": of, "name": name, "policy": text}, **more)


def role_policy(text: Any, of: Any = "site", name: str = "permissions", **more: Any) -> Resource:
    return resource("aws:iam/rolePolicy:RolePolicy", name, {"role": of, "name": name, "policy": text}, **more)


def pipeline(name: str = "site") -> list[Resource]:
    """A pipeline's identity as it should be."""
    return [
        user(name),
        user_policy(document(allow("sts:AssumeRole", role_arn(name))), name, f"{name}-assume"),
        role(name),
        role_policy(document(allow(["s3:GetObject"], "arn:aws:s3:::site/*")), name, f"{name}-permissions"),
        resource("aws:iam/accessKey:AccessKey", f"{name}-key", {"user": name}),
    ]


class Said(NamedTuple):
    """A finding as the pack reports it."""

    rule: str
    urn: str
    message: str
    blocking: bool
    level: str
    severity: str
    excepted: bool
    finding: Finding


def _said(run: Run, reported: Iterable[Reported]) -> list[Said]:
    return [
        Said(
            one.finding.rule,
            one.urn,
            message_of(one, run.redact),
            one.finding.blocking,
            one.finding.level,
            one.finding.severity,
            one.exception is not None,
            one.finding,
        )
        for one in reported
    ]


def configured(configuration: Configuration | None = None, **settings: Any) -> Configuration:
    """A configuration with these settings."""
    base = configuration or Configuration()
    return replace(base, settings=replace(base.settings, **settings)) if settings else base


def said_of(one: Resource, configuration: Configuration | None = None) -> list[Said]:
    """What the pack says of a resource before it is created."""
    run = Run(configuration, today=TODAY)
    return _said(run, run.resource(one))


def said_of_stack(resources: Sequence[Resource], configuration: Configuration | None = None) -> list[Said]:
    """What the pack says of a stack as a whole, after it has evaluated each of its resources."""
    run = Run(configuration, today=TODAY)
    for one in resources:
        run.resource(one)
    return _said(run, run.stack(resources).reported)


def said_in_all(resources: Sequence[Resource], configuration: Configuration | None = None) -> list[Said]:
    """What the pack says of each resource, then of the stack as a whole."""
    run = Run(configuration, today=TODAY)
    said = [one for resource in resources for one in _said(run, run.resource(resource))]
    return [*said, *_said(run, run.stack(resources).reported)]


def proven_of(resources: Sequence[Resource], configuration: Configuration | None = None) -> list[str]:
    """What the pack proves of a stack's pipelines."""
    return [proof.sentence for proof in Run(configuration, today=TODAY).stack(resources).proofs]


def line_of(resources: Sequence[Resource], configuration: Configuration | None = None) -> str:
    """What the run says of itself in one line."""
    run = Run(configuration, today=TODAY)
    for one in resources:
        run.resource(one)
    return run.stack(resources).line


def rules_of(reports: Sequence[Said]) -> list[str]:
    return sorted(report.rule for report in reports)
