"""One statement of a trust policy.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html and the policy grammar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity import conditions as condition_element
from pipeline_identity.documents import Json, one_or_many

if TYPE_CHECKING:
    from pipeline_identity.conditions import Condition


@dataclass(frozen=True)
class TrustStatement:
    """Lets a principal take the actions, under conditions that must all hold."""

    sid: str
    principal: dict[str, Json]
    actions: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Returns the statement as it stands in a trust policy."""
        written: dict[str, Json] = {"Sid": self.sid, "Effect": "Allow"}
        written |= {"Principal": self.principal, "Action": one_or_many(self.actions)}
        if self.conditions:
            written["Condition"] = condition_element.to_json(self.conditions)
        return written
