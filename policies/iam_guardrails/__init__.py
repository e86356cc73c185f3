"""Reads AWS IAM policy documents as AWS does, and refuses what would hand out too much.

The names below are the library's promise; everything else may change. None of it needs more than the standard
library.
"""

from iam_guardrails.checks import (
    check_document,
    check_identity,
    check_identity_policy,
    check_managed_policies,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails.findings import Finding
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.settings import InvalidSetting, Settings, TrustedIdentityProvider

__all__ = [
    "UNKNOWN",
    "Finding",
    "InvalidSetting",
    "Settings",
    "TrustedIdentityProvider",
    "check_document",
    "check_identity",
    "check_identity_policy",
    "check_managed_policies",
    "check_resource_policy",
    "check_trust_policy",
]
