"""Policies inside a user, a role or a group: three types that differ in their owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.provider.iam.limits import NAME
from sandbox.provider.iam.role import document
from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class _InlinePolicy(Resource):
    """A policy inside an entity. Its id is the entity's name and its own, with a colon between."""

    owner: ClassVar[str]
    named = "name"

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the policy in."""
        self._put(aws, new)
        return Created(f"{new.text(self.owner)}:{new.text('name')}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the policy."""
        owner, _, name = resource_id.partition(":")
        found: dict[str, Any] = self._call(aws, "get")(**{f"{self.owner.title()}Name": owner, "PolicyName": name})
        return {"name": name, "policy": document(found["PolicyDocument"]), self.owner: owner}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the policy in again."""
        self._put(aws, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Take the policy out."""
        owner, _, name = resource_id.partition(":")
        self._call(aws, "delete")(**{f"{self.owner.title()}Name": owner, "PolicyName": name})

    def _put(self, aws: Aws, new: Properties) -> None:
        self._call(aws, "put")(
            **{
                f"{self.owner.title()}Name": new.text(self.owner),
                "PolicyName": new.text("name"),
                "PolicyDocument": new.text("policy"),
            }
        )

    def _call(self, aws: Aws, verb: str) -> Any:
        return getattr(aws.client("iam"), f"{verb}_{self.owner}_policy")


def _properties(owner: str) -> dict[str, Property]:
    return {
        "name": Property(replaces=True, limit=NAME),
        "policy": Property(Kind.DOCUMENT, required=True),
        owner: Property(required=True, replaces=True),
    }


class RolePolicy(_InlinePolicy):
    """A policy inside a role."""

    token = "aws:iam/rolePolicy:RolePolicy"  # noqa: S105 - a type, no secret
    owner = "role"
    properties = _properties("role")


class UserPolicy(_InlinePolicy):
    """A policy inside a user."""

    token = "aws:iam/userPolicy:UserPolicy"  # noqa: S105 - a type, no secret
    owner = "user"
    properties = _properties("user")


class GroupPolicy(_InlinePolicy):
    """A policy inside a group."""

    token = "aws:iam/groupPolicy:GroupPolicy"  # noqa: S105 - a type, no secret
    owner = "group"
    properties = _properties("group")
