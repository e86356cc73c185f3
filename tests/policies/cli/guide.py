"""The guide `docs/command.md`, run: its files are written, its commands carried out, their output compared.

`python -m tests.policies.cli.guide` writes the output anew, after a change of wording; read the difference before it is
committed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "command.md"
_FILE = re.compile(r"`(?P<name>[^`\n]+)`:\n\n```\w+\n(?P<content>.*?)```\n", re.DOTALL)
_CONSOLE = re.compile(r"```console\n(?P<session>.*?)```\n", re.DOTALL)
_VARIABLES = ("GITHUB_WORKSPACE", "NO_COLOR", "FORCE_COLOR", "IAM_GUARDRAILS_DOCS_URL")


def rerun(text: str) -> str:
    """The guide with the output that its commands give, from the top to the bottom."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".git").mkdir()
        parts: list[str] = []
        for part in _parts(text):
            file, console = _FILE.fullmatch(part), _CONSOLE.fullmatch(part)
            if file:
                path = Path(folder) / file["name"]
                path.parent.mkdir(exist_ok=True)
                path.write_text(file["content"])
            parts.append(_session(console["session"], folder) if console else part)
        return "".join(parts)


def _parts(text: str) -> Iterator[str]:
    """The files and sessions of the guide, and what stands between them."""
    place = 0
    for found in re.finditer(f"{_FILE.pattern}|{_CONSOLE.pattern}", text, re.DOTALL):
        yield text[place : found.start()]
        yield found.group()
        place = found.end()
    yield text[place:]


def _session(session: str, folder: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    variables["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    commands = [line[2:] for line in session.splitlines() if line.startswith("$ ")]
    told = "".join(f"$ {command}\n{_output(command, folder, variables)}" for command in commands)
    return f"```console\n{told}```\n"


def _output(command: str, folder: str, variables: dict[str, str]) -> str:
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.stdout


if __name__ == "__main__":
    GUIDE.write_text(rerun(GUIDE.read_text()))
