"""The schema, from which other languages get their SDKs, changes only knowingly, and breaks no program in silence."""

from __future__ import annotations

import copy
import json
import os
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.folders import CHECKOUT
from tests.consumers import git_server, published
from tests.consumers.compatibility import incompatible, may_break

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.sandboxes import Sandbox

SCHEMA = CHECKOUT / "components" / "schema.json"
RELEASED = CHECKOUT / "components" / "schema.released.json"
REFRESH = "UPDATE_DOCS=1 make test TESTS=tests/consumers/test_schema.py"


def _inferred() -> dict[str, Any]:
    host: Any = runpy.run_path(str(CHECKOUT / "components" / "__main__.py"))["Host"]()
    return json.loads(host.schema)


def _committed() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text())


def test_the_committed_schema_is_that_of_the_components() -> None:
    written = json.dumps(_inferred(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_DOCS"):
        SCHEMA.write_text(written)
    assert SCHEMA.read_text() == written, f"read what changed for others, write it into CHANGELOG.md, and run {REFRESH}"


def _schema_of(source: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """What the engine says the schema of a package is."""
    command = ["pulumi", "package", "get-schema", source]
    run = subprocess.run(command, env=dict(variables), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def _means_the_same(got: dict[str, Any]) -> None:
    # The engine orders some lists anew, so that meanings are compared, not texts.
    committed = _committed()
    assert (got["name"], got["version"]) == (committed["name"], committed["version"])
    assert incompatible(got, committed) == incompatible(committed, got) == []


def test_the_engine_gets_the_committed_schema_from_a_folder(sandbox: Sandbox) -> None:
    _means_the_same(_schema_of(str(CHECKOUT / "components"), sandbox.variables))


@pytest.mark.long
@pytest.mark.skipif(shutil.which("openssl") is None, reason="this machine has no openssl, which makes the certificate")
def test_the_engine_gets_it_from_git_too_and_makes_the_plugins_environment(
    sandbox: Sandbox, repository: str, tmp_path: Path
) -> None:
    bare = tmp_path / "repositories" / "acme" / "pipeline-identity.git"
    published.run("git", "clone", "--quiet", "--bare", repository.removeprefix("git+"), str(bare), folder=tmp_path)
    published.run("git", "tag", f"v{_committed()['version']}", folder=bare)

    with git_server.serving(bare.parents[1], tmp_path) as served:
        source = f"git://{served.host}/acme/pipeline-identity.git/components@v{_committed()['version']}"
        got = _schema_of(source, {**sandbox.variables, "SSL_CERT_FILE": str(served.certificates)})

    _means_the_same(got)
    assert list((Path(sandbox.variables["PULUMI_HOME"]) / "plugins").glob("resource-localhost*/.venv/bin/python"))


def test_nothing_in_it_breaks_programs_unless_the_version_says_so() -> None:
    released, present = json.loads(RELEASED.read_text()), json.loads(SCHEMA.read_text())
    broken = incompatible(released, present)

    assert not broken or may_break(released["version"], present["version"]), (
        f"this breaks programs that use {released['version']}: undo it, or raise the version in "
        f"components/pyproject.toml and write into CHANGELOG.md what they must change: {broken}"
    )


IDENTITY = ("resources", "pipeline-identity:index:PipelineIdentity")
ROLE = ("resources", "pipeline-identity:index:PipelineRole")
MODE = ("types", "pipeline-identity:index:IdentityMode")
GITHUB = ("types", "pipeline-identity:index:GitHubTrust")


def _at(schema: Any, *keys: str) -> Any:
    for key in keys:
        schema = schema[key]
    return schema


BREAKING: dict[str, tuple[Callable[[Any], object], str]] = {
    "a component is gone": (
        lambda s: s["resources"].pop("pipeline-identity:index:PipelineUser"),
        "PipelineUser is gone",
    ),
    "a type is gone": (lambda s: s["types"].pop(GITHUB[1]), "GitHubTrust is gone"),
    "a value is gone": (lambda s: _at(s, *MODE)["enum"].pop(0), "IdentityMode, value keys is gone"),
    "an argument is gone": (lambda s: _at(s, *IDENTITY, "inputProperties").pop("path"), "argument path is gone"),
    "an argument has another type": (
        lambda s: _at(s, *IDENTITY, "inputProperties", "path").update(type="integer"),
        "argument path has another type",
    ),
    "an argument takes outputs no longer": (
        lambda s: _at(s, *IDENTITY, "inputProperties", "accountId").update(plain=True),
        "argument accountId has another type",
    ),
    "an argument must be given": (
        lambda s: _at(s, *IDENTITY, "requiredInputs").append("path"),
        "argument path must be given now",
    ),
    "an output is gone": (lambda s: _at(s, *IDENTITY, "properties").pop("roleArn"), "output roleArn is gone"),
    "an output has another type": (
        lambda s: _at(s, *IDENTITY, "properties", "roleArn").update(type="integer"),
        "output roleArn has another type",
    ),
    "an output may be missing": (
        lambda s: _at(s, *IDENTITY, "required").remove("roleArn"),
        "output roleArn may be missing now",
    ),
    "part of an argument is gone": (
        lambda s: _at(s, *GITHUB, "properties").pop("owner"),
        "GitHubTrust, argument owner is gone",
    ),
    "part of an argument must be given": (
        lambda s: _at(s, *GITHUB, "required").append("branches"),
        "GitHubTrust, argument branches must be given now",
    ),
}
COMPATIBLE: dict[str, Callable[[Any], object]] = {
    "a component is new": lambda s: s["resources"].update(new={"inputProperties": {}, "properties": {}}),
    "a type is new": lambda s: s["types"].update(new={"properties": {}}),
    "a value is new": lambda s: _at(s, *MODE)["enum"].append({"value": "new"}),
    "an argument is new": lambda s: _at(s, *IDENTITY, "inputProperties").update(new={"type": "string"}),
    "an argument need not be given": lambda s: _at(s, *ROLE, "requiredInputs").remove("trust"),
    "an argument takes outputs as well": lambda s: _at(s, *IDENTITY, "inputProperties", "path").pop("plain"),
    "an output is new": lambda s: _at(s, *IDENTITY, "properties").update(new={"type": "string"}),
    "an output is never missing": lambda s: _at(s, *IDENTITY, "required").append("userArn"),
    "words are other words": lambda s: _at(s, *IDENTITY, "inputProperties", "path").update(description="Where."),
}


@pytest.mark.parametrize("change", BREAKING)
def test_it_breaks_programs_when(change: str) -> None:
    before = _committed()
    make, said = BREAKING[change]
    after = copy.deepcopy(before)
    make(after)

    (line,) = incompatible(before, after)
    assert line.endswith(said)


@pytest.mark.parametrize("change", COMPATIBLE)
def test_it_breaks_nothing_when(change: str) -> None:
    before = _committed()
    after = copy.deepcopy(before)
    COMPATIBLE[change](after)

    assert after != before
    assert incompatible(before, after) == []


@pytest.mark.parametrize(
    ("released", "present", "may"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "1.0.0", True),
        ("1.1.0", "1.2.0", False),
        ("1.1.0", "2.0.0", True),
        ("1.1.0", "0.2.0", False),
    ],
)
def test_a_version_says_whether_programs_may_break(released: str, present: str, may: bool) -> None:
    assert may_break(released, present) is may
