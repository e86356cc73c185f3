"""Stacks of whatever resources a test wants, through the real engine and under the real pack.

A resource is `{"type": ..., "name": ..., "properties": {...}, "provider": <name of a provider in the list>}`. A value
may be `{"$output": ["resource", "property"]}` (`arn` and `id` are known only after deployment), `{"$secret": ...}`,
`{"$json": ...}` or `{"$document": [statements]}`, which asks `aws.iam.getPolicyDocument`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.sandboxes import Finished, Sandbox, Stack

PACK = Path(__file__).parents[3] / "policies"
PROGRAM = Path(__file__).parent / "any_program"
_CHECKOUT = Path(__file__).parents[3]


def install_any_provider(home: Path) -> None:
    """Put the provider that takes anything where the engine looks for `aws` and `aws-native`."""
    for package in ("aws", "aws-native"):
        folder = home / "plugins" / f"resource-{package}-v7.51.1"
        folder.mkdir(parents=True, exist_ok=True)
        launcher = folder / f"pulumi-resource-{package}"
        launcher.write_text(
            f'#!/bin/sh\nPYTHONPATH="{_CHECKOUT}" exec "{sys.executable}" -m tests.policies.pack.any_provider "$@"\n'
        )
        launcher.chmod(0o755)


def stack_of(sandbox: Sandbox, resources: list[dict[str, Any]], name: str = "dev") -> Stack:
    """A stack of these resources."""
    install_any_provider(Path(sandbox.variables["PULUMI_HOME"]))
    listed = sandbox.folder / f"{name}.json"
    listed.write_text(json.dumps(resources))
    return sandbox.stack(PROGRAM, name, {"any-program:resources": str(listed)})


def with_pack(sandbox: Sandbox, config: dict[str, Any] | None = None) -> list[str]:
    """The engine's options that put the pack, and its settings, to work."""
    if config is None:
        return ["--policy-pack", str(PACK)]
    file = sandbox.folder / "policy-config.json"
    file.write_text(json.dumps(config))
    return ["--policy-pack", str(PACK), "--policy-pack-config", str(file)]


def messages(finished: Finished, policy: str) -> list[str]:
    """What a policy said, as the engine prints it."""
    return [violation["message"] for violation in finished.violations if violation["policyName"] == policy]
