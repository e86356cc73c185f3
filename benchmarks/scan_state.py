"""How much `scan-state` finds, what it reports by mistake, and how fast it is: beside gitleaks, on files made for it.

    .venv/bin/python -m benchmarks.scan_state

gitleaks is a Go program, and built from its module once; where Go is not installed, scan-state is measured alone. It
runs with its own rules, and twice: as it is, and with archives and encodings read (`--max-decode-depth 5
--max-archive-depth 3`).

Each leak stands alone in a file, in a form that real files have: found is a secret that the report places in that file,
not a key id. Every secret is drawn anew from a seed. The log is 100 MB of lines of a deployment, with twenty leaks.
"""

# ruff: noqa: E501, S311 - the files stand in a line each, and the same ones are to be drawn every time.

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import random
import shutil
import string
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTERS = string.ascii_letters + string.digits + "+/"
DEEP = ("--max-decode-depth", "5", "--max-archive-depth", "3")
_MEGABYTES = 100
_GITLEAKS = "github.com/zricethezav/gitleaks/v8@v8.30.1"


def main() -> None:
    """Measure, and print a line for each program."""
    gitleaks = built_gitleaks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        leaks, clean = write_files(folder)
        _write_log(folder / "deploy.log", random.Random(18))
        print(f"{leaks} files with a leak, {clean} clean files, a log of {_MEGABYTES} MB with 20 leaks")
        _measure("scan-state", folder, lambda path: found_by_us(folder, path))
        if gitleaks:
            _measure("gitleaks", folder, lambda path: found_by_gitleaks(gitleaks, folder, path))
            _measure("gitleaks, deep", folder, lambda path: found_by_gitleaks(gitleaks, folder, path, *DEEP))


def built_gitleaks() -> str | None:
    """The program gitleaks, built from its Go module unless it is there; None where Go is not installed."""
    go = shutil.which("go")
    if go is None:
        return None
    folder = cache_folder() / "gitleaks" / _GITLEAKS.rpartition("@")[2]
    if not (folder / "gitleaks").is_file():
        subprocess.run([go, "install", _GITLEAKS], env={**os.environ, "GOBIN": str(folder)}, check=True)
    return str(folder / "gitleaks")


def write_files(folder: Path) -> tuple[int, int]:
    """Write files with one leak each into `leaks`, and clean ones into `clean`; returns how many there are of each."""
    leaks, clean = _leaks(random.Random(16)), _clean(random.Random(17))
    for where, files in (("leaks", leaks), ("clean", clean)):
        (folder / where).mkdir()
        for name, content in files.items():
            (folder / where / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return len(leaks), len(clean)


def _measure(name: str, folder: Path, scan: Callable[[str], list[str]]) -> None:
    found, wrong = scan("leaks"), scan("clean")
    start = time.perf_counter()
    in_log = scan("deploy.log")
    seconds = time.perf_counter() - start
    size = (folder / "deploy.log").stat().st_size / 1e6
    missed = sorted({one.name for one in (folder / "leaks").iterdir()} - set(found))
    print(
        f"{name:15} found {len(set(found)):3}, by mistake {len(set(wrong)):2}, in the log {len(in_log):3}, "
        f"{seconds:5.1f} s ({size / seconds:.1f} MB/s)"
    )
    print(f"{'':15} missed: {', '.join(missed) or 'nothing'}; by mistake: {', '.join(sorted(set(wrong))) or 'nothing'}")


def found_by_us(folder: Path, path: str) -> list[str]:
    """The names of the files in which scan-state finds key material."""
    command = [sys.executable, "-m", "pipeline_identity_cli", "scan-state", path, "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [_file(leak["file"]) for leak in json.loads(done.stdout)["leaks"]]


def found_by_gitleaks(program: str, folder: Path, path: str, *options: str) -> list[str]:
    """The names of the files in which gitleaks finds a secret; the id of a key alone is none."""
    report = folder / "report.json"
    command = [program, "dir", path, "--no-banner", "--report-format", "json", "--report-path", str(report), *options]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    findings = json.loads(report.read_text())
    report.unlink()
    return [_file(one["File"]) for one in findings if not one["Secret"].startswith(("AKIA", "ASIA"))]


def _file(name: str) -> str:
    return Path(name.partition("!")[0]).name


def _secret(rnd: random.Random) -> str:
    return "".join(rnd.choices(_LETTERS, k=40))


def _id(rnd: random.Random, prefix: str = "AKIA") -> str:
    return prefix + "".join(rnd.choices(string.ascii_uppercase + "234567", k=16))


def _b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def _leaks(rnd: random.Random) -> dict[str, str | bytes]:
    """A file each; `s()` is a new secret, `k()` a new key id."""

    def s() -> str:
        return _secret(rnd)

    def k() -> str:
        return _id(rnd)

    token = "IQoJb3JpZ2luX2Vj" + "".join(rnd.choices(_LETTERS, k=700)) + "=="
    key = {"accessKeyId": k(), "secretAccessKey": s()}
    script = f"#!/bin/bash\nset -e\nexport AWS_ACCESS_KEY_ID={k()}\nexport AWS_SECRET_ACCESS_KEY={s()}\n./deploy.sh\n"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        content = f"AWS_SECRET_ACCESS_KEY={s()}\n".encode()
        member = tarfile.TarInfo("job/env")
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    pulumi = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": json.dumps(s())}
    return {
        "dotenv": f"AWS_ACCESS_KEY_ID={k()}\nAWS_SECRET_ACCESS_KEY={s()}\n",
        "dotenv-quoted": f"AWS_ACCESS_KEY_ID='{k()}'\nAWS_SECRET_ACCESS_KEY='{s()}'\n",
        "export.sh": f'export AWS_SECRET_ACCESS_KEY="{s()}"\n',
        "credentials": f"[default]\naws_access_key_id = {k()}\naws_secret_access_key = {s()}\n",
        "keys.csv": f"Access key ID,Secret access key\n{k()},{s()}\n",
        "create-access-key.json": json.dumps({"AccessKey": {"AccessKeyId": k(), "SecretAccessKey": s()}}, indent=2),
        "outputs.json": json.dumps({"site": key}, indent=2),
        "state.json": json.dumps({"outputs": {"secret": pulumi}}, indent=4),
        "terraform.tfstate": json.dumps({"attributes": {"id": k(), "secret": s(), "status": "Active"}}, indent=2),
        "plan.txt": f'  + secret = "{s()}"\n  + id     = "{k()}"\n',
        "main.tf": f'provider "aws" {{\n  access_key = "{k()}"\n  secret_key = "{s()}"\n}}\n',
        "json-in-json.log": json.dumps({"message": json.dumps(key)}) + "\n",
        "json-three-deep.log": json.dumps({"a": json.dumps({"b": json.dumps(key)})}) + "\n",
        "escaped-slashes.json": json.dumps({"secretAccessKey": f"a/b/c/{s()[6:]}"}).replace("/", "\\/"),
        "junit.xml": f"<testcase><failure message={json.dumps(escape(json.dumps(key), {chr(34): '&quot;'}))}/></testcase>",
        "page.html": f"<tr><td>Secret access key</td><td>{s()}</td></tr>",
        "response.xml": f"<AccessKeyId>{k()}</AccessKeyId><SecretAccessKey>{s()}</SecretAccessKey>",
        "colors.log": f"\x1b[32m+ secretAccessKey\x1b[0m: \x1b[33m{s()}\x1b[0m\n",
        "colored-inside.log": f"secretAccessKey: {s()[:20]}\x1b[1m{s()[20:]}\x1b[0m\n",
        "kubernetes.yaml": f"kind: Secret\ndata:\n  AWS_SECRET_ACCESS_KEY: {_b64(s())}\n",
        "kubernetes-short-names.yaml": f"kind: Secret\ndata:\n  id: {_b64(k())}\n  key: {_b64(s())}\n",
        "deployment.yaml": f"env:\n- name: AWS_SECRET_ACCESS_KEY\n  value: {s()}\n",
        "task.json": json.dumps({"environment": [{"name": "AWS_SECRET_ACCESS_KEY", "value": s()}]}),
        "user-data.txt": _b64(script),
        "user-data-wrapped.txt": base64.encodebytes((script * 2).encode()).decode(),
        "user-data-gz.txt": _b64(gzip.compress(script.encode())),
        "encoded-command.ps1": "powershell -EncodedCommand " + _b64(script.encode("utf-16-le")),
        "twice-encoded.txt": _b64(_b64(json.dumps(key))),
        "state.json.gz": gzip.compress(json.dumps(key).encode()),
        "logs.tar.gz": archive.getvalue(),
        "utf-16.txt": f"AWS_SECRET_ACCESS_KEY={s()}\r\n".encode("utf-16"),
        "powershell.ps1": f'$Env:AWS_SECRET_ACCESS_KEY = "{s()}"\n',
        "config.fish": f"set -gx AWS_SECRET_ACCESS_KEY '{s()}'\n",
        "Dockerfile": f"FROM scratch\nENV AWS_SECRET_ACCESS_KEY {s()}\n",
        "configure.sh": f"aws configure set aws_secret_access_key {s()}\n",
        "client.py": f'boto3.client("s3", aws_access_key_id="{k()}", aws_secret_access_key="{s()}")\n',
        "Client.java": f'new BasicAWSCredentials("{k()}", "{s()}");\n',
        "client.rb": f":secret_access_key => '{s()}'\n",
        "application.properties": f"aws.accessKeyId={k()}\naws.secretKey={s()}\n",
        "block.yaml": f"secretAccessKey: >-\n  {s()}\n",
        "diff.patch": f"-aws_secret_access_key = {s()}\n+aws_secret_access_key = ${{SECRET}}\n",
        "set-x.log": f"+ AWS_ACCESS_KEY_ID={k()}\n+ AWS_SECRET_ACCESS_KEY={s()}\n+ ./deploy\n",
        "address.txt": f"s3://{k()}:{quote(s(), safe='')}@bucket/prefix\n",
        "sentence.md": f"The key {k()} goes with {s()} and is for the old site.\n",
        "sts.json": json.dumps({"Credentials": {"AccessKeyId": _id(rnd, "ASIA"), "SessionToken": token}}),
        "sts-env.sh": f"export AWS_SESSION_TOKEN={token}\n",
        "bare-token.log": f"got {token} from STS\n",
        "presigned.txt": f"https://b.s3.amazonaws.com/k?X-Amz-Security-Token={quote(token, safe='')}&X-Amz-Expires=60\n",
        "smtp.txt": f"smtp_password_v4 = B{''.join(rnd.choices(_LETTERS, k=42))}=\n",
        "bedrock.env": f"AWS_BEARER_TOKEN_BEDROCK=ABSK{_b64('BedrockAPIKey-x1y2-at-111122223333:' + s() + s())}\n",
        "pulumi.env": f"PULUMI_ACCESS_TOKEN=pul-{rnd.randbytes(20).hex()}\n",
        "remote.txt": f"https://x-access-token:ghs_{''.join(rnd.choices(_LETTERS[:62], k=36))}@github.com/a/b\n",
        "github.env": f"GITHUB_TOKEN=ghp_{''.join(rnd.choices(_LETTERS[:62], k=36))}\n",
        "gitlab.env": f"GITLAB_TOKEN=glpat-{''.join(rnd.choices(_LETTERS[:62], k=20))}\n",
        "oidc.log": f"token={_jwt(rnd)}\n",
        "key.pem": f"-----BEGIN RSA PRIVATE KEY-----\n{_wrapped(rnd.randbytes(600))}-----END RSA PRIVATE KEY-----\n",
    }


def _jwt(rnd: random.Random) -> str:
    parts = (b'{"alg":"RS256","kid":"1"}', b'{"iss":"https://gitlab.example.com","sub":"x"}', rnd.randbytes(256))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _wrapped(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def _clean(rnd: random.Random) -> dict[str, str | bytes]:
    def sri() -> str:
        return f"sha512-{_b64(rnd.randbytes(64))}"

    example = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    return {
        "package-lock.json": json.dumps({"packages": [{"integrity": sri()} for _ in range(50)]}, indent=1),
        "go.sum": "".join(f"example.com/m{n} v1.0.{n} h1:{_b64(rnd.randbytes(32))}\n" for n in range(50)),
        "uv.lock": "".join(f'hash = "sha256:{rnd.randbytes(32).hex()}"\n' for _ in range(50)),
        "sops.yaml": f"aws_secret_access_key: ENC[AES256_GCM,data:{_b64(rnd.randbytes(30))},iv:{_b64(rnd.randbytes(32))},type:str]\n",
        "sealed.yaml": f"kind: SealedSecret\nencryptedData:\n  AWS_SECRET_ACCESS_KEY: {_b64(rnd.randbytes(600))}\n",
        "external.yaml": "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: AWS_SECRET_ACCESS_KEY\n    remoteRef: {key: prod/aws/site}\n",
        "Pulumi.dev.yaml": f"config:\n  aws:secretKey:\n    secure: AAABA{_b64(rnd.randbytes(64))}\n",
        "state.json": json.dumps(
            {"secretAccessKey": {"ciphertext": f"v1:{_b64(rnd.randbytes(12))}:{_b64(rnd.randbytes(60))}"}}
        ),
        "placeholder.env": "AWS_SECRET_ACCESS_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
        "example.env": f"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY={example}\n",
        "workflow.yaml": "env:\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
        "masked.log": "AWS_SECRET_ACCESS_KEY=***\nAWS_SESSION_TOKEN=[secret]\n",
        "ids.log": "".join(
            f"user {_id(rnd)} AROA{_id(rnd)[4:]} deployed {rnd.randbytes(20).hex()}\n" for _ in range(50)
        ),
        "commits.log": "".join(f"secret-scanner: commit {rnd.randbytes(20).hex()} is clean\n" for _ in range(50)),
        "paths.log": f"{_id(rnd)} read secrets/Production/DatabaseCredentials/Main and src/components/SecretManagerPanelContainer\n",
        "public.pem": f"-----BEGIN PUBLIC KEY-----\n{_wrapped(rnd.randbytes(300))}-----END PUBLIC KEY-----\n",
        "certificate.pem": f"-----BEGIN CERTIFICATE-----\n{_wrapped(rnd.randbytes(900))}-----END CERTIFICATE-----\n",
        "image.svg": f'<image href="data:image/png;base64,{_b64(rnd.randbytes(5000))}"/>\n',
        "variables.tf": 'variable "secret_key" {\n  type      = string\n  sensitive = true\n}\n',
        "client.py": 'boto3.client("s3", aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"])\n',
        "header.txt": "Authorization: Bearer ${TOKEN}\nX-Amz-Security-Token: $AWS_SESSION_TOKEN\n",
        "uuids.log": "".join(f"secret id {rnd.randbytes(16).hex()} rotated\n" for _ in range(50)),
        "signature.log": f"AWS4-HMAC-SHA256 Credential={_id(rnd)}/20261130/eu-west-1/sts/aws4_request, Signature={rnd.randbytes(32).hex()}\n",
        "digests.log": "".join(f"pulled image@sha256:{rnd.randbytes(32).hex()}\n" for _ in range(50)),
    }


def _write_log(path: Path, rnd: random.Random) -> None:
    """Lines as jobs write them; few of them speak of secrets and tokens."""
    size, leaks, number = 0, 0, 0
    with path.open("w") as file:
        while size < _MEGABYTES * 1_000_000:
            number += 1
            line = _line(number, rnd)
            if size > leaks * _MEGABYTES * 1_000_000 / 20:
                leaks += 1
                line += f"AWS_ACCESS_KEY_ID={_id(rnd)} AWS_SECRET_ACCESS_KEY={_secret(rnd)}\n"
            file.write(line)
            size += len(line)


def _line(number: int, rnd: random.Random) -> str:
    stamp = f"2026-11-30T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    kinds = (
        f"{stamp} INFO deploy/worker-{number % 9} request {rnd.getrandbits(128):032x} GET /api/v1/items/{number} 200",
        f"{stamp} DEBUG sha256:{rnd.getrandbits(256):064x} pulled, {rnd.randrange(10**6)} bytes",
        f'{{"time": "{stamp}", "level": "info", "message": "resource {number} is up to date", "took": {number % 300}}}',
        f"{stamp} INFO   + aws:iam/role:Role  role-{number}  created ({number % 9}s)",
        f"{stamp} WARN  token of worker {number % 9} refreshed; the secret was not read",
    )
    weights = (40, 15, 30, 14, 1)
    return rnd.choices(kinds, weights)[0] + "\n"


if __name__ == "__main__":
    os.environ["PYTHONHASHSEED"] = "0"
    main()
