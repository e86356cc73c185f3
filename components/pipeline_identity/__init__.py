"""Pulumi components that give a CI/CD pipeline its AWS identity.

A pipeline starts from a user that can do one thing, assume one role; the role can do what the pipeline is for, and
trusts that user alone. `PipelineIdentity` declares both ends at once; `PipelineUser` and `PipelineRole` are its halves.
"""

from pipeline_identity.errors import ArgumentError
from pipeline_identity.permissions.arguments import Statement
from pipeline_identity.pipeline_identity import PipelineIdentity, PipelineIdentityArgs
from pipeline_identity.pipeline_role import PipelineRole, PipelineRoleArgs
from pipeline_identity.pipeline_user import PipelineUser, PipelineUserArgs
from pipeline_identity.trust.arguments import Trust

__all__ = [
    "ArgumentError",
    "PipelineIdentity",
    "PipelineIdentityArgs",
    "PipelineRole",
    "PipelineRoleArgs",
    "PipelineUser",
    "PipelineUserArgs",
    "Statement",
    "Trust",
]
