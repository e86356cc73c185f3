"""Who gets in: what the library says of all requests at once, held against a judge of one request at a time."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, note
from hypothesis import strategies as st
from iam_guardrails import Finding, check_resource_policy, check_trust_policy

from tests.policies.evaluator import Decision, evaluate_resource
from tests.policies.requests_near import resource_requests, session_requests
from tests.policies.rewrites import equivalents
from tests.policies.strangers import acts_for_a_stranger, contradictions, has_untrusted_audience, is_stranger
from tests.policies.strategies import (
    ZONE,
    resource_policies,
    resource_statements,
    statements_of,
    trust_policies,
    trust_statements,
)
from tests.policies.verdicts import SETTINGS, refusals, witnesses

TRUST = "trusted-principals-only"


def verdict(findings: list[Finding]) -> set[str]:
    """The rules that refuse."""
    return {one.rule for one in refusals(findings)}


@given(st.data())
def test_no_stranger_gets_a_session_of_a_role_whose_trust_policy_passes(data: st.DataObject) -> None:
    document = data.draw(trust_policies())
    assume(not refusals(check_trust_policy(document, SETTINGS), TRUST, "well-formed-documents"))
    for _ in range(12):
        request = data.draw(session_requests(document))
        assert not (evaluate_resource(document, request) is Decision.ALLOW and is_stranger(request, ZONE))


@given(st.data())
def test_no_stranger_reaches_a_resource_whose_policy_passes(data: st.DataObject) -> None:
    document = data.draw(resource_policies())
    assume(not refusals(check_resource_policy(document, SETTINGS), TRUST, "well-formed-documents"))
    for _ in range(12):
        request = data.draw(resource_requests(document))
        assert not (evaluate_resource(document, request) is Decision.ALLOW and is_stranger(request, ZONE))


def _believe_witnesses(document: dict[str, Any], findings: list[Finding]) -> None:
    for finding, requests in witnesses(findings, document):
        note(f"{finding.message}: {finding.evidence}")
        assert any(evaluate_resource(document, request) is Decision.ALLOW for request in requests)
        assert contradictions(requests[0]) == []
        strange = is_stranger(requests[0], ZONE) or has_untrusted_audience(requests[0], ZONE)
        assert strange or acts_for_a_stranger(requests[0], ZONE) or not finding.blocking


@given(trust_policies())
def test_each_stranger_shown_to_get_a_session_really_gets_it(document: dict[str, Any]) -> None:
    _believe_witnesses(document, check_trust_policy(document, SETTINGS))


@given(resource_policies())
def test_each_stranger_shown_to_reach_a_resource_really_does(document: dict[str, Any]) -> None:
    _believe_witnesses(document, check_resource_policy(document, SETTINGS))


@given(st.data())
def test_the_same_trust_in_other_words_gets_the_same_verdict(data: st.DataObject) -> None:
    document = data.draw(trust_policies())
    rewritten = data.draw(equivalents(document))
    assert verdict(check_trust_policy(rewritten, SETTINGS)) == verdict(check_trust_policy(document, SETTINGS))


@given(st.data())
def test_the_same_resource_policy_in_other_words_gets_the_same_verdict(data: st.DataObject) -> None:
    document = data.draw(resource_policies())
    rewritten = data.draw(equivalents(document))
    assert verdict(check_resource_policy(rewritten, SETTINGS)) == verdict(check_resource_policy(document, SETTINGS))


@given(trust_policies(), trust_statements())
def test_one_more_allow_never_makes_a_trust_policy_pass(document: dict[str, Any], more: dict[str, Any]) -> None:
    wider = {"Version": "2012-10-17", "Statement": [*statements_of(document), more]}
    before = refusals(check_trust_policy({**document, "Version": "2012-10-17"}, SETTINGS), TRUST)
    assert not before or refusals(check_trust_policy(wider, SETTINGS), TRUST)


@given(trust_policies(), trust_statements("Deny"))
def test_one_more_deny_never_opens_a_trust_policy(document: dict[str, Any], more: dict[str, Any]) -> None:
    narrower = {"Version": "2012-10-17", "Statement": [*statements_of(document), more]}
    after = refusals(check_trust_policy(narrower, SETTINGS), TRUST)
    assert not after or refusals(check_trust_policy({**document, "Version": "2012-10-17"}, SETTINGS), TRUST)


@given(resource_policies(), resource_statements("s3"))
def test_one_more_allow_never_makes_a_resource_policy_pass(document: dict[str, Any], more: dict[str, Any]) -> None:
    wider = {"Version": "2012-10-17", "Statement": [*statements_of(document), more]}
    before = refusals(check_resource_policy({**document, "Version": "2012-10-17"}, SETTINGS), TRUST)
    assert not before or refusals(check_resource_policy(wider, SETTINGS), TRUST)
