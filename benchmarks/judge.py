"""What the judgement of one document costs, measured against reading its JSON.

    python -m benchmarks.judge [--rounds 300]

Every document is read from its text and checked by all rules of its kind. Beside it, in the same process and in turn,
`json.loads` reads the same texts with a hook that refuses duplicate names, as nobody who checks a policy can do less.
Real documents come first: AWS's managed policies and all documents of the tests, each once. Drawn ones follow: a round
is short, has texts that were never seen before, and gives one ratio of CPU time; the median of them is shown, so that
what else the machine does counts for little. Goals: real documents at most 40 times what reading them takes, none above
50 ms; the first verdict at most 0.15 s after Python's own start; at most 60 MB; linear in the number of statements.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from iam_guardrails import Settings, TrustedIdentityProvider, check_identity_policy, check_trust_policy

from benchmarks import corpus
from tests.policies.golden import CHECKS, DOCUMENTS, read_all, settings_from
from tests.policies.published import managed_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SETTINGS = Settings(
    trusted_accounts=corpus.ACCOUNTS,
    trusted_organizations=[corpus.ORGANIZATION],
    trusted_identity_providers=[TrustedIdentityProvider(corpus.GITHUB, [f"repo:{corpus.OWNER}/*"])],
)

PASSING_ANY_ROLE = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300, help="rounds of each measure (default 300)")
    rounds = parser.parse_args().rounds
    print_real()
    for kind, judge in (("identity", _identity), ("trust", _trust)):
        print_ratio(kind, judge, rounds)
    print_growth()
    print_first_verdict()


def print_real() -> None:
    """What real documents take, each for the first time, against reading their texts, and which take longest."""
    documents = [
        (f"{golden.name}", golden.kind, text, settings_from(golden.settings))
        for folder in (DOCUMENTS, DOCUMENTS.parent / "independent")
        for golden in read_all(folder)
        if golden.kind in CHECKS
        for text in (one if isinstance(one, str) else json.dumps(one) for one in golden.documents)
    ]
    of_aws = [(name, "identity", json.dumps(one["Document"]), SETTINGS) for name, one in managed_policies().items()]
    _identity(PASSING_ANY_ROLE)  # the tables are read once a process: print_first_verdict has what that takes
    for what, texts in (("of AWS", of_aws), ("of the tests", documents)):
        read = _timed(_read_or_not, [text for _, _, text, _ in texts])
        took: dict[str, float] = {}
        for name, kind, text, settings in texts:
            start = time.thread_time()
            CHECKS[kind](text, settings)
            took[name] = time.thread_time() - start
        slowest = sorted(took, key=lambda name: -took[name])[:3]
        print(
            f"{len(texts):,} documents {what}: {sum(took.values()) / read:.1f} times reading them (goal 40); slowest "
            + ", ".join(f"{name} {1000 * took[name]:.0f} ms" for name in slowest)
            + " (goal 50)"
        )


def _read_or_not(text: str) -> None:
    with contextlib.suppress(ValueError, RecursionError):
        _loads(text)


def _identity(text: str) -> None:
    check_identity_policy(text, SETTINGS)


def _trust(text: str) -> None:
    check_trust_policy(text, SETTINGS)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _loads(text: str) -> None:
    json.loads(text, object_pairs_hook=_without_duplicates)


def print_ratio(kind: str, judge: Callable[[str], None], rounds: int) -> None:
    """How long documents of a kind take, against their JSON alone."""
    count = 70
    took = {"json": [0.0] * rounds, "judged": [0.0] * rounds}
    for number in range(rounds):
        texts = corpus.documents(kind, count, seed=number)
        took["json"][number] = _timed(_loads, texts)
        took["judged"][number] = _timed(judge, texts)
    ratio = statistics.median(judged / read for judged, read in zip(took["judged"], took["json"], strict=True))
    judged, read = (statistics.median(took[name]) / count for name in ("judged", "json"))
    print(
        f"{kind:9} {ratio:.2f} times its JSON: {1e6 * judged:.1f} µs against {1e6 * read:.1f}, "
        f"{1 / judged:,.0f} documents a second"
    )


def _timed(judge: Callable[[str], None], texts: Sequence[str]) -> float:
    start = time.thread_time()
    for text in texts:
        judge(text)
    return time.thread_time() - start


def print_growth() -> None:
    """What a statement costs in documents of more and more of them."""
    for kind, judge in (("identity", _identity), ("trust", _trust)):
        shown: list[str] = []
        for statements in (10, 20, 40, 80):
            texts = [corpus.long_document(kind, statements, seed) for seed in range(50)]
            took = statistics.median(_timed(judge, [text]) for text in texts)
            shown.append(f"{1e6 * took / statements:.1f}")
        print(f"{kind:9} {', '.join(shown)} µs a statement in documents of 10, 20, 40, 80")


def print_first_verdict() -> None:
    """How long after Python's own start the first verdict is there, and what memory it took."""
    bare, verdict = "pass", f"import iam_guardrails\niam_guardrails.check_identity_policy({PASSING_ANY_ROLE!r})"
    took: dict[str, list[float]] = {bare: [], verdict: []}
    for _ in range(20):
        for program, times in took.items():
            before = _cpu_of_children()
            subprocess.run([sys.executable, "-c", program], check=True)
            times.append(_cpu_of_children() - before)
    extra = statistics.median(took[verdict]) - statistics.median(took[bare])
    print(f"first verdict {extra:.3f} s of CPU after Python's own start (goal 0.15)")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"memory at most {memory / 1024:.0f} MB (goal 60)")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
