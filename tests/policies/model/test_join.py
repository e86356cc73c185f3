"""Parts in any order become one model, and what does not fit together is said to be unknown."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from iam_guardrails.model import (
    AccountModel,
    CredentialKind,
    DocumentKind,
    Identity,
    IdentityKind,
    PolicyDocument,
    join,
)
from iam_guardrails.model.parts import (
    AttachmentPart,
    CredentialPart,
    IdentityPart,
    InlinePart,
    MembershipPart,
    Part,
    PolicyPart,
    ProfilePart,
    Reference,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import Unknown

HERE = Scope(("111122223333",))
THERE = Scope(("444455556666",))
ROLE, USER, GROUP = IdentityKind.ROLE, IdentityKind.USER, IdentityKind.GROUP
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(action: str = "s3:GetObject") -> PolicyDocument:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return PolicyDocument(DocumentKind.IDENTITY, {"Version": "2012-10-17", "Statement": [statement]}, name=action)


def role(name: str = "deploy", scope: Scope = HERE, **more: Any) -> IdentityPart:
    return IdentityPart(ROLE, more.pop("key", f"urn:{name}"), name, scope=scope, **more)


def only(model: AccountModel, kind: IdentityKind = ROLE) -> Identity:
    (found,) = model.of(kind)
    return found


def test_an_inline_policy_belongs_to_the_role_that_it_names() -> None:
    model = join([InlinePart(Reference("deploy"), ROLE, document(), HERE), role(), role("other")])
    deploy = model.at("arn:aws:iam::111122223333:role/deploy")
    assert deploy is not None
    assert [one.name for one in deploy.inline] == ["s3:GetObject"]
    assert deploy.is_known()


def test_a_role_of_another_account_with_that_name_gets_nothing() -> None:
    model = join([role(), role(scope=THERE, key="there"), InlinePart(Reference("deploy"), ROLE, document(), HERE)])
    held = {one.account: len(one.inline) for one in model.of(ROLE)}
    assert held == {"111122223333": 1, "444455556666": 0}


def test_between_two_roles_of_unknown_accounts_nothing_is_guessed() -> None:
    nowhere = Scope()
    parts = [role(scope=nowhere), role(scope=nowhere, key="other"), InlinePart(Reference("deploy"), ROLE, document())]
    assert [(len(one.inline), one.is_known()) for one in join(parts).of(ROLE)] == [(0, False), (0, False)]


def test_a_managed_policy_of_aws_comes_with_its_document() -> None:
    model = join([role(), AttachmentPart(Reference("deploy"), ROLE, Reference(ADMINISTRATOR), scope=HERE)])
    (attachment,) = only(model).attached
    assert attachment.document is not None
    assert "'Action': '*'" in str(attachment.document.content)
    assert only(model).is_known()


def test_a_managed_policy_that_nobody_declares_is_unknown() -> None:
    arn = "arn:aws:iam::111122223333:policy/elsewhere"
    model = join([role(), AttachmentPart(Reference("deploy"), ROLE, Reference(arn), scope=HERE)])
    assert not only(model).is_known()
    assert arn in str(next(only(model).all_unknown()))


def test_a_managed_policy_is_found_by_its_arn_before_and_after_it_is_declared() -> None:
    policy = PolicyPart("urn:p", document("sqs:SendMessage"), "p", scope=HERE)
    attachment = AttachmentPart(Reference("deploy"), ROLE, Reference("arn:aws:iam::111122223333:policy/p"), scope=HERE)
    for parts in ([policy, role(), attachment], [attachment, role(), policy]):
        model = join(parts)
        assert [one.document and one.document.name for one in only(model).attached] == ["sqs:SendMessage"]
        assert model.holders(model.policies[0]) == (only(model),)


def test_an_output_that_goes_into_an_attachment_is_taken_for_its_policy_and_said_to_be_unknown() -> None:
    policy = PolicyPart("urn:p", document(), "p", scope=HERE)
    applied = AttachmentPart(Reference("deploy"), ROLE, Reference(None, ("urn:p",)), scope=HERE)
    found = only(join([role(), policy, applied]))
    assert [one.document for one in found.attached] == [policy.document]
    assert not found.is_known()
    exact = AttachmentPart(Reference("deploy"), ROLE, Reference(None, ("urn:p",), exact=True), scope=HERE)
    assert only(join([role(), policy, exact])).is_known()


def test_a_group_that_nobody_declares_is_there_and_unknown() -> None:
    user = IdentityPart(USER, "urn:u", "dev", scope=HERE)
    model = join([user, MembershipPart(Reference("dev"), Reference("Administrators"), scope=HERE)])
    dev = only(model, USER)
    assert [(one.name, one.declared) for one in dev.groups] == [("Administrators", False)]
    assert not dev.is_known()
    assert 'what group "Administrators" holds' in " ".join(one.what for one in dev.all_unknown())


def test_a_group_that_is_declared_gives_its_documents_to_its_members() -> None:
    parts: list[Part] = [
        MembershipPart(Reference("dev"), Reference("readers"), scope=HERE),
        InlinePart(Reference("readers"), GROUP, document(), HERE),
        IdentityPart(USER, "urn:u", "dev", scope=HERE),
        IdentityPart(GROUP, "urn:g", "readers", scope=HERE),
    ]
    model = join(parts)
    dev = only(model, USER)
    assert [(one.name, one.holder.name) for one in dev.holdings()] == [("s3:GetObject", "readers")]
    assert dev.is_known()
    assert model.members(only(model, GROUP)) == (dev,)


def test_what_belongs_to_nobody_known_may_be_anybodys() -> None:
    model = join([role(), InlinePart(Reference(None), ROLE, document())])
    assert len(model.unknown) == 1
    remark = UnknownPart(Unknown("a template", "it is somewhere else"), anybodys=False)
    assert join([role(), remark]).unknown == ()
    assert join([role(), remark]).remarks == (remark.unknown,)


def test_a_function_runs_with_its_role_and_an_instance_with_that_of_its_profile() -> None:
    parts: list[Part] = [
        role(),
        RunnerPart("lambda:function", "f", role=Reference("arn:aws:iam::111122223333:role/deploy"), scope=HERE),
        RunnerPart("ec2:instance", "i", profile=Reference("profile"), scope=HERE),
        ProfilePart("p", "profile", Reference(None, ("urn:deploy",), exact=True), scope=HERE),
    ]
    model = join(parts)
    assert {one.kind for one in model.runners_with(only(model))} == {"lambda:function", "ec2:instance"}


def test_an_instance_whose_profile_is_not_declared_has_an_unknown_role() -> None:
    (runner,) = join([RunnerPart("ec2:instance", "i", profile=Reference("profile"), scope=HERE)]).runners
    assert runner.role is None
    assert [one.what for one in runner.unknown] == ["the role that it runs with"]


def test_a_boundary_with_a_known_document_is_not_a_grant() -> None:
    bound = AttachmentPart(Reference("deploy"), ROLE, Reference(ADMINISTRATOR), boundary=True, scope=HERE)
    found = only(join([role(), bound]))
    assert list(found.holdings()) == []
    assert found.boundary is not None
    assert found.boundary.document is not None


def test_two_sources_that_speak_of_one_role_are_joined() -> None:
    arn = "arn:aws:iam::111122223333:role/deploy"
    trust = PolicyDocument(DocumentKind.TRUST, {})
    model = join([role(key=arn, trust=trust), role(key=arn, max_session=3600), role(key="urn:other")])
    assert (only(model).trust, only(model).max_session) == (trust, 3600)


PARTS: list[Part] = [
    role(),
    role("build"),
    IdentityPart(USER, "urn:u", "dev", scope=HERE),
    IdentityPart(GROUP, "urn:g", "readers", scope=HERE),
    PolicyPart("urn:p", document("sqs:SendMessage"), "p", scope=HERE),
    InlinePart(Reference("deploy"), ROLE, document(), HERE),
    InlinePart(Reference("readers"), GROUP, document("sns:Publish"), HERE),
    AttachmentPart(Reference("build"), ROLE, Reference("arn:aws:iam::111122223333:policy/p"), scope=HERE),
    AttachmentPart(Reference("build"), ROLE, Reference("arn:aws:iam::111122223333:policy/none"), scope=HERE),
    MembershipPart(Reference("dev"), Reference("readers"), scope=HERE),
    MembershipPart(Reference("dev"), Reference("others"), scope=HERE),
    CredentialPart(Reference("dev"), CredentialKind.ACCESS_KEY, "an access key", scope=HERE),
]


def shape(model: AccountModel) -> object:
    return sorted(
        (
            one.arn_pattern,
            one.declared,
            sorted(holding.name for holding in one.holdings()),
            sorted(group.name for group in one.groups),
            len(one.credentials),
            one.is_known(),
        )
        for one in model.identities
    )


@given(st.permutations(PARTS), st.sets(st.sampled_from(range(len(PARTS)))))
def test_neither_order_nor_repetition_of_parts_matters(parts: list[Part], twice: set[int]) -> None:
    again = [PARTS[place] for place in twice if not isinstance(PARTS[place], CredentialPart)]
    assert shape(join([*parts, *again])) == shape(join(PARTS))
