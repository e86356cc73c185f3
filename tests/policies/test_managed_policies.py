"""AWS's own managed policies, more than anybody could make up: each is read, and our list of dangerous ones is true."""

from __future__ import annotations

from typing import Any, cast

import pytest
from iam_guardrails import check_identity_policy, check_managed_policies
from iam_guardrails.language import reader
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.reasoning.escalation import open_paths

from policies.escalation_page import table
from tests.policies.golden import read_all
from tests.policies.published import managed_policies
from tests.policies.strategies import statements_of

POLICIES = managed_policies()
LISTED = cast("list[dict[str, Any]]", table("admin_managed_policies.json"))
TOO_LONG_FOR_A_CUSTOMER = 41
"""How many are longer than the longest policy that anybody but AWS may write for an identity."""


def document(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", POLICIES[name]["Document"])


def open_to(name: str) -> set[str]:
    read = reader.read(document(name), DocumentKind.IDENTITY)
    return {one.path.id for one in open_paths(read.statements) if one.unrestricted}


def problems_of(name: str) -> list[str]:
    return [one.message for one in check_identity_policy(document(name)) if one.rule == "well-formed-documents"]


def test_there_are_as_many_as_were_looked_at() -> None:
    assert len(POLICIES) == 1582


@pytest.mark.parametrize("first", sorted({name[:4] for name in POLICIES}))
def test_every_statement_is_read_and_no_rule_fails(first: str) -> None:
    for name in (one for one in POLICIES if one.startswith(first)):
        read = reader.read(document(name), DocumentKind.IDENTITY)
        assert len(read.statements) == len(statements_of(document(name))), name
        assert [one.message for one in check_identity_policy(document(name)) if "error" in one.evidence] == [], name


def test_nothing_is_wrong_with_them_but_their_length() -> None:
    found = {name: [one for one in problems_of(name) if "characters; the most" not in one] for name in POLICIES}
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_those_too_long_for_a_customer_are_counted() -> None:
    too_long = [name for name in POLICIES if any("characters; the most" in one for one in problems_of(name))]
    assert len(too_long) == TOO_LONG_FOR_A_CUSTOMER


@pytest.mark.parametrize("row", LISTED, ids=lambda row: cast("dict[str, str]", row)["name"])
def test_a_policy_on_the_list_does_what_the_list_says_of_it(row: dict[str, Any]) -> None:
    name = row["name"]
    assert POLICIES[name]["Path"].removeprefix("/") + name == row["path"]
    assert set(row.get("paths", ())) <= open_to(name)
    if row["class"] == "administration":
        assert len(open_to(name)) > 90


def test_a_policy_that_rewrites_iam_is_on_the_list_unless_a_service_needs_it_for_its_role() -> None:
    listed = {row["name"] for row in LISTED}
    rewrites = {"iam-create-policy-version", "iam-attach-role-policy", "iam-put-role-policy", "iam-attach-user-policy"}
    attachable = (name for name, policy in POLICIES.items() if "service-role/" not in policy["Path"])
    assert [name for name in attachable if name not in listed and rewrites & open_to(name)] == []


def test_what_golden_documents_attach_exists() -> None:
    known = {f"{POLICIES[name]['Path'].removeprefix('/')}{name}".lower() for name in POLICIES}
    attached = {arn for golden in read_all() if golden.kind == "attachments" for arn in golden.documents}
    by_aws = {arn.partition(":aws:policy/")[2].lower() for arn in attached if ":aws:policy/" in arn}
    assert by_aws - known == set()


def test_a_policy_of_aws_that_is_newer_than_the_package_is_known_by_its_name() -> None:
    prefix = "arn:aws:iam::aws:policy/AWSThingOfTomorrow"
    (finding,) = check_managed_policies([f"{prefix}_FullAccess"])
    assert (finding.rule, finding.level) == ("no-admin-attachment", "warning")
    assert "its document is not known here" in finding.message
    assert check_managed_policies([f"{prefix}_ReadOnlyAccess", f"{prefix}Logs"]) == []
