"""What the components cost a program: 1,000 identities, and the same resources declared without them.

Both programs run under Pulumi's mocks, each in a process of its own, so that neither the engine nor AWS is measured.
The plain program declares the same nine resources an identity, three of them components, with the same documents as
constants. Run with `python benchmarks/components.py`; the import of the library is measured too. IDENTITIES=150 is
quicker.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

IDENTITIES = int(os.environ.get("IDENTITIES", "1000"))
RESOURCES_AN_IDENTITY = 9
ROUNDS = 2
ACCOUNT = "111122223333"
STATEMENT = {"actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::example-site/public/*"]}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


class _Mocks(Mocks):
    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        untyped: Any = args
        return f"{args.name}-id", {**untyped.inputs, "secret": "EXAMPLE"}


def ours() -> None:
    """Declares the identities with the component."""
    from pipeline_identity import PipelineIdentity

    for number in range(IDENTITIES):
        name = f"pipeline-{number}"
        args: Any = {"account_id": ACCOUNT, "user_name": name, "role_name": name, "permissions": [STATEMENT]}
        PipelineIdentity(name, args)


class _Plain(pulumi.ComponentResource):
    # Pulumi takes the stack trace of a resource from its class's own __init__, which every component has.
    def __init__(self, type_: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type_, name, {}, opts)


def plain() -> None:
    """Declares the same resources by hand."""
    for number in range(IDENTITIES):
        name = f"pipeline-{number}"
        identity = _Plain("pipeline-identity:index:PipelineIdentity", name)
        user = _plain_user(name, identity)
        _plain_role(name, identity, user)
        identity.register_outputs({f"output{number}": name for number in range(15)})


def _plain_user(name: str, identity: _Plain) -> _Plain:
    from pulumi_aws import iam

    component = _Plain("pipeline-identity:index:PipelineUser", name, pulumi.ResourceOptions(parent=identity))
    options = pulumi.ResourceOptions(parent=component)
    user = iam.User(name, name=name, path="/", tags={}, opts=options)
    policy = iam.UserPolicy(f"{name}-policy", name="assume-roles", user=user.name, policy=POLICY, opts=options)
    hook = pulumi.ResourceHook(f"order-{name}", _let_pass, pulumi.ResourceHookOptions(on_dry_run=True))
    watched = pulumi.ResourceOptions(parent=component, hooks=pulumi.ResourceHookBinding(before_update=[hook]))
    step = pulumi.Stash(f"{name}-rotation", input={"step": 0}, opts=watched)
    last = pulumi.ResourceOptions(parent=component, depends_on=[policy, step], additional_secret_outputs=["secret"])
    key = iam.AccessKey(f"{name}-key", user=user.name, opts=last)
    component.register_outputs({"userName": user.name, "keyId": key.id, "secret": key.secret, "a": name, "b": name})
    return component


def _let_pass(args: pulumi.ResourceHookArgs) -> None:
    """Refuses nothing."""


def _plain_role(name: str, identity: _Plain, user: _Plain) -> None:
    from pulumi_aws import iam

    after = pulumi.ResourceOptions(parent=identity, depends_on=[user])
    component = _Plain("pipeline-identity:index:PipelineRole", name, after)
    options = pulumi.ResourceOptions(parent=component, depends_on=[user])
    role = iam.Role(
        name, name=name, path="/", assume_role_policy=POLICY, max_session_duration=3_600, tags={}, opts=options
    )
    iam.RolePolicy(f"{name}-permissions", name="permissions", role=role.name, policy=POLICY, opts=options)
    component.register_outputs({"roleName": role.name, **{f"output{number}": name for number in range(6)}})


def measure(program: str) -> float:
    """Runs one program under mocks and returns its seconds."""
    pulumi.runtime.set_mocks(_Mocks(), project="benchmark", stack="dev")
    # Neither program pays for the imports.
    importlib.import_module("pipeline_identity")
    importlib.import_module("pulumi_aws.iam.user")
    untyped: Any = pulumi.runtime
    # The processor's time, because other processes may be running.
    start = time.process_time()
    untyped.test({"ours": ours, "plain": plain}[program])()
    return time.process_time() - start


def _in_its_own_process(*arguments: str, variables: dict[str, str] | None = None) -> float:
    command = [sys.executable, *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=variables).stdout)


def _import() -> float:
    """Returns the seconds of an import, from compiled modules as every import but the first one finds them."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        _, *others = [_in_its_own_process("-c", _IMPORT, variables=variables) for _ in range(ROUNDS + 1)]
    return min(others)


_IMPORT = """
import time, pulumi
from pulumi_aws import cloudtrail, cloudwatch, iam, s3, secretsmanager, sns, ssm
[iam.User, iam.Role, iam.AccessKey]
start = time.process_time()
import pipeline_identity
print(time.process_time() - start)
"""


def main() -> None:
    """Prints the table."""
    # One after the other, so that other work on the machine falls on both.
    rounds = [{name: _in_its_own_process(__file__, name) for name in ("plain", "ours")} for _ in range(ROUNDS)]
    seconds = {name: [one[name] for one in rounds] for name in ("plain", "ours")}
    best = {name: min(runs) for name, runs in seconds.items()}
    own = (best["ours"] - best["plain"]) / (IDENTITIES * RESOURCES_AN_IDENTITY)
    print(f"{IDENTITIES:,} identities, {RESOURCES_AN_IDENTITY} resources each, processor time, best of {ROUNDS}")
    for name, runs in seconds.items():
        print(f"  {name:6} {best[name]:6.2f} s (median {statistics.median(runs):.2f} s)")
    sdk = best["plain"] / (IDENTITIES * RESOURCES_AN_IDENTITY)
    print(f"  Pulumi's SDK: {sdk * 1_000:.3f} ms a resource; the components' own cost: {own * 1_000:.3f} ms a resource")
    print(f"  that is {own / sdk:.0%} of the SDK's")
    print(f"  import of pipeline_identity above pulumi and the parts of pulumi_aws that it needs: {_import():.3f} s")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(measure(sys.argv[1]))
    else:
        main()
