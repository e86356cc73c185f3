"""A baseline: the findings that were there when a team began to check, so that only new ones count.

It is a JSON file that `--write-baseline` writes and people may read: for each finding its rule, the file and logical
id, and the finding's id, which stays while lines move and changes when what was found does. A finding that is there
twice counts once for each entry.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from iam_guardrails.cli.outcome import Unusable
from iam_guardrails.findings import Finding
from iam_guardrails.reports import paths
from iam_guardrails.reports.report import Checked, Excepted, Subject

FORMAT = 1
_Key = tuple[str, str, str, str]


def write(file: str, checked: Iterable[Checked]) -> int:
    """Write a baseline of all that was found.

    Args:
        file: name of the file.
        checked: what was checked.

    Returns:
        How many findings are in it.

    Raises:
        Unusable: the file cannot be written.
    """
    keys = sorted(_key(one.subject, finding) for one in checked for finding in one.findings)
    entries = [{"rule": rule, "file": path, "logical_id": logical, "id": id_} for rule, path, logical, id_ in keys]
    text = json.dumps({"format": FORMAT, "findings": entries}, indent=2, ensure_ascii=False) + "\n"
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"--write-baseline: {file}: it cannot be written: {error.strerror}") from None
    return len(entries)


def apply(file: str, checked: Sequence[Checked]) -> tuple[list[Checked], list[Excepted], list[str]]:
    """Take the findings of a baseline out.

    Args:
        file: name of the baseline.
        checked: what was checked.

    Returns:
        What counts; what is in the baseline; what to say of entries that nothing matches any more.

    Raises:
        Unusable: the file cannot be read, or is no baseline.
    """
    known = _read(file)
    left: list[Checked] = []
    excepted: list[Excepted] = []
    for one in checked:
        new: list[Finding] = []
        for finding in one.findings:
            key = _key(one.subject, finding)
            if known[key] > 0 and not finding.failed:
                known[key] -= 1
                excepted.append(Excepted(one.subject, finding, f"it is in the baseline {file}"))
            else:
                new.append(finding)
        left.append(Checked(one.subject, tuple(new)))
    gone = sum(known.values())
    told = [f"{gone:,} of the findings in {file} are not there any more: write the baseline anew."] if gone else []
    return left, excepted, told


def _key(subject: Subject, finding: Finding) -> _Key:
    return finding.rule, paths.path(subject.file, paths.top()), subject.logical_id, finding.id


def _read(file: str) -> Counter[_Key]:
    try:
        value: object = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Unusable(f"--baseline: {file}: it cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Unusable(f"--baseline: {file}: it is no JSON; write one with --write-baseline") from None
    table = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    entries = table.get("findings")
    if table.get("format") != FORMAT or not isinstance(entries, list):
        raise Unusable(f"--baseline: {file}: it is no baseline of this version; write one with --write-baseline")
    found: Counter[_Key] = Counter()
    for one in cast("list[object]", entries):
        entry = cast("dict[str, object]", one) if isinstance(one, dict) else {}
        found[cast("_Key", tuple(str(entry.get(name, "")) for name in ("rule", "file", "logical_id", "id")))] += 1
    return found
