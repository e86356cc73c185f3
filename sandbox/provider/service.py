"""What the engine asks of a provider, call by call: messages in, messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from sandbox.provider import configuration, functions, plan, registry
from sandbox.provider.aws import Aws, assume_roles, check_account
from sandbox.provider.configuration import Configuration
from sandbox.provider.errors import PartlyDoneError, is_gone, said
from sandbox.provider.resource import HalfCreatedError
from sandbox.provider.values import Properties, from_struct, to_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.provider.resource import Created, Found, Resource
    from sandbox.provider.values import Value

_ACCOUNT_SETTINGS = ("allowedAccountIds", "forbiddenAccountIds")
_KINDS = {
    ("ADD", False): provider_pb2.PropertyDiff.ADD,
    ("ADD", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("UPDATE", False): provider_pb2.PropertyDiff.UPDATE,
    ("UPDATE", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
    ("DELETE", False): provider_pb2.PropertyDiff.DELETE,
    ("DELETE", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
}


class Service:
    """The provider's answers. Calls come from many threads at once."""

    def __init__(self, version: str) -> None:
        """Make one that is not configured yet.

        Args:
            version: The version of the package it stands in for.
        """
        self._version = version
        self._aws = Aws(Configuration())

    def plugin_info(self, _request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Who this is."""
        return plugin_pb2.PluginInfo(version=self._version)

    def schema(self, _request: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:
        """The types and properties there are, for tools that ask; a deployment never does."""
        return provider_pb2.GetSchemaResponse(schema=registry.schema(self._version))

    def check_configuration(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Whether the settings make sense, before anything is done with them."""
        settings = configuration.decode(from_struct(request.news))
        problems = {name: configuration.account_ids_problem(settings, name) for name in _ACCOUNT_SETTINGS}
        failures = [plan.Failure(name, problem) for name, problem in problems.items() if problem]
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def compare_configuration(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """What changes in the settings; no such change replaces a resource."""
        old, new = from_struct(request.olds), from_struct(request.news)
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name) and name != "version")
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
        )

    def configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Take the settings, assume roles, and make sure that this is an account that may be changed."""
        settings = configuration.parse(from_struct(request.args))
        aws = Aws(settings)
        while aws.configuration.roles:
            aws = Aws(assume_roles(aws.configuration, aws))
        check_account(aws.configuration, aws)
        self._aws = aws
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Whether the inputs of a resource make sense."""
        resource = registry.resource(_type(request.urn))
        inputs, failures = plan.check(
            resource, _name(request.urn), from_struct(request.olds), from_struct(request.news), request.randomSeed
        )
        return provider_pb2.CheckResponse(inputs=_struct(inputs), failures=_failures(failures))

    def compare(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """What is to change in a resource, and whether that takes a new one."""
        resource = registry.resource(_type(request.urn))
        state = from_struct(request.olds)
        inputs = plan.with_defaults(resource, from_struct(request.news))
        # What is ignored inside a property, the engine has put back into the inputs: the rest of it still counts.
        ignored = {path for path in request.ignoreChanges if not {".", "["} & set(path)}
        changes = plan.compare(resource, state, inputs, self._aws.default_tags, ignored)
        replaces = [change.path for change in changes if change.replaces]
        some = provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            replaces=replaces,
            diffs=[change.path for change in changes],
            deleteBeforeReplace=bool(replaces) and plan.needs_delete_first(resource, state, inputs),
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces]) for change in changes
            },
            hasDetailedDiff=True,
        )

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Make a resource, or say as far as it is known what it will be."""
        resource = registry.resource(_type(request.urn))
        inputs = plan.with_defaults(resource, from_struct(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=_struct(plan.planned(resource, inputs, self._aws.default_tags))
            )
        tagged = self._tagged(resource, inputs)
        with said(f"creating {resource.token} {_name(request.urn)!r}"):
            try:
                created = resource.create(self._aws, tagged)
            except HalfCreatedError as error:
                raise self._partly_done(resource, error, inputs) from error
            outputs = self._outputs_of_new(resource, created, inputs)
        return provider_pb2.CreateResponse(id=created.id, properties=_struct(outputs))

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Say what a resource is now, known or to be imported; no id means that it is no more."""
        resource = registry.resource(_type(request.urn))
        state = from_struct(request.properties)
        inputs = from_struct(request.inputs)
        with said(f"reading {resource.token} {request.id!r}"):
            found = self._find(resource, request.id, Properties(state))
        if found is None:
            return provider_pb2.ReadResponse()
        outputs = plan.settled(resource, found, {**state, "id": request.id}, self._aws.default_tags)
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=_struct(outputs),
            inputs=_struct(plan.refreshed_inputs(resource, inputs, outputs)),
        )

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Change a resource in place, or say what it will be then."""
        resource = registry.resource(_type(request.urn))
        old = Properties(from_struct(request.olds))
        inputs = plan.with_defaults(resource, from_struct(request.news))
        if request.preview:
            known = {name: value for name, value in old.items() if name in (*resource.outputs, "id")}
            return provider_pb2.UpdateResponse(
                properties=_struct({**plan.planned(resource, inputs, self._aws.default_tags), **known})
            )
        with said(f"updating {resource.token} {request.id!r}"):
            resource.update(self._aws, request.id, old, self._tagged(resource, inputs))
            resource_id = resource.id_after_update(request.id, inputs)
            known = {**old, **inputs, "id": resource_id}
            found = self._find(resource, resource_id, Properties(known))
            if found is None:
                raise LookupError(f"{resource_id} is gone.")
        outputs = plan.settled(resource, found, known, self._aws.default_tags)
        return provider_pb2.UpdateResponse(properties=_struct(outputs))

    def delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Remove a resource. One that is no more is no error."""
        resource = registry.resource(_type(request.urn))
        with said(f"deleting {resource.token} {request.id!r}"):
            try:
                resource.delete(self._aws, request.id, Properties(from_struct(request.properties)))
            except Exception as error:
                if not is_gone(resource, error):
                    raise
        return empty_pb2.Empty()

    def invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Answer a function of the package."""
        with said(f"invoking {request.tok}"):
            answer = functions.invoke(self._aws, request.tok, Properties(from_struct(request.args)))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(_struct(answer))
        return response

    def cancel(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Take note that the engine wants to end: calls under way are short, and are let finish."""
        return empty_pb2.Empty()

    def _tagged(self, resource: Resource, inputs: Properties) -> Properties:
        """The inputs with all the tags the resource is to have."""
        if "tags" not in resource.properties:
            return inputs
        return Properties({**inputs, "tags": plan.all_tags(self._aws.default_tags, inputs)})

    def _find(self, resource: Resource, resource_id: str, state: Properties) -> Found | None:
        try:
            return resource.read(self._aws, resource_id, state)
        except Exception as error:
            if is_gone(resource, error):
                return None
            raise

    def _outputs_of_new(self, resource: Resource, created: Created, inputs: Properties) -> dict[str, Value]:
        known = {**inputs, **created.facts, "id": created.id}
        found = self._find(resource, created.id, Properties(known))
        if found is None:
            raise LookupError(f"{created.id} was made and is gone already.")
        return plan.settled(resource, {**found, **created.facts}, known, self._aws.default_tags)

    def _partly_done(self, resource: Resource, error: HalfCreatedError, inputs: Properties) -> PartlyDoneError:
        outputs = self._outputs_of_new(resource, error.created, inputs)
        return PartlyDoneError(error.created.id, _struct(outputs), error.reason)


def _struct(values: Mapping[str, Value]) -> struct_pb2.Struct:
    return json_format.ParseDict(to_plain(values), struct_pb2.Struct())


def _failures(failures: Iterable[plan.Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]
