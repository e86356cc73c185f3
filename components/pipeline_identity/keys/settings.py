"""The settings of a user's keys: what the component makes of its arguments, before anything exists."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from typing import TypedDict

from typing_extensions import NotRequired

from pipeline_identity.arguments import Arguments
from pipeline_identity.keys import ages, rotation

_MAX_AGE_DAYS = 90


class Keys(TypedDict):
    """The access keys of a pipeline's user."""

    rotation: NotRequired[int]
    """
    The steps of rotation that have been taken: 0 (the default) for the first key. Add 1 for each step, and deploy: a
    new key is made, then handed out, then the old one is made inactive, then it is deleted. Other orders are refused.
    """

    max_age_days: NotRequired[int]
    """The age at which a key is due to be replaced, in days: 1 to 3,650. 90 by default."""


@dataclass(frozen=True)
class KeySettings:
    """The arguments of `Keys`, checked."""

    rotation: rotation.Rotation
    max_age_days: int


def read_keys(arguments: Arguments) -> KeySettings:
    """Reads `Keys`."""
    settings = KeySettings(
        rotation=rotation.Rotation(arguments.optional("rotation", rotation.step, 0)),
        max_age_days=arguments.optional("max_age_days", ages.max_age_days, _MAX_AGE_DAYS),
    )
    arguments.no_others()
    return settings
