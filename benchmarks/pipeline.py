"""How long the command `pipeline-identity` takes: its help, and `whoami`, `assume` and `exec` beside the AWS CLI.

Run it in a shell of the sandbox, with the outputs of a pipeline that is deployed there, its key among them, and version
1 of the AWS CLI from an environment of its own:

    make up && eval "$(make -s env)"
    pulumi stack output pipelines --json --show-secrets > outputs.json
    uv venv /tmp/awscli && uv pip install --python /tmp/awscli awscli
    .venv/bin/python -m benchmarks.pipeline outputs.json site /tmp/awscli/bin/aws

Each program runs once in every round, so that whatever else the machine does slows all of them alike. Targets: 0.2 s
for the help on the clock of a quiet machine, and at most 0.7 of the AWS CLI's time for the same call.
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
_BESIDE = {"whoami": "aws get-caller-identity", "assume": "aws assume-role", "exec": "aws assume-role"}
"""What each of our calls is compared with."""


def main() -> None:
    """Measure, and print a line for each."""
    if len(sys.argv) != 4:
        raise SystemExit("Name the outputs, the pipeline and the AWS CLI: benchmarks.pipeline OUTPUTS PIPELINE AWS")
    pipeline = json.loads(Path(sys.argv[1]).read_text())[sys.argv[2]]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": pipeline["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": pipeline["secretAccessKey"],
    }
    programs = _programs(pipeline["roleArn"], sys.argv[3])
    load = os.getloadavg()[0]
    rounds = [{name: _timed(program) for name, program in programs.items()} for _ in range(_ROUNDS)]
    print(f"load {load:.1f} before; medians of {_ROUNDS}, in seconds, on the clock and of the processor")
    for name in programs:
        line = f"{name:<24}" + "".join(
            f" {statistics.median(one[name][kind] for one in rounds):6.3f}" for kind in (0, 1)
        )
        if other := _BESIDE.get(name):
            ratios = [statistics.median(one[name][kind] / one[other][kind] for one in rounds) for kind in (0, 1)]
            line += f"   {ratios[0]:.2f} {ratios[1]:.2f} of {other} (target 0.70)"
        print(line)


def _programs(role: str, aws: str) -> dict[str, list[str]]:
    command = [sys.executable, "-m", "pipeline_identity_cli"]
    session = ["--settle", "0", "--duration", "15m", "--role-arn", role]
    return {
        "Python alone": [sys.executable, "-c", ""],
        "--help": [*command, "--help"],
        "assume --help": [*command, "assume", "--help"],
        "aws get-caller-identity": [aws, "sts", "get-caller-identity"],
        "whoami": [*command, "whoami"],
        "aws assume-role": [aws, "sts", "assume-role", "--role-arn", role, "--role-session-name", "benchmark"],
        "assume": [*command, "assume", "--format", "json", *session],
        "exec": [*command, "exec", *session, "--", "true"],
    }


def _timed(program: list[str]) -> tuple[float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(program, stdout=subprocess.DEVNULL, check=True)
    whole, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return whole, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
