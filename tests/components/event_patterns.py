"""EventBridge's rules for patterns, as far as our patterns use them, written from their documentation.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, TypeAlias, cast

Json: TypeAlias = "dict[str, Any]"


def matches(pattern: Json, event: Json) -> bool:
    """Whether an event matches a pattern."""
    return all(_matches_field(name, expected, event) for name, expected in pattern.items())


def _matches_field(name: str, expected: Any, event: Json) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in expected)
    if isinstance(expected, dict):
        inner: Any = event.get(name)
        return matches(cast("Json", expected), cast("Json", inner) if isinstance(inner, dict) else {})
    return any(_matches_one(test, event.get(name)) for test in expected)


def _matches_one(test: Any, value: Any) -> bool:
    there = value is not None and not isinstance(value, dict)
    if isinstance(test, dict) and "exists" in test:
        return there is test["exists"]
    return there and _holds(test, cast("str", value))


def _holds(test: Any, value: str) -> bool:
    if not isinstance(test, dict):
        return test == value
    ((operator, operand),) = cast("Json", test).items()
    if operator == "anything-but":
        return not any(_holds(one, value) for one in _alternatives(operand))
    if operator == "wildcard":
        return bool(re.fullmatch(".*".join(re.escape(part) for part in str(operand).split("*")), value, re.DOTALL))
    if operator == "equals-ignore-case":
        return value.lower() == str(operand).lower()
    if operator == "cidr":
        return _is_in(value, str(operand))
    raise AssertionError(f"{operator} is not written here")


def _alternatives(operand: Any) -> list[Any]:
    if isinstance(operand, dict):
        ((operator, several),) = cast("Json", operand).items()
        return [{operator: one} for one in several]
    return cast("list[Any]", operand) if isinstance(operand, list) else [operand]


def _is_in(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network)
    except ValueError:
        return False
