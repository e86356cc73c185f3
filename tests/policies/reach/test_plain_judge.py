"""Small random accounts: the graph has just the edges that trying every request finds, and changes as it should."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
from iam_guardrails.model import DocumentKind
from iam_guardrails.model.parts import Part
from iam_guardrails.reach import Certainty, Reach, reach

from .accounts import ADMINISTRATOR, HERE, Dump, in_organization, inventory, limit, model, policy
from .plain_judge import FUNCTIONS, Account, becomes

NAMES = ("user/ann", "user/bob", "role/app-one", "role/app-two", "role/run")
ACTIONS = (
    "sts:AssumeRole", "sts:*", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateAssumeRolePolicy",
    "iam:PassRole", "lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:*", "s3:GetObject",
)  # fmt: skip
LIFTING = ("*", "iam:*", "iam:PutUserPolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AddUserToGroup")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:PrincipalTag/team": "x"}},
    {"StringEquals": {"aws:ResourceTag/team": "x"}},
    {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
)
FUNCTION = f"arn:aws:lambda:eu-west-1:{HERE}:function:"


class Drawn:
    """An account drawn at random.

    Args:
        seed: where the draw begins.
        more: further actions to draw from.
    """

    def __init__(self, seed: int, more: tuple[str, ...] = ()) -> None:
        self._random = Random(seed)
        self._actions = (*ACTIONS, *more)
        self.dump = Dump()
        self.scps = [self._scp()] if self._random.random() < 0.3 else []
        self.functions = {f"{FUNCTION}{name}": self.dump.arn("role", "run") for name in FUNCTIONS[:2]}
        if self._random.random() < 0.5:
            self.dump.group("team", *self._statements(2))
        self._bounded = self.dump.managed("limits", policy(*self._statements(3, wide=True)))
        for name in NAMES:
            self._identity(name)

    def parts(self) -> list[Part]:
        functions = [{"arn": arn, "role": role} for arn, role in self.functions.items()]
        found = inventory({"lambda:function": functions, "ecs:cluster": []})
        if self.scps:
            found += [in_organization(HERE), limit(DocumentKind.SCP, policy(*self.scps[0]), HERE)]
        return found

    def graph(self) -> Reach:
        return reach(model(self.dump, more=self.parts()))

    def account(self) -> Account:
        everything = [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]
        scps = self.scps[0] if self.scps else everything
        return Account(HERE, json.loads(self.dump.json()), scps, self.functions)

    def documents(self) -> list[dict[str, Any]]:
        """Every identity policy of the account."""
        lists = (one for each in (self.dump.users, self.dump.roles, self.dump.groups) for one in each)
        return [
            held["PolicyDocument"] for one in lists for key in one if key.endswith("PolicyList") for held in one[key]
        ]

    # --- what is drawn ------------------------------------------------------------------------------------------------

    def _identity(self, name: str) -> None:
        kind, _, last = name.partition("/")
        more: dict[str, Any] = {}
        if self._random.random() < 0.25:
            more["boundary"] = self._bounded
        if self._random.random() < 0.5:
            more["tags"] = {"team": self._random.choice("xy")}
        statements = self._statements(self._random.randint(1, 4))
        if kind == "user":
            groups = ["team"] if self.dump.groups and self._random.random() < 0.5 else []
            self.dump.user(last, *statements, groups=groups, **more)
        else:
            self.dump.role(last, self._trust(), *statements, **more)

    def _statements(self, count: int, *, wide: bool = False) -> list[dict[str, Any]]:
        found = [self._statement(deny=self._random.random() < 0.2) for _ in range(count)]
        if wide and self._random.random() < 0.5:
            found.append({"Effect": "Allow", "Action": ["sts:*", "iam:*", "lambda:*"], "Resource": ["*"]})
        return found

    def _scp(self) -> list[dict[str, Any]]:
        everything = {"Effect": "Allow", "Action": ["sts:*", "iam:*", "lambda:*"], "Resource": ["*"]}
        return [everything, self._statement(deny=True)]

    def _statement(self, *, deny: bool) -> dict[str, Any]:
        actions = self._random.sample(self._actions, self._random.randint(1, 3))
        element = "NotResource" if self._random.random() < 0.1 else "Resource"
        found: dict[str, Any] = {"Effect": "Deny" if deny else "Allow", "Action": actions, element: self._resources()}
        if self._random.random() < 0.3:
            found["Condition"] = copy.deepcopy(self._random.choice(CONDITIONS))
        return found

    def _resources(self) -> list[str]:
        arns = [f"arn:aws:iam::{HERE}:{name}" for name in NAMES]
        patterns = ["*", f"arn:aws:iam::{HERE}:role/app-*", f"arn:aws:iam::{HERE}:*", f"{FUNCTION}a*", f"{FUNCTION}b"]
        return self._random.sample([*arns, *patterns, "*", "*"], self._random.randint(1, 2))

    def _trust(self) -> dict[str, Any]:
        principals: list[dict[str, Any]] = [
            {"AWS": f"arn:aws:iam::{HERE}:root"},
            {"Service": "lambda.amazonaws.com"},
            {"Service": "ec2.amazonaws.com"},
            {"AWS": [f"arn:aws:iam::{HERE}:{name}" for name in self._random.sample(NAMES, 2)]},
        ]
        statements: list[dict[str, Any]] = []
        for _ in range(self._random.randint(1, 2)):
            effect = "Deny" if self._random.random() < 0.1 else "Allow"
            one = {"Effect": effect, "Principal": self._random.choice(principals), "Action": "sts:AssumeRole"}
            if "AWS" in one["Principal"] and self._random.random() < 0.3:
                one["Condition"] = copy.deepcopy(self._random.choice((CONDITIONS[0], CONDITIONS[4])))
            statements.append(one)
        return policy(*statements)


def pairs(graph: Reach) -> set[tuple[str, str]]:
    return {(one.source, one.target) for one in graph.edges}


def agrees(seed: int) -> None:
    drawn = Drawn(seed)
    graph, expected = drawn.graph(), becomes(drawn.account())
    assert pairs(graph) == expected.keys()
    certain = {(one.source, one.target) for one in graph.edges if one.certainty is Certainty.CERTAIN}
    assert certain == {pair for pair, sure in expected.items() if sure}


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_the_graph_has_the_edges_that_trying_every_request_finds(start: int) -> None:
    for seed in range(start, start + 20):
        agrees(seed)


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 3000, 250))
def test_the_graph_has_the_edges_that_trying_every_request_finds_in_many_accounts(start: int) -> None:
    for seed in range(start, start + 250):
        agrees(seed)


def test_the_accounts_that_are_tried_have_edges_of_every_certainty_and_none() -> None:
    found = [becomes(Drawn(seed).account()) for seed in range(40)]
    assert any(not one for one in found) or min(len(one) for one in found) < 4
    assert {sure for one in found for sure in one.values()} == {True, False}


@pytest.mark.parametrize("seed", range(30))
def test_taking_an_allow_out_adds_no_edge(seed: int) -> None:
    drawn = Drawn(seed, LIFTING)
    before = drawn.graph()
    document = Random(seed).choice(drawn.documents())
    allows = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    if not allows:
        return
    document["Statement"].remove(allows[0])
    document["Statement"] = document["Statement"] or [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}]
    after = drawn.graph()
    assert pairs(after) <= pairs(before)
    assert after.reaches <= before.reaches


@pytest.mark.parametrize("seed", range(100, 130))
def test_adding_a_deny_adds_no_edge(seed: int) -> None:
    drawn = Drawn(seed, LIFTING)
    before = drawn.graph()
    random = Random(seed)
    action = random.choice((*ACTIONS, *LIFTING))
    random.choice(drawn.documents())["Statement"].append({"Effect": "Deny", "Action": [action], "Resource": ["*"]})
    after = drawn.graph()
    assert pairs(after) <= pairs(before)
    assert after.reaches <= before.reaches


def test_an_attached_administrator_policy_adds_edges() -> None:
    drawn = Drawn(3)
    before = pairs(drawn.graph())
    drawn.dump.users[0]["AttachedManagedPolicies"] = [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]
    assert pairs(drawn.graph()) > before
