"""The only policies a role or a user may have: whatever else is found there goes.

Removing such a resource from a program changes nothing in AWS, as with the real provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.provider.iam.attachments import attached
from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class _Exclusive(Resource):
    """A list of the only policies of an entity, whose name is the id."""

    owner: ClassVar[str]
    listed: ClassVar[str]

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the list true."""
        name = new.text(f"{self.owner}Name")
        self._make_true(aws, name, set(new.texts(self.listed)))
        return Created(name)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask which policies there are."""
        return {f"{self.owner}Name": resource_id, self.listed: [*sorted(self._present(aws, resource_id))]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Make the list true again."""
        self._make_true(aws, resource_id, set(new.texts(self.listed)))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Leave everything as it is."""

    def _make_true(self, aws: Aws, name: str, wanted: set[str]) -> None:
        present = self._present(aws, name)
        for policy in sorted(wanted - present):
            self._add(aws, name, policy)
        for policy in sorted(present - wanted):
            self._call(aws, self.remover, name, policy)

    remover: ClassVar[str]

    def _present(self, aws: Aws, name: str) -> set[str]:
        raise NotImplementedError

    def _add(self, aws: Aws, name: str, policy: str) -> None:
        raise NotImplementedError

    def _call(self, aws: Aws, verb: str, name: str, policy: str) -> None:
        key = "PolicyArn" if verb in ("attach", "detach") else "PolicyName"
        call = getattr(aws.client("iam"), f"{verb}_{self.owner}_policy")
        call(**{f"{self.owner.title()}Name": name, key: policy})


class _ExclusiveInline(_Exclusive):
    listed = "policyNames"
    remover = "delete"

    def _present(self, aws: Aws, name: str) -> set[str]:
        call = getattr(aws.client("iam"), f"list_{self.owner}_policies")
        return set(call(**{f"{self.owner.title()}Name": name})["PolicyNames"])

    def _add(self, aws: Aws, name: str, policy: str) -> None:  # noqa: ARG002
        raise LookupError(
            f"policyNames names {policy!r}, and {self.owner} {name!r} has no such inline policy: "
            "declare it, and let this resource depend on it."
        )


class _ExclusiveAttached(_Exclusive):
    listed = "policyArns"
    remover = "detach"

    def _present(self, aws: Aws, name: str) -> set[str]:
        return set(attached(aws, self.owner, name))

    def _add(self, aws: Aws, name: str, policy: str) -> None:
        self._call(aws, "attach", name, policy)


def _properties(owner: str, listed: str) -> dict[str, Property]:
    return {
        f"{owner}Name": Property(required=True, replaces=True),
        listed: Property(Kind.TEXTS, required=True),
    }


class RolePoliciesExclusive(_ExclusiveInline):
    """The only policies inside a role."""

    token = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"  # noqa: S105 - a type, no secret
    owner = "role"
    properties = _properties("role", "policyNames")


class UserPoliciesExclusive(_ExclusiveInline):
    """The only policies inside a user."""

    token = "aws:iam/userPoliciesExclusive:UserPoliciesExclusive"  # noqa: S105 - a type, no secret
    owner = "user"
    properties = _properties("user", "policyNames")


class RolePolicyAttachmentsExclusive(_ExclusiveAttached):
    """The only managed policies of a role."""

    token = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"  # noqa: S105 - a type, no secret
    owner = "role"
    properties = _properties("role", "policyArns")


class UserPolicyAttachmentsExclusive(_ExclusiveAttached):
    """The only managed policies of a user."""

    token = "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive"  # noqa: S105 - a type, no secret
    owner = "user"
    properties = _properties("user", "policyArns")
