"""``SetDefaultPolicyVersion``: which version of a managed policy is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Params


def set_default(params: Params) -> Answer:
    """Put a version in force."""
    arn, version = value(params, "PolicyArn"), value(params, "VersionId")
    policy = emulator.policies.get(arn)
    if policy is None or version not in policy["Versions"]:
        raise Refused(404, "NoSuchEntity", f"Policy {arn} version {version} does not exist or is not attachable.")
    for one in policy["Versions"].values():
        one["IsDefaultVersion"] = one["VersionId"] == version
    policy["DefaultVersionId"] = version
    return answer("SetDefaultPolicyVersion")


CALLS = {"SetDefaultPolicyVersion": set_default}
