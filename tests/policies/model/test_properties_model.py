"""Whole accounts, drawn: users, groups, boundaries, managed policies and policies of resources, joined in any order.

What an identity may do there is what the tests' own judge says of all that it holds; what several documents add up to
is the same whether the account model or `check_identity` is asked.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from iam_guardrails import Finding, check_identity
from iam_guardrails.evaluation import Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model import AccountModel, IdentityKind, Location, PolicyDocument, join
from iam_guardrails.model.parts import (
    AttachmentPart,
    IdentityPart,
    InlinePart,
    MembershipPart,
    Part,
    PolicyPart,
    Reference,
    Scope,
)
from iam_guardrails.model.questions import caller_of, policies_of
from iam_guardrails.rules import no_privilege_escalation
from iam_guardrails.rules.escalation_of_identities import adding_up
from iam_guardrails.rules.stack import Stack

from tests.policies import evaluator
from tests.policies.evaluator import Decision, evaluate_identity, evaluate_resource
from tests.policies.identities import is_open, paths, policies_on
from tests.policies.strategies import OURS, Document, many, sometimes
from tests.policies.test_properties_evaluation import identity_requests
from tests.policies.verdicts import refusals

HERE = Scope((OURS,))
USER, GROUP = IdentityKind.USER, IdentityKind.GROUP
ROBOT = f"arn:aws:iam::{OURS}:user/robot"


@dataclass
class Drawn:
    """An account, and what the user `robot` holds in it.

    Attributes:
        parts: of the account, in any order.
        held: documents of the user: its own, its groups', managed ones.
        boundary: document of its permissions boundary; None without one.
    """

    parts: list[Part] = field(default_factory=list[Part])
    held: list[Document] = field(default_factory=list[Document])
    boundary: Document | None = None

    @property
    def model(self) -> AccountModel:
        return join(self.parts)


def _document(document: Document, place: str, kind: DocumentKind = DocumentKind.IDENTITY) -> PolicyDocument:
    return PolicyDocument(kind, document, Location(logical_id=place))


def _holding(document: Document, place: str, holder: str, kind: IdentityKind, *, managed: bool) -> list[Part]:
    """A document on a user or group: inline, or as a managed policy that is attached."""
    if not managed:
        return [InlinePart(Reference(holder), kind, _document(document, place), HERE)]
    policy = PolicyPart(place, _document(document, place), place, scope=HERE, location=Location(logical_id=place))
    arn = f"arn:aws:iam::{OURS}:policy/{place}"
    return [policy, AttachmentPart(Reference(holder), kind, Reference(arn), location=policy.location, scope=HERE)]


@st.composite
def accounts(draw: st.DrawFn, documents: list[Document], *, bounded: bool = True) -> Drawn:
    """An account whose user `robot` holds documents, each in one of the ways in which a user can, beside another."""
    drawn = Drawn([IdentityPart(USER, "robot", "robot", scope=HERE), IdentityPart(USER, "other", "other", scope=HERE)])
    groups = [f"group{number}" for number in range(draw(st.integers(0, 2)))]
    for group in groups:
        drawn.parts.append(IdentityPart(GROUP, group, group, scope=HERE))
        drawn.parts.append(MembershipPart(Reference("robot"), Reference(group), scope=HERE))
    drawn.parts.append(IdentityPart(GROUP, "strangers", "strangers", scope=HERE))
    drawn.parts.append(MembershipPart(Reference("other"), Reference("strangers"), scope=HERE))
    for number, document in enumerate(documents):
        holder, kind = draw(st.sampled_from([("robot", USER), *((group, GROUP) for group in groups)]))
        drawn.parts += _holding(document, f"p{number}", holder, kind, managed=draw(st.booleans()))
        drawn.held.append(document)
    for number, document in enumerate(draw(paths().flatmap(policies_on))):
        holder, kind = draw(st.sampled_from([("other", USER), ("strangers", GROUP)]))
        drawn.parts += _holding(document, f"q{number}", holder, kind, managed=draw(st.booleans()))
    if bounded and draw(sometimes(40)):
        drawn.boundary = draw(st.sampled_from([*documents, *draw(paths().flatmap(policies_on))]))
        arn = f"arn:aws:iam::{OURS}:policy/boundary"
        drawn.parts.append(PolicyPart("boundary", _document(drawn.boundary, "boundary"), "boundary", scope=HERE))
        drawn.parts.append(AttachmentPart(Reference(ROBOT), USER, Reference(arn), boundary=True, scope=HERE))
    drawn.parts = draw(st.permutations(drawn.parts))
    return drawn


def _expected(drawn: Drawn, queue: Document | None, action: str, resource: str, context: dict[str, list[str]]) -> bool:
    """What the plain judge says of everything that decides: whether the request is allowed."""
    own = evaluate_identity(drawn.held, action, resource, context)
    cap = Decision.ALLOW if drawn.boundary is None else evaluate_identity([drawn.boundary], action, resource, context)
    asked = evaluator.Request(evaluator.user(ROBOT), action, resource, context)
    given_there = Decision.IMPLICIT_DENY if queue is None else evaluate_resource(queue, asked)
    if Decision.EXPLICIT_DENY in (own, cap, given_there):
        return False
    return given_there is Decision.ALLOW or own is cap is Decision.ALLOW


def test_what_an_identity_may_do_in_an_account_is_what_the_judge_says_of_all_that_it_holds() -> None:
    seen: Counter[Verdict] = Counter()

    @given(st.data())
    @settings(max_examples=60)
    def run(data: st.DataObject) -> None:
        drawn = data.draw(accounts(data.draw(paths().flatmap(policies_on))))
        model = drawn.model
        robot = next(one for one in model.identities if one.name == "robot")
        caller = caller_of(robot)
        assert caller is not None
        for _ in range(3):
            action, resource, context = data.draw(identity_requests(drawn.held))
            assume(action.lower() != "sts:getcalleridentity" and not action.lower().startswith("kms:"))
            effect = data.draw(st.sampled_from(["Allow", "Deny"]))
            statement = {"Effect": effect, "Principal": {"AWS": ROBOT}, "Action": action, "Resource": "*"}
            # Into another account, both sides would have to allow.
            is_ours = resource.split(":")[4:5] in ([], [""], [OURS])
            queue = (
                {"Version": "2012-10-17", "Statement": [statement]} if is_ours and data.draw(sometimes(30)) else None
            )
            carried = {key.lower(): tuple(values) for key, values in context.items()}
            request = Request(caller, action, resource, carried, complete=True, resource_account=OURS)
            held = policies_of(model, robot)
            of_queue = None if queue is None else Policy("queue", queue)
            found = evaluate(request, Policies(held.identity, held.boundary, resource=of_queue)).verdict
            seen[found] += 1
            expected = _expected(drawn, queue, action, resource, dict(context))
            assert found is Verdict.UNKNOWN or (found is Verdict.ALLOWED) == expected

    run()
    assert seen[Verdict.ALLOWED] > 20
    assert seen[Verdict.REFUSED] > 20
    assert seen[Verdict.UNKNOWN] < 0.25 * seen.total()


def _paths(findings: list[Finding]) -> set[str]:
    return {path for one in refusals(findings, no_privilege_escalation.RULE.id) for path in many(one.evidence["paths"])}


def _of_model(drawn: Drawn) -> set[str]:
    """The paths that are open to `robot`: by each document, and by all of them together, as the rules are asked."""
    model = drawn.model
    stack = Stack(model)
    robot = next(one for one in model.identities if one.name == "robot")
    found = list(adding_up(stack.permissions(robot), stack))
    for document in drawn.held:
        found += [one for one in check_identity([document], boundary=drawn.boundary) if one.pointer.startswith("/0")]
    return _paths(found)


@given(st.data())
@settings(max_examples=60)
def test_the_account_model_and_the_library_find_the_same_paths(data: st.DataObject) -> None:
    drawn = data.draw(accounts(data.draw(paths().flatmap(policies_on))))
    together = _paths(
        [one for one in check_identity(drawn.held, boundary=drawn.boundary) if one.pointer != "/boundary"]
    )
    assert together <= _of_model(drawn)
    # A document that is judged by itself is not told what another one denies.
    if '"Deny"' not in json.dumps(drawn.held):
        assert _of_model(drawn) == together


@given(st.data())
@settings(max_examples=60)
def test_no_open_way_is_lost_however_its_permissions_are_spread_over_an_account(data: st.DataObject) -> None:
    path = data.draw(paths())
    drawn: Any = data.draw(accounts(data.draw(policies_on(path)), bounded=False))
    if is_open(drawn.held, path):
        findings = check_identity(drawn.held)
        assert path["id"] in _of_model(drawn) or refusals(findings, "well-formed-documents")
