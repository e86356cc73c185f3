"""Renews the table of AWS's managed policies from the package moto: `python policies/managed_policies.py`.

moto (https://github.com/getmoto/moto, Apache License 2.0) carries the documents as the IAM API hands them out. Its
version is pinned in the workspace's pyproject.toml; raise it there, run `uv lock` and `uv sync`, then this.
"""

from __future__ import annotations

import ast
import json
import lzma
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast

TABLE = Path(__file__).parent / "iam_guardrails" / "data" / "aws_managed_policies.json.xz"
_PACKAGE, _FILE, _NAME = "moto", "moto/iam/aws_managed_policies.py", "aws_managed_policies_data"


def published() -> dict[str, dict[str, Any]]:
    """AWS's managed policies by name, as the package carries them; none of its code runs."""
    text = Path(str(distribution(_PACKAGE).locate_file(_FILE))).read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == _NAME for one in node.targets):
            return cast("dict[str, dict[str, Any]]", json.loads(ast.literal_eval(node.value)))
    raise LookupError(f"{_PACKAGE} {_FILE} assigns nothing to {_NAME}")


def table() -> dict[str, object]:
    """What the package `iam_guardrails` carries of them."""
    policies = published()
    days = [str(day)[:10] for one in policies.values() if (day := one.get("UpdateDate") or one.get("CreateDate"))]
    return {
        "source": f"{_PACKAGE} {distribution(_PACKAGE).version}",
        "newest": max(days),
        "policies": {f"{one['Path']}{name}": one["Document"] for name, one in sorted(policies.items())},
    }


def main() -> None:
    """Write the table."""
    text = json.dumps(table(), separators=(",", ":"))
    TABLE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
