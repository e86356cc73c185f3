"""Hosts the components for programs in every Pulumi language.

The engine starts this file when a program uses the package `pipeline-identity`. The schema is inferred from the
components.
"""

import inspect
import json
import sys
from importlib.metadata import version
from typing import cast

import pulumi
import pulumi.provider
from pipeline_identity import (
    ArgumentError,
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
)
from pipeline_identity._life.deployment import serve_one_deployment
from pipeline_identity._reading.errors import use_schema_names
from pulumi.errors import InputPropertyErrorDetails
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

NAME = "pipeline-identity"
COMPONENTS: list[type[pulumi.ComponentResource]] = [
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
]


class Host(ComponentProvider):
    """A component provider that reports bad arguments as such, without the stack of our own code."""

    def __init__(self) -> None:
        super().__init__(COMPONENTS, NAME, version=version("pulumi-pipeline-identity"))
        use_schema_names()
        serve_one_deployment()
        self.schema = json.dumps(_tidy(json.loads(self.schema or "{}")))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> pulumi.provider.ConstructResult:
        """Makes the component."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, ArgumentError):
                raise _as_input_error(error.inner) from None
            raise


def _as_input_error(error: ArgumentError) -> pulumi.InputPropertiesError:
    places: list[InputPropertyErrorDetails] = [
        {"property_path": problem.place, "reason": f"{problem.reason}; {problem.fix}"} for problem in error.problems
    ]
    # The engine writes a line for each place, with its value.
    return pulumi.InputPropertiesError(error.summary, places)


def _tidy(schema: object) -> object:
    """Takes the indentation of our source out of the descriptions."""
    if isinstance(schema, list):
        return [_tidy(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    entries = cast("dict[str, object]", schema)
    return {
        name: inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _tidy(value)
        for name, value in entries.items()
    }


if __name__ == "__main__":
    pulumi.provider.main(Host(), sys.argv[1:])
