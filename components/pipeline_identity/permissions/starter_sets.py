"""Permissions for usual deployments: a start, with every resource named.

Actions and the resources they take are those of the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Callable, Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import role_arn
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, Parser, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.statement import PolicyStatement

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\x21-\x7e]{1,512}")


class StaticSiteSet(TypedDict):
    """Publishing files to a bucket, and telling CloudFront about it."""

    bucket: Input[str]
    """The name of the bucket."""

    prefix: NotRequired[Input[str]]
    """What the keys of the files begin with, such as `public/`. Every key by default."""

    distribution_arns: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of the CloudFront distributions whose caches may be invalidated. None by default."""


class ContainerServiceSet(TypedDict):
    """Deploying new task definitions to ECS services."""

    service_arns: Input[Sequence[Input[str]]]
    """ARNs of the services, such as `arn:aws:ecs:eu-west-1:111122223333:service/web/shop`."""

    pass_role_arns: Input[Sequence[Input[str]]]
    """ARNs of the roles that the tasks run with, which the pipeline may pass to ECS tasks and to nothing else."""


class LambdaSet(TypedDict):
    """Deploying new code and versions of Lambda functions."""

    function_arns: Input[Sequence[Input[str]]]
    """ARNs of the functions, such as `arn:aws:lambda:eu-west-1:111122223333:function:orders`."""


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
    arguments.no_others()
    if distributions:
        actions = ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")
        files.append(PolicyStatement(sid="InvalidateSite", actions=actions, resources=distributions))
    return files


def _container_service(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    services = _several(arguments, "service_arns", _arn_of("ecs", "service/"))
    roles = _several(arguments, "pass_role_arns", role_arn)
    arguments.no_others()
    # Task definitions are new in every deployment, and ECS offers no resource to name them by.
    definitions = ("ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition")
    only_tasks = Condition("StringEquals", "iam:PassedToService", ("ecs-tasks.amazonaws.com",))
    return [
        PolicyStatement(
            sid="DeployServices", actions=("ecs:DescribeServices", "ecs:UpdateService"), resources=services
        ),
        PolicyStatement(sid="RegisterTasks", actions=definitions, resources=("*",)),
        PolicyStatement(sid="PassTaskRoles", actions=("iam:PassRole",), resources=roles, conditions=(only_tasks,)),
    ]


def _lambda_functions(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    del partition
    functions = _several(arguments, "function_arns", _arn_of("lambda", "function:"))
    arguments.no_others()
    actions = (
        "GetFunction",
        "GetFunctionConfiguration",
        "UpdateFunctionCode",
        "PublishVersion",
        "GetAlias",
        "UpdateAlias",
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
    statements = _files(arguments, partition, "State")
    table = arguments.optional("lock_table_arn", late(_arn_of("dynamodb", "table/")), None)
    key = arguments.optional("kms_key_arn", late(_arn_of("kms", "key/")), None)
    arguments.no_others()
    if table:
        actions = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")
        statements.append(PolicyStatement(sid="LockState", actions=actions, resources=(table,)))
    if key:
        actions = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
        statements.append(PolicyStatement(sid="EncryptState", actions=actions, resources=(key,)))
    return statements


_SETS: dict[str, Callable[[Arguments, str], list[PolicyStatement]]] = {
    "static_site": _static_site,
    "container_service": _container_service,
    "lambda_functions": _lambda_functions,
    "ecr_push": _ecr_push,
    "state_in_s3": _state_in_s3,
}


def _files(arguments: Arguments, partition: str, what: str) -> list[PolicyStatement]:
    bucket = arguments.required("bucket", late(_bucket), meaning="the name of the bucket")
    prefix = arguments.optional("prefix", late(_prefix), "")
    arn = f"arn:{partition}:s3:::{bucket}"
    only_prefix = (Condition("StringLike", "s3:prefix", (f"{prefix}*",)),) if prefix else ()
    return [
        PolicyStatement(sid=f"List{what}", actions=("s3:ListBucket",), resources=(arn,), conditions=only_prefix),
        PolicyStatement(
            sid=f"Write{what}",
            actions=("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            resources=(f"{arn}/{prefix}*",),
        ),
    ]


def _several(arguments: Arguments, name: str, parse: Parser[str]) -> tuple[str, ...]:
    found = arguments.texts(name, late(parse))
    if not found and not arguments.failed:
        arguments.refuse((name,), None, "is missing or empty", "list the ARN of at least one")
    return found


def _bucket(value: object) -> str:
    bucket = text(value)
    if not _BUCKET.fullmatch(bucket):
        raise Refusal("is not the name of a bucket", "write its name alone: 3 to 63 small letters, digits, dots and -")
    return bucket


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
