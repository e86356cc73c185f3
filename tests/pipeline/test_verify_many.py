"""`verify` on 500 identities in one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.many import copies, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pipeline.conftest import Command, Deployed

HUNDREDS = 500
TAMPERED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}


@pytest.fixture
def many(deployed: Deployed) -> Iterator[dict[str, dict[str, Any]]]:
    """Two pipelines that the component has deployed, and copies of one of them."""
    iam = deployed.sandbox.client("iam")
    built = {name: deployed.pipelines[name] for name in ("orders", "site")}
    made = copies(iam, built["orders"], HUNDREDS - len(built))
    yield {**built, **made}
    for entry in made.values():
        remove(iam, entry)


@pytest.mark.long
def test_500_identities_are_verified_in_one_run_and_the_one_that_differs_is_found(
    job: Command, deployed: Deployed, many: dict[str, dict[str, Any]]
) -> None:
    job.become((deployed.sandbox.account, "test"))
    deployed.sandbox.client("iam").put_role_policy(
        RoleName="many-250", PolicyName="more", PolicyDocument=json.dumps(TAMPERED)
    )
    Path("many.json").write_text(json.dumps({name: {**one, "secretAccessKey": None} for name, one in many.items()}))
    ran = job("verify", "--outputs", "many.json", "--format", "json", "--workers", "8")
    assert ran.code == 1
    assert ran.data["summary"]["pipelines"] == HUNDREDS
    assert ran.data["summary"]["unknown"] == 0
    failed = [(row["pipeline"], row["who"], row["check"]) for row in ran.data["checks"] if row["state"] == "failed"]
    role = f"arn:aws:iam::{deployed.sandbox.account}:role/pipeline-identity-probe"
    assert failed == [
        ("many-250", "role", "policies"),
        ("many-250", "role", f"may not iam:PassRole on {role}"),
    ]
