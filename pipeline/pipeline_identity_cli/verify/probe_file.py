"""The user's own probes: a file in TOML or YAML, checked against a schema before anything is asked.

[[probes]]
pipeline = "orders"
who = "role"
action = "s3:GetObject"
resource = "arn:aws:s3:::example-releases-dev/orders/1.2.3"
expect = "allowed"
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli import catalogue, texts, toml
from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.verify.probes import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

SCHEMA = Path(__file__).with_name("probes.schema.json")
"""The form of the file, as a JSON schema; editors can check it by this too."""
_TABLE = re.compile(r"\s*\[\[\s*probes\s*\]\]")

ByEntity = dict[tuple[str, str], list[Probe]]
"""Probes by pipeline and `user` or `role`."""


def read(file: str, pipelines: Collection[str]) -> ByEntity:
    """The probes of a file.

    Args:
        file: Its name; `.yaml` or `.yml` is YAML, everything else TOML.
        pipelines: The pipelines of the stack.

    Raises:
        Stopped: It cannot be read, or is not of the form; the text names file, line, field and fix.
    """
    text = texts.read(file, "--probes", "name a file of probes")
    is_yaml = Path(file).suffix in (".yaml", ".yml")
    content, lines = _yaml(file, text) if is_yaml else (_toml(file, text), _toml_lines(text))
    _check(file, content, lines)
    found: ByEntity = {}
    for number, entry in enumerate(content["probes"]):
        # AWS denies what it does not know, so a misspelled action would prove whatever is expected to be denied.
        catalogue.check(f"{_place(file, lines, number)}, action", entry["action"])
        for pipeline in _meant(_place(file, lines, number), entry["pipeline"], pipelines):
            found.setdefault((pipeline, entry["who"]), []).append(_probe(entry))
    return found


def _toml(file: str, text: str) -> Any:
    try:
        return toml.loads(text)
    except ValueError as error:
        raise Stopped(f"{file} is no TOML: {one_line(str(error))}", "correct it") from None


def _toml_lines(text: str) -> Sequence[int]:
    """The line of each `[[probes]]`."""
    return [number for number, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]


def _yaml(file: str, text: str) -> tuple[Any, Sequence[int]]:
    """What the file says, and the line of each probe."""
    import yaml

    try:
        top = cast("Callable[[str], Any]", yaml.compose)(text)
        _refuse_twice(file, top, set())
        return yaml.safe_load(text), _yaml_lines(top)
    except yaml.YAMLError as error:
        raise Stopped(f"{file} is no YAML: {one_line(str(error))}", "correct it") from None


def _refuse_twice(file: str, node: Any, seen: set[int]) -> None:
    """YAML's reader would take the last of two fields with one name, and pass over the other."""
    # What an alias repeats is the same node, which may even hold itself.
    if id(node) in seen or not isinstance(getattr(node, "value", None), list):
        return
    seen.add(id(node))
    names: set[str] = set()
    for entry in cast("list[Any]", node.value):
        key, value = cast("tuple[Any, Any]", entry) if isinstance(entry, tuple) else (None, entry)
        name: object = getattr(key, "value", None)
        if isinstance(name, str) and key is not None:
            if name in names:
                where = f"{file}, line {key.start_mark.line + 1}"
                raise Stopped(f"{where}: {one_line(name, 80)!r} stands twice", "keep one of the two")
            names.add(name)
        _refuse_twice(file, value, seen)


def _yaml_lines(top: Any) -> Sequence[int]:
    import yaml

    if not isinstance(top, yaml.MappingNode):
        return []
    for key, value in cast("list[tuple[Any, Any]]", top.value):
        if key.value == "probes" and isinstance(value, yaml.SequenceNode):
            return [entry.start_mark.line + 1 for entry in cast("list[Any]", value.value)]
    return []


def _check(file: str, content: Any, lines: Sequence[int]) -> None:
    import jsonschema.validators

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator: Any = jsonschema.validators.validator_for(schema)(schema)
    errors = sorted(validator.iter_errors(content), key=lambda error: [str(part) for part in error.absolute_path])
    if not errors:
        return
    path: list[Any] = list(errors[0].absolute_path)
    number = path[1] if len(path) > 1 else None
    field = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in path[2:]).lstrip(".")
    where = _place(file, lines, number) + (f", {field}" if field else "")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise Stopped(f"{where}: {one_line(errors[0].message, 200)}{more}", _fix(errors[0]))


def _fix(error: Any) -> str:
    """The schema says in each field's description how to write it."""
    if error.validator in ("required", "additionalProperties"):
        fields = error.schema.get("properties", {})
        needed = error.schema.get("required", [])
        optional = [name for name in fields if name not in needed]
        return f"write {', '.join(needed)}" + (f", and if need be {', '.join(optional)}" if optional else "")
    return str(error.schema.get("description", "see docs/job/verify.md for the form"))


def _place(file: str, lines: Sequence[int], number: int | None) -> str:
    if number is None:
        return file
    return f"{file}, line {lines[number]}" if number < len(lines) else f"{file}, probe {number}"


def _meant(where: str, pipeline: str, pipelines: Collection[str]) -> Collection[str]:
    if pipeline == "*":
        return pipelines
    if pipeline not in pipelines:
        fix = f"choose one of {', '.join(sorted(pipelines))}, or * for all"
        raise Stopped(f"{where}, pipeline: {one_line(pipeline, 80)!r} is none of the stack's", fix)
    return [pipeline]


def _probe(entry: Any) -> Probe:
    given = cast("dict[str, str | list[str]]", entry.get("context", {}))
    context = {key.lower(): (one,) if isinstance(one, str) else tuple(one) for key, one in given.items()}
    absent = tuple(key.lower() for key in entry.get("absent", ()))
    allowed, unnamed = entry["expect"] == "allowed", "resource" not in entry
    return Probe(entry["action"], entry.get("resource", "*"), allowed, context, absent, unnamed=unnamed)
