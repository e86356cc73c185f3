"""Waiting for IAM to settle.

What is written to IAM is not seen everywhere at once, so the first calls of a new identity may be refused for some
seconds. Source: "Changes that I make are not always immediately visible" in the IAM user guide.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from pipeline_identity_cli import refusals

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

_SETTLING = ("AccessDenied", "InvalidClientTokenId")
"""The codes with which AWS refuses what it does not know of yet."""


def settled(call: Callable[[], _Answer], seconds: float, stays: Callable[[], bool] | None = None) -> _Answer:
    """Make a call, again and again while its refusal can be one that goes away by itself.

    Args:
        call: The call.
        seconds: How long to go on; 0 makes the call once.
        stays: Asked once, when the call was refused: whether it is known that the refusal will not go away.
    """
    try:
        return call()
    except Exception as error:
        if not _may_go_away(error) or (stays is not None and stays()) or not seconds:
            raise
    told = f"refused, which IAM may do while it settles; trying again for {seconds:g} s (--settle)"
    sys.stderr.write(f"pipeline-identity: {told}\n")
    sys.stderr.flush()
    # Imported here, because it takes longer than the rest of the command, and most calls need it not.
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    retrying = Retrying(
        retry=retry_if_exception(_may_go_away),
        stop=stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        reraise=True,
    )
    return retrying(call)


def _may_go_away(error: BaseException) -> bool:
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError) or "explicit deny" in str(error):
        return False
    return refusals.code_of(error) in _SETTLING
