"""The environment variables that make a process run in the sandbox, and nowhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sandbox.folders import CHECKOUT, cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSPHRASE = "sandbox"  # noqa: S105 - protects a throw-away AWS on loopback
"""Encrypts the secrets in the sandbox's state files. It isn't secret, and neither is what it protects."""

_FOREIGN = ("AWS_", "PULUMI_")
_KEPT = ("PULUMI_DEBUG_COMMANDS",)


def for_sandbox(
    *, account: str, region: str, endpoint: str, engine: Path, home: Path, state: Path, python: Path, uv: Path
) -> dict[str, str]:
    """The variables that a process in the sandbox has beyond its user's own.

    Args:
        account: The 12 digits of the AWS account; its root is who the process is.
        region: The AWS region.
        endpoint: The local AWS, for example `http://127.0.0.1:4566`.
        engine: The folder that holds `pulumi` and its Python host.
        home: The engine's home (`PULUMI_HOME`): plugins and the selected stack.
        state: The folder that holds the stacks' state.
        python: The folder that holds the Python programs run with when they have no virtual environment of their own.
        uv: The folder that holds uv, with which the engine installs what a component plugin needs.
    """
    return {
        # A uv that make has installed is found last, after the user's own.
        "PATH": os.pathsep.join([_with_first([str(engine), str(python)], os.environ.get("PATH", os.defpath)), str(uv)]),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(cache_folder() / "uv-cache"),
        "SANDBOX_CHECKOUT": str(CHECKOUT),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # A stack file without a salt gets the one its state has, not a new one.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "test",
        # A profile or a role of the user's own machine must never be found.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": _with_first(["127.0.0.1", "localhost"], os.environ.get("NO_PROXY", ""), separator=","),
        "no_proxy": _with_first(["127.0.0.1", "localhost"], os.environ.get("no_proxy", ""), separator=","),
    }


def foreign(variables: Mapping[str, str]) -> list[str]:
    """The user's own AWS and Pulumi variables that must not reach into the sandbox."""
    return sorted(name for name in variables if name.startswith(_FOREIGN) and name not in _KEPT)


def complete(added: Mapping[str, str]) -> dict[str, str]:
    """All variables of a process in the sandbox: the user's own without the foreign ones, then the sandbox's."""
    outside = foreign(os.environ)
    kept = {name: value for name, value in os.environ.items() if name not in outside}
    # uv and pip would warn about, or install into, another project's active environment.
    kept.pop("VIRTUAL_ENV", None)
    return {**kept, **added}


def _with_first(first: list[str], rest: str, separator: str = os.pathsep) -> str:
    others = [part for part in rest.split(separator) if part and part not in first]
    return separator.join([*first, *others])
