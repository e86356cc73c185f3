"""The Resource element: which patterns AWS takes, and how it reads those that are cut short.

Sources: IAM user guide, "IAM JSON policy elements: Resource" and "IAM identifiers"; the texts of AWS's own rejections
(`MalformedPolicyDocument`), which name the paths of IAM's resources and the services without regions.
"""

from __future__ import annotations

from iam_guardrails.language import arns, patterns
from iam_guardrails.language.unknown import UNKNOWN

_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "role-template/",
    "delegation-request/",
)
# What S3 has beside buckets and their objects; all of these are in a region.
_S3_IN_REGIONS = ("accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens/", "storage-lens-group/")


def completed(resource: str) -> str:
    """An ARN with as many parts as an ARN has: AWS takes `*` for each one that is missing.

    >>> completed("arn:aws:logs:*")
    'arn:aws:logs:*:*:*'
    """
    parts = resource.count(":")
    if parts >= 5 or parts < 2 or not resource.startswith("arn:") or "::" in resource:
        return resource
    return resource + ":*" * (5 - parts)


def refusal(resource: str) -> str | None:
    """Why AWS rejects a resource pattern, or None where it takes it.

    Args:
        resource: the pattern in full, each policy variable taken for a wildcard.
    """
    if not arns.is_pattern(resource.replace(UNKNOWN, "*")):
        return f'"{resource}" is no ARN'
    _, _, service, region, _, rest = resource.split(":", 5)
    if UNKNOWN in region or rest.startswith(UNKNOWN):
        return None
    if service == "iam" and region:
        return f'"{resource}" has a region, but no ARN of IAM has one'
    if service == "iam" and rest not in ("*", "root") and not _is_in(_IAM_PATHS, rest):
        return f'"{resource}" names nothing that IAM has: the last part is "*", "root" or starts with ' + ", ".join(
            _IAM_PATHS
        )
    if service == "s3" and region and not rest.startswith("*") and not _is_in(_S3_IN_REGIONS, rest):
        return f'"{resource}" has a region, but no ARN of a bucket or an object has one'
    return None


def _is_in(paths: tuple[str, ...], rest: str) -> bool:
    """Whether a pattern starts with one of the paths, or with a part of one before a wildcard (`role*`)."""
    start = patterns.literal_start(rest)
    return rest.startswith(paths) or (0 < len(start) < len(rest) and any(one.startswith(start) for one in paths))
