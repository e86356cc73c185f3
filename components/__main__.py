"""Hosts the components for programs in every Pulumi language.

The engine starts this file when a program uses the package `pipeline-identity`. The schema is inferred from the
components.
"""

import inspect
import json
import sys
from importlib.metadata import version
from typing import Any, cast

import pulumi
import pulumi.provider
from pipeline_identity import (
    ArgumentError,
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineStages,
    PipelineTokenIssuer,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
)
from pipeline_identity._life.deployment import serve_one_deployment
from pipeline_identity._reading.reading import SchemaArguments
from pipeline_identity._schema import DISTRIBUTION, complete
from pulumi.errors import InputPropertyErrorDetails
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

NAME = "pipeline-identity"
COMPONENTS: list[type[pulumi.ComponentResource]] = [
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineStages,
    PipelineTokenIssuer,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
]


class Host(ComponentProvider):
    """A component provider that reports bad arguments as such, without the stack of our own code."""

    def __init__(self) -> None:
        super().__init__(COMPONENTS, NAME, version=version(DISTRIBUTION))
        serve_one_deployment()
        schema = json.loads(self.schema or "{}")
        self._describe(schema)
        self.schema = json.dumps(_tidy(complete(schema, NAME)))

    def map_inputs(self, inputs: pulumi.Inputs, component_def: ComponentDefinition) -> pulumi.Inputs:
        """Hands the arguments on under the names of the schema, which the components know as well.

        The SDK would drop a nested argument that is an output as a whole.
        """
        del component_def
        return SchemaArguments({name: value for name, value in inputs.items() if value is not None})

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

    def _describe(self, schema: dict[str, Any]) -> None:
        """Adds the descriptions of arguments that several types have: the SDK looks at one class alone."""
        for definition in self._component_defs.values():
            described = schema["resources"][f"{NAME}:index:{definition.name}"]["inputProperties"]
            arguments = getattr(sys.modules[cast("str", definition.module)], f"{definition.name}Args")
            self._describe_inherited(arguments, definition.inputs_mapping, described)
        for definition in self._type_defs.values():
            described = schema["types"][f"{NAME}:index:{definition.name}"].get("properties", {})
            self._describe_inherited(definition.python_type, definition.properties_mapping, described)

    def _describe_inherited(self, type_: type, names: dict[str, str], described: dict[str, Any]) -> None:
        for in_schema, in_python in names.items():
            for base in _bases(type_):
                text = self.analyzer.get_docstring(base, in_python)
                if text and "description" not in described[in_schema]:
                    _set_description(described[in_schema], text)


def _bases(type_: type) -> list[type]:
    """Returns the types that a type of arguments is put together from, which are not among its base classes."""
    bases: tuple[object, ...] = getattr(type_, "__orig_bases__", ())
    return [one for base in bases if isinstance(base, type) for one in (base, *_bases(base))]


def _set_description(described: dict[str, Any], text: str) -> None:
    described["description"] = text
    for inner in ("items", "additionalProperties"):
        if inner in described:
            _set_description(described[inner], text)


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
