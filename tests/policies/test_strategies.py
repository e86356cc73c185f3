"""The generators are worth their name only if what they draw really differs, and what they call equal really is."""

from __future__ import annotations

from collections import Counter

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.policies.evaluator import Decision, evaluate_resource, evaluate_trust
from tests.policies.requests_near import resource_requests, session_requests
from tests.policies.rewrites import equivalents
from tests.policies.strangers import contradictions, is_stranger
from tests.policies.strategies import ZONE, resource_policies, trust_policies


@given(st.data())
def test_a_rewritten_trust_policy_answers_every_request_alike(data: st.DataObject) -> None:
    document = data.draw(trust_policies())
    rewritten = data.draw(equivalents(document))
    for _ in range(5):
        request = data.draw(session_requests(document))
        assert evaluate_trust(rewritten, request) is evaluate_trust(document, request)


@given(st.data())
def test_a_rewritten_resource_policy_answers_every_request_alike(data: st.DataObject) -> None:
    document = data.draw(resource_policies())
    rewritten = data.draw(equivalents(document))
    for _ in range(5):
        request = data.draw(resource_requests(document))
        assert evaluate_resource(rewritten, request) is evaluate_resource(document, request)


@given(st.data())
def test_no_request_claims_what_its_caller_cannot_be(data: st.DataObject) -> None:
    assert contradictions(data.draw(session_requests(data.draw(trust_policies())))) == []
    assert contradictions(data.draw(resource_requests(data.draw(resource_policies())))) == []


def test_strangers_and_insiders_meet_every_answer_often_enough_to_tell_something() -> None:
    seen: Counter[tuple[Decision, bool]] = Counter()

    @settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.data())
    def draw_and_count(data: st.DataObject) -> None:
        document = data.draw(trust_policies())
        request = data.draw(session_requests(document))
        seen[evaluate_trust(document, request), is_stranger(request, ZONE)] += 1

    draw_and_count()
    assert len(seen) == 6
    assert min(seen.values()) >= 15, seen
