"""Every option of every command, taken from the commands themselves, so that a new one is tried without being named.

Somebody pastes a secret where a name or a file belongs: on the command line, in a variable, or in the settings file.
AWS repeats what it was sent, as it does. The secret is not shown.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import click
import pytest
from pipeline_identity_cli.commands import every_command
from pipeline_identity_cli.options import FILE, Option

from tests.pipeline.ci_systems import refusal
from tests.pipeline.deploy_permissions.compact import preview, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pipeline.conftest import Command

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETKEY9"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ"
ROLE = "arn:aws:iam::111122223333:role/site"
NEEDED: dict[str, dict[str, str]] = {
    "assume": {"format": "json", "role-arn": ROLE, "settle": "0"},
    "exec": {"role-arn": ROLE, "settle": "0"},
    "whoami": {},
    "doctor": {"role-arn": ROLE, "settle": "0"},
    "snippet": {"for": "sh", "region": "eu-west-1", "outputs": "outputs.json"},
    "verify": {"outputs": "outputs.json"},
    "explain": {},
    "rotate": {"user": "site", "parameter": "/site", "settle": "0"},
    "scan-state": {},
    "permissions": {},
}
"""What each command must be given to come as far as AWS."""
ARGUMENTS: dict[str | tuple[str, str], tuple[str, ...]] = {
    ("explain", "token-file"): ("sts:AssumeRoleWithWebIdentity", ROLE),
    "exec": ("--", "true"),
    "explain": ("s3:ListAllMyBuckets",),
    "scan-state": ("outputs.json",),
    "permissions": ("preview.json",),
}
INSTEAD = {
    "outputs": ("role-arn", "user"),
    "stack": ("role-arn", "outputs", "user"),
    "secret": ("parameter",),
    "put-command": ("parameter",),
    "get-command": ("parameter",),
}
"""What an option stands in the place of."""
BESIDE = {
    ("rotate", "put-command"): ("--get-command=true",),
    ("rotate", "get-command"): ("--put-command=true",),
    ("explain", "boundary"): ("--identity-policy=policy.json", f"--principal-arn={ROLE}"),
    ("explain", "identity-policy"): (f"--principal-arn={ROLE}",),
    ("permissions", "policy"): ("--check",),
    ("permissions", "boundary"): ("--check", "--policy=policy.json"),
    ("permissions", "scp"): ("--check", "--policy=policy.json"),
    ("permissions", "role-arn"): ("--check",),
    ("permissions", "outputs"): ("--check",),
    ("permissions", "stack"): ("--check",),
    ("permissions", "patch"): ("--pipeline=site",),
}
"""What an option takes effect with alone."""
HANDED_ON = {("snippet", name) for name in ("audience", "external-id", "service-connection", "session-name")}
"""What a snippet is asked to hold."""


def takes_text(option: click.Parameter) -> bool:
    return isinstance(option, Option) and not option.is_flag and not isinstance(option.type, click.Choice)


OPTIONS = [
    (name, option.written)
    for name, command in every_command().items()
    for option in dict.fromkeys(command.settable.values())
    if takes_text(option) and (name, option.written) not in HANDED_ON
]


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """An AWS that denies everything, and repeats all that it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            text = f"{self.path} {self.headers.get('Authorization')} {unquote_plus(sent)}"
            body = refusal("AccessDenied", text.replace("&", "&amp;").replace("<", "&lt;"))
            if "json" in self.headers.get("Content-Type", ""):
                body = json.dumps({"__type": "AccessDeniedException", "message": text})
            self.send_response(400)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_POST  # noqa: N815 - the server's own names

        def log_message(self, *_: object, **__: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def echoed(command: Command, echo: str) -> Command:
    """The command beside that AWS, with files that can be read."""
    command.become(("AKIAIOSFODNN7EXAMPL2", "secret0123456789"))
    command.environment({"AWS_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1"})
    command.environment({"AWS_ENDPOINT_URL": echo, "AWS_EC2_METADATA_DISABLED": "true"})
    Path("outputs.json").write_text(json.dumps({"site": {"roleArn": ROLE, "userArn": ROLE.replace("role", "user")}}))
    Path("policy.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    Path("preview.json").write_text(preview(step("aws:sqs/queue:Queue", "orders", {"name": "orders"})))
    return command


def arguments_of(name: str, option: str, value: str | None) -> list[str]:
    """The arguments of a command; with an option, unless its value comes from elsewhere."""
    needed = {key: one for key, one in NEEDED[name].items() if key != option and key not in INSTEAD.get(option, ())}
    given = needed | ({option: value} if value is not None else {})
    return [
        name,
        *(f"--{key}={one}" for key, one in given.items()),
        *BESIDE.get((name, option), ()),
        *ARGUMENTS.get((name, option), ARGUMENTS.get(name, ())),
    ]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
@pytest.mark.parametrize("secret", [SECRET, pytest.param(TOKEN, marks=pytest.mark.long)], ids=["key", "token"])
def test_a_secret_in_the_place_of_a_value_is_not_shown(echoed: Command, name: str, option: str, secret: str) -> None:
    ran = echoed(*arguments_of(name, option, secret))
    assert ran.code in (0, 1, 2)
    assert secret not in ran.out + ran.err
    assert secret[:30] not in ran.out + ran.err


FILES = [one for one in OPTIONS if every_command()[one[0]].settable[one[1]].type is FILE]


@pytest.mark.parametrize(("name", "option"), FILES)
def test_so_it_is_in_a_variable_and_in_the_settings_file(echoed: Command, name: str, option: str) -> None:
    known = every_command()[name].settable[option]
    value: Any = [SECRET] if known.multiple else SECRET
    Path("ours.toml").write_text(f"[{name}]\n{option} = {json.dumps(value)}\n")
    ran = echoed("--settings", "ours.toml", *arguments_of(name, option, None))
    assert SECRET not in ran.out + ran.err
    echoed.environment({known.variables[0]: SECRET})
    ran = echoed(*arguments_of(name, option, None))
    assert SECRET not in ran.out + ran.err


def test_there_are_files_among_the_options() -> None:
    assert {("verify", "probes"), ("explain", "scp"), ("explain", "event"), ("assume", "session-policy")} <= set(FILES)


@pytest.mark.parametrize(("name", "option"), [one for one in FILES if one[1] not in ("write", "baseline")])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe\xff", "is not text"),
        (b"\x00\xff\xfa{", "is not text"),
        (b"[" * 100_000, ""),
        (b'{"a":' * 100_000, ""),
        (b"{", ""),
    ],
    ids=["missing", "half a character", "binary", "deep list", "deep object", "half"],
)
def test_a_file_that_cannot_be_meant_is_named_with_its_option(
    echoed: Command, name: str, option: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        Path("given").write_bytes(content)
    ran = echoed(*arguments_of(name, option, "given"))
    assert ran.stopped == 2
    assert ran.err.count("\n") == 1, ran.err
    # What a token looks like is told of the token, wherever it comes from.
    assert "given" in ran.err or (option == "token-file" and "the token " in ran.err)
    assert told in ran.err
    assert "internal error" not in ran.err


@pytest.mark.parametrize("arguments", [("--settings",), ("--config",)])
def test_a_secret_in_the_place_of_the_settings_file_is_not_shown(command: Command, arguments: tuple[str, ...]) -> None:
    for secret in (SECRET, TOKEN):
        ran = command(*arguments, secret, "whoami")
        assert ran.stopped == 2
        assert secret not in ran.err
        command.environment({"PIPELINE_IDENTITY_SETTINGS": secret})
        assert secret not in command("whoami").err


@pytest.mark.parametrize("name", [*every_command(), SECRET, TOKEN])
@pytest.mark.parametrize("secret", [SECRET, TOKEN, f"--{SECRET}", f"--format={SECRET}"])
def test_a_secret_in_the_place_of_a_word_is_not_shown(echoed: Command, name: str, secret: str) -> None:
    ran = echoed(name, secret)
    assert ran.code == 2
    assert secret.removeprefix("--format=").removeprefix("--") not in ran.out + ran.err
