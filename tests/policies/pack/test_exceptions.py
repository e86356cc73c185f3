from __future__ import annotations

from dataclasses import replace
from datetime import date

from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.exceptions import PolicyException

from tests.policies.pack.resources import TODAY, allow, document, role_policy, said_of, said_of_stack

_WILD = role_policy(document(allow("s3:*", "arn:aws:s3:::site/*")), name="wild")
_WAIVED = PolicyException("no-wildcard-actions", "wi*", "web team", "moving to named actions", date(2026, 12, 31))


def _with(*exceptions: PolicyException) -> Configuration:
    return Configuration(exceptions=exceptions)


def test_an_exception_turns_a_refusal_into_a_note_that_names_it():
    (report,) = said_of(_WILD, _with(_WAIVED))
    assert not report.blocking
    assert report.excepted
    for part in ("excepted", "2026-12-31", "web team", "moving to named actions", '"s3:*"'):
        assert part in report.message


def test_an_exception_may_name_the_resource_by_its_urn():
    assert not said_of(_WILD, _with(replace(_WAIVED, resource=_WILD.urn)))[0].blocking


def test_only_stars_and_question_marks_are_wildcards_in_an_exception():
    for pattern, covered in (("w?ld", True), ("w*", True), ("[a-z]*", False), ("wild.", False), ("w[i]ld", False)):
        assert said_of(_WILD, _with(replace(_WAIVED, resource=pattern)))[0].excepted is covered, pattern


def test_an_exception_for_another_rule_or_resource_waives_nothing():
    for other in (replace(_WAIVED, rule="trusted-principals-only"), replace(_WAIVED, resource="Wild")):
        (report,) = said_of(_WILD, _with(other))
        assert report.blocking
        assert not report.excepted


def test_an_exception_holds_through_its_last_day():
    assert not said_of(_WILD, _with(replace(_WAIVED, ends=TODAY)))[0].blocking


def test_an_exception_that_has_ended_waives_nothing_and_blocks_by_itself():
    ended = replace(_WAIVED, ends=date(2026, 11, 23))
    assert said_of(_WILD, _with(ended))[0].blocking
    reports = said_of_stack([], _with(ended))
    assert [(report.rule, report.blocking) for report in reports] == [("iam-guardrails", True)]
    assert "has ended" in reports[0].message


def test_an_exception_that_nothing_needs_is_reported_but_does_not_block():
    (report,) = said_of_stack([], _with(_WAIVED))
    assert not report.blocking
    assert "waived nothing in this run" in report.message


def test_an_exception_that_was_needed_is_not_reported_as_unneeded():
    assert [report.rule for report in said_of_stack([_WILD], _with(_WAIVED))] == []


def test_one_exception_does_not_reach_the_same_rules_other_resources():
    other = role_policy(document(allow("s3:*", "arn:aws:s3:::site/*")), name="other")
    assert said_of(other, _with(_WAIVED))[0].blocking
