"""Policy variables, such as ``${aws:username}``, in resources and conditions.

Source: "IAM policy elements: Variables and tags" in the IAM user guide. A variable with no value, and no default after
a comma, makes its resource match nothing. Not here: variables in a policy without ``"Version": "2012-10-17"`` are
plain text in AWS, and are variables here.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Record, Statement

    FirstMatch = Callable[[object, list[Statement], str], Statement | None]
    ConditionsMet = Callable[[Record, object], bool]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_CHARACTERS = {"*": "*", "?": "?", "$": "$"}


def install() -> None:
    """Let ministack's evaluator see values in place of variables."""
    emulator.replace("core.iam_evaluator", "_first_match", _with_resources)
    emulator.replace("core.iam_evaluator", "_conditions_met", _with_conditions)


def _with_resources(original: FirstMatch) -> FirstMatch:
    def first_match(context: object, statements: list[Statement], effect: str) -> Statement | None:
        return original(context, [_replaced(statement, context) for statement in statements], effect)

    return first_match


def _with_conditions(original: ConditionsMet) -> ConditionsMet:
    def conditions_met(conditions: Record, context: object) -> bool:
        if not conditions or "${" not in str(conditions):
            return original(conditions, context)
        return original(cast("Record", _replaced_in(conditions, context)), context)

    return conditions_met


def _replaced(statement: Statement, context: object) -> Statement:
    if not any("${" in resource for resource in (*statement.resources, *statement.not_resources)):
        return statement
    replaced = copy.copy(statement)
    replaced.resources = [_text(resource, context) for resource in statement.resources]
    replaced.not_resources = [_text(resource, context) for resource in statement.not_resources]
    return replaced


def _replaced_in(value: object, context: object) -> object:
    if isinstance(value, dict):
        return {key: _replaced_in(item, context) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_replaced_in(item, context) for item in cast("list[Any]", value)]
    return _text(value, context) if isinstance(value, str) else value


def _text(text: str, context: object) -> str:
    return _VARIABLE.sub(lambda found: _value(found[1], context), text)


def _value(variable: str, context: object) -> str:
    if variable in _CHARACTERS:
        return _CHARACTERS[variable]
    name, _, default = variable.partition(",")
    value = emulator.resolve_condition_key(name.strip(), context)
    if isinstance(value, str):
        return value
    # What stays is text that no resource and no value has.
    return default.strip().strip("'") if default else f"${{{variable}}}"
