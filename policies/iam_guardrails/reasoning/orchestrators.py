"""Roles that only services assume which run no code of their users.

A role for Step Functions or EventBridge starts what a state machine or rule says, and nobody holds its credentials:
whoever wants to use its permissions has to be allowed to change that state machine or rule, and to pass the role. AWS's
own examples of such roles start tasks and pass roles on "*". Services that run code of their users (Lambda, EC2, ECS
tasks, CodeBuild, Glue, SageMaker, ...) hand the credentials to that code, and are not among them.
"""

from __future__ import annotations

from iam_guardrails.language.documents import Document
from iam_guardrails.language.principals import Kind

ORCHESTRATORS = {
    "states.amazonaws.com": "https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html",
    "events.amazonaws.com": "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html",
    "scheduler.amazonaws.com": "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html",
    "pipes.amazonaws.com": "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html",
    "ecs.amazonaws.com": "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html",
    "batch.amazonaws.com": "https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html",
    "autoscaling.amazonaws.com": "https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html",
    "application-autoscaling.amazonaws.com": (
        "https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_service-with-iam.html"
    ),
    "spotfleet.amazonaws.com": "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-fleet-prerequisites.html",
}
"""The services, with the page of AWS that says what their roles are for."""


def only_orchestrators(trust: Document) -> bool:
    """Whether a trust policy lets in orchestrating services, and nobody else."""
    allows = [one for one in trust.statements if one.allow]
    return bool(allows) and all(
        bool(one.principals)
        and not one.not_principals
        and all(
            principal.kind is Kind.SERVICE and principal.name.removesuffix(".cn") in ORCHESTRATORS
            for principal in one.principals
        )
        for one in allows
    )
