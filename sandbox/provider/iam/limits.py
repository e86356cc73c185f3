"""What IAM accepts as names, so that a bad one is refused before anything is made.

Source: "IAM and STS quotas" in the IAM user guide; which names the real provider checks, and how, is in
``internal/service/iam`` of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from sandbox.provider.schema import matching

_NAME = r"[0-9A-Za-z+=,.@_-]+"
_SPELLED = "letters, digits and + = , . @ _ -"

ENTITY_NAME = matching(_NAME, _SPELLED, 64)
"""The name of a user or a role."""

NAME = matching(_NAME, _SPELLED, 128)
"""The name of a policy, a group or an instance profile."""

PATH = matching(r"/|/[\x21-\x7e]{0,510}/", "a path that starts and ends with /", 512)
"""A path."""

ARN = matching(r"arn:aws[a-z-]*:.*", "an ARN")
"""An ARN."""
