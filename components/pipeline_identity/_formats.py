"""Texts of a fixed form: regions, buckets, keys and the like, each in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_identity._reading.arguments import text
from pipeline_identity._reading.errors import Refusal

if TYPE_CHECKING:
    from pipeline_identity._reading.arguments import Parser


def matching(form: str, reason: str, fix: str) -> Parser[str]:
    """Returns a parser of text that has a form.

    Args:
        form: A regular expression for the whole text.
        reason: What is said of other text, such as "is not the name of a region".
        fix: What to write instead.
    """
    compiled = re.compile(form)

    def parse(value: object) -> str:
        written = text(value)
        if not compiled.fullmatch(written):
            raise Refusal(reason, fix)
        return written

    return parse


region = matching(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+", "is not the name of a region", "write it like eu-west-1")
"""Checks the name of a region: https://docs.aws.amazon.com/general/latest/gr/rande.html."""

bucket = matching(
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "is not the name of a bucket",
    "write its name alone: 3 to 63 small letters, digits, dots and -",
)
"""Checks the name of a bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""

_KMS = "arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:"
_NOT_A_KEY = "is not the ARN of a KMS key"
_LIKE_A_KEY = "write it like arn:aws:kms:eu-west-1:111122223333:key/1234abcd-..."

kms_key = matching(rf"{_KMS}key/[A-Za-z0-9-]+", _NOT_A_KEY, _LIKE_A_KEY)
"""Checks the ARN of a KMS key: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN."""

kms_key_or_alias = matching(rf"{_KMS}(?:key|alias)/[A-Za-z0-9/_-]+", _NOT_A_KEY, _LIKE_A_KEY)
"""Checks the ARN of a KMS key or of an alias."""

organization_id = matching(
    r"o-[a-z0-9]{10,32}",
    "is not the id of an organization",
    "write it as AWS Organizations shows it, such as o-a1b2c3d4e5",
)
"""Checks an organization's id."""
