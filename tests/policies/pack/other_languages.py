"""What programs in other languages need to run: built once, into the cache, from pinned and checksummed sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import go
from sandbox.folders import cache_folder
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.sandboxes import Sandbox

_HERE = Path(__file__).parent
_OLDEST_GO = (1, 25, 11)


def yaml_host(cache: Path) -> Path:
    """The folder with `pulumi-language-yaml`, which runs YAML programs."""
    module = _HERE / "yaml_host"

    def build(folder: Path) -> None:
        variables = go.variables(cache)
        tool = go.find(_OLDEST_GO, variables) or go.install(cache)
        package = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
        command = [str(tool), "build", "-trimpath", "-ldflags", "-s -w", "-o", str(folder), package]
        fetched(command, folder=module, variables=variables)

    return built_once(cache / "yaml-host", [module / "go.mod", module / "go.sum"], build)


def with_yaml(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with an engine that also runs YAML programs."""
    path = os.pathsep.join([str(yaml_host(cache_folder())), sandbox.variables["PATH"]])
    return replace(sandbox, variables={**sandbox.variables, "PATH": path})


def typescript_program(cache: Path) -> Path:
    """The compiled program of `typescript/`, with its packages beside it. Needs `npm`."""
    sources = [
        _HERE / "typescript" / name for name in ("package.json", "package-lock.json", "tsconfig.json", "program.ts")
    ]

    def build(folder: Path) -> None:
        for source in sources:
            shutil.copyfile(source, folder / source.name)
        # No package's own install scripts: nothing here needs them.
        for command in ("npm ci --ignore-scripts --no-audit --no-fund", "npx --no-install tsc"):
            fetched(command.split(), folder=folder, variables=os.environ)

    return built_once(cache / "typescript-program", sources, build) / "program.js"


def built_once(folder: Path, sources: Sequence[Path], build: Callable[[Path], None]) -> Path:
    """A folder made from these sources, unless it is there; it appears complete or not at all."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    target = folder / digest
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{digest}-", dir=folder))
    try:
        build(unfinished)
        if not target.is_dir():
            unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target
