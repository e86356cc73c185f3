"""How long `pipeline-identity verify` takes for 500 identities, by the number of workers.

Run it in a shell of the sandbox, with the stack `dev` deployed there:

    make up && eval "$(make -s env)"
    pulumi stack output pipelines --json > outputs.json && .venv/bin/python -m benchmarks.verify outputs.json

Two pipelines are the stack's own, the others are copies, made by the calls that the provider makes. It takes the copies
away again. The local AWS answers one call at a time, so that workers gain less there than at AWS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import boto3

from tests.pipeline.many import copies, remove

_HUNDREDS = 500
_WORKERS = (1, 2, 4, 8, 16)


def main() -> None:
    """Measure, and print a line for each number of workers."""
    if len(sys.argv) != 2:
        raise SystemExit("Name the stack's outputs: python -m benchmarks.verify outputs.json")
    own: dict[str, dict[str, Any]] = json.loads(Path(sys.argv[1]).read_text())
    own = {name: {**own[name], "secretAccessKey": None} for name in ("orders", "site")}
    iam = cast("Any", boto3).client("iam")
    made = copies(iam, own["orders"], _HUNDREDS - len(own))
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "outputs.json"
            file.write_text(json.dumps({**own, **made}))
            print(f"load {os.getloadavg()[0]:.0f}; {_HUNDREDS} identities")
            for workers in _WORKERS:
                print(f"{workers:>2} workers: {_timed(file, workers):6.1f} s")
    finally:
        for entry in made.values():
            remove(iam, entry)


def _timed(file: Path, workers: int) -> float:
    command = [
        sys.executable,
        "-m",
        "pipeline_identity_cli",
        "verify",
        "--outputs",
        str(file),
        "--workers",
        str(workers),
    ]
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
