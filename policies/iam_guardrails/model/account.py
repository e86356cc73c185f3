"""The account model, and the questions that its structure answers without reading a policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from iam_guardrails.model.values import (
    Account,
    Identity,
    IdentityKind,
    IdentityProvider,
    Inventory,
    Limit,
    ManagedPolicy,
    OpenGrant,
    PolicyDocument,
    ResourcePolicy,
    Runner,
    Unknown,
)


@dataclass(frozen=True, eq=False)
class AccountModel:
    """Everything that is known of one or several accounts, joined.

    Attributes:
        identities: users, roles, groups and permission sets; also those that are only named (`Identity.declared`).
        policies: managed policies that a source declares.
        resource_policies: policies of resources.
        limits: SCPs, RCPs and other policies that only cap.
        runners: functions, instances, tasks, builds and other things that run with a role.
        providers: identity providers.
        accounts: accounts that a source describes.
        documents: policy documents of which nobody says whose they are.
        unknown: what could not be joined to what it belongs to: it may belong to anybody.
        remarks: what else could not be known, and belongs to no identity.
        inventories: of what the model has every object.
        open_grants: access that resources give to every principal of their own account.
    """

    identities: tuple[Identity, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()
    resource_policies: tuple[ResourcePolicy, ...] = ()
    limits: tuple[Limit, ...] = ()
    runners: tuple[Runner, ...] = ()
    providers: tuple[IdentityProvider, ...] = ()
    accounts: tuple[Account, ...] = ()
    documents: tuple[PolicyDocument, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    remarks: tuple[Unknown, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    open_grants: tuple[OpenGrant, ...] = ()

    def of(self, kind: IdentityKind, *, declared: bool = True) -> Iterator[Identity]:
        """Identities of one kind.

        Args:
            kind: the kind.
            declared: whether to leave out those that are only named.
        """
        return (one for one in self.identities if one.kind is kind and (one.declared or not declared))

    def at(self, arn: str) -> Identity | None:
        """The identity with an ARN, as far as it is known; None where the model has none."""
        return next(self.named_by((arn,)), None)

    def named_by(self, arns: Iterable[str]) -> Iterator[Identity]:
        """The identities that exact ARNs name, each once."""
        seen: set[Identity] = set()
        for arn in arns:
            name = arn.rpartition("/")[2].lower()
            for identity in self._by_name.get(name, ()):
                if identity not in seen and identity.is_named_by(arn):
                    seen.add(identity)
                    yield identity

    def managed_policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy with an ARN, one of AWS's too; None where it is not known."""
        from iam_guardrails.model.managed import managed_policy

        return self._policies_by_arn.get(arn) or managed_policy(arn)

    def members(self, group: Identity) -> tuple[Identity, ...]:
        """The users of the model that are in a group."""
        return tuple(self._members.get(group, ()))

    def holders(self, policy: ManagedPolicy) -> tuple[Identity, ...]:
        """The identities that a managed policy is attached to, as permissions."""
        return tuple(self._holders.get(id(policy), ()))

    def bounded_by(self, policy: ManagedPolicy) -> tuple[Identity, ...]:
        """The identities whose permissions boundary is a managed policy."""
        return tuple(self._bounded.get(id(policy), ()))

    def runners_with(self, role: Identity) -> tuple[Runner, ...]:
        """What runs with a role."""
        return tuple(self._runners.get(role, ()))

    def lists_all(self, kind: str, account: str) -> bool:
        """Whether the model has every object of a kind in an account, so that what it does not have is not there.

        Args:
            kind: a kind of `Runner`, such as `lambda:function`, or `s3:bucket`.
            account: the twelve digits of the account.
        """
        return any(
            (one.kinds is None or kind in one.kinds) and (not one.accounts or not account or account in one.accounts)
            for one in self.inventories
        )

    def limits_on(self, account: str, *kinds: object) -> tuple[Limit, ...]:
        """The limits that are attached to an account, to what stands above it, or to nobody known.

        Args:
            account: the twelve digits of the account.
            kinds: the kinds of policy to look at; none for all of them.
        """
        known = self._accounts_by_id.get(account)
        above = {account, *(known.parents if known else ())}
        return tuple(
            one
            for one in self.limits
            if (not kinds or one.document.kind in kinds)
            and (not above.isdisjoint(one.targets) or not (one.complete or one.targets))
        )

    def above(self, account: str) -> tuple[str, ...]:
        """The ids of what stands above an account in its organization, the highest first; () where it is not known."""
        known = self._accounts_by_id.get(account)
        return tuple(reversed(known.parents)) if known else ()

    def is_management(self, account: str) -> bool:
        """Whether an account is surely its organization's management account, which no SCP and no RCP limits."""
        known = self._accounts_by_id.get(account)
        return known is not None and known.management is True

    def organization_of(self, account: str) -> str:
        """The id of an account's organization; "" where it is not known."""
        known = self._accounts_by_id.get(account)
        return known.organization if known else ""

    @cached_property
    def _by_name(self) -> dict[str, list[Identity]]:
        found: dict[str, list[Identity]] = defaultdict(list)
        for identity in self.identities:
            if identity.name:
                found[identity.name.lower()].append(identity)
        return found

    @cached_property
    def _policies_by_arn(self) -> dict[str, ManagedPolicy]:
        return {one.arn: one for one in self.policies if one.arn}

    @cached_property
    def _accounts_by_id(self) -> dict[str, Account]:
        return {one.id: one for one in self.accounts}

    @cached_property
    def _members(self) -> dict[Identity, list[Identity]]:
        found: dict[Identity, list[Identity]] = defaultdict(list)
        for user in self.identities:
            for group in user.groups:
                found[group].append(user)
        return found

    @cached_property
    def _holders(self) -> dict[int, list[Identity]]:
        found: dict[int, list[Identity]] = defaultdict(list)
        for identity in self.identities:
            for attachment in identity.attached:
                if attachment.policy is not None:
                    found[id(attachment.policy)].append(identity)
        return found

    @cached_property
    def _bounded(self) -> dict[int, list[Identity]]:
        found: dict[int, list[Identity]] = defaultdict(list)
        for identity in self.identities:
            if identity.boundary is not None and identity.boundary.policy is not None:
                found[id(identity.boundary.policy)].append(identity)
        return found

    @cached_property
    def _runners(self) -> dict[Identity, list[Runner]]:
        found: dict[Identity, list[Runner]] = defaultdict(list)
        for runner in self.runners:
            for role in {one for one in (runner.role, runner.execution_role) if one is not None}:
                found[role].append(runner)
        return found
