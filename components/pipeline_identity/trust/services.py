"""Trust in services of AWS, such as a build service or the pods of an EKS cluster.

A service acts for every customer. Most say for whom by `aws:SourceAccount` and `aws:SourceArn`, which the trust then
compares: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from typing import TypedDict

from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._arns import account_id as checked_account_id
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.statement import ASSUME_ROLE, TAG_SESSION, TrustStatement
from pipeline_identity.trust.subjects import is_pattern

_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
_SOURCE = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9*?-]*:(?:[0-9]{12}):[\x21-\x7e]+")
_CLUSTER = re.compile(r"arn:[a-z-]+:eks:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_KUBERNETES_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")

# Each says for whom it acts when it assumes a role, in its guide's page on the confused deputy.
_SAYS_FOR_WHOM = {
    f"{name}.amazonaws.com"
    for name in (
        *("batch", "cloudformation", "codebuild", "codedeploy", "ecs-tasks", "eks", "events", "glue", "lambda"),
        *("pipes", "scheduler", "states"),
    )
}


class ServiceTrust(TypedDict):
    """Trust in a service of AWS, which assumes the role for resources of the role's account."""

    service: str
    """The service's principal, such as `codebuild.amazonaws.com`."""

    source_arns: NotRequired[list[str]]
    """
    ARNs of the resources for which the service may assume the role, such as a build project; `*` and `?` may be used
    behind the account. Any of the account by default.
    """

    source_account: NotRequired[str]
    """
    The account for which the service must act: its 12 digits, in quotes. By default the role's own for services that
    are known to say for whom they act, and none for others.
    """

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for this service alone: operator, condition key, values. None by default."""


class PodIdentityTrust(TypedDict):
    """Trust in pods of an EKS cluster, by EKS Pod Identity."""

    cluster_arn: str
    """The cluster's ARN, such as `arn:aws:eks:eu-west-1:111122223333:cluster/build`."""

    namespaces: list[str]
    """Kubernetes namespaces whose pods may assume the role: at least one."""

    service_accounts: list[str]
    """Kubernetes service accounts whose pods may assume the role: at least one."""

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for these pods alone: operator, condition key, values. None by default."""


def read_service(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `ServiceTrust`."""
    service = arguments.required("service", _service, meaning="the service's principal")
    sources = arguments.texts("source_arns", _source_arn)
    own = account.account_id if service in _SAYS_FOR_WHOM else None
    source_account = arguments.optional("source_account", checked_account_id, own)
    arguments.no_others()
    if service == "pods.eks.amazonaws.com":
        arguments.refuse(("service",), service, "assumes roles for pods of any cluster", "use pod_identities")
    conditions = [Condition("StringEquals", "aws:SourceAccount", (source_account,))] if source_account else []
    if sources:
        operator = "ArnLike" if any(map(is_pattern, sources)) else "ArnEquals"
        conditions.append(Condition(operator, "aws:SourceArn", sources))
    return [TrustStatement("Service", {"Service": service}, (ASSUME_ROLE,), tuple(conditions))]


def read_pod_identity(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `PodIdentityTrust`.

    Source: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html.
    """
    cluster = arguments.required("cluster_arn", _cluster, meaning="the cluster's ARN")
    namespaces = arguments.texts("namespaces", _kubernetes_name)
    service_accounts = arguments.texts("service_accounts", _kubernetes_name)
    arguments.no_others()
    for name, given in (("namespaces", namespaces), ("service_accounts", service_accounts)):
        if not given:
            arguments.refuse((name,), None, "is missing or empty", "list at least one")
    conditions = (
        Condition("StringEquals", "aws:SourceAccount", (account.account_id,)),
        Condition("ArnEquals", "aws:SourceArn", (cluster,)),
        Condition("StringEquals", "aws:RequestTag/kubernetes-namespace", namespaces),
        Condition("StringEquals", "aws:RequestTag/kubernetes-service-account", service_accounts),
    )
    principal = {"Service": "pods.eks.amazonaws.com"}
    return [TrustStatement("PodIdentity", {**principal}, (ASSUME_ROLE, TAG_SESSION), conditions)]


def _service(value: object) -> str:
    service = text(value)
    if not _SERVICE.fullmatch(service):
        raise Refusal("is not the principal of a service", "write it like codebuild.amazonaws.com")
    return service


def _source_arn(value: object) -> str:
    arn = text(value)
    if not _SOURCE.fullmatch(arn) or "${" in arn:
        raise Refusal(
            "is not the ARN of resources of one account",
            "write it like arn:aws:codebuild:eu-west-1:111122223333:project/site",
        )
    return arn


def _cluster(value: object) -> str:
    arn = text(value)
    if not _CLUSTER.fullmatch(arn):
        raise Refusal("is not the ARN of an EKS cluster", "write it like arn:aws:eks:eu-west-1:111122223333:cluster/ci")
    return arn


def _kubernetes_name(value: object) -> str:
    name = text(value)
    if not _KUBERNETES_NAME.fullmatch(name):
        raise Refusal("is not a Kubernetes name", "use small letters, digits, - and . without wildcards")
    return name
