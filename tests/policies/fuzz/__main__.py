"""Coverage-guided fuzzing of the reader and of every rule, by hand and for as long as you like.

    python -m tests.policies.fuzz [documents|texts|bytes] [options of libFuzzer] [corpus folders]

`documents` (the default) changes valid documents, `texts` their JSON, `bytes` takes any input as text. It runs until
something breaks or until `-max_total_time=SECONDS` or `-runs=NUMBER`; what broke is written to a file `crash-*`, and
giving that file in place of a folder runs it again.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

fuzzer: Any = importlib.import_module("atheris")

TARGETS = ("documents", "texts", "bytes")


DOCUMENTS = Path(__file__).parents[1] / "documents"


def _seeds(folder: Path, target: str) -> None:
    """Something to start from: written documents for texts read as they are, noise to draw documents from otherwise."""
    noise = random.Random(1)
    lines = [line for path in sorted(DOCUMENTS.rglob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    texts = [json.dumps(record["document"]).encode() for record in records if "document" in record]
    for number, seed in enumerate(texts if target == "bytes" else [noise.randbytes(8192) for _ in range(100)]):
        (folder / f"seed-{number}").write_bytes(seed)


def main(arguments: list[str]) -> None:
    """Fuzz until something breaks."""
    chosen = arguments.pop(0) if arguments and arguments[0] in TARGETS else TARGETS[0]
    with fuzzer.instrument_imports(include=["iam_guardrails"]):
        from tests.policies.fuzz import properties, target

    def judge_bytes(data: bytes) -> None:
        target.judge_text(data.decode("utf-8", "surrogateescape"))

    entry = judge_bytes if chosen == "bytes" else getattr(properties, chosen).hypothesis.fuzz_one_input
    if not any(Path(argument).exists() for argument in arguments):
        seeds = tempfile.mkdtemp(prefix="fuzz-")
        _seeds(Path(seeds), chosen)
        arguments.append(seeds)
    # A minute for one document is a hang, a gigabyte a swelling.
    fuzzer.Setup(
        [sys.argv[0], "-timeout=60", "-rss_limit_mb=1024", "-len_control=0", "-max_len=16384", *arguments], entry
    )
    fuzzer.Fuzz()


main(sys.argv[1:])
