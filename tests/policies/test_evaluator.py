"""The judge of the other tests is judged itself, on facts of the IAM user guide told in documents of our own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.evaluator import (
    ANONYMOUS,
    Context,
    Decision,
    Document,
    Principal,
    Request,
    canonical_user,
    evaluate_identity,
    evaluate_resource,
    evaluate_trust,
    federated_user,
    role_session,
    root_of,
    saml,
    service,
    user,
    web_identity,
)

ALLOW, EXPLICIT_DENY, IMPLICIT_DENY = Decision.ALLOW, Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY
OURS, THEIRS = "111122223333", "999999999999"
ROBOT = f"arn:aws:iam::{OURS}:user/ci/robot"
DEPLOYER = f"arn:aws:iam::{OURS}:role/ci/deployer"
GITHUB = f"arn:aws:iam::{OURS}:oidc-provider/token.actions.githubusercontent.com"
ANN = {"aws:username": ["ann"]}
LOGIN = f"arn:aws:iam::{OURS}:saml-provider/login"


def trust(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def let_in(principal: object, **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **elements}


def keep_out(principal: object, **elements: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": principal, "Action": "sts:*", **elements}


def answer(
    document: Document, caller: Principal, action: str = "sts:AssumeRole", context: Context | None = None
) -> Decision:
    return evaluate_trust(document, Request(caller, action, None, context or {}))


def holds(
    operator: str, expected: Any, values: list[str] | None, *, key: str = "test:Key", others: Context | None = None
) -> bool:
    """Whether a condition lets a request pass whose key has these values; None for a request without the key."""
    document = trust(let_in("*", Condition={operator: {key: expected}}))
    context = dict(others or {})
    if values is not None:
        context["test:Key"] = values
    return answer(document, user(ROBOT), context=context) is ALLOW


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        pytest.param("*", user(ROBOT), id="a star means a user"),
        pytest.param("*", ANONYMOUS, id="a star means somebody without credentials"),
        pytest.param({"AWS": "*"}, ANONYMOUS, id="a star under AWS means somebody without credentials too"),
        pytest.param({"AWS": "*"}, role_session(DEPLOYER), id="a star under AWS means a session"),
        pytest.param({"AWS": OURS}, user(ROBOT), id="an account id means its users"),
        pytest.param({"AWS": OURS}, role_session(DEPLOYER), id="an account id means its sessions"),
        pytest.param({"AWS": OURS}, root_of(OURS), id="an account id means its root user"),
        pytest.param({"AWS": f"arn:aws:iam::{OURS}:root"}, user(ROBOT), id="a root ARN means the account's users"),
        pytest.param({"AWS": f"arn:aws:iam::{OURS}:root"}, root_of(OURS), id="a root ARN means the root user"),
        pytest.param({"AWS": [THEIRS, ROBOT]}, user(ROBOT), id="one of several entries is enough"),
        pytest.param({"AWS": DEPLOYER}, role_session(DEPLOYER, "build-7"), id="a role means its sessions"),
        pytest.param(
            {"AWS": f"arn:aws:sts::{OURS}:assumed-role/deployer/build-7"},
            role_session(DEPLOYER, "build-7"),
            id="a session's ARN names it without the role's path",
        ),
        pytest.param(
            {"AWS": f"arn:aws:sts::{OURS}:federated-user/ann"},
            federated_user(f"arn:aws:sts::{OURS}:federated-user/ann"),
            id="a federated user is named by its session",
        ),
        pytest.param({"Federated": GITHUB}, web_identity(GITHUB), id="a provider means the bearers of its tokens"),
        pytest.param({"Federated": LOGIN}, saml(LOGIN), id="a SAML provider means the bearers of its assertions"),
        pytest.param({"Service": ["ec2.amazonaws.com"]}, service("ec2.amazonaws.com"), id="a service means itself"),
        pytest.param({"CanonicalUser": "79a59d"}, canonical_user("79a59d"), id="a canonical id means its account"),
        pytest.param({"AWS": THEIRS, "Service": "a.amazonaws.com"}, service("a.amazonaws.com"), id="kinds add up"),
    ],
)
def test_a_principal_element_means(principal: object, caller: Principal) -> None:
    assert answer(trust(let_in(principal)), caller) is ALLOW
    assert answer(trust(let_in(principal), keep_out(principal)), caller) is EXPLICIT_DENY


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        pytest.param({"AWS": OURS}, user(f"arn:aws:iam::{THEIRS}:user/ci/robot"), id="an account, not another's user"),
        pytest.param({"AWS": OURS}, ANONYMOUS, id="an account, not somebody without credentials"),
        pytest.param({"AWS": OURS}, web_identity(GITHUB), id="an account, not the tokens of its identity provider"),
        pytest.param({"AWS": OURS}, service("ec2.amazonaws.com"), id="an account, not a service"),
        pytest.param({"AWS": ROBOT}, user(ROBOT.replace("robot", "Robot")), id="a user, not one in other case"),
        pytest.param({"AWS": ROBOT}, user(f"{ROBOT}2"), id="a user, not one whose name goes on"),
        pytest.param({"AWS": ROBOT}, root_of(OURS), id="a user, not the root user of its account"),
        pytest.param({"AWS": DEPLOYER}, role_session(f"{DEPLOYER}-2"), id="a role, not another's sessions"),
        pytest.param(
            {"AWS": f"arn:aws:sts::{OURS}:assumed-role/deployer/build-7"},
            role_session(DEPLOYER, "build-8"),
            id="a session, not its sister",
        ),
        pytest.param({"AWS": f"arn:aws:iam::{OURS}:user/*"}, user(ROBOT), id="no wildcard inside an ARN"),
        pytest.param(
            {"AWS": f"arn:aws-cn:iam::{OURS}:root"}, user(ROBOT), id="a root ARN, not one in other partitions"
        ),
        pytest.param({"Service": "*"}, user(ROBOT), id="all services, but no user"),
        pytest.param({"Federated": "*"}, user(ROBOT), id="all providers, but no user"),
        pytest.param({"Federated": GITHUB}, web_identity(f"{GITHUB}/acme"), id="a provider, not one below it"),
    ],
)
def test_a_principal_element_means_only_what_it_names(principal: object, caller: Principal) -> None:
    assert answer(trust(let_in(principal)), caller) is IMPLICIT_DENY


def test_not_principal_means_everyone_but_those_it_names() -> None:
    document = trust(let_in("*"), {"Effect": "Deny", "NotPrincipal": {"AWS": OURS}, "Action": "sts:AssumeRole"})
    assert answer(document, user(ROBOT)) is ALLOW
    assert answer(document, root_of(THEIRS)) is EXPLICIT_DENY
    assert answer(document, ANONYMOUS) is EXPLICIT_DENY


def test_a_deny_wins_wherever_it_stands_and_nothing_said_means_no() -> None:
    allow, deny = let_in({"AWS": ROBOT}), keep_out({"AWS": OURS})
    assert answer(trust(allow, deny), user(ROBOT)) is EXPLICIT_DENY
    assert answer(trust(deny, allow), user(ROBOT)) is EXPLICIT_DENY
    assert answer(trust(deny), root_of(THEIRS)) is IMPLICIT_DENY


def test_a_statement_may_stand_alone_without_a_list() -> None:
    assert answer({"Version": "2012-10-17", "Statement": let_in({"AWS": ROBOT})}, user(ROBOT)) is ALLOW


@pytest.mark.parametrize(
    ("entry", "action", "covered"),
    [
        ("sts:AssumeRole", "sts:AssumeRole", True),
        ("STS:assumerole", "sts:AssumeRole", True),
        ("sts:AssumeRole", "sts:AssumeRoleWithSAML", False),
        ("sts:AssumeRole*", "sts:AssumeRoleWithSAML", True),
        ("sts:?ssumeRole", "sts:AssumeRole", True),
        ("sts:Assume?Role", "sts:AssumeRole", False),
        ("*", "sts:TagSession", True),
        ("s*e", "sts:AssumeRole", True),
        ("sts:Ass.meRole", "sts:AssumeRole", False),
        (["s3:GetObject", "sts:TagSession"], "sts:TagSession", True),
        ([], "sts:TagSession", False),
    ],
)
def test_actions_match_without_case_and_with_wildcards_anywhere(entry: Any, action: str, covered: bool) -> None:
    document = trust(let_in("*", Action=entry))
    assert (answer(document, user(ROBOT), action) is ALLOW) is covered
    negated = {"Effect": "Allow", "Principal": "*", "NotAction": entry}
    assert (answer(trust(negated), user(ROBOT), action) is ALLOW) is not covered


@pytest.mark.parametrize(
    ("entry", "resource", "covered"),
    [
        ("*", "arn:aws:s3:::logs/2026/a.txt", True),
        ("arn:aws:s3:::logs/*", "arn:aws:s3:::logs/2026/a.txt", True),
        ("arn:aws:s3:::logs/*/a.txt", "arn:aws:s3:::logs/2026/11/a.txt", True),
        ("arn:aws:s3:::logs", "arn:aws:s3:::logs/2026/a.txt", False),
        ("arn:aws:s3:::Logs/*", "arn:aws:s3:::logs/2026/a.txt", False),
        ("arn:aws:sns:*:topic", "arn:aws:sns:eu-west-1:111122223333:topic", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/ann/x", True),
        ("arn:aws:s3:::home/${AWS:UserName}/*", "arn:aws:s3:::home/ann/x", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/bob/x", False),
        ("arn:aws:s3:::home/${aws:PrincipalTag/team}/*", "arn:aws:s3:::home//x", False),
        ("arn:aws:s3:::home/${aws:PrincipalTag/team, 'all'}/*", "arn:aws:s3:::home/all/x", True),
        ("arn:aws:s3:::home/${aws:username, 'all'}/*", "arn:aws:s3:::home/all/x", False),
        ("arn:aws:s3:::odd${*}", "arn:aws:s3:::odd*", True),
        ("arn:aws:s3:::odd${*}", "arn:aws:s3:::oddly", False),
        ("arn:aws:s3:::odd${?}", "arn:aws:s3:::odds", False),
        ("arn:aws:s3:::odd${$}{x}", "arn:aws:s3:::odd${x}", True),
        ("arn:aws:s3:::${aws:PrincipalTag/star}", "arn:aws:s3:::anything", False),
        ("arn:aws:s3:::${aws:PrincipalTag/star}", "arn:aws:s3:::*", True),
    ],
)
def test_resources_match_as_globs_with_variables(entry: str, resource: str, covered: bool) -> None:
    context = {"aws:username": ["ann"], "aws:PrincipalTag/star": ["*"]}

    def allows(**resources: str) -> bool:
        document = trust({"Effect": "Allow", "Action": "s3:GetObject", **resources})
        return evaluate_identity([document], "s3:GetObject", resource, context) is ALLOW

    assert allows(Resource=entry) is covered
    assert allows(NotResource=entry) is not covered


def test_variables_are_plain_text_under_the_old_version() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}"}
    for document in (trust(statement, version="2008-10-17"), {"Statement": statement}):
        assert evaluate_identity([document], "s3:GetObject", "arn:aws:s3:::home/ann", {"aws:username": ["ann"]}) is (
            IMPLICIT_DENY
        )
        assert evaluate_identity([document], "s3:GetObject", "arn:aws:s3:::home/${aws:username}", {}) is ALLOW


def test_the_documents_of_one_identity_add_up_and_any_deny_counts() -> None:
    read = trust({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
    write = trust({"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"})
    brake = trust({"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"})
    thing = "arn:aws:s3:::logs/x"
    assert evaluate_identity([read, write], "s3:PutObject", thing, {}) is ALLOW
    assert evaluate_identity([read, write, brake], "s3:PutObject", thing, {}) is EXPLICIT_DENY
    assert evaluate_identity([read, write, brake], "s3:GetObject", thing, {}) is ALLOW
    assert evaluate_identity([], "s3:GetObject", thing, {}) is IMPLICIT_DENY


def test_a_resource_policy_asks_for_principal_action_and_resource() -> None:
    statement = let_in({"AWS": OURS}, Action="s3:GetObject", Resource="arn:aws:s3:::logs/*")
    inside, outside = "arn:aws:s3:::logs/x", "arn:aws:s3:::other/x"
    assert evaluate_resource(trust(statement), Request(user(ROBOT), "s3:GetObject", inside)) is ALLOW
    assert evaluate_resource(trust(statement), Request(user(ROBOT), "s3:GetObject", outside)) is IMPLICIT_DENY
    assert evaluate_resource(trust(statement), Request(root_of(THEIRS), "s3:GetObject", inside)) is IMPLICIT_DENY


HOLDS: list[tuple[str, Any, list[str]]] = [
    ("StringEquals", "a", ["a"]),
    ("StringEquals", ["x", "a"], ["a"]),
    ("StringNotEquals", ["x", "y"], ["a"]),
    ("StringEqualsIgnoreCase", "ABC", ["abc"]),
    ("StringNotEqualsIgnoreCase", "ABC", ["abd"]),
    ("StringLike", "repo:acme/*:ref:refs/heads/main", ["repo:acme/app:ref:refs/heads/main"]),
    ("StringLike", "a?c", ["abc"]),
    ("StringLike", "*", [""]),
    ("StringNotLike", ["a*", "b*"], ["cab"]),
    ("StringLike", "a${*}", ["a*"]),
    ("ArnLike", "arn:aws:iam::*:role/ci/*", [DEPLOYER]),
    ("ArnEquals", "arn:aws:iam::*:role/ci/*", [DEPLOYER]),
    ("ArnLike", "*", [DEPLOYER]),
    ("ArnLike", "arn:aws:sns:*:*:a*c", ["arn:aws:sns:eu-west-1:1:a:b:c"]),
    ("ArnNotEquals", "arn:aws:iam::999999999999:role/*", [DEPLOYER]),
    ("ArnNotLike", "arn:aws:iam:*:role/ci/*", [DEPLOYER]),
    ("NumericEquals", "10", ["10.0"]),
    ("NumericEquals", 10, ["10"]),
    ("NumericNotEquals", "10", ["11"]),
    ("NumericLessThan", "10", ["9"]),
    ("NumericLessThanEquals", "10", ["10"]),
    ("NumericGreaterThan", "9", ["10"]),
    ("NumericGreaterThanEquals", "10", ["10"]),
    ("DateEquals", "2026-01-01T00:00:00Z", ["2026-01-01T01:00:00+01:00"]),
    ("DateNotEquals", "2026-01-01", ["2026-01-02"]),
    ("DateLessThan", "2026-01-01T00:00:00Z", ["2025-12-31T23:59:59Z"]),
    ("DateLessThanEquals", "2026-01", ["2026-01-01"]),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", ["1767225601"]),
    ("DateGreaterThanEquals", "1767225600", ["2026-01-01T00:00:00Z"]),
    ("Bool", "true", ["true"]),
    ("Bool", True, ["true"]),
    ("Bool", "False", ["false"]),
    ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"]),
    ("IpAddress", "203.0.113.0/24", ["203.0.113.7"]),
    ("IpAddress", "203.0.113.7", ["203.0.113.7"]),
    ("IpAddress", ["10.0.0.0/8", "2001:DB8:1234:5678::/64"], ["2001:db8:1234:5678::1"]),
    ("NotIpAddress", "203.0.113.0/24", ["203.0.114.7"]),
    ("NotIpAddress", "0.0.0.0/0", ["2001:db8::1"]),
    ("Null", "false", ["anything"]),
    ("Null", False, ["anything"]),
    ("ForAllValues:StringEquals", ["a", "b"], ["b", "a"]),
    ("ForAllValues:StringNotEquals", ["x", "y"], ["a", "b"]),
    ("ForAllValues:StringEquals", "a", []),
    ("ForAllValues:StringEquals", "a", [""]),
    ("ForAnyValue:StringEquals", ["a", "b"], ["x", "a"]),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ["x", "a"]),
    ("ForAnyValue:StringLike", "o-acme/*", ["o-acme/r-1/ou-1/"]),
    ("StringEqualsIfExists", "a", ["a"]),
    ("ForAllValues:StringLikeIfExists", "a*", ["a", "ab"]),
]

FAILS: list[tuple[str, Any, list[str]]] = [
    ("StringEquals", "a", ["A"]),
    ("StringEquals", "*", ["a"]),
    ("StringEquals", "a", ["a "]),
    ("StringNotEquals", ["x", "a"], ["a"]),
    ("StringNotEqualsIgnoreCase", "ABC", ["abc"]),
    ("StringLike", "repo:acme/app:*", ["repo:acme/application:ref:refs/heads/main"]),
    ("StringLike", "a?c", ["ac"]),
    ("StringLike", "a", ["ab"]),
    ("StringLike", "a${*}", ["ab"]),
    ("StringNotLike", ["a*", "*b"], ["cab"]),
    ("ArnLike", "arn:aws:iam:*:role/ci/*", [DEPLOYER]),
    ("ArnLike", "arn:aws:iam::*:role/ci/*", ["deployer"]),
    ("ArnLike", "arn:aws:iam::*:Role/ci/*", [DEPLOYER]),
    ("ArnNotEquals", "arn:aws:iam::*:role/*", [DEPLOYER]),
    ("NumericLessThan", "10", ["10"]),
    ("NumericNotEquals", "10", ["10.0"]),
    ("NumericEquals", "10", ["ten"]),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", ["2026-01-01T00:00:00Z"]),
    ("DateNotEquals", "2026-01-01", ["2026-01-01T00:00:00Z"]),
    ("Bool", "true", ["false"]),
    ("BinaryEquals", "QmluYXJ5", ["QmluYXJ6"]),
    ("IpAddress", "203.0.113.0/24", ["203.0.114.7"]),
    ("IpAddress", "0.0.0.0/0", ["2001:db8::1"]),
    ("NotIpAddress", "203.0.113.0/24", ["203.0.113.7"]),
    ("Null", "true", ["anything"]),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"]),
    ("ForAllValues:StringNotEquals", ["x", "a"], ["a", "b"]),
    ("ForAnyValue:StringEquals", ["a", "b"], ["x", "y"]),
    ("ForAnyValue:StringEquals", "a", []),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ["b", "a"]),
    ("ForAnyValue:StringLike", "*", [""]),
    ("StringEqualsIfExists", "a", ["b"]),
]


@pytest.mark.parametrize(("operator", "expected", "values"), HOLDS)
def test_a_condition_holds(operator: str, expected: Any, values: list[str]) -> None:
    assert holds(operator, expected, values)


@pytest.mark.parametrize(("operator", "expected", "values"), FAILS)
def test_a_condition_fails(operator: str, expected: Any, values: list[str]) -> None:
    assert not holds(operator, expected, values)


@pytest.mark.parametrize("operator", sorted({case[0] for case in HOLDS} - {"Null"}))
def test_an_absent_key_makes_only_negated_and_tolerant_operators_true(operator: str) -> None:
    tolerant = operator.startswith("ForAllValues:") or operator.endswith("IfExists")
    negated = "Not" in operator and not operator.startswith("ForAnyValue:")
    expected = next(case[1] for case in HOLDS if case[0] == operator)
    assert holds(operator, expected, None) is (tolerant or negated)


def test_null_asks_for_the_absence_or_the_presence_of_a_key() -> None:
    assert holds("Null", "true", None)
    assert holds("Null", ["true"], [])
    assert not holds("Null", "false", None)
    assert holds("Null", ["true", "false"], None)


@pytest.mark.parametrize("operator", ["ForAnyValue:StringEqualsIfExists", "StringLikeIfExists", "NotIpAddressIfExists"])
def test_if_exists_passes_a_request_without_the_key(operator: str) -> None:
    assert holds(operator, "10.0.0.1", None)


def test_condition_keys_are_read_without_case() -> None:
    assert holds("StringEquals", "a", ["a"], key="TEST:key")
    assert not holds("StringNotEquals", "a", ["a"], key="TEST:key")


def test_all_operators_and_all_keys_must_hold() -> None:
    condition = {"StringEquals": {"a:x": "1", "a:y": ["1", "2"]}, "Bool": {"aws:SecureTransport": "true"}}
    document = trust(let_in("*", Condition=condition))
    full = {"a:x": ["1"], "a:y": ["2"], "aws:SecureTransport": ["true"]}
    assert answer(document, user(ROBOT), context=full) is ALLOW
    for key in full:
        assert answer(document, user(ROBOT), context={**full, key: ["other"]}) is IMPLICIT_DENY
        assert answer(document, user(ROBOT), context={k: v for k, v in full.items() if k != key}) is IMPLICIT_DENY


def test_variables_in_conditions_take_the_requests_values() -> None:
    assert holds("StringEquals", "${aws:username}", ["ann"], others=ANN)
    assert not holds("StringEquals", "${aws:username}", ["bob"], others=ANN)
    assert holds("ArnLike", "arn:aws:iam::*:user/${aws:username}", ["arn:aws:iam::1:user/ann"], others=ANN)
    assert holds("StringEquals", "${aws:username, 'nobody'}", ["nobody"])


def test_a_variable_without_a_value_equals_nothing_so_negated_operators_hold() -> None:
    assert not holds("StringEquals", "${aws:username}", ["${aws:username}"])
    assert not holds("StringLike", "*${aws:username}", ["ann"])
    assert holds("StringNotEquals", "${aws:username}", ["ann"])


def test_variables_mean_nothing_to_numbers_dates_and_addresses() -> None:
    assert not holds("NumericEquals", "${test:Other}", ["1"], others={"test:Other": ["1"]})
    assert not holds("IpAddress", "${test:Other}", ["10.0.0.1"], others={"test:Other": ["10.0.0.1"]})
