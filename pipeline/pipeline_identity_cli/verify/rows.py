"""What came of each check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

EVALUATOR, SIMULATOR, LIVE = "evaluator", "simulator", "live"
"""Who answered a probe: our own evaluator, IAM's policy simulator, or AWS when it was tried."""

BOTH = "both"
"""In the place of `user` or `role`, what is about both."""


class State(str, Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It could not be seen, so nothing is known."""


class Check(str, Enum):
    """The stable ids of the checks; what they are called for people may change."""

    EVERYTHING = "everything"
    EXISTS = "exists"
    POLICIES = "policies"
    TRUST = "trust"
    KEYS = "keys"
    CREDENTIALS = "other-credentials"
    BOUNDARY = "boundary"
    DURATION = "session-duration"
    DECLARED = "declared-probes"
    ALLOWED = "probe-allowed"
    DENIED = "probe-denied"
    LIVE_USER = "live-user"
    LIVE_SESSION = "live-session"
    LIVE_NO_EXTERNAL_ID = "live-no-external-id"
    LIVE_OTHER_EXTERNAL_ID = "live-other-external-id"


@dataclass(frozen=True)
class Row:
    """One check of one pipeline.

    Attributes:
        pipeline: The pipeline.
        who: `user`, `role`, or `both`.
        check: What was looked at, in words.
        state: How it ended.
        seen: What differs from the declaration, or why it could not be seen; empty when it passed.
        by: Of a probe, who answered: `simulator`, `evaluator` or `live`; empty for other checks.
        id: The check.
        cause: What rows have in common that fail for one reason, such as the name of a policy; empty where a row stands
            by itself.
        difference: Declared and seen, as a unified difference; empty where there is none to show.
    """

    pipeline: str
    who: str
    check: str
    state: State
    seen: str = ""
    by: str = ""
    id: Check = Check.EVERYTHING
    cause: str = ""
    difference: str = ""
