"""This team's own policy, and the rules of iam-guardrails as ordinary policies beside it."""

from iam_guardrails.pack.sdk import iam_policies
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def named_bucket(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    """Buckets have names that people chose."""
    if args.resource_type == "aws:s3/bucket:Bucket" and not args.props.get("bucket"):
        report_violation("give the bucket a name", None)


PolicyPack(
    "acme",
    policies=[
        *iam_policies(),
        ResourceValidationPolicy(
            "named-buckets", "Buckets have names that people chose", named_bucket, EnforcementLevel.MANDATORY
        ),
    ],
)
