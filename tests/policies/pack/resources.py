"""Resources as the engine would describe them, and what the pack says of them, without the engine."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.judge import Judge
from iam_guardrails.pack.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iam_guardrails.pack.report import Report

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
TODAY = date(2026, 11, 24)


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


def said_of(one: Resource, configuration: Configuration | None = None) -> list[Report]:
    """What the pack says of a resource before it is created."""
    return Judge(configuration or Configuration(), today=TODAY).resource(one)


def said_of_stack(resources: Sequence[Resource], configuration: Configuration | None = None) -> list[Report]:
    """What the pack says of a stack as a whole, after it has judged each of its resources."""
    judge = Judge(configuration or Configuration(), today=TODAY)
    for one in resources:
        judge.resource(one)
    return judge.stack(resources).reports


def proven_of(resources: Sequence[Resource]) -> list[str]:
    """What the pack proves of a stack's pipelines."""
    return [sentence for _, sentence in Judge(Configuration(), today=TODAY).stack(resources).proofs]


def rules_of(reports: Sequence[Report]) -> list[str]:
    return sorted(report.rule for report in reports)
