"""How a run of the command ends: exit codes, results, and why there is none.

Every command and every format use the same four codes, so a script can tell a verdict from a failure to reach one.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_identity_cli.redaction import redacted

AS_ASKED = 0
"""The command did what it was asked, and found nothing wrong."""
AGAINST = 1
"""The verdict is against: AWS denies the call, an identity differs from its stack, or a secret was found."""
NO_VERDICT = 2
"""Nothing is known: arguments, settings, files, credentials, throttling or the network kept the command from it."""
INTERRUPTED = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells have it."""

FORMAT = 1
"""The number in the field `format` of every JSON document. It grows when a field changes its meaning or goes away."""

_BREAKS = {"\r": "\\r", "\n": "\\n", "\t": "\\t"}


@dataclass(frozen=True)
class Outcome:
    """What a run leaves behind.

    Attributes:
        text: What goes to standard output.
        code: The exit code.
    """

    text: str = ""
    code: int = AS_ASKED


class Stopped(Exception):
    """The command cannot go on. The text is one line: what is wrong, and the fix.

    Attributes:
        problem: What is wrong.
        fix: What to do about it.
        code: The exit code.
        kind: A stable id of the problem, such as `throttled`, for programs that read JSON or JUnit.
    """

    def __init__(self, problem: str, fix: str, code: int = NO_VERDICT, kind: str = "unusable") -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem = problem
        self.fix = fix
        self.code = code
        self.kind = kind


def one_line(text: str, most: int = 400) -> str:
    """Text from elsewhere, safe to show: no secret, no key id, no control character, at most `most` characters.

    AWS, a credential process, a proxy and the environment write such texts. Runs of white space become one space.
    """
    plain = " ".join("".join(one if one.isprintable() else " " for one in redacted(text)).split())
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."


def shown(value: str, most: int = 200) -> str:
    r"""A value that somebody typed, in quotes, with what a terminal does not show written as an escape.

    >>> shown("orders\r")
    "'orders\\r'"
    """
    plain = "".join(one if one.isprintable() else _BREAKS.get(one) or f"\\u{ord(one):04x}" for one in redacted(value))
    return f"'{plain if len(plain) <= most else f'{plain[: most - 3]}...'}'"
