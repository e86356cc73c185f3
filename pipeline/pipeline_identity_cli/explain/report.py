"""The answer, as a table for people and as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import SECRET_KEYS, Verdict

from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, NO_VERDICT, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iam_guardrails.evaluation import Decision, Judged, Request

_CODES = {Verdict.ALLOWED: AS_ASKED, Verdict.REFUSED: AGAINST, Verdict.UNKNOWN: NO_VERDICT}
_COLORS = {Verdict.ALLOWED: "bold green", Verdict.REFUSED: "bold red", Verdict.UNKNOWN: "bold yellow"}
_APPLIES = {True: "yes", False: "no", None: "?"}
_EFFECTS = {True: "Allow", False: "Deny", None: "?"}


@dataclass(frozen=True)
class Report:
    """What came of it.

    Attributes:
        request: The call, as it was judged.
        decision: The answer.
        not_looked_at: Kinds of policies that were not, and may refuse it all the same.
    """

    request: Request
    decision: Decision
    not_looked_at: Sequence[str]

    @property
    def code(self) -> int:
        """The exit code: 0 allowed, 1 refused, 2 not to be told."""
        return _CODES[self.decision.verdict]

    def table(self, *, color: bool) -> str:
        """For people: the verdict, the statements, and what was not looked at."""
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        verdict, reason = self.decision.verdict, one_line(self.decision.reason, 2000)
        table = Table("policy", "statement", "effect", "applies", "because", box=None, pad_edge=False)
        for one in self.decision.statements:
            table.add_row(*map(escape, _row(one)))
        text = io.StringIO()
        # As wide as it takes: a terminal wraps by itself, and a log must lose nothing.
        console = Console(file=text, width=10_000, force_terminal=color, no_color=not color, highlight=False)
        console.print(f"[{_COLORS[verdict]}]{verdict.value}[/]: {escape(self._what())}")
        console.print(escape(f"because: {reason}"))
        console.print(
            *(escape(f"  --context {key}=VALUE, or --absent {key}\n") for key in self.decision.unknown), sep=""
        )
        console.print(table)
        console.print(escape(f"\nNot looked at: {'; '.join(self.not_looked_at)}."))
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"

    def data(self) -> str:
        """As JSON."""
        given = {key: list(values or ()) for key, values in sorted(self.request.context.items())}
        return (
            json.dumps(
                {
                    "verdict": self.decision.verdict.value,
                    "reason": self.decision.reason,
                    "request": {
                        "principal": self.request.caller.arn,
                        "action": self.request.action,
                        "resource": self.request.resource,
                        "context": {key: ["..."] if key in SECRET_KEYS else values for key, values in given.items()},
                    },
                    "unknown": list(self.decision.unknown),
                    "statements": [_data(one) for one in self.decision.statements],
                    "not_looked_at": list(self.not_looked_at),
                },
                indent=2,
            )
            + "\n"
        )

    def _what(self) -> str:
        where = " on no resource" if self.request.resource == "*" else f" on {self.request.resource}"
        return f"{self.request.action}{where} by {self.request.caller.arn}"


def _row(one: Judged) -> tuple[str, ...]:
    number = "all" if one.number is None else f"{one.number} {one.sid}".rstrip()
    reason = one_line(one.reason, 500)
    return f"{one.layer} {one.policy}", number, _EFFECTS[one.allow], _APPLIES[one.applies], reason


def _data(one: Judged) -> dict[str, object]:
    return {
        "kind": one.layer,
        "policy": one.policy,
        "statement": one.number,
        "sid": one.sid,
        "effect": _EFFECTS[one.allow],
        "applies": _APPLIES[one.applies],
        "reason": one.reason,
        "unknown": list(one.unknown),
    }
