"""Stacks as people write them every day, as lists of resources: what a careful reviewer would say of each is little.

Values that AWS decides (`arn`, `id`) are `LATER` in the preview of a first deployment, and known after it: `stack(name,
later=True)` gives the former, with the references that the engine then describes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iam_guardrails.pack.resource import Resource

from tests.policies.pack.resources import ACCOUNT, LATER, allow, document, resource, trusting

REGION = "eu-west-1"
PARTNER = "444455556666"
_ROLE, _ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def arn(service: str, rest: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


class _Stack:
    """Collects the resources of one stack."""

    def __init__(self, *, later: bool) -> None:
        self.later = later
        self.resources: list[Resource] = []

    def add(self, kind: str, name: str, /, **properties: Any) -> Resource:
        self.resources.append(resource(kind, name, properties))
        return self.resources[-1]

    def known(self, value: Any) -> Any:
        """A value that an output decides: known once it is deployed."""
        return LATER if self.later else value

    def role(self, name: str, service: str, *managed: str) -> None:
        trust = trusting({"Service": service})
        self.add(_ROLE, name, name=name, assumeRolePolicy=trust)
        for policy in managed:
            short = policy.rpartition("/")[2]
            self.add(_ATTACHMENT, f"{name}-{short}", role=name, policyArn=f"arn:aws:iam::aws:policy/{policy}")

    def may(self, role: str, *statements: dict[str, Any]) -> None:
        """Permissions on what the same stack makes, so known only after it."""
        text = self.known(document(*statements))
        self.add(_ROLE_POLICY, f"{role}-permissions", role=role, name="permissions", policy=text)

    def policy(self, kind: str, name: str, statement: dict[str, Any], **more: Any) -> None:
        self.add(kind, name, policy=self.known(document({"Effect": "Allow", **statement})), **more)


def _source(service_arn: str) -> dict[str, Any]:
    return {"ArnLike": {"aws:SourceArn": service_arn}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}


def _static_site(s: _Stack) -> None:
    s.add("aws:s3/bucket:Bucket", "site", bucket="acme-site")
    s.add("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block", bucket="acme-site", blockPublicAcls=True)
    s.add("aws:cloudfront/distribution:Distribution", "cdn", enabled=True)
    distribution = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1234"
    s.policy(
        "aws:s3/bucketPolicy:BucketPolicy",
        "read",
        {
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-site/*",
            "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
        },
        bucket="acme-site",
    )


def _ecs_service(s: _Stack) -> None:
    s.role("execution", "ecs-tasks.amazonaws.com", "service-role/AmazonECSTaskExecutionRolePolicy")
    s.role("task", "ecs-tasks.amazonaws.com")
    s.may("task", allow(["dynamodb:GetItem", "dynamodb:PutItem"], arn("dynamodb", "table/orders")))
    s.may("execution", allow("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:db-a1b2c3")))
    s.add(
        "aws:ecs/taskDefinition:TaskDefinition",
        "web",
        family="web",
        taskRoleArn=s.known(f"arn:aws:iam::{ACCOUNT}:role/task"),
        executionRoleArn=s.known(f"arn:aws:iam::{ACCOUNT}:role/execution"),
        containerDefinitions='[{"name": "web", "environment": [{"name": "POLICY", "value": "none"}]}]',
    )


def _queue_worker(s: _Stack) -> None:
    s.role("worker", "lambda.amazonaws.com", "service-role/AWSLambdaBasicExecutionRole")
    s.may("worker", allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn("sqs", "jobs")))
    s.add("aws:lambda/function:Function", "worker", name="worker", role=s.known(f"arn:aws:iam::{ACCOUNT}:role/worker"))
    s.policy(
        "aws:sqs/queuePolicy:QueuePolicy",
        "from-topic",
        {
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn("sqs", "jobs"),
            "Condition": {"ArnEquals": {"aws:SourceArn": arn("sns", "jobs")}},
        },
    )
    s.add(
        "aws:lambda/permission:Permission",
        "api",
        function="worker",
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        sourceArn=s.known(arn("execute-api", "abc123/*/*")),
    )


_ISSUER = f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"


def _kubernetes(s: _Stack) -> None:
    s.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
    nodes = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
    s.role("nodes", "ec2.amazonaws.com", *nodes)
    outputs = {} if s.later else {"identities": [{"oidcs": [{"issuer": f"https://{_ISSUER}"}]}]}
    cluster = s.add("aws:eks/cluster:Cluster", "cluster", name="acme", **outputs)
    s.add(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "viewers",
        clusterName="acme",
        principalArn=f"arn:aws:iam::{ACCOUNT}:role/viewers",
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        accessScope={"type": "cluster"},
    )
    s.resources.append(
        resource(
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
            "irsa",
            {"url": s.known(f"https://{_ISSUER}"), "clientIdLists": ["sts.amazonaws.com"]},
            references={"url": [cluster.urn]},
        )
    )
    trust = trusting(
        {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_ISSUER}"},
        "sts:AssumeRoleWithWebIdentity",
        Condition={
            "StringEquals": {
                f"{_ISSUER}:sub": "system:serviceaccount:kube-system:external-dns",
                f"{_ISSUER}:aud": "sts.amazonaws.com",
            }
        },
    )
    s.add(_ROLE, "external-dns", name="external-dns", assumeRolePolicy=s.known(trust))
    s.may("external-dns", allow("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z123"))
    pod = trusting({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole")
    s.add(_ROLE, "pod", name="pod", assumeRolePolicy=pod)
    s.may("pod", allow("s3:GetObject", "arn:aws:s3:::acme-config/*"))


def _state_machine(s: _Stack) -> None:
    s.role("flow", "states.amazonaws.com")
    s.may("flow", allow("lambda:InvokeFunction", arn("lambda", "function:step")))
    s.add(
        "aws:sfn/stateMachine:StateMachine",
        "flow",
        roleArn=s.known(f"arn:aws:iam::{ACCOUNT}:role/flow"),
        definition='{"States": {"Q": {"Resource": "arn:aws:states:::aws-sdk:dynamodb:executeStatement",'
        ' "Parameters": {"Statement": "SELECT * FROM orders"}}}}',
    )
    s.role("schedule", "scheduler.amazonaws.com")
    s.may("schedule", allow("states:StartExecution", arn("states", "stateMachine:flow")))


def _build_pipeline(s: _Stack) -> None:
    s.role("build", "codebuild.amazonaws.com")
    s.may(
        "build",
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("logs", "log-group:/aws/codebuild/app:*")),
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-artifacts/*"),
    )
    s.add("aws:codebuild/project:Project", "app", name="app", serviceRole=s.known(f"arn:aws:iam::{ACCOUNT}:role/build"))
    s.role("pipeline", "codepipeline.amazonaws.com")
    s.may(
        "pipeline",
        allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], arn("codebuild", "project/app")),
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-artifacts/*"),
    )


def _backup_copies(s: _Stack) -> None:
    s.role("backup", "backup.amazonaws.com", "service-role/AWSBackupServiceRolePolicyForBackup")
    s.policy(
        "aws:backup/vaultPolicy:VaultPolicy",
        "copies",
        {
            "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:role/backup"},
            "Action": "backup:CopyIntoBackupVault",
            "Resource": "*",
        },
        backupVaultName="vault",
    )


_POOL = f"{REGION}:12345678-1234-1234-1234-123456789012"


def _sign_in(s: _Stack) -> None:
    outputs = {} if s.later else {"id": _POOL, "arn": arn("cognito-identity", f"identitypool/{_POOL}")}
    s.add("aws:cognito/userPool:UserPool", "users", name="users")
    s.add("aws:cognito/identityPool:IdentityPool", "pool", identityPoolName="pool", **outputs)
    issuer = "cognito-identity.amazonaws.com"
    condition = {
        "StringEquals": {f"{issuer}:aud": _POOL},
        "ForAnyValue:StringLike": {f"{issuer}:amr": "authenticated"},
    }
    trust = trusting({"Federated": issuer}, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    s.add(_ROLE, "signed-in", name="signed-in", assumeRolePolicy=s.known(trust))
    s.may("signed-in", allow("s3:GetObject", "arn:aws:s3:::acme-uploads/${cognito-identity.amazonaws.com:sub}/*"))


_GITHUB = "token.actions.githubusercontent.com"


def _state_and_github(s: _Stack) -> None:
    s.add("aws:s3/bucket:Bucket", "state", bucket="acme-state")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::acme-state", "arn:aws:s3:::acme-state/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s.add("aws:s3/bucketPolicy:BucketPolicy", "tls", bucket="acme-state", policy=document(deny))
    s.add(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "github",
        url=f"https://{_GITHUB}",
        clientIdLists=["sts.amazonaws.com"],
    )
    trust = trusting(
        {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_GITHUB}"},
        "sts:AssumeRoleWithWebIdentity",
        Condition={
            "StringEquals": {
                f"{_GITHUB}:sub": "repo:acme/app:ref:refs/heads/main",
                f"{_GITHUB}:aud": "sts.amazonaws.com",
            }
        },
    )
    s.add(_ROLE, "deploy", name="deploy", assumeRolePolicy=s.known(trust))
    s.may("deploy", allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-state/*"))


def _database(s: _Stack) -> None:
    s.role("monitoring", "monitoring.rds.amazonaws.com", "service-role/AmazonRDSEnhancedMonitoringRole")
    s.role("proxy", "rds.amazonaws.com")
    s.may("proxy", allow("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:db-a1b2c3")))
    s.add("aws:rds/instance:Instance", "db", monitoringRoleArn=s.known(f"arn:aws:iam::{ACCOUNT}:role/monitoring"))
    s.add("aws:rds/snapshot:Snapshot", "before", dbInstanceIdentifier="db", dbSnapshotIdentifier="before")


def _instances(s: _Stack) -> None:
    s.role("instance", "ec2.amazonaws.com", "AmazonSSMManagedInstanceCore")
    s.add("aws:iam/instanceProfile:InstanceProfile", "instance", name="instance", role="instance")
    s.add(
        "aws:ec2/instance:Instance",
        "web",
        iamInstanceProfile="instance",
        userData='#!/bin/sh\necho \'{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}\' > /tmp/p\n',
    )
    s.role("flow-logs", "vpc-flow-logs.amazonaws.com")
    s.may("flow-logs", allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("logs", "log-group:flow:*")))


def _audit(s: _Stack) -> None:
    bucket = "arn:aws:s3:::acme-trail"
    trail = _source(arn("cloudtrail", "trail/main"))
    service = {"Service": "cloudtrail.amazonaws.com"}
    s.add(
        "aws:s3/bucketPolicy:BucketPolicy",
        "trail",
        bucket="acme-trail",
        policy=s.known(
            document(
                {
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:GetBucketAcl",
                    "Resource": bucket,
                    "Condition": trail,
                },
                {
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:PutObject",
                    "Resource": f"{bucket}/*",
                    "Condition": trail,
                },
            )
        ),
    )
    s.policy(
        "aws:s3/bucketPolicy:BucketPolicy",
        "load-balancer",
        {
            "Principal": {"AWS": "arn:aws:iam::156460612806:root"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::acme-logs/AWSLogs/{ACCOUNT}/*",
        },
        bucket="acme-logs",
    )
    s.policy(
        "aws:sns/topicPolicy:TopicPolicy",
        "alarms",
        {
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": arn("sns", "alarms"),
        },
        arn=s.known(arn("sns", "alarms")),
    )
    s.role("config", "config.amazonaws.com", "service-role/AWS_ConfigRole")


def _people_and_mail(s: _Stack) -> None:
    s.add("aws:iam/user:User", "bob", name="bob")
    s.add("aws:iam/userLoginProfile:UserLoginProfile", "bob", user="bob")
    view = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    s.add("aws:iam/userPolicyAttachment:UserPolicyAttachment", "bob", user="bob", policyArn=view)
    s.add("aws:iam/user:User", "smtp", name="smtp")
    s.add("aws:iam/accessKey:AccessKey", "smtp", user="smtp")
    mail = document(allow("ses:SendRawEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/acme.example"))
    s.add("aws:iam/userPolicy:UserPolicy", "smtp", user="smtp", policy=mail)


def _bounded_teams(s: _Stack) -> None:
    boundary = document(
        allow("*"), {"Effect": "Deny", "Action": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
    )
    policy = s.add("aws:iam/policy:Policy", "boundary", name="boundary", policy=boundary)
    limited = resource(
        _ROLE,
        "team",
        {
            "name": "team",
            "assumeRolePolicy": trusting({"Service": "lambda.amazonaws.com"}),
            "permissionsBoundary": s.known(f"arn:aws:iam::{ACCOUNT}:policy/boundary"),
        },
        references={"permissionsBoundary": [policy.urn]},
    )
    s.resources.append(limited)
    s.may("team", allow("s3:GetObject", "arn:aws:s3:::acme-team/*"))


def _shared_files(s: _Stack) -> None:
    s.policy(
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        "mounted",
        {
            "Principal": {"AWS": "*"},
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Resource": "*",
            "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
        },
        fileSystemId="fs-1",
    )
    s.add("aws:ecr/repository:Repository", "app", name="app")
    web_acl = '[{"Name": "r", "Statement": {"RateBasedStatement": {"Limit": 2000}}, "Action": {"Block": {}}}]'
    s.add("aws:wafv2/webAcl:WebAcl", "acl", ruleJson=web_acl)
    s.add("aws:ssm/parameter:Parameter", "text", type="String", value=document(allow("*")))


STACKS: dict[str, Callable[[_Stack], None]] = {
    "static site": _static_site,
    "ECS service": _ecs_service,
    "queue worker": _queue_worker,
    "Kubernetes": _kubernetes,
    "state machine": _state_machine,
    "build pipeline": _build_pipeline,
    "copies of backups for a partner": _backup_copies,
    "sign-in": _sign_in,
    "state bucket and GitHub role": _state_and_github,
    "database": _database,
    "instances": _instances,
    "trail, logs, alarms": _audit,
    "people and mail": _people_and_mail,
    "boundaries": _bounded_teams,
    "shared files and the like": _shared_files,
}
"""Name -> what adds its resources."""


def stack(name: str, *, later: bool = False) -> list[Resource]:
    """The resources of a stack.

    Args:
        name: a key of `STACKS`.
        later: whether it is the preview of a first deployment.
    """
    collected = _Stack(later=later)
    STACKS[name](collected)
    return collected.resources
