"""One attempt: who tried what, what was expected, what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWED = "allowed"
DENIED = "denied"

_DENIALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"}


@dataclass(frozen=True)
class Row:
    """One line of the proof.

    Attributes:
        pipeline: The pipeline's name in the settings.
        who: `user`, `role` or another name for the caller.
        tried: What the caller did, in AWS's own words.
        expected: What must be seen.
        seen: What was seen; None when it could not be tried.
        reason: Why it could not be tried.
    """

    pipeline: str
    who: str
    tried: str
    expected: str
    seen: str | None
    reason: str = ""

    @property
    def is_as_expected(self) -> bool:
        """Whether it was tried, and went as it must."""
        return self.seen == self.expected


def outcome(call: Callable[[], object]) -> str:
    """`allowed`, `denied`, or the error code that AWS gave instead."""
    try:
        call()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "no error code"))
        return DENIED if code in _DENIALS else code
    return ALLOWED
