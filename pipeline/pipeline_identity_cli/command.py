"""The command `pipeline-identity`: from the arguments of a process to its exit code.

Problems are told in one line on standard error; a stack trace only comes when `PIPELINE_IDENTITY_DEBUG` is set.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from pipeline_identity_cli.outcome import INTERRUPTED, UNUSABLE, Outcome, Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

DEBUG = "PIPELINE_IDENTITY_DEBUG"
"""The environment variable that asks for stack traces."""


def main() -> NoReturn:
    """Run the command with the arguments of this process."""
    for stream in (sys.stdout, sys.stderr):
        # Windows writes what is no terminal in an encoding of the country, with line ends that no shell takes.
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", newline="\n")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry the command out, write what it found to standard output, and return the exit code."""
    try:
        return _written(_carried_out(arguments))
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Stopped as stopped:
        _trace()
        return _say(str(stopped), stopped.code)
    except Exception as error:
        _trace()
        # The text of an unforeseen error may quote what it was working on.
        return _say(f"an internal error ({type(error).__name__}); set {DEBUG}=1 and report the stack trace", UNUSABLE)


def _carried_out(arguments: Sequence[str]) -> Outcome:
    import click

    from pipeline_identity_cli.commands import cli

    try:
        outcome = cli.main(list(arguments), prog_name="pipeline-identity", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as refused:
        refused.show()
        return Outcome(code=UNUSABLE)
    return outcome if isinstance(outcome, Outcome) else Outcome(code=int(outcome or 0))


def _written(outcome: Outcome) -> int:
    if not outcome.text:
        return outcome.code
    try:
        sys.stdout.write(outcome.text)
        sys.stdout.flush()
    except OSError as error:
        # The interpreter flushes once more at its end, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Stopped(f"the result could not be written: {error.strerror}", "give it a place to go") from None
    return outcome.code


def _say(problem: str, code: int) -> int:
    sys.stderr.write(f"pipeline-identity: {problem}\n")
    return code


def _trace() -> None:
    if os.environ.get(DEBUG):
        import traceback

        # Without the exceptions' own texts: those of libraries may quote what they were given.
        kind, _, place = sys.exc_info()
        sys.stderr.write("".join(traceback.format_tb(place)) + f"{kind.__name__ if kind else ''}\n")
