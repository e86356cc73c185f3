"""Arguments that the tests start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pipeline_identity import PipelineIdentityArgs, PipelineRoleArgs, PipelineUserArgs

ACCOUNT = "111122223333"
USER_ARN = "arn:aws:iam::111122223333:user/pipelines/site-pipeline"
ROLE_ARN = "arn:aws:iam::111122223333:role/pipelines/site-publisher"

PUBLISH = {"actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::example-site/public/*"]}


def identity_args(**changes: Any) -> PipelineIdentityArgs:
    args = {
        "account_id": ACCOUNT,
        "user_name": "site-pipeline",
        "role_name": "site-publisher",
        "path": "/pipelines/",
        "permissions": [PUBLISH],
        **changes,
    }
    return cast("PipelineIdentityArgs", cast("object", args))


def user_args(**changes: Any) -> PipelineUserArgs:
    args = {"account_id": ACCOUNT, "user_name": "site-pipeline", "path": "/pipelines/", "roles": [ROLE_ARN], **changes}
    return cast("PipelineUserArgs", cast("object", args))


def role_args(**changes: Any) -> PipelineRoleArgs:
    args = {
        "account_id": ACCOUNT,
        "role_name": "site-publisher",
        "path": "/pipelines/",
        "permissions": [PUBLISH],
        "trust": {"users": [USER_ARN]},
        **changes,
    }
    return cast("PipelineRoleArgs", cast("object", args))
