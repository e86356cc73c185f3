"""How long an audit of an organization takes, how much memory it needs, and whether it finds every planted chain.

python -m benchmarks.audit --accounts 4 --identities 100 [--jobs 2] [--scheduler tcp://...] [--growth]

--growth audits an organization of half the size, too, and says how time grew. The goals: 100 accounts of 500 identities
in 3 minutes on 2 cores; 1,000 of 500 within 2 GB.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.organizations import missed, write_organization


class Measured(NamedTuple):
    """One audit.

    Attributes:
        identities: number of users and roles.
        seconds: how long it took.
        megabytes: memory of its largest process.
        missed: planted chains that were not found.
        wrong: shut ones that were.
    """

    identities: int
    seconds: float
    megabytes: float
    missed: int
    wrong: int


def measure(accounts: int, identities: int, arguments: list[str]) -> Measured:
    """Audit an organization of a size with the command."""
    with tempfile.TemporaryDirectory() as folder:
        planted = write_organization(Path(folder) / "dumps", accounts, identities)
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "iam_guardrails.cli", "audit", str(Path(folder) / "dumps"), "--format", "json"]
        began = time.perf_counter()
        with report.open("w") as out:
            code = subprocess.run([*command, "--isolated", *arguments], stdout=out, check=False).returncode
        took = time.perf_counter() - began
        if code not in (0, 1):
            raise SystemExit(f"the audit ended with exit code {code}")
        found = json.loads(report.read_text())["identities"]
    lost, wrong = missed(planted, iter(found))
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Measured(planted.identities, took, largest, len(lost), len(wrong))


def main() -> None:
    """Measure, print, and end with 1 if a chain was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--identities", type=int, default=100)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--scheduler")
    parser.add_argument("--growth", action="store_true")
    asked = parser.parse_args()
    arguments = ["--scheduler", asked.scheduler] if asked.scheduler else ["--jobs", asked.jobs]
    sizes = [max(1, asked.accounts // 2), asked.accounts] if asked.growth else [asked.accounts]
    results = [measure(one, asked.identities, arguments) for one in sizes]
    for one in results:
        print(
            f"{one.identities:,} identities: {one.seconds:.1f} s, {one.megabytes:,.0f} MB, "
            f"{one.missed} chains missed, {one.wrong} found that are shut"
        )
    if asked.growth:
        small, large = results
        fair = large.identities * math.log(large.identities) / (small.identities * math.log(small.identities))
        print(f"time grew {large.seconds / small.seconds:.2f} times; n log n would be {fair:.2f} times")
    sys.exit(any(one.missed or one.wrong for one in results))


if __name__ == "__main__":
    main()
