"""What came of each check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

EVALUATOR, SIMULATOR, LIVE = "evaluator", "simulator", "live"
"""Who answered a probe: our own evaluator, IAM's policy simulator, or AWS when it was tried."""


class State(str, Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    """It could not be seen, so nothing is known."""


@dataclass(frozen=True)
class Row:
    """One check of one pipeline.

    Attributes:
        pipeline: The pipeline.
        who: `user` or `role`.
        check: What was looked at.
        state: How it ended.
        seen: What is otherwise than declared, or why it could not be seen; empty when it passed.
        by: Of a probe, who answered: `simulator`, `evaluator` or `live`; empty for other checks.
    """

    pipeline: str
    who: str
    check: str
    state: State
    seen: str = ""
    by: str = ""
