"""What each resource of a deployment needs: actions on resources, under conditions, with who asks for them and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

from deploy_permissions import conditions, functions, scopes, tables
from deploy_permissions.actions import actions, path
from deploy_permissions.beside import beside
from deploy_permissions.catalogue import action_facts
from deploy_permissions.resources import Deployment, Invoke, Resource
from deploy_permissions.scopes import Place, World
from deploy_permissions.types import cloudformation_type, native_of, terraform_type

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Conditions of a statement: operator, key and values."""

TERRAFORM, CLOUDFORMATION = "Terraform AWS provider", "CloudFormation"


@dataclass(frozen=True)
class Need:
    """A required permission.

    Attributes:
        action: The action.
        resources: The ARNs it is needed on; `("*",)` where AWS has no resource level for it.
        asked_by: The URN of the resource, or the token of the function, that asks for it.
        handler: What asks: `create`, `read`, `update` or `delete`.
        why: In a few words, such as the SDK's operation.
        conditions: The conditions under which it is enough.
        role: The role that makes the call in the place of the pipeline's, where the provider assumes one.
    """

    action: str
    resources: tuple[str, ...]
    asked_by: str
    handler: str
    why: str = ""
    conditions: Conditions = ()
    role: str = ""

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing, so that a preview may have it."""
        facts = action_facts(self.action)
        return self.action == "apigateway:GET" or bool(facts and facts.only_reads)


@dataclass(frozen=True)
class Coverage:
    """Which types are known.

    Attributes:
        known: How many resources there are of each known type, by type.
        unknown: The same of types of which nothing is known.
        functions: The functions whose calls are known, or that call nothing.
        alike: The functions that are taken to read what a resource reads, by the type of that resource.
        unknown_functions: The functions of which nothing is known.
        others: How many resources other providers have, by package.
        unlisted: How many resources a preview counts and does not list.
    """

    known: Mapping[str, int] = field(default_factory=dict[str, int])
    unknown: Mapping[str, int] = field(default_factory=dict[str, int])
    functions: tuple[str, ...] = ()
    alike: Mapping[str, str] = field(default_factory=dict[str, str])
    unknown_functions: tuple[str, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict[str, int])
    unlisted: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the deployment is unknown."""
        return not (self.unknown or self.unknown_functions or self.unlisted)


@dataclass(frozen=True)
class Answer:
    """What a deployment needs.

    Attributes:
        needs: Every required permission.
        coverage: Which types are known.
        notes: What a reader should know: what is not known, and what that makes wider.
    """

    needs: tuple[Need, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()


def required(deployment: Deployment, place: Place | None = None) -> Answer:
    """The permissions that a deployment needs, for the handlers that each of its resources names.

    Args:
        deployment: The deployment; see `every_handler` for all that it will ever need.
        place: Account, region and partition, where the caller knows them; else as the documents say.
    """
    world = World({one.urn: one for one in deployment.resources})
    wanted = place or Place()
    account = _account(deployment)
    needs: dict[Need, None] = {}
    notes: dict[str, None] = {}
    known: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for resource in deployment.resources:
        source = _source(resource.type)
        counted = known if source else unknown
        counted[resource.type] = counted.get(resource.type, 0) + 1
        if not source or not resource.handlers:
            continue
        role = _assumed(resource, deployment)
        where = _place(resource, deployment, wanted, role, account)
        for need, note in _of_resource(resource, deployment, world, where):
            needs.setdefault(replace(need, role=role), None)
            if note:
                notes.setdefault(note, None)
    needs.update(dict.fromkeys(_of_providers(deployment)))
    covered = _of_functions(deployment, _place(None, deployment, wanted, "", account), needs)
    coverage = replace(covered, known=known, unknown=unknown, others=deployment.others, unlisted=deployment.unlisted)
    return Answer(tuple(needs), coverage, tuple(notes))


def place_of(deployment: Deployment, place: Place | None = None) -> Place:
    """Where the pipeline deploys to, as far as the documents say it.

    Args:
        deployment: The deployment.
        place: What the caller knows, which goes first.
    """
    return _place(None, deployment, place or Place(), "", _account(deployment))


def _source(token: str) -> str:
    """Whose tables know a type; "" where none do."""
    if terraform_type(token):
        return TERRAFORM
    return CLOUDFORMATION if cloudformation_type(token) or native_of(token) else ""


def _of_resource(resource: Resource, deployment: Deployment, world: World, place: Place) -> Iterator[tuple[Need, str]]:
    type_ = terraform_type(resource.type)
    if type_ is None:
        native = cloudformation_type(resource.type) or native_of(resource.type) or ""
        yield from ((one, "") for one in _by_cloudformation(native, resource, world, place))
        return
    tagged = _is_tagged(resource, deployment)
    for handler in sorted(resource.handlers):
        for operation in _operations(type_, handler, tagged=tagged):
            if not conditions.is_made(type_, operation, resource):
                continue
            for action in actions(operation, type_):
                need = _need(action, operation, handler, resource, world, place)
                limits = conditions.by_tags(type_, action, handler, resource)
                yield replace(need, conditions=limits or _attached(action, resource, world, place)), ""
    for one in beside(resource, world, place):
        for handler in sorted(resource.handlers.intersection(one.handlers)):
            yield Need(one.action, one.resources, resource.urn, handler, one.why, one.conditions), one.note


def _attached(action: str, resource: Resource, world: World, place: Place) -> Conditions:
    """The condition that a managed policy which is attached is one that the program names; none where that is unknown.

    Who could attach any policy to a role could attach the one that allows everything.
    """
    if not re.match(r"iam:(Attach|Detach)(Role|User|Group)Policy$", action):
        return ()
    named = ("policyArn", "policyArns", "managedPolicyArns")
    given = {key: [resource.inputs.get(key), resource.before.get(key)] for key in named}
    known = [one for one in scopes.arns_in(given) if ":policy/" in one]
    for urn in (urn for key in named for urn in resource.dependencies.get(key, ())):
        one = world.by_urn.get(urn)
        if one is None or terraform_type(one.type) != "aws_iam_policy":
            return ()
        known += scopes.own_arns(one, world, place)
    return (("ArnLike", "iam:PolicyARN", tuple(dict.fromkeys(known))),) if known else ()


def _need(action: str, operation: str, handler: str, resource: Resource, world: World, place: Place) -> Need:
    if action.startswith("apigateway:"):
        arn = f"arn:{place.partition}:apigateway:{place.region}::{path(operation).partition(' ')[2]}"
        return Need(action, (arn,), resource.urn, handler, operation)
    return Need(action, scopes.arns(action, resource, world, place), resource.urn, handler, operation)


def _operations(type_: str, handler: str, *, tagged: bool) -> tuple[str, ...]:
    """The operations of a handler, with those on tags that it needs."""
    table = tables.terraform()[type_]
    found = [*table.get(handler, ()), *conditions.also(type_, handler)]
    found = [one for one in found if tagged or not _changes_tags(one)]
    if handler == "read":
        found += [one for one in table.get("list_tags", ()) if _is_arm_of(one, type_)]
    elif handler in ("create", "update") and tagged:
        found += [one for one in table.get("update_tags", ()) if _is_arm_of(one, type_)]
    return tuple(dict.fromkeys(found))


_TAGGING = re.compile(r":(Tag|Untag|CreateTags|DeleteTags|AddTags|RemoveTags|PutBucketTagging|DeleteBucketTagging)")


def _changes_tags(operation: str) -> bool:
    return bool(_TAGGING.search(operation))


@lru_cache(maxsize=8192)
def _is_arm_of(operation: str, type_: str) -> bool:
    """Whether an operation on tags is about a type: the table lists those of the whole service.

    `iam:TagRole` is about roles, `s3:PutObjectTagging` about objects, `sqs:TagQueue` about whatever SQS has.
    """
    noun = type_.removeprefix("aws_").replace("_", "")
    service, _, name = operation.partition(":")
    about = re.sub(r"^(List|Get|Put|Delete|Update|Describe|Tag|Untag|AddTagsTo|RemoveTagsFrom)", "", name)
    about = re.sub(r"(Tags|Tagging|TagsFor\w*|Resource)$", "", about).lower()
    if service == "iam":
        return noun.removeprefix("iam") in (about, f"{about}role") or (about == "role" and "linkedrole" in noun)
    if service == "s3":
        objects = noun in ("s3object", "s3bucketobject", "s3objectcopy")
        return ("object" in about) == objects
    return name != "DescribeActivations"


def _is_tagged(resource: Resource, deployment: Deployment) -> bool:
    """Whether a resource has tags, of its own or its provider's default."""
    if any(resource.occurs(one) for one in conditions.TAGS) or resource.outputs.get("tagsAll"):
        return True
    given = deployment.providers.get(resource.provider, {}).get("defaultTags") or deployment.config.get(
        "aws:defaultTags"
    )
    return bool(given) and given != "{}"


def _by_cloudformation(type_: str, resource: Resource, world: World, place: Place) -> Iterator[Need]:
    """The needs of a resource that CloudFormation's handlers stand for, whose tables name actions."""
    table = tables.cloudformation().get(type_, {})
    for handler in sorted(resource.handlers):
        for written in table.get(handler, ()):
            facts = action_facts(written)
            # The tables hold patterns here and there, and what once was an action.
            if facts is not None and not facts.name.startswith(("iam:PassRole", "iam:CreateServiceLinkedRole", "kms:")):
                yield Need(facts.name, scopes.arns(facts.name, resource, world, place), resource.urn, handler, type_)
    if any("iam:PassRole" in one for one in table.values()):
        yield from _native_roles(resource, table)


def _native_roles(resource: Resource, table: Mapping[str, list[str]]) -> Iterator[Need]:
    arns = tuple(dict.fromkeys(one for one in scopes.arns_in(dict(resource.inputs)) if ":role/" in one))
    for handler in ("create", "update"):
        if arns and handler in resource.handlers and "iam:PassRole" in table.get(handler, ()):
            yield Need("iam:PassRole", arns, resource.urn, handler, "passes a role")


def _of_providers(deployment: Deployment) -> Iterator[Need]:
    """What the providers need themselves: to know who they are, and the roles they assume."""
    if not deployment.resources and not deployment.invokes:
        return
    asked = "pulumi:providers:aws"
    yield Need("sts:GetCallerIdentity", ("*",), asked, "read", "the provider asks who it is")
    roles = dict.fromkeys(role for one in deployment.resources if (role := _assumed(one, deployment)))
    for role in roles:
        yield Need("sts:AssumeRole", (role,), asked, "read", "the provider assumes a role")


def _assumed(resource: Resource, deployment: Deployment) -> str:
    """The role that a resource's provider assumes; "" where it assumes none."""
    given = _parsed(deployment.providers.get(resource.provider, {}).get("assumeRoles"))
    roles = [
        str(cast("dict[str, Any]", one).get("roleArn", ""))
        for one in cast("list[Any]", given or [])
        if isinstance(one, dict)
    ]
    return roles[-1] if roles else ""


def _place(resource: Resource | None, deployment: Deployment, place: Place, role: str, known: str) -> Place:
    """Where a resource is deployed: as asked, as the resource says, as its provider, as the stack's settings.

    Args:
        resource: The resource; None for the deployment as a whole.
        deployment: The deployment.
        place: What the caller knows.
        role: The role that the resource's provider assumes; "" for none.
        known: The account that everything deployed is in; "" where that is not known.
    """
    nothing: Mapping[str, Any] = {}
    inputs, outputs = (resource.inputs, resource.outputs) if resource else (nothing, nothing)
    provider = deployment.providers.get(resource.provider, {}) if resource else _only(deployment.providers)
    arn = str(outputs.get("arn") or "")
    of_arn = arn.split(":") if arn.count(":") >= 5 else [""] * 6
    regions = (inputs.get("region"), outputs.get("region"), provider.get("region"), _region(deployment, place))
    region = next((one for one in regions if isinstance(one, str) and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", one)), "*")
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    accounts = (account, place.account if place.account != "*" else "", *_allowed(provider), known)
    partition = place.partition if place.partition != "aws" else of_arn[1] or partition_of(region)
    return Place(partition or "aws", next(filter(None, accounts), "*"), region)


def _region(deployment: Deployment, place: Place) -> str:
    return place.region if place.region != "*" else deployment.config.get("aws:region", "")


def _only(providers: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    regions = {str(one.get("region")) for one in providers.values()}
    return next(iter(providers.values())) if len(regions) == 1 else {}


def _allowed(provider: Mapping[str, Any]) -> list[str]:
    listed = _parsed(provider.get("allowedAccountIds"))
    accounts = [str(one).zfill(12) for one in cast("list[Any]", listed)] if isinstance(listed, list) else []
    return accounts if len(accounts) == 1 else []


def _account(deployment: Deployment) -> str:
    """The one account that all deployed resources are in; "" where there is none, or several."""
    arns = [str(one.outputs.get("arn") or "") for one in deployment.resources if not _assumed(one, deployment)]
    found = {one.split(":")[4] for one in arns if one.count(":") >= 5 and one.split(":")[4].isdigit()}
    return found.pop() if len(found) == 1 else ""


def _parsed(value: Any) -> Any:
    """A provider's setting, which states hold as JSON text."""
    import json

    if isinstance(value, str) and value[:1] in "[{" and value:
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value


def partition_of(region: str) -> str:
    """The partition of a region.

    Args:
        region: The region, such as `cn-north-1`.
    """
    beginnings = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}
    return next((name for begin, name in beginnings.items() if region.startswith(begin)), "aws")


def _of_functions(deployment: Deployment, place: Place, needs: dict[Need, None]) -> Coverage:
    """Adds the needs of the functions that are called, and says which of them are known."""
    known: dict[str, None] = {}
    alike: dict[str, str] = {}
    unknown: dict[str, None] = {}
    world = World({one.urn: one for one in deployment.resources})
    for invoke in deployment.invokes:
        listed, token = functions.calls(invoke.token)
        if listed is not None:
            known[invoke.token] = None
            needs.update(dict.fromkeys(_listed(invoke, listed, world, place)))
        elif token:
            alike[invoke.token] = token
            stand_in = functions.as_resource(invoke, token)
            found = (need for need, _ in _of_resource(stand_in, deployment, world, place))
            needs.update(dict.fromkeys(found))
        else:
            unknown[invoke.token] = None
    return Coverage(functions=tuple(known), alike=alike, unknown_functions=tuple(unknown))


def _listed(invoke: Invoke, listed: Sequence[str], world: World, place: Place) -> Iterator[Need]:
    token = functions.type_like(invoke.token)
    stand_in = functions.as_resource(invoke, token or invoke.token)
    for action in listed:
        yield Need(action, scopes.arns(action, stand_in, world, place), invoke.token, "read", "the program looks it up")
