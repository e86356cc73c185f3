"""Policy variables, such as ``${aws:username}``, in resources and conditions.

Only a policy of version 2012-10-17 has them: in an older one they are plain text. A variable with no value, and no
default after a comma, makes its resource match nothing. ``${*}``, ``${?}`` and ``${$}`` are these characters
themselves, and so are such characters in a variable's value.

Source: "IAM policy elements: Variables and tags" in the IAM user guide. ministack knows no variables.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Record, Statement

    FirstMatch = Callable[[object, list[Statement], str], Statement | None]
    ConditionsMet = Callable[[Record, object], bool]
    Parse = Callable[["str | Record"], list[Statement]]
    Compile = Callable[[str, bool], "re.Pattern[str]"]

_WITH_VARIABLES = "2012-10-17"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# Characters that nobody writes stand for those that are no wildcards and begin no variable.
_PLAIN = {"*": "\ue000", "?": "\ue001", "$": "\ue002"}
_MEANT = {private: character for character, private in _PLAIN.items()}
_WITH_WILDCARDS = ("like", "arn")


def install() -> None:
    """Let ministack's evaluator see values in place of variables."""
    emulator.replace("core.iam_evaluator", "parse_policy_document", _with_versions)
    emulator.replace("core.iam_evaluator", "_first_match", _with_resources)
    emulator.replace("core.iam_evaluator", "_conditions_met", _with_conditions)
    emulator.replace("core.iam_evaluator", "_fnmatch_compile", _with_plain_characters)


def without(document: Record) -> Record:
    """A document in which what looks like a variable is plain text, unless its version has variables."""
    if document.get("Version") == _WITH_VARIABLES or "${" not in str(document):
        return document
    return cast("Record", _each(document, lambda text: text.replace("${", _PLAIN["$"] + "{")))


def _with_versions(original: Parse) -> Parse:
    def parse_policy_document(document: str | Record) -> list[Statement]:
        # ministack hands on statements alone, of documents that it has been given whole before.
        if isinstance(document, str):
            try:
                read = cast("object", json.loads(document))
            except ValueError:
                return original(document)
            document = without(cast("Record", read)) if isinstance(read, dict) else document
        return original(document)

    return parse_policy_document


def _with_resources(original: FirstMatch) -> FirstMatch:
    def first_match(context: object, statements: list[Statement], effect: str) -> Statement | None:
        return original(context, [_replaced(statement, context) for statement in statements], effect)

    return first_match


def _with_conditions(original: ConditionsMet) -> ConditionsMet:
    def conditions_met(conditions: Record, context: object) -> bool:
        written = {
            operator: _each(keys, lambda text, operator=operator: _value(text, context, operator))
            for operator, keys in conditions.items()
        }
        return original(written, context)

    return conditions_met


def _with_plain_characters(original: Compile) -> Compile:
    def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        if not any(private in pattern for private in _MEANT):
            return original(pattern, ignore_case)
        wild = {"*": ".*", "?": "."}
        parts = (wild.get(character) or re.escape(_MEANT.get(character, character)) for character in pattern)
        return re.compile("".join(parts) + "$", re.IGNORECASE if ignore_case else 0)

    return compile_pattern


def _replaced(statement: Statement, context: object) -> Statement:
    if not any("${" in resource for resource in (*statement.resources, *statement.not_resources)):
        return statement
    replaced = copy.copy(statement)
    replaced.resources = [_text(resource, context) for resource in statement.resources]
    replaced.not_resources = [_text(resource, context) for resource in statement.not_resources]
    return replaced


def _each(value: object, change: Callable[[str], str]) -> object:
    """A value with every text in it changed, but for the names of fields."""
    if isinstance(value, dict):
        return {key: _each(item, change) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_each(item, change) for item in cast("list[Any]", value)]
    return change(value) if isinstance(value, str) else value


def _value(text: str, context: object, operator: str) -> str:
    """An expected value: operators that know no wildcards compare characters as they are."""
    text = _text(text, context)
    if any(part in operator.lower() for part in _WITH_WILDCARDS):
        return text
    return "".join(_MEANT.get(character, character) for character in text)


def _text(text: str, context: object) -> str:
    return _VARIABLE.sub(lambda found: _found(found[1], context), text)


def _found(variable: str, context: object) -> str:
    if variable in _PLAIN:
        return _PLAIN[variable]
    name, _, default = variable.partition(",")
    value = emulator.resolve_condition_key(name.strip(), context)
    if isinstance(value, str):
        return "".join(_PLAIN.get(character, character) for character in value)
    # What stays is text that no resource and no value has.
    return default.strip().strip("'") if default else f"${{{variable}}}"
