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
    version = importlib.metadata.version("pulumi-aws")
    folder = pulumi_home / "plugins" / f"resource-aws-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / "pulumi-resource-aws"
    # The shell hands over to Python: the engine then knows the very process that serves.
    text = (
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(str(_CHECKOUT))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        "export PYTHONPATH\n"
        f'exec {shlex.quote(str(python))} -m sandbox.provider "$@"\n'
    )
    if launcher.exists() and launcher.read_text() == text:
        return
    unfinished = folder / f".pulumi-resource-aws.{os.getpid()}"
    unfinished.write_text(text)
    unfinished.chmod(0o755)
    unfinished.replace(launcher)
