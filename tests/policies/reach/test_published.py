"""The published ways to administrator are found in whole accounts, and not where something shuts them."""

from __future__ import annotations

import pytest
from iam_guardrails.model import DocumentKind
from iam_guardrails.reach import Certainty, Reach, reach

from .accounts import HERE, Dump, deny, in_organization, inventory, limit, model, policy
from .published import ADMINISTRATORS, NO_CUT, PASSING, PUTTING, WAYS, Changing, Cut, Lab, Passing, Putting, lab

Way = Passing | Putting | Changing
EACH = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.id)
NOBODY = "AWS", f"arn:aws:iam::{HERE}:user/somebody-else"


def graph(found: Lab, *, scp: str = "") -> Reach:
    more = inventory(found.inventory)
    if scp:
        more += [in_organization(HERE, "r-root"), limit(DocumentKind.SCP, ADMINISTRATORS, "r-root")]
        more += [limit(DocumentKind.SCP, policy(deny(scp)), HERE), limit(DocumentKind.SCP, ADMINISTRATORS, HERE)]
    return reach(model(found.dump, more=more))


def leads(found: Lab, graph_: Reach) -> bool:
    return found.start in graph_.reaches


def has_edge(found: Lab, graph_: Reach) -> bool:
    return any(one.source == found.start and one.target == found.target for one in graph_.edges)


@EACH
def test_the_start_of_a_published_way_reaches_an_administrator(way: Way) -> None:
    found = lab(way)
    graph_ = graph(found)
    assert leads(found, graph_)
    if found.target:
        assert has_edge(found, graph_)
    else:
        assert graph_.members[found.start].administrator


@EACH
def test_a_deny_shuts_a_published_way(way: Way) -> None:
    found = lab(way, Cut(denies=lab(way).decisive))
    assert not leads(found, graph(found))


@EACH
def test_a_boundary_shuts_a_published_way(way: Way) -> None:
    found = lab(way, Cut(boundary=lab(way).decisive))
    assert not leads(found, graph(found))


@EACH
def test_a_service_control_policy_shuts_a_published_way(way: Way) -> None:
    found = lab(way)
    assert not leads(found, graph(found, scp=found.decisive))


@EACH
def test_a_condition_that_the_start_does_not_meet_shuts_a_published_way(way: Way) -> None:
    found = lab(way, Cut(condition={"StringEquals": {"aws:PrincipalAccount": "999999999999"}}))
    assert not leads(found, graph(found))


@EACH
def test_a_condition_that_may_be_met_leaves_a_published_way_that_is_not_certain(way: Way) -> None:
    found = lab(way, Cut(condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    graph_ = graph(found)
    assert leads(found, graph_)
    own = [one for one in graph_.edges if one.source == found.start and one.target == found.target]
    certainties = [one.certainty for one in own] or [graph_.members[found.start].certainty]
    assert Certainty.CERTAIN not in certainties


@pytest.mark.parametrize("way", PASSING, ids=lambda way: way.id)
def test_a_role_that_trusts_another_service_cannot_be_passed(way: Passing) -> None:
    found = lab(way, Cut(trusted="transfer.amazonaws.com"))
    assert not leads(found, graph(found))


@pytest.mark.parametrize("way", PUTTING, ids=lambda way: way.id)
def test_what_an_inventory_does_not_list_is_not_there(way: Putting) -> None:
    found = lab(way)
    found.inventory.clear()
    assert not leads(found, graph(found))


@pytest.mark.parametrize("way", PUTTING, ids=lambda way: way.id)
def test_without_an_inventory_a_way_over_what_runs_needs_one(way: Putting) -> None:
    found = lab(way)
    edges = reach(model(found.dump)).edges
    assert {one.certainty for one in edges if one.source == found.start and one.target == found.target} == {
        Certainty.INVENTORY
    }


@pytest.mark.parametrize("way", [one for one in PASSING if one.there], ids=lambda way: way.id)
def test_without_an_inventory_a_way_that_changes_something_needs_one(way: Passing) -> None:
    found = lab(way)
    edges = reach(model(found.dump)).edges
    assert Certainty.CERTAIN not in {one.certainty for one in edges if one.source == found.start}


def test_every_lab_has_another_account() -> None:
    assert Cut() == NO_CUT
    assert len({one.id for one in WAYS}) == len(WAYS) > 90
    assert isinstance(lab(WAYS[0]).dump, Dump)
