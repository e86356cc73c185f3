"""The policy documents that the HTML report shows, with the lines of the statement that counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import unquote

from iam_guardrails.model.managed import managed_policy
from iam_guardrails.sources.trees import NotReadable, json_tree, yaml_trees
from iam_guardrails.sources.values import items, members, text

_MOST_LINES = 400
"""Of a longer document, the statement alone is shown."""


class Shown(NamedTuple):
    """A document as it is shown.

    Attributes:
        text: JSON text of the document, or of the statement alone.
        first: line of the statement's first line in the text, from 1.
        last: line of its last line.
    """

    text: str
    first: int
    last: int


class Documents:
    """Finds the documents of reasons: in the files they stand in, each read once, and among AWS's own.

    One file is held at a time: reasons come file by file, and a dump of an account may be large.
    """

    def __init__(self) -> None:
        self._file, self._value = "", cast("object", None)

    def of(self, reason: Mapping[str, object]) -> Shown | None:
        """The document of a reason of the audit; None where it has none, or it cannot be read any more.

        Args:
            reason: a member of "because" of the audit as JSON.
        """
        place = reason.get("statement")
        if not isinstance(place, int):
            return None
        document = self._document(reason)
        statements = items(members(document).get("Statement"))
        return _shown(document, place) if place < len(statements) else None

    def whole(self, policy: Mapping[str, object]) -> str | None:
        """The text of a policy that an identity has; None where its document cannot be read.

        Args:
            policy: a member of "policies" of an identity of the audit as JSON.
        """
        document = self._document(policy)
        return None if "Statement" not in members(document) else _shown(document, -1).text

    def _document(self, reason: Mapping[str, object]) -> object:
        by_aws = managed_policy(text(reason.get("policy")))
        if by_aws is not None:
            return _parsed(by_aws.document.content) if by_aws.document else None
        file, pointer = text(reason.get("file")), text(reason.get("pointer"))
        return _at(self._read(file), pointer) if file else None

    def _read(self, file: str) -> object:
        if file != self._file:
            self._file, self._value = file, None
            try:
                written = Path(file).read_text(encoding="utf-8")
                trees = yaml_trees(written) if file.lower().endswith((".yaml", ".yml")) else [json_tree(written)]
                self._value = trees[0].value if len(trees) == 1 else [tree.value for tree in trees]
            except (OSError, ValueError, NotReadable):
                return None  # the words of the reason stand there all the same
        return self._value


def _at(value: object, pointer: str) -> object:
    """What stands at a pointer, up to the document that it leads into; text that holds JSON is read on the way."""
    for token in pointer.split("/")[1:]:
        value = _parsed(value)
        if "Statement" in members(value):
            return value
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            listed = cast("list[object]", value)
            value = listed[int(name)] if name.isdigit() and int(name) < len(listed) else None
        else:
            value = members(value).get(name)
    return _parsed(value)


def _parsed(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return cast("object", json.loads(unquote(value) if value.lstrip()[:3].lower() == "%7b" else value))
    except ValueError:
        return None


def _shown(document: object, place: int) -> Shown:
    """A document as indented JSON, with the lines of one of its statements."""
    lines, first, last = ["{"], 0, 0
    for name, value in members(document).items():
        if name != "Statement":
            lines += _lines(f"{json.dumps(name)}: {json.dumps(value, indent=2)},", "  ")
            continue
        lines.append('  "Statement": [')
        statements = items(value)
        for number, statement in enumerate(statements):
            written = _lines(json.dumps(statement, indent=2) + ("," if number + 1 < len(statements) else ""), "    ")
            if number == place:
                first, last = len(lines) + 1, len(lines) + len(written)
            lines += written
        lines.append("  ],")
    lines[-1] = lines[-1].removesuffix(",")
    if len(lines) > _MOST_LINES and place >= 0:
        alone = [line.removeprefix("    ") for line in lines[first - 1 : last]]
        return Shown("\n".join(alone), 1, len(alone))
    return Shown("\n".join([*lines, "}"]), first, last)


def _lines(text: str, indent: str) -> list[str]:
    return [indent + line for line in text.split("\n")]
