"""From what a scan is asked to its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Outcome, Stopped
from pipeline_identity_cli.scan import baseline, report
from pipeline_identity_cli.scan.files import files, read_file
from pipeline_identity_cli.scan.history import read_history
from pipeline_identity_cli.scan.leaks import Findings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FORMS: dict[str, Callable[[Findings], str]] = {
    "text": report.lines,
    "json": report.data,
    "sarif": report.sarif,
}
FORMS = tuple(_FORMS)
"""The forms of the report, by name."""


@dataclass(frozen=True)
class Options:
    """What to scan.

    Attributes:
        paths: Files, folders, or `-` for standard input.
        exclude: Patterns of files and folders that are left out of the folders named.
        git_history: Whether to read the history of Git of the folders named.
        baseline: A file of key material that is known; None without one.
        update_baseline: Whether to write what is found into the baseline, and report nothing.
        form: The form of the report: `text`, `json` or `sarif`.
    """

    paths: Sequence[str]
    exclude: Sequence[str] = ()
    git_history: bool = False
    baseline: str | None = None
    update_baseline: bool = False
    form: str = "text"


def scan(options: Options) -> Outcome:
    """Read everything that the options name.

    Raises:
        Stopped: The baseline cannot be read or written.
    """
    if options.update_baseline and not options.baseline:
        raise Stopped("--update-baseline has no file to write", "name it with --baseline")
    known = baseline.read(options.baseline) if options.baseline and not options.update_baseline else set[str]()
    findings = Findings()
    for file in files(options.paths, options.exclude, findings, history=options.git_history):
        read_file(file, findings)
    if options.git_history:
        for folder in _folders(options.paths):
            read_history(folder, findings)
    if options.baseline and options.update_baseline:
        return _updated(options.baseline, options.form, findings)
    new = [leak for leak in findings.leaks if leak.fingerprint not in known]
    findings.in_baseline = len(findings.leaks) - len(new)
    findings.leaks[:] = new
    return Outcome(_FORMS[options.form](findings), report.code(findings))


def _updated(file: str, form: str, findings: Findings) -> Outcome:
    count = baseline.write(file, findings.leaks)
    findings.in_baseline = len(findings.leaks)
    findings.leaks.clear()
    if form != "text":
        return Outcome(_FORMS[form](findings), report.code(findings))
    unread = "".join(f"{name}: not read: {reason}\n" for name, reason in findings.unread)
    text = f"{unread}{count} known now. Make sure that each of these keys is inactive.\n"
    return Outcome(text, report.code(findings))


def _folders(paths: Sequence[str]) -> list[str]:
    """The folders whose history is read: those named, or the current one when files alone are named."""
    named = [path for path in paths if path != "-" and Path(path).is_dir()]
    return named or ["."]
