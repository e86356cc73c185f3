"""How long the command `pipeline-identity` takes: its help, and `assume` beside the same call of boto3 alone.

Run it in a shell of the sandbox, with a pipeline deployed there:

    make up && eval "$(make -s env)" && .venv/bin/python benchmarks/pipeline.py ROLE_ARN

The medians are of processes started one after the other; targets: 0.2 s for the help, and 0.15 s more than boto3 alone.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time

_RUNS = 9
_BOTO3 = """
import sys
import boto3
boto3.Session().client("sts").assume_role(RoleArn=sys.argv[1], RoleSessionName="benchmark", DurationSeconds=900)
"""


def main() -> None:
    """Measure, and print a line for each."""
    if len(sys.argv) != 2:
        raise SystemExit("Name the role to assume: benchmarks/pipeline.py ROLE_ARN")
    role = sys.argv[1]
    command = [sys.executable, "-m", "pipeline_job"]
    assume = [*command, "assume", "--format", "json", "--settle", "0", "--duration", "900", "--role-arn", role]
    programs = {
        "Python alone": [sys.executable, "-c", ""],
        "--help": [*command, "--help"],
        "assume --help": [*command, "assume", "--help"],
        "boto3 alone": [sys.executable, "-c", _BOTO3, role],
        "assume": assume,
    }
    print(f"load {os.getloadavg()[0]:.0f}; medians of {_RUNS}")
    for name, program in programs.items():
        whole, processor = zip(*(_timed(program) for _ in range(_RUNS)), strict=True)
        print(f"{name:<15} {statistics.median(whole):6.2f} s, processor {statistics.median(processor):5.2f} s")


def _timed(program: list[str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(program, stdout=subprocess.DEVNULL, check=True)
    whole, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return whole, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
