"""Accounts as `aws iam get-account-authorization-details` prints them, from little: for tests of who becomes whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from iam_guardrails.model import AccountModel, DocumentKind, Inventory, Limit, Location, PolicyDocument, join
from iam_guardrails.model.parts import AccountPart, InventoryPart, LimitPart, Part, Reference, RunnerPart, Scope
from iam_guardrails.model.values import Account
from iam_guardrails.sources import read

HERE, THERE, FAR = "111122223333", "444455556666", "777788889999"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def statement(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {**statement(action, resource, **more), "Effect": "Deny"}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(one) for one in statements]}


def trust(principal: Mapping[str, Any] | str, **more: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


class Dump:
    """One account.

    Args:
        account: the twelve digits of it.
    """

    def __init__(self, account: str = HERE) -> None:
        self.account = account
        self.users: list[dict[str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self.roles: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = []

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:iam::{self.account}:{kind}/{name}"

    def user(self, name: str, *statements: Mapping[str, Any], **more: Any) -> str:
        groups = {"GroupList": more.pop("groups", [])}
        self.users.append({**self._identity("User", "AIDA", name, statements, more), **groups})
        return self.arn("user", name)

    def group(self, name: str, *statements: Mapping[str, Any], **more: Any) -> str:
        self.groups.append(self._identity("Group", "AGPA", name, statements, more))
        return self.arn("group", name)

    def role(self, name: str, trusted: Mapping[str, Any], *statements: Mapping[str, Any], **more: Any) -> str:
        found = self._identity("Role", "AROA", name, statements, more)
        self.roles.append({**found, "AssumeRolePolicyDocument": dict(trusted), "InstanceProfileList": []})
        return self.arn("role", name)

    def managed(self, name: str, *versions: Mapping[str, Any]) -> str:
        """A managed policy, of which the first version is the default."""
        listed = [
            {"Document": dict(one), "VersionId": f"v{number}", "IsDefaultVersion": number == 1}
            for number, one in enumerate(versions, 1)
        ]
        arn = self.arn("policy", name)
        self.policies.append({"PolicyName": name, "Arn": arn, "Path": "/", "PolicyVersionList": listed})
        return arn

    def _identity(
        self, noun: str, prefix: str, name: str, statements: Iterable[Mapping[str, Any]], more: dict[str, Any]
    ) -> dict[str, Any]:
        number = len(self.users) + len(self.groups) + len(self.roles)
        inline = [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else []
        found: dict[str, Any] = {
            "Arn": self.arn(noun.lower(), name),
            f"{noun}Name": name,
            f"{noun}Id": f"{prefix}{number:0>16}",
            "Path": "/",
            f"{noun}PolicyList": inline,
            "AttachedManagedPolicies": [
                {"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in more.get("attached", [])
            ],
            "Tags": [{"Key": key, "Value": value} for key, value in more.get("tags", {}).items()],
        }
        if "boundary" in more:
            boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": more["boundary"]}
            found["PermissionsBoundary"] = boundary
        return found

    def json(self) -> str:
        return json.dumps(
            {
                "UserDetailList": self.users,
                "GroupDetailList": self.groups,
                "RoleDetailList": self.roles,
                "Policies": self.policies,
            }
        )

    def parts(self) -> list[Part]:
        return [part for source in read(self.json(), f"{self.account}.json", None) for part in source.parts[0]]


def limit(kind: DocumentKind, document: Mapping[str, Any], *targets: str) -> LimitPart:
    return LimitPart(Limit(PolicyDocument(kind, document, Location("organization.json"), "limit"), targets))


def in_organization(account: str, *parents: str, management: bool = False) -> AccountPart:
    return AccountPart(Account(account, "", "o-example", parents, management))


def inventory(listed: Mapping[str, Iterable[Mapping[str, Any]]], account: str = HERE) -> list[Part]:
    """What runs in an account, as an inventory file lists it: all that there is."""
    found: list[Part] = [InventoryPart(Inventory())]
    for kind, objects in listed.items():
        for one in objects:
            details = {key: value for key, value in one.items() if key not in ("arn", "role", "tags")}
            role = Reference(one["role"]) if "role" in one else None
            arn = one["arn"]
            found.append(
                RunnerPart(
                    kind, arn, arn, role=role, tags=one.get("tags", {}), scope=Scope((account,)), details=details
                )
            )
    return found


def model(*dumps: Dump, more: Iterable[Part] = ()) -> AccountModel:
    return join([*(part for dump in dumps for part in dump.parts()), *more])
