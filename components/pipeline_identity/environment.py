"""The settings of a stack: every pipeline of an environment, as `Pulumi.<environment>.yaml` lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi

from pipeline_identity._arns import account_id, partition, policy_arn
from pipeline_identity._names import entity_path, tags
from pipeline_identity._reading.arguments import Arguments, mapping, text
from pipeline_identity._reading.errors import Problems, Refusal, schema_name
from pipeline_identity._reading.reading import SchemaArguments
from pipeline_identity._settings.identity import IdentitySettings, read_identity
from pipeline_identity.pipeline_oidc_provider import read_oidc_provider
from pipeline_identity.pipeline_trail import read_trail
from pipeline_identity.watch.settings import LONGEST_NAME, protected_arns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_identity.pipeline_identity import PipelineIdentityArgs
    from pipeline_identity.pipeline_oidc_provider import PipelineOidcProviderArgs
    from pipeline_identity.pipeline_trail import PipelineTrailArgs

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_TEXTS = ("accountId", "partition", "path", "permissionsBoundary")
_OBJECTS = ("pipelines", "identityProviders", "tags", "trail", "watch")


@dataclass(frozen=True)
class Environment:
    """What the settings of a stack ask for.

    Attributes:
        account_id: The environment's AWS account.
        region: The region to work in.
        pipelines: The arguments of a `PipelineIdentity` for each pipeline, by its name.
        identity_providers: The arguments of a `PipelineOidcProvider` for each identity provider, by its name.
        trail: The arguments of a `PipelineTrail`; None when no trail is to be made.
    """

    account_id: str
    region: str
    pipelines: Mapping[str, PipelineIdentityArgs]
    identity_providers: Mapping[str, PipelineOidcProviderArgs]
    trail: PipelineTrailArgs | None


@dataclass(frozen=True)
class _Shared:
    """What all pipelines of an environment have in common."""

    account_id: str
    region: str
    partition: str
    path: str
    permissions_boundary: str | None
    tags: dict[str, str]
    watch: Mapping[str, object] | None
    trail: Mapping[str, object] | None

    def with_defaults(self, own: Mapping[str, object]) -> dict[str, Any]:
        """Returns arguments with the account and the tags of the environment."""
        merged: dict[str, Any] = {"accountId": self.account_id, "partition": self.partition, "tags": self.tags, **own}
        if isinstance(own.get("tags"), dict):
            merged["tags"] = {**self.tags, **merged["tags"]}
        return merged


def read_environment() -> Environment:
    """Reads the configuration of the stack: what stands in `Pulumi.<environment>.yaml`.

    The settings are those that `Pulumi.yaml` of this project describes: `accountId`, `pipelines`, `identityProviders`,
    `watch`, `trail`, `path`, `partition`, `permissionsBoundary` and `tags`, and `aws:region`.

    Raises:
        ArgumentError: A setting cannot be used. All such settings are named, each with its value and the fix.
    """
    problems = Problems(schema_name)
    settings = Arguments(_stack_config(), problems)
    shared = _read_shared(settings)
    pipelines = settings.optional("pipelines", _pipelines, dict[str, "Mapping[str, object]"]())
    providers = settings.optional("identity_providers", _named, dict[str, "Mapping[str, object]"]())
    where = f"Pulumi.{pulumi.get_stack()}.yaml"
    problems.stop_if_any(where)
    environment = Environment(
        account_id=shared.account_id,
        region=shared.region,
        pipelines=_read_pipelines(shared, pipelines, problems),
        identity_providers=_read_providers(shared, providers, problems),
        trail=_read_trail(shared, problems),
    )
    problems.stop_if_any(where)
    return environment


def _read_shared(settings: Arguments) -> _Shared:
    if not settings.given("pipelines"):
        settings.refuse(("pipelines",), None, "is missing", "write the environment's pipelines by name")
    return _Shared(
        account_id=settings.required("account_id", account_id, meaning="the account's 12 digits in quotes"),
        region=settings.required("aws:region", text, meaning="the region to work in, such as eu-west-1"),
        partition=settings.optional("partition", partition, "aws"),
        path=settings.optional("path", entity_path, "/"),
        permissions_boundary=settings.optional("permissions_boundary", policy_arn, None),
        tags=settings.optional("tags", tags, dict[str, str]()),
        # Nothing written is an empty mapping, by the default of Pulumi.yaml.
        watch=settings.optional("watch", mapping, None) or None,
        trail=settings.optional("trail", mapping, None) or None,
    )


def _read_pipelines(
    shared: _Shared, pipelines: Mapping[str, Mapping[str, object]], problems: Problems
) -> dict[str, PipelineIdentityArgs]:
    found: dict[str, PipelineIdentityArgs] = {}
    taken: dict[str, str] = {}
    for name, own in pipelines.items():
        arguments = _identity_arguments(shared, name, own)
        reader = Arguments(arguments, problems, ("pipelines", name))
        for argument, value in _names(read_identity(reader, name)).items():
            owner = taken.setdefault(f"{argument} {value}".lower(), name)
            if owner != name:
                fix = "choose a name of its own: IAM ignores case"
                reader.refuse(argument, value, f"is taken by the pipeline {owner}", fix)
        found[name] = arguments
    return found


def _names(identity: IdentitySettings) -> dict[tuple[str, ...], str]:
    names: dict[tuple[str, ...], str] = {("role_name",): identity.role.name}
    if identity.user:
        names["user_name",] = identity.user.name
    if identity.watch:
        names["watch", "watch_name"] = identity.watch.name
    return names


def _identity_arguments(shared: _Shared, name: str, own: Mapping[str, object]) -> Any:
    arguments: dict[str, Any] = {
        "userName": f"{name}-pipeline",
        "roleName": f"{name}-pipeline",
        "path": shared.path,
        "permissionsBoundary": shared.permissions_boundary,
        **shared.with_defaults(own),
    }
    watch = own.get("watch")
    if isinstance(watch, dict) or (watch is None and shared.watch is not None):
        defaults = {"watchName": name[:LONGEST_NAME], "regions": [shared.region], "tags": shared.tags}
        arguments["watch"] = {**defaults, **(shared.watch or {}), **(watch or {})}
        arguments["generatedBoundary"] = _protecting(shared, arguments)
    return SchemaArguments(arguments)


def _protecting(shared: _Shared, arguments: Mapping[str, Any]) -> Any:
    """Returns the boundary that is generated, if one is: it keeps the pipeline off its alarms and the trail as well."""
    boundary: Any = arguments.get("generatedBoundary")
    if shared.trail is None or not isinstance(boundary, dict):
        return cast("object", boundary)
    trail = read_trail(Arguments(shared.with_defaults(shared.trail), Problems()))
    protected = protected_arns(trail.account, str(arguments["watch"]["watchName"])) + trail.protected_arns
    written = cast("dict[str, object]", boundary)
    given = Arguments(written, Problems()).texts("protected_resources", text)
    return {**written, "protectedResources": [*given, *protected]}


def _read_providers(
    shared: _Shared, providers: Mapping[str, Mapping[str, object]], problems: Problems
) -> dict[str, PipelineOidcProviderArgs]:
    found: dict[str, Any] = {name: SchemaArguments(shared.with_defaults(own)) for name, own in providers.items()}
    for name, arguments in found.items():
        read_oidc_provider(Arguments(arguments, problems, ("identity_providers", name)))
    return found


def _read_trail(shared: _Shared, problems: Problems) -> Any:
    if shared.trail is None:
        return None
    arguments = SchemaArguments(shared.with_defaults(shared.trail))
    read_trail(Arguments(arguments, problems, ("trail",)))
    return arguments


def _stack_config() -> dict[str, object]:
    config = pulumi.Config()
    found: dict[str, object] = {"aws:region": pulumi.Config("aws").get("region")}
    found |= {name: config.get(name) for name in _TEXTS}
    return found | {name: _mapping_of(config, name) for name in _OBJECTS}


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
