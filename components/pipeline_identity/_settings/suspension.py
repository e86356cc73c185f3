"""A pipeline that is suspended: its keys are inactive, and sessions that were opened before are denied everything.

The way AWS itself revokes sessions:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html.
"""

from __future__ import annotations

import re
from datetime import datetime

from pipeline_identity._conditions import Condition
from pipeline_identity._documents import document
from pipeline_identity._reading.arguments import text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.statement import PolicyStatement

POLICY = "suspended"
"""The name of the inline policy that denies, and what stands behind a component's name in that of its resource."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def moment(value: object) -> str:
    """Checks a moment in UTC, such as `2026-11-25T16:30:00Z`."""
    if isinstance(value, bool):
        raise Refusal("does not say since when", "write the present moment in UTC: date -u +%Y-%m-%dT%H:%M:%SZ")
    written = text(value)
    if not _MOMENT.fullmatch(written) or not _is_a_date(written):
        raise Refusal("is not a moment in UTC", 'write it like "2026-11-25T16:30:00Z": date -u +%Y-%m-%dT%H:%M:%SZ')
    return written


def denial_for_user() -> str:
    """Returns the policy of a suspended user.

    It denies everything: keys that somebody else made for the user are not ours to make inactive, and sessions of
    `sts:GetSessionToken` outlive the key they were opened with.
    """
    return document([PolicyStatement(sid="Suspended", effect="Deny", actions=("*",), resources=("*",)).to_json()])


def denial_for_role(since: str, *, has_other_ways_in: bool) -> str:
    """Returns the policy of a suspended role.

    Args:
        since: The moment before which the sessions were opened that are denied everything.
        has_other_ways_in: Whether anybody but a suspended user can open sessions. All sessions are denied then,
            because new ones could be opened.
    """
    before = (Condition("DateLessThan", "aws:TokenIssueTime", (since,)),)
    statement = PolicyStatement(
        sid="Suspended",
        effect="Deny",
        actions=("*",),
        resources=("*",),
        conditions=() if has_other_ways_in else before,
    )
    return document([statement.to_json()])


def _is_a_date(written: str) -> bool:
    try:
        datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True
