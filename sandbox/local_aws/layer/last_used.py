"""``GetAccessKeyLastUsed``, with an answer.

Source: the call of this name in the IAM API reference. A use that was denied counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator, requests
from sandbox.local_aws.layer.calls import Refused, answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Params


def last_used(params: Params) -> Answer:
    """Tell when a key was last used, in which region and for which service."""
    key_id = value(params, "AccessKeyId")
    key = emulator.access_keys.get(key_id)
    if key is None:
        raise Refused(403, "AccessDenied", f"Access key {key_id} is not one of this account.")
    use = requests.last_uses.get(key_id)
    told = "<Region>N/A</Region><ServiceName>N/A</ServiceName>"
    if use is not None:
        told = (
            f"<LastUsedDate>{use.moment:%Y-%m-%dT%H:%M:%SZ}</LastUsedDate>"
            f"<Region>{use.region}</Region><ServiceName>{use.service}</ServiceName>"
        )
    return answer(
        "GetAccessKeyLastUsed",
        f"<UserName>{key['UserName']}</UserName><AccessKeyLastUsed>{told}</AccessKeyLastUsed>",
    )


CALLS = {"GetAccessKeyLastUsed": last_used}
