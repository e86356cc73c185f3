"""Policy documents as they are written: read, and refused when AWS would not keep them.

Source: "Grammar of the IAM JSON policy language" in the IAM user guide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rules
    from sandbox.local_aws.layer.emulator import Params

_SET_PREFIXES = ("forallvalues:", "foranyvalue:")


def text_of(params: Params) -> str:
    """The document that a call writes."""
    return value(params, "AssumeRolePolicyDocument") or value(params, "PolicyDocument")


def parsed(text: str) -> dict[str, Any]:
    """A document with its statements.

    Raises:
        Refused: It is no JSON object with statements.
    """
    try:
        document = cast("object", json.loads(text))
    except ValueError:
        raise Refused(400, "MalformedPolicyDocument", "This policy contains invalid Json") from None
    if not isinstance(document, dict) or not statements(cast("dict[str, Any]", document)):
        raise Refused(400, "MalformedPolicyDocument", "Syntax errors in policy.")
    return cast("dict[str, Any]", document)


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a document, be it one or a list."""
    written: object = document.get("Statement", [])
    found = cast("list[object]", [written] if isinstance(written, dict) else written)
    return [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]


def check_conditions(params: Params) -> None:
    """Refuse conditions that the evaluator would not understand, and so not hold.

    ministack passes over an operator it does not know, which would make nothing of a Deny.
    """
    for statement in statements(parsed(text_of(params))):
        conditions: object = statement.get("Condition", {})
        if not isinstance(conditions, dict):
            raise Refused(400, "MalformedPolicyDocument", "Syntax errors in policy.")
        for operator, keys in cast("dict[str, object]", conditions).items():
            if not _is_known(operator.lower()):
                raise Refused(400, "MalformedPolicyDocument", f"Invalid Condition type : {operator}.")
            if not isinstance(keys, dict):
                raise Refused(400, "MalformedPolicyDocument", "Syntax errors in policy.")


def _is_known(operator: str) -> bool:
    if operator == "null":
        return True
    for prefix in _SET_PREFIXES:
        operator = operator.removeprefix(prefix)
    return operator.removesuffix("ifexists") in emulator.operators


_WRITES = (
    "CreateRole",
    "UpdateAssumeRolePolicy",
    "PutUserPolicy",
    "PutRolePolicy",
    "PutGroupPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
)
RULES: Rules = dict.fromkeys(_WRITES, (check_conditions,))
