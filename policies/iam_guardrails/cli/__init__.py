"""The command `iam-guardrails`: the library's rules for files, in a shell, in a hook and in a CI job.

Its exit code is 0 only if every document was checked, none was rejected, and the report reached its reader.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from iam_guardrails.cli.outcome import Outcome, Unusable
from iam_guardrails.exit_codes import INTERRUPTED, NOT_CHECKED
from iam_guardrails.terminal import deliver

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command with the arguments of this process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry the command out, write its report, and return the exit code."""
    try:
        return _deliver(_carry_out(arguments))
    except KeyboardInterrupt:
        _say("interrupted: nothing was found to be clean")
        return INTERRUPTED
    except Unusable as reason:
        _say(str(reason))
    except Exception as error:
        # The text of an unforeseen error may quote what it was working on.
        _say(f"an internal error ({type(error).__name__}): nothing was found to be clean. Please report it.")
    return NOT_CHECKED


def _carry_out(arguments: Sequence[str]) -> Outcome:
    try:
        import click

        from iam_guardrails.cli.command import cli
    except ModuleNotFoundError as missing:
        if missing.name not in ("click", "tomli"):
            raise
        raise Unusable("the command needs click and rich; install iam-guardrails[cli]") from None
    try:
        outcome = cli.main(list(arguments), prog_name="iam-guardrails", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as invalid:
        invalid.show()
        return Outcome("", NOT_CHECKED)
    return outcome if isinstance(outcome, Outcome) else Outcome("", int(outcome or 0))


def _deliver(outcome: Outcome) -> int:
    """Write the report; one that could not be written is no proof that all is fine."""
    if not outcome.text:
        return outcome.code
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] (it is, where the shell closed it)
        raise Unusable("there is no standard output to write the report to")
    try:
        # A report that the terminal cannot show in full is better than none.
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
        deliver(sys.stdout, outcome.text)
    except BrokenPipeError:
        return outcome.code or NOT_CHECKED
    except OSError as error:
        raise Unusable(f"the report could not be written: {error.strerror}") from None
    return outcome.code


def _say(problem: str) -> None:
    if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] (it is, where the shell closed it)
        with contextlib.suppress(OSError):
            deliver(sys.stderr, f"iam-guardrails: {problem}\n")
