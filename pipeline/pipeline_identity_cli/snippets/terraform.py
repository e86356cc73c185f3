"""A workspace of HCP Terraform.

Sources: "Use dynamic credentials with the AWS provider" in the documentation of HCP Terraform, and `assume_role` in the
configuration of Terraform's AWS provider.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.settings import Settings

_AUDIENCE = "aws.workload.identity"
"""The audience that HCP Terraform asks for by itself."""


def workspace(settings: Settings) -> str:
    """Variables that let a workspace's runs start as the role, or a provider that starts from keys."""
    return _from_keys(settings) if settings.from_keys else _from_token(settings)


def _from_token(settings: Settings) -> str:
    settings.no_more_than_a_role("HCP Terraform without keys", "keys")
    variables = {
        "TFC_AWS_PROVIDER_AUTH": "true",
        "TFC_AWS_RUN_ROLE_ARN": settings.wanted.role_arn,
        "TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE": settings.asked_audience("app.terraform.io", _AUDIENCE),
        "AWS_REGION": settings.region,
    }
    width = max(map(len, variables))
    lines = "\n".join(f"    {name:<{width}} = {_quoted(value)}" for name, value in variables.items())
    return f"""variable "workspace_id" {{
  type = string
}}

# {settings.name}: the runs of the workspace start as its role.
resource "tfe_variable" "aws" {{
  for_each = {{
{lines}
  }}

  workspace_id = var.workspace_id
  category     = "env"
  key          = each.key
  value        = each.value
}}
"""


def _from_keys(settings: Settings) -> str:
    wanted = settings.wanted
    role = {
        "role_arn": wanted.role_arn,
        "session_name": wanted.session_name,
        "duration": f"{wanted.duration}s",
        "external_id": wanted.external_id,
        "source_identity": wanted.source_identity,
    }
    given = {name: _quoted(value) for name, value in role.items() if value}
    if wanted.tags:
        given["tags"] = "{ " + ", ".join(f"{_quoted(key)} = {_quoted(one)}" for key, one in wanted.tags.items()) + " }"
    width = max(map(len, given))
    lines = "\n".join(f"    {name:<{width}} = {value}" for name, value in given.items())
    return f"""# Sensitive environment variables of the workspace: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
# They hold the key of the pipeline's user.
provider "aws" {{
  region = {_quoted(settings.region)}

  assume_role {{
{lines}
  }}
}}
"""


def _quoted(text: str) -> str:
    """A text of HCL, in which nothing is filled in."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
