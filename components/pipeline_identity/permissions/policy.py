"""What a role may do, in the policies that carry it: inline ones, or managed ones where they are too large.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline_identity._arns import partition_of, policy_arn
from pipeline_identity._documents import KEPT_FOR_SUSPENSION, LARGEST_MANAGED_POLICY, LARGEST_ROLE_POLICIES, document
from pipeline_identity._reading.arguments import mapping, one_of, whole_number
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.args import LargePolicies
from pipeline_identity.permissions.policy_document import read_document
from pipeline_identity.permissions.starter_sets import read_starter_sets
from pipeline_identity.permissions.statement import PolicyStatement, read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_identity._reading.arguments import Arguments

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_OWN_POLICY = "permissions"
_MANAGED_POLICIES = 10
_MOST_MANAGED_POLICIES = 25


@dataclass(frozen=True)
class Permissions:
    """What a role may do.

    Attributes:
        inline: Inline policies by name.
        managed: Managed policies to be made, by the end of their name.
        attached: ARNs of existing managed policies by the key that the user gave them.
    """

    inline: Mapping[str, tuple[PolicyStatement, ...]]
    managed: Mapping[str, tuple[PolicyStatement, ...]]
    attached: Mapping[str, str]

    @property
    def statements(self) -> tuple[PolicyStatement, ...]:
        """Every statement that is written here."""
        return tuple(statement for policy in (*self.inline.values(), *self.managed.values()) for statement in policy)

    @property
    def documents(self) -> dict[str, str]:
        """The policies written here as documents, by name."""
        return self.inline_documents | self.managed_documents

    @cached_property
    def inline_documents(self) -> dict[str, str]:
        """The inline policies as documents, by name."""
        return {name: as_document(policy) for name, policy in self.inline.items()}

    @cached_property
    def managed_documents(self) -> dict[str, str]:
        """The managed policies to be made as documents, by the end of their name."""
        return {name: as_document(policy) for name, policy in self.managed.items()}


def as_document(policy: tuple[PolicyStatement, ...]) -> str:
    """Writes statements as a policy document."""
    return document(statement.to_json() for statement in policy)


def read_permissions(arguments: Arguments, partition: str) -> Permissions:
    """Reads everything that says what the role may do, in the partition of the role."""
    own = [*read_starter_sets(arguments, partition), *map(read_statement, arguments.sections("permissions"))]
    policies = {_OWN_POLICY: tuple(own)} if own else {}
    policies |= _read_documents(arguments)
    attached = arguments.optional("managed_policies", _managed_policies, dict[str, str]())
    large = arguments.optional("large_policies", one_of(LargePolicies), LargePolicies.REFUSE)
    quota = arguments.optional("managed_policy_quota", _quota, _MANAGED_POLICIES)
    if not policies and not attached and not arguments.failed:
        arguments.refuse(
            ("permissions",), None, "is missing or empty", "write at least one statement, or name a policy"
        )
    if arguments.failed:
        return Permissions({}, {}, {})
    for name, policy in policies.items():
        _refuse_repeated_sids(arguments, name, policy)
        _refuse_other_partitions(arguments, name, policy, partition)
    _refuse_foreign_policies(arguments, attached, partition)
    permissions = _fit(arguments, policies, attached, large)
    _refuse_too_many(arguments, permissions, quota)
    return permissions


def _read_documents(arguments: Arguments) -> dict[str, tuple[PolicyStatement, ...]]:
    documents = arguments.optional("policy_documents", _keyed, dict[str, object]())
    return {
        key: read_document(value, arguments.problems, (*arguments.path, "policy_documents", key))
        for key, value in documents.items()
    }


def _fit(
    arguments: Arguments,
    policies: dict[str, tuple[PolicyStatement, ...]],
    attached: dict[str, str],
    large: LargePolicies,
) -> Permissions:
    inline = Permissions(policies, {}, attached)
    size = sum(map(len, inline.inline_documents.values())) + KEPT_FOR_SUSPENSION
    if size <= LARGEST_ROLE_POLICIES:
        return inline
    if large is LargePolicies.REFUSE:
        arguments.refuse(
            ("permissions",),
            None,
            f"make, with {KEPT_FOR_SUSPENSION} kept for what suspends, policies "
            f"of {size} characters, and AWS takes {LARGEST_ROLE_POLICIES} inline",
            "shorten them, or set large_policies to split",
        )
        return inline
    packed = _pack(arguments, [statement for policy in policies.values() for statement in policy])
    return Permissions(
        {}, {f"{_OWN_POLICY}-{number}": tuple(policy) for number, policy in enumerate(packed, 1)}, attached
    )


def _refuse_too_many(arguments: Arguments, permissions: Permissions, quota: int) -> None:
    made, attached = len(permissions.managed), len(permissions.attached)
    if made + attached > quota:
        arguments.refuse(
            ("permissions" if made else "managed_policies",),
            None,
            f"need {made + attached} managed policies, and AWS attaches {quota} to a role",
            "shorten them, or set managed_policy_quota when AWS has raised it for the account",
        )


def _pack(arguments: Arguments, statements: list[PolicyStatement]) -> list[list[PolicyStatement]]:
    packed: list[list[PolicyStatement]] = []
    for statement in statements:
        sids = {other.sid for other in packed[-1]} if packed else set[str]()
        fits = bool(packed) and len(as_document((*packed[-1], statement))) <= LARGEST_MANAGED_POLICY
        if fits and not (statement.sid and statement.sid in sids):
            packed[-1].append(statement)
        else:
            packed.append([statement])
        if len(as_document((statement,))) > LARGEST_MANAGED_POLICY:
            arguments.refuse(
                ("permissions",),
                None,
                f"have a statement larger than the {LARGEST_MANAGED_POLICY} characters of a managed policy",
                "make two statements of it",
            )
    return packed


def _refuse_repeated_sids(arguments: Arguments, name: str, policy: tuple[PolicyStatement, ...]) -> None:
    seen: set[str] = set()
    for statement in policy:
        if statement.sid and statement.sid in seen:
            arguments.refuse(
                _place_of(name), statement.sid, "is the id of two statements of one policy", "give each its own"
            )
        seen.add(statement.sid)


def _refuse_other_partitions(
    arguments: Arguments, name: str, policy: tuple[PolicyStatement, ...], partition: str
) -> None:
    for resource in (resource for statement in policy for resource in statement.resources):
        if resource != "*" and partition_of(resource) != partition:
            arguments.refuse(
                _place_of(name), resource, f"lies outside the partition {partition}", f"begin it with arn:{partition}:"
            )


def _refuse_foreign_policies(arguments: Arguments, attached: dict[str, str], partition: str) -> None:
    for key, arn in attached.items():
        if partition_of(arn) != partition:
            arguments.refuse(
                ("managed_policies", key),
                arn,
                f"lies outside the partition {partition}",
                f"begin it with arn:{partition}:",
            )
    if len(set(attached.values())) < len(attached):
        arguments.refuse(("managed_policies",), attached, "names a policy twice", "keep one key for each policy")


def _quota(value: object) -> int:
    count = whole_number(value)
    if not _MANAGED_POLICIES <= count <= _MOST_MANAGED_POLICIES:
        raise Refusal("is not a quota that AWS grants", f"use {_MANAGED_POLICIES} to {_MOST_MANAGED_POLICIES}")
    return count


def _place_of(name: str) -> tuple[str, ...]:
    return ("permissions",) if name == _OWN_POLICY else ("policy_documents", name)


def _keyed(value: object) -> dict[str, object]:
    entries = mapping(value)
    for key in entries:
        if not _KEY.fullmatch(key):
            raise Refusal(f"has the key {key!r}", "begin it with a letter, and use up to 64 letters, digits and -")
        if key == _OWN_POLICY or key.startswith(f"{_OWN_POLICY}-"):
            raise Refusal(f"has the key {key!r}, which the typed statements have", "choose another")
    return dict(entries)


def _managed_policies(value: object) -> dict[str, str]:
    return {key: _policy_arn(key, arn) for key, arn in _keyed(value).items()}


def _policy_arn(key: str, value: object) -> str:
    try:
        return policy_arn(value)
    except Refusal as refusal:
        raise Refusal(f"has under {key!r} what {refusal.reason}", refusal.fix) from None
