"""Placeholders of other tools in a document that somebody has still to fill in.

`${name}` of Terraform's `templatefile`, of envsubst and of shells; `%{...}`, `{{ name }}` and `{% ... %}` of Jinja,
Helm and Go; `<NAME>`, `__NAME__`, `@@NAME@@` and `<%= name %>`; a word where an ARN has its account. What stands for a
placeholder is not known. Policy variables (`${aws:username}`) are none: the part before their colon names a service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.sources.values import members

_PLACEHOLDER = re.compile(
    r"""
      \$\{(?!\*\}|\?\}|\$\}|[A-Za-z0-9_-]+:[^:}]+\})[^{}]*\}   # ${name}, not ${aws:username}, ${*}
    | %\{[^{}]*\}
    | \{\{.*?\}\} | \{%.*?%\} | <%.*?%> | \{\#.*?\#\}
    | <[A-Za-z][^<>"{}:/*]{0,60}>
    | (?<![A-Za-z0-9])__[A-Z][A-Z0-9_]*?__(?![A-Za-z0-9])
    | @@?[A-Z][A-Z0-9_]*@@?
    | \$[A-Z][A-Z0-9_]{2,}
    """,
    re.VERBOSE | re.DOTALL,
)
_ARN = re.compile(r"(arn:[^:]*:[^:]*:[^:]*:)((?!aws:|cloudfront:)[A-Za-z][A-Za-z0-9_ -]{4,})(?=:)")
_IN_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CONTROL = re.compile(r"\{%.*?%\}|%\{.*?\}|\{\#.*?\#\}|<%[^=].*?%>", re.DOTALL)


def found_in(value: object) -> Iterator[str]:
    """The placeholders in the texts of a value."""
    if isinstance(value, str):
        yield from (one[0] for one in _PLACEHOLDER.finditer(value))
        yield from (one[2] for one in _ARN.finditer(value))
    elif isinstance(value, Mapping):
        for name, one in members(cast("object", value)).items():
            yield from found_in(name)
            yield from found_in(one)
    elif isinstance(value, list):
        for one in cast("list[object]", value):
            yield from found_in(one)


def unfilled(value: object) -> object:
    """A value with what is not known in place of its placeholders."""
    if isinstance(value, str):
        return _ARN.sub(rf"\g<1>{UNKNOWN}", _PLACEHOLDER.sub(UNKNOWN, value))
    if isinstance(value, Mapping):
        inside = members(cast("object", value))
        return {str(unfilled(name)): unfilled(one) for name, one in inside.items()}
    if isinstance(value, list):
        return [unfilled(one) for one in cast("list[object]", value)]
    return value


def readable(text: str) -> object:
    """What a text holds that is JSON but for placeholders outside of its strings; None where it is not."""
    if not _PLACEHOLDER.search(text):
        return None
    plain = _CONTROL.sub("", text)
    pieces: list[str] = []
    at = 0
    for found in _IN_STRING.finditer(plain):
        pieces += [_PLACEHOLDER.sub(f'"{UNKNOWN}"', plain[at : found.start()]), found[0]]
        at = found.end()
    pieces.append(_PLACEHOLDER.sub(f'"{UNKNOWN}"', plain[at:]))
    try:
        return cast("object", json.loads("".join(pieces)))
    except (ValueError, RecursionError):
        return None
