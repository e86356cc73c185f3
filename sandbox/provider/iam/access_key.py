"""``aws:iam/accessKey:AccessKey``."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import reduce
from typing import TYPE_CHECKING

from sandbox.provider import pgp
from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Property
from sandbox.provider.values import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties, Value

_CLEAR = ("secret", "sesSmtpPasswordV4")
_SMTP_VERSION = b"\x04"


class AccessKey(Resource):
    """A key of a user. Only its status changes in place; its secret is told once, when it is made."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "pgpKey": Property(replaces=True, kept=True),
        "status": Property(default="Active", only=("Active", "Inactive")),
        "user": Property(required=True, replaces=True),
    }
    outputs = ("createDate", "encryptedSecret", "encryptedSesSmtpPasswordV4", "keyFingerprint", *_CLEAR)

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the key; an inactive one is made active and switched off at once."""
        if new.text("pgpKey"):
            # Refuses what is no key, before there is a secret that nobody could be given.
            pgp.fingerprint(new.text("pgpKey"))
        key = aws.iam.create_access_key(UserName=new.text("user"))["AccessKey"]
        created = Created(
            key["AccessKeyId"], _secrets(key["SecretAccessKey"], new.text("pgpKey"), aws.configuration.region)
        )
        if new.text("status") == "Inactive":
            aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=created.id, Status="Inactive")
        return created

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the key. An imported one is looked for by its id, as its user is not known."""
        user = state.text("user") or aws.iam.get_access_key_last_used(AccessKeyId=resource_id)["UserName"]
        for key in aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            if key.get("AccessKeyId") == resource_id:
                created = key.get("CreateDate")
                return {
                    "createDate": created.strftime("%Y-%m-%dT%H:%M:%SZ") if created else None,
                    **{name: Secret(state.text(name)) for name in _CLEAR if state.text(name)},
                    "status": key.get("Status"),
                    "user": user,
                }
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Switch the key on or off."""
        status = "Inactive" if new.text("status") == "Inactive" else "Active"
        aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=resource_id, Status=status)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the key."""
        aws.iam.delete_access_key(UserName=state.text("user"), AccessKeyId=resource_id)


def _secrets(secret: str, pgp_key: str, region: str) -> Mapping[str, Value]:
    """The secret, and the password for SES that is made from it: in the clear, or encrypted when there is a PGP key."""
    password = _smtp_password(secret, region)
    if not pgp_key:
        return {"secret": Secret(secret), "sesSmtpPasswordV4": Secret(password)}
    return {
        "encryptedSecret": pgp.encrypt(secret, pgp_key),
        "encryptedSesSmtpPasswordV4": pgp.encrypt(password, pgp_key),
        "keyFingerprint": pgp.fingerprint(pgp_key),
    }


def _smtp_password(secret: str, region: str) -> str:
    # https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html, "Obtaining Amazon SES SMTP credentials by
    # converting existing AWS credentials".
    steps = ("11111111", region, "ses", "aws4_request", "SendRawEmail")
    signed = reduce(
        lambda key, step: hmac.new(key, step.encode(), hashlib.sha256).digest(), steps, f"AWS4{secret}".encode()
    )
    return base64.b64encode(_SMTP_VERSION + signed).decode()
