"""Audits as their report in JSON has them, made up: small ones with a document on disk, and large ones."""

from __future__ import annotations

import json
import random
from collections import deque
from pathlib import Path
from typing import Any

SHOP, LAB = "111122223333", "444455556666"
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&<b>"
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
    ],
}


def arn(name: str, kind: str = "role", account: str = SHOP) -> str:
    return f"arn:aws:iam::{account}:{kind}/{name}"


def identity(one: str, *, administrator: bool = False, reaches: bool = False, **more: Any) -> dict[str, Any]:
    parts = one.split(":")
    kind, _, name = parts[5].partition("/")
    return {
        "arn": one, "administrator": administrator, "reachesAdministrator": administrator or reaches, "kind": kind,
        "account": parts[4], "label": f'{kind} "{name}"', **more,
    }  # fmt: skip


def edge(source: str, target: str, how: str = "assumes the role", **more: Any) -> dict[str, Any]:
    return {
        "from": source, "to": target, "how": how, "way": how, "certainty": "certain", "because": [], "conditions": [],
        "crossesAccounts": source.split(":")[4] != target.split(":")[4], **more,
    }  # fmt: skip


def reason(words: str, file: str = "", statement: int = 1) -> dict[str, Any]:
    return {
        "words": words, "of": arn("deploy"), "layer": "identity policy", "policy": "inline", "statement": statement,
        "sid": "Assume", "action": "sts:AssumeRole", "alone": True, "file": file, "line": 12,
        "pointer": f"/RoleDetailList/0/PolicyDocument/Statement/{statement}",
    }  # fmt: skip


def small(folder: Path, name: str = "dev") -> dict[str, Any]:
    """User `dev` reaches the administrator of another account over role `deploy`; role `reader` reaches nobody."""
    dump = folder / "dump.json"
    dump.write_text(json.dumps({"RoleDetailList": [{"PolicyDocument": json.dumps(POLICY)}]}))
    user, deploy, admin, reader = arn(name, "user"), arn("ci/deploy"), arn("admin", account=LAB), arn("reader")
    first = edge(user, deploy, because=[reason("identity policy inline, statement 1 (Assume) allows it", str(dump))])
    second = edge(deploy, admin, certainty="needs a condition", conditions=["sts:ExternalId"])
    return {
        "format": 1,
        "identities": [identity(user, reaches=True), identity(deploy, reaches=True), identity(reader),
                       identity(admin, administrator=True, because=[reason("all is allowed")])],
        "edges": [first, second],
        "paths": [{"from": user, "to": admin, "certainty": "needs a condition", "steps": [first, second]}],
        "cuts": [{"change": first["because"][0], "closes": [user], "paths": 1}],
        "entries": [{"principal": "arn:aws:iam::999999999999:root", "kind": "account", "account": "999999999999",
                     "role": deploy, "because": {"words": "the trust policy lets it in"}, "conditions": []}],
        "findings": [{"rule": "no-privilege-escalation", "level": "error", "message": f"user {name} becomes admin",
                      "fix": "name the roles", "docs": "https://example.com/rule", "arn": user, "file": str(dump)}],
        "unknown": ["No inventory was given."],
    }  # fmt: skip


def large(identities: int, seed: int = 4) -> dict[str, Any]:
    """An organization with many accounts and random edges; about one identity in four reaches an administrator."""
    draw = random.Random(seed)
    accounts = [f"{100000000000 + 1111 * one}" for one in range(max(1, identities // 100))]
    arns = [
        arn(
            f"{draw.choice(['deploy', 'ci', 'etl', 'backup'])}-{one}",
            "user" if one % 5 == 0 else "role",
            accounts[one % len(accounts)],
        )
        for one in range(identities)
    ]
    administrators = set(arns[::97])
    edges: list[dict[str, Any]] = []
    for one in arns:
        if one not in administrators and draw.random() < 0.4:
            others = draw.sample(arns, draw.choice([1, 1, 2]))
            for other in others if draw.random() < 0.7 else [draw.choice(sorted(administrators))]:
                certainty = draw.choice(["certain", "certain", "needs a condition", "needs inventory"])
                edges.append(
                    edge(one, other, draw.choice(["assumes the role", "passes the role"]), certainty=certainty)
                )
    into: dict[str, list[dict[str, Any]]] = {}
    for one in edges:
        into.setdefault(one["to"], []).append(one)
    steps: dict[str, list[dict[str, Any]]] = {one: [] for one in administrators}
    queue = deque(administrators)
    while queue:
        at = queue.popleft()
        for one in into.get(at, []):
            if one["from"] not in steps:
                steps[one["from"]] = [one, *steps[at]]
                queue.append(one["from"])
    paths = [
        {"from": one, "to": way[-1]["to"], "certainty": "certain", "steps": way} for one, way in steps.items() if way
    ]
    return {
        "format": 1,
        "identities": [identity(one, administrator=one in administrators, reaches=one in steps) for one in arns],
        "edges": edges, "paths": paths, "cuts": [], "entries": [], "findings": [], "unknown": [],
    }  # fmt: skip
