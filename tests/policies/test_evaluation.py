"""Would AWS allow this request? Told on the rules of the IAM user guide, a rule a case."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iam_guardrails.evaluation import Caller, Policies, Policy, Request, UnknownCaller, Verdict, evaluate
from iam_guardrails.evaluation.layers import judged
from iam_guardrails.language.documents import DocumentKind

from tests.policies.test_evaluator import FAILS, HOLDS

OURS, THEIRS = "111122223333", "999999999999"
USER = f"arn:aws:iam::{OURS}:user/ci/robot"
ROLE = f"arn:aws:iam::{OURS}:role/ci/deployer"
SESSION = f"arn:aws:sts::{OURS}:assumed-role/deployer/run-7"
QUEUE = f"arn:aws:sqs:eu-west-1:{OURS}:jobs"
THEIR_QUEUE = QUEUE.replace(OURS, THEIRS)
SEND = "sqs:SendMessage"
A, R, U = Verdict.ALLOWED, Verdict.REFUSED, Verdict.UNKNOWN

Statement = dict[str, Any]


def document(*statements: Statement, version: str = "2012-10-17") -> Statement:
    return {"Version": version, "Statement": list(statements)}


def allow(action: str = SEND, resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = SEND, resource: str = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def for_whom(principal: object, **more: Any) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "Action": SEND, "Resource": "*", **more}


def policy(*statements: Statement, name: str = "it") -> Policy:
    return Policy(name, document(*statements))


NOTHING = policy(allow("s3:GetObject"))
SENDS = policy(allow())
CALLERS = {
    "user": Caller.of(USER),
    "session": Caller.of(SESSION, role_arn=ROLE),
    "role": Caller.of(ROLE),
    "root": Caller.of(f"arn:aws:iam::{OURS}:root"),
}


def verdict(caller: str = "user", resource: str = QUEUE, **policies: Any) -> Verdict:
    return evaluate(Request(CALLERS[caller], SEND, resource, complete=True), _policies(**policies)).verdict


# What may be missing elsewhere when the queue's policy names the caller: the table of
# `reference_policies_evaluation-logic_policy-eval-denyallow`.
SAME_ACCOUNT = [
    ("user", USER, A, A, A),
    ("session", SESSION, A, A, A),
    ("session", ROLE, A, R, R),
    ("role", ROLE, A, R, R),
    ("user", f"arn:aws:iam::{OURS}:root", R, R, R),
    ("session", OURS, R, R, R),
    ("user", "*", A, A, A),
    ("session", "*", A, A, A),
]


@pytest.mark.parametrize(("caller", "named", "identity", "boundary", "session"), SAME_ACCOUNT)
def test_in_one_account_it_depends_on_whom_the_resource_names(
    caller: str, named: str, identity: Verdict, boundary: Verdict, session: Verdict
) -> None:
    queue = policy(for_whom({"AWS": named}))
    assert verdict(caller, identity=[NOTHING], resource_policy=queue) is identity
    assert verdict(caller, identity=[SENDS], boundary=NOTHING, resource_policy=queue) is boundary
    assert verdict(caller, identity=[SENDS], session=[NOTHING], resource_policy=queue) is session
    assert verdict(caller, identity=[SENDS], boundary=SENDS, session=[SENDS], resource_policy=queue) is A
    assert verdict(caller, identity=[NOTHING], resource_policy=policy(for_whom({"AWS": THEIRS}))) is R


@pytest.mark.parametrize("named", [USER, OURS, "*"])
def test_between_two_accounts_both_must_allow(named: str) -> None:
    queue = policy(for_whom({"AWS": named}))
    assert verdict(resource=THEIR_QUEUE, identity=[SENDS], resource_policy=queue) is A
    assert verdict(resource=THEIR_QUEUE, identity=[NOTHING], resource_policy=queue) is R
    assert verdict(resource=THEIR_QUEUE, identity=[SENDS], boundary=NOTHING, resource_policy=queue) is R
    assert verdict(resource=THEIR_QUEUE, identity=[SENDS]) is U, "its policy is not known"
    assert verdict(resource=THEIR_QUEUE, identity=[NOTHING]) is R, "whatever it says"
    other = policy(for_whom({"AWS": THEIRS}))
    assert verdict(resource=THEIR_QUEUE, identity=[SENDS], resource_policy=other) is R


def test_where_the_account_of_a_resource_is_not_known_only_what_holds_for_both_is_told() -> None:
    bucket = "arn:aws:s3:::logs"
    assert verdict(resource=bucket, identity=[SENDS]) is U
    assert verdict(resource=bucket, identity=[NOTHING]) is R
    assert verdict(resource=bucket, identity=[SENDS], resource_policy=policy(for_whom({"AWS": USER}))) is A
    assert verdict(resource=bucket, identity=[NOTHING], resource_policy=policy(for_whom({"AWS": USER}))) is U


@pytest.mark.parametrize("layer", ["identity", "boundary", "session", "scps", "resource_policy"])
def test_a_deny_anywhere_wins(layer: str) -> None:
    denying = policy(allow(), deny(), name="no")
    if layer == "resource_policy":
        denying = policy(for_whom("*"), for_whom("*", Effect="Deny"), name="no")
    of_lists: Any = {"identity": [SENDS, denying], "session": [denying], "scps": [[denying]]}
    by_name: Any = {"identity": [SENDS], layer: of_lists.get(layer, denying)}
    found = evaluate(Request(CALLERS["user"], SEND, QUEUE, complete=True), _policies(**by_name))
    assert found.verdict is R
    assert found.reason.startswith("denied by ")
    assert found.reason.endswith("no, statement 1")


def _policies(resource_policy: Policy | None = None, **others: Any) -> Policies:
    return Policies(resource=resource_policy, **others)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], A),
        ([[SENDS]], A),
        ([[SENDS], [NOTHING]], R),
        ([[SENDS], [NOTHING, SENDS]], A),
        ([[NOTHING], [SENDS]], R),
        ([list[Policy]()], R),
    ],
)
def test_service_control_policies_must_allow_at_every_level(levels: list[list[Policy]], expected: Verdict) -> None:
    assert verdict(identity=[SENDS], scps=levels) is expected


RCP = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
FULL_ACCESS = policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, name="RCPFullAWSAccess")


@pytest.mark.parametrize("caller", ["user", "session", "root"])
def test_a_resource_control_policy_denies_whoever_calls(caller: str) -> None:
    found = evaluate(Request(CALLERS[caller], SEND, QUEUE, complete=True), Policies([SENDS], rcps=[policy(RCP)]))
    assert (found.verdict, found.reason) == (R, "denied by resource control policy it, statement 0")
    assert verdict(caller, identity=[SENDS], rcps=[FULL_ACCESS]) is A


def test_a_resource_control_policy_gives_nothing_and_holds_for_its_services_alone() -> None:
    elsewhere = policy({**RCP, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": OURS}}})
    at_home = Request(CALLERS["user"], SEND, QUEUE, {"aws:principalaccount": (OURS,)}, complete=True)
    assert evaluate(at_home, Policies([SENDS], rcps=[elsewhere, FULL_ACCESS])).verdict is A
    assert evaluate(at_home._replace(context={}, complete=False), Policies([SENDS], rcps=[elsewhere])).verdict is U
    lacking = evaluate(at_home, Policies([NOTHING], rcps=[FULL_ACCESS]))
    assert (lacking.verdict, lacking.reason) == (R, "no Allow applies in: identity policy")
    topic = Request(CALLERS["user"], "sns:Publish", QUEUE.replace("sqs", "sns"), complete=True)
    of_topics = policy({**RCP, "Action": "sns:*"})
    assert evaluate(topic, Policies([policy(allow("sns:*"))], rcps=[of_topics])).verdict is A


def test_a_resource_control_policy_keeps_out_the_bearers_of_tokens() -> None:
    provider = f"arn:aws:iam::{OURS}:oidc-provider/token.example.com"
    trust = policy({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"})
    request = Request(Caller.of(provider), "sts:AssumeRoleWithWebIdentity", ROLE, complete=True)
    assert evaluate(request, Policies(trust=trust)).verdict is A
    denying = policy({**RCP, "Action": "sts:AssumeRoleWithWebIdentity"})
    assert evaluate(request, Policies(trust=trust, rcps=[denying])).verdict is R
    assert evaluate(request, Policies(trust=trust, rcps=[Policy("rcp", None, "AccessDenied")])).verdict is U


def assuming(principal: object, **more: Any) -> Policy:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}, name="trust")


ASSUMES = policy(allow("sts:AssumeRole", ROLE))


@pytest.mark.parametrize(
    ("principal", "own", "expected"),
    [
        pytest.param({"AWS": USER}, [ASSUMES], A, id="both ends"),
        pytest.param({"AWS": USER}, [], A, id="trust that names the user is enough in one account"),
        pytest.param({"AWS": OURS}, [], R, id="trust in the account leaves it to the user's own policies"),
        pytest.param({"AWS": OURS}, [ASSUMES], A, id="trust in the account, and the user's own policy"),
        pytest.param({"AWS": f"{USER}2"}, [ASSUMES], R, id="a policy of its own without trust"),
        pytest.param("*", [], A, id="trust in everyone"),
        pytest.param({"AWS": "AIDAEXAMPLEEXAMPLE00"}, [ASSUMES], R, id="a user that was deleted"),
    ],
)
def test_a_role_is_assumed_as_its_trust_policy_says(principal: object, own: list[Policy], expected: Verdict) -> None:
    caller = CALLERS["user"]._replace(unique_id="AIDAEXAMPLEEXAMPLE01")
    request = Request(caller, "sts:AssumeRole", ROLE, complete=True)
    assert evaluate(request, Policies(own, trust=assuming(principal))).verdict is expected


def test_a_role_of_another_account_wants_both_ends() -> None:
    role = ROLE.replace(OURS, THEIRS)
    own = policy(allow("sts:AssumeRole", role))
    request = Request(CALLERS["user"], "sts:AssumeRole", role, complete=True)
    assert evaluate(request, Policies([own], trust=assuming({"AWS": USER}))).verdict is A
    assert evaluate(request, Policies([], trust=assuming({"AWS": USER}))).verdict is R
    assert evaluate(request, Policies([own], trust=assuming({"AWS": THEIRS}))).verdict is R
    assert evaluate(request, Policies([own])).verdict is U


def test_a_key_must_be_allowed_by_its_own_policy() -> None:
    key = f"arn:aws:kms:eu-west-1:{OURS}:key/0b0b"
    request = Request(CALLERS["user"], "kms:Decrypt", key, complete=True)
    own = policy(allow("kms:Decrypt"))
    assert evaluate(request, Policies([own])).verdict is U
    delegating = policy(for_whom({"AWS": OURS}, Action="kms:*"))
    assert evaluate(request, Policies([own], resource=delegating)).verdict is A
    assert evaluate(request, Policies([], resource=delegating)).verdict is R
    assert evaluate(request, Policies([own], resource=policy(for_whom({"AWS": THEIRS}, Action="kms:*")))).verdict is R


def test_a_root_user_may_everything_but_assume_roles() -> None:
    assert verdict("root") is A
    assert verdict("root", scps=[[NOTHING]]) is R
    assert verdict("root", resource_policy=policy(for_whom("*", Effect="Deny"))) is R
    request = Request(CALLERS["root"], "sts:AssumeRole", ROLE, complete=True)
    assert evaluate(request, Policies(trust=assuming({"AWS": OURS}))).verdict is R


def test_the_bearer_of_a_token_needs_the_trust_alone() -> None:
    provider = f"arn:aws:iam::{OURS}:oidc-provider/token.actions.githubusercontent.com"
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/app:ref:x"}},
        }
    )
    action, key = "sts:AssumeRoleWithWebIdentity", "token.actions.githubusercontent.com:sub"
    for subject, expected in {"repo:acme/app:ref:x": A, "repo:evil/app:ref:x": R}.items():
        request = Request(Caller.of(provider), action, ROLE, {key: (subject,)})
        assert evaluate(request, Policies(trust=trust)).verdict is expected
    unsaid = evaluate(Request(Caller.of(provider), action, ROLE), Policies(trust=trust))
    assert (unsaid.verdict, unsaid.unknown) == (U, (key,))


def test_everybody_may_ask_who_it_is() -> None:
    request = Request(CALLERS["user"], "sts:GetCallerIdentity")
    assert evaluate(request, Policies([policy(deny("*"))])).verdict is A


@pytest.mark.parametrize(
    ("names", "has_boundary", "expected"),
    [
        ([USER, OURS], False, A),
        ([USER, OURS], True, R),
        ([USER], False, U),
        ([OURS], False, U),
        ([THEIRS], False, R),
    ],
)
def test_a_deny_with_not_principal_spares_who_is_named_with_account(
    names: list[str], has_boundary: bool, expected: Verdict
) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": SEND, "Resource": "*"}
    boundary = SENDS if has_boundary else None
    assert verdict(identity=[SENDS], boundary=boundary, resource_policy=policy(statement)) is expected


FIVE_PARTS = "arn:aws:iam:*:role/ci/*"
"""No ARN: a document with it is refused, so what it would match is not asked."""
COMPARED = [(*case, True) for case in HOLDS] + [(*case, False) for case in FAILS]


@pytest.mark.parametrize(
    ("operator", "expected", "values", "holds"), [case for case in COMPARED if case[1] != FIVE_PARTS]
)
def test_operators_compare_as_the_user_guide_says(operator: str, expected: Any, values: list[str], holds: bool) -> None:
    found = applies(allow(Condition={operator: {"test:Key": expected}}), {"test:key": tuple(values)})
    assert found in (holds, None)
    assert found is not None or len(values) > 1, "only several values without a set operator are left open"


def applies(statement: Statement, context: dict[str, Any], *, complete: bool = True, **more: Any) -> bool | None:
    request = Request(CALLERS["user"], SEND, QUEUE, context, complete=complete)
    layer = judged("it", [Policy("it", document(statement, **more))], request, DocumentKind.IDENTITY)
    return layer.statements[0].applies


@pytest.mark.parametrize("operator", sorted({case[0] for case in HOLDS} - {"Null", "ArnNotLike"}))
def test_a_key_that_is_absent_and_one_that_is_not_known(operator: str) -> None:
    tolerant = operator.startswith("ForAllValues:") or operator.endswith("IfExists")
    negated = "Not" in operator and not operator.startswith("ForAnyValue:")
    value = next(case[1] for case in HOLDS if case[0] == operator)
    statement = allow(Condition={operator: {"test:Key": value}})
    assert applies(statement, {}) is (tolerant or negated)
    assert applies(statement, {}, complete=False) is None
    assert applies(statement, {"test:key": None}) is None


def test_null_of_a_key_that_is_not_known_is_not_known() -> None:
    statement = allow(Condition={"Null": {"test:Key": "true"}})
    assert applies(statement, {}) is True
    assert applies(statement, {"test:key": ("x",)}) is False
    assert applies(statement, {}, complete=False) is None


def test_one_part_that_does_not_match_settles_it_whatever_is_unknown() -> None:
    unknown = {"StringEquals": {"test:Unknown": "x"}}
    assert applies(allow("sqs:DeleteQueue", Condition=unknown), {}, complete=False) is False
    assert applies(allow(resource=THEIR_QUEUE, Condition=unknown), {}, complete=False) is False
    both: Statement = {**unknown, "StringNotEquals": {"test:Known": "x"}}
    assert applies(allow(Condition=both), {"test:known": ("x",)}, complete=False) is False


def test_variables_take_values_defaults_or_nothing() -> None:
    home = f"arn:aws:sqs:eu-west-1:{OURS}:${{aws:PrincipalTag/team}}"
    assert applies(allow(resource=home), {"aws:principaltag/team": ("jobs",)}) is True
    assert applies(allow(resource=home), {"aws:principaltag/team": ("*",)}) is False, "a star in a tag is no wildcard"
    assert applies(allow(resource=home), {}) is False
    assert applies(allow(resource=home), {}, complete=False) is None
    assert applies(allow(resource=home.replace("team", "team, 'jobs'")), {}) is True
    not_home = {"Effect": "Allow", "Action": SEND, "NotResource": home}
    assert applies(not_home, {"aws:principaltag/team": ("other",)}) is True
    assert applies(not_home, {}) is None, "AWS may take the statement for invalid"
    named = allow(Condition={"StringNotEquals": {"test:Key": "${test:Other}"}})
    assert applies(named, {"test:key": ("x",)}) is None
    assert applies(named, {"test:key": ("x",), "test:other": ("y",)}) is True


def test_under_the_old_version_variables_are_plain_text() -> None:
    statement = allow(Condition={"StringEquals": {"test:Key": "${aws:username}"}})
    for key, expected in {"robot": False, "${aws:username}": True}.items():
        context = {"test:key": (key,), "aws:username": ("robot",)}
        assert applies(statement, context, version="2008-10-17") is expected
        assert applies(statement, context) is not expected


def test_several_values_without_a_set_operator_are_left_open_unless_all_say_the_same() -> None:
    statement = allow(Condition={"StringEquals": {"test:Key": ["a", "b"]}})
    assert applies(statement, {"test:key": ("a", "b")}) is True
    assert applies(statement, {"test:key": ("x", "y")}) is False
    assert applies(statement, {"test:key": ("a", "x")}) is None


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow("s3:Get*"), 'Action is "s3:Get*"'),
        ({"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}, "NotAction excepts sqs:*"),
        (allow(resource=THEIR_QUEUE), f'Resource is "{THEIR_QUEUE}"'),
        ({"Effect": "Allow", "Action": SEND, "NotResource": QUEUE}, f"NotResource excepts {QUEUE}"),
        (
            allow(Condition={"StringEquals": {"aws:RequestedRegion": ["a", "b"]}}),
            'StringEquals aws:requestedregion: the policy has "a", "b", the request "eu-west-1"',
        ),
        (allow(Condition={"Bool": {"test:Key": "true"}}), "Bool test:key: the request lacks this key"),
        (
            allow(Condition={"Null": {"aws:RequestedRegion": "true"}}),
            "Null aws:requestedregion: the request carries it",
        ),
        (
            allow(Condition={"StringEquals": {"sts:ExternalId": "swordfish"}}),
            "StringEquals sts:externalid: the request's value is another one",
        ),
    ],
)
def test_the_first_reason_why_not_is_told(statement: Statement, reason: str) -> None:
    context = {"aws:requestedregion": ("eu-west-1",), "sts:externalid": ("marlin",)}
    request = Request(CALLERS["user"], SEND, QUEUE, context, complete=True)
    found = evaluate(request, Policies([policy(statement)]))
    assert [one.reason for one in found.statements] == [reason]
    assert "swordfish" not in str(found)
    assert found.reason == "no Allow applies in: identity policy"


def test_what_would_have_to_be_known_is_told() -> None:
    condition = {"StringEquals": {"aws:SourceIp": "203.0.113.7", "aws:PrincipalOrgID": "o-1"}}
    found = evaluate(Request(CALLERS["user"], SEND, QUEUE), Policies([policy(allow(Condition=condition))]))
    assert (found.verdict, found.unknown) == (U, ("aws:sourceip", "aws:principalorgid"))
    assert found.reason == "not known: aws:sourceip; aws:principalorgid"


def test_a_deny_that_may_apply_keeps_an_allow_from_being_believed() -> None:
    closed = deny(Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    request = Request(CALLERS["user"], SEND, QUEUE)
    assert evaluate(request, Policies([policy(allow(), closed)])).verdict is U
    at_home = request._replace(context={"aws:sourceip": ("203.0.113.7",)})
    assert evaluate(at_home, Policies([policy(allow(), closed)])).verdict is A
    assert evaluate(request, Policies([policy(closed)])).verdict is R, "nothing allows it anyway"


@pytest.mark.parametrize(
    "written",
    [
        None,
        "no JSON",
        json.dumps({"Version": "2012-10-17"}),
        document({"Effect": "Perhaps", "Action": "*", "Resource": "*"}),
        document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"a:b": "c"}}}),
        {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "not an ARN"}},
    ],
)
def test_what_cannot_be_read_may_be_a_deny_and_is_no_allow(written: object) -> None:
    unread = Policy("odd", written, "AccessDenied")
    request = Request(CALLERS["user"], SEND, QUEUE)
    found = evaluate(request, Policies([SENDS, unread]))
    assert found.verdict is U
    assert "odd" in found.reason
    assert "could not be read" in found.reason
    assert evaluate(request, Policies([unread])).verdict is U


def test_one_statement_that_cannot_be_read_leaves_the_others_their_say() -> None:
    odd = {"Effect": "Allow", "Action": SEND, "Resource": "*", "Condition": {"StringIs": {"a:b": "c"}}}
    found = evaluate(Request(CALLERS["user"], SEND, QUEUE), Policies([policy(deny(), odd)]))
    assert found.verdict is R
    assert [one.applies for one in found.statements] == [True, None]


@pytest.mark.parametrize("arn", ["", "robot", "arn:aws:iam::1:user/x", f"arn:aws:sts::{OURS}:federated-user/x"])
def test_an_arn_of_nobody_who_can_be_judged_is_refused(arn: str) -> None:
    with pytest.raises(UnknownCaller, match="is no ARN of a user, role, session"):
        Caller.of(arn)


def test_a_session_is_known_by_its_role_even_without_the_roles_arn() -> None:
    assert Caller.of(SESSION).role_arn == f"arn:aws:iam::{OURS}:role/deployer"
    assert Caller.of(ROLE).role_arn == ROLE


def test_of_a_role_it_is_not_known_which_session_asks() -> None:
    named = policy(for_whom({"AWS": SESSION}))
    assert verdict("role", identity=[NOTHING], resource_policy=named) is U
    other = policy(for_whom({"AWS": SESSION.replace("deployer", "other")}))
    assert verdict("role", identity=[NOTHING], resource_policy=other) is R
