"""Hosts the components for programs in every Pulumi language.

The engine starts this file when a program uses the package `pipeline-identity`. The schema is inferred from the
components.
"""

import sys
from importlib.metadata import version

import pulumi
import pulumi.provider
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineRole, PipelineUser
from pipeline_identity.errors import use_schema_names
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

NAME = "pipeline-identity"
COMPONENTS: list[type[pulumi.ComponentResource]] = [PipelineIdentity, PipelineRole, PipelineUser]


class Host(ComponentProvider):
    """A component provider that reports bad arguments as such, without the stack of our own code."""

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
                raise pulumi.InputPropertiesError(str(error.inner)) from None
            raise


if __name__ == "__main__":
    use_schema_names()
    pulumi.provider.main(Host(COMPONENTS, NAME, version=version("pulumi-pipeline-identity")), sys.argv[1:])
