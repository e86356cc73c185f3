"""What the policy pack costs a preview: many identities under our pack, as policies of the SDK, and under none.

    python -m benchmarks.pack [--identities 1000] [--rounds 3]

All run on the same machine in turn, round after round; the ratio is that of the medians, on the wall and of CPU. Each
identity is a user with its policy and a role with its own. The provider takes anything, so nothing but the engine, the
program and the pack is measured. Goals: a ratio of at most 1.05; the pack's start at most 0.15 s above that of `import
pulumi_policy`; memory that grows linearly.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox import engine, uv
from sandbox.folders import cache_folder
from sandbox.pulumi import Stack
from sandbox.variables import complete, for_sandbox
from tests.policies.pack.stacks import PACK, PROGRAM, install_any_provider

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "111122223333"
EMPTY_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

PolicyPack(
    "empty",
    [ResourceValidationPolicy("nothing", "Says nothing", lambda args, report: None)],
    EnforcementLevel.MANDATORY,
)
"""

SDK_PACK = """
from iam_guardrails.pack.sdk import iam_policies
from pulumi_policy import PolicyPack

PolicyPack("sdk", iam_policies())
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=1000, help="users, each with a role (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="previews under each pack (default 3)")
    arguments = parser.parse_args()
    print_start()
    print_memory()
    print_previews(arguments.identities, arguments.rounds)


# The previews ---------------------------------------------------------------------------------------------------------


class Took(NamedTuple):
    """What a run took, in seconds."""

    wall: float
    cpu: float
    """Of all processes together: hardly changed by what else the machine does."""


def print_previews(identities: int, rounds: int) -> None:
    """Preview the same stack under each pack in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stack = _stack(folder, identities)
        packs = {"empty": _pack(folder, "empty", EMPTY_PACK), "ours": PACK, "sdk": _pack(folder, "sdk", SDK_PACK)}
        took: dict[str, list[Took]] = {name: [] for name in packs}
        for number in range(rounds):
            # Neither pack always goes first, so that a machine that warms up or slows down favours none.
            for name in sorted(packs, reverse=bool(number % 2)):
                took[name].append(_timed(lambda name=name: _preview(stack, packs[name])))
                print(f"  {name:5} {took[name][-1].wall:6.2f} s, {took[name][-1].cpu:6.2f} s of CPU", flush=True)
    print(f"preview of {identities} roles with users and policies, ours to empty (goal 1.05):")
    for clock in ("wall", "cpu"):
        median = {name: statistics.median(getattr(one, clock) for one in took[name]) for name in packs}
        ours, empty, sdk = median["ours"], median["empty"], median["sdk"]
        print(
            f"  {clock:4} {ours:.2f} s to {empty:.2f} s: {ours / empty:.3f}; as policies of the SDK {sdk / empty:.3f}"
        )


def _stack(folder: Path, identities: int) -> Stack:
    home, state, settings = folder / "home", folder / "state", folder / "settings"
    state.mkdir()
    settings.mkdir()
    install_any_provider(home)
    variables = for_sandbox(
        account=ACCOUNT,
        region="eu-central-1",
        endpoint="http://127.0.0.1:9",  # nothing listens there, and nothing asks
        engine=engine.install(cache_folder()).bin_dir,
        home=home,
        state=state,
        python=Path(sys.executable).parent,
        uv=uv.install().parent,
    )
    listed = folder / "resources.json"
    listed.write_text(json.dumps(resources(identities)))
    settings.joinpath("Pulumi.dev.yaml").write_text(json.dumps({"config": {"any-program:resources": str(listed)}}))
    stack = Stack(PROGRAM, "dev", settings / "Pulumi.dev.yaml", complete(variables))
    stack.init()
    return stack


def _pack(folder: Path, name: str, program: str) -> Path:
    pack = folder / f"{name}-pack"
    pack.mkdir()
    pack.joinpath("__main__.py").write_text(program)
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    pack.joinpath("PulumiPolicy.yaml").write_text(json.dumps({"name": name, "runtime": runtime}))
    return pack


def _preview(stack: Stack, pack: Path) -> None:
    run = stack.quiet("preview", "--config-file", str(stack.settings), "--policy-pack", str(pack))
    assert run.returncode == 0, run.stdout + run.stderr


def _timed(run: Callable[[], object]) -> Took:
    wall, before = time.perf_counter(), os.times()
    run()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(time.perf_counter() - wall, cpu)


def resources(identities: int) -> list[dict[str, Any]]:
    """A provider, and for each identity a user, a role and a policy of each."""
    listed: list[dict[str, Any]] = [_resource("pulumi:providers:aws", "account", allowedAccountIds=f'["{ACCOUNT}"]')]
    for number in range(identities):
        name = f"pipeline-{number}"
        arns = {sort: f"arn:aws:iam::{ACCOUNT}:{sort}/pipelines/{name}" for sort in ("user", "role")}
        trust = _document({"Principal": {"AWS": arns["user"]}, "Action": "sts:AssumeRole"})
        assume = _document({"Action": "sts:AssumeRole", "Resource": arns["role"]})
        deploy = _document(
            {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{name}/public/*"},
            {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{name}",
             "Condition": {"StringLike": {"s3:prefix": "public/*"}}},
            {"Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
             "Resource": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{name}"},
        )  # fmt: skip
        path = "/pipelines/"
        listed += [
            _resource("aws:iam/user:User", f"{name}-user", name=name, path=path),
            _resource("aws:iam/userPolicy:UserPolicy", f"{name}-assume", name="assume", user=name, policy=assume),
            _resource("aws:iam/role:Role", name, name=name, path=path, assumeRolePolicy=trust, maxSessionDuration=3600),
            _resource("aws:iam/rolePolicy:RolePolicy", f"{name}-deploy", name="deploy", role=name, policy=deploy),
        ]
    return listed


def _resource(kind: str, label: str, /, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "name": label, "provider": "account", "properties": properties}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


# Start and memory -----------------------------------------------------------------------------------------------------


def print_start() -> None:
    """How long the pack takes to be ready, beyond what every Python pack takes."""
    path = f"import sys; sys.path.insert(0, {str(PACK)!r}); "
    sdk = _best("import pulumi_policy")
    ours = _best(path + "from iam_guardrails.pack.server import Analyzer; Analyzer()")
    print(f"start: ours {ours:.3f} s of CPU, import pulumi_policy {sdk:.3f} s", end="")
    print(f", difference {ours - sdk:+.3f} s (goal +0.150)")


def _best(script: str, runs: int = 7) -> float:
    """The least CPU time a script took."""
    command = [sys.executable, "-c", script]
    return min(_timed(lambda: subprocess.run(command, check=True)).cpu for _ in range(runs))


def print_memory() -> None:
    """The pack's memory after it has evaluated stacks of growing size."""
    for identities in (0, 250, 500, 1000, 2000):
        script = f"from benchmarks.pack import evaluate; evaluate({identities})"
        run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        print(f"memory: {identities:5} identities, {run.stdout.strip()}")


def evaluate(identities: int) -> None:
    """Evaluate a stack in this process, without the engine, and print the memory and the time that took."""
    from iam_guardrails.pack.evaluation import concerns
    from iam_guardrails.pack.resource import Resource
    from iam_guardrails.pack.run import Run

    stack = [
        Resource(
            f"urn:pulumi:dev::app::{one['type']}::{one['name']}",
            one["type"],
            one["name"],
            one["properties"],
            (ACCOUNT,),
        )
        for one in resources(identities)
        if concerns(one["type"])
    ]
    run = Run()
    start = time.process_time()
    found = [report for one in stack for report in run.resource(one)]
    verdict = run.stack(stack)
    seconds = time.process_time() - start
    assert not found
    assert not verdict.reported
    assert len(verdict.proofs) == identities
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} MB, evaluated in {seconds:.3f} s of CPU")


if __name__ == "__main__":
    main()
