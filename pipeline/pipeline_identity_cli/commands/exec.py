"""`exec`: run a command as the pipeline's role."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli.opening import Opening, OpeningOptions
from pipeline_identity_cli.options import Command, argument
from pipeline_identity_cli.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_ACCOUNT_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
)
"""What an SDK would take before, or beside, the credentials of the role."""
_SETTINGS = {
    "ca_bundle": "AWS_CA_BUNDLE",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "max_attempts": "AWS_MAX_ATTEMPTS",
    "retry_mode": "AWS_RETRY_MODE",
    "defaults_mode": "AWS_DEFAULTS_MODE",
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "sts_regional_endpoints": "AWS_STS_REGIONAL_ENDPOINTS",
    "output": "AWS_DEFAULT_OUTPUT",
}
"""Settings of a profile that are no credentials, and the variables that say the same."""


@dataclass(frozen=True, kw_only=True)
class Options(OpeningOptions):
    """The options of `exec`."""

    command: tuple[str, ...] = argument(many=True)


def execute(options: Options) -> Outcome:
    """Run COMMAND with the credentials of the pipeline's role, and return its exit code.

    \b
    pipeline-identity exec --role-arn ARN -- aws s3 ls
    pipeline-identity exec --outputs outputs.json --pipeline site -- pulumi up --yes

    The credentials are shown to nobody: AWS's tools and SDKs ask for them on this machine, and get new ones for as long
    as COMMAND runs. Other AWS credentials, and AWS configuration files, are kept from it. If the role cannot be
    assumed, COMMAND is not started.

    Signals are passed on. Exit code: that of COMMAND; 128 and the number of the signal that ended it; 126 and 127 where
    it cannot be run or is not there; 1 where AWS denies the role; 2 where no session can be had for another reason.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli import child
    from pipeline_identity_cli.credential_server import CredentialServer, Renewal

    opening = Opening.of(options)
    session = opening.open()
    server = CredentialServer(Renewal(session, opening.request.duration, opening.open), opening.request.role_arn)
    environment = _environment(options, session.region) | server.variables
    try:
        return Outcome(code=child.run(options.command, environment, server.start))
    finally:
        server.close()


def _environment(options: Options, region: str) -> dict[str, str]:
    """The variables of this process, with nothing that an SDK would take for credentials."""
    kept = {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}
    if options.token_env:
        kept.pop(options.token_env, None)
    profile = _profile(options)
    for name, variable in _SETTINGS.items():
        if (value := profile.get(name)) and isinstance(value, str):
            kept.setdefault(variable, value)
    return kept | {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # SDKs look into the files, and ask the machine, before or after they ask here; neither is what was asked for.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **_without_proxy(kept),
    }


def _profile(options: Options) -> Mapping[str, Any]:
    """The settings of the profile that the session was opened from."""
    files = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
    if not any(Path(os.environ.get(name) or usual).expanduser().is_file() for name, usual in files.items()):
        return {}
    import botocore.session

    session: Any = botocore.session.Session(profile=options.profile)
    name = session.get_config_variable("profile") or "default"
    return session.full_config.get("profiles", {}).get(name, {})


def _without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep questions for credentials off a proxy."""
    if not any(environment.get(name) for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")):
        return {}
    return {
        name: f"{environment[name]},127.0.0.1" if environment.get(name) else "127.0.0.1"
        for name in ("NO_PROXY", "no_proxy")
    }


COMMAND = Command("exec", Options, execute, short_help="Run a command as the pipeline's role.", arguments_follow=True)
