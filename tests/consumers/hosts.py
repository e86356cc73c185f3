"""Language hosts, with which an engine takes programs in other languages; built once, into the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import go
from sandbox.folders import cache_folder
from tests.policies.pack.other_languages import built_once
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sandboxes import Sandbox

_MODULES = Path(__file__).parent / "language_hosts"
_OLDEST_GO = (1, 25, 11)
_JAVA = "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-language-java"
_DOTNET = "github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3"


def speaking(sandbox: Sandbox, language: str) -> Sandbox:
    """The sandbox, with an engine that takes programs in a language: `go`, `nodejs`, `java` or `dotnet`.

    The host is that of the user's own Pulumi, if there is one. Else it is built: for Go and Node.js from source of our
    own, for Java and .NET from Pulumi's, which takes minutes.
    """
    path = sandbox.variables["PATH"]
    found = shutil.which(f"pulumi-language-{language}", path=path)
    host = Path(found).parent if found else _built(language)
    settings = {name: value for name, value in go.variables(cache_folder()).items() if name.startswith(("GO", "CGO_"))}
    # As the engine was built, so that what it has compiled is there; a program's own go.mod may change.
    settings["GOFLAGS"] = "-modcacherw -trimpath -ldflags=-s"
    path = os.pathsep.join([str(host), str(_go().parent), path])
    return replace(sandbox, variables={**sandbox.variables, **settings, "PATH": path})


def _built(language: str) -> Path:
    if language in ("go", "nodejs"):
        return _once("own", _build_own)
    return _once("published", _build_published)


def _once(name: str, build: Callable[[Path, Path], None]) -> Path:
    """The folder that was built from a module; while one worker builds it, the others wait."""
    module, cache = _MODULES / name, cache_folder() / f"{name}-language-hosts"
    cache.mkdir(parents=True, exist_ok=True)
    sources = [*sorted(module.glob("*.go")), module / "go.mod", module / "go.sum"]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return built_once(cache, sources, lambda folder: build(module, folder))


def _build_own(module: Path, folder: Path) -> None:
    _go_build(module, folder / "pulumi-language-go", ".")
    (folder / "pulumi-language-nodejs").symlink_to("pulumi-language-go")


def _build_published(module: Path, folder: Path) -> None:
    _go_build(module, folder / "pulumi-language-java", _JAVA)
    _go_build(module, folder / "pulumi-language-dotnet", _DOTNET)


def _go() -> Path:
    return go.find(_OLDEST_GO, go.variables(cache_folder())) or go.install(cache_folder())


def _go_build(module: Path, program: Path, package: str) -> None:
    command = [str(_go()), "build", "-trimpath", "-ldflags", "-s -w", "-o", str(program), package]
    fetched(command, folder=module, variables=go.variables(cache_folder()))
