"""Measures how well the rules judge documents that somebody wrote who had not read them.

    python -m benchmarks.accuracy [FOLDER ...]

A folder holds golden documents, laid out as in tests/policies/documents; by default those in
tests/policies/independent. They were blind once, and no longer are: a rule was repaired after each miss.
The table tells, a rule: how many of the documents that it must refuse it does refuse, and how many of its refusals are
right; and last how many good documents are refused by whichever rule. Every miss is listed. Exits 1 when a goal is
missed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.policies.golden import Golden, explain, read_all

INDEPENDENT = Path(__file__).parents[1] / "tests" / "policies" / "independent"
MALFORMED = "well-formed-documents"
MOST_GOOD_DOCUMENTS_REFUSED = 3.0


@dataclass(frozen=True)
class Goal:
    """The least share, in percent, of bad documents found and of refusals that are right."""

    found: float
    right: float


GOALS = {
    MALFORMED: Goal(found=100, right=97),
    "no-wildcard-actions": Goal(found=100, right=99),
    "trusted-principals-only": Goal(found=98, right=97),
    "no-privilege-escalation": Goal(found=97, right=97),
}


def percent(part: int, whole: int) -> float:
    """A share in percent; nothing out of nothing is all of it."""
    return 100 * part / whole if whole else 100.0


def may_block(golden: Golden, rule: str) -> bool:
    """Whether a refusal by the rule is right; what else is wrong with a malformed document is nobody's to say."""
    expect = golden.expect
    return expect is not None and (expect.rule in (rule, MALFORMED) or rule in expect.also)


def main(folders: list[Path]) -> int:
    """Judge every document and print the table; the exit code."""
    documents = [golden for folder in folders for golden in read_all(folder)]
    if not documents:
        print(
            f"no documents in {', '.join(map(str, folders))}: name folders laid out as {INDEPENDENT}", file=sys.stderr
        )
        return 2
    findings = {golden.place: golden.findings() for golden in documents}
    blocks = {place: {one.rule for one in found if one.blocking} for place, found in findings.items()}
    good_enough = True
    print(f"{'rule':26} {'found':>15} {'refusals right':>20}")
    for rule, goal in GOALS.items():
        bad = [one for one in documents if one.expect and one.expect.rule == rule]
        found = [one for one in bad if rule in blocks[one.place]]
        refused = [one for one in documents if rule in blocks[one.place]]
        right = [one for one in refused if may_block(one, rule)]
        shares = percent(len(found), len(bad)), percent(len(right), len(refused))
        good_enough &= shares[0] >= goal.found and shares[1] >= goal.right
        counts = f"{len(found)}/{len(bad)}", f"{len(right)}/{len(refused)}"
        print(f"{rule:26} {counts[0]:>8} {shares[0]:5.1f}% {counts[1]:>13} {shares[1]:5.1f}%")
    good = [one for one in documents if one.expect is None]
    refused_good = [one for one in good if blocks[one.place]]
    share = percent(len(refused_good), len(good))
    print(f"good documents refused: {len(refused_good)}/{len(good)} {share:.1f}%")
    judged = [one for one in documents if one.expect and one.expect.rule in GOALS]
    missed = [one for one in judged if one.expect and one.expect.rule not in blocks[one.place]]
    for golden in missed + refused_good:
        print("", explain(golden, findings[golden.place]), sep="\n")
    return 0 if good_enough and share <= MOST_GOOD_DOCUMENTS_REFUSED else 1


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]] or [INDEPENDENT]))
