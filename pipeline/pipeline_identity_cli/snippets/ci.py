"""CI systems: a job, ready to be put into the system's own file, that begins with the pipeline's session.

Keys are secrets of the system, called AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Sources: each system's reference of
its file, and of how a job gets its token; for Jenkins, the page of its plugin `oidc-provider`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.snippets.script import CHECK, from_token, open_session
from pipeline_identity_cli.snippets.text import block, written
from pipeline_identity_cli.web_identity.sources import GITHUB_HOST
from pipeline_identity_cli.web_identity.trust import AWS_AUDIENCE

if TYPE_CHECKING:
    from pipeline_identity_cli.snippets.wish import Wish

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_SECRETS = "Secrets of the system: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the key of the pipeline's user."
_COMMAND = "The job's image must have the command pipeline-identity."


def github(wish: Wish) -> str:
    """A workflow of GitHub Actions, with AWS's own action."""
    wish.no_more_than_a_role("AWS's action for GitHub", "--for sh in a run step")
    wanted = wish.wanted
    inputs: dict[str, Any] = {
        "aws-region": wish.region,
        "role-to-assume": wanted.role_arn,
        "role-session-name": wanted.session_name,
        "role-duration-seconds": wanted.duration,
    }
    if wanted.external_id and wish.from_keys:
        inputs["role-external-id"] = wanted.external_id
    if wish.from_keys:
        inputs |= {name.lower().replace("_", "-"): f"${{{{ secrets.{name} }}}}" for name in _KEYS}
        # Without this the action sends tags of its own, which the trust does not let in.
        inputs["role-skip-session-tagging"] = True
    elif (audience := wish.asked_audience(GITHUB_HOST)) != AWS_AUDIENCE:
        inputs["audience"] = audience
    steps = [
        {"uses": "aws-actions/configure-aws-credentials@v5", "with": inputs},
        {"run": "aws sts get-caller-identity"},
    ]
    permissions = {"contents": "read"} | ({} if wish.from_keys else {"id-token": "write"})
    job = {"runs-on": "ubuntu-latest", "permissions": permissions, "steps": steps}
    comments = (_SECRETS,) if wish.from_keys else ()
    return written({"name": wish.name, "on": {"push": {"branches": ["main"]}}, "jobs": {"deploy": job}}, *comments)


def gitlab(wish: Wish) -> str:
    """A job of GitLab CI."""
    if wish.from_keys:
        return written({"deploy": {"before_script": open_session(wish), "script": [CHECK]}}, _SECRETS, _COMMAND)
    token = {"AWS_TOKEN": {"aud": wish.asked_audience("gitlab.com", "https://gitlab.com")}}
    lines = from_token(wish, "GitLab", "--token-env AWS_TOKEN")
    return written({"deploy": {"id_tokens": token, "before_script": lines, "script": [CHECK]}}, _COMMAND)


def bitbucket(wish: Wish) -> str:
    """A pipeline of Bitbucket."""
    step: dict[str, Any] = {"name": wish.name}
    if wish.from_keys:
        step["script"] = [*open_session(wish), CHECK]
    else:
        step["oidc"] = True
        step["script"] = [*from_token(wish, "Bitbucket", "--token-env BITBUCKET_STEP_OIDC_TOKEN"), CHECK]
    pipelines = {"pipelines": {"branches": {"main": [{"step": step}]}}}
    return written(pipelines, *((_SECRETS,) if wish.from_keys else ()), _COMMAND)


def circleci(wish: Wish) -> str:
    """A workflow of CircleCI. Each step has an environment of its own, so the job's work belongs into the same one."""
    lines = open_session(wish) if wish.from_keys else from_token(wish, "CircleCI", "--token-env CIRCLE_OIDC_TOKEN_V2")
    run = {"run": {"name": f"Work as {wish.name}", "command": block([*lines, CHECK])}}
    job = {"docker": [{"image": "cimg/python:3.13"}], "steps": ["checkout", run]}
    # CircleCI hands secrets and tokens to jobs that have a context.
    flow = {"jobs": [{"deploy": {"context": [wish.name]}}]}
    comments = (_SECRETS, "They stand in the context.") if wish.from_keys else ()
    return written({"version": 2.1, "jobs": {"deploy": job}, "workflows": {"main": flow}}, *comments, _COMMAND)


def azure_devops(wish: Wish) -> str:
    """A pipeline of Azure DevOps. Secret variables must be handed to each step by name."""
    if wish.from_keys:
        lines, variables = open_session(wish), {name: f"$({name})" for name in _KEYS}
    else:
        lines, variables = _azure_devops_token(wish), {"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}
    step = {"bash": block([*lines, CHECK]), "displayName": f"Work as {wish.name}", "env": variables}
    pool = {"vmImage": "ubuntu-latest"}
    comments = (_SECRETS,) if wish.from_keys else ()
    return written({"trigger": ["main"], "pool": pool, "steps": [step]}, *comments, _COMMAND)


def _azure_devops_token(wish: Wish) -> list[str]:
    subjects = [one for trusted in wish.trusted for one in trusted.subjects or ()]
    if subjects and all(one.startswith("sc://") for one in subjects) and not wish.service_connection:
        problem = "the role trusts a service connection, and not the pipeline itself"
        raise Stopped(problem, "name the connection's id with --service-connection")
    connection = f" --service-connection {shlex.quote(wish.service_connection)}" if wish.service_connection else ""
    return from_token(wish, "Azure DevOps", f"--token-from azure-devops{connection}")


def jenkins(wish: Wish) -> str:
    """A declarative pipeline of Jenkins; its credentials stand in the job's environment."""
    if wish.from_keys:
        lines, ids = open_session(wish), {name: name.lower().replace("_", "-") for name in _KEYS}
        comment = (
            f'Credentials of the kind "secret text": {" and ".join(ids.values())}, the key of the pipeline\'s user.'
        )
    else:
        lines, ids = from_token(wish, "Jenkins", "--token-env AWS_TOKEN"), {"AWS_TOKEN": "aws-token"}
        kind = 'kind "OpenID Connect id token" (plugin oidc-provider)'
        comment = f"Credentials of the {kind}: aws-token, audience {wish.asked_audience(None)}."
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
