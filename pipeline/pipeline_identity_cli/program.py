"""The command `pipeline-identity`: from the arguments of a process to its exit code.

Problems are reported in one line on standard error; a stack trace only comes when `PIPELINE_IDENTITY_DEBUG` is set.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TextIO

from iam_guardrails.terminal import deliver

from pipeline_identity_cli.outcome import INTERRUPTED, NO_VERDICT, Outcome, Stopped, one_line
from pipeline_identity_cli.redaction import remember_environment, without_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from pipeline_identity_cli.options import Run


_HAND_OUT = ("assume", "snippet")
"""The commands that are asked for credentials; what others print holds none, whoever wrote the text."""


def main() -> NoReturn:
    """Run the command with the arguments of this process."""
    code = INTERRUPTED
    with contextlib.suppress(KeyboardInterrupt):
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for stream in (sys.stdout, sys.stderr):
            _prepare(stream)
        code = run(sys.argv[1:])
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Carry the command out, write what it found to standard output, and return the exit code."""
    from pipeline_identity_cli.options import Run

    remember_environment()
    known = Run()
    try:
        outcome = _carry_out(arguments, known)
        if known.command not in _HAND_OUT:
            outcome = replace(outcome, text=without_known(outcome.text, words=False))
        return _write(outcome)
    except KeyboardInterrupt:
        return _fail(known, arguments, Stopped("interrupted", "run it again", INTERRUPTED, "interrupted"))
    except Stopped as stopped:
        _trace()
        return _fail(known, arguments, stopped)
    except Exception as error:
        _trace()
        # The text of an unforeseen error may quote what it was working on.
        problem = f"an internal error ({type(error).__name__})"
        fix = "set PIPELINE_IDENTITY_DEBUG=1 and report the stack trace"
        return _fail(known, arguments, Stopped(problem, fix, NO_VERDICT, "internal-error"))


def _carry_out(arguments: Sequence[str], known: Run) -> Outcome:
    import click

    from pipeline_identity_cli.commands import cli

    # What click itself prints, which is help, version and completion, is written like every other result.
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)
    outcome: object = None
    try:
        with contextlib.redirect_stdout(printed):
            outcome = cli.main(list(arguments), prog_name="pipeline-identity", standalone_mode=False, obj=known)
    except SystemExit as ended:
        # Completion ends like this.
        outcome = ended.code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as refused:
        raise _usage(refused) from None
    if isinstance(outcome, Outcome):
        return outcome
    printed.seek(0)
    return Outcome(printed.read(), outcome if isinstance(outcome, int) else 0)


def _usage(refused: click.ClickException) -> Stopped:
    """A problem with the arguments, in one line. It may quote a secret that stands in the wrong place."""
    from click.exceptions import NoArgsIsHelpError

    context = getattr(refused, "ctx", None)
    path = context.command_path if context else "pipeline-identity"
    is_bare = isinstance(refused, NoArgsIsHelpError)
    problem = "no command is named" if is_bare else one_line(refused.format_message()).rstrip(".")
    return Stopped(problem, f"see: {path} --help", NO_VERDICT, "usage")


def _write(outcome: Outcome) -> int:
    if not outcome.text:
        return outcome.code
    if not sys.stdout:
        raise Stopped("there is no standard output to write the result to", "give it one")
    try:
        deliver(sys.stdout, outcome.text)
    except OSError as error:
        problem = f"the result could not be written: {error.strerror}"
        raise Stopped(problem, "give it a place to go", kind="not-written") from None
    return outcome.code


def _fail(known: Run, arguments: Sequence[str], stopped: Stopped) -> int:
    """Report a problem: a line for people on standard error, a document for programs on standard output."""
    from pipeline_identity_cli import failures

    failures.fill_in(known, arguments)
    text = failures.document(known, stopped)
    for stream, one in ((sys.stderr, f"pipeline-identity: {stopped}\n"), (sys.stdout, text)):
        if stream and one:
            with contextlib.suppress(OSError):
                deliver(stream, without_known(one, words=False))
    return stopped.code


def _prepare(stream: TextIO) -> None:
    if not isinstance(stream, io.TextIOWrapper):
        return
    if stream.isatty():
        # A report that the terminal cannot show in full is better than none.
        stream.reconfigure(errors="backslashreplace")
    else:
        # Windows writes what is no terminal in an encoding of the country, with line ends that no shell takes.
        stream.reconfigure(encoding="utf-8", newline="\n")


def _trace() -> None:
    if os.environ.get("PIPELINE_IDENTITY_DEBUG") and sys.stderr:
        import traceback

        # Without the exceptions' own texts: those of libraries may quote what they were given.
        kind, _, place = sys.exc_info()
        sys.stderr.write("".join(traceback.format_tb(place)) + f"{kind.__name__ if kind else ''}\n")
