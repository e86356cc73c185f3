"""Who a trust policy may name, and what becomes of it when they go.

AWS looks up the users and roles a trust policy names when it is written, and keeps their unique ids. So a name that
is nobody's is refused, and a user who is deleted and made again is not the one who was trusted: from the deletion on
the policy shows the id of somebody who is no more.

Source: "AWS JSON policy elements: Principal" in the IAM user guide.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import documents, emulator, entities
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.local_aws.layer.calls import After, Effect, Rules
    from sandbox.local_aws.layer.emulator import Params, Store

_MOST_CHARACTERS = 2048
_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(?:user|role)/[\w+=,.@/-]+")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]+")
_ANYWAY = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:iam::\d{12}:root|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role|federated-user)/[^*?]+"
)
_WHITE_SPACE = re.compile(r"\s+")


def check_principals(params: Params) -> None:
    """Refuse a trust policy that is no policy, is too long, or names somebody who is not there."""
    text = documents.text_of(params)
    document = documents.parsed(text)
    if len(_WHITE_SPACE.sub("", text)) > _MOST_CHARACTERS:
        raise Refused(409, "LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {_MOST_CHARACTERS}")
    for principal in _named(document):
        if not _may_be_named(principal):
            raise Refused(400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def forget(parameter: str, store: Store, unique_id: str) -> Effect:
    """After a user or role has been deleted: nobody of that name is trusted any more.

    Args:
        parameter: The parameter of the deletion that names who goes.
        store: Where they are kept.
        unique_id: The field of theirs with their unique id.
    """

    def effect(params: Params) -> After:
        leaving = store.get(value(params, parameter)) or {"Arn": "", unique_id: ""}
        return lambda: replace(leaving["Arn"], leaving[unique_id])

    return effect


RULES: Rules = {"CreateRole": (check_principals,), "UpdateAssumeRolePolicy": (check_principals,)}
EFFECTS = {
    "DeleteUser": forget("UserName", emulator.users, "UserId"),
    "DeleteRole": forget("RoleName", emulator.roles, "RoleId"),
}


def _named(document: dict[str, Any]) -> Iterator[str]:
    for statement in documents.statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            named = cast("dict[str, Any]", principal).get("AWS", [])
            yield from [named] if isinstance(named, str) else named


def _may_be_named(principal: str) -> bool:
    entity = _ENTITY.fullmatch(principal)
    if entity:
        return entities.with_arn(entity[1], principal) is not None
    if _UNIQUE_ID.fullmatch(principal):
        return entities.with_unique_id(principal) is not None
    return _ANYWAY.fullmatch(principal) is not None


def replace(old: str, new: str) -> None:
    """Put another principal in the place of one in the trust policies of all roles of all accounts.

    So do those stay trusted who get another name, and those are forgotten who are deleted.
    """

    def change(principal: str) -> str:
        return new if principal == old else principal

    for role in entities.all_roles():
        document = cast("dict[str, Any]", json.loads(role["AssumeRolePolicyDocument"]))
        if old in _named(document):
            for statement in documents.statements(document):
                principal = statement.get("Principal")
                if isinstance(principal, dict) and "AWS" in principal:
                    named = cast("str | list[str]", principal["AWS"])
                    principal["AWS"] = change(named) if isinstance(named, str) else [change(one) for one in named]
            role["AssumeRolePolicyDocument"] = json.dumps(document)
