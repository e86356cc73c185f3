"""Temporary credentials in the forms that shells, SDKs and CI systems take.

The form for `credential_process` is that of "Source credentials with an external process" in the AWS CLI user guide.
Sources of the others: "Workflow commands for GitHub Actions" and "Environment files" in GitHub's documentation,
"Logging commands" in that of Azure Pipelines, and `artifacts:reports:dotenv` in that of GitLab.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import AS_ASKED, FORMAT, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.sessions import Session

_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""Some SDKs prefer a profile to the keys in the environment, so these are unset."""
_PLAIN = re.compile(r"[\w+/=:.,@-]+", re.ASCII)
"""What every reader of `NAME=value` lines takes as it is, without quotes."""
_LARGEST_REPORT = 5 * 1024
"""GitLab's limit of a dotenv report, in bytes."""


def _variables(session: Session) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
        **({"AWS_CREDENTIAL_EXPIRATION": session.ends} if session.ends else {}),
        "AWS_REGION": session.region,
        "AWS_DEFAULT_REGION": session.region,
    }


def _lines(session: Session, line: Callable[[str, str], str], *last: str) -> str:
    return "".join(f"{one}\n" for one in [*(line(*pair) for pair in _variables(session).items()), *last])


def _sh(session: Session) -> str:
    # `eval $(...)` without quotes makes one line of them, so each ends by itself.
    last = f"unset {' '.join(_PROFILES)};"
    return _lines(session, lambda name, value: f"export {name}={shlex.quote(value)};", last)


def _fish(session: Session) -> str:
    def line(name: str, value: str) -> str:
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{quoted}'"

    # `set -e` of a variable that is not there fails, and with it would what comes of `source`.
    return _lines(session, line, *(f"set -e {name}" for name in _PROFILES), "true")


def _powershell(session: Session) -> str:
    def line(name: str, value: str) -> str:
        # It takes curly single quotes for straight ones: "about_Quoting_Rules" in its documentation.
        quoted = re.sub("(['\u2018-\u201b])", r"\1\1", value)
        return f"$Env:{name} = '{quoted}'"

    return _lines(session, line, *(f"Remove-Item Env:{name} -ErrorAction SilentlyContinue" for name in _PROFILES))


def _dotenv(session: Session) -> str:
    """`NAME=value`, one a line, without quotes: `docker run --env-file` would take quotes for a part of the value."""
    return "".join(f"{name}={_plain(name, value)}\n" for name, value in _variables(session).items())


def _gitlab(session: Session) -> str:
    text = _dotenv(session)
    if len(text.encode()) > _LARGEST_REPORT:
        fix = "send fewer session tags, or open the session in each job that needs it"
        raise Stopped(f"the session is larger than GitLab's limit of {_LARGEST_REPORT} bytes", fix, kind="too-large")
    return text


def _github(session: Session) -> str:
    """Append the variables for the steps that follow; what is printed has GitHub mask the secrets in its log."""
    text = _dotenv(session)
    file = os.environ.get("GITHUB_ENV")
    if not file:
        raise Stopped("GITHUB_ENV is not set", "use this form in a step of GitHub Actions", kind="usage")
    from pipeline_identity_cli import private_file

    private_file.append(file, text)
    secrets = (session.access_key_id, session.secret_access_key, session.session_token)
    return "".join(f"::add-mask::{one}\n" for one in secrets)


def _azure(session: Session) -> str:
    """Commands that set variables for the steps that follow; the three parts of the credentials are secret ones."""
    secret = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return "".join(
        f"##vso[task.setvariable variable={name};issecret={str(name in secret).lower()}]{_plain(name, value)}\n"
        for name, value in _variables(session).items()
    )


def _plain(name: str, value: str) -> str:
    if not _PLAIN.fullmatch(value):
        raise Stopped(f"{name} holds a character that this form has no quotes for", "use --format sh or json")
    return value


def _json(session: Session) -> str:
    head = {"format": FORMAT, "command": "assume", "exit_code": AS_ASKED}
    return json.dumps({**head, "AssumedRoleArn": session.arn, **_credentials(session)}, indent=2) + "\n"


def _credential_process(session: Session) -> str:
    return json.dumps({"Version": 1, **_credentials(session)}) + "\n"


def _credentials(session: Session) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        **({"Expiration": session.ends} if session.ends else {}),
    }


FORMS: dict[str, Callable[[Session], str]] = {
    "sh": _sh,
    "fish": _fish,
    "powershell": _powershell,
    "json": _json,
    "credential_process": _credential_process,
    "dotenv": _dotenv,
    "github-env": _github,
    "azure-devops": _azure,
    "gitlab-dotenv": _gitlab,
}
"""The forms by name; the command line offers the same."""
