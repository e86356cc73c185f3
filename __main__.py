"""The Pulumi program: every pipeline of an environment gets its AWS identity.

An environment is a stack, and its settings stand in `Pulumi.<environment>.yaml`; `Pulumi.yaml` says what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_aws as aws
from pipeline_identity import (
    PipelineIdentity,
    PipelineIdentityArgs,
    PipelineOidcProvider,
    PipelineOidcProviderArgs,
    PipelineTrail,
    PipelineTrailArgs,
    PipelineWatch,
    PipelineWatchArgs,
)
from pipeline_identity._arns import account_id, partition, policy_arn
from pipeline_identity._names import entity_path, tags
from pipeline_identity._reading.arguments import Arguments, mapping, text
from pipeline_identity._reading.errors import Problems, Refusal, use_schema_names
from pipeline_identity._settings.identity import read_identity
from pipeline_identity.pipeline_oidc_provider import read_oidc_provider
from pipeline_identity.pipeline_trail import read_trail
from pipeline_identity.watch.settings import read_watch

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
    watch: Mapping[str, object] | None
    trail: Mapping[str, object] | None


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
        # Nothing written is an empty mapping, by the default of Pulumi.yaml.
        watch=settings.optional("watch", mapping, None) or None,
        trail=settings.optional("trail", mapping, None) or None,
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


def watches(
    environment: Environment, arguments: Mapping[str, PipelineIdentityArgs], problems: Problems
) -> dict[str, PipelineWatchArgs]:
    """Returns the arguments of every pipeline's watch, checked, and keeps each pipeline off its own alarms.

    Args:
        environment: The environment.
        arguments: The arguments of the identities, checked. Boundaries that are generated protect the alarms then.
        problems: Where problems are noted.
    """
    found: dict[str, PipelineWatchArgs] = {}
    taken: dict[str, str] = {}
    for name, own in environment.pipelines.items():
        watch = Arguments(own, Problems()).optional("watch", mapping, None)
        if environment.watch is None and watch is None:
            continue
        identity = read_identity(Arguments(arguments[name], Problems()))
        role_is_here = identity.role_account is None
        boundary = identity.role.boundary_arn
        made = {
            **_shared(environment, {}),
            "watchName": name[:36],
            "regions": [environment.region],
            "userArn": identity.user.arn if identity.user else None,
            "roleArn": identity.role.arn if role_is_here else None,
            "policyArns": [boundary] if boundary and role_is_here else [],
            **(environment.watch or {}),
            **(watch or {}),
        }
        reader = Arguments(made, problems, ("pipelines", name, "watch"))
        settings = read_watch(reader)
        owner = taken.setdefault(settings.name, name)
        if owner != name:
            reader.refuse(
                ("watch_name",), settings.name, f"is taken by the pipeline {owner}", "choose a name of its own"
            )
        found[name] = cast("PipelineWatchArgs", cast("object", made))
        _protect(arguments[name], [*settings.protected_arns, *_protected_of_trail(environment)])
    return found


def trail(environment: Environment, problems: Problems) -> PipelineTrailArgs | None:
    """Returns the arguments of the environment's trail, checked; None when another one is expected to be there."""
    if environment.trail is None:
        return None
    made = _shared(environment, environment.trail)
    read_trail(Arguments(made, problems, ("trail",)))
    return cast("PipelineTrailArgs", cast("object", made))


def deploy() -> None:
    """Declares everything, or nothing when a setting cannot be used."""
    use_schema_names()
    where = f"Pulumi.{pulumi.get_stack()}.yaml"
    problems = Problems()
    environment = read_environment(_stack_config(), problems)
    problems.stop_if_any(where)
    arguments, provider_arguments = identities(environment, problems), providers(environment, problems)
    trail_arguments = trail(environment, problems)
    problems.stop_if_any(where)
    watch_arguments = watches(environment, arguments, problems)
    problems.stop_if_any(where)
    provider = aws.Provider("aws", region=environment.region, allowed_account_ids=[environment.account_id])
    options = pulumi.ResourceOptions(provider=provider)
    trusted = [PipelineOidcProvider(name, args, options) for name, args in provider_arguments.items()]
    options = pulumi.ResourceOptions(provider=provider, depends_on=trusted)
    pipelines = {name: _outputs(PipelineIdentity(name, args, options)) for name, args in arguments.items()}
    options = pulumi.ResourceOptions(provider=provider)
    if trail_arguments:
        PipelineTrail("trail", trail_arguments, options)
    for name, args in watch_arguments.items():
        pipelines[name]["alarmTopics"] = PipelineWatch(name, args, options).topic_arns
    pulumi.export("pipelines", pipelines)


def _stack_config() -> dict[str, object]:
    config = pulumi.Config()
    found: dict[str, object] = {"aws:region": pulumi.Config("aws").get("region")}
    found |= {name: config.get(name) for name in ("accountId", "partition", "path", "permissionsBoundary")}
    return found | {
        name: _mapping_of(config, name) for name in ("pipelines", "identityProviders", "tags", "trail", "watch")
    }


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
    args = defaults | _shared(environment, own)
    args.pop("watch", None)
    return cast("PipelineIdentityArgs", cast("object", args))


def _protect(args: PipelineIdentityArgs, resources: list[str]) -> None:
    """Adds to what a generated boundary protects. Without one, the pipeline's permissions alone keep it off."""
    identity = cast("dict[str, object]", cast("object", args))
    boundary = Arguments(identity, Problems()).optional("generated_boundary", mapping, None)
    if boundary is None:
        return
    given = Arguments(boundary, Problems()).texts("protected_resources", text)
    others = {
        name: value for name, value in boundary.items() if name not in ("protectedResources", "protected_resources")
    }
    identity.pop("generated_boundary", None)
    identity["generatedBoundary"] = others | {"protectedResources": [*given, *resources]}


def _protected_of_trail(environment: Environment) -> list[str]:
    if environment.trail is None:
        return []
    return read_trail(Arguments(_shared(environment, environment.trail), Problems())).protected_arns


def _outputs(identity: PipelineIdentity) -> dict[str, pulumi.Output[Any]]:
    return {
        "userName": identity.user_name,
        "userArn": identity.user_arn,
        "roleName": identity.role_name,
        "roleArn": identity.role_arn,
        "accessKeyId": identity.access_key_id,
        "secretAccessKey": identity.secret_access_key,
        "encryptedSecretAccessKey": identity.encrypted_secret_access_key,
        "keyStoreArn": identity.key_store_arn,
        "keyIds": identity.key_ids,
        "keyStatuses": identity.key_statuses,
        "keysDue": identity.keys_due,
        "nextKeyDue": identity.next_key_due,
        "keyOverdue": identity.key_overdue,
        "rotationToDo": identity.rotation_to_do,
        "maxSessionDuration": identity.max_session_duration,
        "sessionName": identity.session_name,
        "userPolicy": identity.user_policy,
        "trustPolicy": identity.trust_policy,
        "permissionsPolicies": identity.permissions_policies,
        "permissionsBoundary": identity.permissions_boundary,
        "profile": identity.profile,
    }


deploy()
