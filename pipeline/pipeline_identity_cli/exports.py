"""Temporary credentials in the forms that shells and SDKs take.

The form for `credential_process` is that of "Source credentials with an external process" in the AWS CLI user guide.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.sessions import Session


def _variables(session: Session) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
        "AWS_CREDENTIAL_EXPIRATION": session.ends,
        "AWS_REGION": session.region,
        "AWS_DEFAULT_REGION": session.region,
    }


def _lines(session: Session, line: Callable[[str, str], str], no_profile: str) -> str:
    # Some SDKs prefer a profile to the keys in the environment.
    return "".join(f"{one}\n" for one in [*(line(*pair) for pair in _variables(session).items()), no_profile])


def _sh(session: Session) -> str:
    return _lines(session, lambda name, value: f"export {name}={shlex.quote(value)}", "unset AWS_PROFILE")


def _fish(session: Session) -> str:
    def line(name: str, value: str) -> str:
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{quoted}'"

    return _lines(session, line, "set -e AWS_PROFILE")


def _powershell(session: Session) -> str:
    def line(name: str, value: str) -> str:
        # It takes curly single quotes for straight ones: "about_Quoting_Rules" in its documentation.
        quoted = re.sub("(['\u2018-\u201b])", r"\1\1", value)
        return f"$Env:{name} = '{quoted}'"

    return _lines(session, line, "Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue")


def _json(session: Session) -> str:
    return json.dumps({"AssumedRoleArn": session.arn, **_credentials(session)}, indent=2) + "\n"


def _credential_process(session: Session) -> str:
    return json.dumps({"Version": 1, **_credentials(session)}) + "\n"


def _credentials(session: Session) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.ends,
    }


FORMS: dict[str, Callable[[Session], str]] = {
    "sh": _sh,
    "fish": _fish,
    "powershell": _powershell,
    "json": _json,
    "credential_process": _credential_process,
}
"""The forms by name; the command line offers the same."""
