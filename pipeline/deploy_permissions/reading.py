"""Reads what Pulumi writes about a deployment: previews, saved plans, states, and the debug log of a run.

- `pulumi preview --json`: the steps that are planned. Inputs are those that the provider has completed.
- `pulumi preview --save-plan FILE`: the same, without what is deployed.
- `pulumi stack export`, and the file of a state: what is deployed.
- A log that `PULUMI_DEBUG_GRPC=FILE` writes: which functions the program calls. No other document says that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from deploy_permissions.resources import EVERY_HANDLER, UNKNOWN, Deployment, Invoke, NotReadable, Resource

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The field that marks a secret, an asset or an unknown value in states and logs (pulumi/pulumi, `resource/sig`)."""
_SECRET = "[secret]"  # noqa: S105 - what the engine prints in the place of one
_HANDLERS = {
    "create": ("create", "read"),
    "create-replacement": ("create", "read"),
    "delete": ("delete", "read"),
    "delete-replaced": ("delete", "read"),
    "discard": (),
    "discard-replaced": (),
    "import": ("read",),
    "import-replacement": ("read",),
    "read": ("read",),
    "read-discard": (),
    "read-replacement": ("read",),
    "refresh": ("read",),
    "remove-pending-replace": (),
    "replace": (),
    "same": (),
    "update": ("update", "read"),
}
"""What each step of the engine asks of a provider. A `replace` is announced beside the two steps that carry it out."""
_HELP = (
    "hand over the output of pulumi preview --json, a plan of --save-plan, the output of pulumi stack export, or a log "
    "of PULUMI_DEBUG_GRPC"
)


def read(text: str, name: str = "the document") -> Deployment:
    """What a document says.

    Args:
        text: The document: a preview, a plan, a state or a debug log.
        name: What it is called in errors, such as its file.

    Raises:
        NotReadable: It is none of these.
    """
    try:
        document = cast("object", json.loads(text))
    except ValueError:
        return _log(text, name)
    if not isinstance(document, dict):
        raise NotReadable(f"{name} holds no object; {_HELP}")
    fields = cast("dict[str, Any]", document)
    if "method" in fields:
        return _log(text, name)
    forms: dict[str, Callable[[dict[str, Any]], Deployment]] = {
        "steps": _preview,
        "resourcePlans": _plan,
        "deployment": lambda one: _state(one["deployment"]),
        "checkpoint": lambda one: _state(one["checkpoint"].get("latest") or {}),
        "changeSummary": _preview,
    }
    form = next((forms[key] for key in forms if isinstance(fields.get(key), list | dict)), None)
    if form is None:
        raise NotReadable(f"{name} is not known; {_HELP}")
    try:
        return form(fields)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotReadable(f"{name} is malformed ({type(error).__name__}); {_HELP}") from None


def _preview(document: dict[str, Any]) -> Deployment:
    steps = cast("list[dict[str, Any]]", document.get("steps") or [])
    found: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {}
    for step in steps:
        operation = str(step["op"])
        if operation not in _HANDLERS:
            raise ValueError(operation)
        old, new = _fields(step.get("oldState")), _fields(step.get("newState"))
        before, after, handlers = found.get(step["urn"], ({}, {}, set[str]()))
        found[step["urn"]] = (old or before, new or after, handlers | set(_HANDLERS[operation]))
    resources = [_resource(urn, new or old, old, frozenset(done)) for urn, (old, new, done) in found.items()]
    counted = int(_fields(document.get("changeSummary")).get("same", 0))
    unlisted = max(0, counted - sum(step["op"] == "same" for step in steps))
    return replace(_sorted_out(resources, cast("dict[str, Any]", document.get("config") or {})), unlisted=unlisted)


def _plan(document: dict[str, Any]) -> Deployment:
    resources: list[_Found] = []
    for urn, plan in cast("dict[str, dict[str, Any]]", document["resourcePlans"]).items():
        handlers = frozenset(one for step in plan.get("steps") or () for one in _HANDLERS[step])
        goal, planned = _fields(plan.get("goal")), _fields(plan.get("state"))
        changes = _fields(goal.get("inputDiff"))
        # A plan holds differences: what stays as it is stands in the resource's planned state alone.
        kept = {} if "create" in handlers else planned
        state: dict[str, Any] = {"custom": True, "type": urn.split("::")[2].rpartition("$")[2], **goal}
        state["inputs"] = {**kept, **_fields(changes.get("adds")), **_fields(changes.get("updates"))}
        state["outputs"] = planned
        resources.append(_resource(urn, state, {}, handlers))
    return _sorted_out(resources, cast("dict[str, Any]", document.get("config") or {}))


def _state(deployment: dict[str, Any]) -> Deployment:
    states = cast("list[dict[str, Any]]", deployment.get("resources") or [])
    pending = [one["resource"] for one in deployment.get("pending_operations") or ()]
    return _sorted_out([_resource(one["urn"], one, {}, frozenset()) for one in (*states, *pending)], {})


def _fields(value: Any) -> dict[str, Any]:
    """An object's fields; none where there is no object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


_Found = tuple[Resource, bool]
"""A resource, and whether a provider has it: components have none."""


def _resource(urn: str, state: Mapping[str, Any], old: Mapping[str, Any], handlers: frozenset[str]) -> _Found:
    dependencies = cast("dict[str, list[str] | None]", state.get("propertyDependencies") or {})
    resource = Resource(
        str(urn),
        str(state["type"]),
        _plain(state.get("inputs") or {}),
        _plain(old.get("inputs") or {}) if old is not state else {},
        _plain(state.get("outputs") or {}) | ({"id": state["id"]} if state.get("id") else {}),
        handlers,
        {key: tuple(urns or ()) for key, urns in dependencies.items()},
        str(state.get("provider") or "").rpartition("::")[0],
        bool(state.get("external")),
    )
    return resource, bool(state.get("custom"))


def _sorted_out(found: list[_Found], config: dict[str, Any]) -> Deployment:
    resources: list[Resource] = []
    providers: dict[str, Mapping[str, Any]] = {}
    others: dict[str, int] = {}
    for resource, custom in found:
        package = resource.type.partition(":")[0]
        if resource.type.startswith("pulumi:providers:"):
            providers[resource.urn] = resource.inputs
        elif package in ("aws", "aws-native") and custom:
            resources.append(resource)
        elif custom and package != "pulumi":
            others[package] = others.get(package, 0) + 1
    plain = {key: value for key, value in config.items() if isinstance(value, str)}
    return Deployment(tuple(resources), providers, (), others, plain)


def _plain(value: Any) -> Any:
    """A value without secrets, which become unknown, whatever form they have."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return UNKNOWN if _SIGNATURE in fields else {key: _plain(one) for key, one in fields.items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[Any]", value)]
    return UNKNOWN if value == _SECRET else value


def _log(text: str, name: str) -> Deployment:
    """The functions that a run called. Each call stands there twice or more: from the program and to the provider."""
    invokes: dict[Invoke, None] = {}
    known = False
    for line in text.splitlines():
        entry = _entry(line)
        known = known or entry is not None
        if entry is None or str(entry.get("method")).rpartition("/")[2] not in ("Invoke", "StreamInvoke"):
            continue
        request = cast("dict[str, Any]", entry.get("request") or {})
        token = str(request.get("tok", ""))
        if token.startswith(("aws:", "aws-native:")):
            arguments = cast("Mapping[str, Any]", _plain(request.get("args") or {}))
            invokes.setdefault(_Hashable(token, arguments), None)
    if not known:
        raise NotReadable(f"{name} is no JSON; {_HELP}")
    return Deployment(invokes=tuple(Invoke(one.token, one.arguments) for one in invokes))


class _Hashable(Invoke):
    """A call that equals another of the same function with the same arguments."""

    def __hash__(self) -> int:
        return hash((self.token, json.dumps(self.arguments, sort_keys=True)))


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = cast("object", json.loads(line))
    except ValueError:
        # The last line of a run that was interrupted.
        return None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) and "method" in entry else None


def every_handler(deployment: Deployment) -> Deployment:
    """The deployment with all that its resources will ever need: created, changed, refreshed and destroyed.

    A resource that the program only looks at is read, and no more.
    """
    read_only = frozenset(("read",))
    lasting = [replace(one, handlers=read_only if one.external else EVERY_HANDLER) for one in deployment.resources]
    return replace(deployment, resources=tuple(lasting))
