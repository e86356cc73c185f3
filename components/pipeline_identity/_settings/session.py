"""How long a session of a role may last.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html.
"""

from __future__ import annotations

from pipeline_identity._reading.arguments import whole_number
from pipeline_identity._reading.errors import Refusal

SHORTEST_MAXIMUM = 3_600
LONGEST_MAXIMUM = 43_200


def max_session_duration(value: object) -> int:
    """Checks a role's maximum session duration in seconds: 3,600 (one hour) to 43,200 (twelve hours)."""
    seconds = whole_number(value)
    if not SHORTEST_MAXIMUM <= seconds <= LONGEST_MAXIMUM:
        raise Refusal(
            "is not a session duration that AWS accepts", f"use {SHORTEST_MAXIMUM} to {LONGEST_MAXIMUM} seconds"
        )
    return seconds
