"""When two policy documents mean the same: such a difference is none, whatever the white space and the order."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sandbox.provider.values import Unknown, from_json

if TYPE_CHECKING:
    from sandbox.provider.values import Value

_SETS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
_PRINCIPALS = frozenset({"Principal", "NotPrincipal"})
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def canonical_document(value: Value) -> object:
    """A policy document in a form in which equal meaning is equality; any other value as it is."""
    if isinstance(value, (Unknown, dict)) or not isinstance(value, str):
        return _canonical(value) if isinstance(value, dict) else value
    try:
        parsed = from_json(value)
    except ValueError:
        return value
    return _canonical(parsed) if isinstance(parsed, dict) else parsed


def _canonical(document: dict[str, Value]) -> dict[str, object]:
    return {
        name: sorted((_statement(item) for item in _as_list(part)), key=_sort_key) if name == "Statement" else part
        for name, part in document.items()
    }


def _statement(statement: Value) -> object:
    if not isinstance(statement, dict):
        return statement
    canonical: dict[str, object] = {}
    for name, part in statement.items():
        if name in _SETS:
            canonical[name] = _set(part)
        elif name in _PRINCIPALS:
            canonical[name] = _principal(part)
        elif name == "Condition" and isinstance(part, dict):
            canonical[name] = {
                operator: {key: _set(expected) for key, expected in keys.items()} if isinstance(keys, dict) else keys
                for operator, keys in part.items()
            }
        elif not (name == "Sid" and part == ""):
            canonical[name] = part
    return canonical


def _principal(principal: Value) -> object:
    if not isinstance(principal, dict):
        return principal
    return {kind: sorted({_account(item) for item in _set(named)}) for kind, named in principal.items()}


def _account(principal: str) -> str:
    """AWS stores an account id as the ARN of the account's root."""
    root = _ROOT.fullmatch(principal)
    return root[1] if root else principal


def _set(value: Value) -> list[str]:
    return sorted({item if isinstance(item, str) else json.dumps(item) for item in _as_list(value)})


def _as_list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _sort_key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
