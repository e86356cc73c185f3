"""Policy documents as JSON text, with the sizes that AWS allows.

Sizes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, "Json"] | list["Json"] | str
"""What a policy document is made of."""

LARGEST_USER_POLICIES = 2_048
"""All inline policies of a user together, in characters without white space."""

LARGEST_ROLE_POLICIES = 10_240
"""All inline policies of a role together, in characters without white space."""

KEPT_FOR_SUSPENSION = 200
"""What of a user's or role's inline policies stays free, in characters, so that it can be suspended at any time."""

LARGEST_MANAGED_POLICY = 6_144
"""A managed policy, in characters without white space."""

LARGEST_GROUP_POLICIES = 5_120
"""All inline policies of a group together, in characters without white space."""

LARGEST_TRUST_POLICY = 2_048
"""A role's trust policy, in characters, unless AWS has raised the account's quota."""


_DOCUMENT_TEXT = re.compile(r"[\t\n\r\u0020-\u00ff]*")


def document(statements: Iterable[Json]) -> str:
    """Writes statements as a policy document, without white space, as AWS counts its size."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"), ensure_ascii=False
    )


def is_document_text(value: str) -> bool:
    """Tells whether AWS takes this text in a policy: tabs, line ends and Latin characters up to ÿ.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (AssumeRolePolicyDocument).
    """
    return _DOCUMENT_TEXT.fullmatch(value) is not None


def one_or_many(values: Sequence[str]) -> Json:
    """Returns a single value as text and several as a list, as IAM itself shows them."""
    return values[0] if len(values) == 1 else list(values)
