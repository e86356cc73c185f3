"""Joins parts, in any order, into the account model.

Identities and policies are found by name or ARN within an account, else by the keys of the declarations that a property
refers to. Whoever is only named becomes an identity that is not declared. What cannot be joined is unknown and may
belong to anybody: with it in the model nothing can be proven of an identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.managed import managed_policy
from iam_guardrails.model.parts import (
    AccountPart,
    AttachmentPart,
    CredentialPart,
    DocumentPart,
    IdentityPart,
    InlinePart,
    InventoryPart,
    LimitPart,
    MembershipPart,
    OpenGrantPart,
    Part,
    PolicyPart,
    ProfilePart,
    ProviderPart,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    TargetPart,
    UnitPart,
    UnknownPart,
)
from iam_guardrails.model.values import (
    Account,
    Attachment,
    Credential,
    Identity,
    IdentityKind,
    IdentityProvider,
    Limit,
    Location,
    ManagedPolicy,
    PolicyDocument,
    ResourcePolicy,
    Runner,
    Unknown,
)

_PartT = TypeVar("_PartT")
_APPLIED = "it is known only after deployment; taken for {} until then, whose output goes into it"


def join(parts: Iterable[Part]) -> AccountModel:
    """The account model that parts amount to.

    Args:
        parts: of one or several sources, in any order; that two declare the same thing does no harm.
    """
    return _Joiner(list(parts)).model()


@dataclass(eq=False)
class _Draft:
    """An identity while it is joined."""

    part: IdentityPart
    declared: bool = True
    inline: list[PolicyDocument] = field(default_factory=list[PolicyDocument])
    attached: list[Attachment] = field(default_factory=list[Attachment])
    boundary: Attachment | None = None
    groups: list[_Draft] = field(default_factory=list["_Draft"])
    credentials: list[Credential] = field(default_factory=list[Credential])
    unknown: list[Unknown] = field(default_factory=list[Unknown])
    made: Identity | None = None

    @property
    def label(self) -> str:
        return f'{self.part.kind.value.replace("-", " ")} "{self.part.name or self.part.key}"'


class _Joiner:
    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts
        self._drafts: list[_Draft] = []
        self._by_key: dict[str, _Draft] = {}
        self._by_name: dict[tuple[IdentityKind, str], list[_Draft]] = defaultdict(list)
        self._policies: list[ManagedPolicy] = []
        self._policy_parts: dict[str, tuple[ManagedPolicy, Scope]] = {}
        self._policies_by_path: dict[str, list[tuple[ManagedPolicy, Scope]]] = defaultdict(list)
        self._profiles: dict[str, ProfilePart] = {}
        self._profiles_by_name: dict[str, list[ProfilePart]] = defaultdict(list)
        self._unknown: list[Unknown] = []

    def model(self) -> AccountModel:
        for part in self._parts:
            self._declare(part)
        self._say_what_may_be_one()
        for part in self._parts:
            self._connect(part)
        runners = tuple(self._runner(part) for part in self._of(RunnerPart))
        identities = tuple(self._identity(draft) for draft in self._drafts)
        return AccountModel(
            identities,
            tuple(self._policies),
            tuple(self._resource_policy(part) for part in self._of(ResourcePolicyPart)),
            tuple(_limits(self._of(LimitPart), list(self._of(TargetPart)))),
            runners,
            tuple(_provider(part) for part in self._of(ProviderPart)),
            _accounts((part.account for part in self._of(AccountPart)), list(self._of(UnitPart))),
            tuple(part.document for part in self._of(DocumentPart)),
            (*self._unknown, *(part.unknown for part in self._of(UnknownPart) if part.anybodys)),
            tuple(part.unknown for part in self._of(UnknownPart) if not part.anybodys),
            tuple(part.inventory for part in self._of(InventoryPart)),
            tuple(part.grant for part in self._of(OpenGrantPart)),
        )

    def _of(self, kind: type[_PartT]) -> Iterator[_PartT]:
        return (part for part in self._parts if isinstance(part, kind))

    # --- what is declared ---------------------------------------------------------------------------------------------

    def _declare(self, part: Part) -> None:
        if isinstance(part, IdentityPart):
            self._declare_identity(part)
        elif isinstance(part, PolicyPart):
            self._declare_policy(part)
        elif isinstance(part, ProfilePart):
            self._profiles[part.key] = part
            if part.name:
                self._profiles_by_name[part.name].append(part)

    def _declare_identity(self, part: IdentityPart) -> None:
        same = self._by_key.get(part.key) if part.key else None
        if same is None and part.name and part.scope.account:
            same = next((one for one in self._called(part.kind, part.name) if one.part.scope == part.scope), None)
        if same is None:
            draft = _Draft(part)
            self._add(draft)
        else:
            draft = same
            named = bool(draft.part.name)
            draft.part = _merged(draft.part, part)
            if draft.part.name and not named:
                self._called(draft.part.kind, draft.part.name).append(draft)
        if part.key:
            self._by_key[part.key] = draft

    def _add(self, draft: _Draft) -> None:
        self._drafts.append(draft)
        if draft.part.name:
            self._called(draft.part.kind, draft.part.name).append(draft)

    def _say_what_may_be_one(self) -> None:
        """Withdraw certainty from identities of one name, of which only one says which account it is in."""
        for same in self._by_name.values():
            known = [one for one in same if one.part.scope.accounts]
            unknown = [one for one in same if not one.part.scope.accounts]
            for one in (*known, *unknown) if known and unknown else ():
                other = (unknown if one in known else known)[0]
                where = other.part.location.logical_id or other.part.key
                why = f"one of the same name is declared elsewhere ({where}), in an account that is not known"
                one.unknown.append(Unknown(f"whether {one.label} has more", why, one.part.location))

    def _called(self, kind: IdentityKind, name: str) -> list[_Draft]:
        # IAM tells names of one kind apart without regard to case (IAM API reference, CreateRole: RoleName).
        return self._by_name[kind, name.rpartition("/")[2].lower()]

    def _declare_policy(self, part: PolicyPart) -> None:
        known = self._policy_parts.get(part.key) if part.key else None
        arn = part.arn or _policy_arn(part)
        if known is None and arn:
            known = next((one for one in self._policies_by_path[_path_of(arn)] if one[0].arn == arn), None)
        before = known[0] if known is not None else None
        if before is not None and before.document is not None and (before.arn or not arn):
            self._policy_parts[part.key] = (before, part.scope)
            return
        policy = _of_both(before, part, arn)
        if known is not None:
            self._policies = [one for one in self._policies if one is not known[0]]
            self._policies_at(known[0]).remove(known)
        self._policies.append(policy)
        if part.key:
            self._policy_parts[part.key] = (policy, part.scope)
        self._policies_at(policy).append((policy, part.scope))

    def _policies_at(self, policy: ManagedPolicy) -> list[tuple[ManagedPolicy, Scope]]:
        """The policies with the path and name of one; a list that nobody looks at for one without a name."""
        if not (policy.arn or policy.name):
            return [(policy, self._policy_parts.get(policy.key, (policy, Scope()))[1])]
        path = _path_of(policy.arn) if policy.arn else f"policy{policy.path}{policy.name}"
        return self._policies_by_path[path]

    # --- what belongs to what -----------------------------------------------------------------------------------------

    def _connect(self, part: Part) -> None:
        if isinstance(part, InlinePart):
            for holder in self._meant(part.holder, part.kind, part.scope, part.document.location):
                if part.document not in holder.inline:
                    holder.inline.append(part.document)
        elif isinstance(part, AttachmentPart):
            for holder in self._meant(part.holder, part.kind, part.scope, part.location):
                self._attach(holder, part)
        elif isinstance(part, MembershipPart):
            self._put_into_group(part)
        elif isinstance(part, CredentialPart):
            credential = Credential(part.kind, part.what, part.active, part.created, part.location)
            for user in self._meant(part.user, IdentityKind.USER, part.scope, part.location):
                user.credentials.append(credential)

    def _attach(self, holder: _Draft, part: AttachmentPart) -> None:
        what = f"{'the permissions boundary' if part.boundary else 'a managed policy'} of {holder.label}"
        found = list(self._policies_meant(part.policy, part.scope))
        if part.policy.text is None and not (found and part.policy.exact):
            taken_for = " or ".join(one.name or one.location.logical_id or one.key for one in found)
            why = _APPLIED.format(taken_for) if found else part.policy.why
            holder.unknown.append(Unknown(what, why, part.location))
        written = "" if part.policy.by_name else part.policy.text or ""
        attachments = [Attachment(one.arn or written, one, part.location) for one in found]
        if not found and part.policy.text is not None:
            attachments = [Attachment(written, None, part.location)]
        if not found and part.policy.by_name:
            why = f'each account has a policy "{part.policy.text}" of its own, which is no part of what was read'
            holder.unknown.append(Unknown(what, why, part.location))
        for attachment in attachments:
            if part.boundary:
                holder.boundary = attachment
            elif all(_differs(attachment, one) for one in holder.attached):
                holder.attached.append(attachment)

    def _policies_meant(self, policy: Reference, scope: Scope) -> Iterator[ManagedPolicy]:
        if policy.text is None:
            yield from (self._policy_parts[key][0] for key in policy.keys if key in self._policy_parts)
            return
        candidates = self._policies_by_path[_path_of(policy.text)]
        account = _account_of(policy.text)
        fitting = [one for one, where in candidates if _fits(account, where) and (account or where.meets(scope))]
        by_aws = managed_policy(policy.text)
        if fitting:
            yield fitting[0]
        elif by_aws is not None:
            yield by_aws

    def _put_into_group(self, part: MembershipPart) -> None:
        users = list(self._meant(part.user, IdentityKind.USER, part.scope, part.location))
        if part.group.text is None and not self._referred(part.group, IdentityKind.GROUP):
            for user in users:
                user.unknown.append(Unknown(f"a group of {user.label}", part.group.why, part.location))
            return
        for group in self._meant(part.group, IdentityKind.GROUP, part.scope, part.location):
            for user in users:
                if group not in user.groups:
                    user.groups.append(group)

    def _meant(self, who: Reference, kind: IdentityKind, scope: Scope, location: Location) -> list[_Draft]:
        """The identities that a reference names; one that nobody declares is made up, and is not declared."""
        if who.text is None:
            return self._by_reference(who, kind, location)
        account, name = _account_of(who.text), who.text.rpartition("/")[2]
        scope = Scope((account,), scope.partition) if account else scope
        candidates = [one for one in self._called(kind, name) if one.part.scope.meets(scope)]
        if len(candidates) > 1:
            exact = [one for one in candidates if one.part.scope == scope and scope.accounts]
            candidates = exact or candidates
        if len(candidates) > 1:
            why = f"several are called {name}, and their accounts are not known"
            for one in candidates:
                one.unknown.append(Unknown(f"whether {one.label} has what is declared here", why, location))
            return []
        if candidates:
            return candidates
        path = _identity_path(who.text)
        outside = _Draft(IdentityPart(kind, "", name, "", path, location=location, scope=scope), declared=False)
        self._add(outside)
        return [outside]

    def _by_reference(self, who: Reference, kind: IdentityKind, location: Location) -> list[_Draft]:
        found = self._referred(who, kind)
        if not found:
            self._unknown.append(Unknown(f"the {kind.value.replace('-', ' ')} that this belongs to", who.why, location))
        elif not who.exact:
            for one in found:
                why = _APPLIED.format(one.label)
                one.unknown.append(Unknown(f"whether {one.label} has what is declared here", why, location))
        return found

    def _referred(self, who: Reference, kind: IdentityKind) -> list[_Draft]:
        return [one for key in who.keys if (one := self._by_key.get(key)) is not None and one.part.kind is kind]

    # --- what comes of it ---------------------------------------------------------------------------------------------

    def _identity(self, draft: _Draft) -> Identity:
        if draft.made is None:
            part = draft.part
            draft.made = Identity(
                part.kind,
                part.name,
                part.name_prefix,
                part.path,
                part.scope.account,
                part.scope.partition,
                part.unique_id,
                tuple(draft.inline),
                tuple(draft.attached),
                draft.boundary,
                tuple(self._identity(group) for group in draft.groups),
                part.trust,
                part.max_session,
                part.tags,
                tuple(draft.credentials),
                draft.declared,
                part.location,
                part.key,
                (*part.unknown, *draft.unknown),
            )
        return draft.made

    def _runner(self, part: RunnerPart) -> Runner:
        unknown: list[Unknown] = []
        role = part.role or self._role_of_profile(part, unknown)
        return Runner(
            part.kind,
            part.arn,
            part.name,
            part.scope.account,
            self._role(role, part, unknown),
            self._role(part.execution_role, part, unknown),
            part.tags,
            part.location,
            part.key,
            tuple(unknown),
            part.details,
        )

    def _role(self, role: Reference | None, part: RunnerPart, unknown: list[Unknown]) -> Identity | None:
        if role is None:
            return None
        if role.text is None and not self._referred(role, IdentityKind.ROLE):
            unknown.append(Unknown("the role that it runs with", role.why, part.location))
            return None
        meant = self._meant(role, IdentityKind.ROLE, part.scope, part.location)
        return self._identity(meant[0]) if meant else None

    def _role_of_profile(self, part: RunnerPart, unknown: list[Unknown]) -> Reference | None:
        profile = part.profile
        if profile is None:
            return None
        if profile.text is None:
            declared = next((self._profiles[key] for key in profile.keys if key in self._profiles), None)
        else:
            named = self._profiles_by_name.get(profile.text.rpartition("/")[2], ())
            declared = next((one for one in named if one.scope.meets(part.scope)), None)
        if declared is None:
            unknown.append(Unknown("the role that it runs with", "its instance profile is not declared", part.location))
            return None
        return declared.role

    def _resource_policy(self, part: ResourcePolicyPart) -> ResourcePolicy:
        return ResourcePolicy(part.document, part.resource.text or "", part.type, part.scope.account, part.key)


def _limits(parts: Iterable[LimitPart], targets: Iterable[TargetPart]) -> Iterator[Limit]:
    """Each limit once, with all that any source says of what it is attached to."""
    attached: dict[str, dict[str, None]] = defaultdict(dict)
    complete: set[str] = set()
    for one in targets:
        if one.target is not None:
            attached[one.policy.lower()][one.target] = None
        if one.complete:
            complete.add(one.policy.lower())
    seen: set[str] = set()
    for part in parts:
        key = part.key.lower()  # as a path of a file may write it
        if key and key in seen:
            continue
        seen.add(key)
        more = tuple(one for one in attached.get(key, ()) if one not in part.limit.targets)
        whole = part.limit.complete or key in complete
        yield replace(part.limit, targets=(*part.limit.targets, *more), complete=whole)


def _provider(part: ProviderPart) -> IdentityProvider:
    return IdentityProvider(
        part.kind, part.arn, part.issuer, part.audiences, part.scope.account, part.location, part.key
    )


def _accounts(accounts: Iterable[Account], units: Iterable[UnitPart]) -> tuple[Account, ...]:
    """Each account once, with all that any source says of it."""
    above = {one.id: one.parent for one in units}
    found: dict[str, Account] = {}
    for one in accounts:
        known = found.get(one.id, one)
        management = one.management if known.management is None else known.management
        found[one.id] = Account(
            one.id,
            known.name or one.name,
            known.organization or one.organization,
            known.parents or one.parents or tuple(_above(one.id, above)),
            management,
        )
    return tuple(found.values())


def _above(one: str, parents: Mapping[str, str]) -> Iterator[str]:
    """What stands above an account or unit, the nearest first; a ring, which no organization has, ends."""
    seen = {one}
    while (parent := parents.get(one)) is not None and parent not in seen:
        seen.add(parent)
        yield parent
        one = parent


def _merged(one: IdentityPart, other: IdentityPart) -> IdentityPart:
    """What two sources say of one identity."""
    return IdentityPart(
        one.kind,
        one.key or other.key,
        one.name or other.name,
        one.name_prefix or other.name_prefix,
        other.path if one.path is None else one.path,
        one.unique_id or other.unique_id,
        one.trust or other.trust,
        one.max_session or other.max_session,
        one.tags or other.tags,
        one.location,
        one.scope if one.scope.accounts else other.scope,
        (*one.unknown, *(unknown for unknown in other.unknown if unknown not in one.unknown)),
    )


def _differs(one: Attachment, other: Attachment) -> bool:
    """Whether two attachments are of different policies: an attachment and a list of all may name the same."""
    return one.policy is not other.policy or (one.policy is None and one.arn != other.arn)


def _of_both(before: ManagedPolicy | None, part: PolicyPart, arn: str) -> ManagedPolicy:
    """A managed policy by what is known of it already and what a part adds, such as its document."""
    if before is None:
        return ManagedPolicy(arn, part.name, part.path, part.document, False, part.location, part.key, part.versions)
    named = part if part.arn or part.name else before
    document = before.document or part.document
    location = part.location if before.document is None else before.location
    return ManagedPolicy(
        arn or before.arn, named.name, named.path, document, False, location, part.key or before.key,
        before.versions or part.versions,
    )  # fmt: skip


def _policy_arn(part: PolicyPart) -> str:
    if not (part.name and part.scope.account):
        return ""
    return f"arn:{part.scope.partition}:iam::{part.scope.account}:policy{part.path}{part.name}"


def _path_of(policy: str) -> str:
    """What an ARN has after its account; a bare name stands for a policy without path."""
    return policy.partition(":iam::")[2].partition(":")[2] if policy.startswith("arn:") else f"policy/{policy}"


def _account_of(text: str) -> str:
    return text.split(":")[4] if text.startswith("arn:") and text.count(":") >= 5 else ""


def _fits(account: str, scope: Scope) -> bool:
    return not account or not scope.accounts or account in scope.accounts


def _identity_path(text: str) -> str | None:
    """The path of an identity that is only named: what its ARN says, or unknown."""
    if not text.startswith("arn:"):
        return None
    _, _, rest = text.split(":", 5)[5].partition("/")
    head, slash, _ = rest.rpartition("/")
    return f"/{head}{slash}"
