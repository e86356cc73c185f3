"""Whatever the engine sends, the pack judges it, and how a program spreads an identity's documents changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack.configuration import Configuration, Level
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.run import Run
from iam_guardrails.rules import RULES
from iam_guardrails.settings import Settings
from iam_guardrails.sources.resource_types import PLACES

from tests.policies.pack.resources import ACCOUNT, TODAY, allow, document, resource, role, role_policy, trusting, urn_of

TYPES = sorted(
    {
        *PLACES,
        "aws:lambda/permission:Permission",
        "aws:lambda/function:Function",
        "aws:iam/userGroupMembership:UserGroupMembership",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:cloudcontrol/resource:Resource",
        "aws:cloudformation/stack:Stack",
        "aws:ssm/document:Document",
        "aws:s3/bucketAcl:BucketAcl",
        "command:local:Command",
        "kubernetes:iam.services.k8s.aws/v1alpha1:Role",
    }
)
_NAMES = sorted(
    {path.partition("[")[0].partition(".")[0] for places in PLACES.values() for path in places}
    | {"name", "path", "arn", "role", "user", "group", "roles", "users", "groups", "roleName", "userName", "groupName"}
    | {
        "maxSessionDuration",
        "createDate",
        "status",
        "loginProfile",
        "principal",
        "action",
        "condition",
        "statement",
        "tags",
    }
)
_TEXTS = st.sampled_from(
    [
        "",
        "site",
        "*",
        "{}",
        "[]",
        "{",
        document(allow("*")),
        trusting("*"),
        f"arn:aws:iam::{ACCOUNT}:policy/site",
        "/",
        "::",
    ]
) | st.text(max_size=8)
_LEAVES = st.none() | st.booleans() | st.floats(allow_nan=False) | _TEXTS | st.just(UNKNOWN)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["policy", "policyDocument", "Statement", "Effect", "key"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@st.composite
def _resources(draw: st.DrawFn) -> Resource:
    kind, name = draw(st.sampled_from(TYPES)), draw(st.sampled_from(["site", "other"]))
    properties = draw(st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6))
    others = [urn_of("aws:iam/role:Role", "site"), urn_of("aws:iam/policy:Policy", "site"), "no URN"]
    references = {name: draw(st.lists(st.sampled_from(others), max_size=2)) for name in properties}
    return resource(kind, name, properties, account=draw(st.sampled_from([ACCOUNT, None])), references=references)


@given(st.lists(_resources(), max_size=5))
def test_no_input_makes_a_rule_fail(stack: list[Resource]):
    on = Configuration(Settings(allowed_paths=["/a/"], required_tags=["b"]), dict.fromkeys(RULES, Level.MANDATORY))
    run = Run(on, today=TODAY)
    reports = [report for one in stack for report in run.resource(one)]
    reports += run.stack(stack).reported
    assert [report.finding.message for report in reports if report.finding.failed] == []


_HALVES = (document(allow("iam:PassRole")), document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"])))
_SPREADS = (
    "inline",
    "own resource",
    "by reference",
    "attached by arn",
    "attached by output",
    "listed in the role",
    "to all",
)


def _placed(spread: str, text: str, name: str) -> tuple[dict[str, Any], list[Resource]]:
    """What a way of giving a role a document adds to the role, and which resources it takes."""
    managed = resource("aws:iam/policy:Policy", name, {"name": name, "path": "/", "policy": text})
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    at = f"{name}-attachment"
    later, of_role = UNKNOWN, {"role": [urn_of("aws:iam/role:Role", "site")]}
    match spread:
        case "inline":
            return {"inlinePolicies": [{"name": name, "policy": text}]}, []
        case "own resource":
            return {}, [role_policy(text, name=name)]
        case "by reference":
            return {}, [role_policy(text, later, name, references=of_role)]
        case "attached by arn":
            return {}, [managed, resource(attachment, at, {"role": "site", "policyArn": arn})]
        case "attached by output":
            references = {**of_role, "policyArn": [managed.urn]}
            return {}, [managed, resource(attachment, at, {"role": later, "policyArn": later}, references=references)]
        case "listed in the role":
            return {"managedPolicyArns": [arn]}, [managed]
        case _:
            kind = "aws:iam/policyAttachment:PolicyAttachment"
            return {}, [managed, resource(kind, at, {"roles": ["site"], "policyArn": arn})]


@given(st.sampled_from(_SPREADS), st.sampled_from(_SPREADS), st.randoms(use_true_random=False))
def test_a_path_of_two_documents_is_found_however_they_are_given_to_a_role(one: str, other: str, order: Any):
    (first, some), (second, more) = _placed(one, _HALVES[0], "first"), _placed(other, _HALVES[1], "second")
    lists: dict[str, Any] = {name: [*first.get(name, []), *second.get(name, [])] for name in {*first, *second}}
    stack = [role(trust=trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"}), **lists), *some, *more]
    order.shuffle(stack)
    run = Run(today=TODAY)
    before = [report.rule for single in stack for report in run.resource(single) if report.blocking]
    assert before == []
    found = [report.rule for report in run.stack(stack).reported if report.blocking]
    assert found == ["no-privilege-escalation"]
