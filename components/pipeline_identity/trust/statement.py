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
        """Whether users and roles come in here, rather than services or identities of an identity provider."""
        return ASSUME_ROLE in self.actions and "Service" not in self.principal

    def merged_with(self, other: TrustStatement, key: str) -> TrustStatement | None:
        """Returns one statement that lets in whom either of two lets in, and nobody else; None if there is none.

        Args:
            other: The other statement.
            key: The condition key in whose values alone the two may differ.
        """
        if (self.principal, self.actions) != (other.principal, other.actions):
            return None
        mine, theirs = _split(self.conditions, key), _split(other.conditions, key)
        if mine is None or theirs is None or mine[1] != theirs[1]:
            return None
        # An exact value holds no wildcard, so that StringLike compares it exactly as well.
        operators = {mine[0].operator, theirs[0].operator}
        if not operators <= {"StringEquals", "StringLike"}:
            return None
        values = tuple(dict.fromkeys((*mine[0].values, *theirs[0].values)))
        merged = replace(mine[0], operator=max(operators), values=values)
        return replace(self, conditions=tuple(merged if one is mine[0] else one for one in self.conditions))

    def and_also(self, conditions: Iterable[Condition] = (), actions: Iterable[str] = ()) -> TrustStatement:
        """Returns the statement with more conditions and more actions."""
        return replace(self, conditions=(*self.conditions, *conditions), actions=(*self.actions, *actions))

    def named(self, sid: str) -> TrustStatement:
        """Returns the statement under another id."""
        return replace(self, sid=sid)

    @property
    def provider(self) -> str:
        """What keys of the tokens begin with that come in here; empty for others than identity providers."""
        arn = str(self.principal.get("Federated", ""))
        if ":saml-provider/" in arn:
            return "saml"
        # The providers that AWS knows by itself, such as Google, have no ARN.
        return arn.partition(":oidc-provider/")[2] if arn.startswith("arn:") else arn

    def to_json(self) -> dict[str, Json]:
        """Returns the statement as it stands in a trust policy."""
        written: dict[str, Json] = {"Sid": self.sid, "Effect": "Allow"}
        written |= {"Principal": self.principal, "Action": one_or_many(self.actions)}
        if self.conditions:
            written["Condition"] = condition_element.to_json(self.conditions)
        return written


def _split(conditions: tuple[Condition, ...], key: str) -> tuple[Condition, set[Condition]] | None:
    """The one condition on a key, and the others."""
    found = [one for one in conditions if one.key == key]
    return (found[0], {*conditions} - {found[0]}) if len(found) == 1 else None
