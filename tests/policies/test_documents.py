"""Every golden document gets the verdict that IAM's own semantics give it."""

from __future__ import annotations

from collections import Counter

import pytest
from iam_guardrails.rules import RULES, Scope

from tests.policies.golden import DOCUMENTS, Golden, explain, read_all

REJECTED = read_all(side="rejected")
ACCEPTED = read_all(side="accepted")
OF_DOCUMENTS = [rule.id for rule in RULES.values() if rule.scope in (Scope.DOCUMENT, Scope.ATTACHMENT)]
ADVISORY_RULES = tuple(name for name, rule in RULES.items() if not rule.blocking)
FEWEST = 25


def by_name(golden: Golden) -> str:
    return golden.name


@pytest.mark.parametrize("golden", REJECTED, ids=by_name)
def test_a_rejected_document_gets_the_expected_finding_of_its_own_rule(golden: Golden) -> None:
    findings = golden.findings()
    assert golden.expect is not None
    assert golden.expect.rule == golden.rule
    assert any(golden.expect.is_met_by(one) for one in findings), explain(golden, findings)
    assert golden.findings(as_text=True) == findings, "as JSON text it means something else"
    assert {one.rule for one in findings} <= RULES.keys()


@pytest.mark.parametrize("golden", ACCEPTED, ids=by_name)
def test_no_rule_blocks_an_accepted_document(golden: Golden) -> None:
    findings = golden.findings()
    assert not [one for one in findings if one.blocking], explain(golden, findings)
    if golden.rule in ADVISORY_RULES:
        assert golden.rule not in {one.rule for one in findings}, explain(golden, findings)
    assert golden.findings(as_text=True) == findings, "as JSON text it means something else"
    assert {one.rule for one in findings} <= RULES.keys()


@pytest.mark.parametrize("rule", OF_DOCUMENTS)
@pytest.mark.parametrize("documents", [REJECTED, ACCEPTED], ids=["rejected", "accepted"])
def test_each_rule_has_enough_documents_of_either_kind(documents: list[Golden], rule: str) -> None:
    assert Counter(one.rule for one in documents)[rule] >= FEWEST


@pytest.mark.parametrize("rule", sorted(path.name for path in DOCUMENTS.iterdir()))
def test_each_rejected_document_has_an_accepted_one_near_it_of_the_same_id(rule: str) -> None:
    ids = {side: {one.id for one in read_all(side=side) if one.rule == rule} for side in ("rejected", "accepted")}
    missing = ids["rejected"] - ids["accepted"]
    assert not missing, (
        f"add to documents/{rule}/accepted.jsonl the smallest change that makes each acceptable: {missing}"
    )


@pytest.mark.parametrize("side", ["rejected", "accepted"])
def test_an_id_names_one_document_of_its_file(side: str) -> None:
    names = Counter(one.name for one in read_all(side=side))
    assert [name for name, times in names.items() if times > 1] == []
