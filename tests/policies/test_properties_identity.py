"""What an identity may do: wildcards and ways to more power, however the documents are written."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from iam_guardrails import Finding, check_identity, check_identity_policy, check_trust_policy

from tests.policies.identities import (
    BENIGN,
    KINDS,
    PATHS,
    denials,
    is_open,
    is_wild,
    paths,
    policies_on,
    widened_actions,
)
from tests.policies.rewrites import equivalents
from tests.policies.strategies import many, recased, sometimes, statements_of, trust_policies
from tests.policies.verdicts import SETTINGS, refusals

ESCALATION, WILDCARD, MALFORMED = "no-privilege-escalation", "no-wildcard-actions", "well-formed-documents"


def blocked_paths(findings: list[Finding]) -> set[str]:
    """The ids of the ways that are refused."""
    return {path for one in refusals(findings, ESCALATION) for path in many(one.evidence["paths"])}


@given(st.data())
def test_no_open_way_to_more_power_passes(data: st.DataObject) -> None:
    path = data.draw(paths())
    policies = data.draw(policies_on(path))
    if is_open(policies, path):
        findings = check_identity(policies)
        assert path["id"] in blocked_paths(findings) or refusals(findings, MALFORMED)


def test_every_known_way_is_refused_where_it_stands_open_in_plain_words() -> None:
    for path in PATHS:
        actions = [need["action"] for need in path["needs"]]
        policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
        assert path["id"] in blocked_paths(check_identity_policy(policy)), path["id"]


def test_every_known_way_is_refused_where_it_stands_open_on_all_of_a_service() -> None:
    for path in PATHS:
        statements: list[dict[str, Any]] = []
        for need in path["needs"]:
            kinds = many(need["on"])
            services = {KINDS[kind]["arn"].split(":")[2] for kind in kinds if kind != "*"}
            everything = ["*"] if "*" in kinds else [f"arn:*:{service}:*:*:*" for service in sorted(services)]
            statements.append({"Effect": "Allow", "Action": need["action"], "Resource": everything})
        policy = {"Version": "2012-10-17", "Statement": statements}
        assert is_open([policy], path), path["id"]
        assert path["id"] in blocked_paths(check_identity_policy(policy)), path["id"]


def test_no_known_way_is_found_where_one_of_its_permissions_is_missing() -> None:
    for path in PATHS:
        for missing in path["needs"]:
            actions = [need["action"] for need in path["needs"] if need["action"] != missing["action"]]
            policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
            assert not actions or path["id"] not in blocked_paths(check_identity_policy(policy)), path["id"]


@given(st.data())
def test_one_more_allow_never_closes_a_way(data: st.DataObject) -> None:
    policies = data.draw(policies_on(data.draw(paths())))
    more = data.draw(policies_on(data.draw(paths())))
    assert blocked_paths(check_identity(policies)) <= blocked_paths(check_identity([*policies, *_allows(more)]))


def _allows(policies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [one for policy in policies for one in statements_of(policy) if one["Effect"] == "Allow"]
    return [{"Version": "2012-10-17", "Statement": kept}] if kept else []


@given(st.data())
def test_one_more_deny_never_opens_a_way(data: st.DataObject) -> None:
    path = data.draw(paths())
    policies = data.draw(policies_on(path))
    more = {"Version": "2012-10-17", "Statement": data.draw(denials(path))}
    assert blocked_paths(check_identity([*policies, more])) <= blocked_paths(check_identity(policies))


@given(st.data())
def test_the_same_permissions_in_other_words_get_the_same_verdict(data: st.DataObject) -> None:
    policies = data.draw(policies_on(data.draw(paths())))
    rewritten = [data.draw(equivalents(policy)) for policy in policies]
    findings, again = check_identity(policies), check_identity(rewritten)
    assert blocked_paths(again) == blocked_paths(findings)
    assert {one.rule for one in refusals(again)} == {one.rule for one in refusals(findings)}


@given(st.data())
def test_it_does_not_matter_in_which_document_a_permission_stands(data: st.DataObject) -> None:
    policies = data.draw(policies_on(data.draw(paths())))
    joined = [one for policy in policies for one in statements_of(policy)]
    whole = {"Version": "2012-10-17", "Statement": joined}
    assert blocked_paths(check_identity([whole])) == blocked_paths(check_identity(policies))


@given(st.data())
def test_every_wildcard_in_an_allowed_action_is_refused_whatever_surrounds_it(data: st.DataObject) -> None:
    known = [need["action"] for need in data.draw(paths())["needs"]] + list(BENIGN)
    wild = data.draw(widened_actions(data.draw(recased(data.draw(st.sampled_from(known))))))
    actions = data.draw(st.permutations([wild, *data.draw(st.lists(st.sampled_from(known), max_size=3))]))
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:s3:::acme-logs/*"}
    if data.draw(sometimes(50)):
        statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    others = [one for policy in data.draw(policies_on(data.draw(paths()))) for one in statements_of(policy)]
    denied = {"Effect": "Deny", "Action": wild, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": data.draw(st.permutations([statement, denied, *others]))}
    assert refusals(check_identity_policy(document), WILDCARD)
    assert refusals(check_identity([document]), WILDCARD)


@given(st.data())
def test_wildcards_are_found_only_where_an_allow_has_them(data: st.DataObject) -> None:
    policies = data.draw(policies_on(data.draw(paths())))
    findings = check_identity(policies)
    assume(not refusals(findings, MALFORMED))
    expected = any(is_wild(one) for policy in policies for one in statements_of(policy))
    assert bool(refusals(findings, WILDCARD)) is expected


@given(trust_policies())
def test_wildcards_in_trust_policies_are_found_only_where_an_allow_has_them(document: dict[str, Any]) -> None:
    findings = check_trust_policy(document, SETTINGS)
    assume(not refusals(findings, MALFORMED))
    assert bool(refusals(findings, WILDCARD)) is any(is_wild(one) for one in statements_of(document))
