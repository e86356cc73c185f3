"""Pulumi: the answer of `pulumi preview --json`, saved plans, states (`pulumi stack export`, checkpoint files).

The `aws` provider has Terraform's names, whether its types are Pulumi's own (`aws:iam/role:Role`) or bridged at run
time (`aws:index/iamRole:IamRole`); `aws-native` and `awscc` have CloudFormation's.

Sources: Pulumi, sdk/go/common/apitype (`DeploymentV3`, `ResourceV3`, `DeploymentPlanV1`), pkg/display (`PreviewDigest`)
and sdk/go/common/resource/plugin/rpc.go (secrets and unknown values).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.parts import ANYWHERE, Part, Scope
from iam_guardrails.model.values import Location
from iam_guardrails.sources import kubernetes
from iam_guardrails.sources.declared import Declared, squashed_type
from iam_guardrails.sources.embedded import resource_parts
from iam_guardrails.sources.values import items, members, squash, text

FAMILIES = {"aws": "terraform", "aws-native": "cloudformation", "awscc": "cloudformation"}
"""Packages of Pulumi whose resources belong to AWS -> whose names they have."""

_OF_MODULE = re.compile(r"[^:]+:tf:aws_(\w+)")
"""Resources of a Terraform module that a program uses (`pulumi package add terraform-module`)."""


def family_of(token: str) -> str | None:
    """Whose names a resource's type and properties have; None where it does not belong to AWS.

    Args:
        token: the type token.
    """
    return "terraform" if _OF_MODULE.fullmatch(token) else FAMILIES.get(token.partition(":")[0])


_UNKNOWN_TEXTS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "[secret]",
        "[unknown]",
        "output<string>",
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's public marker, no secret
_PROVIDER = "pulumi:providers:"


def is_pulumi(value: object) -> bool:
    """Whether a value is a preview, a saved plan or a state of Pulumi."""
    return bool(list(_resources(members(value))))


def parts(value: Mapping[str, object], file: str) -> Iterator[Part]:
    """The parts of a preview, plan or state.

    Args:
        value: what Pulumi wrote.
        file: name of the file.
    """
    found = list(_resources(value))
    scopes = {key: scope for _, one in found for key, scope in _provider_scope(one)}
    for pointer, resource in found:
        kind = text(resource.get("type"))
        provider = text(resource.get("provider")).rpartition("::")[0]
        location = Location(file, logical_id=text(resource.get("urn")), pointer=f"{pointer}/inputs")
        properties = members(plain(members(resource.get("inputs"))))
        if kind.startswith("kubernetes:"):
            yield from kubernetes.of_pulumi(kind, properties, location)
            continue
        outputs = members(plain(members(resource.get("outputs"))))
        known = {**{name: one for name, one in outputs.items() if name in _FROM_OUTPUTS}, **properties}
        references = {
            squash(name): tuple(str(one) for one in items(urns))
            for name, urns in members(resource.get("propertyDependencies")).items()
        }
        yield from of_resource(
            kind, text(resource.get("urn")), known, location, references, scopes.get(provider, ANYWHERE)
        )


_FROM_OUTPUTS = ("arn", "name", "path", "uniqueId", "roleName", "userName", "groupName", "url")
"""What a resource's outputs say of it beside its inputs: how it is called. Other outputs repeat other resources."""


def of_resource(
    kind: str,
    urn: str,
    properties: Mapping[str, object],
    location: Location,
    references: Mapping[str, tuple[str, ...]] | None = None,
    scope: Scope = ANYWHERE,
) -> Iterator[Part]:
    """The parts of one resource.

    Args:
        kind: its type token.
        urn: its URN.
        properties: its properties, as plain values; `UNKNOWN` where they are not known.
        location: where they stand.
        references: squashed property -> URNs of the resources whose outputs went into it.
        scope: account that its provider deploys to.
    """
    declared = declared_of(kind, urn, properties, location, references, scope)
    if declared is not None:
        yield from resource_parts(declared)


def declared_of(
    kind: str,
    urn: str,
    properties: Mapping[str, object],
    location: Location,
    references: Mapping[str, tuple[str, ...]] | None = None,
    scope: Scope = ANYWHERE,
) -> Declared | None:
    """One resource; None where its package is none of AWS's. Arguments as those of `of_resource`."""
    family = family_of(kind)
    if family is None:
        return None
    parts = text(properties.get("arn")).split(":")
    if len(parts) > 5 and parts[4].isdigit():
        scope = Scope((parts[4],), parts[1])
    name = urn.rpartition("::")[2]
    return Declared(family, squashed_type(kind), urn, name, properties, location, references or {}, scope, kind)


def _resources(value: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The resources, each with the JSON pointer to it."""
    for place, step in enumerate(items(value.get("steps"))):
        new = members(members(step).get("newState"))
        if "urn" in new and "type" in new:
            yield f"/steps/{place}/newState", new
    for at, state in (
        ("/deployment", members(value.get("deployment"))),
        ("/checkpoint/latest", members(members(value.get("checkpoint")).get("latest"))),
    ):
        for place, resource in enumerate(items(state.get("resources"))):
            if "urn" in members(resource) and not members(resource).get("delete"):
                yield f"{at}/resources/{place}", members(resource)
    for urn, plan in members(value.get("resourcePlans")).items():
        goal = members(members(plan).get("goal"))
        if goal:
            yield f"/resourcePlans/{urn.replace('~', '~0').replace('/', '~1')}/goal", _planned(urn, goal)


def _planned(urn: str, goal: Mapping[str, object]) -> Mapping[str, object]:
    """A resource of a saved plan: what the plan adds and changes."""
    difference = members(goal.get("inputDiff"))
    inputs = {**members(difference.get("updates")), **members(difference.get("adds"))}
    return {**goal, "urn": urn, "inputs": inputs}


def _provider_scope(resource: Mapping[str, object]) -> Iterator[tuple[str, Scope]]:
    """The accounts that a provider may deploy to, by its URN."""
    if not text(resource.get("type")).startswith(_PROVIDER):
        return
    allowed = plain(members(resource.get("inputs")).get("allowedAccountIds"))
    if isinstance(allowed, str):
        try:
            allowed = cast("object", json.loads(allowed))
        except ValueError:
            allowed = None
    accounts = tuple(str(one).zfill(12) for one in items(allowed) if str(one).isdigit())
    if accounts:
        yield text(resource.get("urn")), Scope(accounts)


def plain(value: object) -> object:
    """A value as the engine writes it, with `UNKNOWN` for what is unknown, secret or no plain value."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN_TEXTS else value
    if isinstance(value, Mapping):
        inside = members(cast("object", value))
        if _SIGNATURE in inside:
            return UNKNOWN if inside[_SIGNATURE] == _SECRET else plain(inside.get("value", UNKNOWN))
        return {name: plain(one) for name, one in inside.items()}
    if isinstance(value, list):
        return [plain(one) for one in cast("list[object]", value)]
    return value
