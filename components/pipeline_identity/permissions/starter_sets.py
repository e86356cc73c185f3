"""Permissions for usual deployments: a start, with every resource named.

Actions and the resources they take are those of the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import account_id, role_arn
from pipeline_identity._conditions import Condition
from pipeline_identity._formats import bucket as bucket_name
from pipeline_identity._formats import matching, region
from pipeline_identity._reading.arguments import Arguments, Parser, flag, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.outbound_tokens import OutboundTokenSet, read_outbound_tokens
from pipeline_identity.permissions.statement import PolicyStatement

_PREFIX = re.compile(r"[\x21-\x7e]{1,512}")

_qualifier = matching(r"[A-Za-z0-9_-]{1,10}", "is not a qualifier of the CDK", "use 1 to 10 letters, digits, _ and -")

_stack_arn = matching(
    r"arn:[a-z-]+:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[A-Za-z][A-Za-z0-9-]{0,127}/(?:\*|[0-9a-f-]{36})",
    "is not the ARN of a stack",
    "write it like arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/*",
)


class StaticSiteSet(TypedDict):
    """Publishing files to a bucket, and telling CloudFront about it."""

    bucket: Input[str]
    """The name of the bucket."""

    prefix: NotRequired[Input[str]]
    """What the keys of the files begin with, such as `public/`. Every key by default."""

    distribution_arns: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of the CloudFront distributions whose caches may be invalidated. None by default."""

    kms_key_arn: NotRequired[Input[str]]
    """The ARN of the KMS key that encrypts the files. None by default."""

    large_files: NotRequired[bool]
    """Whether uploads in parts, which tools use for large files, may be given up and looked at. False by default."""


class ContainerServiceSet(TypedDict):
    """Deploying new task definitions to ECS services."""

    service_arns: Input[Sequence[Input[str]]]
    """ARNs of the services, such as `arn:aws:ecs:eu-west-1:111122223333:service/web/shop`."""

    pass_role_arns: Input[Sequence[Input[str]]]
    """ARNs of the roles that the tasks run with, which the pipeline may pass to ECS tasks and to nothing else."""

    tag_tasks: NotRequired[bool]
    """Whether task definitions are registered with tags, and services hand tags on. False by default."""


class LambdaSet(TypedDict):
    """Deploying new code and versions of Lambda functions."""

    function_arns: Input[Sequence[Input[str]]]
    """ARNs of the functions, such as `arn:aws:lambda:eu-west-1:111122223333:function:orders`."""

    all_versions: NotRequired[bool]
    """Whether versions and aliases of the functions are meant, too. False by default."""

    configuration: NotRequired[bool]
    """
    Whether the functions' configuration may be changed: memory, environment, layers. Their role may not. False by
    default.
    """


class EcrPushSet(TypedDict):
    """Pushing images to ECR repositories."""

    repository_arns: Input[Sequence[Input[str]]]
    """ARNs of the repositories, such as `arn:aws:ecr:eu-west-1:111122223333:repository/shop`."""


class StateInS3Set(TypedDict):
    """Keeping the state of Pulumi or Terraform in a bucket."""

    bucket: Input[str]
    """The name of the bucket."""

    prefix: NotRequired[Input[str]]
    """What the keys of the state begin with, such as `shop/`. Every key by default."""

    lock_table_arn: NotRequired[Input[str]]
    """
    The ARN of the DynamoDB table in which Terraform keeps its locks. None by default: the locks are in the bucket.
    """

    kms_key_arn: NotRequired[Input[str]]
    """The ARN of the KMS key that encrypts the state. None by default."""

    workspace_prefix: NotRequired[str]
    """
    What Terraform puts before the keys of workspaces, with a slash at the end, such as `env:/`: the states of all
    workspaces are then meant, too. None by default.
    """

    read_only: NotRequired[bool]
    """Whether the state is only read, as a plan for a pull request does without a lock. False by default."""


class CdkSet(TypedDict):
    """Deploying with the AWS CDK, by assuming the roles that its bootstrapping has made."""

    account_ids: Input[Sequence[Input[str]]]
    """The accounts that are deployed to: 12 digits each, in quotes."""

    regions: Sequence[str]
    """The regions that are deployed to, such as `eu-west-1`."""

    qualifier: NotRequired[str]
    """The qualifier of the bootstrapping. `hnb659fds` by default, as the CDK has it."""

    lookups_only: NotRequired[bool]
    """Whether only lookups are made, as for a diff on a pull request. False by default."""


class CloudFormationSet(TypedDict):
    """Deploying CloudFormation stacks by change sets, with a role that CloudFormation works with."""

    stack_arns: Input[Sequence[Input[str]]]
    """ARNs of the stacks, `/*` at the end, such as `arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/*`."""

    execution_role_arn: Input[str]
    """The ARN of the role that CloudFormation works with, which may be passed to CloudFormation and to nothing else."""


class EksSet(TypedDict):
    """Reaching EKS clusters. What may be done inside is for an access entry of the cluster to say."""

    cluster_arns: Input[Sequence[Input[str]]]
    """ARNs of the clusters, such as `arn:aws:eks:eu-west-1:111122223333:cluster/shop`."""


class StarterSets(TypedDict):
    """Permissions for usual deployments. None by default."""

    static_site: NotRequired[StaticSiteSet]
    """Publishing a static site."""

    container_service: NotRequired[ContainerServiceSet]
    """Deploying to ECS."""

    lambda_functions: NotRequired[LambdaSet]
    """Deploying to Lambda."""

    ecr_push: NotRequired[EcrPushSet]
    """Pushing images to ECR."""

    state_in_s3: NotRequired[StateInS3Set]
    """Keeping the state of Pulumi or Terraform in S3."""

    cdk: NotRequired[CdkSet]
    """Deploying with the AWS CDK."""

    cloudformation: NotRequired[CloudFormationSet]
    """Deploying CloudFormation stacks."""

    eks: NotRequired[EksSet]
    """Reaching EKS clusters."""

    outbound_tokens: NotRequired[OutboundTokenSet]
    """Asking AWS STS for tokens that services outside AWS take."""


def read_starter_sets(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    """Reads `StarterSets`."""
    section = arguments.section("starter_sets")
    statements: list[PolicyStatement] = []
    for name, read in _SETS.items():
        if section.given(name):
            statements += read(section.section(name), partition)
    section.no_others()
    return statements


def _static_site(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    files = _files(arguments, partition, "Site")
    distributions = arguments.texts("distribution_arns", late(_arn_of("cloudfront", "distribution/")))
    key = arguments.optional("kms_key_arn", late(_arn_of("kms", "key/")), None)
    large = arguments.optional("large_files", flag, default=False)
    arguments.no_others()
    if large:
        parts = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
        files.append(PolicyStatement(sid="UploadInParts", actions=parts, resources=files[1].resources))
    if key:
        # What a bucket with a KMS key needs to take a file, and to give one out.
        actions = ("kms:Decrypt", "kms:GenerateDataKey")
        files.append(PolicyStatement(sid="EncryptSite", actions=actions, resources=(key,)))
    if distributions:
        actions = ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")
        files.append(PolicyStatement(sid="InvalidateSite", actions=actions, resources=distributions))
    return files


def _container_service(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    services = _several(arguments, "service_arns", _arn_of("ecs", "service/"))
    roles = _several(arguments, "pass_role_arns", role_arn)
    tagged = arguments.optional("tag_tasks", flag, default=False)
    arguments.no_others()
    # Task definitions are new in every deployment, and ECS offers no resource to name them by.
    definitions = ("ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition")
    only_tasks = Condition("StringEquals", "iam:PassedToService", ("ecs-tasks.amazonaws.com",))
    # ECS asks for this when something new gets tags.
    when_new = Condition("StringEquals", "ecs:CreateAction", ("RegisterTaskDefinition",))
    tags = PolicyStatement(sid="TagTasks", actions=("ecs:TagResource",), resources=("*",), conditions=(when_new,))
    return [
        *([tags] if tagged else []),
        PolicyStatement(
            sid="DeployServices", actions=("ecs:DescribeServices", "ecs:UpdateService"), resources=services
        ),
        PolicyStatement(sid="RegisterTasks", actions=definitions, resources=("*",)),
        PolicyStatement(sid="PassTaskRoles", actions=("iam:PassRole",), resources=roles, conditions=(only_tasks,)),
    ]


def _lambda_functions(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    functions = _several(arguments, "function_arns", _arn_of("lambda", "function:"))
    versions = arguments.optional("all_versions", flag, default=False)
    configuration = arguments.optional("configuration", flag, default=False)
    arguments.no_others()
    if versions:
        functions = tuple(arn for function in functions for arn in (function, f"{function}:*"))
    actions = (
        "GetFunction",
        "GetFunctionConfiguration",
        "UpdateFunctionCode",
        "PublishVersion",
        "GetAlias",
        "UpdateAlias",
        *(("UpdateFunctionConfiguration",) if configuration else ()),
    )
    names = tuple(f"lambda:{action}" for action in actions)
    return [PolicyStatement(sid="DeployFunctions", actions=names, resources=functions)]


def _ecr_push(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    repositories = _several(arguments, "repository_arns", _arn_of("ecr", "repository/"))
    arguments.no_others()
    actions = (
        *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"),
        *("GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"),
    )
    return [
        PolicyStatement(sid="SignInToRegistry", actions=("ecr:GetAuthorizationToken",), resources=("*",)),
        PolicyStatement(sid="PushImages", actions=tuple(f"ecr:{action}" for action in actions), resources=repositories),
    ]


def _state_in_s3(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    reads = arguments.optional("read_only", flag, default=False)
    statements = _files(arguments, partition, "State", read_only=reads)
    workspaces = arguments.optional("workspace_prefix", _workspace_prefix, "")
    if workspaces:
        statements = _with_workspaces(statements, workspaces)
    table = arguments.optional("lock_table_arn", late(_arn_of("dynamodb", "table/")), None)
    key = arguments.optional("kms_key_arn", late(_arn_of("kms", "key/")), None)
    arguments.no_others()
    if table and not reads:
        actions = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")
        statements.append(PolicyStatement(sid="LockState", actions=actions, resources=(table,)))
    if key:
        actions = ("kms:Decrypt",) if reads else ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
        statements.append(PolicyStatement(sid="EncryptState", actions=actions, resources=(key,)))
    return statements


def _with_workspaces(statements: list[PolicyStatement], before: str) -> list[PolicyStatement]:
    """The same for `PREFIX/WORKSPACE/KEY`: https://developer.hashicorp.com/terraform/language/backend/s3."""
    listing, files = statements
    (every,) = files.resources
    bucket, _, key = every.partition("/")
    resources = (every, f"{bucket}/{before}*/{key}")
    # Terraform lists by the prefix to find the workspaces.
    (shown,) = listing.conditions or (None,)
    if shown:
        shown = replace(shown, values=(*shown.values, f"{before}*"))
    return [replace(listing, conditions=(shown,) if shown else ()), replace(files, resources=resources)]


def _cdk(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    accounts = _several(arguments, "account_ids", account_id, "list at least one account")
    regions = _several(arguments, "regions", region, "list at least one region")
    qualifier = arguments.optional("qualifier", _qualifier, "hnb659fds")
    lookups = arguments.optional("lookups_only", flag, default=False)
    arguments.no_others()
    kinds = ("lookup",) if lookups else ("deploy", "file-publishing", "image-publishing", "lookup")
    roles = tuple(
        f"arn:{partition}:iam::{account}:role/cdk-{qualifier}-{kind}-role-{account}-{region}"
        for account in accounts
        for region in regions
        for kind in kinds
    )
    return [PolicyStatement(sid="AssumeCdkRoles", actions=("sts:AssumeRole",), resources=roles)]


def _cloudformation(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    stacks = _several(arguments, "stack_arns", _stack_arn)
    role = arguments.required("execution_role_arn", late(role_arn), meaning="the role that CloudFormation works with")
    arguments.no_others()
    actions = (
        *("DeleteChangeSet", "DescribeChangeSet", "DescribeStackEvents", "DescribeStacks"),
        *("ExecuteChangeSet", "GetTemplate", "GetTemplateSummary"),
    )
    only_there = Condition("StringEquals", "iam:PassedToService", ("cloudformation.amazonaws.com",))
    # Without this, a change set could be made with another role, or with the pipeline's own permissions.
    with_role = Condition("StringEquals", "cloudformation:RoleArn", (role,))
    others = tuple(f"cloudformation:{action}" for action in actions)
    return [
        PolicyStatement(
            sid="PlanStacks", actions=("cloudformation:CreateChangeSet",), resources=stacks, conditions=(with_role,)
        ),
        PolicyStatement(sid="DeployStacks", actions=others, resources=stacks),
        PolicyStatement(
            sid="PassExecutionRole", actions=("iam:PassRole",), resources=(role,), conditions=(only_there,)
        ),
    ]


def _eks(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    clusters = _several(arguments, "cluster_arns", _arn_of("eks", "cluster/"))
    arguments.no_others()
    return [PolicyStatement(sid="FindClusters", actions=("eks:DescribeCluster",), resources=clusters)]


_SETS: dict[str, Callable[[Arguments, str], list[PolicyStatement]]] = {
    "static_site": _static_site,
    "container_service": _container_service,
    "lambda_functions": _lambda_functions,
    "ecr_push": _ecr_push,
    "state_in_s3": _state_in_s3,
    "cdk": _cdk,
    "cloudformation": _cloudformation,
    "eks": _eks,
    "outbound_tokens": read_outbound_tokens,
}


def _files(arguments: Arguments, partition: str, what: str, *, read_only: bool = False) -> list[PolicyStatement]:
    bucket = arguments.required("bucket", late(bucket_name), meaning="the name of the bucket")
    prefix = arguments.optional("prefix", late(_prefix), "")
    arn = f"arn:{partition}:s3:::{bucket}"
    only_prefix = (Condition("StringLike", "s3:prefix", (f"{prefix}*",)),) if prefix else ()
    return [
        PolicyStatement(sid=f"List{what}", actions=("s3:ListBucket",), resources=(arn,), conditions=only_prefix),
        PolicyStatement(
            sid=f"Read{what}" if read_only else f"Write{what}",
            actions=("s3:GetObject",) if read_only else ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            resources=(f"{arn}/{prefix}*",),
        ),
    ]


def _several(
    arguments: Arguments, name: str, parse: Parser[str], fix: str = "list the ARN of at least one"
) -> tuple[str, ...]:
    found = arguments.texts(name, late(parse))
    if not found and not arguments.failed:
        arguments.refuse((name,), None, "is missing or empty", fix)
    return found


def _workspace_prefix(value: object) -> str:
    prefix = _prefix(value)
    if not prefix.endswith("/"):
        raise Refusal("does not end in a slash", f"write {prefix}/")
    return prefix


def _prefix(value: object) -> str:
    prefix = text(value)
    if not _PREFIX.fullmatch(prefix) or set("*?") & set(prefix) or "${" in prefix:
        raise Refusal("cannot begin the keys of files", "write it without blanks, * and ?, such as public/")
    return prefix


def _arn_of(service: str, resource: str) -> Parser[str]:
    form = re.compile(rf"arn:[a-z-]+:{service}:[a-z0-9-]*:[0-9]{{12}}:{resource}[^\s*?$]+")

    def parse(value: object) -> str:
        arn = text(value)
        if not form.fullmatch(arn):
            example = f"arn:aws:{service}:eu-west-1:111122223333:{resource}name"
            raise Refusal(f"is not the ARN of one {resource.rstrip('/:')} of {service}", f"write it like {example}")
        return arn

    return parse
