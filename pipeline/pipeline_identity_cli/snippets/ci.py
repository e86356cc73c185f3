"""CI systems: a job, ready to be put into the system's own file, that begins with the pipeline's session.

Keys are secrets of the system, called AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Sources: each system's reference of
its file, and of how a job gets its token; for Jenkins, the page of its plugin `oidc-provider`.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.snippets.script import CHECK, from_token, open_session
from pipeline_identity_cli.snippets.text import block, written
from pipeline_identity_cli.web_identity.sources import GITHUB_HOST
from pipeline_identity_cli.web_identity.trust import AWS_AUDIENCE

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.settings import Settings

_ACTION, _ACTION_VERSION = "e6de054238d6b7531b4efff3b6587d9aade6a06c", "v6.2.3"
"""The commit of AWS's action for GitHub, and the version that it is."""
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_SECRETS = "Secrets of the system: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the key of the pipeline's user."
_COMMAND = "The job's image must have the command pipeline-identity."


def github(settings: Settings) -> str:
    """A workflow of GitHub Actions, with AWS's own action."""
    settings.no_more_than_a_role("AWS's action for GitHub", "--for sh in a run step")
    wanted = settings.wanted
    inputs: dict[str, Any] = {
        "aws-region": settings.region,
        "role-to-assume": wanted.role_arn,
        "role-session-name": wanted.session_name,
        "role-duration-seconds": wanted.duration,
    }
    if wanted.external_id and settings.from_keys:
        inputs["role-external-id"] = wanted.external_id
    if settings.from_keys:
        inputs |= {name.lower().replace("_", "-"): f"${{{{ secrets.{name} }}}}" for name in _KEYS}
        # Without this the action sends tags of its own, which the trust does not let in.
        inputs["role-skip-session-tagging"] = True
    elif (audience := settings.asked_audience(GITHUB_HOST)) != AWS_AUDIENCE:
        inputs["audience"] = audience
    steps = [
        {"uses": f"aws-actions/configure-aws-credentials@{_ACTION}", "with": inputs},
        {"run": "aws sts get-caller-identity"},
    ]
    permissions = {"contents": "read"} | ({} if settings.from_keys else {"id-token": "write"})
    job = {"runs-on": "ubuntu-latest", "permissions": permissions, "steps": steps}
    comments = (_SECRETS,) if settings.from_keys else ()
    text = written({"name": settings.name, "on": {"push": {"branches": ["main"]}}, "jobs": {"deploy": job}}, *comments)
    # A tag may be moved to other code; the version beside the commit is for people, and for bots that raise it.
    return text.replace(f"@{_ACTION}\n", f"@{_ACTION} # {_ACTION_VERSION}\n")


def gitlab(settings: Settings) -> str:
    """A job of GitLab CI."""
    if settings.from_keys:
        return written({"deploy": {"before_script": open_session(settings), "script": [CHECK]}}, _SECRETS, _COMMAND)
    token = {"AWS_TOKEN": {"aud": settings.asked_audience("gitlab.com", "https://gitlab.com")}}
    lines = from_token(settings, "GitLab", "--token-env AWS_TOKEN")
    return written({"deploy": {"id_tokens": token, "before_script": lines, "script": [CHECK]}}, _COMMAND)


def bitbucket(settings: Settings) -> str:
    """A pipeline of Bitbucket."""
    step: dict[str, Any] = {"name": settings.name}
    if settings.from_keys:
        step["script"] = [*open_session(settings), CHECK]
    else:
        step["oidc"] = True
        step["script"] = [*from_token(settings, "Bitbucket", "--token-env BITBUCKET_STEP_OIDC_TOKEN"), CHECK]
    pipelines = {"pipelines": {"branches": {"main": [{"step": step}]}}}
    return written(pipelines, *((_SECRETS,) if settings.from_keys else ()), _COMMAND)


def circleci(settings: Settings) -> str:
    """A workflow of CircleCI. Each step has an environment of its own, so the job's work belongs into the same one."""
    lines = (
        open_session(settings)
        if settings.from_keys
        else from_token(settings, "CircleCI", "--token-env CIRCLE_OIDC_TOKEN_V2")
    )
    run = {"run": {"name": f"Work as {settings.name}", "command": block([*lines, CHECK])}}
    job = {"docker": [{"image": "cimg/python:3.13"}], "steps": ["checkout", run]}
    # CircleCI hands secrets and tokens to jobs that have a context.
    flow = {"jobs": [{"deploy": {"context": [settings.name]}}]}
    comments = (_SECRETS, "They stand in the context.") if settings.from_keys else ()
    return written({"version": 2.1, "jobs": {"deploy": job}, "workflows": {"main": flow}}, *comments, _COMMAND)


def azure_devops(settings: Settings) -> str:
    """A pipeline of Azure DevOps. Secret variables must be handed to each step by name."""
    if settings.from_keys:
        lines, variables = open_session(settings), {name: f"$({name})" for name in _KEYS}
    else:
        lines, variables = _azure_devops_token(settings), {"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}
    step = {"bash": block([*lines, CHECK]), "displayName": f"Work as {settings.name}", "env": variables}
    pool = {"vmImage": "ubuntu-latest"}
    comments = (_SECRETS,) if settings.from_keys else ()
    return written({"trigger": ["main"], "pool": pool, "steps": [step]}, *comments, _COMMAND)


def _azure_devops_token(settings: Settings) -> list[str]:
    subjects = [one for trusted in settings.trusted for one in trusted.subjects or ()]
    if subjects and all(one.startswith("sc://") for one in subjects) and not settings.service_connection:
        problem = "the role trusts a service connection, and not the pipeline itself"
        raise Stopped(problem, "name the connection's id with --service-connection")
    connection = (
        f" --service-connection {shlex.quote(settings.service_connection)}" if settings.service_connection else ""
    )
    return from_token(settings, "Azure DevOps", f"--token-from azure-devops{connection}")


ASKED_OF_BUILDKITE = ("organization_id", "pipeline_id", "cluster_id", "cluster_name")
"""Claims that Buildkite writes into a token only when the job asks: "buildkite-agent oidc" in its reference."""


def buildkite(settings: Settings) -> str:
    """A step of Buildkite. The agent asks for the token; its secrets are those of the cluster."""
    step: dict[str, Any] = {"label": settings.name}
    if settings.from_keys:
        lines = open_session(settings)
        step["secrets"] = list(_KEYS)
    else:
        audience = shlex.quote(settings.asked_audience("agent.buildkite.com"))
        asked = settings.asked_claims("agent.buildkite.com", ASKED_OF_BUILDKITE)
        claims = "".join(f" --claim {name}" for name in asked)
        ask = f'AWS_TOKEN="$(buildkite-agent oidc request-token --audience {audience} --lifetime 900{claims})"'
        first, *others = from_token(settings, "Buildkite", "--token-env AWS_TOKEN")
        lines = [first, ask, "export AWS_TOKEN", *others]
    # The upload of a pipeline fills in variables, but for those whose sign is doubled.
    step["command"] = block([re.sub(r"\$(?=[A-Za-z_{])", "$$", line) for line in [*lines, CHECK]])
    step["branches"] = "main"
    comments = (_SECRETS,) if settings.from_keys else ()
    return written({"steps": [step]}, *comments, "The agent must have the command pipeline-identity.")


def woodpecker(settings: Settings) -> str:
    """A workflow of Woodpecker, which hands out no tokens."""
    _only_with_keys(settings, "Woodpecker")
    step = {
        "name": "deploy",
        "image": "python:3.13",
        "environment": {name: {"from_secret": name.lower()} for name in _KEYS},
        "commands": [*open_session(settings), CHECK],
    }
    workflow = {"when": [{"event": "push", "branch": "main"}], "steps": [step]}
    return written(workflow, "Secrets of the repository: aws_access_key_id and aws_secret_access_key.", _COMMAND)


def forgejo(settings: Settings) -> str:
    """A workflow of Forgejo Actions, from keys: not every version hands out tokens."""
    _only_with_keys(settings, "Forgejo")
    variables = {name: f"${{{{ secrets.{name} }}}}" for name in _KEYS}
    step = {"name": f"Work as {settings.name}", "env": variables, "run": block([*open_session(settings), CHECK])}
    job = {"runs-on": "docker", "steps": [step]}
    flow = {"name": settings.name, "on": {"push": {"branches": ["main"]}}, "jobs": {"deploy": job}}
    return written(flow, _SECRETS, _COMMAND)


def _only_with_keys(settings: Settings, system: str) -> None:
    if not settings.from_keys:
        raise Stopped(f"{system} hands out no token that a role could trust", "start from keys (--start keys)")


def jenkins(settings: Settings) -> str:
    """A declarative pipeline of Jenkins; its credentials stand in the job's environment."""
    if settings.from_keys:
        lines, ids = open_session(settings), {name: name.lower().replace("_", "-") for name in _KEYS}
        comment = (
            f'Credentials of the kind "secret text": {" and ".join(ids.values())}, the key of the pipeline\'s user.'
        )
    else:
        lines, ids = from_token(settings, "Jenkins", "--token-env AWS_TOKEN"), {"AWS_TOKEN": "aws-token"}
        kind = 'kind "OpenID Connect id token" (plugin oidc-provider)'
        comment = f"Credentials of the {kind}: aws-token, audience {settings.asked_audience(None)}."
    return _groovy(comment, ids, [*lines, CHECK])


def _groovy(comment: str, ids: dict[str, str], lines: list[str]) -> str:
    if any("\\" in line or "'''" in line for line in lines):
        raise Stopped("a session tag cannot be quoted for Jenkins", "use values without \\ and '''")
    body = "\n".join(f"          {line}" for line in lines)
    variables = "\n".join(f"    {name} = credentials('{one}')" for name, one in ids.items())
    return f"""// {comment}
// The agent must have the command pipeline-identity.
pipeline {{
  agent any
  environment {{
{variables}
  }}
  stages {{
    stage('Deploy') {{
      steps {{
        sh '''
{body}
        '''
      }}
    }}
  }}
}}
"""
