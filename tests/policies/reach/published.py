"""The published ways to more power, each as what it takes: who may do what, on what, and what lies between.

Sources: pathfinding.cloud (the ids), Rhino Security Labs, "AWS IAM privilege escalation methods". Of each only the
permissions, the service and what has to be there are taken; the accounts are made up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .accounts import ADMINISTRATOR, HERE, Dump, deny, policy, statement, trust

START = "start"
ADMINISTRATORS = policy(statement("*"))


@dataclass(frozen=True)
class Passing:
    """A role is passed to a service, and code of the caller runs with it."""

    id: str
    service: str
    actions: str
    there: str = ""


@dataclass(frozen=True)
class Putting:
    """Code is put where a role runs already."""

    id: str
    service: str
    kind: str
    actions: str
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Changing:
    """IAM itself is changed: the caller (`own`), or another user or role (`user`, `role`) that it then becomes."""

    id: str
    target: str
    actions: str


PASSING = (
    Passing("lambda-001", "lambda", "lambda:CreateFunction lambda:InvokeFunction"),
    Passing("lambda-002", "lambda", "lambda:CreateFunction lambda:CreateEventSourceMapping"),
    Passing("lambda-006", "lambda", "lambda:CreateFunction lambda:AddPermission"),
    Passing("ec2-001", "ec2", "ec2:RunInstances"),
    Passing("ec2-004", "ec2", "ec2:RequestSpotInstances"),
    Passing("ssm-003", "ssm", "ssm:CreateDocument ssm:StartAutomationExecution"),
    Passing("cloudformation-001", "cloudformation", "cloudformation:CreateStack"),
    Passing(
        "cloudformation-003", "cloudformation", "cloudformation:CreateStackSet cloudformation:CreateStackInstances"
    ),
    Passing("cloudformation-004", "cloudformation", "cloudformation:UpdateStackSet", "cloudformation:stackset"),
    Passing("codebuild-001", "codebuild", "codebuild:CreateProject codebuild:StartBuild"),
    Passing("codebuild-004", "codebuild", "codebuild:CreateProject codebuild:StartBuildBatch"),
    Passing("glue-001", "glue", "glue:CreateDevEndpoint"),
    Passing("glue-003", "glue", "glue:CreateJob glue:StartJobRun"),
    Passing("glue-004", "glue", "glue:CreateJob glue:CreateTrigger"),
    Passing("glue-005", "glue", "glue:UpdateJob glue:StartJobRun", "glue:job"),
    Passing("glue-006", "glue", "glue:UpdateJob glue:CreateTrigger", "glue:job"),
    Passing("glue-007", "glue", "glue:CreateSession glue:RunStatement"),
    Passing("sagemaker-001", "sagemaker", "sagemaker:CreateNotebookInstance"),
    Passing("sagemaker-002", "sagemaker", "sagemaker:CreateTrainingJob"),
    Passing("sagemaker-003", "sagemaker", "sagemaker:CreateProcessingJob"),
    Passing("ecs-001", "ecs-tasks", "ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService"),
    Passing("ecs-002", "ecs-tasks", "ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask"),
    Passing("ecs-003", "ecs-tasks", "ecs:RegisterTaskDefinition ecs:CreateService", "ecs:cluster"),
    Passing("ecs-004", "ecs-tasks", "ecs:RegisterTaskDefinition ecs:RunTask", "ecs:cluster"),
    Passing("ecs-005", "ecs-tasks", "ecs:RegisterTaskDefinition ecs:StartTask", "ecs:cluster"),
    Passing("ecs-008", "ecs-tasks", "ecs:RunTask", "ecs:cluster ecs:task-definition"),
    Passing("ecs-009", "ecs-tasks", "ecs:StartTask", "ecs:cluster ecs:task-definition"),
    Passing("apprunner-001", "tasks.apprunner", "apprunner:CreateService"),
    Passing("batch-001", "ecs-tasks", "batch:RegisterJobDefinition batch:SubmitJob"),
    Passing("datapipeline-001", "datapipeline", "datapipeline:CreatePipeline"),
    Passing("emr-001", "ec2", "elasticmapreduce:RunJobFlow"),
    Passing("emrserverless-001", "emr-serverless", "emr-serverless:CreateApplication emr-serverless:StartJobRun"),
    Passing("gamelift-001", "gamelift", "gamelift:CreateBuild gamelift:CreateFleet"),
    Passing(
        "imagebuilder-001",
        "ec2",
        "imagebuilder:CreateComponent imagebuilder:CreateImageRecipe imagebuilder:CreateInfrastructureConfiguration"
        " imagebuilder:CreateImage",
    ),
    Passing(
        "kinesisanalytics-001",
        "kinesisanalytics",
        "kinesisanalytics:CreateApplication kinesisanalytics:StartApplication",
    ),
    Passing("omics-001", "omics", "omics:CreateWorkflow omics:StartRun"),
    Passing("braket-001", "braket", "braket:CreateJob"),
    Passing("amplify-001", "amplify", "amplify:CreateApp amplify:CreateBranch amplify:StartJob"),
    Passing("stepfunctions-001", "states", "states:CreateStateMachine states:StartExecution"),
    Passing("scheduler-001", "scheduler", "scheduler:CreateSchedule"),
    Passing(
        "bedrock-001",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession"
        " bedrock-agentcore:InvokeCodeInterpreter",
    ),
    Passing(
        "bedrock-003",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:InvokeAgentRuntimeCommand",
    ),
    Passing(
        "bedrock-005",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateHarness bedrock-agentcore:InvokeAgentRuntimeCommand",
    ),
    Passing(
        "bedrock-006",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateBrowser bedrock-agentcore:StartBrowserSession"
        " bedrock-agentcore:ConnectBrowserAutomationStream",
    ),
    Passing("cognitoidentity-001", "cognito-identity", "cognito-identity:SetIdentityPoolRoles"),
    Passing("rhino-18", "lambda", "lambda:UpdateFunctionConfiguration", "lambda:function"),
)

PUTTING = (
    Putting("lambda-003", "lambda", "lambda:function", "lambda:UpdateFunctionCode"),
    Putting("lambda-004", "lambda", "lambda:function", "lambda:UpdateFunctionCode lambda:InvokeFunction"),
    Putting("lambda-005", "lambda", "lambda:function", "lambda:UpdateFunctionCode lambda:AddPermission"),
    Putting("ec2-002", "ec2", "ec2:instance", "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances"),
    Putting("ec2-003", "ec2", "ec2:instance", "ec2-instance-connect:SendSSHPublicKey"),
    Putting("ec2-005", "ec2", "ec2:launch-template", "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate"),
    Putting("ssm-001", "ec2", "ec2:instance", "ssm:StartSession"),
    Putting("ssm-002", "ec2", "ec2:instance", "ssm:SendCommand"),
    Putting("cloudformation-002", "cloudformation", "cloudformation:stack", "cloudformation:UpdateStack"),
    Putting(
        "cloudformation-005",
        "cloudformation",
        "cloudformation:stack",
        "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    ),
    Putting("codebuild-002", "codebuild", "codebuild:project", "codebuild:StartBuild"),
    Putting("codebuild-003", "codebuild", "codebuild:project", "codebuild:StartBuildBatch"),
    Putting(
        "codedeploy-001",
        "ec2",
        "codedeploy:deploymentgroup",
        "codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision codedeploy:GetDeploymentConfig",
    ),
    Putting("glue-002", "glue", "glue:devendpoint", "glue:UpdateDevEndpoint"),
    Putting(
        "sagemaker-004", "sagemaker", "sagemaker:notebook-instance", "sagemaker:CreatePresignedNotebookInstanceUrl"
    ),
    Putting(
        "sagemaker-005",
        "sagemaker",
        "sagemaker:notebook-instance",
        "sagemaker:UpdateNotebookInstance sagemaker:CreateNotebookInstanceLifecycleConfig"
        " sagemaker:StopNotebookInstance sagemaker:StartNotebookInstance",
    ),
    Putting("ecs-006", "ecs-tasks", "ecs:service", "ecs:ExecuteCommand", {"exec_enabled": True}),
    Putting("apprunner-002", "tasks.apprunner", "apprunner:service", "apprunner:UpdateService"),
    Putting("batch-002", "ecs-tasks", "batch:job-definition", "batch:SubmitJob"),
    Putting("stepfunctions-002", "states", "states:stateMachine", "states:UpdateStateMachine"),
    Putting(
        "bedrock-002",
        "bedrock-agentcore",
        "bedrock-agentcore:code-interpreter",
        "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
    ),
    Putting(
        "bedrock-004", "bedrock-agentcore", "bedrock-agentcore:runtime", "bedrock-agentcore:InvokeAgentRuntimeCommand"
    ),
    Putting(
        "bedrock-007",
        "bedrock-agentcore",
        "bedrock-agentcore:browser",
        "bedrock-agentcore:StartBrowserSession bedrock-agentcore:ConnectBrowserAutomationStream",
    ),
)

CHANGING = (
    Changing("iam-001", "policy", "iam:CreatePolicyVersion"),
    Changing("rhino-2", "version", "iam:SetDefaultPolicyVersion"),
    Changing("iam-002", "administrator", "iam:CreateAccessKey"),
    Changing("iam-003", "administrator", "iam:CreateAccessKey iam:DeleteAccessKey"),
    Changing("iam-004", "administrator", "iam:CreateLoginProfile"),
    Changing("iam-005", "own-role", "iam:PutRolePolicy"),
    Changing("iam-006", "administrator", "iam:UpdateLoginProfile"),
    Changing("iam-007", "own", "iam:PutUserPolicy"),
    Changing("iam-008", "own", "iam:AttachUserPolicy"),
    Changing("iam-009", "own-role", "iam:AttachRolePolicy"),
    Changing("iam-010", "own-group", "iam:AttachGroupPolicy"),
    Changing("iam-011", "own-group", "iam:PutGroupPolicy"),
    Changing("iam-012", "administrators-role", "iam:UpdateAssumeRolePolicy"),
    Changing("iam-013", "administrators-group", "iam:AddUserToGroup"),
    Changing("iam-014", "role", "iam:AttachRolePolicy sts:AssumeRole"),
    Changing("iam-015", "user", "iam:AttachUserPolicy iam:CreateAccessKey"),
    Changing("iam-017", "role", "iam:PutRolePolicy sts:AssumeRole"),
    Changing("iam-018", "user", "iam:PutUserPolicy iam:CreateAccessKey"),
    Changing("iam-019", "untrusting-role", "iam:AttachRolePolicy iam:UpdateAssumeRolePolicy"),
    Changing("iam-021", "untrusting-role", "iam:PutRolePolicy iam:UpdateAssumeRolePolicy"),
    Changing("iam-022", "bounded", "iam:DeleteUserPermissionsBoundary"),
    Changing("sts-001", "administrators-role-trusting", "sts:AssumeRole"),
)

ARNS = {
    "apprunner:service": "apprunner:eu-west-1:{}:service/web/0123456789abcdef0123456789abcdef",
    "autoscaling:group": "autoscaling:eu-west-1:{}:autoScalingGroup:0a:autoScalingGroupName/web",
    "batch:job-definition": "batch:eu-west-1:{}:job-definition/nightly",
    "bedrock-agentcore:browser": "bedrock-agentcore:eu-west-1:{}:browser-custom/web-0a",
    "bedrock-agentcore:code-interpreter": "bedrock-agentcore:eu-west-1:{}:code-interpreter-custom/py-0a",
    "bedrock-agentcore:runtime": "bedrock-agentcore:eu-west-1:{}:runtime/agent-0a",
    "cloudformation:stack": "cloudformation:eu-west-1:{}:stack/network/0a",
    "cloudformation:stackset": "cloudformation:eu-west-1:{}:stackset/network:0a",
    "codebuild:project": "codebuild:eu-west-1:{}:project/web",
    "codedeploy:deploymentgroup": "codedeploy:eu-west-1:{}:deploymentgroup:web/all",
    "ec2:instance": "ec2:eu-west-1:{}:instance/i-0123456789abcdef0",
    "ec2:launch-template": "ec2:eu-west-1:{}:launch-template/lt-0123456789abcdef0",
    "ecs:cluster": "ecs:eu-west-1:{}:cluster/main",
    "ecs:service": "ecs:eu-west-1:{}:service/main/web",
    "ecs:task-definition": "ecs:eu-west-1:{}:task-definition/web:1",
    "glue:devendpoint": "glue:eu-west-1:{}:devEndpoint/lab",
    "glue:job": "glue:eu-west-1:{}:job/nightly",
    "lambda:function": "lambda:eu-west-1:{}:function:worker",
    "sagemaker:notebook-instance": "sagemaker:eu-west-1:{}:notebook-instance/lab",
    "states:stateMachine": "states:eu-west-1:{}:stateMachine:orders",
}


def arn_of(kind: str, account: str = HERE) -> str:
    """The ARN of an object of an inventory."""
    return "arn:aws:" + ARNS[kind].format(account)


@dataclass
class Lab:
    """A published way as an account.

    Attributes:
        dump: the account.
        start: ARN of who begins.
        target: ARN of whom it becomes; "" where it gives itself everything.
        inventory: what runs in the account.
        decisive: the action without which the way is shut.
        service: the service that has to be able to take the role; "" for none.
    """

    dump: Dump
    start: str
    target: str
    inventory: dict[str, list[dict[str, Any]]]
    decisive: str
    service: str = ""


@dataclass(frozen=True)
class Cut:
    """What shuts a way: further statements of the start, its boundary, what its Allows ask for, another trust."""

    denies: str = ""
    boundary: str = ""
    condition: Mapping[str, Any] | None = None
    trusted: str = ""


NO_CUT = Cut()


def lab(way: Passing | Putting | Changing, cut: Cut = NO_CUT) -> Lab:
    """The account of a published way, whole or shut."""
    if isinstance(way, Passing):
        return _passing(way, cut)
    if isinstance(way, Putting):
        return _putting(way, cut)
    return _changing(way, cut)


def _start(dump: Dump, actions: str, resource: str, cut: Cut, *more: Mapping[str, Any], **rest: Any) -> str:
    condition = {"Condition": cut.condition} if cut.condition else {}
    allows = [statement(actions.split(), resource, **condition), *({**one, **condition} for one in more)]
    if cut.denies:
        allows.append(deny(cut.denies))
    if cut.boundary:
        boundary = {"Effect": "Allow", "NotAction": [cut.boundary], "Resource": "*"}
        rest["boundary"] = dump.managed("limits", policy(boundary))
    return dump.user(START, *allows, **rest)


def _passing(way: Passing, cut: Cut) -> Lab:
    dump = Dump()
    service = f"{way.service}.amazonaws.com"
    role = dump.arn("role", "powerful")
    start = _start(dump, "iam:PassRole", role, cut, statement(way.actions.split()))
    dump.role("powerful", trust({"Service": cut.trusted or service}), *ADMINISTRATORS["Statement"])
    there = {kind: [{"arn": arn_of(kind)}] for kind in way.there.split()}
    return Lab(dump, start, role, there, "iam:PassRole", service)


def _putting(way: Putting, cut: Cut) -> Lab:
    dump = Dump()
    role = dump.arn("role", "powerful")
    start = _start(dump, way.actions, "*", cut)
    dump.role("powerful", trust({"Service": f"{way.service}.amazonaws.com"}), *ADMINISTRATORS["Statement"])
    there = {way.kind: [{"arn": arn_of(way.kind), "role": role, **(way.details or {})}]}
    return Lab(dump, start, role, there, way.actions.split()[0])


def _changing(way: Changing, cut: Cut) -> Lab:
    dump = Dump()
    first = way.actions.split()[0]
    start, target = _CHANGED[way.target](dump, way.actions, cut)
    return Lab(dump, start, target, {}, first)


def _on_administrator(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.user("boss", attached=[ADMINISTRATOR])
    return _start(dump, actions, target, cut), target


def _on_itself(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    return _start(dump, actions, dump.arn("user", START), cut), ""


def _on_own_role(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    own = dump.arn("role", "worker")
    condition = {"Condition": cut.condition} if cut.condition else {}
    more: dict[str, Any] = {}
    if cut.boundary:
        allowed = {"Effect": "Allow", "NotAction": [cut.boundary], "Resource": "*"}
        more["boundary"] = dump.managed("limits", policy(allowed))
    denied = [deny(cut.denies)] if cut.denies else []
    trusted = trust({"Service": "ec2.amazonaws.com"})
    return dump.role("worker", trusted, statement(actions.split(), own, **condition), *denied, **more), ""


def _on_own_policy(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    arn = dump.managed("mine", policy(statement("s3:ListAllMyBuckets")))
    return _start(dump, actions, arn, cut, attached=[arn]), ""


def _on_versions(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    arn = dump.managed("mine", policy(statement("s3:ListAllMyBuckets")), ADMINISTRATORS)
    return _start(dump, actions, arn, cut, attached=[arn]), ""


def _on_own_group(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    group = dump.group("team")
    return _start(dump, actions, group, cut, groups=["team"]), ""


def _on_administrators_group(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    group = dump.group("team", attached=[ADMINISTRATOR])
    return _start(dump, actions, group, cut), ""


def _on_administrators_role(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.role("powerful", trust({"Service": "ec2.amazonaws.com"}), attached=[ADMINISTRATOR])
    return _start(dump, actions, target, cut), target


def _on_trusting_role(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.role("powerful", trust({"AWS": cut.trusted or f"arn:aws:iam::{HERE}:root"}), attached=[ADMINISTRATOR])
    return _start(dump, actions, target, cut), target


def _on_weak_role(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.role("weak", trust({"AWS": cut.trusted or f"arn:aws:iam::{HERE}:root"}))
    return _start(dump, actions, target, cut), target


def _on_untrusting_role(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.role("weak", trust({"Service": "ec2.amazonaws.com"}))
    return _start(dump, actions, target, cut), target


def _on_weak_user(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    target = dump.user("weak")
    return _start(dump, actions, target, cut), target


def _on_boundary(dump: Dump, actions: str, cut: Cut) -> tuple[str, str]:
    allowed = ["s3:*"] if cut.boundary else ["s3:*", actions]
    arn = dump.managed("limits", policy(statement(allowed)))
    condition = {"Condition": cut.condition} if cut.condition else {}
    denied = [deny(cut.denies)] if cut.denies else []
    everything: dict[str, Any] = {**statement("*"), **condition}
    return dump.user(START, everything, *denied, boundary=arn), ""


_CHANGED = {
    "administrator": _on_administrator,
    "administrators-group": _on_administrators_group,
    "administrators-role": _on_administrators_role,
    "administrators-role-trusting": _on_trusting_role,
    "bounded": _on_boundary,
    "own": _on_itself,
    "own-group": _on_own_group,
    "own-role": _on_own_role,
    "policy": _on_own_policy,
    "role": _on_weak_role,
    "untrusting-role": _on_untrusting_role,
    "user": _on_weak_user,
    "version": _on_versions,
}

WAYS: tuple[Passing | Putting | Changing, ...] = (*PASSING, *PUTTING, *CHANGING)
