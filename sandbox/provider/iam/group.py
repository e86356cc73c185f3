"""Groups, and who is in them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sandbox.provider.errors import unless
from sandbox.provider.iam.limits import NAME, PATH
from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Kind, Property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


class Group(Resource):
    """A group. Its name and path change in place."""

    token = "aws:iam/group:Group"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "name": Property(limit=NAME),
        "path": Property(default="/", limit=PATH),
    }
    outputs = ("arn", "uniqueId")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the group."""
        return Created(aws.iam.create_group(GroupName=new.text("name"), Path=new.text("path"))["Group"]["GroupName"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the group."""
        group = aws.iam.get_group(GroupName=resource_id)["Group"]
        return {"arn": group["Arn"], "name": group["GroupName"], "path": group["Path"], "uniqueId": group["GroupId"]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Rename or move the group."""
        aws.iam.update_group(GroupName=resource_id, NewGroupName=new.text("name"), NewPath=new.text("path"))

    def id_after_update(self, resource_id: str, new: Properties) -> str:  # noqa: ARG002
        """Follow the name."""
        return new.text("name")

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the group."""
        aws.iam.delete_group(GroupName=resource_id)


class GroupMembership(Resource):
    """All users of a group. It knows the group only from its state, so it cannot be imported."""

    token = "aws:iam/groupMembership:GroupMembership"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "group": Property(required=True, replaces=True),
        "name": Property(replaces=True),
        "users": Property(Kind.TEXTS, required=True),
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the users in."""
        for user in new.texts("users"):
            aws.iam.add_user_to_group(GroupName=new.text("group"), UserName=user)
        return Created(new.text("name"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask who is in the group."""
        if not state.text("group"):
            raise LookupError(f"{self.token} cannot be imported: {resource_id!r} does not say which group it is of.")
        pages = aws.iam.get_paginator("get_group").paginate(GroupName=state.text("group"))
        users = [user["UserName"] for page in pages for user in page["Users"]]
        return {"group": state.text("group"), "name": resource_id, "users": [*users]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put users in and take users out."""
        before, after = set(old.texts("users")), set(new.texts("users"))
        for user in sorted(before - after):
            _remove(aws, user, [new.text("group")])
        for user in sorted(after - before):
            aws.iam.add_user_to_group(GroupName=new.text("group"), UserName=user)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Take the users out."""
        for user in state.texts("users"):
            _remove(aws, user, [state.text("group")])


class UserGroupMembership(Resource):
    """Some groups of a user: others it is in stay as they are. Imported as ``user/group/group``."""

    token = "aws:iam/userGroupMembership:UserGroupMembership"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "groups": Property(Kind.TEXTS, required=True),
        "user": Property(required=True, replaces=True),
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the user in."""
        for group in new.texts("groups"):
            aws.iam.add_user_to_group(GroupName=group, UserName=new.text("user"))
        return Created(f"membership-{uuid.uuid4()}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask which of the groups the user is in."""
        user, *groups = [state.text("user"), *state.texts("groups")] if state else resource_id.split("/")
        pages = aws.iam.get_paginator("list_groups_for_user").paginate(UserName=user)
        present = [group["GroupName"] for page in pages for group in page["Groups"]]
        return {"groups": [group for group in present if group in groups], "user": user}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the user into groups and take it out of others."""
        before, after = set(old.texts("groups")), set(new.texts("groups"))
        _remove(aws, new.text("user"), sorted(before - after))
        for group in sorted(after - before):
            aws.iam.add_user_to_group(GroupName=group, UserName=new.text("user"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Take the user out."""
        _remove(aws, state.text("user"), state.texts("groups"))


def _remove(aws: Aws, user: str, groups: Iterable[str]) -> None:
    """Take a user out of groups; it is no error when the user, or a group, is no more."""
    for group in groups:
        with unless("NoSuchEntity"):
            aws.iam.remove_user_from_group(GroupName=group, UserName=user)
