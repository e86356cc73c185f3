from __future__ import annotations

from dataclasses import replace
from datetime import date

from iam_guardrails.exceptions import PolicyException
from iam_guardrails.pack.configuration import Configuration

from tests.policies.pack.resources import (
    TODAY,
    allow,
    configured,
    document,
    role,
    role_policy,
    said_in_all,
    said_of,
    said_of_stack,
)

_WILD = role_policy(document(allow("s3:Get*", "arn:aws:s3:::site/*")), name="wild")
_ACCEPTED = PolicyException(
    "no-wildcard-actions", "wil*", "web team", "moving to named actions", date(2026, 12, 31), "s3:Get*"
)


def _with(*exceptions: PolicyException) -> Configuration:
    return configured(exceptions=exceptions)


def test_an_exception_turns_an_error_into_a_warning_that_names_it():
    (report,) = said_of(_WILD, _with(_ACCEPTED))
    assert report.level == "warning"
    assert report.excepted
    for part in ("excepted", "2026-12-31", "web team", "moving to named actions", '"s3:Get*"'):
        assert part in report.message


def test_the_message_of_an_error_shows_the_id_by_which_an_exception_accepts_it():
    (report,) = said_of(_WILD)
    assert f'"finding": "{report.finding.id}"' in report.message
    assert said_of(_WILD, _with(replace(_ACCEPTED, finding=report.finding.id)))[0].excepted


def test_an_exception_accepts_what_it_names_and_nothing_that_comes_to_it_later():
    for actions in (["s3:*"], ["s3:Get*", "s3:Put*"], ["*"]):
        wider = role_policy(document(allow(actions, "arn:aws:s3:::site/*")), name="wild")
        assert [report.excepted for report in said_of(wider, _with(_ACCEPTED))] == [False] * len(said_of(wider))
    both = replace(_ACCEPTED, finding=["s3:Get*", "s3:Put*"])
    two = role_policy(document(allow(["s3:Get*", "s3:Put*"], "arn:aws:s3:::site/*")), name="wild")
    assert said_of(two, _with(both))[0].excepted


def test_an_exception_by_id_ends_with_any_change_of_the_statement():
    (report,) = said_of(_WILD)
    accepted = replace(_ACCEPTED, finding=report.finding.id)
    on_more = role_policy(document(allow("s3:Get*", "*")), name="wild")
    assert not said_of(on_more, _with(accepted))[0].excepted
    moved = role_policy(document(allow("s3:PutObject"), allow("s3:Get*", "arn:aws:s3:::site/*")), name="wild")
    assert said_of(moved, _with(accepted))[0].excepted


def test_an_exception_may_name_the_resource_by_its_urn():
    assert said_of(_WILD, _with(replace(_ACCEPTED, resource=_WILD.urn)))[0].excepted
    in_any_stack = _WILD.urn.replace("pulumi:dev::", "pulumi:*::")
    assert said_of(_WILD, _with(replace(_ACCEPTED, resource=in_any_stack)))[0].excepted


def test_only_stars_and_question_marks_are_wildcards_in_an_exception():
    for pattern, covered in (("wil?", True), ("wil*", True), ("wild.", False), ("wil[d]", False)):
        assert said_of(_WILD, _with(replace(_ACCEPTED, resource=pattern)))[0].excepted is covered, pattern


def test_an_exception_for_another_rule_or_resource_accepts_nothing():
    for other in (replace(_ACCEPTED, rule="trusted-principals-only"), replace(_ACCEPTED, resource="Wild")):
        (report,) = said_of(_WILD, _with(other))
        assert report.blocking
        assert not report.excepted


def test_an_exception_for_one_document_does_not_accept_what_it_adds_up_to_with_another():
    pass_any = role_policy(document(allow("iam:PassRole", "*")), name="pass")
    run = role_policy(document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")), name="run")
    alone = [report.finding.id for report in said_of(pass_any)]
    accepted = PolicyException(
        "no-privilege-escalation", "pass", "web", "old", date(2999, 1, 1), [*alone, "iam:PassRole", "lambda-create"]
    )
    errors = [one for one in said_in_all([role(), pass_any, run], _with(accepted)) if one.blocking]
    assert [(one.rule, one.finding.together) for one in errors] == [("no-privilege-escalation", True)]
    together = replace(accepted, finding=errors[0].finding.id)
    assert not [one for one in said_in_all([role(), pass_any, run], _with(together)) if one.blocking]


def test_a_bare_name_that_two_types_of_resource_have_is_an_error():
    group = replace(_WILD, urn=_WILD.urn.replace("rolePolicy:RolePolicy", "groupPolicy:GroupPolicy"))
    group = replace(group, type="aws:iam/groupPolicy:GroupPolicy", properties={**_WILD.properties, "group": "g"})
    said = said_in_all([_WILD, group], _with(_ACCEPTED))
    (ambiguous,) = [one for one in said if one.rule == "iam-guardrails" and one.blocking]
    assert "covers resources of several types" in ambiguous.message
    by_urn = replace(_ACCEPTED, resource=_WILD.urn)
    assert not [one for one in said_in_all([_WILD], _with(by_urn)) if one.blocking]


def test_an_exception_holds_through_its_last_day():
    assert said_of(_WILD, _with(replace(_ACCEPTED, ends=TODAY)))[0].excepted


def test_an_exception_that_has_ended_accepts_nothing_and_is_an_error_itself():
    ended = replace(_ACCEPTED, ends=date(2026, 11, 23))
    assert said_of(_WILD, _with(ended))[0].blocking
    reports = said_of_stack([], _with(ended))
    assert [(report.rule, report.blocking) for report in reports] == [("iam-guardrails", True)]
    assert "has ended" in reports[0].message


def test_an_exception_that_nothing_needs_is_a_warning():
    (report,) = said_of_stack([], _with(_ACCEPTED))
    assert report.level == "warning"
    assert "accepted nothing in this run" in report.message


def test_an_exception_that_was_needed_is_not_reported_as_unneeded():
    assert [report.rule for report in said_of_stack([_WILD], _with(_ACCEPTED))] == []


def test_one_exception_does_not_reach_the_same_rules_other_resources():
    other = role_policy(document(allow("s3:Get*", "arn:aws:s3:::site/*")), name="other")
    assert said_of(other, _with(_ACCEPTED))[0].blocking
