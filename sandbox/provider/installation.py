"""Putting the provider where the engine looks for it."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]


def install(pulumi_home: Path, python: Path) -> None:
    """Write the launcher of the provider, in one step.

    Args:
        pulumi_home: The folder in ``PULUMI_HOME``.
        python: The interpreter that runs the provider: one of an environment with pulumi, pulumi-aws and boto3.
    """
    launcher = _launcher(pulumi_home)
    if launcher.is_symlink():
        launcher.unlink()
    # The shell hands over to Python: the engine then knows the very process that serves.
    text = (
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(str(_CHECKOUT))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        "export PYTHONPATH\n"
        f'exec {shlex.quote(str(python))} -m sandbox.provider "$@"\n'
    )
    if launcher.exists() and launcher.read_text() == text:
        return
    unfinished = launcher.with_name(f".pulumi-resource-aws.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.chmod(0o755)
    unfinished.replace(launcher)


def link(pulumi_home: Path, real: Path) -> None:
    """Put a real provider in the stand-in's place.

    Args:
        pulumi_home: The folder in ``PULUMI_HOME``.
        real: The program `pulumi-resource-aws`.
    """
    launcher = _launcher(pulumi_home)
    launcher.unlink(missing_ok=True)
    launcher.symlink_to(real.resolve())


def _launcher(pulumi_home: Path) -> Path:
    folder = pulumi_home / "plugins" / f"resource-aws-v{importlib.metadata.version('pulumi-aws')}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "pulumi-resource-aws"
