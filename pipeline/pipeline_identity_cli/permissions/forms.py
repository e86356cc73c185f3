"""The answer as something to paste: a policy, typed permissions, Python, a boundary, a pair of roles, a patch."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any, cast

import deploy_permissions as knowledge

from pipeline_identity_cli import texts
from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline_identity_cli.permissions.run import Found


def policy(found: Found) -> str:
    """One IAM policy document."""
    return _json(knowledge.policy(found.statements))


def boundary(found: Found) -> str:
    """A permissions boundary for the pipeline's role."""
    return _json(knowledge.boundary(found.needs))


def made_boundary(found: Found) -> str:
    """A permissions boundary for the roles and users that the stack makes."""
    return _json(knowledge.role_boundary(found.deployment))


def roles(found: Found) -> str:
    """The policies of a pair of roles: one that previews, one that updates."""
    preview = knowledge.statements(found.reading)
    return _json({"preview": knowledge.policy(preview), "update": knowledge.policy(found.statements)})


def permissions(found: Found) -> str:
    """Typed permissions, as `Pulumi.<env>.yaml` has them."""
    return "permissions:\n" + "".join(f"{line}\n" for line in _yaml(found.statements, "  "))


def python(found: Found) -> str:
    """Typed permissions, as a program in Python has them."""
    lines = ["permissions = ["]
    for one in typed(found.statements):
        lines.append("    {")
        lines += [f"        {json.dumps(key)}: {_python(value)}," for key, value in one.items()]
        lines.append("    },")
    return "\n".join([*lines, "]"]) + "\n"


FORMS: dict[str, Callable[[Found], str]] = {
    "policy": policy,
    "boundary": boundary,
    "made-boundary": made_boundary,
    "roles": roles,
    "permissions": permissions,
    "python": python,
}
"""What writes each form, by the value of `--format`."""


def typed(statements: Sequence[knowledge.Statement]) -> list[dict[str, Any]]:
    """Statements as the components of `pulumi-pipeline-identity` take them."""
    found: list[dict[str, Any]] = []
    for one in statements:
        written: dict[str, Any] = {
            "sid": one.sid,
            "actions": list(one.actions),
            "resources": list(one.resources),
        }
        if one.conditions:
            written["conditions"] = {
                operator: {key: list(values) for its, key, values in one.conditions if its == operator}
                for operator in dict.fromkeys(operator for operator, _, _ in one.conditions)
            }
        found.append(written)
    return found


def patch(found: Found, file: str, pipeline: str | None) -> str:
    """A patch that puts the permissions into a `Pulumi.<env>.yaml`; all else in it stays, comments too.

    Args:
        found: What the deployment needs.
        file: The file.
        pipeline: The pipeline, where the file has several.

    Raises:
        Stopped: The file is none, or has no such pipeline.
    """
    from pathlib import Path

    old = texts.read(file, "--patch", "name a Pulumi.<env>.yaml")
    new = patched(old, found.statements, pipeline, texts.named(file, "--patch"))
    name = Path(file).name
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def patched(text: str, statements: Sequence[knowledge.Statement], pipeline: str | None, name: str = "the file") -> str:
    """The text of a `Pulumi.<env>.yaml` with the permissions of a pipeline in it.

    Args:
        text: The text.
        statements: The permissions.
        pipeline: The pipeline; None where there is only one.
        name: What an error calls the file.

    Raises:
        Stopped: There is no such pipeline in it.
    """
    import yaml

    try:
        root: Any = cast("Any", yaml).compose(text)
    except (yaml.YAMLError, RecursionError):
        raise Stopped(f"{name} cannot be read as YAML", "name a Pulumi.<env>.yaml") from None
    pipelines = _at(_at(root, "config"), "pipeline-identity:pipelines")
    names = [str(key.value) for key, _ in pipelines.value] if isinstance(pipelines, yaml.MappingNode) else []
    if pipeline is None and len(names) != 1:
        raise Stopped(
            "which pipeline is meant is open", f"name one with --pipeline: {', '.join(names) or 'none is there'}"
        )
    node = _at(pipelines, pipeline or names[0])
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise Stopped(
            f"there is no pipeline {one_line(pipeline or '')!r} in the file", f"choose one of: {', '.join(names)}"
        )
    return _written(text, node, statements)


def _written(text: str, node: Any, statements: Sequence[knowledge.Statement]) -> str:
    lines = text.splitlines(keepends=True)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.start_mark.column
    block = [f"{indent}permissions:", *_yaml(statements, f"{indent}  ")]
    written = [f"{line}{end_of_line}" for line in block]
    for key, value in node.value:
        if key.value == "permissions":
            first, last = key.start_mark.line, _last_line(value)
            return "".join([*lines[:first], *written, *lines[last + 1 :]])
    last = max(_last_line(value) for _, value in node.value)
    if lines[last : last + 1] and not lines[last].endswith("\n"):
        lines[last] += end_of_line
    return "".join([*lines[: last + 1], *written, *lines[last + 1 :]])


def _last_line(node: Any) -> int:
    """The line on which a node's last word stands: what PyYAML calls its end comes after comments and empty lines."""
    listed = cast("list[Any]", [] if isinstance(node.value, str) else node.value)
    children: list[Any] = [
        one for pair in listed for one in cast("tuple[Any, ...]", pair if isinstance(pair, tuple) else (pair,))
    ]
    if not children or getattr(node, "flow_style", False):
        mark = node.end_mark
        return int(mark.line if mark.column or mark.line == node.start_mark.line else mark.line - 1)
    return max(_last_line(one) for one in children)


def _at(node: Any, key: str) -> Any:
    import yaml

    pairs = cast("list[tuple[Any, Any]]", cast("Any", node).value if isinstance(node, yaml.MappingNode) else [])
    return next((value for name, value in pairs if name.value == key), None)


def _yaml(statements: Sequence[knowledge.Statement], indent: str) -> list[str]:
    """Typed permissions as YAML, each statement below a comment that says who asks for it."""
    lines: list[str] = []
    for one, written in zip(statements, typed(statements), strict=True):
        lines.append(f"{indent}# {_asked_by(one)}")
        for number, (key, value) in enumerate(written.items()):
            lines += _entry(f"{indent}{'- ' if number == 0 else '  '}", key, value)
    return lines


def _entry(begin: str, key: str, value: Any) -> list[str]:
    inner = " " * len(begin)
    if isinstance(value, dict):
        pairs = cast("Mapping[str, Any]", value).items()
        return [f"{begin}{_word(key)}:", *(line for name, one in pairs for line in _entry(f"{inner}  ", name, one))]
    if isinstance(value, list):
        return [f"{begin}{_word(key)}:", *(f"{inner}  - {_word(one)}" for one in cast("list[str]", value))]
    return [f"{begin}{_word(key)}: {_word(value)}"]


def _word(text: str) -> str:
    """A text as YAML: plain where that is safe, else in quotes, as JSON has it."""
    return (
        text
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]*(:[A-Za-z0-9]+)?", text) and text not in _NO_TEXT
        else json.dumps(text)
    )


_NO_TEXT = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


def _asked_by(one: knowledge.Statement) -> str:
    names = [name_of(asker) for asker in one.asked_by]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def name_of(asker: str) -> str:
    """A resource as people call it: `Queue orders`."""
    if "::" not in asker:
        return asker
    kind, name = asker.split("::")[-2].rpartition(":")[2], asker.rpartition("::")[2]
    return one_line(f"{kind} {name}", 120)


def _python(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
