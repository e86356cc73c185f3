"""The local AWS as a process: started once, found again, stopped without a trace."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.errors import LocalAwsError
from sandbox.local_aws.installation import python_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_CHECKOUT = Path(__file__).resolve().parents[2]
# What a process needs to run at all; everything else, AWS_* above all, stays outside.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COVERAGE_PROCESS_CONFIG", "SANDBOX_WITHOUT_RULES")


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS.

    Attributes:
        port: The TCP port it listens on, on loopback.
        pid: The process that serves it.
        instance: A random name that tells this one from any other that may listen on the same port later.
    """

    port: int
    pid: int
    instance: str

    @property
    def endpoint(self) -> str:
        """The value for ``AWS_ENDPOINT_URL``."""
        return f"http://{_LOOPBACK}:{self.port}"

    def is_healthy(self) -> bool:
        """Whether it answers, and is still the one that was started."""
        with contextlib.suppress(OSError, ValueError):
            return self._call("GET", "/_sandbox/instance").get("instance") == self.instance
        return False

    def reset(self) -> None:
        """Forget every account, resource, key and session.

        Raises:
            LocalAwsError: It does not answer.
        """
        self._control("/_ministack/reset")

    def forward(self, seconds: int) -> None:
        """Let time pass for the sessions that are open now: each ends this much sooner.

        Args:
            seconds: How far to move their clock, at least 1. There is no way back.

        Raises:
            LocalAwsError: It does not answer, or ``seconds`` is not a whole number of at least 1.
        """
        self._control("/_sandbox/clock", {"forwardSeconds": seconds})

    def know_issuer(self, account: str, issuer: str, keys: Sequence[Mapping[str, str]]) -> None:
        """Take only tokens of an issuer, in an account, that one of these keys has signed.

        Args:
            account: The account's id.
            issuer: The issuer as its tokens name it, such as ``https://gitlab.com``.
            keys: Its public keys, as RFC 7517 writes them.

        Raises:
            LocalAwsError: It does not answer.
        """
        self._control("/_sandbox/issuers", {"account": account, "issuer": issuer, "keys": list(keys)})

    def calls(self, access_key_id: str) -> list[dict[str, Any]]:
        """The calls that a key has signed: ``action``, ``resource`` and whether they were ``allowed``, in their order.

        Args:
            access_key_id: The key's id; the account's id for its root.
        """
        return self._call("POST", "/_sandbox/calls", {"accessKeyId": access_key_id})["calls"]

    def _control(self, path: str, body: object = None) -> None:
        try:
            self._call("POST", path, body)
        except urllib.error.HTTPError as error:
            raise LocalAwsError(f"The local AWS refused {path}: {error.read().decode(errors='replace')}") from None
        except OSError as error:
            raise LocalAwsError(
                f"The local AWS at {self.endpoint} does not answer ({error}). Start it again."
            ) from None

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - always http on loopback
            self.endpoint + path, method=method, data=json.dumps(body).encode() if body is not None else None
        )
        # Whatever proxy the environment names, loopback is reached directly.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as response:
            return cast("dict[str, Any]", json.loads(response.read() or b"{}"))


def start(folder: Path, *, installation: Path, preferred_port: int = 4566) -> LocalAws:
    """Start the local AWS of a folder, or return the one that already runs there.

    Args:
        folder: Where ``local-aws.json`` (which process, which port) and ``local-aws.log`` are kept. Made when missing.
        installation: What ``install`` returned.
        preferred_port: The port to listen on when nobody else does; a free one is taken otherwise. 0 takes any.

    Returns:
        The local AWS, answering.

    Raises:
        LocalAwsError: It ended while starting, or did not answer in time; the message ends with the end of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        running = find(folder)
        if running is not None:
            return running
        _end(folder)
        return _launch(folder, installation, preferred_port)


def find(folder: Path) -> LocalAws | None:
    """Find the local AWS that was started in a folder.

    Args:
        folder: The folder given to ``start``.

    Returns:
        The local AWS, or None when none was started there or it no longer answers.
    """
    recorded = _recorded(folder)
    return recorded if recorded is not None and recorded.is_healthy() else None


def stop(folder: Path) -> None:
    """Stop the local AWS of a folder and wait until its process is gone. Does nothing when none runs.

    Args:
        folder: The folder given to ``start``.

    Raises:
        LocalAwsError: The process is still there after being killed.
    """
    if not folder.exists():
        return
    with _only_one(folder):
        _end(folder)


def _launch(folder: Path, installation: Path, preferred_port: int) -> LocalAws:
    instance = secrets.token_hex(8)
    log = folder / "local-aws.log"
    temporary = folder / "local-aws-temporary"
    temporary.mkdir(exist_ok=True)
    with _listening_socket(preferred_port) as listener, log.open("wb") as output:
        port = cast("int", listener.getsockname()[1])
        process = subprocess.Popen(
            [str(python_of(installation)), "-m", "sandbox.local_aws.layer", str(listener.fileno()), instance],
            cwd=folder,
            env=_scrubbed_environment(temporary, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    started = LocalAws(port, process.pid, instance)
    try:
        _record(folder, started)
        _wait_until_healthy(started, process, log)
    except BaseException:
        # Ctrl-C included: nothing stays behind that nobody knows of.
        _end(folder)
        raise
    return started


def _listening_socket(preferred_port: int) -> socket.socket:
    """A bound socket: whoever holds it has the port, so no other process can take it in between."""
    for port in (preferred_port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise LocalAwsError(f"No port can be opened on {_LOOPBACK}. Is loopback networking allowed here?")


def _scrubbed_environment(temporary: Path, port: int) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed_on,
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(_CHECKOUT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUTH": "true",
        "BIND_HOST": _LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": _LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def _wait_until_healthy(started: LocalAws, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not started.is_healthy():
        if process.poll() is not None:
            raise LocalAwsError(
                f"The local AWS ended while starting (exit status {process.returncode}). Its log, {log}, ends with:\n"
                + _tail(log)
            )
        if time.monotonic() > deadline:
            raise LocalAwsError(
                f"The local AWS did not answer within {_START_SECONDS:.0f} s. Its log, {log}, ends with:\n" + _tail(log)
            )
        time.sleep(_POLL_SECONDS)


def _tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def _end(folder: Path) -> None:
    """End the recorded process, if it still is the one that was started, and forget it."""
    recorded = _recorded(folder)
    if recorded is not None and _is_running(recorded):
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(recorded.pid, sent)
            if _ends_in_time(recorded):
                break
        else:
            raise LocalAwsError(f"The local AWS (process {recorded.pid}) cannot be ended. End it by hand.")
    (folder / "local-aws.json").unlink(missing_ok=True)


def _ends_in_time(recorded: LocalAws) -> bool:
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_running(recorded):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _is_running(recorded: LocalAws) -> bool:
    # A process id is used again one day: the command line tells whether this is still ours.
    line = _command_line(recorded.pid)
    if recorded.instance in line:
        return True
    # Our own child stays in the process table until its end is noted; without a command line it is just ending.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(recorded.pid, os.WNOHANG if line else 0)
    return False


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except OSError:
            return ""
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout


def _record(folder: Path, started: LocalAws) -> None:
    unfinished = folder / f".local-aws.json.{os.getpid()}"
    unfinished.write_text(json.dumps({**asdict(started), "endpoint": started.endpoint}, indent=2) + "\n")
    unfinished.replace(folder / "local-aws.json")


def _recorded(folder: Path) -> LocalAws | None:
    try:
        values = cast("dict[str, Any]", json.loads((folder / "local-aws.json").read_text()))
        return LocalAws(int(values["port"]), int(values["pid"]), str(values["instance"]))
    except (OSError, ValueError, KeyError):
        return None


@contextlib.contextmanager
def _only_one(folder: Path) -> Generator[None]:
    """Two commands at once must not start two: the second waits, then finds the first one's."""
    with (folder / ".local-aws.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
