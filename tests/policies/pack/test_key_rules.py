from __future__ import annotations

from typing import Any

from iam_guardrails.pack.resource import Resource

from tests.policies.pack.resources import configured, pipeline, resource, said_of_stack


def _key(name: str, made: Any, status: str = "Active") -> Resource:
    return resource("aws:iam/accessKey:AccessKey", name, {"user": "site", "status": status, "createDate": made})


def _said(*keys: Resource, **settings: Any) -> list[tuple[str, str]]:
    stack = [one for one in pipeline() if one.name != "site-key"]
    reports = said_of_stack([*stack, *keys], configured(**settings))
    assert not any(report.blocking for report in reports)
    return [(report.rule, report.urn.rpartition("::")[2]) for report in reports]


def test_a_key_is_old_after_ninety_days():
    assert _said(_key("key", "2026-08-25T10:00:00Z")) == [("old-access-keys", "key")]
    assert _said(_key("key", "2026-08-26T10:00:00Z")) == []


def test_the_settings_say_how_old_a_key_may_be():
    assert _said(_key("key", "2026-11-01T00:00:00Z"), max_key_age=30) == []
    assert _said(_key("key", "2026-11-01T00:00:00Z"), max_key_age=20) == [("old-access-keys", "key")]


def test_an_inactive_key_is_not_old():
    assert _said(_key("key", "2020-01-01T00:00:00Z", "Inactive")) == []


def test_a_key_whose_age_the_state_does_not_tell_is_not_judged_by_it():
    assert _said(_key("key", None)) == []
    assert _said(_key("key", "yesterday")) == []


def test_two_keys_are_fine_while_the_younger_one_is_new():
    assert _said(_key("old", "2026-09-20T00:00:00Z"), _key("new", "2026-11-20T00:00:00Z")) == []


def test_two_keys_that_have_been_active_for_long_are_reported_at_the_older_one():
    said = _said(_key("new", "2026-11-01T00:00:00Z"), _key("old", "2026-09-20T00:00:00Z"))
    assert said == [("two-keys-never-overlap-long", "old")]


def test_two_keys_overlap_only_while_both_are_active():
    assert _said(_key("new", "2026-11-01T00:00:00Z"), _key("old", "2026-09-20T00:00:00Z", "Inactive")) == []
