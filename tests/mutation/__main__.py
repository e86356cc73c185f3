"""Mutation testing: how many small mistakes in the code the tests would notice.

    python -m tests.mutation language               # an area: every mutant of it
    python -m tests.mutation --tenth reasoning      # each tenth mutant, for an estimate
    python -m tests.mutation --show keys            # the survivors of the last run, as differences

mutmut changes one thing at a time and runs the tests that reach it. It wants the package at the top of a folder, so
each area runs in a copy under `.mutants/`. The table at the end goes into docs/testing.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.folders import CHECKOUT

_COPIES = CHECKOUT / ".mutants"
# Exit codes that mutmut keeps of a mutant's tests: its documentation calls these "survived" and "no tests".
_SURVIVED, _NO_TESTS = 0, 33


@dataclass(frozen=True)
class Area:
    """Code whose mutants are tried together.

    Attributes:
        room: The folder of the checkout that holds the package.
        package: The package.
        mutated: Patterns of its files.
        tests: What is run, paths below `tests/`.
    """

    room: str
    package: str
    mutated: tuple[str, ...]
    tests: tuple[str, ...]


_JUDGE = (
    "policies/test_documents.py",
    "policies/test_evaluation.py",
    "policies/test_evaluator.py",
    "policies/test_never_fine.py",
    "policies/test_properties_evaluation.py",
    "policies/test_properties_identity.py",
    "policies/test_properties_trust.py",
)

AREAS = {
    "language": Area("policies", "iam_guardrails", ("language/*",), _JUDGE),
    "evaluation": Area("policies", "iam_guardrails", ("evaluation/*",), _JUDGE),
    "reasoning": Area("policies", "iam_guardrails", ("reasoning/*",), _JUDGE),
    "trust": Area("components", "pipeline_identity", ("trust/*",), ("components",)),
    "keys": Area("components", "pipeline_identity", ("keys/*",), ("components/test_keys.py",)),
}


def main(arguments: list[str] | None = None) -> int:
    """Run, or show what the last run left; 0 unless mutmut could not run."""
    options = _options(arguments)
    area = AREAS[options.area]
    folder = _COPIES / options.area
    if options.show:
        return _show(folder)
    _copy(area, folder)
    # mutmut names the mutants of a function by numbers, so that those that end in one digit are a fair tenth of all.
    chosen = ["*7"] if options.tenth else []
    ran = subprocess.run([_tool(), "run", *chosen], cwd=folder, check=False)
    sys.stdout.write("\n".join(["", *_table(folder), ""]))
    return ran.returncode


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing of an area.")
    parser.add_argument("area", choices=AREAS, help="what to mutate")
    parser.add_argument("--tenth", action="store_true", help="try each tenth mutant only")
    parser.add_argument("--show", action="store_true", help="show the survivors of the last run")
    return parser.parse_args(arguments)


def _copy(area: Area, folder: Path) -> None:
    """A folder in which the package stands at the top, beside the tests and what they use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", ".venv")
    for name in ("tests", "sandbox", "benchmarks", "examples", "docs", "policies", "components", "pipeline"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=ignored)
    shutil.move(folder / area.room / area.package, folder / area.package)
    # Whoever looks for the package's files where they were finds the mutated ones.
    (folder / area.room / area.package).symlink_to(folder / area.package)
    rooms = " ".join(room for room in (".", "policies", "components", "pipeline") if room != area.room)
    settings = {
        "source_paths": [area.package],
        "only_mutate": [f"{area.package}/{pattern}" for pattern in area.mutated],
        "also_copy": ["tests", "sandbox", "benchmarks", "examples", "docs", "policies", "components", "pipeline"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-o", f"pythonpath={rooms}", "-m", "not long"],
        "pytest_add_cli_args_test_selection": [f"tests/{path}" for path in area.tests],
        "use_git_change_detection": False,
    }
    own = (CHECKOUT / "pyproject.toml").read_text("utf-8")
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (folder / "pyproject.toml").write_text("\n".join([own, "[tool.mutmut]", *lines, ""]), "utf-8")


def _tool() -> str:
    return str(Path(sys.executable).parent / "mutmut")


def _results(folder: Path) -> dict[str, dict[str, int]]:
    """What became of each mutant that was tried, by the file that was mutated."""
    found: dict[str, dict[str, int]] = {}
    for meta in sorted((folder / "mutants").rglob("*.py.meta")):
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        tried = {name: code for name, code in codes.items() if code is not None}
        if tried:
            found[str(meta.relative_to(folder / "mutants")).removesuffix(".meta")] = tried
    return found


def _table(folder: Path) -> Iterator[str]:
    yield "| module | mutants | caught | survived | not reached |"
    yield "|---|---|---|---|---|"
    total: Counter[str] = Counter()
    for file, codes in _results(folder).items():
        survived = sum(code == _SURVIVED for code in codes.values())
        unreached = sum(code == _NO_TESTS for code in codes.values())
        total.update(mutants=len(codes), survived=survived, unreached=unreached)
        yield _row(f"`{file}`", len(codes), survived, unreached)
    if total:
        yield _row("together", total["mutants"], total["survived"], total["unreached"])


def _row(name: str, mutants: int, survived: int, unreached: int) -> str:
    caught = 100 * (mutants - survived - unreached) / mutants
    return f"| {name} | {mutants} | {caught:.0f} % | {survived} | {unreached} |"


def _show(folder: Path) -> int:
    for codes in _results(folder).values():
        for name in sorted(name for name, code in codes.items() if code in (_SURVIVED, _NO_TESTS)):
            subprocess.run([_tool(), "show", name], cwd=folder, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
