"""Each rule that the sandbox adds to the local AWS has a reason, a source, a test and a place in the documentation."""

from __future__ import annotations

import ast
import os
import re

import pytest

from sandbox.folders import CHECKOUT
from sandbox.local_aws.layer import EMULATOR_VERSION

LAYER = CHECKOUT / "sandbox" / "local_aws" / "layer"
PAGE = CHECKOUT / "docs" / "sandbox.md"
BEGIN, END = "<!-- rules -->\n", "<!-- /rules -->\n"
SHOWN_BY = {
    "assuming": "test_request_context.py",
    "belongings": "test_belongings.py",
    "condition_keys": "test_request_context.py",
    "constraints": "test_constraints.py",
    "deletions": "test_changes.py",
    "documents": "test_names_and_quotas.py",
    "entities": "test_names_and_quotas.py",
    "events": "test_events.py",
    "identity_providers": "test_changes.py",
    "issued": "test_evaluation.py",
    "last_used": "test_permissions.py",
    "managed_policies": "test_changes.py",
    "mfa": "test_request_context.py",
    "operators": "test_request_context.py",
    "quotas": "test_names_and_quotas.py",
    "renames": "test_changes.py",
    "requests": "test_events.py",
    "lambda_actions": "test_permissions.py",
    "resource_arns": "test_permissions.py",
    "resource_policies": "test_evaluation.py",
    "sessions": "test_sessions.py",
    "token_claims": "test_web_identity.py",
    "outbound_tokens": "test_web_identity.py",
    "trust": "test_trust.py",
    "variables": "test_permissions.py",
}
"""The tests that fail when a rule is left out: `SANDBOX_WITHOUT_RULES=mfa make test TESTS=tests/sandbox/local_aws`."""


def rules() -> list[str]:
    """The names in `PARTS`, read rather than imported: the layer runs where the local AWS is installed."""
    tree = ast.parse((LAYER / "rules.py").read_text())
    (parts,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "PARTS"
    ]
    assert isinstance(parts, ast.Tuple)
    return [part.id for part in parts.elts if isinstance(part, ast.Name)]


def reason(rule: str) -> str:
    """What the module says first, in one line."""
    text = ast.get_docstring(ast.parse((LAYER / f"{rule}.py").read_text())) or ""
    return re.sub(r"\s+", " ", text.partition("\n\n")[0]).replace("``", "`")


def table() -> str:
    rows = [f"| `{rule}` | {reason(rule)} | `{SHOWN_BY[rule]}` |\n" for rule in sorted(rules())]
    return "".join([f"| rule | what it adds to ministack {EMULATOR_VERSION} | shown by |\n|---|---|---|\n", *rows])


def test_every_rule_is_in_the_documentation_with_its_reason_and_its_test() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    written, _, after = rest.partition(END)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(before + BEGIN + table() + END + after)
        return
    assert written == table(), "run this test with UPDATE_DOCS=1 and read what changed"


@pytest.mark.parametrize("rule", rules())
def test_a_rule_names_its_source_and_a_test_that_is_there(rule: str) -> None:
    text = ast.get_docstring(ast.parse((LAYER / f"{rule}.py").read_text())) or ""
    assert re.search(r"Sources?:|models are those that boto3", text)
    assert (CHECKOUT / "tests" / "sandbox" / "local_aws" / SHOWN_BY[rule]).is_file()
