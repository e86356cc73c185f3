from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from iam_guardrails.exceptions import PolicyException
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack import evaluation
from iam_guardrails.pack import run as run_module
from iam_guardrails.pack.configuration import DEFAULT_LEVELS, Level
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.run import Run
from iam_guardrails.pack.values import SecretText
from iam_guardrails.rules import confused_deputy, no_self_change, no_wildcard_actions
from iam_guardrails.sources.resource_types import PLACES, Kind

from tests.policies.pack.resources import (
    ACCOUNT,
    OTHER_ACCOUNT,
    TODAY,
    allow,
    configured,
    document,
    pipeline,
    proven_of,
    resource,
    role,
    role_policy,
    rules_of,
    said_in_all,
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
    assert "no-wildcard-actions" in rules_of(said_in_all([resource(kind, "wild", properties)]))


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
        said = said_in_all([resource(kind, "one", _standing_at(path, value))])
        return [report.rule for report in said if report.blocking]

    rule, bad, good = _BAD_AND_GOOD[what]
    assert rule in refused(bad)
    assert refused(good) == []
    if what is not Kind.ATTACHED:
        assert rule in refused(json.loads(bad))
        (later,) = said_in_all([resource(kind, "one", _standing_at(path, UNKNOWN))])
        assert "not evaluated yet" in later.message


def test_each_resource_is_judged_by_the_accounts_of_its_own_provider():
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert "trusted-principals-only" not in rules_of(said_of(role(trust=trust)))
    assert "trusted-principals-only" in rules_of(said_of(role(trust=trust, account=OTHER_ACCOUNT)))


def test_without_accounts_a_trust_policy_is_refused_with_what_to_set():
    nowhere = resource("aws:iam/role:Role", "r", {"assumeRolePolicy": trusting({"AWS": FOREIGN})}, account=None)
    (report,) = [report for report in said_of(nowhere) if report.blocking]
    assert report.rule == "trusted-principals-only"
    assert "allowedAccountIds" in report.message
    assert "iam-guardrails.trusted_accounts" in report.message


def test_a_message_tells_resource_place_statement_reason_and_change():
    (report,) = said_of(role_policy(document(allow("s3:GetObject"), allow("s3:*", "arn:aws:s3:::site/*")), name="wild"))
    title, *lines = report.message.splitlines()
    assert title == "Every allowed action is named in full"
    assert lines[:5] == [
        'RolePolicy "wild": statement 1 allows "s3:*": actions that nobody listed, and those that AWS adds later',
        "  in: policy /Statement/1/Action",
        '  statement: {"Action": "s3:*", "Effect": "Allow", "Resource": "arn:aws:s3:::site/*"}',
        '  change: list the actions that are used in place of "s3:*"',
        "  urn: urn:pulumi:dev::app::aws:iam/rolePolicy:RolePolicy::wild",
    ]
    assert f'"finding": "{report.finding.id}"' in lines[5]
    assert re.fullmatch(r"  more: (https|file)://\S+/docs/rules/no-wildcard-actions.md", lines[6])


def test_a_secret_document_is_judged_but_not_shown():
    text = SecretText(document(allow("s3:*", "arn:aws:s3:::confidential-EXAMPLE/*")))
    (report,) = said_of(role_policy(text, name="wild"))
    assert report.rule == "no-wildcard-actions"
    assert "EXAMPLE" not in report.message
    assert "s3:*" not in report.message


def test_a_secret_document_of_a_user_is_not_shown_by_the_stack_either():
    text = SecretText(document(allow("s3:GetObject", "arn:aws:s3:::confidential-EXAMPLE/*")))
    power = resource("aws:iam/userPolicy:UserPolicy", "p", {"user": "site", "policy": text})
    key = resource("aws:iam/accessKey:AccessKey", "k", {"user": "site"})
    (report,) = said_in_all([power, key])
    assert report.rule == "only-assume-role-for-users"
    assert "EXAMPLE" not in report.message


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


@pytest.mark.parametrize("value", [3.0, True, "text", ["{}"], {"version": "2012-10-17", "statement": []}])
def test_whatever_is_no_document_is_refused_where_one_should_stand(value: Any):
    assert "well-formed-documents" in rules_of(said_of(role_policy(value, name="odd")))


def test_a_malformed_document_is_refused():
    assert rules_of(said_of(role_policy("{", name="broken"))) == ["well-formed-documents"]


def test_one_session_limit_holds_for_roles_and_the_settings_set_it():
    assert rules_of(said_of(role(maxSessionDuration=43200))) == ["bounded-sessions"]
    assert said_of(role(maxSessionDuration=14400)) == []
    assert rules_of(said_of(role(maxSessionDuration=14400), configured(max_session_duration=3600))) == [
        "bounded-sessions"
    ]


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (role_policy(UNKNOWN, name="later"), "policy"),
        (role(inlinePolicies=[{"name": "a", "policy": UNKNOWN}]), "inlinePolicies[0].policy"),
        (role(inlinePolicies=UNKNOWN), "inlinePolicies"),
        (
            resource("aws-native:iam:Role", "r", {"assumeRolePolicyDocument": {"Statement": [UNKNOWN]}}),
            "assumeRolePolicyDocument",
        ),
        (
            resource(
                "aws:lambda/permission:Permission",
                "p",
                {"principal": "s3.amazonaws.com", "action": "lambda:InvokeFunction", "sourceArn": UNKNOWN},
            ),
            "the permission it grants",
        ),
    ],
)
def test_what_cannot_be_read_yet_is_reported_with_resource_and_property(one: Resource, place: str):
    assert said_of(one) == []
    (report,) = [each for each in said_in_all([one]) if each.rule == "iam-guardrails"]
    assert (report.level, report.urn) == ("note", "")
    assert f"{one.name}: {place}" in report.message
    (report,) = said_of(one, configured(on_unknown="block"))
    assert (report.blocking, report.urn) == (True, one.urn)
    assert place in report.message


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
    assert "accessRules holds a policy document that is not evaluated" in report.message
    assert said_of(resource(kind, "new", properties), configured(on_unknown="block"))[0].blocking


_OPEN_ROLE: dict[str, Any] = {
    "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
    }
}
_TEMPLATE = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": _OPEN_ROLE}}}
_FLOW_YAML = (
    "Resources: {P: {Type: 'AWS::Lambda::Permission',"
    " Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: '*'}}}"
)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (
            "aws:cloudcontrol/resource:Resource",
            {"typeName": "AWS::IAM::Role", "desiredState": json.dumps(_OPEN_ROLE)},
        ),
        (
            "aws:cloudcontrol/resource:Resource",
            {
                "typeName": "AWS::Lambda::Permission",
                "desiredState": json.dumps({"Principal": "*", "Action": "lambda:InvokeFunction"}),
            },
        ),
        ("aws:cloudformation/stack:Stack", {"templateBody": json.dumps(_TEMPLATE)}),
        ("aws:cloudformation/stack:Stack", {"templateBody": _FLOW_YAML}),
        ("aws:index/lambdaPermission:LambdaPermission", {"principal": "*", "action": "lambda:InvokeFunction"}),
        ("aws:index/iamRole:IamRole", {"assumeRolePolicy": trusting("*")}),
        ("awscc:index/iamRole:IamRole", {"assumeRolePolicyDocument": trusting("*")}),
        ("aws-native:qbusiness:Permission", {"principal": FOREIGN, "actions": ["qbusiness:Chat"]}),
        (
            "aws-native:entityresolution:PolicyStatement",
            {"effect": "Allow", "principal": ["*"], "action": ["entityresolution:GetMatchId"]},
        ),
    ],
)
def test_what_other_tools_and_services_make_is_evaluated_like_any_other(kind: str, properties: dict[str, Any]):
    errors = [report for report in said_of(resource(kind, "maker", properties)) if report.blocking]
    assert "trusted-principals-only" in rules_of(errors)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (
            "aws:cloudcontrol/resource:Resource",
            {
                "typeName": "AWS::IAM::User",
                "desiredState": json.dumps({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
            },
        ),
        (
            "aws:index/iamRolePolicyAttachment:IamRolePolicyAttachment",
            {"role": "r", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        ("awscc:index/iamUser:IamUser", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        (
            "kubernetes:iam.services.k8s.aws/v1alpha1:Role",
            {
                "apiVersion": "iam.services.k8s.aws/v1alpha1",
                "kind": "Role",
                "metadata": {"name": "admin"},
                "spec": {"name": "admin", "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
            },
        ),
    ],
)
def test_administration_that_other_tools_attach_is_found(kind: str, properties: dict[str, Any]):
    assert "no-admin-attachment" in rules_of(said_of(resource(kind, "maker", properties)))


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("aws:cloudformation/stack:Stack", {"templateUrl": "https://example.com/t.yaml"}),
        ("aws:cloudformation/stack:Stack", {"templateBody": UNKNOWN}),
        ("aws:servicecatalog/product:Product", {"provisioningArtifactParameters": {"templateUrl": "https://e.com/t"}}),
        ("pulumi-python:dynamic:Resource", {"anything": 1.0}),
        ("pulumi-nodejs:dynamic:Resource", {}),
        ("command:local:Command", {"create": "aws iam attach-role-policy --role-name r --policy-arn p"}),
    ],
)
def test_what_makes_iam_and_cannot_be_read_is_described_as_unknown_and_withdraws_every_proof(
    kind: str, properties: dict[str, Any]
):
    stack = [*pipeline(), resource(kind, "maker", properties)]
    assert len(proven_of(pipeline())) == 1
    assert proven_of(stack) == []
    assert any("maker" in report.message for report in said_in_all(stack) if report.rule == "iam-guardrails")
    blocked = said_in_all(stack, configured(on_unknown="block"))
    assert [report.rule for report in blocked if report.blocking] == ["iam-guardrails"]


@pytest.mark.parametrize(
    "properties", [{"create": "echo hello"}, {"create": "aws s3 sync . s3://site"}, {"create": "aws iam get-role r"}]
)
def test_a_command_that_changes_no_iam_leaves_the_proof(properties: dict[str, Any]):
    assert len(proven_of([*pipeline(), resource("command:local:Command", "run", properties)])) == 1


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


def test_what_could_not_be_joined_is_reported_and_an_error_where_the_settings_say_so():
    stack = [*pipeline(), role_policy(document(allow("s3:GetObject")), UNKNOWN, "whose")]
    (report,) = [report for report in said_of_stack(stack) if report.rule == "iam-guardrails"]
    assert "whose: the role that this belongs to" in report.message
    assert report.level == "note"
    blocked = said_of_stack(stack, configured(on_unknown="block"))
    assert [report.blocking for report in blocked if report.rule == "iam-guardrails"] == [True]


def test_an_attached_policy_whose_arn_is_not_known_yet_is_taken_for_the_stacks_own_and_reported_as_unknown():
    """What an output becomes in the program, nobody knows before: `policy.arn.apply(lambda _: administrator)`."""
    policy = resource("aws:iam/policy:Policy", "shared", {"name": "shared", "policy": document(allow("s3:GetObject"))})
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    references = {"policyArn": [policy.urn]}
    attachment = resource(kind, "at", {"role": "site", "policyArn": UNKNOWN}, references=references)
    assert said_of(attachment) == []
    (note,) = said_of_stack([*pipeline(), policy, attachment])
    assert (note.rule, note.level) == ("iam-guardrails", "note")
    assert "a managed policy of role" in note.message
    assert proven_of([*pipeline(), policy, attachment]) == proven_of([]) == []
    (error,) = said_of_stack([*pipeline(), policy, attachment], configured(on_unknown="block"))
    assert error.blocking


def test_the_stack_is_evaluated_by_what_the_program_asked_for_where_the_provider_answers_otherwise():
    run = Run(today=TODAY)
    for one in pipeline():
        run.resource(one)
    as_answered = [Resource(one.urn, one.type, one.name, {"id": "given by AWS"}, one.accounts) for one in pipeline()]
    assert run.stack(as_answered).reported == []


def test_a_resource_that_was_only_read_is_evaluated_by_its_outputs():
    run = Run(today=TODAY)
    read = resource("aws:iam/role:Role", "read", {})
    assert run.resource(read) == []
    outputs = {"name": "read", "assumeRolePolicy": trusting("*"), "arn": f"arn:aws:iam::{ACCOUNT}:role/read"}
    found = run.stack([resource("aws:iam/role:Role", "read", outputs)]).reported
    assert [one.rule for one in found if one.blocking] == ["trusted-principals-only"]


# What fails ----------------------------------------------------------------------------------------------------------


def _broken(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("confidential-EXAMPLE")


def test_a_rule_that_raises_is_an_error_at_the_resource_it_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evaluation, "check_document", _broken)
    (report,) = said_of(role_policy(document(allow("s3:GetObject")), name="fine"))
    assert (report.rule, report.blocking) == ("iam-guardrails", True)
    assert "ZeroDivisionError" in report.message
    assert "EXAMPLE" not in report.message


@pytest.mark.parametrize("broken", ["iam-guardrails", "no-wildcard-actions"])
def test_neither_exception_nor_level_makes_less_of_a_rule_that_failed(monkeypatch: pytest.MonkeyPatch, broken: str):
    monkeypatch.setattr(no_wildcard_actions, "check", _broken)
    if broken == "iam-guardrails":
        monkeypatch.setattr(evaluation, "check_document", _broken)
    fine = role_policy(document(allow("s3:GetObject")), name="fine")
    (failed,) = said_of(fine)
    assert failed.rule == broken
    accepted = PolicyException(broken, "fine", "web", "in a hurry", date(2999, 1, 1), failed.finding.id)
    levels = {**DEFAULT_LEVELS, broken: Level.ADVISORY}
    (report,) = said_of(fine, replace(configured(exceptions=[accepted]), levels=levels))
    assert (report.blocking, report.excepted) == (True, False)


def test_a_broken_table_of_an_advising_rule_is_an_error_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(confused_deputy, "check", _broken)
    found = [report for report in said_of(role()) if report.rule == "confused-deputy"]
    assert [report.blocking for report in found] == [True]


def test_a_rule_about_identities_that_raises_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(no_self_change, "check_identity", _broken)
    reports = said_of_stack(pipeline())
    assert {(report.rule, report.blocking) for report in reports} == {("iam-guardrails", True)}


def test_joining_that_raises_is_an_error_of_the_stack(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_module, "join", _broken)
    assert [(report.rule, report.urn, report.blocking) for report in said_of_stack(pipeline())] == [
        ("iam-guardrails", "", True)
    ]


def test_what_the_settings_trust_more_widely_than_they_seem_to_is_a_note_of_the_run():
    said = said_of_stack([], configured(trusted_principals=["arn:aws:iam::999988887777:*oot"]))
    assert [(one.rule, one.level) for one in said] == [("iam-guardrails", "note")]
    assert "999988887777 as a whole" in said[0].message
    assert said_of_stack([], configured(trusted_principals=["arn:aws:iam::999988887777:role/vendor"])) == []


@pytest.mark.parametrize(("action", "blocked"), [("iam:PutRolePolicy", True), ("s3:GetObject", False)])
def test_what_a_preview_knows_of_a_components_policy_is_evaluated_beside_what_it_does_not_know(
    action: str, *, blocked: bool
):
    known, unknown = allow(action, "arn:aws:iam::111122223333:role/*"), allow("s3:PutObject", UNKNOWN)
    in_part = {"permissions": {"Version": "2012-10-17", "Statement": [UNKNOWN, unknown, known]}}
    role = resource("pipeline-identity:index:PipelineRole", "site", {"permissionsInPart": in_part}, account=None)

    said = [report for report in said_of(role) if report.blocking]

    assert bool(said) is blocked
    assert all("permissionsInPart.permissions" in report.message for report in said)
