"""Organizations: accounts, units, and the policies that limit them, in one file or as answers of the AWS CLI.

The file of one organization, this project's own layout:

    {
      "organization": {"id": "o-abcdefghij", "management_account": "111122223333"},
      "units": [{"id": "r-ab12"}, {"id": "ou-ab12-11111111", "parent": "r-ab12", "name": "Workloads"}],
      "accounts": [{"id": "444455556666", "name": "shop", "parent": "ou-ab12-11111111"}],
      "policies": [{"id": "p-12345678", "name": "no-users", "type": "SERVICE_CONTROL_POLICY",
                    "targets": ["ou-ab12-11111111"], "document": {"Version": "2012-10-17", "Statement": []}}]
    }

"targets" are ids of accounts, units and roots; a policy without "targets" may be attached anywhere, one with an empty
list is attached nowhere. Some answers of the AWS CLI do not say what was asked for (`list-targets-for-policy`,
`list-policies-for-target`, `list-parents`, `list-children`, `list-accounts-for-parent`,
`list-organizational-units-for-parent`): the name of the file or of its folder says it, by the id in it.

Sources: AWS Organizations API reference (the operations named below, patterns of ids); AWS Organizations user guide,
"SCP evaluation" and "RCP evaluation" (the two policies that AWS attaches everywhere when the type is enabled).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.parts import AccountPart, LimitPart, Part, TargetPart, UnitPart, UnknownPart
from iam_guardrails.model.values import Account, Limit, Location, Unknown
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.trees import NotReadable
from iam_guardrails.sources.values import items, members, text

LIMITING = {"SERVICE_CONTROL_POLICY": DocumentKind.SCP, "RESOURCE_CONTROL_POLICY": DocumentKind.RCP}
"""Types of policies of an organization that limit what identities may do, and the kind of their documents."""
FULL_ACCESS = {"p-FullAWSAccess": DocumentKind.SCP, "p-RCPFullAWSAccess": DocumentKind.RCP}
"""Policies of AWS that limit nothing, by their ids."""
_POLICY_ID = re.compile(r"(?<![a-z0-9])p-[0-9a-zA-Z_]{8,128}")
_TARGET_ID = re.compile(
    r"(?<![a-z0-9])r-[0-9a-z]{4,32}|(?<![a-z0-9])ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|(?<!\d)\d{12}(?!\d)"
)
_NO_ASKED = "the answer does not say it, and no id stands in the name of the file or of its folder"


def id_of(arn: str) -> str:
    """What an ARN of Organizations ends with: the id of a policy, unit, root or account."""
    return arn.rpartition("/")[2]


def limit_part(kind: DocumentKind, content: object, policy: str, name: str, location: Location) -> LimitPart:
    """A policy of an organization, its attachments not known yet.

    Args:
        kind: SCP or RCP.
        content: document, as object or JSON text.
        policy: id of the policy.
        name: name of the policy.
        location: where the document stands.
    """
    return LimitPart(Limit(document_of(kind, content, location, name), location=location), policy)


def full_access(policy: str, location: Location) -> Iterator[Part]:
    """The policy of AWS that limits nothing, where a source attaches it and has no document of it."""
    if policy in FULL_ACCESS:
        kind = FULL_ACCESS[policy]
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        if kind is DocumentKind.RCP:
            statement["Principal"] = "*"
        document = {"Version": "2012-10-17", "Statement": [statement]}
        yield limit_part(kind, document, policy, policy.removeprefix("p-"), replace(location, logical_id=policy))


# --- the file of an organization --------------------------------------------------------------------------------------


def is_organization(value: object) -> bool:
    """Whether a value is the file of an organization."""
    return "id" in members(members(value).get("organization")) and "accounts" in members(value)


def parts(value: Mapping[str, object], location: Location) -> Iterator[Part]:
    """The parts of the file of an organization.

    Args:
        value: the file's value.
        location: where it stands.

    Raises:
        NotReadable: something in it is not as it should be; the reason names the place.
    """
    organization = members(value["organization"])
    name, management = text(organization.get("id")), text(organization.get("management_account"))
    for place, one in enumerate(_listed(value, "units")):
        at = f"/units/{place}"
        unit, parent = _id(one, "id", at, _TARGET_ID), one.get("parent")
        if parent is not None:
            yield UnitPart(unit, _id(one, "parent", at, _TARGET_ID))
    for place, one in enumerate(_listed(value, "accounts")):
        at = f"/accounts/{place}"
        account = _id(one, "id", at, re.compile(r"\d{12}"))
        yield AccountPart(
            Account(account, text(one.get("name")), name, (), account == management if management else None)
        )
        if one.get("parent") is not None:
            yield UnitPart(account, _id(one, "parent", at, _TARGET_ID))
    for place, one in enumerate(_listed(value, "policies")):
        yield from _policy(one, replace(location, pointer=f"{location.pointer}/policies/{place}"))


def _policy(one: Mapping[str, object], location: Location) -> Iterator[Part]:
    at = location.pointer
    policy, kind = _id(one, "id", at, _POLICY_ID), LIMITING.get(text(one.get("type")))
    if kind is None:
        raise NotReadable(f"{at}/type: one of {', '.join(LIMITING)} is needed, not {one.get('type')!r}")
    document = one.get("document")
    if isinstance(document, (str, Mapping)):
        where = replace(location, logical_id=policy, pointer=f"{at}/document")
        yield limit_part(kind, cast("object", document), policy, text(one.get("name")), where)
    elif document is None and policy in FULL_ACCESS:
        yield from full_access(policy, location)
    else:
        raise NotReadable(f"{at}/document: a policy document is needed")
    if "targets" in one:
        yield TargetPart(policy, None, complete=True)
        for place, target in enumerate(items(one["targets"])):
            if not _TARGET_ID.fullmatch(text(target)):
                raise NotReadable(f"{at}/targets/{place}: the id of an account, unit or root is needed, not {target!r}")
            yield TargetPart(policy, text(target))


def _listed(value: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    listed = value.get(name, [])
    if not isinstance(listed, list):
        raise NotReadable(f"/{name}: a list of objects is needed")
    for place, one in enumerate(cast("list[object]", listed)):
        if not isinstance(one, Mapping):
            raise NotReadable(f"/{name}/{place}: an object is needed")
        yield cast("Mapping[str, object]", one)


def _id(one: Mapping[str, object], name: str, at: str, pattern: re.Pattern[str]) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise NotReadable(f"{at}/{name}: an id such as {_EXAMPLES[pattern.pattern]} is needed, not {value!r}")
    return value


_EXAMPLES = {
    _TARGET_ID.pattern: "r-ab12, ou-ab12-11111111 or 111122223333",
    _POLICY_ID.pattern: "p-12345678",
    r"\d{12}": "111122223333",
}


# --- answers of the AWS CLI -------------------------------------------------------------------------------------------

Answer = Mapping[str, object]


def described_policy(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations describe-policy`."""
    inside = members(value.get("Policy"))
    summary = members(inside.get("PolicySummary"))
    kind = LIMITING.get(text(summary.get("Type")))
    if kind is not None:
        arn = text(summary.get("Arn"))
        at = replace(location, logical_id=arn, pointer=f"{location.pointer}/Policy/Content")
        policy = text(summary.get("Id")) or id_of(arn)
        yield limit_part(kind, inside.get("Content"), policy, text(summary.get("Name")), at)


def listed_accounts(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations list-accounts`, `list-accounts-for-parent`, `describe-account`."""
    found = [*items(value.get("Accounts")), *([value["Account"]] if "Account" in value else [])]
    parent = _asked(location, _TARGET_ID) if "Accounts" in value else ""
    for one in map(members, found):
        account = text(one.get("Id"))
        # arn:aws:organizations::MANAGEMENT:account/ORGANIZATION/ID
        head, _, rest = text(one.get("Arn")).partition(":account/")
        management = head.rpartition(":")[2]
        named = Account(
            account,
            text(one.get("Name")),
            rest.partition("/")[0],
            _path(one),
            account == management if management else None,
        )
        yield AccountPart(named)
        if parent and parent != account:
            yield UnitPart(account, parent)


def _path(account: Answer) -> tuple[str, ...]:
    """Units and root above an account, the nearest first, of `Paths` ("o-.../r-.../ou-.../")."""
    path = text(next(iter(items(account.get("Paths"))), ""))
    return tuple(reversed([one for one in path.split("/") if one.startswith(("r-", "ou-"))]))


def described_organization(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations describe-organization`."""
    del location
    inside = members(value.get("Organization"))
    management = text(inside.get("MasterAccountId"))
    if management:
        yield AccountPart(Account(management, "", text(inside.get("Id")), management=True))


def targets_of_policy(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations list-targets-for-policy`."""
    policy = _asked(location, _POLICY_ID)
    if not policy:
        yield from _nobody_knows("the policy that these are the targets of", location)
        return
    yield TargetPart(policy, None, complete="NextToken" not in value)
    for one in map(members, items(value.get("Targets"))):
        yield TargetPart(policy, text(one.get("TargetId")) or id_of(text(one.get("Arn"))))
    yield from full_access(policy, location)


def policies_of_target(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations list-policies-for-target`, and `list-policies` (which says nothing of targets)."""
    target = _asked(location, _TARGET_ID)
    for one in map(members, items(value.get("Policies"))):
        policy = text(one.get("Id")) or id_of(text(one.get("Arn")))
        yield from full_access(policy, location)
        if target:
            yield TargetPart(policy, target)


def parents_of(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations list-parents`."""
    child = _asked(location, _TARGET_ID)
    if not child:
        yield from _nobody_knows("whose parents these are", location)
    for one in map(members, items(value.get("Parents")) if child else ()):
        yield UnitPart(child, text(one.get("Id")))


def children_of(value: Answer, location: Location) -> Iterator[Part]:
    """`aws organizations list-children`, `list-organizational-units-for-parent`."""
    parent = _asked(location, _TARGET_ID)
    children = [*items(value.get("Children")), *items(value.get("OrganizationalUnits"))]
    if not parent:
        yield from _nobody_knows("what these stand in", location)
    for one in map(members, children if parent else ()):
        yield UnitPart(text(one.get("Id")), parent)


def _asked(location: Location, pattern: re.Pattern[str]) -> str:
    """The id that was asked for: in the name of the file, or of its folder."""
    names = re.split(r"[\\/]", location.file)
    for name in reversed(names[-2:]):
        found = pattern.search(name.removesuffix(".json"))
        if found:
            return found[0]
    return ""


def _nobody_knows(what: str, location: Location) -> Iterator[Part]:
    yield UnknownPart(Unknown(what, _NO_ASKED, location), anybodys=False)
