"""The arguments that say who may assume a role."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from typing import TypedDict

from typing_extensions import NotRequired


class Trust(TypedDict):
    """Who may assume the role. Everybody who is not named here is refused."""

    users: NotRequired[list[str]]
    """ARNs of IAM users, such as `arn:aws:iam::111122223333:user/pipelines/site`. Each must exist before the role."""
