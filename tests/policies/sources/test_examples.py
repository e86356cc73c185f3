"""Ordinary files of each tool are clean; changed at one place, the finding is at that place."""

from __future__ import annotations

import json

import pytest
from iam_guardrails.model import IdentityKind

from tests.policies.sources.finding import EXAMPLES, Seen, errors, model, results, unknown

WILD, TRUSTED = "no-wildcard-actions", "trusted-principals-only"


def text_of(name: str) -> str:
    return (EXAMPLES / name).read_text()


@pytest.mark.parametrize("file", sorted(EXAMPLES.iterdir()), ids=lambda file: str(file.name))
def test_an_ordinary_file_has_no_error(file: object) -> None:
    name = str(getattr(file, "name"))  # noqa: B009
    found = results(text_of(name), name)
    assert found.checked
    assert errors(text_of(name), name) == []


CHANGED = [
    # Statements of documents.
    ("sam-app.yaml", "Action: s3:GetObject", "Action: s3:*", Seen("Resize", WILD, "/Statement/0/Action")),
    ("sam-app.yaml", "Action: [s3:PutObject]", 'Action: ["s3:*"]', Seen("Resize", WILD, "/Statement/1/Action/0")),
    (
        "sam-app.yaml",
        'Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}',
        'Principal: "*"',
        Seen("JobsPolicy", TRUSTED, "/Statement/0/Principal"),
    ),
    (
        "sam-app.yaml",
        "{Service: lambda.amazonaws.com}",
        "{Service: [lambda.amazonaws.com, ec2.amazonaws.com], AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}",
        None,
    ),
    (
        "cdk-synth.template.json",
        '"dynamodb:PutItem"',
        '"dynamodb:*"',
        Seen("WorkerServiceRoleDefaultPolicyBA498553", WILD, "/Statement/0/Action/1"),
    ),
    (
        "cdk-synth.template.json",
        '{"Ref": "AWS::AccountId"}, ":role/build"',
        '"999988887777", ":root"',
        Seen("WorkerServiceRole2130CC7F", TRUSTED, "/Statement/0/Principal"),
    ),
    (
        "cdk-synth.template.json",
        "service-role/AWSLambdaBasicExecutionRole",
        "AdministratorAccess",
        Seen("WorkerServiceRole2130CC7F", "no-admin-attachment", ""),
    ),
    (
        "conditions.yaml",
        'prod: {Write: "s3:PutObject"}',
        'prod: {Write: "s3:*"}',
        Seen("Role", WILD, "/Statement/0/Action"),
    ),
    ("conditions.yaml", "Action: s3:GetObject", "Action: s3:Get*", Seen("Role", WILD, "/Statement/1/Action")),
    ("conditions.yaml", "Action: logs:PutLogEvents", "Action: logs:*", Seen("Debug", WILD, "/Statement/0/Action")),
    (
        "serverless.yml",
        "dynamodb:PutItem]",
        '"dynamodb:*"]',
        Seen("IamRoleLambdaExecution", WILD, "/Statement/0/Action/1"),
    ),
    ("serverless.yml", "Action: dynamodb:Query", "Action: dynamodb:*", Seen("ReportRole", WILD, "/Statement/0/Action")),
    ("terraform-plan.json", "logs:PutLogEvents", "logs:*", Seen("aws_iam_role.deploy", WILD, "/Statement/0/Action")),
    (
        "terraform-plan.json",
        '"s3:PutObject"',
        '"s3:*"',
        Seen("module.storage.aws_iam_policy.write", WILD, "/Statement/0/Action/0"),
    ),
    (
        "terraform-plan.json",
        "111122223333:role/build",
        "999988887777:root",
        Seen("aws_iam_role.deploy", TRUSTED, "/Statement/0/Principal"),
    ),
    (
        "terraform.tfstate",
        '\\"AWS\\":\\"arn:aws:iam::111122223333:role/deploy\\"',
        '\\"AWS\\":\\"*\\"',
        Seen('module.site[0].aws_s3_bucket_policy.site["eu"]', TRUSTED, "/Statement/0/Principal"),
    ),
    ("pulumi-preview.json", "s3:PutObject", "s3:*", Seen("write", WILD, "/Statement/0/Action")),
    (
        "pulumi-preview.json",
        "111122223333:role/build",
        "999988887777:root",
        Seen("deploy", TRUSTED, "/Statement/0/Principal"),
    ),
    ("pulumi-state.json", '"s3:GetObject"', '"s3:*"', Seen("native", WILD, "/Statement/0/Action")),
    (
        "pulumi-state.json",
        '"policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"',
        '"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"',
        Seen("bridged", "no-admin-attachment", ""),
    ),
    (
        "pulumi-state.json",
        'ManagedPolicyArns\\":[\\"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
        'ManagedPolicyArns\\":[\\"arn:aws:iam::aws:policy/AdministratorAccess',
        Seen("control", "no-admin-attachment", ""),
    ),
    (
        "pulumi-state.json",
        "Principal: arn:aws:iam::111122223333:role/build",
        "Principal: '*'",
        Seen("Invoke", TRUSTED, "/Statement/0/Principal"),
    ),
    (
        "account-dump.json",
        '"Action": "s3:PutObject"',
        '"Action": "s3:*"',
        Seen("111122223333:policy/app", WILD, "/Statement/0/Action"),
    ),
    ("ack.yaml", '"sqs:SendMessage"', '"sqs:*"', Seen("Policy/queue", WILD, "/Statement/0/Action")),
    ("ack.yaml", '"s3:GetObject"', '"s3:*"', Seen("Role/app", WILD, "/Statement/0/Action")),
    ("crossplane.yaml", '"s3:PutObject"', '"s3:*"', Seen("RolePolicy/write", WILD, "/Statement/0/Action")),
    (
        "crossplane.yaml",
        "111122223333:role/build",
        "999988887777:root",
        Seen("Role/app", TRUSTED, "/Statement/0/Principal"),
    ),
    ("cli-answers.json", '"s3:GetObject", "Resource"', '"s3:*", "Resource"', Seen("app", WILD, "/Statement/0/Action")),
    (
        "cli-answers.json",
        "111122223333%3Arole%2Fbuild",
        "999988887777%3Aroot",
        Seen("111122223333:role/app", TRUSTED, "/Statement/0/Principal"),
    ),
    (
        "cli-answers.json",
        '\\"AWS\\":\\"arn:aws:iam::111122223333:root\\"',
        '\\"AWS\\":\\"*\\"',
        Seen("", TRUSTED, "/Statement/0/Principal"),
    ),
]


@pytest.mark.parametrize(
    ("file", "before", "after", "expected"), CHANGED, ids=[f"{one[0]}: {one[2][:30]}" for one in CHANGED]
)
def test_a_change_for_the_worse_is_found_where_it_was_made(
    file: str, before: str, after: str, expected: Seen | None
) -> None:
    text = text_of(file)
    assert text.count(before) == 1
    assert set(errors(text.replace(before, after), file)) == ({expected} if expected else set())


def test_the_place_in_the_file_is_that_of_the_value() -> None:
    found = results(text_of("sam-app.yaml").replace("Action: s3:GetObject", "Action: s3:*"), "sam-app.yaml")
    ((subject, finding),) = [
        (one.subject, finding) for one in found.checked for finding in one.findings if finding.blocking
    ]
    place = subject.place(finding)
    assert text_of("sam-app.yaml").splitlines()[place.line - 1].strip() == "Action: s3:GetObject"


def test_the_place_of_a_value_in_json_is_that_of_the_value_too() -> None:
    text = text_of("account-dump.json").replace('"Action": "s3:PutObject"', '"Action": "s3:*"')
    ((subject, finding),) = [
        (one.subject, finding)
        for one in results(text, "account-dump.json").checked
        for finding in one.findings
        if finding.blocking
    ]
    place = subject.place(finding)
    line = text.splitlines()[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] == '"s3:*"'


# --- what belongs together --------------------------------------------------------------------------------------------


def test_a_policy_that_a_module_makes_belongs_to_the_role_it_is_attached_to() -> None:
    role = next(model(text_of("terraform-plan.json"), "plan.json").of(IdentityKind.ROLE))
    assert [one.document and one.document.name for one in role.holdings()] == ["logs", "write"]
    assert not role.is_known()  # the policy's ARN is known only after the apply


def test_a_dump_joins_groups_policies_and_boundaries() -> None:
    found = model(text_of("account-dump.json"), "dump.json")
    dev, app = found.at("arn:aws:iam::111122223333:user/dev"), found.at("arn:aws:iam::111122223333:role/app")
    assert dev is not None
    assert app is not None
    assert [one.name for one in dev.holdings()] == ["assume"]
    assert [one.name for one in app.holdings()] == ["arn:aws:iam::111122223333:policy/app"]
    assert app.boundary is not None
    assert app.boundary.document is not None
    assert dev.is_known()
    assert app.is_known()


def test_policies_of_one_role_in_several_resources_add_up() -> None:
    text = text_of("account-dump.json")
    writes = '"Action": "s3:PutObject", "Resource": "arn:aws:s3:::site/*"'
    passing = text.replace(writes, '"Action": "iam:PassRole", "Resource": "*"')
    unbounded = passing.replace('policy/limit"}}', 'policy/gone"}}')
    attached, ec2 = '"AttachedManagedPolicies": [{"PolicyName": "app"', "arn:aws:iam::aws:policy/AmazonEC2FullAccess"
    running = unbounded.replace(attached, attached.replace("[", f'[{{"PolicyName": "ec2", "PolicyArn": "{ec2}"}}, '))
    app = Seen("111122223333:policy/app", "no-privilege-escalation", "/Statement/0/Action")
    assert app not in errors(unbounded, "dump.json")
    assert app in errors(running, "dump.json")
    # The boundary denies iam:*, so that nothing can be passed.
    assert app not in errors(running.replace("policy/gone", "policy/limit"), "dump.json")


def test_functions_run_with_their_roles() -> None:
    for name, roles in (
        ("sam-app.yaml", {"Resize": "Resize"}),
        ("cdk-synth.template.json", {"Worker7C2A3C11": "WorkerServiceRole2130CC7F"}),
        ("serverless.yml", {"create": "IamRoleLambdaExecution", "report": "ReportRole"}),
        ("ack.yaml", {"ServiceAccount/app": "Role/app"}),
    ):
        found = {
            one.location.logical_id: one.role and one.role.location.logical_id
            for one in model(text_of(name), name).runners
        }
        assert found == roles, name


def test_only_the_default_version_of_a_policy_counts() -> None:
    dump = json.loads(text_of("account-dump.json"))
    assert errors(json.dumps(dump), "dump.json") == []
    versions = dump["Policies"][0]["PolicyVersionList"]
    versions[0]["IsDefaultVersion"], versions[1]["IsDefaultVersion"] = False, True
    assert WILD in {one.rule for one in errors(json.dumps(dump), "dump.json")}


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [POLICY]
"""


def test_policy_templates_of_sam_are_filled_in() -> None:
    text = SAM.replace("POLICY", "{DynamoDBReadPolicy: {TableName: !Ref Orders}}")
    (role,) = model(text, "sam.yaml").of(IdentityKind.ROLE)
    (policy,) = role.inline
    assert "arn:aws:dynamodb:us-east-1:000000000000:table/orders" in str(policy.content)
    assert "dynamodb:GetItem" in str(policy.content)
    assert role.is_known()


def test_a_policy_template_that_sam_does_not_have_is_unknown() -> None:
    text = SAM.replace("POLICY", "{NoSuchPolicy: {TableName: x}}")
    assert "the policy template NoSuchPolicy of F: SAM fills it in" in unknown(text, "sam.yaml")


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        ("AmazonDynamoDBReadOnlyAccess", None),
        ("AdministratorAccess", "no-admin-attachment"),
        ('{Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}]}', None),
        ('{Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}', WILD),
    ],
)
def test_every_form_of_a_functions_policies_is_read(policy: str, error: str | None) -> None:
    found = {one.rule for one in errors(SAM.replace("POLICY", policy), "sam.yaml")}
    assert found == ({error} if error else set())


# --- what is not known ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cdk-synth.template.json", "/Statement/1/Resource of the identity policy: it is known only after deployment"),
        ("serverless.yml", "/Statement/1/Resource of the identity policy"),
        ("terraform-plan.json", "/Statement/0/Resource/0 of the identity policy"),
        ("pulumi-preview.json", "BucketPolicy::site: the resource policy: it is known only after deployment"),
        ("cli-answers.json", "the policies of role app: this answer does not say it"),
        ("crossplane.yaml", "the policy of BucketPolicy site: it is written in a form of Crossplane's own"),
    ],
)
def test_what_is_not_known_is_said(name: str, said: str) -> None:
    assert said in unknown(text_of(name), name)


def test_a_template_of_which_all_is_known_leaves_nothing_unknown() -> None:
    for name in ("sam-app.yaml", "conditions.yaml", "terraform.tfstate", "account-dump.json", "ack.yaml"):
        assert unknown(text_of(name), name) == "", name


def test_secrets_of_a_state_are_unknown_and_never_shown() -> None:
    known = '"policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"'
    secret = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": '"hush"',
    }
    text = text_of("pulumi-state.json").replace(known, f'"policyArn": {json.dumps(secret)}')
    found = results(text, "state.json")
    assert "a managed policy of role" in "\n".join(one.text for one in found.unknown)
    assert "hush" not in str(found)
