"""Managed policies: that an attached one is there, and which version of it is in force.

Source: ``AttachUserPolicy`` and its kin, and ``SetDefaultPolicyVersion``, in the IAM API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator
from sandbox.local_aws.layer.calls import Refused, answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.calls import Rules
    from sandbox.local_aws.layer.emulator import Answer, Params


def is_there(params: Params) -> None:
    """Only a policy that is there can be attached. Of AWS's own ministack knows some, so they pass all."""
    arn = value(params, "PolicyArn")
    if ":iam::aws:policy/" not in arn and arn not in emulator.policies:
        raise Refused(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")


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


RULES: Rules = {
    "AttachUserPolicy": (is_there,),
    "AttachRolePolicy": (is_there,),
    "AttachGroupPolicy": (is_there,),
}
CALLS = {"SetDefaultPolicyVersion": set_default}
