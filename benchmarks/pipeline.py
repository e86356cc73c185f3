"""How long the command `pipeline-identity` takes: its help, and `assume` beside the same call of boto3 alone.

Run it in a shell of the sandbox, with the outputs of a pipeline that is deployed there, its key among them:

    make up && eval "$(make -s env)"
    pulumi stack output pipelines --json --show-secrets > outputs.json
    .venv/bin/python -m benchmarks.pipeline outputs.json site

Each program runs once in every round, so that whatever else the machine does slows all of them alike; what one takes
more than another is the median of what it took more in each round. Targets: 0.2 s for the help, and 0.15 s more than
boto3 alone for `assume`, on the clock of a quiet machine. Processor time says less of waiting, and more on a busy one.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

_ROUNDS = 15
_BOTO3 = """
import sys
import boto3
boto3.Session().client("sts").assume_role(RoleArn=sys.argv[1], RoleSessionName="benchmark", DurationSeconds=900)
"""
_MORE_THAN = {"--help": "click alone", "assume --help": "click alone", "assume": "boto3 alone"}


def main() -> None:
    """Measure, and print a line for each."""
    if len(sys.argv) != 3:
        raise SystemExit("Name the file of the outputs, and the pipeline: benchmarks.pipeline OUTPUTS PIPELINE")
    pipeline = json.loads(Path(sys.argv[1]).read_text())[sys.argv[2]]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": pipeline["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": pipeline["secretAccessKey"],
    }
    programs = _programs(pipeline["roleArn"])
    load = os.getloadavg()[0]
    rounds = [{name: _timed(program) for name, program in programs.items()} for _ in range(_ROUNDS)]
    print(f"load {load:.1f} before; medians of {_ROUNDS}, in seconds, on the clock and of the processor")
    for name in programs:
        line = f"{name:<15}" + "".join(
            f" {statistics.median(one[name][kind] for one in rounds):6.3f}" for kind in (0, 1)
        )
        if other := _MORE_THAN.get(name):
            more = [statistics.median(one[name][kind] - one[other][kind] for one in rounds) for kind in (0, 1)]
            times = statistics.median(one[name][1] / one[other][1] for one in rounds)
            line += f"   {more[0]:+.3f} {more[1]:+.3f} beside {other}, {times:.2f} times its processor time"
        print(line)


def _programs(role: str) -> dict[str, list[str]]:
    command = [sys.executable, "-m", "pipeline_identity_cli"]
    return {
        "Python alone": [sys.executable, "-c", ""],
        "click alone": [sys.executable, "-c", "import click"],
        "--help": [*command, "--help"],
        "assume --help": [*command, "assume", "--help"],
        "boto3 alone": [sys.executable, "-c", _BOTO3, role],
        "assume": [*command, *["assume", "--format", "json", "--settle", "0", "--duration", "900", "--role-arn"], role],
    }


def _timed(program: list[str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(program, stdout=subprocess.DEVNULL, check=True)
    whole, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return whole, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
