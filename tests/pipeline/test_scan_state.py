"""`scan-state`: plain key material is found wherever it stands, told by its place, and never repeated."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_identity_cli.key_material import places

from tests.support import secrets_guard

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "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"
TOKEN = base64.b64encode(bytes(range(256))).decode()
WEB_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2lnbmVkLWJ5LW5vYm9keS1hdC1hbGw"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@pytest.fixture
def scanned(command: Command) -> Command:
    secrets_guard.remember_one(SECRET)
    secrets_guard.remember_one(TOKEN)
    secrets_guard.remember_one(WEB_TOKEN)
    return command


@pytest.mark.parametrize(
    "text",
    [
        f'{{"secretAccessKey": "{SECRET}"}}',
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"export AWS_SECRET_ACCESS_KEY='{SECRET}'",
        f"$Env:AWS_SECRET_ACCESS_KEY = '{SECRET}'",
        f"set -gx AWS_SECRET_ACCESS_KEY '{SECRET}'",
        f"aws_secret_access_key = {SECRET}",
        f"secret_access_key:    {SECRET}",
        f"<SecretAccessKey>{SECRET}</SecretAccessKey>",
        f"{KEY_ID},{SECRET}",
        f"key {KEY_ID} made for site, its other half is {SECRET}.",
        f"secretKey: >- {SECRET}",
        f'\x1b[32m+ secretAccessKey\x1b[0m: \x1b[32m"{SECRET}"\x1b[0m',
        f"secretAccessKey: \x1b[0;32m{SECRET}\x1b[0m",
        f'{{"message": "<{{%fg 2%}}>secretAccessKey<{{%reset%}}>: <{{%fg 2%}}>{SECRET}<{{%reset%}}>"}}',
        json.dumps({"message": f"secretAccessKey: \x1b[32m{SECRET}\x1b[0m"}),
        json.dumps({"text": json.dumps({"secretAccessKey": SECRET})}),
        json.dumps({"secretAccessKey": SECRET}).replace("/", "\\/"),
        json.dumps({"secret": {"4dabf18193072939515e22adb298388d": "1b47", "plaintext": f'"{SECRET}"'}}),
        f'"sesSmtpPasswordV4": "{TOKEN[:43]}="',
        f'{{"SessionToken": "{TOKEN}"}}',
        f"a token by itself: IQoJb3JpZ2luX2Vj{TOKEN}",
        f"OIDC_TOKEN={WEB_TOKEN}",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx1\n",
    ],
)
def test_key_material_is_found(scanned: Command, text: str) -> None:
    Path("log.txt").write_text(f"first line\n  {text}\n")
    ran = scanned("scan-state", "log.txt")
    assert ran.code == 1
    assert ran.out.startswith("log.txt:2:")
    assert "1 file read: 1 place with plain key material." in ran.out


@pytest.mark.parametrize(
    "text",
    [
        f'{{"accessKeyId": "{KEY_ID}"}}',
        '{"secretAccessKey": "[secret]"}',
        '{"secretAccessKey": "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"}',
        "${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        f"commit 356a192b7913b04c54574d18c28d46e6395428ab of {KEY_ID}",
        f'{{"ciphertext": "v1:{TOKEN}:{TOKEN}"}}',
        f"{KEY_ID} wrote pipelines/components/identity/keys-slots1.py",
        f"only its header: {WEB_TOKEN.partition('.')[0]}, and what it says: {WEB_TOKEN.split('.')[1]}",
        "-----BEGIN PUBLIC KEY-----\nMIIEowIBAAKCAQEAx1\n",
    ],
)
def test_what_is_no_key_material_passes(scanned: Command, text: str) -> None:
    Path("log.txt").write_text(text)
    ran = scanned("scan-state", "log.txt")
    assert ran.code == 0, ran.out
    assert "1 file read: 0 places" in ran.out


@given(st.text(LETTERS, min_size=40, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_random_secret_of_that_name_is_missed(secret: str, before: str, after: str) -> None:
    mixed = secret.lower() != secret != secret.upper()
    text = f'{before}\n"secretAccessKey": "{secret}"\n{after}'
    # Hypothesis likes texts of few letters; of truly random ones all have more than twenty.
    if mixed and len(set(secret)) > 20:
        assert [text[place.start : place.end] for place in places(text)] == [secret]


def test_the_exported_state_of_a_stack_is_clean_and_with_shown_secrets_it_is_not(
    job: Command, deployed: Deployed
) -> None:
    Path("state.json").write_text(json.dumps(deployed.stack.state(), indent=4))
    assert job("scan-state", "state.json").code == 0

    shown = deployed.stack.command("stack", "export", "--show-secrets")
    assert shown.succeeded
    Path("shown.json").write_text(shown.output)
    ran = job("scan-state", "shown.json", "--format", "json")
    assert ran.code == 1
    resources = [leak["resource"] or "" for leak in ran.data["leaks"]]
    for pipeline, outputs in deployed.pipelines.items():
        if not outputs["secretAccessKey"]:
            continue
        assert any(pipeline in urn and "accessKey:AccessKey" in urn for urn in resources), pipeline
        lines = shown.output.splitlines()
        holding = {number for number, line in enumerate(lines, 1) if outputs["secretAccessKey"] in line}
        assert holding <= {leak["line"] for leak in ran.data["leaks"]}, "every place of every secret is told"


def test_the_outputs_as_pulumi_prints_them_are_clean(job: Command, deployed: Deployed) -> None:
    assert job("scan-state", deployed.outputs).code == 0
    assert job("scan-state", str(deployed.folder / "pipelines.json")).code == 1


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_read(scanned: Command, pack: Any) -> None:
    Path("state.json.gz").write_bytes(pack(f"AWS_SECRET_ACCESS_KEY={SECRET}".encode()))
    assert scanned("scan-state", "state.json.gz").code == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_of_powershell_are_read(scanned: Command, encoding: str) -> None:
    Path("log.txt").write_bytes(f"AWS_SECRET_ACCESS_KEY={SECRET}".encode(encoding))
    assert scanned("scan-state", "log.txt").code == 1


def test_bytes_that_are_no_text_hide_nothing(scanned: Command) -> None:
    Path("dump").write_bytes(b"\xff\x00\xfe" + f"\nAWS_SECRET_ACCESS_KEY={SECRET}\n".encode() + b"\x80\x81")
    assert scanned("scan-state", "dump").code == 1


def test_an_archive_is_not_taken_for_clean(scanned: Command) -> None:
    with zipfile.ZipFile("logs.zip", "w") as archive:
        archive.writestr("log", SECRET)
    ran = scanned("scan-state", "logs.zip")
    assert ran.code == 2
    assert "logs.zip: not read: it is a zip archive: unpack it" in ran.out


def test_a_file_that_is_damaged_or_not_there_is_not_taken_for_clean(scanned: Command) -> None:
    Path("state.gz").write_bytes(gzip.compress(b"text" * 1000)[:-20])
    ran = scanned("scan-state", "state.gz", "nowhere")
    assert ran.code == 2
    assert "state.gz: not read" in ran.out
    assert "nowhere: not read: No such file or directory" in ran.out


def test_a_folder_is_read_whole_but_for_what_is_left_out(scanned: Command) -> None:
    for name in ("a.txt", "logs/b.txt", "logs/deep/c", ".git/d", "skipped/e"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).write_text(f"secretAccessKey={SECRET}")
    ran = scanned("scan-state", ".", "--exclude", "skipped", "--format", "json")
    assert [leak["file"] for leak in ran.data["leaks"]] == ["a.txt", "logs/b.txt", "logs/deep/c"]


def test_a_link_to_a_folder_elsewhere_is_not_taken_for_read(scanned: Command) -> None:
    for name in ("here/a.txt", "elsewhere/b.txt"):
        Path(name).parent.mkdir()
        Path(name).write_text("nothing")
    Path("here/itself").symlink_to(".")
    assert scanned("scan-state", "here").code == 0
    Path("here/link").symlink_to("../elsewhere")
    ran = scanned("scan-state", "here")
    assert (ran.code, "here/link: not read: it is a link to a folder elsewhere" in ran.out) == (2, True)
    assert scanned("scan-state", "here", "elsewhere").code == 0
    assert scanned("scan-state", "here", "--exclude", "link").code == 0


def test_what_stands_across_two_blocks_is_found_once(scanned: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_identity_cli.scan._BLOCK", 100)
    monkeypatch.setattr("pipeline_identity_cli.scan._OVERLAP", 90)
    text = "x\n" * 45 + f"secretAccessKey={SECRET}\n" + "y\n" * 400 + f"secretAccessKey={SECRET}\n"
    Path("log.txt").write_text(text)
    ran = scanned("scan-state", "log.txt", "--format", "json")
    assert [(leak["line"], leak["column"]) for leak in ran.data["leaks"]] == [(46, 17), (447, 17)]


def test_standard_input_is_read(scanned: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("log").write_text(f"secretAccessKey={SECRET}")
    with Path("log").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        ran = scanned("scan-state", "-")
    assert ran.code == 1
    assert ran.out.startswith("standard input:1:17: secret access key")


def test_a_process_without_standard_input_has_read_nothing(scanned: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has None in its place then."""
    monkeypatch.setattr("sys.stdin", None)
    ran = scanned("scan-state", "-")
    assert (ran.code, "-: not read: Bad file descriptor" in ran.out) == (2, True)
    ran = scanned("whoami", "--outputs", "-")
    assert (ran.code, "- cannot be read: Bad file descriptor" in ran.err) == (2, True)
