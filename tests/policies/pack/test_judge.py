from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from iam_guardrails.pack import document_rules, identity_rules, judge
from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.exceptions import PolicyException
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.values import NotReadable, SecretText
from iam_guardrails.sources.resource_types import PLACES, Kind

from tests.policies.pack.resources import (
    ACCOUNT,
    OTHER_ACCOUNT,
    allow,
    document,
    pipeline,
    resource,
    role,
    role_policy,
    rules_of,
    said_of,
    said_of_stack,
    trusting,
)

FOREIGN = "arn:aws:iam::999999999999:root"


def _resource_policy(principal: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*"})


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:iam/role:Role", {"name": "r", "assumeRolePolicy": trusting({"AWS": FOREIGN})}),
        (
            "aws-native:iam:Role",
            {
                "assumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": {"AWS": FOREIGN}, "Action": "sts:AssumeRole"}],
                }
            },
        ),
        ("aws:sqs/queuePolicy:QueuePolicy", {"policy": _resource_policy({"AWS": FOREIGN})}),
        ("aws:sqs/queue:Queue", {"policy": _resource_policy("*")}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": _resource_policy("*")}),
        ("aws:kms/key:Key", {"policy": _resource_policy({"AWS": FOREIGN})}),
        (
            "aws-native:kms:Key",
            {"keyPolicy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"}}},
        ),
        ("aws:lambda/permission:Permission", {"principal": "*", "action": "lambda:InvokeFunction"}),
        ("aws:lambda/permission:Permission", {"principal": "999999999999", "action": "lambda:InvokeFunction"}),
        (
            "aws:lambda/layerVersionPermission:LayerVersionPermission",
            {"principal": "*", "action": "lambda:GetLayerVersion"},
        ),
        ("aws:cloudwatch/eventPermission:EventPermission", {"principal": "*", "statementId": "all"}),
        ("aws:lambda/functionUrl:FunctionUrl", {"functionName": "site", "authorizationType": "NONE"}),
        (
            "aws:kms/grant:Grant",
            {"granteePrincipal": "arn:aws:iam::999999999999:role/theirs", "operations": ["Decrypt"]},
        ),
        (
            "aws:signer/signingProfilePermission:SigningProfilePermission",
            {"principal": "999999999999", "action": "signer:StartSigningJob"},
        ),
        (
            "aws:fsx/s3AccessPointAttachment:S3AccessPointAttachment",
            {"s3AccessPoint": {"policy": _resource_policy({"AWS": FOREIGN})}},
        ),
        (
            "aws-native:events:EventBusPolicy",
            {"statement": {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}},
        ),
    ],
)
def test_strangers_are_found_wherever_a_trust_or_resource_policy_stands(kind: str, properties: dict[str, Any]):
    blocking = [report for report in said_of(resource(kind, "open", properties)) if report.blocking]
    assert "trusted-principals-only" in rules_of(blocking)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:sqs/queuePolicy:QueuePolicy", {"policy": _resource_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:role/site"})}),
        ("aws:lambda/permission:Permission", {"principal": ACCOUNT, "action": "lambda:InvokeFunction"}),
        (
            "aws:lambda/permission:Permission",
            {
                "principal": "s3.amazonaws.com",
                "action": "lambda:InvokeFunction",
                "sourceArn": "arn:aws:s3:::site",
                "sourceAccount": ACCOUNT,
            },
        ),
        ("aws:cloudwatch/eventPermission:EventPermission", {"principal": ACCOUNT, "statementId": "own"}),
        ("aws:lambda/functionUrl:FunctionUrl", {"functionName": "site", "authorizationType": "AWS_IAM"}),
        ("aws:kms/grant:Grant", {"granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/ours", "operations": ["Decrypt"]}),
        (
            "aws:signer/signingProfilePermission:SigningProfilePermission",
            {"principal": ACCOUNT, "action": "signer:StartSigningJob"},
        ),
    ],
)
def test_the_own_account_is_no_stranger_there(kind: str, properties: dict[str, Any]):
    assert said_of(resource(kind, "closed", properties)) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:iam/role:Role", {"inlinePolicies": [{"name": "a", "policy": document(allow("s3:*"))}]}),
        ("aws:iam/policy:Policy", {"policy": document(allow("s3:*"))}),
        ("aws:iam/groupPolicy:GroupPolicy", {"policy": document(allow("s3:*"))}),
        ("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", {"inlinePolicy": document(allow("s3:*"))}),
        ("aws-native:iam:ManagedPolicy", {"policyDocument": {"Version": "2012-10-17", "Statement": [allow("s3:*")]}}),
    ],
)
def test_wildcards_are_found_wherever_an_identity_policy_stands(kind: str, properties: dict[str, Any]):
    assert "no-wildcard-actions" in rules_of(said_of(resource(kind, "wild", properties)))


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        ("aws:iam/role:Role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/IAMFullAccess"]}),
        (
            "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
            {"managedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"},
        ),
        ("aws:rolesanywhere/profile:Profile", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        (
            "aws:budgets/budgetAction:BudgetAction",
            {"definition": {"iamActionDefinition": {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}},
        ),
    ],
)
def test_administration_is_found_wherever_it_is_attached(kind: str, properties: dict[str, Any]):
    assert rules_of(said_of(resource(kind, "admin", properties))) == ["no-admin-attachment"]


_BAD_AND_GOOD: dict[Kind, tuple[str, Any, Any]] = {
    Kind.IDENTITY: (
        "no-wildcard-actions",
        document(allow("s3:*", "arn:aws:s3:::site/*")),
        document(allow("s3:GetObject", "arn:aws:s3:::site/*")),
    ),
    Kind.TRUST: ("trusted-principals-only", trusting({"AWS": FOREIGN}), trusting({"AWS": ACCOUNT})),
    Kind.RESOURCE: ("trusted-principals-only", _resource_policy({"AWS": FOREIGN}), _resource_policy({"AWS": ACCOUNT})),
    Kind.ATTACHED: (
        "no-admin-attachment",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    ),
}
_ROWS = [
    (kind, path, what)
    for kind, places in PLACES.items()
    for path, what in places.items()
    if what is not Kind.BOUNDARY and not kind.endswith(("iam:User", "iam:UserPolicy", "UserPolicy"))
]


def _standing_at(path: str, value: Any) -> Any:
    """The properties in which a value stands at a path of the table."""
    step, _, rest = path.partition(".")
    inside = _standing_at(rest, value) if rest else value
    name = step.removesuffix("[]")
    return {name: [inside] if name != step else inside}


@pytest.mark.parametrize(("kind", "path", "what"), _ROWS, ids=str)
def test_every_row_of_the_table_is_judged_there(kind: str, path: str, what: Kind):
    def refused(value: Any) -> list[str]:
        return [report.rule for report in said_of(resource(kind, "one", _standing_at(path, value))) if report.blocking]

    rule, bad, good = _BAD_AND_GOOD[what]
    assert rule in refused(bad)
    assert refused(good) == []
    if what is not Kind.ATTACHED:
        assert rule in refused(json.loads(bad))
        (later,) = said_of(resource(kind, "one", _standing_at(path, NotReadable.UNKNOWN)))
        assert "not judged yet" in later.message


def test_each_resource_is_judged_by_the_accounts_of_its_own_provider():
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert "trusted-principals-only" not in rules_of(said_of(role(trust=trust)))
    assert "trusted-principals-only" in rules_of(said_of(role(trust=trust, account=OTHER_ACCOUNT)))


def test_without_accounts_a_trust_policy_is_refused_with_what_to_set():
    nowhere = resource("aws:iam/role:Role", "r", {"assumeRolePolicy": trusting({"AWS": FOREIGN})}, account=None)
    (report,) = [report for report in said_of(nowhere) if report.blocking]
    assert report.rule == "trusted-principals-only"
    assert "allowedAccountIds" in report.message
    assert "iam-guardrails.trustedAccounts" in report.message


def test_a_message_tells_resource_place_statement_reason_and_change():
    (report,) = said_of(role_policy(document(allow("s3:GetObject"), allow("s3:*", "arn:aws:s3:::site/*")), name="wild"))
    assert report.message.splitlines() == [
        'RolePolicy "wild": statement 1 allows "s3:*": actions that nobody listed, and those that AWS adds later',
        "  in: policy /Statement/1/Action",
        '  statement: {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*"}',
        '  change: list the actions that are used in place of "s3:*"',
        "  urn: urn:pulumi:dev::app::aws:iam/rolePolicy:RolePolicy::wild",
    ]


def test_a_secret_document_is_judged_but_not_shown():
    text = SecretText(document(allow("s3:*", "arn:aws:s3:::confidential-EXAMPLE/*")))
    (report,) = said_of(role_policy(text, name="wild"))
    assert report.rule == "no-wildcard-actions"
    assert "EXAMPLE" not in report.message
    assert "s3:*" not in report.message


def test_a_secret_document_of_a_user_is_not_shown_by_the_stack_either():
    text = SecretText(document(allow("s3:GetObject", "arn:aws:s3:::confidential-EXAMPLE/*")))
    power = resource("aws:iam/userPolicy:UserPolicy", "p", {"user": "site", "policy": text})
    for reports in (said_of(power), judge.Judge(Configuration()).stack([power]).reports):
        assert rules_of(reports) == ["only-assume-role-for-users"]
        assert "EXAMPLE" not in reports[0].message


@pytest.mark.parametrize(
    "value",
    [
        {"Version": "2012-10-17", "Statement": [allow("s3:*", "arn:aws:s3:::site/*")]},
        {"Version": "2012-10-17", "Statement": allow("s3:*", "arn:aws:s3:::site/*")},
        {"Version": "2012-10-17", "Statement": [allow(SecretText("s3:*"), "arn:aws:s3:::site/*")]},
        SecretText(document(allow("s3:*", "arn:aws:s3:::site/*"))),
        "\n" + document(allow("s3:*", "arn:aws:s3:::site/*")),
    ],
)
def test_a_document_is_judged_whether_it_comes_as_text_as_an_object_or_as_a_secret(value: Any):
    assert rules_of(said_of(role_policy(value, name="wild"))) == ["no-wildcard-actions"]


@pytest.mark.parametrize(
    "text",
    [
        "Calling [toString] on an [Output<T>] is not supported.\n\nTo get the value of an Output<T>",
        "Calling __str__ on an Output[T] is not supported.\n\nTo get the value of an Output[T]",
        "<pulumi.output.Output object at 0x7f0000000000>",
    ],
)
def test_a_document_into_which_an_output_was_written_as_text_is_refused(text: str):
    said = said_of(role_policy(document(allow("s3:GetObject", text)), name="wrong"))
    assert rules_of([one for one in said if one.blocking]) == ["well-formed-documents"]


@pytest.mark.parametrize("value", [3.0, True, [], "text", ["{}"], {"version": "2012-10-17", "statement": []}])
def test_whatever_is_no_document_is_refused_where_one_should_stand(value: Any):
    assert "well-formed-documents" in rules_of(said_of(role_policy(value, name="odd")))


def test_a_malformed_document_is_refused():
    assert rules_of(said_of(role_policy("{", name="broken"))) == ["well-formed-documents"]


def test_one_session_limit_holds_for_roles_and_the_settings_set_it():
    assert rules_of(said_of(role(maxSessionDuration=43200))) == ["bounded-sessions"]
    assert said_of(role(maxSessionDuration=14400)) == []
    assert rules_of(said_of(role(maxSessionDuration=14400), Configuration(longest_session=3600))) == [
        "bounded-sessions"
    ]


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (role_policy(NotReadable.UNKNOWN, name="later"), "policy"),
        (role(inlinePolicies=[{"name": "a", "policy": NotReadable.UNKNOWN}]), "inlinePolicies[0].policy"),
        (role(inlinePolicies=NotReadable.UNKNOWN), "inlinePolicies"),
        (role(maxSessionDuration=NotReadable.UNKNOWN), "maxSessionDuration"),
        (
            resource("aws-native:iam:Role", "r", {"assumeRolePolicyDocument": {"Statement": [NotReadable.UNKNOWN]}}),
            "assumeRolePolicyDocument",
        ),
        (
            resource(
                "aws:lambda/permission:Permission",
                "p",
                {"principal": "s3.amazonaws.com", "action": "lambda:InvokeFunction", "sourceArn": NotReadable.UNKNOWN},
            ),
            "the permission it grants",
        ),
        (role_policy(NotReadable.REDACTED, name="redacted"), "policy"),
    ],
)
def test_what_cannot_be_read_yet_is_reported_with_resource_and_property(one: Resource, place: str):
    (report,) = said_of(one)
    assert (report.rule, report.blocking, report.urn) == ("iam-guardrails", False, one.urn)
    assert f"{place} is not judged yet" in report.message
    (report,) = said_of(one, Configuration(on_unknown="block"))
    assert report.blocking


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:new/thing:Thing", {"accessRules": _resource_policy("*")}),
        ("aws-native:new:Thing", {"accessRules": {"Statement": [allow("*")]}}),
        ("aws:new/thing:Thing", {"accessRules": {"inside": [{"deeper": {"Statement": [allow("*")]}}]}}),
        ("aws:new/thing:Thing", {"accessRules": [SecretText(_resource_policy("*"))]}),
        ("aws:sqs/queue:Queue", {"accessRules": _resource_policy("*")}),
        ("awscc:index/iamRole:IamRole", {"accessRules": _resource_policy("*")}),
    ],
)
def test_a_document_in_a_type_that_the_table_does_not_know_is_reported_as_not_judged(
    kind: str, properties: dict[str, Any]
):
    (report,) = said_of(resource(kind, "new", properties))
    assert (report.rule, report.blocking) == ("iam-guardrails", False)
    assert "accessRules holds a policy document that is not judged" in report.message
    assert said_of(resource(kind, "new", properties), Configuration(on_unknown="block"))[0].blocking


_ROLE: dict[str, Any] = {"AssumeRolePolicyDocument": {"Statement": [allow("*")]}}


@pytest.mark.parametrize(
    ("kind", "place", "value"),
    [
        ("aws:cloudcontrol/resource:Resource", "desiredState", json.dumps(_ROLE)),
        ("aws:cloudformation/stack:Stack", "templateBody", json.dumps({"Resources": {"R": {"Properties": _ROLE}}})),
        ("aws:cloudformation/stack:Stack", "templateBody", "Resources:\n  R:\n    Policy:\n      Statement:\n"),
        ("aws:apigateway/restApi:RestApi", "body", json.dumps({"x-amazon-apigateway-policy": {"Statement": []}})),
        ("aws-native:index:ExtensionResource", "properties", _ROLE),
        ("aws:new/thing:Thing", "settings", json.dumps({"inner": json.dumps(_ROLE)})),
    ],
)
def test_what_makes_resources_of_its_own_does_not_pass_for_judged(kind: str, place: str, value: Any):
    (report,) = said_of(resource(kind, "maker", {place: value}), Configuration(on_unknown="block"))
    assert (report.rule, report.blocking) == ("iam-guardrails", True)
    assert f"{place} holds a policy document that is not judged" in report.message


def test_a_template_from_elsewhere_that_makes_iam_resources_does_not_pass_for_judged():
    properties = {"templateUrl": "https://example.com/t.yaml", "capabilities": ["CAPABILITY_NAMED_IAM"]}
    (report,) = said_of(resource("aws:cloudformation/stack:Stack", "maker", properties))
    assert "it makes IAM resources by a template, and none of them is judged" in report.message
    properties["capabilities"] = ["CAPABILITY_AUTO_EXPAND"]
    assert said_of(resource("aws:cloudformation/stack:Stack", "maker", properties)) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"policy": _resource_policy("*")}),
        ("aws-native:organizations:Policy", {"content": {"Statement": []}}),
        ("gcp:storage/bucket:Bucket", {"policy": _resource_policy("*")}),
        ("aws:new/thing:Thing", {"text": "no document", "number": 1.0}),
    ],
)
def test_what_limits_or_is_of_another_provider_is_left_alone(kind: str, properties: dict[str, Any]):
    assert said_of(resource(kind, "other", properties)) == []


def test_what_could_not_be_joined_is_reported_and_refused_where_the_settings_say_so():
    stack = [*pipeline(), role_policy("{}", NotReadable.UNKNOWN, "whose")]
    (report,) = [report for report in said_of_stack(stack) if report.rule == "iam-guardrails"]
    assert "role is not judged yet" in report.message
    assert not report.blocking
    blocked = said_of_stack(stack, Configuration(on_unknown="block"))
    assert [report.blocking for report in blocked if report.rule == "iam-guardrails"] == [True]


def test_an_attached_policy_that_the_stack_knows_by_its_output_leaves_nothing_unjudged():
    policy = resource("aws:iam/policy:Policy", "shared", {"name": "shared", "policy": document(allow("s3:GetObject"))})
    properties = {"role": "site", "policyArn": NotReadable.UNKNOWN}
    references = {"policyArn": [policy.urn]}
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    attachment = resource(kind, "at", properties, references=references)
    assert said_of(attachment) == []
    assert said_of_stack([*pipeline(), policy, attachment]) == []


def test_the_stack_is_judged_by_what_the_program_asked_for_where_the_provider_answers_otherwise():
    judging = judge.Judge(Configuration())
    for one in pipeline():
        judging.resource(one)
    as_answered = [Resource(one.urn, one.type, one.name, {"id": "given by AWS"}, one.accounts) for one in pipeline()]
    assert judging.stack(as_answered).reports == []


def test_a_rule_that_raises_is_a_violation_of_the_resource_it_looked_at(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> list[Any]:
        raise ZeroDivisionError("confidential-EXAMPLE")

    monkeypatch.setattr(document_rules, "check_identity_policy", broken)
    (report,) = said_of(role_policy(document(allow("s3:GetObject")), name="fine"))
    assert (report.rule, report.blocking) == ("iam-guardrails", True)
    assert "ZeroDivisionError" in report.message
    assert "EXAMPLE" not in report.message


def test_no_exception_waives_that_a_rule_failed(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> list[Any]:
        raise ZeroDivisionError

    waived = PolicyException("iam-guardrails", "f?ne", "web", "in a hurry", date(2999, 1, 1))
    later = role_policy(NotReadable.UNKNOWN, name="fine")
    assert said_of(later, Configuration(on_unknown="block", exceptions=(waived,)))[0].excepted
    monkeypatch.setattr(document_rules, "check_identity_policy", broken)
    (report,) = said_of(role_policy(document(allow("s3:GetObject")), name="fine"), Configuration(exceptions=(waived,)))
    assert (report.blocking, report.excepted) == (True, False)


def test_a_rule_about_identities_that_raises_is_a_violation_too(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> list[Any]:
        raise KeyError

    monkeypatch.setattr(identity_rules, "no_self_change", broken)
    reports = said_of_stack(pipeline())
    assert {(report.rule, report.blocking) for report in reports} == {("iam-guardrails", True)}


def test_joining_that_raises_is_a_violation_of_the_stack(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(judge, "join", broken)
    assert [(report.rule, report.urn, report.blocking) for report in said_of_stack(pipeline())] == [
        ("iam-guardrails", "", True)
    ]
