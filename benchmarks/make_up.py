"""How long `make up` takes once everything is installed, and how much of it is the engine's own time.

    python benchmarks/make_up.py [runs]

Every run deploys into a sandbox folder of its own, beside whatever else runs on this machine, and takes it down again.
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
_STEP = re.compile(r"^==> (?P<title>.*)\n(?:(?!==>).*\n)*?    (?P<seconds>\d+\.\d) s$", re.MULTILINE)


def measure(folder: Path, *, again: bool) -> dict[str, float]:
    """Seconds of one `make up`, by part; `again` measures a second run, which changes nothing."""
    variables = {**os.environ, "SANDBOX_FOLDER": str(folder)}
    if again:
        _make("up", variables)
    started, cpu_before = time.monotonic(), _cpu()
    output = _make("up", variables)
    whole, cpu = time.monotonic() - started, _cpu() - cpu_before
    _make("down", variables)
    steps = {match["title"]: float(match["seconds"]) for match in _STEP.finditer(output)}
    engine = sum(seconds for title, seconds in steps.items() if title.startswith("pulumi "))
    proof = sum(seconds for title, seconds in steps.items() if title.startswith("Proof"))
    return {"whole": whole, "engine": engine, "proof": proof, "other": whole - engine - proof, "cpu": cpu}


def _cpu() -> float:
    """Processor seconds of all that was run and has ended, which other work on the machine hardly changes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make(target: str, variables: dict[str, str]) -> str:
    command = ["make", "-s", "-C", str(_CHECKOUT), target]
    finished = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        sys.exit(finished.stdout + finished.stderr)
    # The engine writes to stdout, the steps to stderr.
    return finished.stderr


def main() -> None:
    """Print a table of medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    load = os.getloadavg()[0]
    print(f"{runs} runs, {os.cpu_count()} cores, load {load:.1f} before; medians in seconds")
    print(f"{'':14}{'whole':>8}{'engine':>8}{'proof':>8}{'other':>8}{'cpu':>8}")
    for title, again in (("first run", False), ("second run", True)):
        measured: list[dict[str, float]] = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                measured.append(measure(Path(folder) / "sandbox", again=again))
        medians = [statistics.median(run[part] for run in measured) for part in measured[0]]
        print(f"{title:14}" + "".join(f"{median:8.1f}" for median in medians))


if __name__ == "__main__":
    main()
