"""What resources the installed `pulumi-aws` has and what their inputs take: read from its source, not imported."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

_TOKEN = re.compile(r'@pulumi\.type_token\("(aws:[^"]+)"\)')


@cache
def inputs() -> dict[str, dict[str, str]]:
    """Type token -> input property -> its annotation."""
    package = importlib.util.find_spec("pulumi_aws")
    assert package is not None
    assert package.origin is not None
    found: dict[str, dict[str, str]] = {}
    for file in Path(package.origin).parent.rglob("*.py"):
        if file.name.startswith(("_", "get_")):
            continue
        text = file.read_text()
        token = _TOKEN.search(text)
        if token:
            # Only the first class, the arguments, is parsed: the rest of a file is many times as long.
            head = text[text.index("@pulumi.input_type") : text.index("\n@", text.index("@pulumi.input_type") + 1)]
            found[token[1]] = _properties(ast.parse(head))
    return found


@cache
def nested_inputs() -> dict[tuple[str, str], dict[str, str]]:
    """Module and class of an object that stands within another's inputs -> property -> its annotation."""
    package = importlib.util.find_spec("pulumi_aws")
    assert package is not None
    assert package.origin is not None
    return {
        (file.parent.name, node.name): _getters(node)
        for file in Path(package.origin).parent.glob("*/_inputs.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Args") and not node.name.startswith("Get")
    }


def _properties(module: ast.Module) -> dict[str, str]:
    return _getters(next(node for node in module.body if isinstance(node, ast.ClassDef)))


def _getters(arguments: ast.ClassDef) -> dict[str, str]:
    return {
        _name(function): ast.unparse(function.returns)
        for function in arguments.body
        if isinstance(function, ast.FunctionDef) and function.returns is not None and len(function.decorator_list) == 2
    }


def _name(function: ast.FunctionDef) -> str:
    """The property's name in the provider's own spelling, which the getter's decorator tells where it differs."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and decorator.keywords:
            value = decorator.keywords[0].value
            assert isinstance(value, ast.Constant)
            return str(value.value)
    return function.name
