"""Organizations of any size as account dumps, with planted chains to administrators that an audit has to find.

Most identities are ordinary: they use what is theirs. In each account some chains are planted: a user assumes
a role, which assumes another, or rewrites its trust, or makes a key for somebody, and so on to an administrator; some
lead through another account. Beside each stands one that looks the same and is shut by a Deny, a boundary or a trust.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CHAINS = 3
"""Chains in each account; as many more are shut."""


@dataclass
class Planted:
    """What an organization has.

    Attributes:
        accounts: ids of its accounts.
        identities: number of users and roles.
        open: ARNs of the users that reach an administrator.
        shut: ARNs of the users that seem to, and do not.
    """

    accounts: list[str]
    identities: int = 0
    open: list[str] = field(default_factory=list[str])
    shut: list[str] = field(default_factory=list[str])


def write_organization(folder: Path, accounts: int, identities: int, seed: int = 1) -> Planted:
    """Write an organization, a dump an account.

    Args:
        folder: where the dumps go, ACCOUNT.json each.
        accounts: number of accounts.
        identities: number of users and roles of each account.
        seed: what the organization is drawn from.
    """
    draw = random.Random(seed)  # noqa: S311 - made up, and the same each time
    planted = Planted([f"{100_000_000_000 + one * 7_919}" for one in range(accounts)])
    folder.mkdir(parents=True, exist_ok=True)
    for place, account in enumerate(planted.accounts):
        made = _Account(draw, account, planted)
        for number in range(_CHAINS):
            made.chain(f"open{number}", draw.randint(1, 4), planted.accounts[place - 1] if number == 0 else account)
            made.chain(f"shut{number}", draw.randint(1, 4), account, shut=draw.choice(["deny", "trust", "boundary"]))
        made.fill(identities)
        (folder / f"{account}.json").write_text(json.dumps(made.dump()), encoding="utf-8")
        planted.identities += len(made.users) + len(made.roles)
    return planted


def _document(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: object, resources: object = "*", effect: str = "Allow") -> dict[str, object]:
    return {"Effect": effect, "Action": actions, "Resource": resources}


def _trust(**principal: object) -> dict[str, object]:
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


class _Account:
    """A dump while it is made."""

    def __init__(self, draw: random.Random, account: str, planted: Planted) -> None:
        self._draw, self.account, self._planted = draw, account, planted
        self.users: list[dict[str, Any]] = []
        self.roles: list[dict[str, Any]] = []
        self._role("administrator", _trust(AWS=f"arn:aws:iam::{account}:root"), managed="AdministratorAccess")

    def dump(self) -> dict[str, object]:
        """The answer of `get-account-authorization-details`."""
        return {"UserDetailList": self.users, "GroupDetailList": [], "RoleDetailList": self.roles, "Policies": []}

    def chain(self, name: str, length: int, start: str, shut: str = "") -> None:
        """A user, and roles that lead from it to the administrator; shut ones are cut at the last step."""
        # A chain that comes from elsewhere begins in that account with the right to assume the first role here.
        steps = [f"{name}-step{one}" for one in range(length)]
        arns = [f"arn:aws:iam::{self.account}:role/{one}" for one in steps]
        user = f"{name}-user"
        mine = f"arn:aws:iam::{self.account}:user/{user}"
        first = f"arn:aws:iam::{start}:role/administrator" if start != self.account else mine
        self._user(user, _document(_allow("sts:AssumeRole", arns[0])))
        for place, step in enumerate(steps):
            before = {"AWS": [mine, first]} if place == 0 else {"AWS": arns[place - 1]}
            last = place == length - 1
            follows = f"arn:aws:iam::{self.account}:role/administrator" if last else arns[place + 1]
            ways = [["sts:AssumeRole"], ["iam:PutRolePolicy"], ["iam:AttachRolePolicy"]]
            actions = self._draw.choice(ways) if last else ["sts:AssumeRole"]
            on = arns[place] if actions != ["sts:AssumeRole"] else follows
            statements = [_allow(actions, on)]
            if last and shut == "deny":
                statements.append(_allow(["sts:AssumeRole", "iam:*"], "*", "Deny"))
            trusted = _trust(Service="ec2.amazonaws.com") if last and shut == "trust" else _trust(**before)
            boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" if last and shut == "boundary" else ""
            self._role(step, trusted, _document(*statements), boundary=boundary)
        (self._planted.shut if shut else self._planted.open).append(mine)

    def fill(self, identities: int) -> None:
        """Ordinary users and roles, up to a number of both."""
        for number in range(identities - len(self.users) - len(self.roles)):
            name = f"app-{number}"
            own = _document(
                _allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}/*"),
                _allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:*:{self.account}:log-group:{name}:*"
                ),
            )
            if number % 5 == 0:
                self._user(name, own)
            else:
                service = self._draw.choice(["lambda", "ec2", "ecs-tasks", "codebuild"])
                self._role(name, _trust(Service=f"{service}.amazonaws.com"), own)

    def _user(self, name: str, document: dict[str, object]) -> None:
        policies = [{"PolicyName": "own", "PolicyDocument": document}]
        self.users.append(
            {
                "UserName": name, "Path": "/", "UserId": f"AIDA{len(self.users):016}",
                "Arn": f"arn:aws:iam::{self.account}:user/{name}", "UserPolicyList": policies, "GroupList": [],
                "AttachedManagedPolicies": [],
            }
        )  # fmt: skip

    def _role(
        self, name: str, trusted: dict[str, object], document: dict[str, object] | None = None, *,
        managed: str = "", boundary: str = "",
    ) -> None:  # fmt: skip
        attached = [{"PolicyName": managed, "PolicyArn": f"arn:aws:iam::aws:policy/{managed}"}] if managed else []
        role: dict[str, Any] = {
            "RoleName": name, "Path": "/", "RoleId": f"AROA{len(self.roles):016}", "InstanceProfileList": [],
            "Arn": f"arn:aws:iam::{self.account}:role/{name}", "AssumeRolePolicyDocument": trusted,
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document}] if document else [],
            "AttachedManagedPolicies": attached,
        }  # fmt: skip
        if boundary:
            role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
        self.roles.append(role)


def missed(planted: Planted, identities: Iterator[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The planted users that an audit did not find, and those that it found and are shut.

    Args:
        planted: what the organization has.
        identities: the audit's identities, as its report in JSON has them.
    """
    reaching = {one["arn"] for one in identities if one["reachesAdministrator"]}
    return [one for one in planted.open if one not in reaching], [one for one in planted.shut if one in reaching]
