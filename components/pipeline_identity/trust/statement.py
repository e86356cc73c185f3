"""One statement of a trust policy: one way into the role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity import _conditions as condition_element
from pipeline_identity._documents import Json, one_or_many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity._conditions import Condition

ASSUME_ROLE = "sts:AssumeRole"
ASSUME_ROLE_WITH_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
ASSUME_ROLE_WITH_SAML = "sts:AssumeRoleWithSAML"
TAG_SESSION = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"


@dataclass(frozen=True)
class TrustStatement:
    """Lets a principal take the actions, under conditions that must all hold."""

    sid: str
    principal: dict[str, Json]
    actions: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()

    @property
    def admits_iam_identities(self) -> bool:
        """Whether users and roles come in here, rather than identities of an identity provider."""
        return ASSUME_ROLE in self.actions

    def and_also(self, conditions: Iterable[Condition] = (), actions: Iterable[str] = ()) -> TrustStatement:
        """Returns the statement with more conditions and more actions."""
        return replace(self, conditions=(*self.conditions, *conditions), actions=(*self.actions, *actions))

    def named(self, sid: str) -> TrustStatement:
        """Returns the statement under another id."""
        return replace(self, sid=sid)

    def to_json(self) -> dict[str, Json]:
        """Returns the statement as it stands in a trust policy."""
        written: dict[str, Json] = {"Sid": self.sid, "Effect": "Allow"}
        written |= {"Principal": self.principal, "Action": one_or_many(self.actions)}
        if self.conditions:
            written["Condition"] = condition_element.to_json(self.conditions)
        return written
