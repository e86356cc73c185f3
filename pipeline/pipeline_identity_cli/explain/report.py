"""The answer, for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import SECRET_KEYS, Verdict

from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, FORMAT, NO_VERDICT, one_line
from pipeline_identity_cli.terminal import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iam_guardrails.evaluation import Decision, Judged, Request

_CODES = {Verdict.ALLOWED: AS_ASKED, Verdict.REFUSED: AGAINST, Verdict.UNKNOWN: NO_VERDICT}
_COLORS = {Verdict.ALLOWED: "1;32", Verdict.REFUSED: "1;31", Verdict.UNKNOWN: "1;33"}
_VERDICTS = {Verdict.ALLOWED: "allowed", Verdict.REFUSED: "denied", Verdict.UNKNOWN: "unknown"}
_SIGNS = {True: "✓", False: "-", None: "?"}
_WORDS = {True: "applies", False: "does not apply", None: "may apply"}
_APPLIES = {True: "yes", False: "no", None: "?"}
_EFFECTS = {True: "Allow", False: "Deny", None: "?"}


@dataclass(frozen=True)
class Report:
    """What came of it.

    Attributes:
        request: The call, as it was judged.
        decision: The answer.
        not_looked_at: Kinds of policies that were not, and may deny it all the same.
        said: What AWS said of the reason when it denied the call; "" where that is not known.
    """

    request: Request
    decision: Decision
    not_looked_at: Sequence[str]
    said: str = ""

    @property
    def code(self) -> int:
        """The exit code: 0 allowed, 1 denied, 2 unknown."""
        return _CODES[self.decision.verdict]

    def text(self, *, color: bool, width: int | None) -> str:
        """For people: the verdict, the statements, and what was not looked at.

        Args:
            color: Whether to write colors.
            width: Where to fold lines, in characters; None does not fold them, as in a file.
        """
        verdict = self.decision.verdict
        word = f"\x1b[{_COLORS[verdict]}m{_VERDICTS[verdict]}\x1b[0m" if color else _VERDICTS[verdict]
        lines = [
            *folded(f"{word}: {self._what()}", width),
            *folded(f"because: {one_line(self.decision.reason, 2000)}", width),
        ]
        if self.said:
            lines += folded(f"AWS said: {self.said}", width)
        lines += [f"    --context {key}=VALUE, or --absent {key}" for key in self.decision.unknown]
        lines += ["", *(line for one in self.decision.statements for line in folded(_line(one), width))]
        lines += ["", *folded(f"Not looked at: {'; '.join(self.not_looked_at)}.", width)]
        return "\n".join(lines) + "\n"

    def data(self) -> str:
        """As JSON."""
        given = {key: list(values or ()) for key, values in sorted(self.request.context.items())}
        return (
            json.dumps(
                {
                    "format": FORMAT,
                    "exit_code": self.code,
                    "verdict": _VERDICTS[self.decision.verdict],
                    "reason": self.decision.reason,
                    "request": {
                        "principal": self.request.caller.arn,
                        "action": self.request.action,
                        "resource": self.request.resource,
                        "context": {key: ["..."] if key in SECRET_KEYS else values for key, values in given.items()},
                    },
                    "unknown": list(self.decision.unknown),
                    "statements": [_data(one) for one in self.decision.statements],
                    "aws_said": self.said or None,
                    "not_looked_at": list(self.not_looked_at),
                },
                indent=2,
            )
            + "\n"
        )

    def _what(self) -> str:
        where = "" if self.request.resource == "*" else f" on {self.request.resource}"
        return f"{self.request.action}{where} by {self.request.caller.arn}"


def _line(one: Judged) -> str:
    where = "all of it" if one.number is None else f"statement {one.number} {one.sid}".rstrip()
    line = f"{_SIGNS[one.applies]} {_EFFECTS[one.allow]} {_WORDS[one.applies]}: {one.layer} {one.policy}, {where}"
    return line + (f" ({one_line(one.reason, 500)})" if one.reason else "")


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
