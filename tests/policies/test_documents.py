"""Every golden document gets the verdict that IAM's own semantics give it."""

from __future__ import annotations

from collections import Counter

import pytest
from iam_guardrails.rules import RULES

from tests.policies.golden import Golden, explain, read_all

REFUSED = read_all(side="refused")
ACCEPTED = read_all(side="accepted")
ADVISORY_RULES = tuple(name for name, rule in RULES.items() if not rule.blocking)
FEWEST = 25


def by_name(golden: Golden) -> str:
    return golden.name


@pytest.mark.parametrize("golden", REFUSED, ids=by_name)
def test_a_refused_document_gets_the_expected_finding(golden: Golden) -> None:
    findings = golden.findings()
    assert golden.expect is not None
    assert any(golden.expect.is_met_by(one) for one in findings), explain(golden, findings)


@pytest.mark.parametrize("golden", ACCEPTED, ids=by_name)
def test_no_rule_blocks_an_accepted_document(golden: Golden) -> None:
    findings = golden.findings()
    assert not [one for one in findings if one.blocking], explain(golden, findings)


@pytest.mark.parametrize("golden", [one for one in ACCEPTED if one.rule in ADVISORY_RULES], ids=by_name)
def test_an_advisory_rule_is_silent_about_its_accepted_documents(golden: Golden) -> None:
    findings = golden.findings()
    assert golden.rule not in {one.rule for one in findings}, explain(golden, findings)


@pytest.mark.parametrize("golden", REFUSED + ACCEPTED, ids=by_name)
def test_json_text_and_mapping_get_the_same_verdict(golden: Golden) -> None:
    assert golden.findings(as_text=True) == golden.findings()


@pytest.mark.parametrize("golden", REFUSED + ACCEPTED, ids=by_name)
def test_every_finding_names_a_rule_of_the_registry(golden: Golden) -> None:
    assert {one.rule for one in golden.findings()} <= RULES.keys()


@pytest.mark.parametrize("golden", REFUSED, ids=by_name)
def test_a_refused_document_lies_in_the_folder_of_the_rule_it_expects(golden: Golden) -> None:
    assert golden.expect is not None
    assert golden.expect.rule == golden.rule


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("documents", [REFUSED, ACCEPTED], ids=["refused", "accepted"])
def test_each_rule_has_enough_documents_of_either_kind(documents: list[Golden], rule: str) -> None:
    assert Counter(one.rule for one in documents)[rule] >= FEWEST


@pytest.mark.parametrize("golden", REFUSED, ids=by_name)
def test_each_refused_document_has_an_accepted_near_miss_of_the_same_name(golden: Golden) -> None:
    twin = golden.path.parent.parent / "accepted" / golden.path.name
    assert twin.exists(), f"write {twin.relative_to(golden.path.parents[2])}: the smallest change that makes it fine"
