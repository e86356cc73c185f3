"""Fixtures that every room's tests may use.

`sandbox` is an AWS account, a state folder and the real engine for one test. With other tests it shares the local AWS
process alone, which keeps accounts apart (one process a pytest worker); with a running `make up`, nothing:

    def test_a_second_up_changes_nothing(sandbox):
        stack = sandbox.stack(Path("examples/one"), settings={"pipeline-identity:accountId": sandbox.account})
        assert stack.up("--policy-pack", "policies").succeeded
        assert stack.up().changes == {}

- `sandbox.stack(folder, name="dev", settings=...)` makes a stack of the program in any folder, which is not written to.
  Without `settings` it takes the folder's own `Pulumi.dev.yaml` with the account replaced by the test's.
  A throw-away program with `runtime: python` in its `Pulumi.yaml` runs with this environment's Python.
- `stack.preview()`, `.up()`, `.refresh()`, `.destroy()` take the engine's options and return a `Finished`:
  `.succeeded`, `.exit_code`, `.output`, `.changes` (`{"create": 3}`; empty: nothing changed), `.operations` (by URN),
  `.violations` and `.violated_policies` (the policy pack's), `.diagnostics`, `.events` (the engine's event log).
- `stack.configure({...})` changes settings between operations; `stack.outputs()` has secrets in the clear;
  `stack.state()` is the exported state.
- `sandbox.client("iam")` is boto3 as the account's root, `sandbox.client("sts", (key, secret, token))` as anybody else.
- `sandbox.aws` is the local AWS (`.endpoint`, `.forward(seconds)` ends sessions early, of all accounts).
- `sandbox.variables` runs any other program in the sandbox: `subprocess.run([...], env=dict(sandbox.variables))`.

With `SANDBOX_AWS_PROVIDER=/path/to/pulumi-resource-aws`, a real provider is used in the place of the stand-in.

A test that must stop or reset its AWS takes `own_local_aws` as well as `sandbox`: the process is then its own.

Property tests draw the same each time; `--hypothesis-profile=new-draws` (as `make test-long` has it) draws anew, and
`--hypothesis-profile=explore` many more. Of what fails they print a line to paste above the test; keep the example as a
case of its own.

No test may print a secret: tests/support/secrets_guard.py looks for every one in all that is printed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from sandbox import engine, local_aws, provider, uv
from sandbox.folders import cache_folder
from sandbox.variables import complete, for_sandbox, foreign
from tests.support import warm
from tests.support.pgp import pgp_owner
from tests.support.sandboxes import Sandbox
from tests.support.secrets_guard import pytest_runtest_makereport, secrets_are_remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.engine import Engine
    from sandbox.local_aws import LocalAws

__all__ = ["pgp_owner", "pytest_runtest_makereport", "secrets_are_remembered"]

_REGION = "eu-central-1"

# A slow machine is no failure, so nothing here is measured in time.
settings.register_profile("always", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same-draws", settings.get_profile("always"), derandomize=True, database=None)
settings.register_profile("new-draws", settings.get_profile("always"), print_blob=True)
settings.register_profile("explore", settings.get_profile("new-draws"), max_examples=20_000)
settings.load_profile("same-draws")


@pytest.fixture(scope="session", autouse=True)
def no_aws_of_the_users_own() -> Iterator[None]:
    """Nothing in a test may find a profile, a role or an endpoint of the machine it runs on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in foreign(os.environ):
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session", autouse=True)
def descriptions_of_services() -> Iterator[None]:
    """Botocore reads its descriptions of services anew for every session, which takes most of a client's time."""
    made = botocore.session.create_loader
    loader = made()

    def one_for_all(search_path_string: str | None = None) -> object:
        return made(search_path_string) if search_path_string else loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", one_for_all)
        yield


@pytest.fixture(scope="session", autouse=True)
def programs_that_can_be_interrupted() -> None:
    """A shell's background job ignores Ctrl-C, and so would every program that a test starts and interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def pulumi_engine() -> Engine:
    """The engine that `make up` uses; the first run builds it."""
    return engine.install(cache_folder())


@pytest.fixture(scope="session")
def aws_installation() -> Path:
    """The installed local AWS."""
    return local_aws.install(cache_folder(), uv.install())


@pytest.fixture(scope="session")
def shared_local_aws(aws_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """One local AWS a pytest worker, on a free port."""
    folder = tmp_path_factory.mktemp("local-aws")
    yield local_aws.start(folder, installation=aws_installation, preferred_port=0)
    local_aws.stop(folder)


@pytest.fixture
def own_local_aws(aws_installation: Path, tmp_path: Path) -> Iterator[LocalAws]:
    """A local AWS that this test may stop, reset or move in time."""
    folder = tmp_path / "own-local-aws"
    yield local_aws.start(folder, installation=aws_installation, preferred_port=0)
    local_aws.stop(folder)


@pytest.fixture(scope="session")
def warm_python() -> Iterator[Path]:
    """A Python that has the big packages imported already; `SANDBOX_COLD=1` does without, to see what it saves."""
    if os.environ.get("SANDBOX_COLD"):
        yield Path(sys.executable)
        return
    with warm.interpreter() as python:
        yield python


@pytest.fixture(scope="session")
def new_sandbox(pulumi_engine: Engine, warm_python: Path) -> Callable[[LocalAws, Path], Sandbox]:
    """Makes further sandboxes in an AWS and a folder, for fixtures that live longer than a test."""

    def make(aws: LocalAws, folder: Path) -> Sandbox:
        # Not seeded by hypothesis or by a test: accounts must differ, results must not depend on them.
        account = f"{random.SystemRandom().randrange(10**11, 10**12)}"
        home, state = folder / "pulumi-home", folder / "state"
        state.mkdir()
        provider.install(home, warm_python)
        if named := os.environ.get("SANDBOX_AWS_PROVIDER"):
            provider.link(home, Path(named))
        added = for_sandbox(
            account=account,
            region=_REGION,
            endpoint=aws.endpoint,
            engine=pulumi_engine.bin_dir,
            home=home,
            state=state,
            python=Path(sys.executable).parent,
            uv=uv.install().parent,
        )
        added["SANDBOX_WARM_PYTHON"] = str(warm_python)
        return Sandbox(folder, account, _REGION, aws, complete(added))

    return make


@pytest.fixture
def sandbox(
    request: pytest.FixtureRequest, new_sandbox: Callable[[LocalAws, Path], Sandbox], tmp_path: Path
) -> Sandbox:
    """An empty AWS account and an empty state folder; see the top of this file."""
    own = "own_local_aws" in request.fixturenames
    return new_sandbox(request.getfixturevalue("own_local_aws" if own else "shared_local_aws"), tmp_path)
