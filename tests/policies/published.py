"""What others have published in packages of the Python package index, read as files: none of their code runs.

The packages are pinned in the workspace's `pyproject.toml`, without what they would need to run.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast


def text_of(package: str, path: str) -> str:
    """A file of an installed package."""
    return Path(str(distribution(package).locate_file(path))).read_text("utf-8")


def value_in(package: str, path: str, name: str) -> Any:
    """The literal that a Python file of a package assigns to a name."""
    for node in ast.walk(ast.parse(text_of(package, path))):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            return ast.literal_eval(node.value)
    raise LookupError(f"{package} {path} assigns nothing to {name}")


@cache
def managed_policies() -> dict[str, dict[str, Any]]:
    """AWS's managed policies by name, with the document of their default version, as moto 5.2.5 carries them."""
    written = value_in("moto", "moto/iam/aws_managed_policies.py", "aws_managed_policies_data")
    return cast("dict[str, dict[str, Any]]", json.loads(written))


@cache
def escalation_tables() -> dict[str, dict[str, list[str]]]:
    """Ways to more power by id, with the permissions that each takes, by the tool that lists them."""
    tables = {
        "cloudsplaining": value_in(
            "cloudsplaining", "cloudsplaining/shared/constants.py", "PRIVILEGE_ESCALATION_METHODS"
        ),
        "parliament": value_in(
            "parliament", "parliament/community_auditors/privilege_escalation.py", "escalation_methods"
        ),
        "prowler": value_in(
            "prowler",
            "prowler/providers/aws/services/iam/lib/privilege_escalation.py",
            "privilege_escalation_policies_combination",
        ),
    }
    return {tool: {name: list(actions) for name, actions in table.items()} for tool, table in tables.items()}


@cache
def trust_vectors() -> list[dict[str, Any]]:
    """The vectors of subvectors 0.7.0 that are about AWS: a token, a condition, whether it matches, and a grade."""
    suites = ("bitbucket", "circleci", "github", "gitlab", "terraform")
    return [
        vector
        for suite in suites
        for vector in json.loads(text_of("subvectors", f"subvectors/vectors/{suite}-aws.json"))["vectors"]
    ]
