"""Who can become whom in a small account, by trying every request: an evaluator of its own that knows little.

It reads the answer of `get-account-authorization-details` itself and shares nothing with the product. It knows Allow
and Deny, wildcards, boundaries, groups, one level of service control policies, trusts by account, ARN and service, and
four condition keys. Every call is tried with and without a second factor, on every object that there could be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]
FUNCTIONS = ("a1", "b", "zz")
"""Names of functions that tell the patterns apart which the accounts use."""


@dataclass(frozen=True)
class Account:
    """One account as it was dumped, with what its organization and its inventory say."""

    id: str
    dump: Mapping[str, Any]
    scps: Sequence[Statement]
    functions: Mapping[str, str]

    @property
    def identities(self) -> list[Mapping[str, Any]]:
        return [*self.dump["UserDetailList"], *self.dump["RoleDetailList"]]


def becomes(account: Account) -> dict[tuple[str, str], bool]:
    """Everybody who can become somebody, and whether without a second factor, too."""
    found: dict[tuple[str, str], bool] = {}
    for source, target in itertools.permutations(account.identities, 2):
        open_ones = list(_ways(account, source, target))
        if open_ones:
            found[source["Arn"], target["Arn"]] = any(open_ones)
    return found


def _ways(account: Account, source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[bool]:
    """Of each way that is open with some requests: whether it is open without a second factor."""
    arn = target["Arn"]
    if "UserName" in target:
        for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile"):
            yield from _calls(_may(account, source, action, arn, target))
        return
    yield from _calls(_assumes(account, source, target, target["AssumeRolePolicyDocument"]["Statement"]))
    me = {"Effect": "Allow", "Principal": {"AWS": "the very session"}, "Action": "sts:AssumeRole"}
    yield from _calls(
        _may(account, source, "iam:UpdateAssumeRolePolicy", arn, target), _assumes(account, source, target, [me])
    )
    passed = _may(account, source, "iam:PassRole", arn, target, "lambda.amazonaws.com")
    if _serves(target):
        for name in FUNCTIONS:
            function = _function(account, name)
            yield from _calls(passed, _may(account, source, "lambda:CreateFunction", function, {}))
        for function in account.functions:
            yield from _calls(passed, _may(account, source, "lambda:UpdateFunctionConfiguration", function, {}))
    for function, role in account.functions.items():
        if role == arn:
            for action in ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"):
                yield from _calls(_may(account, source, action, function, {}))


def _calls(*calls: tuple[bool, bool]) -> Iterator[bool]:
    """One way: open if each call is allowed in some circumstances; certain if each is in all of them."""
    if all(any(one) for one in calls):
        yield all(all(one) for one in calls)


def _function(account: Account, name: str) -> str:
    return f"arn:aws:lambda:eu-west-1:{account.id}:function:{name}"


# --- one request ------------------------------------------------------------------------------------------------------


def _may(
    account: Account, who: Mapping[str, Any], action: str, resource: str, target: Mapping[str, Any], service: str = ""
) -> tuple[bool, bool]:
    """Whether a call is allowed with a second factor, and without."""

    def allowed(factor: bool) -> bool:
        context = _context(who, target, service, factor)
        own, limits, scps = _own(account, who), _limits(account, who), account.scps
        everything = [*own, *(limits or ()), *scps]
        if any(_applies(one, action, resource, context) for one in everything if one["Effect"] == "Deny"):
            return False
        layers = [own, scps, *([limits] if limits is not None else [])]
        return all(_allows(layer, action, resource, context) for layer in layers)

    return allowed(True), allowed(False)


def _assumes(
    account: Account, who: Mapping[str, Any], role: Mapping[str, Any], trust: Sequence[Statement]
) -> tuple[bool, bool]:
    def allowed(factor: bool) -> bool:
        context = _context(who, role, "", factor)
        own, limits = _own(account, who), _limits(account, who)
        arn, action = role["Arn"], "sts:AssumeRole"
        everything = [*own, *(limits or ()), *account.scps]
        if any(_applies(one, action, arn, context) for one in everything if one["Effect"] == "Deny"):
            return False
        named = [(one["Effect"], _names(one, who)) for one in trust if _meets(one, context)]
        if any(effect == "Deny" and how for effect, how in named):
            return False
        if not _allows(account.scps, action, arn, context):
            return False
        capped = limits is None or _allows(limits, action, arn, context)
        ways = {how for effect, how in named if effect == "Allow"}
        return (
            "itself" in ways
            or ("role" in ways and capped)
            or ("account" in ways and capped and _allows(own, action, arn, context))
        )

    return allowed(True), allowed(False)


def _names(statement: Statement, who: Mapping[str, Any]) -> str:
    principal = statement["Principal"]
    if "AWS" not in principal:
        return ""
    texts = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
    account = who["Arn"].split(":")[4]
    if "the very session" in texts or "*" in texts or ("UserName" in who and who["Arn"] in texts):
        return "itself"
    if who["Arn"] in texts:
        return "role"
    return "account" if f"arn:aws:iam::{account}:root" in texts else ""


def _serves(role: Mapping[str, Any]) -> bool:
    """Whether Lambda can take a role."""
    statements = role["AssumeRolePolicyDocument"]["Statement"]
    named = [one["Effect"] for one in statements if one["Principal"].get("Service") == "lambda.amazonaws.com"]
    return "Allow" in named and "Deny" not in named


def _own(account: Account, who: Mapping[str, Any]) -> list[Statement]:
    noun = "User" if "UserName" in who else "Role"
    held = [one["PolicyDocument"] for one in who[f"{noun}PolicyList"]]
    for group in account.dump["GroupDetailList"]:
        if group["GroupName"] in who.get("GroupList", ()):
            held += [one["PolicyDocument"] for one in group["GroupPolicyList"]]
    return [statement for document in held for statement in document["Statement"]]


def _limits(account: Account, who: Mapping[str, Any]) -> list[Statement] | None:
    arn = who.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    for policy in account.dump["Policies"]:
        if policy["Arn"] == arn:
            return policy["PolicyVersionList"][0]["Document"]["Statement"]
    return None


def _context(who: Mapping[str, Any], target: Mapping[str, Any], service: str, factor: bool) -> dict[str, str]:
    found = {f"aws:PrincipalTag/{one['Key']}": one["Value"] for one in who["Tags"]}
    found |= {f"aws:ResourceTag/{one['Key']}": one["Value"] for one in target.get("Tags", ())}
    found |= {"iam:PassedToService": service} if service else {}
    return found | {"aws:MultiFactorAuthPresent": "true" if factor else "false"}


def _allows(statements: Sequence[Statement], action: str, resource: str, context: Mapping[str, str]) -> bool:
    return any(one["Effect"] == "Allow" and _applies(one, action, resource, context) for one in statements)


def _applies(statement: Statement, action: str, resource: str, context: Mapping[str, str]) -> bool:
    actions = [fnmatchcase(action.lower(), one.lower()) for one in statement["Action"]]
    resources = statement.get("Resource") or statement["NotResource"]
    touched = any(fnmatchcase(resource, one) for one in resources) != ("NotResource" in statement)
    return any(actions) and touched and _meets(statement, context)


def _meets(statement: Statement, context: Mapping[str, str]) -> bool:
    return all(
        context.get(key) == value for wanted in statement.get("Condition", {}).values() for key, value in wanted.items()
    )
