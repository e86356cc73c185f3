"""Whom a policy names, who may assume a role, and what of itself an identity may rewrite."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails.evaluation import Verdict
from iam_guardrails.model import AccountModel, DocumentKind, Identity, IdentityKind, PolicyDocument, join
from iam_guardrails.model.parts import (
    AttachmentPart,
    IdentityPart,
    InlinePart,
    MembershipPart,
    Part,
    PolicyPart,
    Reference,
    Scope,
)
from iam_guardrails.model.questions import may_assume, names, rewritable

ACCOUNT = "111122223333"
HERE = Scope((ACCOUNT,))
ROLE, USER, GROUP = IdentityKind.ROLE, IdentityKind.USER, IdentityKind.GROUP
DEV = f"arn:aws:iam::{ACCOUNT}:user/dev"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/deploy"


def policy(kind: DocumentKind, **statement: Any) -> PolicyDocument:
    return PolicyDocument(kind, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def allow(action: str, resource: str, **more: Any) -> PolicyDocument:
    return policy(DocumentKind.IDENTITY, Action=action, Resource=resource, **more)


def trust(**statement: Any) -> PolicyDocument:
    return policy(DocumentKind.TRUST, Action="sts:AssumeRole", **statement)


def dev(*documents: PolicyDocument, scope: Scope = HERE) -> list[Part]:
    parts: list[Part] = [IdentityPart(USER, "dev", "dev", unique_id="AIDAEXAMPLEEXAMPLEEX", scope=scope)]
    return parts + [InlinePart(Reference("dev"), USER, one, scope) for one in documents]


def deploy(trusted: PolicyDocument | None, *documents: PolicyDocument, scope: Scope = HERE) -> list[Part]:
    parts: list[Part] = [IdentityPart(ROLE, "deploy", "deploy", trust=trusted, scope=scope)]
    return parts + [InlinePart(Reference("deploy"), ROLE, one, scope) for one in documents]


def at(model: AccountModel, name: str) -> Identity:
    return next(one for one in model.identities if one.name == name)


# --- who is named -----------------------------------------------------------------------------------------------------

EVERYBODY = {"Principal": "*"}
WHOLE_ACCOUNT = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
NAMED = {
    "by its ARN": ({"Principal": {"AWS": DEV}}, "Principal"),
    "by its id": ({"Principal": {"AWS": "AIDAEXAMPLEEXAMPLEEX"}}, "Principal"),
    "by the ARN of its principal": (
        {**EVERYBODY, "Condition": {"ArnEquals": {"aws:PrincipalArn": DEV}}},
        "aws:PrincipalArn",
    ),
    "by a pattern of it": (
        {**EVERYBODY, "Condition": {"StringLike": {"AWS:principalarn": f"arn:aws:iam::{ACCOUNT}:user/d*"}}},
        "aws:PrincipalArn",
    ),
    "by its name and account": (
        {**EVERYBODY, "Condition": {"StringEquals": {"aws:username": "dev", "aws:PrincipalAccount": ACCOUNT}}},
        "aws:username",
    ),
    "by its name in its account": (
        {**WHOLE_ACCOUNT, "Condition": {"StringLike": {"aws:username": "dev"}}},
        "aws:username",
    ),
    "by its user id": (
        {**EVERYBODY, "Condition": {"StringEquals": {"aws:userid": "AIDAEXAMPLEEXAMPLEEX"}}},
        "aws:userid",
    ),
}
OTHERS = {
    "another user": {"Principal": {"AWS": f"{DEV}2"}},
    "a role of that name": {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/dev"}},
    "its whole account": WHOLE_ACCOUNT,
    "everybody": EVERYBODY,
    "everybody else": {**EVERYBODY, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": DEV}}},
    "that name in another account": {
        **EVERYBODY,
        "Condition": {"StringEquals": {"aws:username": "dev", "aws:PrincipalAccount": "444455556666"}},
    },
    "another id": {**EVERYBODY, "Condition": {"StringEquals": {"aws:userid": "AIDAEXAMPLEEXAMPLEE2"}}},
}


@pytest.mark.parametrize(("statement", "by"), NAMED.values(), ids=NAMED)
def test_a_resource_policy_names_a_user(statement: dict[str, Any], by: str) -> None:
    document = policy(DocumentKind.RESOURCE, Action="s3:PutObject", Resource="arn:aws:s3:::b/*", **statement)
    assert [(one.by, one.certain) for one in names(document, at(join(dev()), "dev"))] == [(by, True)]


@pytest.mark.parametrize("statement", OTHERS.values(), ids=OTHERS)
def test_a_resource_policy_that_means_others_does_not_name_it(statement: dict[str, Any]) -> None:
    document = policy(DocumentKind.RESOURCE, Action="s3:PutObject", Resource="arn:aws:s3:::b/*", **statement)
    assert list(names(document, at(join(dev()), "dev"))) == []


def test_a_user_of_an_unknown_account_is_named_by_an_arn_that_can_be_its() -> None:
    document = policy(DocumentKind.RESOURCE, Action="s3:PutObject", Resource="*", Principal={"AWS": DEV})
    assert [one.by for one in names(document, at(join(dev(scope=Scope())), "dev"))] == ["Principal"]


# --- who may assume a role --------------------------------------------------------------------------------------------


def verdict(*parts: Part) -> Verdict:
    model = join(parts)
    decision = may_assume(model, at(model, "dev"), at(model, "deploy"))
    assert decision is not None
    return decision.verdict


def test_a_user_that_the_trust_names_and_whose_policy_allows_it_may_assume_a_role() -> None:
    assert verdict(*dev(allow("sts:AssumeRole", DEPLOY)), *deploy(trust(Principal={"AWS": DEV}))) is Verdict.ALLOWED


def test_one_that_no_side_allows_may_not() -> None:
    other = trust(Principal={"AWS": f"{DEV}2"})
    assert verdict(*dev(allow("sts:AssumeRole", DEPLOY)), *deploy(other)) is Verdict.REFUSED
    whole = trust(**WHOLE_ACCOUNT)
    assert verdict(*dev(allow("s3:GetObject", "*")), *deploy(whole)) is Verdict.REFUSED
    assert verdict(*dev(allow("sts:AssumeRole", DEPLOY)), *deploy(whole)) is Verdict.ALLOWED


def test_a_boundary_that_does_not_allow_it_keeps_a_user_out() -> None:
    read_only = Reference("arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    bound = AttachmentPart(Reference("dev"), USER, read_only, boundary=True, scope=HERE)
    parts = [*dev(allow("sts:AssumeRole", DEPLOY)), *deploy(trust(**WHOLE_ACCOUNT))]
    assert verdict(*parts, bound) is Verdict.REFUSED


def test_an_unknown_group_of_the_user_leaves_it_unknown() -> None:
    group = MembershipPart(Reference("dev"), Reference("elsewhere"), scope=HERE)
    assert verdict(*dev(), *deploy(trust(**WHOLE_ACCOUNT)), group) is Verdict.UNKNOWN


def test_a_trust_policy_that_is_not_known_leaves_it_unknown() -> None:
    assert verdict(*dev(allow("sts:AssumeRole", DEPLOY)), *deploy(None)) is Verdict.UNKNOWN


# --- what an identity may rewrite of itself ---------------------------------------------------------------------------


def rewrites(parts: list[Part], name: str = "deploy") -> list[tuple[str, str]]:
    model = join(parts)
    return [(one.part.what, one.action) for one in rewritable(model, at(model, name))]


def held(name: str, document: PolicyDocument, holder: str = "deploy", kind: IdentityKind = ROLE) -> list[Part]:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    attachment = AttachmentPart(Reference(holder), kind, Reference(arn), scope=HERE)
    return [PolicyPart(name, document, name, scope=HERE), attachment]


OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/perm"


@pytest.mark.parametrize("action", ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"])
def test_a_role_that_may_write_the_managed_policy_it_holds(action: str) -> None:
    found = rewrites([*deploy(None), *held("perm", allow(action, OWN_POLICY))])
    assert found == [(f"the managed policy {OWN_POLICY} that it holds", action)]


def test_a_role_that_may_write_a_policy_that_it_does_not_hold_rewrites_nothing_of_itself() -> None:
    assert rewrites([*deploy(None), *held("perm", allow("iam:CreatePolicyVersion", f"{OWN_POLICY}2"))]) == []


def test_a_role_that_may_write_its_boundary() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    bound = AttachmentPart(Reference("deploy"), ROLE, Reference(boundary), boundary=True, scope=HERE)
    everything = PolicyPart("b", allow("*", "*"), "boundary", scope=HERE)
    parts = [*deploy(None, allow("iam:CreatePolicyVersion", boundary)), everything, bound]
    assert rewrites(parts) == [(f"its permissions boundary {boundary}", "iam:CreatePolicyVersion")]


@pytest.mark.parametrize("action", ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"])
def test_a_user_that_may_write_its_group(action: str) -> None:
    group = IdentityPart(GROUP, "g", "g", scope=HERE)
    member = MembershipPart(Reference("dev"), Reference("g"), scope=HERE)
    write = InlinePart(Reference("g"), GROUP, allow(action, f"arn:aws:iam::{ACCOUNT}:group/g"), HERE)
    assert rewrites([*dev(), group, member, write], "dev") == [('the policies of its group "g"', action)]


def test_a_role_that_may_write_its_trust_policy_or_a_deny_keeps_it_from_that() -> None:
    update = allow("iam:UpdateAssumeRolePolicy", DEPLOY)
    assert rewrites(deploy(None, update)) == [("its own trust policy", "iam:UpdateAssumeRolePolicy")]
    deny = policy(DocumentKind.IDENTITY, Effect="Deny", Action="iam:*", Resource="*")
    assert rewrites(deploy(None, update, deny)) == []


def test_a_user_that_may_write_users_by_the_variable_of_its_name() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    assert rewrites(dev(allow("iam:PutUserPolicy", own)), "dev") == [("its own policies", "iam:PutUserPolicy")]


def test_a_condition_that_depends_on_the_request_may_hold() -> None:
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    model = join(dev(allow("iam:PutUserPolicy", DEV, **mfa)))
    assert [one.certain for one in rewritable(model, at(model, "dev"))] == [False]
