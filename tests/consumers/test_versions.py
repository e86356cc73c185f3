"""Every Python that this machine has, and old versions of what the distributions ask for, as far as the oldest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from sandbox import uv
from sandbox.folders import CHECKOUT
from tests.consumers import published
from tests.policies.cli.installed import variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.sandboxes import Sandbox, Stack

pytestmark = pytest.mark.long

SCHEMA = """
import json, runpy, sys
print(json.dumps(json.loads(runpy.run_path(sys.argv[1])["Host"]().schema)))
"""
VERDICT = """
from iam_guardrails import check_identity_policy
statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
print([finding.rule for finding in check_identity_policy({"Version": "2012-10-17", "Statement": statement})])
"""


def _wheels(built: Path) -> list[str]:
    components, guardrails = (
        str(next(built.glob(f"{name}-*.whl"))) for name in ("pulumi_pipeline_identity", "iam_guardrails")
    )
    return [components, f"{guardrails}[pulumi]"]


def _works(python: Path, folder: Path) -> None:
    """The installed components have the committed schema, and the installed library judges."""
    host = str(CHECKOUT / "components" / "__main__.py")
    schema = json.loads(published.run(str(python), "-I", "-c", SCHEMA, host, folder=folder))
    assert schema == json.loads((CHECKOUT / "components" / "schema.json").read_text())
    assert published.run(str(python), "-I", "-c", VERDICT, folder=folder) == "['no-wildcard-actions']\n"
    published.run(str(python), "-I", "-c", "import iam_guardrails.pack.server", folder=folder)


def _python(version: str) -> str | None:
    """An interpreter of this machine, also one that pyenv keeps off PATH."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin")
    path = os.pathsep.join([*map(str, kept), os.environ["PATH"]])
    find = [str(uv.install()), "python", "find", "--no-project", "--no-python-downloads", version]
    found = subprocess.run(find, env={**variables(), "PATH": path}, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_components_and_pack_work_with_python(version: str, built: Path, tmp_path: Path) -> None:
    python = _python(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")

    made = published.environment(tmp_path, *_wheels(built), python=python)

    _works(made, tmp_path)
    assert published.run(str(made), "--version", folder=tmp_path).startswith(f"Python {version}.")


@pytest.fixture(scope="session")
def oldest(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the oldest versions that the distributions ask for."""
    return _environment(built, tmp_path_factory.mktemp("oldest"), *_asked(built))


def _environment(built: Path, folder: Path, *wanted: Requirement | str) -> Path:
    published.run("uv", "venv", "--quiet", str(folder / "environment"), folder=folder)
    python = folder / "environment" / "bin" / "python"
    # uv takes the oldest of what is asked for directly, so that all of it is.
    options = ("--python", str(python), "--resolution", "lowest-direct")
    published.run("uv", "pip", "install", "--quiet", *options, *map(str, wanted), *_wheels(built), folder=folder)
    return python


def _version(python: Path, package: str) -> Version:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return Version(published.run(str(python), "-c", code, folder=python.parent).strip())


def test_components_and_pack_work_with_the_oldest_versions_they_ask_for(
    built: Path, oldest: Path, tmp_path: Path
) -> None:
    for requirement in _asked(built):
        (lowest,) = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
        assert _version(oldest, requirement.name).release[:2] == lowest.release[:2]
    _works(oldest, tmp_path)


def _asked(built: Path) -> list[Requirement]:
    """What the components and the pack ask for."""
    asked: list[Requirement] = []
    for distribution, wanted in (("pulumi_pipeline_identity", None), ("iam_guardrails", "pulumi-policy")):
        lines = published.metadata(next(built.glob(f"{distribution}-*.whl"))).get_all("Requires-Dist", [])
        asked += [one for one in map(Requirement, lines) if wanted in (None, one.name)]
    for requirement in asked:
        requirement.marker = None
    return asked


@pytest.fixture
def run_by(sandbox: Sandbox, tmp_path: Path) -> Callable[[Path], Path]:
    """Says by which environment the program is run from now on; returns the program."""
    program = tmp_path / "components"
    shutil.copytree(CHECKOUT / "tests" / "end_to_end" / "programs" / "components", program)

    def choose(python: Path) -> Path:
        runtime = {"name": "python", "options": {"virtualenv": str(python.parent.parent)}}
        (program / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "components", "runtime": runtime}))
        # The sandbox's provider stands in for that of any version.
        plugins = Path(sandbox.variables["PULUMI_HOME"]) / "plugins"
        wanted = plugins / f"resource-aws-v{_version(python, 'pulumi-aws')}"
        if not wanted.exists():
            shutil.copytree(next(plugins.glob("resource-aws-v*")), wanted, symlinks=True)
        return program

    return choose


def _settings(sandbox: Sandbox) -> dict[str, Any]:
    account = {"accountId": sandbox.account}
    identity = {
        **account,
        "userName": "site-pipeline",
        "roleName": "site-publisher",
        "mode": "both",
        "trust": {"github": [{"owner": "acme", "repository": "site", "environments": ["production"]}]},
        "starterSets": {"staticSite": {"bucket": "example-site", "prefix": "public/"}},
        "generatedBoundary": {},
        "exclusivePolicies": True,
        "tags": {"team": "web"},
    }
    issuer = {"issuer": "https://token.actions.githubusercontent.com", "audiences": ["sts.amazonaws.com"]}
    return {
        "components:identities": {"site": identity},
        "components:providers": {"github": {**account, **issuer}},
    }


def _goes_on(stack: Stack, sandbox: Sandbox, key: str) -> None:
    """The next deployment makes, changes and deletes nothing in AWS, and the key is the one that was there."""
    moved = stack.up()
    assert moved.succeeded, moved.output
    assert not {urn for urn, step in moved.operations.items() if step != "same" and "::aws:" in urn}
    (made,) = sandbox.client("iam").list_access_keys(UserName="site-pipeline")["AccessKeyMetadata"]
    assert made["AccessKeyId"] == key


def test_a_stack_of_the_oldest_versions_goes_on_with_the_next_and_the_newest_ones(
    sandbox: Sandbox, run_by: Callable[[Path], Path], built: Path, oldest: Path, installed: Path, tmp_path: Path
) -> None:
    next_one = _environment(built, tmp_path, "pulumi-aws==7.0.0")
    stack = sandbox.stack(run_by(oldest), settings=_settings(sandbox))
    assert _version(oldest, "pulumi-aws").major == 6

    deployed = stack.up()

    assert deployed.succeeded, deployed.output
    assert stack.up().changes == {}
    key = stack.outputs()["site"]["access_key_id"]
    for python in (next_one, installed):
        run_by(python)
        _goes_on(stack, sandbox, key)
    assert stack.destroy().succeeded


def test_what_takes_a_newer_provider_is_refused_with_an_old_one(
    sandbox: Sandbox, run_by: Callable[[Path], Path], oldest: Path
) -> None:
    trail = {"accountId": sandbox.account, "trailName": "all", "bucketName": f"trail-{sandbox.account}"}
    watch = {"accountId": sandbox.account, "watchName": "site", "regions": ["eu-west-1"]}
    watched = {**watch, "roleArn": f"arn:aws:iam::{sandbox.account}:role/site"}
    elsewhere = {"accountId": f"{int(sandbox.account) ^ 1:012}", "region": "eu-west-1"}
    reached = {**elsewhere, "assumeRoleArn": f"arn:aws:iam::{elsewhere['accountId']}:role/deployer"}
    identity = {**_settings(sandbox)["components:identities"]["site"], "roleAccount": reached}
    said = {
        "trails": (trail, "region: needs resources with a region of their own, unknown to pulumi-aws 6."),
        "watches": (watched, "regions: needs resources with a region of their own, unknown to pulumi-aws 6."),
        "identities": (identity, "assume_role_arn: needs a provider that assumes roles one after another, unknown to"),
    }
    stack = sandbox.stack(run_by(oldest), settings={})
    for kind, (args, why) in said.items():
        stack.configure({f"components:{one}": {"it": args} if one == kind else None for one in said})

        refused = stack.preview()

        assert not refused.succeeded
        assert why in refused.output
        assert "install pulumi-aws 7" in refused.output
