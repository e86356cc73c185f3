"""Chains, rings, accounts, boundaries, organizations: who reaches an administrator, by which path, and what cuts it."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest
from iam_guardrails.model import CredentialKind, DocumentKind, PolicyDocument
from iam_guardrails.model.parts import CredentialPart, Part, Reference, ResourcePolicyPart, Scope
from iam_guardrails.reach import (
    Asked,
    Certainty,
    Edge,
    How,
    Paths,
    Reach,
    accounts_of,
    answer,
    join_accounts,
    reach,
    reach_account,
    reach_across,
)

from .accounts import (
    ADMINISTRATOR,
    FAR,
    HERE,
    THERE,
    Dump,
    deny,
    in_organization,
    inventory,
    limit,
    model,
    policy,
    statement,
    trust,
)

EVERYTHING = policy(statement("*"))


def pairs(graph: Reach) -> set[tuple[str, str]]:
    return {(one.source.rpartition("/")[2], one.target.rpartition("/")[2]) for one in graph.edges}


def edge(graph: Reach, source: str, target: str) -> Edge | None:
    found = (one for one in graph.edges if one.source.endswith(source) and one.target.endswith(target))
    return next(found, None)


def chain(length: int, *, ring: bool = False, end: bool = True) -> Dump:
    """A user and roles, of which each may assume the next; the last is an administrator."""
    dump = Dump()
    dump.user("a0", statement("sts:AssumeRole", dump.arn("role", "a1")))
    for number in range(1, length):
        before = dump.arn("user" if number == 1 else "role", f"a{number - 1}")
        following = f"a{number + 1}" if number + 1 < length else "a1"
        allowed = [statement("sts:AssumeRole", dump.arn("role", following))] if number + 1 < length or ring else []
        last = {"attached": [ADMINISTRATOR]} if end and number + 1 == length else {}
        trusted = [before, dump.arn("role", f"a{length - 1}")] if ring and number == 1 else [before]
        dump.role(f"a{number}", trust({"AWS": trusted}), *allowed, **last)
    return dump


@pytest.mark.parametrize("length", [2, 3, 4, 5, 6])
def test_a_chain_is_found_from_its_first_identity_to_its_last(length: int) -> None:
    dump = chain(length)
    graph = reach(model(dump))
    path = Paths(graph).to_administrator(dump.arn("user", "a0"))
    assert path is not None
    assert [step.target for step in path.steps] == [dump.arn("role", f"a{number}") for number in range(1, length)]
    assert path.certainty is Certainty.CERTAIN


@pytest.mark.parametrize("length", [3, 4, 6])
def test_a_ring_without_an_administrator_leads_nowhere(length: int) -> None:
    graph = reach(model(chain(length, ring=True, end=False)))
    assert (f"a{length - 1}", "a1") in pairs(graph)
    assert not graph.reaches


def test_a_ring_with_an_administrator_ends() -> None:
    dump = chain(5, ring=True)
    paths = Paths(reach(model(dump))).minimal(dump.arn("user", "a0"), dump.arn("role", "a4"))
    assert [len(one.steps) for one in paths] == [4]


def test_the_trusts_that_name_the_one_before_are_the_cuts_of_a_chain() -> None:
    dump = chain(4)
    dump.user("bystander", statement("s3:ListAllMyBuckets"))
    answered = answer(reach(model(dump)), Asked(starts=("a0",)))
    assert {(one.change.of.rpartition("/")[2], one.change.layer) for one in answered.cuts} == {
        ("a1", "trust policy"),
        ("a2", "trust policy"),
        ("a3", "trust policy"),
    }


def test_a_path_with_a_shortcut_is_not_minimal() -> None:
    dump = chain(4)
    assert len(Paths(reach(model(dump))).minimal(dump.arn("user", "a0"), dump.arn("role", "a3"))) == 1
    dump.roles[-1]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"].append(dump.arn("user", "a0"))
    paths = Paths(reach(model(dump))).minimal(dump.arn("user", "a0"), dump.arn("role", "a3"))
    assert [len(one.steps) for one in paths] == [1]


def test_a_path_longer_than_was_asked_for_is_not_listed() -> None:
    graph = reach(model(chain(5)))
    assert {len(one.steps) for one in answer(graph, Asked()).paths} == {1, 2, 3, 4}
    assert {len(one.steps) for one in answer(graph, Asked(most_hops=2)).paths} == {1, 2}


# --- other accounts ---------------------------------------------------------------------------------------------------


def across(condition: dict[str, Any] | None = None, allowed: str = "deploy") -> tuple[Dump, Dump]:
    here, there = Dump(HERE), Dump(THERE)
    here.user("dev", statement("sts:AssumeRole", there.arn("role", allowed)))
    more = {"Condition": condition} if condition else {}
    there.role("deploy", trust({"AWS": f"arn:aws:iam::{HERE}:root"}, **more), attached=[ADMINISTRATOR])
    return here, there


def test_another_account_is_reached_where_both_sides_allow_it() -> None:
    found = edge(reach(model(*across())), "user/dev", "role/deploy")
    assert found is not None
    assert (found.crosses, found.certainty) == (True, Certainty.CERTAIN)
    assert {one.layer for one in found.because} == {"identity policy", "trust policy"}


def test_another_account_is_not_reached_where_the_caller_may_not_assume_its_role() -> None:
    assert edge(reach(model(*across(allowed="other"))), "user/dev", "role/deploy") is None


def test_an_external_id_is_a_condition_of_the_edge() -> None:
    found = edge(reach(model(*across({"StringEquals": {"sts:ExternalId": "x-17"}}))), "user/dev", "role/deploy")
    assert found is not None
    assert (found.certainty, found.conditions) == (Certainty.CONDITION, ("sts:externalid",))


def test_a_role_for_another_organization_is_not_reached() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}
    more = [in_organization(HERE, "r-root"), in_organization(THERE, "r-root")]
    assert edge(reach(model(*across(condition), more=more)), "user/dev", "role/deploy") is None
    ours = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
    assert edge(reach(model(*across(ours), more=more)), "user/dev", "role/deploy") is not None


def test_a_resource_control_policy_of_the_other_account_shuts_its_roles() -> None:
    shut = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"})
    more = [in_organization(HERE, "r-root"), in_organization(THERE, "r-root")]
    assert edge(reach(model(*across(), more=[*more, limit(DocumentKind.RCP, shut, THERE)])), "dev", "deploy") is None
    assert edge(reach(model(*across(), more=[*more, limit(DocumentKind.RCP, shut, FAR)])), "dev", "deploy") is not None


def test_service_control_policies_hold_for_the_account_of_the_caller_but_not_in_the_management_account() -> None:
    shut = limit(DocumentKind.SCP, policy(deny("sts:AssumeRole")), HERE)
    assert edge(reach(model(*across(), more=[in_organization(HERE), shut])), "dev", "deploy") is None
    other = limit(DocumentKind.SCP, policy(deny("sts:AssumeRole")), THERE)
    assert edge(reach(model(*across(), more=[in_organization(HERE), other])), "dev", "deploy") is not None
    above = in_organization(HERE, management=True)
    assert edge(reach(model(*across(), more=[above, shut])), "dev", "deploy") is not None


def test_every_level_of_an_organization_has_to_allow() -> None:
    only_s3 = policy(statement("s3:*"))
    more = [in_organization(HERE, "ou-team", "r-root"), limit(DocumentKind.SCP, EVERYTHING, "r-root")]
    narrow = limit(DocumentKind.SCP, only_s3, "ou-team")
    assert edge(reach(model(*across(), more=[*more, narrow])), "dev", "deploy") is None
    both = limit(DocumentKind.SCP, EVERYTHING, "ou-team")
    assert edge(reach(model(*across(), more=[*more, narrow, both])), "dev", "deploy") is not None


def test_the_work_can_be_cut_by_account_over_processes() -> None:
    whole = model(*across())
    now = datetime(2026, 11, 30, tzinfo=timezone.utc)
    with ProcessPoolExecutor(2) as executor:
        found = reach(whole, executor=executor, now=now)
    parts = [reach_account(whole, account, now=now) for account in accounts_of(whole)]
    doors = [door for part in parts for door in part.doors]
    by_hand = join_accounts(parts, (reach_across(whole, one, doors, now=now) for one in accounts_of(whole)))
    assert found.edges == by_hand.edges
    assert pairs(found) == {("dev", "deploy")}


# --- what counts ------------------------------------------------------------------------------------------------------


def assuming(*more: Any, user: dict[str, Any] | None = None, role: dict[str, Any] | None = None) -> Reach:
    dump = Dump()
    dump.user("dev", statement("sts:AssumeRole", dump.arn("role", "ops")), *more, **(user or {}))
    dump.role("ops", (role or {}).pop("trusted", trust({"AWS": HERE})), attached=[ADMINISTRATOR], **(role or {}))
    return reach(model(dump))


ASSUMED = {
    "a Deny": (assuming(deny("sts:*")), False),
    "a Deny of another action": (assuming(deny("s3:*")), True),
    "a Deny that a condition lifts": (
        assuming(deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
        True,
    ),
    "a trust for another account": (assuming(role={"trusted": trust({"AWS": THERE})}), False),
    "a trust for another user": (
        assuming(role={"trusted": trust({"AWS": f"arn:aws:iam::{HERE}:user/other"})}),
        False,
    ),
    "a trust by a tag that the user has": (
        assuming(
            user={"tags": {"team": "ops"}},
            role={"trusted": trust({"AWS": HERE}, Condition={"StringEquals": {"aws:PrincipalTag/team": "ops"}})},
        ),
        True,
    ),
    "a trust by a tag that the user lacks": (
        assuming(role={"trusted": trust({"AWS": HERE}, Condition={"StringEquals": {"aws:PrincipalTag/team": "ops"}})}),
        False,
    ),
    "a trust that has ended": (
        assuming(
            role={
                "trusted": trust({"AWS": HERE}, Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
            }
        ),
        False,
    ),
    "conditions that contradict each other": (
        assuming(
            deny("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            role={"trusted": trust({"AWS": HERE}, Condition={"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}})},
        ),
        False,
    ),
    "conditions that agree": (
        assuming(
            deny("*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            role={"trusted": trust({"AWS": HERE}, Condition={"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}})},
        ),
        True,
    ),
}


@pytest.mark.parametrize(("graph", "open_"), ASSUMED.values(), ids=ASSUMED)
def test_a_role_is_assumed_where_nothing_keeps_it_shut(graph: Reach, open_: bool) -> None:
    assert bool(edge(graph, "user/dev", "role/ops")) is open_
    assert (f"arn:aws:iam::{HERE}:user/dev" in graph.reaches) is open_


def test_a_trust_that_names_a_user_needs_no_permission_of_the_user() -> None:
    dump = Dump()
    user = dump.user("dev")
    dump.role("ops", trust({"AWS": user}), attached=[ADMINISTRATOR])
    found = edge(reach(model(dump)), "user/dev", "role/ops")
    assert found is not None
    assert [one.layer for one in found.because] == ["trust policy"]


def test_what_a_group_allows_counts_for_its_members_alone() -> None:
    dump = Dump()
    dump.group("team", statement("sts:AssumeRole", dump.arn("role", "ops")))
    dump.user("member", groups=["team"])
    dump.user("other")
    dump.role("ops", trust({"AWS": HERE}), attached=[ADMINISTRATOR])
    graph = reach(model(dump))
    assert pairs(graph) >= {("member", "ops")}
    assert ("other", "ops") not in pairs(graph)


def test_a_second_key_slot_is_needed_to_make_a_key() -> None:
    dump = Dump()
    boss = dump.user("boss", attached=[ADMINISTRATOR])
    dump.user("dev", statement("iam:CreateAccessKey", boss))
    dump.user("cleaner", statement(["iam:CreateAccessKey", "iam:DeleteAccessKey"], boss))
    keys = [
        CredentialPart(Reference(boss), CredentialKind.ACCESS_KEY, "an access key", True, scope=Scope((HERE,)))
        for _ in range(2)
    ]
    graph = reach(model(dump, more=keys))
    assert edge(graph, "user/dev", "user/boss") is None
    assert edge(graph, "user/cleaner", "user/boss") is not None


def test_roles_that_aws_keeps_to_itself_cannot_be_changed_or_passed() -> None:
    dump = Dump()
    dump.user("dev", statement(["iam:UpdateAssumeRolePolicy", "iam:PassRole", "lambda:*"]))
    dump.role("AWSServiceRoleForX", trust({"Service": "lambda.amazonaws.com"}), statement("*"))
    dump.roles[-1]["Path"] = "/aws-service-role/lambda.amazonaws.com/"
    dump.roles[-1]["Arn"] = dump.arn("role", "aws-service-role/lambda.amazonaws.com/AWSServiceRoleForX")
    assert not [one for one in reach(model(dump)).edges if "AWSServiceRoleForX" in one.target]


def test_whoever_replaces_a_saml_provider_becomes_the_roles_that_trust_it() -> None:
    dump = Dump()
    provider = f"arn:aws:iam::{HERE}:saml-provider/corporate"
    dump.user("dev", statement("iam:UpdateSAMLProvider", provider))
    dump.user("other", statement("iam:UpdateSAMLProvider", provider + "-not"))
    asked = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    signed = {"Action": "sts:AssumeRoleWithSAML", "Condition": asked}
    dump.role("people", trust({"Federated": provider}, **signed), attached=[ADMINISTRATOR])
    graph = reach(model(dump))
    found = edge(graph, "user/dev", "role/people")
    assert found is not None
    assert (found.how, found.certainty) == (How.PROVIDER, Certainty.CERTAIN)
    assert edge(graph, "user/other", "role/people") is None


# --- administrators ---------------------------------------------------------------------------------------------------


def administrator(*statements: Any, scp: Any = None, management: bool = False, **more: Any) -> bool:
    dump = Dump()
    boundary = more.pop("limits", None)
    if boundary is not None:
        more["boundary"] = dump.managed("limits", boundary)
    user = dump.user("one", *statements, **more)
    parts: list[Part] = [] if scp is None else [in_organization(HERE), limit(DocumentKind.SCP, scp, HERE)]
    parts += [in_organization(HERE, management=True)] if management else []
    return reach(model(dump, more=parts)).members[user].administrator


ME = f"arn:aws:iam::{HERE}:user/one"
NO_IAM = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
ADMINISTRATORS: dict[str, tuple[list[Any], dict[str, Any], bool]] = {
    "everything": ([statement("*")], {}, True),
    "everything but IAM, in the management account": ([NO_IAM], {"management": True}, True),
    "the permission sets of Identity Center": ([statement("sso:*")], {}, True),
    "everything but IAM": ([NO_IAM], {}, False),
    "everything with a Deny of IAM": ([statement("*"), deny("iam:*")], {}, False),
    "everything with a Deny of one thing": ([statement("*"), deny("iam:CreateAccessKey")], {}, True),
    "all of IAM": ([statement("iam:*")], {}, True),
    "all of IAM but what gives power": ([statement(["iam:Get*", "iam:List*", "iam:Tag*"])], {}, False),
    "its own policies": ([statement("iam:PutUserPolicy", ME)], {}, True),
    "another's policies": ([statement("iam:PutUserPolicy", ME + "-not")], {}, False),
    "its own policies under a boundary": (
        [statement("iam:PutUserPolicy", ME)],
        {"limits": policy(statement(["s3:*", "iam:PutUserPolicy"]))},
        False,
    ),
    "its own policies and its boundary": (
        [statement(["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"], ME)],
        {"limits": policy(statement(["s3:*", "iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"]))},
        True,
    ),
    "its own policies with a Deny that it can drop": (
        [statement(["iam:PutUserPolicy", "iam:DeleteUserPolicy"], ME), deny("ec2:*")],
        {},
        True,
    ),
    "attaching nothing but a harmless policy": (
        [
            statement(
                "iam:AttachUserPolicy",
                ME,
                Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
            )
        ],
        {},
        False,
    ),
    "attaching AdministratorAccess": (
        [statement("iam:AttachUserPolicy", ME, Condition={"ArnEquals": {"iam:PolicyARN": ADMINISTRATOR}})],
        {},
        True,
    ),
    "a role of its own": ([statement(["iam:CreateRole", "iam:PutRolePolicy"])], {}, True),
    "a role of its own within a boundary": (
        [
            statement(
                "iam:CreateRole", Condition={"ArnEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{HERE}:policy/b"}}
            ),
            statement("iam:PutRolePolicy", f"arn:aws:iam::{HERE}:role/ci-*"),
        ],
        {},
        False,
    ),
    "everything where the organization allows nothing": ([statement("*")], {"scp": policy(deny("*"))}, False),
}


@pytest.mark.parametrize(("statements", "more", "expected"), ADMINISTRATORS.values(), ids=ADMINISTRATORS)
def test_an_administrator_holds_everything_or_can_give_it_to_itself(
    statements: list[Any], more: dict[str, Any], expected: bool
) -> None:
    assert administrator(*statements, **dict(more)) is expected


def test_whoever_can_rewrite_what_it_becomes_reaches_an_administrator() -> None:
    dump = Dump()
    target = dump.arn("role", "app")
    start = dump.user("dev", statement(["sts:AssumeRole", "iam:PutRolePolicy"], target))
    only_assumes = dump.user("reader", statement("sts:AssumeRole", target))
    only_writes = dump.user("writer", statement("iam:PutRolePolicy", target))
    dump.role("app", trust({"AWS": HERE}))
    graph = reach(model(dump))
    assert start in graph.reaches
    assert not {only_assumes, only_writes} & graph.reaches
    path = Paths(graph).to_administrator(start)
    assert path is not None
    assert [step.how for step in path.steps] == [How.ASSUME, How.POLICY]


# --- resources --------------------------------------------------------------------------------------------------------

BUCKET = "arn:aws:s3:::builds"


def readers(bucket_policy: Any = None, *, more: Any = ()) -> set[str]:
    dump = Dump()
    dump.user("reader", statement("s3:GetObject", f"{BUCKET}/*"))
    dump.user("owner", statement("s3:PutBucketPolicy", BUCKET))
    dump.user("other", statement("s3:GetObject", "arn:aws:s3:::else/*"))
    parts = [*inventory({"s3:bucket": [{"arn": BUCKET}]}), *more]
    if bucket_policy is not None:
        document = PolicyDocument(DocumentKind.RESOURCE, bucket_policy)
        parts.append(ResourcePolicyPart(document, Reference(BUCKET), "s3", scope=Scope((HERE,))))
    graph = reach(model(dump, more=parts))
    return {one.source.rpartition("/")[2] for one in graph.edges if one.target == BUCKET}


def test_a_bucket_is_reached_by_who_may_read_it_or_rewrite_its_policy() -> None:
    assert readers() == {"reader", "owner"}


def test_a_bucket_policy_lets_in_and_keeps_out() -> None:
    other = f"arn:aws:iam::{HERE}:user/other"
    lets_in = policy({"Effect": "Allow", "Principal": {"AWS": other}, "Action": "s3:*", "Resource": f"{BUCKET}/*"})
    assert readers(lets_in) == {"reader", "owner", "other"}
    keeps_out = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"})
    assert readers(keeps_out) == {"owner"}


@pytest.mark.parametrize(
    ("home", "expected"),
    [
        (HERE, {("reader", False, Certainty.CERTAIN), ("guest", True, Certainty.CERTAIN)}),
        (THERE, {("guest", False, Certainty.CERTAIN), ("other", False, Certainty.CERTAIN)}),
    ],
)
def test_a_bucket_of_another_account_is_reached_where_its_policy_names_the_caller(
    home: str, expected: set[tuple[str, bool, Certainty]]
) -> None:
    here, there = Dump(HERE), Dump(THERE)
    here.user("reader", statement("s3:GetObject", f"{BUCKET}/*"))
    guest = there.user("guest", statement("s3:GetObject", f"{BUCKET}/*"))
    there.user("other", statement("s3:GetObject", f"{BUCKET}/*"))
    named = policy(
        {"Effect": "Allow", "Principal": {"AWS": guest}, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    )
    document = PolicyDocument(DocumentKind.RESOURCE, named)
    parts = [*inventory({"s3:bucket": [{"arn": BUCKET}]}, home)]
    parts.append(ResourcePolicyPart(document, Reference(BUCKET), "s3", scope=Scope((home,))))
    edges = reach(model(here, there, more=parts), targets=(BUCKET,)).edges
    assert {(one.source.rpartition("/")[2], one.crosses, one.certainty) for one in edges} == expected


def test_a_bucket_whose_account_nobody_says_is_no_certain_end_of_several_accounts() -> None:
    here, there = Dump(HERE), Dump(THERE)
    here.user("reader", statement("s3:GetObject", f"{BUCKET}/*"))
    assert {one.certainty for one in reach(model(here), targets=(BUCKET,)).edges} == {Certainty.CERTAIN}
    there.user("other")
    (edge_,) = reach(model(here, there), targets=(BUCKET,)).edges
    assert (edge_.certainty, edge_.conditions) == (Certainty.CONDITION, (f"it is in account {HERE}",))


def test_a_secret_that_is_named_is_an_end() -> None:
    secret = f"arn:aws:secretsmanager:eu-west-1:{HERE}:secret:db-AbCdEf"
    dump = Dump()
    user = dump.user("dev", statement("secretsmanager:GetSecretValue", secret))
    graph = reach(model(dump), targets=(secret,))
    assert [(one.source, one.target, one.how) for one in graph.edges] == [(user, secret, How.ACCESS)]
    assert reach(model(dump)).edges == ()


def test_every_edge_names_statements_that_stand_somewhere() -> None:
    dump = chain(3)
    for one in reach(model(dump)).edges:
        assert one.because
        for reason in itertools.filterfalse(lambda each: not each.is_statement, one.because):
            assert reason.of
            assert reason.action
            attached = "/AttachedManagedPolicies/" in reason.location.pointer
            assert attached or reason.location.pointer.endswith(f"/Statement/{reason.statement}")
