"""Running another program in one's own place: it gets the signals, and its exit code is passed on.

The program stays in the process group of this one, so a terminal's Ctrl-C and Ctrl-Z reach both, as they would reach a
program that was started without us. Signals that only this process gets are passed on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit codes that shells have for a program that is not there, and for one that cannot be run."""
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCONT", "SIGWINCH")
_FROM_TERMINAL = ("SIGINT", "SIGQUIT", "SIGWINCH", "SIGCONT")
_SIGNALED = 128
_PARENT_DIED = 1
"""`PR_SET_PDEATHSIG` in Linux's prctl(2)."""


def run(command: Sequence[str], environment: Mapping[str, str], started: Callable[[], None]) -> int:
    """Run a program to its end.

    Args:
        command: The program and its arguments. No shell reads them.
        environment: Its variables.
        started: Called when it runs; threads may be started from then on.

    Returns:
        Its exit code; 128 and the number of the signal where one has ended it.

    Raises:
        Stopped: It is not there (127), or cannot be run (126).
    """
    child: list[subprocess.Popen[bytes]] = []
    waiting: list[int] = []

    def pass_on(number: int, _: object) -> None:
        if not child:
            waiting.append(number)
        elif not (signal.Signals(number).name in _FROM_TERMINAL and _is_in_foreground()):
            child[0].send_signal(number)

    before = _install(pass_on)
    try:
        child.append(_start(command, environment))
        for number in waiting:
            child[0].send_signal(number)
        started()
        code = child[0].wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    return _SIGNALED - code if code < 0 else code


def _install(handler: Callable[[int, object], None]) -> dict[signal.Signals, Any]:
    """Handle all signals that are passed on, except what was ignored from the start, as under `nohup`."""
    before: dict[signal.Signals, Any] = {}
    for name in _PASSED_ON:
        number: signal.Signals | None = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    return before


def _is_in_foreground() -> bool:
    """Whether a terminal sends its signals to the whole process group, and so to the program as well."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    name = one_line(command[0], 200)
    try:
        die_with_us = _dies_with(os.getpid()) if sys.platform == "linux" else None
        return subprocess.Popen(list(command), env=dict(environment), preexec_fn=die_with_us)
    except FileNotFoundError:
        raise Stopped(f"there is no program {name!r}", "correct its name, or PATH", NOT_FOUND, "not-found") from None
    except OSError as error:
        problem = f"{name!r} cannot be run: {error.strerror}"
        raise Stopped(problem, "make it executable", NOT_EXECUTABLE, "not-executable") from None
    except ValueError:
        problem = f"{name!r} cannot be run: an argument holds a NUL character"
        raise Stopped(problem, "remove it", NOT_EXECUTABLE, "not-executable") from None


def _dies_with(parent: int) -> Callable[[], None]:
    """Have the program get SIGTERM when this process is killed: its credentials end then, and nobody waits for it."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)

    def before_exec() -> None:
        library.prctl(_PARENT_DIED, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return before_exec
