"""A Pulumi ESC environment.

Sources: "aws-login" in the documentation of Pulumi ESC, and `assumeRoles` in the configuration of Pulumi's AWS
provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.snippets.text import written

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.settings import Settings


def environment(settings: Settings) -> str:
    """An environment that logs in with Pulumi's token, or from keys that another environment keeps as secrets."""
    return _from_keys(settings) if settings.from_keys else _from_token(settings)


def _from_token(settings: Settings) -> str:
    settings.no_more_than_a_role("Pulumi ESC without keys", "keys")
    wanted = settings.wanted
    oidc = {"roleArn": wanted.role_arn, "sessionName": wanted.session_name, "duration": f"{wanted.duration}s"}
    names = ("accessKeyId", "secretAccessKey", "sessionToken")
    variables = {
        f"AWS_{variable}": f"${{aws.login.{name}}}"
        for variable, name in zip(("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"), names, strict=True)
    }
    values = {
        "aws": {"login": {"fn::open::aws-login": {"oidc": oidc}}},
        "environmentVariables": {**variables, "AWS_REGION": settings.region},
    }
    return written({"values": values})


def _from_keys(settings: Settings) -> str:
    wanted = settings.wanted
    keys = f"{settings.name}-keys"
    role: dict[str, Any] = {
        "roleArn": wanted.role_arn,
        "sessionName": wanted.session_name,
        "duration": f"{wanted.duration}s",
        "externalId": wanted.external_id,
        "sourceIdentity": wanted.source_identity,
        "tags": dict(wanted.tags),
    }
    values = {
        "environmentVariables": {
            "AWS_ACCESS_KEY_ID": "${keys.accessKeyId}",
            "AWS_SECRET_ACCESS_KEY": "${keys.secretAccessKey}",
            "AWS_REGION": settings.region,
        },
        # The AWS provider assumes the role: ESC itself has no step from keys to a role.
        "pulumiConfig": {"aws:region": settings.region, "aws:assumeRoles": [{k: v for k, v in role.items() if v}]},
    }
    return written(
        {"imports": [keys], "values": values},
        f"The environment {keys} holds the key of the pipeline's user:",
        f"  esc env set {keys} keys.accessKeyId KEY_ID",
        f"  esc env set {keys} keys.secretAccessKey --secret",
    )
