"""Building the engine from pinned Go modules, each checked against the committed `go.sum`."""

from __future__ import annotations

import fcntl
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import processes, steps
from sandbox.engine import go
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_MODULE = Path(__file__).parent / "build"
_PKG = "github.com/pulumi/pulumi/pkg/v3"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_RUNNER = Path("python", "cmd", "pulumi-language-python-exec")
_HOST = "pulumi-language-python"


class Build:
    """The engine of this checkout's `go.mod`, in a cache folder of its version.

    Attributes:
        version: For example `3.259.0`.
        folder: Where it is, or will be.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self.version = _required(_PKG)
        self.folder = cache / "engine" / f"v{self.version}"

    def install(self) -> None:
        """Build it unless it is there; a second run at the same time waits for the first.

        Raises:
            SandboxError: If it can't be built; the message ends with what go said.
        """
        if self._is_there():
            self._bring_host_up_to_date()
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._only_one():
            if self._is_there():
                return
            for leftover in self.folder.parent.glob(f".{self.folder.name}-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            unfinished = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
            try:
                self._build(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(self.folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)

    def _bring_host_up_to_date(self) -> None:
        """The host's few lines are this checkout's, whichever checkout built the engine."""
        ours, there = _MODULE / _HOST, self.folder / _HOST
        if not there.is_file() or there.read_bytes() != ours.read_bytes():
            unfinished = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=f".{self.folder.name}-")) / _HOST
            shutil.copy(ours, unfinished)
            unfinished.chmod(0o755)
            unfinished.replace(there)
            unfinished.parent.rmdir()

    def _is_there(self) -> bool:
        return (self.folder / "pulumi").is_file()

    def _build(self, folder: Path) -> None:
        steps.say(
            f"No Pulumi 3.249 or newer on PATH: building {self.version} from source, once (4 to 10 minutes on 2 cores; "
            + "1.8 GB of memory, 3 GB in the cache). Where the internet can be reached, installing Pulumi from its own "
            + "site is quicker."
        )
        variables = go.variables(self._cache)
        tool = go.find(_oldest_go(), variables) or go.install(self._cache)
        flags = ["-trimpath", "-ldflags", f"-s -w -X {_SDK}/go/common/version.Version=v{self.version}"]
        package = f"{_PKG}/cmd/pulumi"
        stale = self._packages(tool, variables, ["list", "-deps", "-f", "{{if .Stale}}.{{end}}", *flags, package])
        command = [str(tool), "build", "-v", *flags, "-o", str(folder / "pulumi"), package]
        with steps.progress("Building the engine", total=stale, unit="packages") as advance:
            _go(command, variables, lambda line: advance() if _is_package(line) else None)
        sdk = self._cache / "go" / "mod" / f"{_SDK}@v{_required(_SDK)}"
        for source in (sdk / _RUNNER, _MODULE / _HOST):
            shutil.copyfile(source, folder / source.name)
            (folder / source.name).chmod(0o755)

    def _packages(self, tool: Path, variables: dict[str, str], arguments: Sequence[str]) -> int:
        """How many packages are to be compiled; the modules are downloaded on the way."""
        with steps.progress("Downloading the engine's modules", total=_modules(), unit="modules") as advance:
            listed = _go(
                [str(tool), *arguments],
                variables,
                lambda line: advance() if line.startswith("go: downloading") else None,
            )
        return listed.count(".")

    @contextmanager
    def _only_one(self) -> Generator[None]:
        with (self.folder.parent / f"{self.folder.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                steps.say("Another run is building the engine; waiting for it.")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _required(module: str) -> str:
    """The version of a module that `go.mod` names."""
    found = re.search(rf"\b{re.escape(module)} v(\S+)", (_MODULE / "go.mod").read_text())
    if found is None:
        raise SandboxError(f"{_MODULE / 'go.mod'} names no version of {module}.")
    return found[1]


def _oldest_go() -> tuple[int, ...]:
    found = re.search(r"^go (\S+)$", (_MODULE / "go.mod").read_text(), re.MULTILINE)
    return tuple(int(number) for number in found[1].split(".")) if found else ()


def _modules() -> int:
    """Roughly how many modules are downloaded: those whose content `go.sum` vouches for."""
    return sum("/go.mod " not in line for line in (_MODULE / "go.sum").read_text().splitlines())


def _is_package(line: str) -> bool:
    return bool(line) and " " not in line and not line.startswith("#")


def _go(command: Sequence[str], variables: dict[str, str], each_line: Callable[[str], None]) -> str:
    finished = processes.followed(command, folder=_MODULE, variables=variables, each_line=each_line)
    if finished.returncode == 0:
        return finished.stdout
    said = [line for line in finished.stderr.splitlines() if not _is_package(line) and "go: downloading" not in line]
    raise SandboxError(
        "The engine could not be built. Its modules come from the Go module proxy (GOPROXY names another one), each "
        + "checked against sandbox/engine/build/go.sum. Installing Pulumi from its own site does as well.\n"
        + "go said:\n"
        + "\n".join(said[-15:])
    )
