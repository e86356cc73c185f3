"""The commands behind the Makefile: `python -m sandbox up`, and so on for each of its targets."""

from __future__ import annotations

import sys


def main() -> None:
    """Run a command."""
    try:
        # What this imports takes a moment, and Ctrl-C may come in it.
        from sandbox.commands import run
    except KeyboardInterrupt:
        sys.exit("error: Interrupted. Nothing was begun.")
    run()


if __name__ == "__main__":
    main()
