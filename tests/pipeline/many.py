"""Copies of a deployed pipeline, made in the local AWS by the calls that the provider makes for a component.

Deploying hundreds through the engine takes minutes and shows nothing more of `verify`: it sees IAM alone.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any


def copies(iam: Any, original: dict[str, Any], count: int) -> dict[str, dict[str, Any]]:
    """The outputs of `count` copies of a pipeline that has a user and a role of one name, by pipeline.

    Args:
        iam: A client of IAM in the pipeline's account.
        original: The pipeline's outputs.
        count: How many.
    """
    names = [f"many-{number:03}" for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(partial(_copy, iam, original), names))
    return {entry["userName"]: entry for entry in made}


def _copy(iam: Any, original: dict[str, Any], name: str) -> dict[str, Any]:
    """One copy, with its key."""
    text = json.dumps({**original, "secretAccessKey": None}).replace(original["userName"], name)
    entry: dict[str, Any] = json.loads(text)
    path = entry["userArn"].partition(":user")[2].removesuffix(name)
    iam.create_user(UserName=name, Path=path)
    iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=entry["userPolicy"])
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.create_role(
        RoleName=name,
        Path=path,
        AssumeRolePolicyDocument=entry["trustPolicy"],
        MaxSessionDuration=int(entry["maxSessionDuration"]),
    )
    for policy, document in entry["permissionsPolicies"].items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)
    return {**entry, "accessKeyId": key, "keyIds": {"a": key}, "keyStatuses": {"a": "Active"}}


def remove(iam: Any, entry: dict[str, Any]) -> None:
    """Take a copy away again."""
    name = entry["userName"]
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
    iam.delete_access_key(UserName=name, AccessKeyId=entry["accessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="assume")
    iam.delete_user(UserName=name)
