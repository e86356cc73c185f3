"""Managed policies attached to a role, a user or a group: three types that differ in their owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class _Attachment(Resource):
    """An attachment. Its id is the owner's name and the ARN of the policy, with a slash between."""

    owner: ClassVar[str]

    def create(self, aws: Aws, new: Properties) -> Created:
        """Attach the policy."""
        owner, arn = new.text(self.owner), new.text("policyArn")
        self._call(aws, "attach", owner, arn)
        return Created(f"{owner}/{arn}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Look for the policy among those attached."""
        owner, arn = self._parts(resource_id, state)
        return {self.owner: owner, "policyArn": arn} if arn in attached(aws, self.owner, owner) else None

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Detach the policy."""
        self._call(aws, "detach", *self._parts(resource_id, state))

    def _parts(self, resource_id: str, state: Properties) -> tuple[str, str]:
        owner, _, arn = resource_id.partition("/")
        return state.text(self.owner) or owner, state.text("policyArn") or arn

    def _call(self, aws: Aws, verb: str, owner: str, arn: str) -> None:
        getattr(aws.client("iam"), f"{verb}_{self.owner}_policy")(
            **{f"{self.owner.title()}Name": owner, "PolicyArn": arn}
        )


def attached(aws: Aws, owner_kind: str, owner: str) -> list[str]:
    """The ARNs of the policies attached to an entity.

    Args:
        aws: The way to AWS.
        owner_kind: ``role``, ``user`` or ``group``.
        owner: The name of the entity.
    """
    paginator = aws.client("iam").get_paginator(f"list_attached_{owner_kind}_policies")
    pages = paginator.paginate(**{f"{owner_kind.title()}Name": owner})
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _properties(owner: str) -> dict[str, Property]:
    return {
        owner: Property(required=True, replaces=True),
        "policyArn": Property(required=True, replaces=True),
    }


class RolePolicyAttachment(_Attachment):
    """A managed policy on a role."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # noqa: S105 - a type, no secret
    owner = "role"
    properties = _properties("role")


class UserPolicyAttachment(_Attachment):
    """A managed policy on a user."""

    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"  # noqa: S105 - a type, no secret
    owner = "user"
    properties = _properties("user")


class GroupPolicyAttachment(_Attachment):
    """A managed policy on a group."""

    token = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"  # noqa: S105 - a type, no secret
    owner = "group"
    properties = _properties("group")
