"""The `LanguageRuntime` service of Pulumi's plugin protocol, for Python."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.engine.language_host.interpreter import InterpreterError, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.engine.language_host.children import Children

Response = TypeVar("Response")

_SHOWN_TO_THE_USER = 32
"""Exit code of Pulumi's program runner for "it failed, and the user has been told why"."""


def runtime_of(info: language_pb2.ProgramInfo) -> Runtime:
    """What the engine says about a program, as the host needs it."""
    options = {name: value.string_value for name, value in info.options.fields.items()}
    program = Path(info.program_directory)
    if info.entry_point not in ("", "."):
        program /= info.entry_point
    return Runtime(
        root=Path(info.root_directory),
        program=program,
        toolchain=options.get("toolchain") or "pip",
        virtualenv=options.get("virtualenv") or None,
    )


def starter(python: Path) -> str:
    """What starts a program: the interpreter, or what `SANDBOX_WARM_PYTHON` names in the place of this very one."""
    warm = os.environ.get("SANDBOX_WARM_PYTHON")
    return warm if warm and python.parent.resolve() == Path(sys.prefix, "bin").resolve() else str(python)


def activated(python: Path, variables: dict[str, str]) -> dict[str, str]:
    """The variables with the interpreter's folder first on PATH, as in an activated virtual environment."""
    changed = {**variables, "PATH": f"{python.parent}{os.pathsep}{variables.get('PATH', os.defpath)}"}
    if (python.parent.parent / "pyvenv.cfg").is_file():
        changed["VIRTUAL_ENV"] = str(python.parent.parent)
    return changed


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs for one engine.

    Args:
        engine: The engine's address, if it was given on the command line.
        runner: Pulumi's own `pulumi-language-python-exec`, which runs a program inside its SDK.
        children: Keeps the processes that are started.
    """

    def __init__(self, engine: str, runner: Path, children: Children) -> None:
        self._engine = engine
        self._runner = runner
        self._children = children

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Keep the engine's address."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The SDK's version stands for the host's."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """None ahead of time: the engine looks for a provider when a resource asks for it."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """The interpreter that would run the program."""
        python = self._interpreter(runtime_of(request.info), context)
        shown = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
        return language_pb2.AboutResponse(executable=str(python), version=shown.stdout.removeprefix("Python ").strip())

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run a program to its end; what it prints reaches the engine through this process's own output."""
        runtime = runtime_of(request.info)
        try:
            python = runtime.interpreter()
        except InterpreterError as error:
            return language_pb2.RunResponse(error=str(error))
        variables = activated(python, dict(os.environ))
        variables["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        variables["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        command = [starter(python), "-u", str(self._runner), *self._run_options(request), str(runtime.program)]
        folder = Path(request.pwd or request.info.program_directory)
        with self._children.running(command, context, environment=variables, folder=folder, piped=False) as child:
            code = child.wait()
        if code == 0:
            return language_pb2.RunResponse()
        if code == _SHOWN_TO_THE_USER:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}")

    def _run_options(self, request: language_pb2.RunRequest) -> list[str]:
        options = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
            "root_directory": request.info.root_directory,
        }
        return [part for name, value in options.items() if value for part in (f"--{name}", value)]

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack (kind `analyzer`) or another plugin, streaming what it prints and then its exit code."""
        runtime = runtime_of(request.info)
        python = self._interpreter(runtime, context)
        if request.kind == "analyzer":
            command = [starter(python), "-u", "-m", "pulumi.policy", *request.args, str(runtime.program)]
        else:
            command = [starter(python), "-u", str(runtime.program), *request.args]
        given = {name: value for name, _, value in (entry.partition("=") for entry in request.env)}
        variables = activated(python, given or dict(os.environ))
        folder = Path(request.pwd)
        with self._children.running(command, context, environment=variables, folder=folder, piped=True) as child:
            yield from streamed(
                child,
                lambda chunk: language_pb2.RunPluginResponse(stdout=chunk),
                lambda chunk: language_pb2.RunPluginResponse(stderr=chunk),
            )
            yield language_pb2.RunPluginResponse(exitcode=child.wait())

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Make the program's virtual environment and install what its files ask for (`pulumi install`)."""
        folder = Path(request.directory)
        try:
            commands = install_commands(runtime_of(request.info), folder)
        except InterpreterError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        for command in commands:
            with self._children.running(
                command, context, environment=dict(os.environ), folder=folder, piped=True
            ) as child:
                yield from streamed(
                    child,
                    lambda chunk: language_pb2.InstallDependenciesResponse(stdout=chunk),
                    lambda chunk: language_pb2.InstallDependenciesResponse(stderr=chunk),
                )
                if code := child.wait():
                    context.abort(grpc.StatusCode.UNKNOWN, f"`{' '.join(command)}` ended with exit code {code}")

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End every running program at once."""
        self._children.close()
        return empty_pb2.Empty()

    def _interpreter(self, runtime: Runtime, context: grpc.ServicerContext) -> Path:
        try:
            return runtime.interpreter()
        except InterpreterError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def install_commands(runtime: Runtime, folder: Path) -> list[list[str]]:
    """The commands that bring a program's dependencies.

    Raises:
        InterpreterError: If the toolchain is unknown or the virtual environment's place isn't said.
    """
    environment = runtime.environment()
    if runtime.toolchain == "uv":
        # Another member of the same workspace may share the environment: what it needs must stay.
        frozen = ["--frozen"] if (environment and (environment.parent / "uv.lock").is_file()) else []
        return [["uv", "sync", "--inexact", *frozen]]
    if environment is None:
        raise InterpreterError(
            f"{runtime.root}: set the runtime option virtualenv (for example `.venv`) and run again."
        )
    commands = [[sys.executable, "-m", "venv", str(environment)]]
    if (folder / "requirements.txt").is_file():
        commands.append([str(environment / "bin" / "python"), "-m", "pip", "install", "-r", "requirements.txt"])
    return commands


def streamed(
    child: subprocess.Popen[bytes], from_stdout: Callable[[bytes], Response], from_stderr: Callable[[bytes], Response]
) -> Iterator[Response]:
    """What a child prints, as it prints it, until both of its outputs are closed."""
    chunks: queue.SimpleQueue[Response | None] = queue.SimpleQueue()

    def pump(output: IO[bytes] | None, wrap: Callable[[bytes], Response]) -> None:
        if output is not None:
            while chunk := os.read(output.fileno(), 65536):
                chunks.put(wrap(chunk))
        chunks.put(None)

    outputs = ((child.stdout, from_stdout), (child.stderr, from_stderr))
    for output, wrap in outputs:
        threading.Thread(target=pump, args=(output, wrap), daemon=True).start()
    still_open = len(outputs)
    while still_open:
        chunk = chunks.get()
        if chunk is None:
            still_open -= 1
        else:
            yield chunk
