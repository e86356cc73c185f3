"""`pulumi` as a shell of `make env` finds it: the engine, which then leaves a program's settings files as they were.

Whatever the command, the engine writes the salt of the stack's secrets into `Pulumi.<stack>.yaml`, and formats the file
anew. That salt belongs to the sandbox's passphrase: with it, the file could not be deployed to a real account.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import yaml

_ENCRYPTION = {"encryptionsalt", "encryptedkey", "secretsprovider"}


def launcher(folder: Path, engine: Path, checkout: Path) -> None:
    """Write the launcher, as `pulumi` in this folder.

    Args:
        folder: Where it goes; made when missing.
        engine: The folder that holds the real `pulumi`.
        checkout: The program whose settings files are looked after.
    """
    folder.mkdir(parents=True, exist_ok=True)
    call = (
        "import sys; sys.path.insert(0, sys.argv[1]); from sandbox.tidy import main; main(*sys.argv[1:3], sys.argv[3:])"
    )
    unfinished = folder / f".pulumi-{os.getpid()}"
    unfinished.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -c '{call}' '{checkout}' '{engine}' \"$@\"\n")
    unfinished.chmod(0o755)
    unfinished.replace(folder / "pulumi")


def main(checkout: str, engine: str, arguments: list[str]) -> None:
    """Run the engine, put the settings files back if only their encryption or format was changed, and end as it did."""
    before = {file: file.read_bytes() for file in Path(checkout).glob("Pulumi.*.yaml")}
    # Ctrl-C reaches the engine by itself; this waits for its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(
        [f"{engine}/pulumi", *arguments], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
    code = child.wait()
    for file, content in before.items():
        if file.is_file() and file.read_bytes() != content and _settings(file.read_bytes()) == _settings(content):
            file.write_bytes(content)
    sys.exit(code if code >= 0 else 128 - code)


def _settings(content: bytes) -> object:
    try:
        document: object = yaml.safe_load(content)
    except yaml.YAMLError:
        return content
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in cast("dict[str, Any]", document).items() if name not in _ENCRYPTION}
