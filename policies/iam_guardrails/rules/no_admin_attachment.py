"""AWS's own policies for administrators are not for pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from iam_guardrails.findings import Finding
from iam_guardrails.language import arns
from iam_guardrails.reasoning.escalation import open_paths
from iam_guardrails.reasoning.tables import ManagedPolicy, managed_policies
from iam_guardrails.rules.base import LEAST_PRIVILEGE, Rule, Scope, cis

RULE = Rule(
    id="no-admin-attachment",
    title="No AWS managed policy that hands out administration is attached",
    severity="critical",
    level="error",
    why="Such a policy is administration, or one step from it, whatever else the identity's policies say.",
    remediation="Attach a policy that lists the actions the pipeline uses, on the resources it uses.",
    sources=(
        "AWS managed policy reference guide",
        "AWS Security Hub: IAM.1, IAM.18",
        "CIS AWS Foundations Benchmark: policies that allow full administrative privileges are not attached",
        "Amazon EKS user guide: Review access policy permissions",
    ),
    scope=Scope.ATTACHMENT,
    requirements=(*cis("1.16", "1.15"), LEAST_PRIVILEGE),
)


class _Cluster(NamedTuple):
    level: str
    grants: str


_EKS: Mapping[str, _Cluster] = {
    "AmazonEKSClusterAdminPolicy": _Cluster("error", "it allows everything in the cluster, as system:masters does"),
    "AmazonEKSAdminPolicy": _Cluster("warning", "it allows all but changes to the namespace itself, secrets included"),
    "AmazonEKSAdminViewPolicy": _Cluster("warning", "it allows to read everything in the cluster, secrets included"),
    "AmazonEKSSecretReaderPolicy": _Cluster("warning", "it allows to read the secrets of the cluster"),
    "AmazonEKSSecretAdminPolicy": _Cluster("warning", "it allows to read and change the secrets of the cluster"),
}
"""Access policies of EKS that carry power, by what they grant inside the cluster (Amazon EKS user guide)."""

_MASTERS = "system:masters"
_BY_NAME = re.compile(r"FullAccess|PowerUser|ReadWrite|Admin(?!istrationRole)")
_FOR_SERVICES = ("service-role/", "aws-service-role/", "AmazonEKSWorkerNode", "AmazonEKSClusterPolicy")
"""What the paths of policies begin with that AWS tells everybody to attach to the roles of its services and nodes."""


@lru_cache(maxsize=1)
def _listed() -> dict[str, ManagedPolicy]:
    return {one.path.lower(): one for one in managed_policies()}


def listed(policy_arn: str) -> ManagedPolicy | None:
    """The AWS managed policy of an ARN, where it is one that hands out administration; else None."""
    arn = arns.split(policy_arn)
    if arn is None or arn.service != "iam" or arn.account != "aws":
        return None
    return _listed().get(arn.resource.removeprefix("policy/").lower())


def check(policy_arns: Iterable[str]) -> list[Finding]:
    """One finding for each ARN of an AWS managed policy that hands out too much; pointers count the ARNs."""
    findings: list[Finding] = []
    for place, text in enumerate(policy_arns):
        found = _finding(f"/{place}", text)
        if found is not None:
            findings.append(found)
    return findings


def _finding(pointer: str, text: str) -> Finding | None:
    if text == _MASTERS:
        message = "the Kubernetes group system:masters is given: it allows everything in the cluster"
        evidence = {"value": text, "class": "cluster"}
        fix = "map it to a group that a Role or ClusterRole allows what it deploys"
        return RULE.finding(message, pointer, evidence=evidence, fix=fix)
    arn = arns.split(text)
    if arn is not None and arn.service == "eks" and arn.resource.startswith("cluster-access-policy/"):
        return _of_cluster(pointer, text, arn.resource.partition("/")[2])
    if arn is None or arn.service != "iam" or not arn.resource.startswith("policy/"):
        return RULE.finding(f'"{text}" is not the ARN of a managed policy', pointer, evidence={"value": text})
    policy = listed(text)
    if policy is not None:
        return RULE.finding(
            f"the AWS managed policy {text} is attached: {policy.reason}",
            pointer,
            evidence={"value": text, "class": policy.kind},
            level="warning" if policy.limited else "error",
            severity="medium" if policy.limited else "",
        )
    broad = _broad(text) if arn.account == "aws" else ""
    if not broad:
        return None
    return RULE.finding(
        f"the AWS managed policy {text} is attached: {broad}",
        pointer,
        evidence={"value": text, "class": "broad"},
        level="warning",
        severity="medium",
    )


def _of_cluster(pointer: str, text: str, name: str) -> Finding | None:
    cluster = _EKS.get(name)
    if cluster is None:
        return None
    return RULE.finding(
        f"the EKS access policy {name} is given: {cluster.grants}",
        pointer,
        evidence={"value": text, "class": "cluster"},
        fix="give AmazonEKSViewPolicy or AmazonEKSEditPolicy on the namespaces the pipeline deploys to",
        level=cluster.level,
        severity="" if cluster.level == "error" else "medium",
    )


@lru_cache(maxsize=1024)
def _broad(policy_arn: str) -> str:
    """How an AWS managed policy allows more than one pipeline needs, or "".

    Policies for the roles of AWS's services are left alone: their names and documents are AWS's own business.
    """
    from iam_guardrails.model.managed import managed_policy
    from iam_guardrails.model.questions import read

    policy = managed_policy(policy_arn)
    path = policy_arn.partition(":policy/")[2]
    if path.startswith(_FOR_SERVICES):
        return ""
    named = _BY_NAME.search(path) is not None and "ReadOnly" not in path
    if policy is None or policy.document is None:
        return "its document is not known here, and by its name it allows to change everything" if named else ""
    statements = read(policy.document).statements
    wide = next((one for one in open_paths(statements) if one.unrestricted), None)
    if wide is not None:
        return f"{wide.path.title}. {wide.path.gain}"
    allowed = [one for one in statements if one.allow]
    if any(one.not_actions for one in allowed):
        return "it allows every action except a list"
    whole = sorted({action.partition(":")[0] for one in allowed for action in one.actions if action.endswith(":*")})
    if whole:
        shown = ", ".join(f"{service}:*" for service in whole[:3]) + (" and more" if len(whole) > 3 else "")
        return f"it allows {shown}, and whatever AWS adds there later"
    if path == "ReadOnlyAccess":
        return "it allows to read the data of every service in the account"
    if named:
        return "it allows to change everything of its service in the account"
    return ""
