"""`make up`, `make down` and `make clean`: an environment on this machine, from set-up to proof."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from sandbox import machine, proof, steps
from sandbox.errors import SandboxError
from sandbox.folders import CHECKOUT, SCRATCH
from sandbox.proof.clients import root_of
from sandbox.settings import read

if TYPE_CHECKING:
    from sandbox.machine import Machine
    from sandbox.proof import Row
    from sandbox.pulumi import Stack
    from sandbox.settings import Settings

_USER = re.compile(r"^arn:.*:user/(.*/)?([^/]+)$")
_SESSION = re.compile(r"^arn:.*:assumed-role/([^/]+)/.*$")


def set_up(*, quiet: bool = False) -> Machine:
    """The engine and the running local AWS."""
    if quiet:
        return machine.start(machine.found_engine(), machine.installed_aws())
    with steps.step("Pulumi engine"):
        engine = machine.found_engine()
        steps.say(f"    {engine.version}, {'your own' if engine.is_own else 'built here'}, in {engine.bin_dir}")
    with steps.step("AWS on this machine"):
        ready = machine.start(engine, machine.installed_aws())
        steps.say(f"    {ready.aws.endpoint}, {'started' if ready.is_new else 'running already'}")
    return ready


def up(environment: str) -> None:
    """Preview under the policy pack, deploy under the same pack, and prove the result.

    Raises:
        SandboxError: If a step fails or a row of the proof is not as expected.
    """
    settings = read(CHECKOUT, environment)
    ready = set_up()
    stack = ready.stack(settings)
    pack = pack_options(environment)
    shown = " ".join(pack)
    with steps.step(f"pulumi preview {shown} (stack {environment}, from {settings.source.name})"):
        _operate(ready, stack, "preview", *pack)
    with steps.step(f"pulumi up {shown}"):
        _operate(ready, stack, "up", "--yes", "--skip-preview", *pack)
    with steps.step("Proof: each pipeline's key, used as a pipeline would use it"):
        rows = _prove(ready, stack, settings)
        steps.console.print(_table(rows))
    ready.keep()
    wrong = [row for row in rows if row.seen is not None and not row.is_as_expected]
    if wrong:
        details = "".join(f"\n  {row.tried}: expected {row.expected}, seen {row.seen}" for row in wrong)
        raise SandboxError(f"{len(wrong)} of {len(rows)} attempts did not go as expected:{details}")
    _say_next(stack, environment, rows)


def down() -> None:
    """Destroy every stack of this checkout's sandbox, and stop the local AWS.

    Raises:
        SandboxError: If a stack can't be destroyed; the local AWS then keeps running.
    """
    if machine.is_running():
        ready = set_up(quiet=True)
        for stack in ready.deployed():
            with steps.step(f"pulumi destroy (stack {stack.name})"):
                _operate(ready, stack, "destroy", "--yes", "--skip-preview")
            stack.remove()
    else:
        steps.say("The local AWS doesn't run, so nothing is deployed.")
    with steps.step("AWS on this machine: stop"):
        machine.stop()
        machine.forget_state()
    steps.say("Nothing is deployed or running any more. The cache stays, so the next `make up` takes seconds.")


def clean() -> None:
    """Stop the local AWS, and remove all this checkout holds that git doesn't know, but not the cache."""
    machine.stop()
    made = (CHECKOUT / name for name in (".venv", ".pytest_cache", ".ruff_cache", ".hypothesis"))
    for folder in (SCRATCH, *made):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in CHECKOUT.rglob("__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)


def _operate(ready: Machine, stack: Stack, *arguments: str) -> None:
    code = stack.show(*arguments)
    if code != 0:
        ready.check_aws()
        created = "Nothing was created." if arguments[0] == "preview" else "Run the command again once it is mended."
        raise SandboxError(
            f"`pulumi {arguments[0]}` ended with exit status {code}; its output above says why. {created}"
        )


def pack_options(environment: str) -> tuple[str, ...]:
    """The policy pack as the engine is told of it, with the environment's settings of it where there are some."""
    settings = f"policies/policy-config.{environment}.json"
    configured = ("--policy-pack-config", settings) if (CHECKOUT / settings).is_file() else ()
    return ("--policy-pack", "policies", *configured)


def _prove(ready: Machine, stack: Stack, settings: Settings) -> list[Row]:
    outputs: dict[str, Any] = stack.outputs().get("pipelines") or {}
    if not outputs:
        raise SandboxError("The stack has no output `pipelines`, so there is nothing to prove.")
    root = root_of(ready.aws, settings.account, settings.region)
    pipelines = [proof.Deployed.read(name, output) for name, output in outputs.items()]
    return [row for pipeline in pipelines for row in proof.prove(pipeline, root, ready.aws)]


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("pipeline", "who", "tried", "expected", "seen"):
        table.add_column(title, overflow="fold")
    table.add_column("", width=1)
    previous = None
    for row in rows:
        mark = "?" if row.seen is None else "[green]✓[/green]" if row.is_as_expected else "[bold red]✗[/bold red]"
        seen = f"not tried: {row.reason}" if row.seen is None else row.seen
        pipeline = "" if row.pipeline == previous else row.pipeline
        cells = (pipeline, row.who, row.tried, row.expected, seen)
        table.add_row(*(escape(_short(cell) if row.is_as_expected else cell) for cell in cells), mark)
        previous = row.pipeline
    return table


def _short(text: str) -> str:
    return _SESSION.sub(r"a session of \1", _USER.sub(r"the user \2", text))


def _say_next(stack: Stack, environment: str, rows: list[Row]) -> None:
    tried = sum(row.seen is not None for row in rows)
    changes = ", ".join(f"{count} {kind}" for kind, count in sorted(_changes(stack).items()))
    steps.say(
        f"\nAll {tried} attempts went as expected. Changed by this run: {changes or 'nothing'}.\n"
        "What to do next:\n"
        "  make blocked            see the policy pack refuse a role nobody should deploy\n"
        f"  make up                 after editing Pulumi.{environment}.yaml: try settings of your own\n"
        '  eval "$(make -s env)"   use pulumi and your own programs in this sandbox\n'
        "  make down               take it down\n"
        '  README.md               "On a real account": deploy the same files to AWS'
    )


def _changes(stack: Stack) -> dict[str, int]:
    """What the last update changed, by kind of change."""
    history = json.loads(stack.quiet("stack", "history", "--json", "--page-size", "1", "--page", "1").stdout)
    return {kind: count for kind, count in history[0]["resourceChanges"].items() if kind != "same"}
