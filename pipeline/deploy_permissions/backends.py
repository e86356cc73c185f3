"""What Pulumi itself needs beside a deployment's resources: its state in S3, its secrets under a key of KMS.

Sources: Pulumi's documentation, "State and backends" and "Secrets", for the URLs; the layout below `.pulumi/` and the
order of its calls are those of the engine's `backend/diy` package. A preview reads; an update also writes, locks and
takes backups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from deploy_permissions.needs import Conditions, Need
from deploy_permissions.scopes import Place

STATE, SECRETS = "pulumi:state", "pulumi:secrets"


class InvalidUrl(ValueError):
    """A URL that is no state backend or secrets provider in AWS. The text says what is wrong, and what to write."""


def state_needs(url: str, place: Place) -> Iterator[Need]:
    """What the state in a bucket of S3 asks for.

    Args:
        url: The backend, such as `s3://acme-state/team?region=eu-west-1`.
        place: Where the deployment runs: its partition.

    Raises:
        InvalidUrl: It is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc):
        raise InvalidUrl(f"{url!r} is no state backend in S3; write it like s3://acme-state/team?region=eu-west-1")
    bucket = f"arn:{place.partition}:s3:::{parts.netloc}"
    objects = f"{bucket}/{parts.path.strip('/')}/.pulumi/*".replace("//", "/")
    why = "Pulumi keeps the state there"
    yield Need("s3:ListBucket", (bucket,), STATE, "read", why)
    yield Need("s3:GetObject", (objects,), STATE, "read", why)
    yield Need("s3:PutObject", (objects,), STATE, "update", why)
    yield Need("s3:DeleteObject", (objects,), STATE, "update", why)


def secrets_needs(url: str, place: Place) -> Iterator[Need]:
    """What secrets under a key of KMS ask for.

    Args:
        url: The provider, such as `awskms://alias/pulumi?region=eu-west-1`, or with a key's id or ARN.
        place: Where the deployment runs: account, region and partition of a key that is not named by its ARN.

    Raises:
        InvalidUrl: It is no such URL.
    """
    found = re.fullmatch(r"awskms://(/?)([^?]+)(\?.*)?", url)
    if found is None:
        raise InvalidUrl(f"{url!r} is no secrets provider of KMS; write it like awskms://alias/pulumi?region=eu-west-1")
    key = found[2].strip("/")
    region = parse_qs((found[3] or "?")[1:]).get("region", [place.region])[0]
    prefix = f"arn:{place.partition}:kms:{region}:{place.account}:key/"
    conditions: Conditions = ()
    arn = key if key.startswith("arn:") and ":key/" in key else prefix + key
    if "alias/" in key:
        arn = f"{prefix}*"
        conditions = (("ForAnyValue:StringEquals", "kms:ResourceAliases", (f"alias/{key.partition('alias/')[2]}",)),)
    why = "Pulumi keeps secrets under it"
    yield Need("kms:Decrypt", (arn,), SECRETS, "read", why, conditions)
    yield Need("kms:Encrypt", (arn,), SECRETS, "update", why, conditions)
