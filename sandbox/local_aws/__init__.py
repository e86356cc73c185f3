"""An AWS on your own machine, with enforcement on: IAM policies, trust, boundaries and signatures are really judged.

It is ministack, on loopback only, behind a thin layer (``sandbox.local_aws.layer``) that adds rules AWS has and
ministack lacks. Nothing is kept when it stops.

Anybody who can reach the port can be the root of any account: the access key id is the twelve-digit account id, the
secret is ``test``.
"""

from __future__ import annotations

from sandbox.local_aws.errors import LocalAwsError
from sandbox.local_aws.installation import install
from sandbox.local_aws.server import LocalAws, find, start, stop

__all__ = ["LocalAws", "LocalAwsError", "find", "install", "start", "stop"]
