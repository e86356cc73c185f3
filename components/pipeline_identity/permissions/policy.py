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
from pipeline_identity._reading.arguments import late_inside, mapping, one_of, whole_number
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import TOKEN, is_late, late_in
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
_ROOM_FOR_AN_OUTPUT = 300

Division = list[list[tuple[str, "int | None"]]]
"""For each managed policy, the statements in it: the policy they were written in, and their place; None for all."""


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
    attached = arguments.optional("managed_policies", late_inside(_managed_policies), dict[str, str]())
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
    documents = arguments.optional("policy_documents", late_inside(_keyed), dict[str, object]())
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
    if large is LargePolicies.SPLIT:
        division = _remembered(arguments, policies)
        if division:
            return _divided(arguments, policies, attached, division)
    size = sum(map(len, inline.inline_documents.values())) + KEPT_FOR_SUSPENSION
    if size > LARGEST_ROLE_POLICIES and not late_in(inline.inline_documents):
        arguments.refuse(
            ("permissions",),
            None,
            f"make, with {KEPT_FOR_SUSPENSION} kept for what suspends, policies "
            f"of {size} characters, and AWS takes {LARGEST_ROLE_POLICIES} inline",
            "shorten them, or set large_policies to split",
        )
    return inline


def _remembered(arguments: Arguments, policies: dict[str, tuple[PolicyStatement, ...]]) -> Division | None:
    # Values that come later must not change how many policies there are.
    if arguments.memory is None:
        return _divide(policies)
    place = ("division", *arguments.path)
    if place not in arguments.memory:
        arguments.memory[place] = _divide(policies)
    return arguments.memory[place]


def _divide(policies: dict[str, tuple[PolicyStatement, ...]]) -> Division | None:
    """Packs the statements into managed policies, or into none where they fit inline."""
    documents = Permissions(policies, {}, {}).inline_documents
    if sum(map(_room, documents.values())) + KEPT_FOR_SUSPENSION <= LARGEST_ROLE_POLICIES:
        return None
    divided: Division = []
    packed: list[PolicyStatement] = []
    for name, policy in policies.items():
        for place, statement in enumerate(policy):
            fits = _room(as_document((*packed, statement))) <= LARGEST_MANAGED_POLICY
            is_new = not packed or not fits or statement.late or packed[-1].late
            if is_new or (statement.sid and statement.sid in {other.sid for other in packed}):
                divided.append([])
                packed = []
            divided[-1].append((name, None if statement.late else place))
            packed.append(statement)
    return divided


def _divided(
    arguments: Arguments,
    policies: dict[str, tuple[PolicyStatement, ...]],
    attached: dict[str, str],
    division: Division,
) -> Permissions:
    managed: dict[str, tuple[PolicyStatement, ...]] = {}
    for number, places in enumerate(division, 1):
        made: list[PolicyStatement] = []
        for name, place in places:
            made += policies[name] if place is None else [policies[name][place]]
        text = as_document(tuple(made))
        if len(text) > LARGEST_MANAGED_POLICY and not is_late(text):
            what = "have a statement larger than" if len(made) == 1 else "make a policy larger than"
            arguments.refuse(
                ("permissions",),
                None,
                f"{what} the {LARGEST_MANAGED_POLICY} characters of a managed policy",
                "make two statements of it",
            )
        managed[f"{_OWN_POLICY}-{number}"] = tuple(made)
    return Permissions({}, managed, attached)


def _room(text: str) -> int:
    """The characters to keep for a document, outputs in it that are not known included."""
    return len(text) + _ROOM_FOR_AN_OUTPUT * len(TOKEN.findall(text))


def _refuse_too_many(arguments: Arguments, permissions: Permissions, quota: int) -> None:
    made, attached = len(permissions.managed), len(permissions.attached)
    if made + attached > quota:
        arguments.refuse(
            ("permissions" if made else "managed_policies",),
            None,
            f"need {made + attached} managed policies, and AWS attaches {quota} to a role",
            "shorten them, or set managed_policy_quota when AWS has raised it for the account",
        )


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
        if resource != "*" and not is_late(resource) and partition_of(resource) != partition:
            arguments.refuse(
                _place_of(name), resource, f"lies outside the partition {partition}", f"begin it with arn:{partition}:"
            )


def _refuse_foreign_policies(arguments: Arguments, attached: dict[str, str], partition: str) -> None:
    for key, arn in attached.items():
        if not is_late(arn) and partition_of(arn) != partition:
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
    if isinstance(value, str) and is_late(value):
        return value
    try:
        return policy_arn(value)
    except Refusal as refusal:
        raise Refusal(f"has under {key!r} what {refusal.reason}", refusal.fix) from None
