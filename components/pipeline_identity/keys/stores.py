"""The key that is handed out, in a store of AWS: a secret of Secrets Manager or a parameter of Systems Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import iam, secretsmanager, ssm

from pipeline_identity.keys.settings import KeySecret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity._reading.reading import Reading
    from pipeline_identity._settings.user import UserSettings


def declare_store(
    name: str,
    key: iam.AccessKey,
    read: Reading[UserSettings],
    options: Callable[[list[pulumi.Resource]], pulumi.ResourceOptions],
) -> pulumi.Output[str]:
    """Declares the store, with the key in it as JSON: `accessKeyId` and `secretAccessKey`.

    Args:
        name: The name of the component.
        key: The key that is handed out.
        read: The settings of the user.
        options: Makes the options of a resource that must wait for others.

    Returns:
        The ARN of the secret or parameter.
    """
    settings = read.settings.keys
    tags, kms_key = read.input(lambda user: user.entity.tags), read.input(lambda user: user.keys.kms_key_arn)
    described = f"The access key of {name}, by Pulumi"
    content = pulumi.Output.secret(pulumi.Output.all(key.id, key.secret).apply(_content))
    if settings.secret is KeySecret.PARAMETER_STORE:
        parameter = ssm.Parameter(
            f"{name}-key-parameter",
            name=settings.store_name,
            description=described,
            type="SecureString",
            key_id=kms_key,
            value=content,
            tags=tags,
            opts=options([key]),
        )
        return parameter.arn
    secret = secretsmanager.Secret(
        f"{name}-key-secret",
        name=settings.store_name,
        description=described,
        kms_key_id=kms_key,
        # A key that was deleted is worth nothing, and its name can be used again at once.
        recovery_window_in_days=0,
        tags=tags,
        opts=options([]),
    )
    secretsmanager.SecretVersion(
        f"{name}-key-secret", secret_id=secret.id, secret_string=content, opts=options([key, secret])
    )
    return secret.arn


def _content(key: list[str]) -> str:
    key_id, secret = key
    return json.dumps({"accessKeyId": key_id, "secretAccessKey": secret})
