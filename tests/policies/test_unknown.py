"""What is not known yet: the rest of a document is read, and what is found in it holds whatever comes there."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails import (
    UNKNOWN,
    Settings,
    check_identity,
    check_identity_policy,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails.evaluation import Caller, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.language import reader
from iam_guardrails.language.documents import DocumentKind

from tests.policies.verdicts import refusals

OURS, THEIRS = "111122223333", "999988887777"
SETTINGS = Settings(trusted_accounts=[OURS])


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::a/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def unknown_of(*statements: Any, kind: DocumentKind = DocumentKind.IDENTITY) -> tuple[str, ...]:
    return reader.read(document(*statements), kind).unknown


def rejected_by(findings: list[Any]) -> set[str]:
    return {one.rule for one in refusals(findings)}


def test_a_statement_that_is_known_is_checked_beside_one_that_is_not() -> None:
    findings = check_identity_policy(document(allow("*", "*"), allow(resource=UNKNOWN)))
    assert {"no-wildcard-actions", "no-privilege-escalation"} <= rejected_by(findings)
    notes = [one for one in findings if not one.blocking and "unknown" in one.evidence]
    assert [one.evidence["unknown"] for one in notes] == [["/Statement/1/Resource"]]


@pytest.mark.parametrize(
    ("statement", "pointer"),
    [
        (UNKNOWN, "/Statement/0"),
        (allow(action=UNKNOWN), "/Statement/0/Action"),
        (allow(action=["s3:GetObject", UNKNOWN]), "/Statement/0/Action/1"),
        (allow(resource=f"arn:aws:s3:::{UNKNOWN}/*"), "/Statement/0/Resource"),
        (allow(Condition=UNKNOWN), "/Statement/0/Condition"),
        (allow(Condition={"StringEquals": UNKNOWN}), "/Statement/0/Condition/StringEquals"),
        (
            allow(Condition={"StringEquals": {"aws:username": UNKNOWN}}),
            "/Statement/0/Condition/StringEquals/aws:username",
        ),
        ({**allow(), "Effect": UNKNOWN}, "/Statement/0/Effect"),
    ],
)
def test_each_place_that_is_unknown_is_named_and_nothing_is_malformed(statement: Any, pointer: str) -> None:
    read = reader.read(document(statement), DocumentKind.IDENTITY)
    assert read.unknown == (pointer,)
    assert read.problems == ()


def test_a_document_without_unknown_has_none() -> None:
    assert unknown_of(allow()) == ()


def test_a_partly_known_name_is_a_name_and_an_unknown_account_is_the_own_one() -> None:
    assert check_identity_policy(document(allow("s3:GetObject", f"arn:aws:s3:::{UNKNOWN}/*")))[0].blocking is False
    every_role = allow("iam:PutRolePolicy", f"arn:aws:iam::{UNKNOWN}:role/*")
    assert rejected_by(check_identity_policy(document(every_role))) == {"no-privilege-escalation"}


def test_an_allow_under_an_unknown_condition_gives_nothing_for_certain() -> None:
    wide = allow("iam:PutRolePolicy", "*", Condition={"StringEquals": {"aws:username": UNKNOWN}})
    assert rejected_by(check_identity_policy(document(wide))) == set()
    known = allow("iam:PutRolePolicy", "*", Condition={"StringEquals": {"aws:username": "ann"}})
    assert rejected_by(check_identity_policy(document(known))) == {"no-privilege-escalation"}


def test_a_deny_of_what_is_unknown_may_deny_everything() -> None:
    wide = allow("iam:PutRolePolicy", "*")
    for deny in (
        {"Effect": "Deny", "Action": UNKNOWN, "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": UNKNOWN},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": UNKNOWN}}},
    ):
        assert rejected_by(check_identity_policy(document(wide, deny))) == set(), deny
    other = {"Effect": "Deny", "Action": "s3:*", "Resource": UNKNOWN}
    assert rejected_by(check_identity_policy(document(wide, other))) == {"no-privilege-escalation"}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def test_a_principal_that_is_unknown_is_no_external_one_until_it_is_known() -> None:
    assert rejected_by(check_trust_policy(document(trust({"AWS": UNKNOWN})), SETTINGS)) == set()
    assert rejected_by(check_trust_policy(document(trust({"AWS": f"arn:aws:iam::{UNKNOWN}:root"})), SETTINGS)) == set()
    known = document(trust({"AWS": [UNKNOWN, THEIRS]}))
    assert rejected_by(check_trust_policy(known, SETTINGS)) == {"trusted-principals-only"}


def test_a_role_whose_account_is_known_is_judged_by_it() -> None:
    ours, theirs = (f"arn:aws:iam::{account}:role/{UNKNOWN}" for account in (OURS, THEIRS))
    assert rejected_by(check_trust_policy(document(trust({"AWS": ours})), SETTINGS)) == set()
    assert rejected_by(check_trust_policy(document(trust({"AWS": theirs})), SETTINGS)) == {"trusted-principals-only"}


def test_everybody_under_an_unknown_condition_is_not_rejected_but_everybody_beside_it_is() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::a/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": UNKNOWN}},
    }
    assert rejected_by(check_resource_policy(document(statement), SETTINGS)) == set()
    open_one = {key: value for key, value in statement.items() if key != "Condition"}
    found = check_resource_policy(document(statement, open_one), SETTINGS)
    assert {one.statement for one in refusals(found)} == {1}


def test_a_boundary_that_is_partly_unknown_caps_nothing_for_certain() -> None:
    wide = document(allow("iam:PutRolePolicy", "*"))
    assert refusals(check_identity([wide], boundary=document(allow("s3:GetObject", UNKNOWN))))
    assert not refusals(check_identity([wide], boundary=document(allow("s3:GetObject", "*"))))


def test_text_has_no_unknown() -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"\\ue0ff"}]}'
    for kind in (DocumentKind.IDENTITY, DocumentKind.RESOURCE):
        assert reader.read(text, kind).problems


def test_the_evaluator_does_not_know_what_a_statement_with_unknown_parts_says() -> None:
    request = Request(
        Caller.of(f"arn:aws:iam::{OURS}:user/ann"), "s3:GetObject", "arn:aws:s3:::a/x", resource_account=OURS
    )
    known = Policy("known", document(allow()))
    partly = Policy("partly", document(allow(Condition={"StringEquals": {"aws:username": UNKNOWN}})))
    assert evaluate(request, Policies(identity=[known])).verdict is Verdict.ALLOWED
    assert evaluate(request, Policies(identity=[partly])).verdict is Verdict.UNKNOWN
    complete = request._replace(complete=True)
    assert evaluate(complete, Policies(identity=[partly])).verdict is Verdict.UNKNOWN
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": UNKNOWN}
    assert evaluate(complete, Policies(identity=[Policy("both", document(allow(), deny))])).verdict is Verdict.UNKNOWN
    other = {"Effect": "Deny", "Action": "sqs:*", "Resource": UNKNOWN}
    assert evaluate(complete, Policies(identity=[Policy("both", document(allow(), other))])).verdict is Verdict.ALLOWED
