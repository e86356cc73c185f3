"""`scan-state`: plain key material is found wherever it stands, told by its place, and never repeated."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pipeline_identity_cli.key_material import places

from sandbox.folders import CHECKOUT
from tests.support import secrets_guard

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
OTHER_ID = "AKIAI44QH8DHBEXAMPLE"
SECRET = "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"
RANDOM = "q8Zr3Vd0TtB1xYw7LkPm5HsJ2fGn9aEcUi4oK6/+"
TOKEN = base64.b64encode(bytes(range(256))).decode()
WEB_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2lnbmVkLWJ5LW5vYm9keS1hdC1hbGw"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@pytest.fixture
def scanned(command: Command) -> Command:
    secrets_guard.remember_one(SECRET)
    secrets_guard.remember_one(RANDOM)
    secrets_guard.remember_one(TOKEN)
    secrets_guard.remember_one(WEB_TOKEN)
    return command


def base64_of(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def wrapped(text: str, width: int = 76) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


EXPORT = f"#!/bin/sh\nset -e\nexport AWS_SECRET_ACCESS_KEY={RANDOM}\nexport AWS_REGION=eu-west-1\n./deploy\n"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"secretAccessKey": "{SECRET}"}}',
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"AWS_SECRET_ACCESS_KEY_PROD: {SECRET}",
        f"export AWS_SECRET_ACCESS_KEY='{SECRET}'",
        f"$Env:AWS_SECRET_ACCESS_KEY = '{SECRET}'",
        f"set -gx AWS_SECRET_ACCESS_KEY '{SECRET}'",
        f"ENV AWS_SECRET_ACCESS_KEY {SECRET}",
        f"aws configure set aws_secret_access_key {SECRET}",
        f"aws_secret_access_key = {SECRET}",
        f"secret_access_key:    {SECRET}",
        f"aws.secretKey={SECRET}",
        f'secret = "{RANDOM}"',
        f"<SecretAccessKey>{SECRET}</SecretAccessKey>",
        f"<td>Secret access key</td><td>{SECRET}</td>",
        f'{{"name": "AWS_SECRET_ACCESS_KEY", "value": "{SECRET}"}}',
        f"- name: AWS_SECRET_ACCESS_KEY\n  value: {SECRET}",
        f"{KEY_ID},{SECRET}",
        f"key {KEY_ID} made for site, its other half is {SECRET}.",
        f"s3://{KEY_ID}:{quote(RANDOM, safe='')}@bucket/path",
        f"secretKey: >- {SECRET}",
        f"secretKey: >-\n    {SECRET}",
        f'\x1b[32m+ secretAccessKey\x1b[0m: \x1b[32m"{SECRET}"\x1b[0m',
        f"secretAccessKey: \x1b[0;32m{SECRET}\x1b[0m",
        f"secretAccessKey: {SECRET[:9]}\x1b[1m{SECRET[9:]}\x1b[0m",
        f'{{"message": "<{{%fg 2%}}>secretAccessKey<{{%reset%}}>: <{{%fg 2%}}>{SECRET}<{{%reset%}}>"}}',
        json.dumps({"message": f"secretAccessKey: \x1b[32m{SECRET}\x1b[0m"}),
        json.dumps({"text": json.dumps({"secretAccessKey": SECRET})}),
        json.dumps(json.dumps(json.dumps({"secretAccessKey": SECRET}))),
        json.dumps({"secretAccessKey": SECRET}).replace("/", "\\/"),
        json.dumps({"secret": {"4dabf18193072939515e22adb298388d": "1b47", "plaintext": f'"{SECRET}"'}}),
        f'<failure message="{{&quot;SecretAccessKey&quot;: &quot;{SECRET}&quot;}}"/>',
        f"&#39;aws_secret_access_key&#39;: &#39;{SECRET.replace('+', '&#x2B;')}&#39;",
        f"kind: Secret data: {{AWS_SECRET_ACCESS_KEY: {base64_of(SECRET)}}}",
        f"kind: Secret data: {{id: {base64_of(KEY_ID)}, key: {base64_of(RANDOM)}}}",
        f"UserData: {base64_of(EXPORT)}",
        f"UserData: {base64_of(gzip.compress(EXPORT.encode()))}",
        f"user_data: |\n{wrapped(base64_of(EXPORT * 3))}".replace(f"export AWS_SECRET_ACCESS_KEY={RANDOM}", "", 2),
        f"powershell -EncodedCommand {base64_of(EXPORT.encode('utf-16-le'))}",
        base64_of(base64_of(f'{{"SecretAccessKey": "{SECRET}"}}')),
        f'"sesSmtpPasswordV4": "{TOKEN[:43]}="',
        f'{{"SessionToken": "{TOKEN}"}}',
        f"X-Amz-Security-Token={quote(TOKEN, safe='')}&X-Amz-Date=20261130T000000Z",
        f"a token by itself: IQoJb3JpZ2luX2Vj{TOKEN}",
        f"OIDC_TOKEN={WEB_TOKEN}",
        f"AWS_BEARER_TOKEN_BEDROCK=ABSK{base64_of(f'BedrockAPIKey-site-at-111122223333:{RANDOM}{RANDOM}')}",
        "PULUMI_ACCESS_TOKEN=pul-0f3c9a7be1d24586c0f3c9a7be1d24586c8e7a21",
        "https://x-access-token:ghs_16C7e42F292c6912E7710c838347Ae178B4a@github.com/acme/shop",
        "https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/acme/shop",
        "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ01234",
        "GITLAB_TOKEN: glpat-aB3dE5gH7jK9mN1pQ3sT",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx1\n",
        json.dumps({"key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"}),
    ],
)
def test_key_material_is_found(scanned: Command, text: str) -> None:
    Path("log.txt").write_text(f"first line\n  {text}\n")
    ran = scanned("scan-state", "log.txt")
    assert ran.code == 1, ran.out
    assert ran.out.startswith("log.txt:")
    assert "1 file read: 1 place with plain key material." in ran.out


@pytest.mark.parametrize(
    "text",
    [
        f'{{"accessKeyId": "{KEY_ID}"}}',
        '{"secretAccessKey": "[secret]"}',
        '{"secretAccessKey": "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"}',
        "${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        f"{KEY_ID},je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
        f"commit 356a192b7913b04c54574d18c28d46e6395428ab of {KEY_ID}",
        f'{{"ciphertext": "v1:{TOKEN}:{TOKEN}"}}',
        f"{KEY_ID} wrote pipelines/components/identity/keys-slots1.py",
        f"secretPath: Production/Databases/Customers/MainReader in {KEY_ID}",
        f"aws_secret_access_key: ENC[AES256_GCM,data:{RANDOM},iv:c2Vj,tag:dGFn,type:str]",
        f'"integrity": "sha512-{base64_of(bytes(range(64)))}", "secret": true',
        f"password: {base64_of(bytes(range(150, 190)))}",
        f"only its header: {WEB_TOKEN.partition('.')[0]}, and what it says: {WEB_TOKEN.split('.')[1]}",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "-----BEGIN PUBLIC KEY-----\nMIIEowIBAAKCAQEAx1\n",
    ],
)
def test_what_is_no_key_material_passes(scanned: Command, text: str) -> None:
    Path("log.txt").write_text(text)
    ran = scanned("scan-state", "log.txt")
    assert ran.code == 0, ran.out
    assert "1 file read: 0 places" in ran.out


def test_the_key_to_make_inactive_is_named(scanned: Command) -> None:
    Path("log.txt").write_text(f"{OTHER_ID} is old.\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n")
    ran = scanned("scan-state", "log.txt", "--format", "json")
    (leak,) = ran.data["leaks"]
    assert (leak["id"], leak["key_id"], leak["line"]) == ("aws-secret-access-key", KEY_ID, 3)
    assert ran.data["format"] == 1
    assert ran.data["exit_code"] == ran.code == 1
    assert f"secret access key, key {KEY_ID}" in scanned("scan-state", "log.txt").out


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 1_000_000,
        "secret_key=" * 100_000,
        "secretKey" + "<" * 1_000_000,
        "&quot;" * 200_000,
        "-----BEGIN A " * 100_000,
        "-----BEGIN PRIVATE KEY-----\n" + "a: b\n" * 200_000,
        "eyJaaaaaaaa." * 100_000,
        f"{'ASIA' * 200_000} secret",
        "session_token=" + "%2" * 500_000,
        "secret " + base64_of(gzip.compress(b"secret" * 1_000_000)),
        base64_of("secret=" * 150_000),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_no_longer_than_other_text(text: str) -> None:
    """A scan whose time grows with the square of the length would not come to an end here."""
    assert places(text) == []


def test_many_leaks_in_one_line_are_all_told(scanned: Command) -> None:
    secrets = [f"{number:04d}{RANDOM[4:]}" for number in range(2000)]
    Path("log.txt").write_text(" ".join(f"secretAccessKey={one}" for one in secrets))
    ran = scanned("scan-state", "log.txt", "--format", "json")
    assert [leak["column"] for leak in ran.data["leaks"]] == [17 + 57 * number for number in range(2000)]


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


def archives() -> dict[str, bytes]:
    """One file with a secret, in archives of every kind that is read, and in one another."""
    text = f"AWS_SECRET_ACCESS_KEY={SECRET}\n".encode()
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("job/1_deploy.txt", text)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        for name, content in (("log", gzip.compress(text)), ("logs.zip", zipped.getvalue()), ("plain", text)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {"logs.zip": zipped.getvalue(), "logs.tar": tarred.getvalue(), "logs.tgz": gzip.compress(tarred.getvalue())}


def test_archives_are_read_and_their_members_named(scanned: Command) -> None:
    for name, content in archives().items():
        Path(name).write_bytes(content)
    ran = scanned("scan-state", ".", "--format", "json")
    assert [leak["file"] for leak in ran.data["leaks"]] == [
        "logs.tar!log",
        "logs.tar!logs.zip!job/1_deploy.txt",
        "logs.tar!plain",
        "logs.tgz!log",
        "logs.tgz!logs.zip!job/1_deploy.txt",
        "logs.tgz!plain",
        "logs.zip!job/1_deploy.txt",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x28\xb5\x2f\xfd....", "it is compressed by zstd: unpack it"),
        (b"7z\xbc\xaf\x27\x1c....", "it is a 7z archive: unpack it"),
        (b"%PDF-1.7 ....", "it is a PDF, whose text is compressed: export its text"),
        (b"PK\x03\x04 but no archive", "it is damaged"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_taken_for_clean(scanned: Command, content: bytes, reason: str) -> None:
    Path("file").write_bytes(content)
    ran = scanned("scan-state", "file")
    assert (ran.code, f"file: not read: {reason}" in ran.out) == (2, True), ran.out


def test_a_file_that_unpacks_without_end_is_given_up_and_named(
    scanned: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_identity_cli.scan.opening._ALWAYS_UNPACKED", 1024)
    Path("bomb.gz").write_bytes(gzip.compress(b"a" * 10_000_000))
    Path("log.gz").write_bytes(gzip.compress(EXPORT.encode() * 10))
    ran = scanned("scan-state", "bomb.gz")
    assert (ran.code, "bomb.gz: not read: it unpacks to more than 200 times its size" in ran.out) == (2, True)
    assert scanned("scan-state", "log.gz").code == 1


def test_a_file_that_is_damaged_or_not_there_is_not_taken_for_clean(scanned: Command) -> None:
    Path("state.gz").write_bytes(gzip.compress(b"text" * 1000)[:-20])
    ran = scanned("scan-state", "state.gz", "nowhere")
    assert ran.code == 2
    assert "state.gz: not read" in ran.out
    assert "nowhere: not read: No such file or directory" in ran.out


def test_a_folder_is_read_whole_but_for_what_is_left_out(scanned: Command) -> None:
    for name in ("a.txt", "logs/b.txt", "logs/deep/c", "skipped/e"):
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
    monkeypatch.setattr("pipeline_identity_cli.scan.text._BLOCK", 100)
    monkeypatch.setattr("pipeline_identity_cli.scan.text._OVERLAP", 90)
    text = "x\n" * 45 + f"secretAccessKey={SECRET}\n" + "y\n" * 400 + f"secretAccessKey={SECRET}\n"
    Path("log.txt").write_text(text)
    ran = scanned("scan-state", "log.txt", "--format", "json")
    assert [(leak["line"], leak["column"]) for leak in ran.data["leaks"]] == [(46, 17), (447, 17)]


def test_the_hook_for_pre_commit_runs_the_command_and_installs_what_it_needs(scanned: Command) -> None:
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [one for one in hooks if one["id"] == "pipeline-identity-scan-state"]
    program, *arguments = hook["entry"].split()
    assert program == "pipeline-identity"
    for folder in hook["additional_dependencies"]:
        assert (CHECKOUT / folder / "pyproject.toml").is_file()
    Path("clean.txt").write_text("nothing")
    Path("leak.txt").write_text(f"secretKey={SECRET}")
    assert scanned(*arguments, "clean.txt").code == 0
    assert scanned(*arguments, "clean.txt", "leak.txt").code == 1


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


def git(*arguments: str) -> str:
    """Git, as somebody who has no settings of his own."""
    settings = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *settings, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(scanned: Command) -> Command:
    """A repository whose history has a secret in `old.txt`, which is there no more."""
    git("init", "-q", ".")
    Path("old.txt").write_text(f"\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    git("add", ".")
    git("commit", "-qm", "Add it")
    git("rm", "-q", "old.txt")
    Path("new.txt").write_text("nothing\n")
    git("add", ".")
    git("commit", "-qm", "Take it away")
    return scanned


def test_the_history_of_git_is_read_where_it_is_asked_for(repository: Command) -> None:
    ran = repository("scan-state", ".")
    assert ran.code == 0, "what is there now is clean"
    assert ".git: its history was not read; add --git-history." in ran.out

    ran = repository("scan-state", ".", "--git-history", "--format", "json")
    assert ran.code == 1
    (leak,) = ran.data["leaks"]
    first = git("rev-list", "--max-parents=0", "HEAD")
    assert leak["file"].startswith("old.txt@")
    assert (leak["line"], leak["commit"]) == (2, first[:12])


def test_what_only_the_reflog_or_a_message_holds_is_in_the_history_too(repository: Command) -> None:
    git("commit", "-q", "--allow-empty", "-m", f"Note the secretAccessKey={RANDOM}")
    git("reset", "-q", "--hard", "HEAD~1")
    ran = repository("scan-state", ".", "--git-history", "--format", "json")
    assert any(leak["file"].startswith("commit ") for leak in ran.data["leaks"])


def test_the_folder_of_git_by_itself_is_not_taken_for_read(repository: Command) -> None:
    ran = repository("scan-state", ".git")
    assert ran.code == 2
    assert ".git/objects: not read: Git keeps its objects compressed: add --git-history" in ran.out
    with Path(".git/config").open("a") as config:
        config.write('[remote "origin"]\n\turl = https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/acme/x\n')
    assert ".git/config:" in repository("scan-state", ".").out, "an address in its settings may hold a token"


def test_a_folder_that_has_no_history_and_a_shallow_one_are_not_taken_for_read(repository: Command) -> None:
    Path("elsewhere").mkdir()
    git("clone", "-q", "--depth", "1", Path.cwd().as_uri(), "elsewhere/clone")
    ran = repository("scan-state", "elsewhere/clone", "--git-history")
    assert (ran.code, "its history is cut off (a shallow clone)" in ran.out) == (2, True)
    ran = repository("scan-state", "/", "--exclude", "*", "--git-history")
    assert (ran.code, "/: not read: its history: fatal: not a git repository" in ran.out) == (2, True)


def test_a_line_may_say_that_what_stands_in_it_is_meant(scanned: Command) -> None:
    Path("log.txt").write_text(f"secretKey={SECRET}  # scan-state: allow, it is inactive\n")
    ran = scanned("scan-state", "log.txt")
    assert (ran.code, "Left alone: 1 allowed in their line, 0 in the baseline." in ran.out) == (0, True)
    Path("log.txt").write_text(f"# scan-state: allow\nsecretKey={SECRET}\n")
    assert scanned("scan-state", "log.txt").code == 1, "the words stand in another line"


def test_a_baseline_leaves_alone_what_is_known_wherever_it_stands_and_nothing_else(scanned: Command) -> None:
    Path("log.txt").write_text(f"{KEY_ID} secretKey={SECRET}\n")
    ran = scanned("scan-state", "log.txt", "--baseline", "known.json", "--update-baseline")
    assert (ran.code, ran.out) == (0, "1 known now. Make sure that each of these keys is inactive.\n")
    known = Path("known.json").read_text()
    assert SECRET not in known
    assert json.loads(known)["known"][0]["key_id"] == KEY_ID

    Path("moved.txt").write_text(f"\n\nkind: Secret, {base64_of(f'AWS_SECRET_ACCESS_KEY={SECRET}')}\n")
    assert scanned("scan-state", "log.txt", "moved.txt", "--baseline", "known.json").code == 0
    Path("log.txt").write_text(f"secretKey={SECRET}\nsecretKey={RANDOM}\n")
    ran = scanned("scan-state", "log.txt", "--baseline", "known.json", "--format", "json")
    assert [leak["line"] for leak in ran.data["leaks"]] == [2]
    assert ran.data["in_baseline"] == 1


@pytest.mark.parametrize("content", [None, "", "[]", '{"format": 2, "known": []}', '{"format": 1, "known": [{}]}'])
def test_a_baseline_that_is_none_stops_the_scan(scanned: Command, content: str | None) -> None:
    Path("log.txt").write_text("nothing")
    if content is not None:
        Path("known.json").write_text(content)
    ran = scanned("scan-state", "log.txt", "--baseline", "known.json")
    assert ran.stopped == 2
    assert "--baseline known.json" in ran.err
    assert "--update-baseline" in ran.err


def test_another_file_than_a_baseline_is_not_written_over(scanned: Command) -> None:
    Path("log.txt").write_text(f"{KEY_ID} secretKey={SECRET}\n")
    Path("notes.json").write_text('{"mine": 1}')
    ran = scanned("scan-state", "log.txt", "--baseline", "notes.json", "--update-baseline")
    assert ran.stopped == 2
    assert "--baseline notes.json is not a baseline" in ran.err
    assert Path("notes.json").read_text() == '{"mine": 1}'
    Path("notes.json").write_text("")
    assert scanned("scan-state", "log.txt", "--baseline", "notes.json", "--update-baseline").code == 0
    assert stat.S_IMODE(Path("notes.json").stat().st_mode) == 0o644, "others read it, too"


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_program_that_has_the_baseline_written_gets_its_document(scanned: Command, form: str) -> None:
    Path("log.txt").write_text(f"{KEY_ID} secretKey={SECRET}\n")
    ran = scanned("scan-state", "log.txt", "--baseline", "known.json", "--update-baseline", "--format", form)
    assert ran.code == 0
    if form == "json":
        assert (ran.data["leaks"], ran.data["in_baseline"], ran.data["exit_code"]) == ([], 1, 0)
    else:
        assert ran.data["runs"][0]["invocations"][0]["exitCode"] == 0


def test_a_baseline_to_write_must_be_named(scanned: Command) -> None:
    ran = scanned("scan-state", ".", "--update-baseline")
    assert (ran.code, "--update-baseline has no file to write; name it with --baseline" in ran.err) == (2, True)


def test_sarif_has_a_result_for_each_place_and_names_what_was_not_read(scanned: Command) -> None:
    Path("a log.txt").write_text(f"\n  secretKey={SECRET}\n")
    ran = scanned("scan-state", "a log.txt", "nowhere", "--format", "sarif")
    assert ran.code == 1
    (run,) = ran.data["runs"]
    (result,) = run["results"]
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20log.txt"},
        "region": {"startLine": 2, "startColumn": 13},
    }
    (invocation,) = run["invocations"]
    assert invocation["exitCode"] == 1
    assert "nowhere was not read" in invocation["toolExecutionNotifications"][0]["message"]["text"]
