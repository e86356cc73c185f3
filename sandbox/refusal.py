"""`make blocked`: a role nobody should deploy, and the policy pack refusing it before anything is created."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox import deployment, machine, steps
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT
from sandbox.proof.clients import root_of
from sandbox.settings import read

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = CHECKOUT / "sandbox" / "blocked"


def show() -> None:
    """Preview the bad example under the pack.

    Raises:
        SandboxError: If the pack lets it pass, or the preview fails for another reason.
    """
    settings = read(EXAMPLE, "blocked")
    ready = deployment.set_up()
    stack = ready.stack(settings)
    root = root_of(ready.aws, settings.account, settings.region)
    before = root.iam.list_roles()["Roles"]
    log = machine.SCRATCH / "blocked-events.json"
    log.unlink(missing_ok=True)
    with steps.step("pulumi preview --policy-pack policies, of sandbox/blocked/__main__.py"):
        code = stack.show("preview", "--policy-pack", str(CHECKOUT / "policies"), events=log)
    refused = _mandatory(log)
    ready.check_aws()
    if root.iam.list_roles()["Roles"] != before:
        raise SandboxError("The preview changed the account's roles, which a preview never may.")
    stack.remove()
    if code == 0 or not refused:
        raise SandboxError(
            f"The bad example was not refused: the engine's exit status is {code}, with {len(refused)} mandatory "
            + "violations. See the engine's output above."
        )
    steps.say(
        f"Refused: the engine's exit status is {code}, with {len(refused)} mandatory violations "
        + f"({', '.join(sorted({violation['policyName'] for violation in refused}))}). Nothing was created."
    )


def _mandatory(log: Path) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    violations = [event["policyEvent"] for event in events if "policyEvent" in event]
    return [violation for violation in violations if violation["enforcementLevel"] == "mandatory"]
