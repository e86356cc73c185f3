"""Keys and secrets in AWS's own form: ids in base32, secrets of 40 characters of base64.

ministack's are hexadecimal. What looks for leaked keys, quotes them for a shell or puts them into a URL must meet the
real alphabet. Source: "IAM identifiers" in the IAM user guide for the ids; secrets as AWS's documentation shows them.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Answer, Params

_KEY_ID = re.compile(rb"<AccessKeyId>([^<]+)")


def install() -> None:
    """Let IAM and STS issue these."""
    for module in ("services.iam", "services.sts"):
        emulator.replace(module, "_gen_session_access_key", lambda _: lambda: _id("ASIA"))
        emulator.replace(module, "_gen_secret", lambda _: _secret)
    emulator.replace("services.iam", "_gen_access_key_id", lambda _: lambda: _id("AKIA"))
    emulator.handlers["CreateAccessKey"] = _with_secret(emulator.handlers["CreateAccessKey"])


def _id(prefix: str) -> str:
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode()


def _secret() -> str:
    return base64.b64encode(secrets.token_bytes(30)).decode()


def _with_secret(original: Callable[[Params], Answer]) -> Callable[[Params], Answer]:
    def create(params: Params) -> Answer:
        status, headers, text = original(params)
        if made := _KEY_ID.search(text):
            key = emulator.access_keys[made[1].decode()]
            before, key["SecretAccessKey"] = key["SecretAccessKey"], _secret()
            text = text.replace(before.encode(), key["SecretAccessKey"].encode())
        return status, headers, text

    return create
