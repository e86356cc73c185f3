"""Reads the usual statement in one go: nothing wrong with it, nothing rare in it.

Most statements of most documents are such. What is not is left to `reader`, which also finds the words for what is
wrong; this module only has to be right about what it takes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from iam_guardrails.language import arns, principals
from iam_guardrails.language.conditions import OPERATORS, Condition, refusal
from iam_guardrails.language.documents import IDENTITY, TRUST, DocumentKind, Statement
from iam_guardrails.language.principals import Principal

ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+")
# Behind the slash stands the key of a tag, which may have spaces.
_CONDITION_KEY = re.compile(r"[A-Za-z0-9][^\s:*?]*:[^\s*?/]+(?:/[^\t\r\n*?]+)?")
_ANY = ("*",)
_is_arn = arns.is_pattern
_POINTERS = [f"/Statement/{number}" for number in range(64)]

# Actions found good before: they recur from document to document.
_good: set[str] = set()
_MANY = 50_000
_OF_TRUST = {
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
}
# What a NamedTuple's own constructor calls; calling it directly halves the cost of a statement.
_new = cast("Callable[[type, tuple[object, ...]], Any]", tuple.__new__)


def _orders(*elements: str) -> dict[tuple[str, ...], bool]:
    """Every order in which a statement's elements may be written, and whether there is a Condition among them."""
    return {
        order: "Condition" in order
        for more in ((), ("Sid",), ("Condition",), ("Sid", "Condition"))
        for order in itertools.permutations((*elements, *more))
    }


_SHAPES_OF_IDENTITY = _orders("Effect", "Action", "Resource")
_SHAPES_OF_TRUST = _orders("Effect", "Principal", "Action")
_SHAPES_OF_RESOURCE = _orders("Effect", "Principal", "Action", "Resource")


def statement(kind: DocumentKind, number: int, value: dict[str, Any], literal: bool) -> Statement | None:
    """The statement, or None where it is not of the usual shape or anything in it needs a closer look.

    Args:
        kind: of its document.
        number: its place in the list of statements.
        value: as written.
        literal: whether policy variables are plain text in this document.
    """
    try:
        return _statement(kind, number, value, literal)
    except TypeError:  # a number or an object where text should be
        return None


def _statement(kind: DocumentKind, number: int, value: dict[str, Any], literal: bool) -> Statement | None:
    shapes = _SHAPES_OF_IDENTITY if kind is IDENTITY else _SHAPES_OF_TRUST if kind is TRUST else _SHAPES_OF_RESOURCE
    conditional = shapes.get(tuple(value))
    if conditional is None:
        return None
    effect, sid = value["Effect"], value.get("Sid", "")
    if (effect != "Allow" and effect != "Deny") or (sid != "" and not _is_sid(sid)):
        return None
    written = value["Action"]
    actions = (written,) if type(written) is str else _texts(written)
    if actions is None or not (_good.issuperset(actions) or all(map(_is_action, actions))):
        return None
    who: tuple[Principal, ...] | None = ()
    resources: tuple[str, ...] | None = _ANY
    if kind is not IDENTITY:
        who = _principals(value["Principal"])
        if not who or (kind is TRUST and not _OF_TRUST.issuperset(actions)):
            return None
    if kind is not TRUST:
        written = value["Resource"]
        resources = (written,) if type(written) is str else _texts(written)
        if resources is None:
            return None
        for resource in resources:
            if resource != "*" and ("$" in resource or not _is_arn(resource)):
                return None
    conditions = _conditions(value["Condition"]) if conditional else ()
    if conditions is None:
        return None
    pointer = _POINTERS[number] if number < 64 else f"/Statement/{number}"
    return _new(
        Statement,
        (number, pointer, sid, effect == "Allow", who, False, actions, False, resources, False, conditions, value,
         literal),
    )  # fmt: skip


def _is_sid(sid: object) -> bool:
    return type(sid) is str and sid.isalnum() and sid.isascii()


def _is_action(action: str) -> bool:
    if not ACTION.fullmatch(action):
        return False
    if len(_good) > _MANY:
        _good.clear()
    _good.add(action)
    return True


def _texts(values: str | list[str]) -> tuple[str, ...] | None:
    """A text or the values of a list, which need not be texts; None for an object, whose names would do."""
    if type(values) is list:
        return tuple(values)
    return (values,) if type(values) is str else None


def _principals(written: str | dict[str, Any]) -> tuple[Principal, ...] | None:
    if written == "*":
        return (principals.EVERYONE,)
    if type(written) is not dict:
        return None
    found: list[Principal] = []
    for element, values in written.items():
        texts = _texts(values)
        if texts is None:
            return None
        for one in texts:
            principal = principals.read(element, one)
            if type(principal) is not Principal:
                return None
            found.append(principal)
    return tuple(found)


def _conditions(written: dict[str, dict[str, Any]]) -> tuple[Condition, ...] | None:
    if type(written) is not dict:
        return None
    found: list[Condition] = []
    for name, block in written.items():
        operator = OPERATORS.get(name)
        if operator is None or type(block) is not dict:
            return None
        check = operator.comparison.check
        seen: list[str] = []
        for key, values in block.items():
            lower = _lower(key)
            texts = _texts(values)
            if not lower or lower in seen or not texts:
                return None
            for one in texts:
                # A policy variable needs a closer look.
                if type(one) is not str or "$" in one or (check is not None and refusal(operator, one) is not None):
                    return None
            seen.append(lower)
            found.append(_new(Condition, (operator, lower, texts, False)))
    return tuple(found)


def is_condition_key(key: str) -> bool:
    """Whether `key` is written as condition keys are."""
    return _CONDITION_KEY.fullmatch(key) is not None


@lru_cache(maxsize=8192)
def _lower(key: str) -> str:
    """A condition key in lower case; "" for what is none."""
    return key.lower() if is_condition_key(key) else ""
