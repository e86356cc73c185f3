"""Records the calls that the provider which users have makes: `python -m tests.pipeline.deploy_permissions.record`.

Terraform deploys, refreshes, changes and destroys `recording/main.tf` against a local AWS of its own, and what was
asked for is written to `recorded.json`, with the resources as Pulumi would describe them. It needs the program
`terraform` and Terraform's AWS provider on this machine (see docs/real-provider.md), and about three minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any, cast

from deploy_permissions import terraform_type

from sandbox import local_aws, real_provider, uv
from sandbox.folders import cache_folder
from tests.pipeline.deploy_permissions.test_knowledge import types_of_pulumi_aws

ACCOUNT = "111122223333"
RECORDED = Path(__file__).with_name("recorded.json")
_RENAMED = {"aws_lambda_function": {"functionName": "name"}, "aws_cloudwatch_metric_alarm": {"alarmName": "name"}}
_SECRET = ("secretString", "value", "content")


def main() -> None:
    """Record."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        aws = local_aws.start(
            folder / "aws", installation=local_aws.install(cache_folder(), uv.install()), preferred_port=0
        )
        try:
            states = _deployed(folder, aws.endpoint)
            calls = {(call["action"], call["resource"]): None for call in aws.calls(ACCOUNT)}
        finally:
            local_aws.stop(folder / "aws")
    found = {"provider": "5.100.0", "states": states, "calls": sorted(calls)}
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")


def _deployed(folder: Path, endpoint: str) -> list[list[dict[str, Any]]]:
    """The resources after each of both forms was deployed."""
    shutil.copy(Path(__file__).parent / "recording" / "main.tf", folder)
    with zipfile.ZipFile(folder / "code.zip", "w") as code:
        code.writestr("a.py", "def b(event, context): pass")
    plugin = real_provider.find_plugin()
    assert plugin, "no Terraform AWS provider on this machine: see docs/real-provider.md"
    mirror = plugin.parents[5]
    (folder / "rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    variables = {
        **os.environ,
        "TF_CLI_CONFIG_FILE": str(folder / "rc"),
        "TF_VAR_code": str(folder / "code.zip"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def terraform(*arguments: str) -> str:
        command = ["terraform", *arguments, "-no-color"]
        run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    terraform("init")
    schemas = json.loads(terraform("providers", "schema", "-json").partition("\n")[0])
    terraform("apply", "-auto-approve")
    first = terraform("show", "-json")
    terraform("plan", "-refresh-only")
    terraform("apply", "-auto-approve", "-var", "change=after")
    second = terraform("show", "-json")
    terraform("destroy", "-auto-approve")
    (schema,) = schemas["provider_schemas"].values()
    return [_resources(json.loads(one), schema["resource_schemas"]) for one in (first, second)]


def _resources(state: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    tokens = {terraform_type(token): token for token in sorted(types_of_pulumi_aws(), reverse=True)}
    listed = state["values"]["root_module"]["resources"]
    return [
        {
            "type": tokens[one["type"]],
            "name": one["address"],
            "after": one.get("depends_on", []),
            "inputs": _inputs(one["type"], one["values"], schemas[one["type"]]["block"].get("attributes", {})),
        }
        for one in listed
    ]


def _inputs(type_: str, values: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    """What the program asks for, as Pulumi spells it; nothing that the provider alone says."""

    def is_input(name: str) -> bool:
        attribute = attributes.get(name, {"optional": True})
        # Terraform's own name for a resource, which may be asked for nowhere.
        if name == "id":
            return False
        return bool(attribute.get("optional") or attribute.get("required"))

    given = cast("dict[str, Any]", _camel({name: value for name, value in values.items() if is_input(name)}))
    renamed = {_RENAMED.get(type_, {}).get(name, name): value for name, value in given.items()}
    return {name: "[secret]" if name in _SECRET else value for name, value in renamed.items()}


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value).items()
        return {_name(key): _camel(one) for key, one in fields if one not in (None, [], {})}
    return [_camel(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _name(key: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), key)


if __name__ == "__main__":
    main()
