"""`doctor`: why a role cannot be assumed here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from iam_guardrails.terminal import shows_color

from pipeline_identity_cli.opening import Opening, OpeningOptions
from pipeline_identity_cli.options import ColorOptions, Command, format_option
from pipeline_identity_cli.outcome import FORMAT, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity_cli.diagnosis import Finding

_MARKS = {"ok": ("ok", "32"), "warning": ("WARNING", "33"), "problem": ("PROBLEM", "31")}


@dataclass(frozen=True, kw_only=True)
class Options(OpeningOptions, ColorOptions):
    """The options of `doctor`."""

    format: str = format_option("text", "json")


def doctor(options: Options) -> Outcome:
    """Find out why a role cannot be assumed here: look at variables, proxy, region, credentials, clock, and the role.

    Without a role, it looks at the credentials alone. It changes nothing: a session that it opens is thrown away.

    Exit code 0: nothing is in the way. 1: AWS denies the role. 2: something keeps AWS from being asked.
    """
    from pipeline_identity_cli import diagnosis
    from pipeline_identity_cli.aws import Reach

    names_role = options.role_arn or options.outputs or options.stack
    findings = diagnosis.diagnose(Reach.of(options), Opening.of(options) if names_role else None)
    code = diagnosis.code(findings)
    if options.format == "json":
        shown = [{key: value for key, value in asdict(one).items() if key != "code"} for one in findings]
        content = {"format": FORMAT, "command": "doctor", "exit_code": code, "findings": shown}
        return Outcome(json.dumps(content, indent=2) + "\n", code)
    return Outcome(_lines(findings, color=shows_color(options.color)), code)


def _lines(findings: Sequence[Finding], *, color: bool) -> str:
    lines: list[str] = []
    for one in findings:
        mark, number = _MARKS[one.status]
        shown = f"{mark:<8}"
        colored = f"\033[{number}m{shown}\033[0m" if color else shown
        lines.append(f"{colored} {one.id:<12} {one.text}")
        if one.fix:
            lines.append(f"{'':<22}{one.fix}")
    return "\n".join(lines) + "\n"


COMMAND = Command("doctor", Options, doctor, short_help="Find out why a role cannot be assumed here.")
