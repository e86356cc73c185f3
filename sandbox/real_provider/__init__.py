"""The AWS provider that users have, under the engine: what shows whether the stand-in is right.

Pulumi's AWS provider is Terraform's, bridged. A machine that has Terraform set up for AWS has the plugin; ``bridge/``
puts it under the engine with the type tokens of pulumi-aws. Nothing that a user needs depends on it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox.engine import go
from sandbox.errors import SandboxError

_BRIDGE = Path(__file__).parent / "bridge"
NAME = "terraform-provider-aws"
"""Terraform's AWS provider, as its plugin is called."""

_PROGRAM = "pulumi-resource-aws"
_PLUGIN = re.compile(r"terraform-provider-aws_v(\d+)\.(\d+)\.(\d+)(_x\d)?")
_OLDEST = (5, 80, 0)
# Where Terraform and its users keep plugins: https://developer.hashicorp.com/terraform/cli/config/config-file,
# "Implied Local Mirror Directories" and "Provider Plugin Cache"; the rest is common in images.
_KEPT = (
    "~/.terraform.d/plugins",
    "~/.terraform.d/plugin-cache",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt",
)


def find_plugin() -> Path | None:
    """Terraform's AWS provider on this machine.

    Returns:
        What ``TERRAFORM_PROVIDER_AWS`` names, else the newest found where Terraform keeps plugins; None if there is
        none.

    Raises:
        SandboxError: ``TERRAFORM_PROVIDER_AWS`` names no program.
    """
    if named := os.environ.get("TERRAFORM_PROVIDER_AWS"):
        if not os.access(named, os.X_OK):
            raise SandboxError(f"TERRAFORM_PROVIDER_AWS names {named}, and that is no program. Correct or unset it.")
        return Path(named)
    folders = [os.environ.get("TF_PLUGIN_CACHE_DIR", ""), *_KEPT]
    found = [
        (version, plugin)
        for folder in filter(None, folders)
        for plugin in Path(folder).expanduser().glob("**/terraform-provider-aws_v*")
        if (version := _version(plugin)) >= _OLDEST and os.access(plugin, os.X_OK)
    ]
    return max(found)[1] if found else None


def install(cache: Path) -> Path:
    """Build the bridge into the cache unless it is there: five minutes on two cores the first time.

    Returns:
        The program ``pulumi-resource-aws``. It runs the plugin that ``TERRAFORM_PROVIDER_AWS`` names.

    Raises:
        SandboxError: It could not be built; the message ends with what go said.
    """
    target = cache / "real-provider" / _key() / _PROGRAM
    if target.is_file():
        return target
    variables = go.variables(cache)
    tool = go.find((1, 25, 8), variables) or go.install(cache)
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent.parent))
    try:
        built = subprocess.run(
            [
                str(tool),
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-ldflags=-s -w",
                "-o",
                str(unfinished / _PROGRAM),
                ".",
            ],
            cwd=_BRIDGE,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise SandboxError(f"The bridge to the real provider could not be built. go said:\n{built.stderr[-2000:]}")
        if not target.parent.exists():
            unfinished.chmod(0o755)
            unfinished.rename(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _version(plugin: Path) -> tuple[int, ...]:
    named = _PLUGIN.fullmatch(plugin.name)
    return tuple(int(number) for number in named.groups()[:3]) if named else ()


def _key() -> str:
    """Whatever is built from gets a build of its own."""
    digest = hashlib.sha256()
    for name in ("go.sum", "go.mod", "main.go"):
        digest.update((_BRIDGE / name).read_bytes())
    return digest.hexdigest()[:12]
