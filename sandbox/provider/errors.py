"""What went wrong, in words for the person who deploys."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Generator

    from google.protobuf import struct_pb2

    from sandbox.provider.resource import Resource


class ProviderError(Exception):
    """An error that is shown as it is: it says what was being done and why that went wrong."""


class PartlyDoneError(Exception):
    """A resource is there, but not as it was meant.

    Attributes:
        id: Its id.
        outputs: What it is now.
    """

    def __init__(self, resource_id: str, outputs: struct_pb2.Struct, reason: Exception) -> None:
        super().__init__(explained(reason))
        self.id = resource_id
        self.outputs = outputs


@contextmanager
def said(doing: str) -> Generator[None]:
    """Let an error of AWS say what was being done.

    Args:
        doing: For example ``creating aws:iam/user:User 'deployer'``.

    Raises:
        ProviderError: In place of the error of AWS.
    """
    try:
        yield
    except (ClientError, BotoCoreError, LookupError) as error:
        raise ProviderError(f"{doing}: {explained(error)}") from error
    except PartlyDoneError as error:
        error.args = (f"{doing}: {error}",)
        raise


def explained(error: Exception) -> str:
    """An error of AWS as its code and text."""
    if isinstance(error, ClientError):
        said_by_aws = error.response.get("Error", {})
        return f"{said_by_aws.get('Code')}: {said_by_aws.get('Message')} ({error.operation_name})"
    return str(error)


def code(error: Exception) -> str:
    """The code of an error of AWS; empty for any other error."""
    return str(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else ""


@contextmanager
def unless(expected: str) -> Generator[None]:
    """Take an error of AWS for no error.

    Args:
        expected: Its code.
    """
    try:
        yield
    except ClientError as error:
        if code(error) != expected:
            raise


def is_gone(resource: Resource, error: Exception) -> bool:
    """Whether an error says that the resource is no more."""
    return code(error) in resource.gone
