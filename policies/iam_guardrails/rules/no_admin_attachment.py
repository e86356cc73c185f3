"""AWS's own policies for administrators are not for pipelines."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from iam_guardrails.findings import Finding
from iam_guardrails.language import arns
from iam_guardrails.reasoning.grants import ManagedPolicy, managed_policies
from iam_guardrails.rules.base import Rule

RULE = Rule(
    name="no-admin-attachment",
    title="No AWS managed policy that hands out administration is attached",
    severity="critical",
    blocking=True,
    why="Such a policy is administration, or one step from it, whatever else the identity's policies say.",
    remediation="Attach a policy that lists the actions the pipeline uses, on the resources it uses.",
    references=(
        "AWS managed policy reference guide",
        "AWS Security Hub: IAM.1, IAM.18",
        "CIS AWS Foundations Benchmark: policies that allow full administrative privileges are not attached",
    ),
    docs="docs/rules/no-admin-attachment.md",
)


@lru_cache(maxsize=1)
def _listed() -> dict[str, ManagedPolicy]:
    return {one.path.lower(): one for one in managed_policies()}


def check(policy_arns: Iterable[str]) -> list[Finding]:
    """One finding for each ARN of an AWS managed policy that leads to administration; pointers count the ARNs."""
    findings: list[Finding] = []
    for place, text in enumerate(policy_arns):
        arn = arns.split(text)
        if arn is None or arn.service != "iam" or not arn.resource.startswith("policy/"):
            findings.append(
                RULE.finding(f'"{text}" is no ARN of a managed policy', f"/{place}", evidence={"value": text})
            )
        elif arn.account == "aws":
            policy = _listed().get(arn.resource.removeprefix("policy/").lower())
            if policy is not None:
                findings.append(_finding(place, text, policy))
    return findings


def _finding(place: int, text: str, policy: ManagedPolicy) -> Finding:
    return RULE.finding(
        f"the AWS managed policy {text} is attached: {policy.reason}",
        f"/{place}",
        evidence={"value": text, "class": policy.kind},
        blocking=not policy.limited,
        severity="medium" if policy.limited else "",
    )
