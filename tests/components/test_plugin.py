"""The package as a plugin: its schema, and how it reports bad arguments."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pipeline_identity._schema import about_the_package, addresses

from tests.components.cases import identity_args
from tests.components.recording import record

COMPONENTS = Path(__file__).parents[2] / "components"


@pytest.fixture
def host() -> Any:
    return runpy.run_path(str(COMPONENTS / "__main__.py"))["Host"]()


def test_the_schema_names_the_components(host: Any) -> None:
    assert set(json.loads(host.schema)["resources"]) == {
        "pipeline-identity:index:PipelineIdentity",
        "pipeline-identity:index:PipelineOidcProvider",
        "pipeline-identity:index:PipelineRole",
        "pipeline-identity:index:PipelineStages",
        "pipeline-identity:index:PipelineTokenIssuer",
        "pipeline-identity:index:PipelineTrail",
        "pipeline-identity:index:PipelineUser",
        "pipeline-identity:index:PipelineWatch",
    }


def test_everything_in_the_schema_is_described(host: Any) -> None:
    schema = json.loads(host.schema)
    named = {**schema["resources"], **schema["types"]}

    for name, thing in named.items():
        assert thing["description"], name
        for properties in (thing.get("properties", {}), thing.get("inputProperties", {})):
            for argument, described in properties.items():
                assert described["description"], f"{name}.{argument}"
                assert "\n  " not in described["description"], f"{name}.{argument} keeps the indentation of its source"


def test_no_type_in_the_schema_is_anything_at_all(host: Any) -> None:
    assert "pulumi.json#/Any" not in host.schema


def test_the_plugin_makes_the_component_that_the_library_makes(host: Any) -> None:
    recording = record(lambda: host.construct("site", "pipeline-identity:index:PipelineIdentity", _in_schema()))

    assert recording.resources[0].type == "pipeline-identity:index:PipelineIdentity"
    assert len(recording.resources) == 9


def test_the_plugin_reports_a_bad_argument_without_a_stack_trace(host: Any) -> None:
    inputs = _in_schema() | {"roleName": "a b"}

    with pytest.raises(pulumi.InputPropertiesError, match="PipelineIdentity site: 1 argument cannot be used") as error:
        record(lambda: host.construct("site", "pipeline-identity:index:PipelineIdentity", inputs))
    assert error.value.errors
    (problem,) = error.value.errors
    assert problem["property_path"] == "roleName"
    assert problem["reason"].startswith("is not a name that IAM accepts; use 1 to 64 letters")


def test_the_schema_marks_what_must_be_given(host: Any) -> None:
    required = {name: resource["requiredInputs"] for name, resource in json.loads(host.schema)["resources"].items()}

    assert required == {
        "pipeline-identity:index:PipelineIdentity": [],
        "pipeline-identity:index:PipelineOidcProvider": ["audiences", "issuer"],
        "pipeline-identity:index:PipelineRole": ["trust"],
        "pipeline-identity:index:PipelineStages": ["stages"],
        "pipeline-identity:index:PipelineTokenIssuer": [],
        "pipeline-identity:index:PipelineTrail": ["bucketName"],
        "pipeline-identity:index:PipelineUser": ["roles"],
        "pipeline-identity:index:PipelineWatch": ["regions"],
    }


def test_the_library_needs_nothing_of_ours_and_loads_only_the_iam_part_of_the_aws_package() -> None:
    code = "import sys, pipeline_identity; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert not [name for name in loaded if name.split(".")[0] in ("iam_guardrails", "sandbox", "boto3")]
    parts = {name.split(".")[1] for name in loaded if name.startswith("pulumi_aws.") and name.count(".") == 2}
    assert parts <= {"iam"}


def _in_schema() -> dict[str, Any]:
    args: Any = identity_args()
    return {
        "accountId": args["account_id"],
        "userName": args["user_name"],
        "roleName": args["role_name"],
        "path": args["path"],
        "permissions": args["permissions"],
    }


def test_the_schema_names_no_address_that_the_project_does_not_have() -> None:
    assert addresses("") == {}
    text = json.dumps(about_the_package())
    assert "http" not in text


def test_all_addresses_follow_from_the_one_of_the_repository() -> None:
    assert addresses("https://github.com/acme/pipelines") == {
        "homepage": "https://github.com/acme/pipelines",
        "repository": "https://github.com/acme/pipelines",
        "logoUrl": "https://raw.githubusercontent.com/acme/pipelines/main/docs/logo.svg",
        "pluginDownloadURL": "github://api.github.com/acme/pipelines",
    }
    assert addresses("https://git.example.com/pipelines").keys() == {"homepage", "repository"}
