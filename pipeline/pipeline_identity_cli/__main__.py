"""Runs the command: `python -m pipeline_identity_cli`, and the script `pipeline-identity`."""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    # Until the command is loaded, Ctrl-C ends the process without a stack trace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> NoReturn:
    """Run the command with the arguments of this process."""
    from pipeline_identity_cli.program import main as run

    run()


if __name__ == "__main__":
    main()
