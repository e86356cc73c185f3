"""SDKs generated from the committed schema, and programs that are compiled with them; built once, into the cache."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import go
from sandbox.folders import CHECKOUT, cache_folder
from tests.policies.pack.other_languages import built_once

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = CHECKOUT / "components" / "schema.json"
_HERE = Path(__file__).parent
_GENERATOR = _HERE / "sdk_generator"
_OLDEST_GO = (1, 25, 11)
_GO_PACKAGE = "example.com/pulumi-pipeline-identity/sdk/go/pipeline-identity"
"""What the generator calls a package whose schema names no place for its Go code."""


def generate(language: str, folder: Path) -> None:
    """Writes the SDK for a language (`nodejs` or `go`) into a folder."""
    _run([str(_generator()), language, str(SCHEMA), str(folder)], _HERE)


def typescript_program() -> Path:
    """The TypeScript program, compiled strictly together with its SDK. Needs `npm`."""
    program = _HERE / "programs" / "typescript"
    names = ("package.json", "package-lock.json", "tsconfig.json", "program.ts")
    sources = [program / name for name in names]

    def build(folder: Path) -> None:
        for source in sources:
            shutil.copyfile(source, folder / source.name)
        generate("nodejs", folder / "sdk")
        # No package's own install scripts: nothing here needs them.
        _run(["npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        _run(["npx", "--no-install", "tsc"], folder)

    return built_once(cache_folder() / "typescript-consumer", [*sources, SCHEMA, *_generator_sources()], build)


def go_program() -> Path:
    """The Go program, compiled together with its SDK, whose module it is a command of."""
    program = _HERE / "programs" / "go" / "main.go"

    def build(folder: Path) -> None:
        generate("go", folder / "sdk")
        module = folder / "sdk" / "pipelineidentity"
        (module / "consumer").mkdir()
        shutil.copyfile(program, module / "consumer" / program.name)
        shutil.copyfile(_GENERATOR / "go.sum", module / "go.sum")
        text = (
            (_GENERATOR / "go.mod").read_text().replace("pipeline-identity/tests/consumers/sdk_generator", _GO_PACKAGE)
        )
        (module / "go.mod").write_text(text)
        _go(["build", "-o", str(folder / "consumer"), "./consumer"], module)

    return built_once(cache_folder() / "go-consumer", [program, SCHEMA, *_generator_sources()], build) / "consumer"


def _generator() -> Path:
    def build(folder: Path) -> None:
        _go(["build", "-o", str(folder / "sdk_generator"), "."], _GENERATOR)

    return built_once(cache_folder() / "sdk-generator", _generator_sources(), build) / "sdk_generator"


def _generator_sources() -> list[Path]:
    return [_GENERATOR / name for name in ("go.mod", "go.sum", "main.go")]


def _go(command: Sequence[str], folder: Path) -> None:
    variables = go.variables(cache_folder())
    tool = go.find(_OLDEST_GO, variables) or go.install(cache_folder())
    name, *arguments = command
    # The flags of the engine's own build, so that what it has compiled is there.
    flags = ["-trimpath", "-ldflags", "-s -w"] if name == "build" else []
    _run([str(tool), name, *flags, *arguments], folder, variables)


def _run(command: Sequence[str], folder: Path, variables: dict[str, str] | None = None) -> None:
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
