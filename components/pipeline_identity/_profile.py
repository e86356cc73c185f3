"""Text for the AWS configuration file, with which the CLI and every SDK assume the role by themselves.

Settings: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html.
"""

from __future__ import annotations


def profile(
    name: str,
    role_arn: str,
    *,
    has_keys: bool,
    session_name: str,
    duration: int,
    external_id: str | None = None,
    keys: str | None = None,
) -> str:
    """Returns the profile of a pipeline. It holds no secret: keys and tokens are named, not shown.

    Args:
        name: The profile's name.
        role_arn: The role to assume.
        has_keys: Whether the pipeline starts from keys, in the profile `NAME-keys`, or from a token in a file.
        session_name: The name of the session.
        duration: How long the session lasts, in seconds.
        external_id: The external id that the role's trust asks for.
        keys: The profile with the keys; `NAME-keys` by default.
    """
    settings = {"role_arn": role_arn, "role_session_name": session_name, "duration_seconds": str(duration)}
    if external_id:
        settings["external_id"] = external_id
    if has_keys:
        settings["source_profile"] = keys or f"{name}-keys"
        hint = f"# Put the access key there with: aws configure --profile {settings['source_profile']}"
    else:
        settings["web_identity_token_file"] = f"/tmp/{name}-token"  # noqa: S108 - the job's own disk, named in its profile
        hint = "# Write the identity provider's token to this file before the first call."
    lines = [f"[profile {name}]", hint, *(f"{setting} = {value}" for setting, value in settings.items())]
    return "\n".join(lines) + "\n"
