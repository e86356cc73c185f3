"""CI systems: a job, ready to be put into the system's own file, that begins with the pipeline's session.

Keys are secrets of the system, called AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Sources: each system's reference of
its file, and of the variable that holds its token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_job.outcome import Stopped
from pipeline_job.snippets.script import CHECK, keep_token, open_session
from pipeline_job.snippets.text import block, written

if TYPE_CHECKING:
    from pipeline_job.snippets.wish import Wish

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
    if wanted.external_id:
        inputs["role-external-id"] = wanted.external_id
    if wish.from_keys:
        inputs |= {name.lower().replace("_", "-"): f"${{{{ secrets.{name} }}}}" for name in _KEYS}
        # Without this the action sends tags of its own, which the trust does not let in.
        inputs["role-skip-session-tagging"] = True
    elif wish.audience:
        inputs["audience"] = wish.audience
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
    token = {"AWS_TOKEN": {"aud": wish.audience or "https://gitlab.com"}}
    lines = keep_token(wish, "GitLab", "AWS_TOKEN")
    return written({"deploy": {"id_tokens": token, "before_script": lines, "script": [CHECK]}}, _COMMAND)


def bitbucket(wish: Wish) -> str:
    """A pipeline of Bitbucket."""
    step: dict[str, Any] = {"name": wish.name}
    if wish.from_keys:
        step["script"] = [*open_session(wish), CHECK]
    else:
        step["oidc"] = True
        step["script"] = [*keep_token(wish, "Bitbucket", "BITBUCKET_STEP_OIDC_TOKEN"), CHECK]
    pipelines = {"pipelines": {"branches": {"main": [{"step": step}]}}}
    return written(pipelines, *((_SECRETS,) if wish.from_keys else ()), _COMMAND)


def circleci(wish: Wish) -> str:
    """A workflow of CircleCI. Each step has an environment of its own, so the job's work belongs into the same one."""
    lines = open_session(wish) if wish.from_keys else keep_token(wish, "CircleCI", "CIRCLE_OIDC_TOKEN_V2")
    run = {"run": {"name": f"Work as {wish.name}", "command": block([*lines, CHECK])}}
    job = {"docker": [{"image": "cimg/python:3.13"}], "steps": ["checkout", run]}
    # CircleCI hands secrets and tokens to jobs that have a context.
    flow = {"jobs": [{"deploy": {"context": [wish.name]}}]}
    comments = (_SECRETS, "They stand in the context.") if wish.from_keys else ()
    return written({"version": 2.1, "jobs": {"deploy": job}, "workflows": {"main": flow}}, *comments, _COMMAND)


def azure_devops(wish: Wish) -> str:
    """A pipeline of Azure DevOps. Secret variables must be handed to each step by name."""
    wish.no_token("Azure DevOps", "use AWS's extension with a service connection, or keys")
    step = {
        "bash": block([*open_session(wish), CHECK]),
        "displayName": f"Work as {wish.name}",
        "env": {name: f"$({name})" for name in _KEYS},
    }
    pool = {"vmImage": "ubuntu-latest"}
    return written({"trigger": ["main"], "pool": pool, "steps": [step]}, _SECRETS, _COMMAND)


def jenkins(wish: Wish) -> str:
    """A declarative pipeline of Jenkins, with secrets of the kind "secret text"."""
    wish.no_token("Jenkins", "use keys, or a plugin that gives the job a token")
    lines = [*open_session(wish), CHECK]
    if any("\\" in line or "'''" in line for line in lines):
        raise Stopped("a session tag cannot be quoted for Jenkins", "use values without \\ and '''")
    body = "\n".join(f"          {line}" for line in lines)
    ids = {name: name.lower().replace("_", "-") for name in _KEYS}
    variables = "\n".join(f"    {name} = credentials('{one}')" for name, one in ids.items())
    return f"""// Credentials of the kind "secret text": {" and ".join(ids.values())}, the key of the pipeline's user.
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
