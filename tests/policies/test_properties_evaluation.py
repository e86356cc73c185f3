"""The library's judge of one request, held against the tests' own; the two share no code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from iam_guardrails.evaluation import RCP_SERVICES, Caller, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.evaluation.layers import judged
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.principals import Kind

from tests.policies import evaluator
from tests.policies.evaluator import Decision, evaluate_identity, evaluate_resource
from tests.policies.identities import paths, policies_on
from tests.policies.requests_near import contexts, resource_requests, session_requests
from tests.policies.strategies import (
    Document,
    instances,
    many,
    near_misses,
    resource_policies,
    sometimes,
    statements_of,
    trust_policies,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROBOT = "arn:aws:iam::111122223333:user/robot"
_KINDS = {
    evaluator.Kind.ANONYMOUS: Kind.EVERYONE,
    evaluator.Kind.WEB_IDENTITY: Kind.OIDC,
    evaluator.Kind.SAML: Kind.SAML,
    evaluator.Kind.SERVICE: Kind.SERVICE,
}


def caller_of(principal: evaluator.Principal) -> Caller:
    """The same caller in the library's words."""
    if principal.arn is not None:
        roles = [name for name in principal.names["AWS"] if ":role/" in name]
        return Caller.of(principal.arn, role_arn=roles[0] if roles else "", unique_id="AIDAQQQQQQQQQQQQQQQQ")
    name = next((one for names in principal.names.values() for one in names), "*")
    return Caller(_KINDS[principal.kind], name, "")


def in_our_words(request: evaluator.Request) -> Request:
    context = {key.lower(): tuple(values) for key, values in request.context.items()}
    return Request(caller_of(request.principal), request.action, request.resource or "*", context, complete=True)


def answer(denies: bool | None, allows: bool | None) -> Decision | None:
    """The library's answer in the judge's words; None where it leaves it open."""
    if denies:
        return Decision.EXPLICIT_DENY
    if denies is None or (allows is None):
        return None
    return Decision.ALLOW if allows else Decision.IMPLICIT_DENY


@st.composite
def old(draw: st.DrawFn, document: Document) -> Document:
    """The document, now and then under the old version, where variables are plain text."""
    return {**document, "Version": "2008-10-17"} if draw(sometimes(15)) else document


class Tally:
    """How often the library decided, so that a test in which it never does fails."""

    def __init__(self) -> None:
        self.seen: Counter[bool] = Counter()

    def compare(self, ours: Decision | None, expected: Decision) -> None:
        self.seen[ours is not None] += 1
        assert ours in (None, expected)

    def decided_mostly(self) -> bool:
        return self.seen[True] > 0.75 * self.seen.total()


@pytest.mark.parametrize("kind", [DocumentKind.TRUST, DocumentKind.RESOURCE])
def test_the_policy_of_a_role_or_resource_answers_as_the_judge_says(kind: DocumentKind) -> None:
    tally = Tally()

    @given(st.data())
    def run(data: st.DataObject) -> None:
        of_role = kind is DocumentKind.TRUST
        document = data.draw(data.draw(st.just(trust_policies() if of_role else resource_policies())).flatmap(old))
        for _ in range(4):
            request = data.draw(session_requests(document) if of_role else resource_requests(document))
            layer = judged("policy", [Policy("it", document)], in_our_words(request), kind)
            tally.compare(answer(layer.denies, layer.allows), evaluate_resource(document, request))

    run()
    assert tally.decided_mostly(), tally.seen


@st.composite
def identity_requests(draw: st.DrawFn, documents: Sequence[Document]) -> tuple[str, str, Mapping[str, list[str]]]:
    """An action, a resource and a context near one of these policies of an identity."""
    document = draw(st.sampled_from(documents))
    statement = draw(st.sampled_from(statements_of(document)))
    action = draw(instances(draw(st.sampled_from(many(statement.get("Action", ["iam:PassRole"])))), "abz"))
    pattern = draw(st.sampled_from(many(statement.get("Resource", statement.get("NotResource")))))
    resource = draw(instances(pattern)) or "*"
    if draw(sometimes(20)):
        resource = draw(near_misses(resource)) or "*"
    return action, resource, draw(contexts(evaluator.user(ROBOT), {"Statement": [*statements_of(document)]}))


def test_the_policies_of_an_identity_answer_as_the_judge_says() -> None:
    tally = Tally()

    @given(st.data())
    def run(data: st.DataObject) -> None:
        documents = [data.draw(old(one)) for one in data.draw(paths().flatmap(policies_on))]
        for _ in range(4):
            action, resource, context = data.draw(identity_requests(documents))
            given = {key.lower(): tuple(values) for key, values in context.items()}
            request = Request(Caller.of(ROBOT), action, resource, given, complete=True, resource_account="111122223333")
            layer = judged("it", [Policy("it", one) for one in documents], request, DocumentKind.IDENTITY)
            tally.compare(answer(layer.denies, layer.allows), evaluate_identity(documents, action, resource, context))

    run()
    assert tally.decided_mostly(), tally.seen


def test_what_resource_control_policies_deny_is_what_the_judge_says() -> None:
    seen: Counter[Verdict] = Counter()

    @given(st.data())
    def run(data: st.DataObject) -> None:
        drawn = [one for one in statements_of(data.draw(resource_policies())) if "Action" in one]
        assume(drawn)
        left = ("NotPrincipal", "NotResource")
        limits: Document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Resource": "*", **{key: value for key, value in one.items() if key not in left}}
                | {"Effect": "Deny", "Principal": "*"}
                for one in drawn
            ],
        }
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        own = Policy("own", {"Version": "2012-10-17", "Statement": everything})
        for _ in range(4):
            request = data.draw(resource_requests(limits))
            asked = in_our_words(request)._replace(caller=Caller.of(ROBOT), resource_account="111122223333")
            if (
                asked.action.partition(":")[0].lower() not in RCP_SERVICES
                or asked.action.lower() == "sts:getcalleridentity"
            ):
                continue
            found = evaluate(asked, Policies([own], rcps=[Policy("rcp", limits)])).verdict
            denied = evaluate_resource(limits, request) is Decision.EXPLICIT_DENY
            assert found is Verdict.UNKNOWN or (found is Verdict.REFUSED) == denied
            seen[found] += 1

    run()
    assert seen[Verdict.REFUSED] > 10, seen


def _verdict(request: Request, documents: Sequence[Document], trust: Document | None) -> Verdict:
    policies = [Policy(str(number), one) for number, one in enumerate(documents)]
    return evaluate(request, Policies(policies, trust=None if trust is None else Policy("trust", trust))).verdict


@given(st.data())
def test_who_knows_less_of_a_request_gets_the_same_answer_or_none(data: st.DataObject) -> None:
    trust = data.draw(trust_policies())
    request = in_our_words(data.draw(session_requests(trust)))
    documents: list[Any] = [
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    ]
    request = request._replace(resource="arn:aws:iam::111122223333:role/deployer")
    sure = _verdict(request, documents, trust)
    kept = {key: values for key, values in request.context.items() if data.draw(st.booleans())}
    less = request._replace(context=kept, complete=False)
    assert _verdict(less, documents, trust) in (sure, Verdict.UNKNOWN)
    forgotten = request._replace(context=dict.fromkeys(request.context), complete=True)
    assert _verdict(forgotten, documents, trust) in (sure, Verdict.UNKNOWN)


@given(st.data())
@settings(max_examples=60)
def test_a_policy_that_cannot_be_read_takes_no_certainty_but_that_of_a_deny(data: st.DataObject) -> None:
    documents = data.draw(paths().flatmap(policies_on))
    action, resource, context = data.draw(identity_requests(documents))
    assume(action.lower() != "sts:getcalleridentity")
    given = {key.lower(): tuple(values) for key, values in context.items()}
    request = Request(Caller.of(ROBOT), action, resource, given, complete=True, resource_account="111122223333")
    policies = [Policy(str(number), one) for number, one in enumerate(documents)]
    unread = evaluate(request, Policies([*policies, Policy("other", None, "AccessDenied")]))
    denied = evaluate(request, Policies(policies)).reason.startswith("denied by")
    assert unread.verdict is (Verdict.REFUSED if denied else Verdict.UNKNOWN)
