"""What `pulumi-aws` knows only since some version, and is rejected where an earlier one is installed.

Sources: https://www.pulumi.com/registry/packages/aws/how-to-guides/aws-enhanced-region-support (a region for each
resource), https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration (`assumeRoles`).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_identity._reading.arguments import Arguments


def refuse_before_version_7(arguments: Arguments, argument: str, needs: str) -> None:
    """Refuses an argument that the installed `pulumi-aws` has no way to express.

    Args:
        arguments: The arguments that it is one of.
        argument: Its name.
        needs: What it takes, as the end of "it needs ...".
    """
    installed = _installed()
    if int(installed.partition(".")[0]) < 7:
        arguments.refuse((argument,), None, f"needs {needs}, unknown to pulumi-aws {installed}", "install pulumi-aws 7")


def refuse_without(arguments: Arguments, argument: str, module: object, resource: str) -> None:
    """Refuses an argument that takes a resource which the installed `pulumi-aws` does not have.

    Args:
        arguments: The arguments that it is one of.
        argument: Its name.
        module: The module of `pulumi_aws` that has the resource in later versions.
        resource: The resource's name.
    """
    if not hasattr(module, resource):
        reason = f"needs {resource}, unknown to pulumi-aws {_installed()}"
        arguments.refuse((argument,), None, reason, "install a later pulumi-aws")


@cache
def _installed() -> str:
    return version("pulumi-aws")
