"""The Pulumi program: every pipeline of an environment gets its AWS identity.

An environment is a stack, and its settings stand in `Pulumi.<environment>.yaml`; `Pulumi.yaml` says what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws
from pipeline_identity import PipelineIdentity, PipelineIdentityArgs, PipelineOidcProvider, PipelineOidcProviderArgs
from pipeline_identity.arguments import Arguments, mapping, text
from pipeline_identity.arns import account_id, partition, policy_arn
from pipeline_identity.errors import Problems, Refusal, use_schema_names
from pipeline_identity.identity import read_identity
from pipeline_identity.names import entity_path, tags
from pipeline_identity.pipeline_oidc_provider import read_oidc_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")


@dataclass(frozen=True)
class Environment:
    """What all pipelines of an environment have in common, and the settings of each."""

    account_id: str
    region: str
    partition: str
    path: str
    permissions_boundary: str | None
    tags: dict[str, str]
    pipelines: dict[str, Mapping[str, object]]
    identity_providers: dict[str, Mapping[str, object]]


def read_environment(config: Mapping[str, object], problems: Problems) -> Environment:
    """Reads the settings of the stack."""
    settings = Arguments(config, problems)
    if not settings.given("pipelines"):
        settings.refuse(("pipelines",), None, "is missing", "write the environment's pipelines by name")
    return Environment(
        account_id=settings.required("account_id", account_id, meaning="the account's 12 digits in quotes"),
        region=settings.required("aws:region", text, meaning="the region to work in, such as eu-west-1"),
        partition=settings.optional("partition", partition, "aws"),
        path=settings.optional("path", entity_path, "/"),
        permissions_boundary=settings.optional("permissions_boundary", policy_arn, None),
        tags=settings.optional("tags", tags, dict[str, str]()),
        pipelines=settings.optional("pipelines", _pipelines, dict[str, "Mapping[str, object]"]()),
        identity_providers=settings.optional("identity_providers", _named, dict[str, "Mapping[str, object]"]()),
    )


def identities(environment: Environment, problems: Problems) -> dict[str, PipelineIdentityArgs]:
    """Returns the arguments of every pipeline's identity, checked."""
    arguments = {name: _identity_args(environment, name, own) for name, own in environment.pipelines.items()}
    taken: dict[str, str] = {}
    for name, args in arguments.items():
        reader = Arguments(args, problems, ("pipelines", name))
        settings = read_identity(reader)
        names = {"role_name": settings.role.name} | ({"user_name": settings.user.name} if settings.user else {})
        for argument, value in names.items():
            owner = taken.setdefault(f"{argument} {value}".lower(), name)
            if owner != name:
                reader.refuse(
                    (argument,),
                    value,
                    f"is taken by the pipeline {owner}",
                    "choose a name of its own: IAM ignores case",
                )
    return arguments


def providers(environment: Environment, problems: Problems) -> dict[str, PipelineOidcProviderArgs]:
    """Returns the arguments of every identity provider, checked."""
    arguments = {name: _shared(environment, own) for name, own in environment.identity_providers.items()}
    for name, args in arguments.items():
        read_oidc_provider(Arguments(args, problems, ("identityProviders", name)))
    return cast("dict[str, PipelineOidcProviderArgs]", cast("object", arguments))


def deploy() -> None:
    """Declares everything, or nothing when a setting cannot be used."""
    use_schema_names()
    where = f"Pulumi.{pulumi.get_stack()}.yaml"
    problems = Problems()
    environment = read_environment(_stack_config(), problems)
    problems.stop_if_any(where)
    arguments, provider_arguments = identities(environment, problems), providers(environment, problems)
    problems.stop_if_any(where)
    provider = aws.Provider("aws", region=environment.region, allowed_account_ids=[environment.account_id])
    options = pulumi.ResourceOptions(provider=provider)
    trusted = [PipelineOidcProvider(name, args, options) for name, args in provider_arguments.items()]
    options = pulumi.ResourceOptions(provider=provider, depends_on=trusted)
    pulumi.export(
        "pipelines", {name: _outputs(PipelineIdentity(name, args, options)) for name, args in arguments.items()}
    )


def _stack_config() -> dict[str, object]:
    config = pulumi.Config()
    found: dict[str, object] = {"aws:region": pulumi.Config("aws").get("region")}
    found |= {name: config.get(name) for name in ("accountId", "partition", "path", "permissionsBoundary")}
    return found | {name: _mapping_of(config, name) for name in ("pipelines", "identityProviders", "tags")}


def _mapping_of(config: pulumi.Config, name: str) -> object:
    try:
        return config.get_object(name)
    except pulumi.ConfigTypeError:
        # Plain text where a mapping belongs: whoever reads it says so.
        return config.get(name)


def _named(value: object) -> dict[str, Mapping[str, object]]:
    entries = mapping(value)
    for name in entries:
        if not _NAME.fullmatch(name):
            raise Refusal(f"has the name {name!r}", "begin names with a letter, and use up to 41 letters, digits and -")
    return {name: mapping(settings) for name, settings in entries.items()}


def _pipelines(value: object) -> dict[str, Mapping[str, object]]:
    pipelines = _named(value)
    if not pipelines:
        raise Refusal("has no pipelines", "add at least one")
    return pipelines


def _shared(environment: Environment, own: Mapping[str, object]) -> dict[str, object]:
    shared: dict[str, object] = {
        "accountId": environment.account_id,
        "partition": environment.partition,
        "tags": environment.tags,
    }
    shared |= own
    if isinstance(own.get("tags"), dict):
        shared["tags"] = environment.tags | cast("dict[str, str]", own["tags"])
    return shared


def _identity_args(environment: Environment, name: str, own: Mapping[str, object]) -> PipelineIdentityArgs:
    defaults: dict[str, object] = {
        "userName": f"{name}-pipeline",
        "roleName": f"{name}-pipeline",
        "path": environment.path,
        "permissionsBoundary": environment.permissions_boundary,
    }
    return cast("PipelineIdentityArgs", cast("object", defaults | _shared(environment, own)))


def _outputs(identity: PipelineIdentity) -> dict[str, pulumi.Output[Any]]:
    return {
        "userName": identity.user_name,
        "userArn": identity.user_arn,
        "roleName": identity.role_name,
        "roleArn": identity.role_arn,
        "accessKeyId": identity.access_key_id,
        "secretAccessKey": identity.secret_access_key,
        "keyIds": identity.key_ids,
        "keyStatuses": identity.key_statuses,
        "keysDue": identity.keys_due,
        "nextKeyDue": identity.next_key_due,
        "keyOverdue": identity.key_overdue,
        "rotationToDo": identity.rotation_to_do,
        "maxSessionDuration": identity.max_session_duration,
        "sessionName": identity.session_name,
        "profile": identity.profile,
    }


deploy()
