"""The settings of a user's keys: what the component makes of its arguments, before anything exists."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._formats import kms_key_or_alias
from pipeline_identity._reading.arguments import Arguments, late, one_of, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.keys import ages, rotation
from pipeline_identity.keys.pgp import public_key

_MAX_AGE_DAYS = 90
_STORE_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_LONGEST_STORE_NAME = 512


class KeySecret(str, Enum):
    """Where the secret of a key goes. What each way leaves in Pulumi's state: `docs/keys.md`."""

    STATE = "state"
    """Into an output, which Pulumi encrypts in its state."""

    PGP = "pgp"
    """
    Into an output, encrypted with the PGP key: only the owner of that key can read it. The state never has the secret
    itself.
    """

    SECRETS_MANAGER = "secrets-manager"
    """Into a secret of AWS Secrets Manager, encrypted with the KMS key, and encrypted into the state."""

    PARAMETER_STORE = "parameter-store"
    """Into a parameter of AWS Systems Manager, encrypted with the KMS key, and encrypted into the state."""

    OUTSIDE = "outside"
    """No key is made here: somebody makes the keys of the user elsewhere. The state never has them."""

    @property
    def is_store(self) -> bool:
        """Whether a service of AWS keeps the secret."""
        return self in (KeySecret.SECRETS_MANAGER, KeySecret.PARAMETER_STORE)


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    KeySecretInput = KeySecret | Literal["state", "pgp", "secrets-manager", "parameter-store", "outside"]
else:
    KeySecretInput = KeySecret


class Keys(TypedDict):
    """The access keys of a pipeline's user."""

    rotation: NotRequired[int]
    """
    The steps of rotation that have been taken: 0 (the default) for the first key. Add 1 for each step, and deploy: a
    new key is made, then handed out, then the old one is made inactive, then it is deleted. Other orders are rejected.
    """

    max_age_days: NotRequired[int]
    """The age at which a key is due to be replaced, in days: 1 to 3,650. 90 by default."""

    secret: NotRequired[KeySecretInput]
    """
    Where the secrets of keys go: `state` (the default), `pgp`, `secrets-manager`, `parameter-store` or `outside`. To
    or from `pgp`, it holds for keys that are made from then on.
    """

    pgp_key: NotRequired[str]
    """
    A public PGP key in base64, as `gpg --export KEY | base64` writes it, or `keybase:` and a name there. Required with
    `pgp`.
    """

    kms_key_arn: NotRequired[Input[str]]
    """The ARN of the KMS key with which the store encrypts. Required with `secrets-manager` and `parameter-store`."""

    store_name: NotRequired[str]
    """
    The name of the secret or parameter. By default the user's path and name and `access-key`, such as
    `/pipelines/site-pipeline/access-key`.
    """


@dataclass(frozen=True)
class KeySettings:
    """The arguments of `Keys`, checked."""

    rotation: rotation.Rotation
    max_age_days: int
    secret: KeySecret
    pgp_key: str | None
    kms_key_arn: str | None
    store_name: str


def read_keys(arguments: Arguments, path: str, user_name: str, *, suspended: bool) -> KeySettings:
    """Reads `Keys`.

    Args:
        arguments: The arguments of the keys.
        path: The user's IAM path.
        user_name: The user's name; empty when it was rejected.
        suspended: Whether the user is suspended. No key is made then, so that a PGP key may have expired meanwhile.
    """
    # A user must be suspended even on the day after the PGP key's last one.
    now = 0 if suspended else None
    secret = arguments.optional("secret", one_of(KeySecret), KeySecret.STATE)
    settings = KeySettings(
        rotation=rotation.Rotation(arguments.optional("rotation", rotation.step, 0)),
        max_age_days=arguments.optional("max_age_days", ages.max_age_days, _MAX_AGE_DAYS),
        secret=secret,
        pgp_key=arguments.optional("pgp_key", lambda value: _pgp_key(value, now), None),
        kms_key_arn=arguments.optional("kms_key_arn", late(kms_key_or_alias), None),
        store_name=arguments.optional("store_name", _store_name, f"{path}{user_name}/access-key"),
    )
    arguments.no_others()
    _need(arguments, "pgp_key", "the public key of whoever gets the secret", needed=secret is KeySecret.PGP)
    _need(arguments, "kms_key_arn", "the ARN of a KMS key", needed=secret.is_store)
    if secret.is_store and not _STORE_NAME.fullmatch(settings.store_name) and user_name and not arguments.failed:
        arguments.refuse(
            ("store_name",),
            settings.store_name,
            "is made of path and user name, and is not a name for it",
            "give another",
        )
    if secret is KeySecret.OUTSIDE and settings.rotation.step:
        arguments.refuse(("rotation",), settings.rotation.step, "rotates keys that are not made here", "leave it out")
    return settings


def _need(arguments: Arguments, name: str, what: str, *, needed: bool) -> None:
    given = arguments.given(name)
    if needed and not given:
        arguments.refuse((name,), None, "is missing", f"set it to {what}")
    if given and not needed and not arguments.failed:
        arguments.refuse((name,), None, "says nothing for secrets that go elsewhere", "leave it out, or change secret")


def _pgp_key(value: object, now: float | None) -> str:
    written = text(value)
    if re.fullmatch(r"keybase:[A-Za-z0-9_]+", written):
        return written
    return public_key(written, now=now)


def _store_name(value: object) -> str:
    name = text(value)
    if not _STORE_NAME.fullmatch(name) or len(name) > _LONGEST_STORE_NAME:
        raise Refusal("is not a name for a secret or parameter", "use letters, digits, _ . - and single / between")
    return name
