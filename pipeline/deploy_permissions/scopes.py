"""The resources of a statement: the ARNs that an action is allowed on, made from names, references and ARN formats.

AWS says for each action which kinds of resources it is allowed on, and for each kind how its ARN is built:
`arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`. A part is filled, in this order, from

1. the resource itself: a name that the program gives, or that Pulumi makes up (`orders-*`);
2. ARNs in its inputs that fit the format, such as an existing VPC's or key's;
3. the resources that its inputs take values from: a bucket policy's bucket;
4. an input that is called like the part: `subnetId`;
5. else `*`: AWS chooses the id when the resource is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice, product
from typing import Any, cast

from deploy_permissions import names
from deploy_permissions.catalogue import ActionFacts, action_facts, format_of
from deploy_permissions.resources import UNKNOWN, Resource
from deploy_permissions.types import terraform_type

_PART = re.compile(r"\$\{(\w+)\}")
_MOST = 24
"""More ARNs than this of one kind for one call are written as one with a star."""
_RANDOM_SUFFIX = "??????"
"""Secrets Manager appends a hyphen and six characters to the name (`ARN` in its API reference)."""
_EVERY_ITEM = frozenset(("logs:DescribeLogGroups", "ssm:DescribeParameters"))
"""Calls that AWS decides on for all of a kind, whatever they are filtered by."""
_PLURAL = re.compile(r"^(rds|elasticache|redshift|dms|memorydb):Describe\w+s$")
"""Of these services, too, calls that may carry a filter and no name."""


@dataclass(frozen=True)
class Place:
    """Where a deployment runs.

    Attributes:
        partition: The partition, such as `aws`.
        account: The 12 digits of the account; `*` where that is not known.
        region: The region; `*` where that is not known.
    """

    partition: str = "aws"
    account: str = "*"
    region: str = "*"


_Found = tuple[tuple[str, ...], Resource]
"""ARNs, and the resource that they were found for."""


@dataclass(frozen=True)
class World:
    """The resources of a deployment, as those that refer to each other.

    Attributes:
        by_urn: Every resource by its URN.
        paths: The names of users, roles and groups with their paths, by part of the ARN and name alone.
        found: The ARNs that were found before, by action, resource and place: several handlers make the same calls.
    """

    by_urn: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    paths: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], "list[str]"])
    found: dict[tuple[str, int, Place], _Found] = field(default_factory=dict[tuple[str, int, Place], "_Found"])

    def with_path(self, part: str, name: str) -> list[str]:
        """A user, role, group or instance profile of the deployment by its name: the name with its path.

        Args:
            part: The part of the ARN, such as `RoleNameWithPath`.
            name: The name, or what stands in its place as a pattern.
        """
        if not self.paths:
            for one in self.by_urn.values():
                for _, _, parts in names.kinds(terraform_type(one.type) or ""):
                    for its, source in parts:
                        if "+" in source:
                            for full in _from(source, its, one, self):
                                self.paths.setdefault((its, full.rpartition("/")[2]), []).append(full)
            # So that a deployment without any is looked through once.
            self.paths.setdefault(("", ""), [])
        return self.paths.get((part, name), [])

    def referred(self, resource: Resource) -> list[Resource]:
        """The resources that a resource takes values from, each once."""
        urns = dict.fromkeys(urn for urns in resource.dependencies.values() for urn in urns)
        return [self.by_urn[urn] for urn in urns if urn in self.by_urn]


def arns(action: str, resource: Resource, world: World, place: Place) -> tuple[str, ...]:
    """The ARNs that an action is needed on for a resource; `("*",)` where AWS has no resource level for it.

    Args:
        action: The action, such as `sqs:CreateQueue`.
        resource: The resource.
        world: The resources that it may refer to.
        place: Where it is deployed.
    """
    known = (action, id(resource), place)
    if known not in world.found:
        # With the resource, so that no other one can have its identity meanwhile.
        world.found[known] = (_arns(action, resource, world, place), resource)
    return world.found[known][0]


def _arns(action: str, resource: Resource, world: World, place: Place) -> tuple[str, ...]:
    facts = action_facts(action)
    if facts is None or not facts.formats:
        return ("*",)
    found: dict[str, None] = {}
    service = facts.name.partition(":")[0]
    every = action in _EVERY_ITEM or bool(_PLURAL.match(action))
    for kind in _kinds(facts, resource, world):
        for its, written in _forms(service, kind, facts.formats[kind], resource):
            found.update(dict.fromkeys(_of_kind(service, its, written, resource, world, place, every)))
    found.update(dict.fromkeys(_groups(facts, resource, world, place)))
    return _without_covered(list(found)) or ("*",)


_SECOND_GENERATION = {
    "loadbalancer/app/": ("loadbalancer/app/", "loadbalancer/gwy/", "loadbalancer/net/"),
    "listener/app": ("listener/app", "listener/gwy", "listener/net"),
    "listener-rule/app": ("listener-rule/app", "listener-rule/net"),
    "targetgroup": ("targetgroup",),
    "truststore": ("truststore",),
}


def _forms(service: str, kind: str, written: str, resource: Resource) -> list[tuple[str, str]]:
    """A kind with its ARN format; for what belongs to load balancers of the second generation, the forms of that.

    The actions of both generations have the same names, and the catalogue says the kinds of the first alone.
    """
    own = _own_kinds(resource, service)[:1] if kind == "loadbalancer" else ()
    newer = _SECOND_GENERATION.get(own[0], ()) if own else ()
    return [(one, format_of(service, one)) for one in newer] or [(kind, written)]


_WITH_DEFAULTS = re.compile(r"rds:(Create|Modify|Restore)DB(Instance|Cluster)\w*")
_GROUPS = ("cluster-pg", "og", "pg", "secgrp", "subgrp")


def _groups(facts: ActionFacts, resource: Resource, world: World, place: Place) -> Iterator[str]:
    """The groups that a database is in: RDS asks for each of them, those that it takes by default too."""
    if not _WITH_DEFAULTS.fullmatch(facts.name):
        return
    for kind in (one for one in _GROUPS if one in facts.formats):
        for arn in _of_kind("rds", kind, facts.formats[kind], resource, world, place, False):
            yield f"{arn[:-1]}default*" if arn.endswith(f":{kind}:*") else arn


def own_arns(resource: Resource, world: World, place: Place) -> tuple[str, ...]:
    """The ARNs of a resource itself, as far as its type says; empty where it does not."""
    own = names.kinds(terraform_type(resource.type) or "")
    found = [
        one
        for service, kind, _ in own[:1]
        for one in _of_kind(service, kind, format_of(service, kind), resource, world, place, False)
    ]
    return tuple(dict.fromkeys(found))


def _kinds(facts: ActionFacts, resource: Resource, world: World) -> list[str]:
    """The kinds of an action that a resource's call is about."""
    service = facts.name.partition(":")[0]
    of_type = _own_kinds(resource, service)
    own = [kind for kind in facts.formats if kind in of_type]
    own += [kind for kind in facts.formats if _is_beside(kind, own, facts.formats)]
    if facts.required:
        # A kind that a call may name is there where the program refers to one.
        optional = [kind for kind in facts.formats if kind not in facts.required]
        optional = [kind for kind in optional if kind in own or _names(resource, service, kind, facts, world)]
        wanted = [kind for kind in facts.formats if kind in facts.required]
        alternatives = [kind for kind in wanted if kind in own]
        # A load balancer of the second generation is none of the first, which has the same name.
        families = {kind.partition("/")[0] for kind in own if "/" in kind}
        wanted = [kind for kind in wanted if kind in own or kind not in families]
        return list(dict.fromkeys([*(wanted if not _are_alternatives(wanted) else alternatives or wanted), *optional]))
    if own:
        return own
    near = [kind for one in world.referred(resource) for kind in _own_kinds(one, service) if kind in facts.formats]
    return list(dict.fromkeys(near)) or list(facts.formats)


def _names(resource: Resource, service: str, kind: str, facts: ActionFacts, world: World) -> bool:
    """Whether a resource refers to one of a kind, or names one in an input: its subnet, its VPC."""
    if service != "ec2":
        return False
    if any(kind in _own_kinds(one, service) for one in world.referred(resource)):
        return True
    part = _PART.findall(facts.formats[kind])[-1]
    return bool(_by_name(part, resource))


def _are_alternatives(kinds: Sequence[str]) -> bool:
    """Whether one call names one of these, as with the two kinds of rules of EventBridge."""
    return len({re.split("[-/]", kind)[0] for kind in kinds}) == 1 and len(kinds) > 1


def _is_beside(kind: str, own: Sequence[str], formats: Mapping[str, str]) -> bool:
    """Whether a kind is another form of one that a resource is: a network load balancer of a load balancer."""
    family = kind.partition("/")[0]
    return "/" in kind and kind not in own and any(one.partition("/")[0] == family for one in own) and kind in formats


@lru_cache(maxsize=16384)
def _kinds_of_type(type_: str, service: str) -> tuple[str, ...]:
    listed = [kind for its, kind, _ in names.kinds(type_) if its == service]
    if listed:
        return tuple(listed)
    noun = type_.removeprefix("aws_").replace("_", "")
    known = _kinds_of_service(service)
    exact = [kind for kind in known if noun.removeprefix(service.replace("-", "")) == _squashed(kind)]
    exact = exact or [kind for kind in known if noun == _squashed(kind)]
    return tuple(exact or sorted((one for one in known if noun.endswith(_squashed(one))), key=len)[-1:])


@lru_cache(maxsize=256)
def _kinds_of_service(service: str) -> tuple[str, ...]:
    from deploy_permissions.catalogue import kinds_of

    return kinds_of(service)


def _own_kinds(resource: Resource, service: str) -> tuple[str, ...]:
    return _kinds_of_type(terraform_type(resource.type) or _noun(resource.type), service)


def _noun(token: str) -> str:
    """The class of a type that Terraform does not know, as Terraform would write it."""
    return "aws_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", token.rpartition(":")[2]).lower()


def _squashed(kind: str) -> str:
    return re.sub("[^a-z0-9]", "", kind.lower())


def _of_kind(
    service: str, kind: str, written: str, resource: Resource, world: World, place: Place, every: bool
) -> Iterator[str]:
    """The ARNs of one kind."""
    for form in written.split(", "):
        parts = {name: _values(service, kind, form, name, resource, world, place) for name in _PART.findall(form)}
        if _is_of_another_bus(kind, resource, parts):
            continue
        if every:
            parts = {name: values if name in _PLACES else ["*"] for name, values in parts.items()}
        combinations = list(islice(product(*parts.values()), _MOST + 1))
        if len(combinations) > _MOST:
            combinations = [tuple(one[0] if name in _PLACES else "*" for name, one in parts.items())]
        for values in combinations:
            if form.startswith("arn:${Partition}:${"):
                # Recovery points have ARNs of the service that was backed up; which one, nobody says.
                continue
            yield from _finished(service, kind, _filled(form, dict(zip(parts, values, strict=True))))


def _is_of_another_bus(kind: str, resource: Resource, parts: Mapping[str, list[str]]) -> bool:
    """Whether a rule is on the default event bus and the kind is of others, or the other way round."""
    if kind == "rule-on-default-event-bus":
        return any(one not in ("default", "") for one in resource.texts("eventBusName"))
    return kind == "rule-on-custom-event-bus" and parts["EventBusName"] in (["default"], ["*"])


_PLACES = ("Partition", "Region", "Account", "AccountId")


def _filled(form: str, values: Mapping[str, str]) -> str:
    return _PART.sub(lambda part: values[part[1]], form)


def _finished(service: str, kind: str, arn: str) -> Iterator[str]:
    """An ARN as it stands in requests, where that is not how the reference writes it."""
    yield arn
    if service == "secretsmanager" and arn.endswith(f"-{_RANDOM_SUFFIX}"):
        # While a secret is created, nobody knows yet what will be appended.
        yield arn.removesuffix(f"-{_RANDOM_SUFFIX}")
    if service == "logs" and kind == "log-group" and not arn.endswith("*"):
        # Most calls ask for the ARN with `:*` (CloudWatch Logs user guide, "Log group ARNs").
        yield f"{arn}:*"


def _values(service: str, kind: str, form: str, part: str, resource: Resource, world: World, place: Place) -> list[str]:
    """The values of one part of an ARN."""
    if part in _PLACES:
        fixed = {"Partition": place.partition, "Region": place.region, "Account": place.account}
        return [fixed.get(part, place.account)]
    if own := _own_values(service, kind, part, resource, world):
        return own
    fitting = [found[part] for one in _arns_in(resource) if (found := _parts_of(form, one))]
    if fitting:
        return list(dict.fromkeys(fitting))
    near = [value for one in world.referred(resource) for value in _own_values(service, kind, part, one, world)]
    return list(dict.fromkeys(near)) or _by_name(part, resource) or ["*"]


def _own_values(service: str, kind: str, part: str, resource: Resource, world: World) -> list[str]:
    """The values of a part that a resource's own names say; empty where AWS chooses, or there is no such part."""
    type_ = terraform_type(resource.type) or _noun(resource.type)
    listed = names.kinds(type_)
    generic = part in ("Id", "Name", "Uuid", "UUID", "ResourceId", "Identifier")
    for its, its_kind, parts in listed:
        if its == service and (its_kind == kind or not generic):
            for name, source in parts:
                if name == part:
                    return _from(source, part, resource, world)
    if listed or kind not in _kinds_of_type(type_, service):
        return []
    stem = _stem(part)
    if part.endswith("Id"):
        return []
    own = [one for one in (part[0].lower() + part[1:], f"{stem}Name", f"{stem}Identifier", "identifier", "name") if one]
    none: list[str] = []
    return next((found for one in own if (found := resource.patterns(one))), none)


def _from(source: str, part: str, resource: Resource, world: World) -> list[str]:
    """The values of a part, from the property of a resource that names it."""
    if "+" in source:
        path = resource.texts("path") or ["/"]
        return [f"{one.lstrip('/')}{name}" for one in path[:1] for name in resource.patterns(source.partition("+")[2])]
    found = [_shortened(one, part, source) for one in _plain_values(resource, source)]
    if part.endswith("WithPath"):
        # IAM's calls name a role without the path that its ARN has.
        found = [full for one in found for full in world.with_path(part, one) or [one]]
    near = _of_dependencies(source, part, resource, world)
    # What is deployed has one name; the resource that it is of may get another one, which its pattern takes in.
    known = [next((two for two in near if fnmatchcase(one, two) or two.endswith(f"/{one}")), one) for one in found]
    return list(dict.fromkeys(known or near))


def _of_dependencies(source: str, part: str, resource: Resource, world: World) -> list[str]:
    """The values of a part that the resources have which a property takes its value from."""
    return [
        value
        for urn in resource.dependencies.get(source, ())
        if (one := world.by_urn.get(urn)) is not None and one is not resource
        for service, kind, parts in names.kinds(terraform_type(one.type) or "")
        for name, _ in parts
        if name == part
        for value in _own_values(service, kind, part, one, world)
    ]


def _plain_values(resource: Resource, source: str) -> list[str]:
    """A property's known texts, or those in its list."""
    listed = [one for inputs in (resource.inputs, resource.before) for one in _texts(inputs.get(source))]
    return resource.patterns(source) or [one for one in listed if UNKNOWN not in one]


def _shortened(value: str, part: str, source: str) -> str:
    """What of a value stands in the ARN: a queue's name of its URL, a function's of its ARN."""
    if part == "OidcProviderName":
        return value.removeprefix("https://").rstrip("/")
    if part == "SecretId":
        return _secret(value)
    if part == "Alias" and source == "name":
        return value.removeprefix("alias/")
    if part == "ParameterNameWithoutLeadingSlash":
        return value.lstrip("/")
    if part == "RoleNameWithPath" and source == "awsServiceName":
        return f"aws-service-role/{value}/*"
    if value.startswith("arn:"):
        return _of_arn(value, part)
    if "://" in value:
        return value.rpartition("/")[2]
    if part == "FunctionName" and source in ("function", "functionName"):
        return value.partition(":")[0] if value.count(":") < 2 else value.split(":")[-1]
    return value


def _of_arn(arn: str, part: str) -> str:
    """The name in an ARN that a property takes in a name's place."""
    tail = arn.split(":", 5)[5]
    if part in ("RoleNameWithPath", "UserNameWithPath", "GroupNameWithPath"):
        return tail.partition("/")[2]
    if part == "FunctionName":
        return tail.removeprefix("function:").partition(":")[0]
    return re.split("[:/]", tail)[-1]


def _secret(value: str) -> str:
    """A secret's name with what Secrets Manager appends to it; an ARN has that already."""
    if value.startswith("arn:"):
        return value.split(":", 6)[6]
    return value if value.endswith("*") else f"{value}-{_RANDOM_SUFFIX}"


def _stem(part: str) -> str:
    short = re.sub("(Name|Id|Identifier|NameWithPath)$", "", part)
    return short[:1].lower() + short[1:]


def _by_name(part: str, resource: Resource) -> list[str]:
    """The texts of an input that is called like the part, and that is no ARN of something else."""
    if len(part) < 4:
        return []
    stem = _stem(part)
    sources = [
        part[0].lower() + part[1:],
        f"{stem}Id",
        f"{stem}Name",
        stem,
        f"{stem}Identifier",
        f"{stem}Ids",
        f"{stem}s",
    ]
    found = [
        one.removeprefix("https://").rpartition("/")[2] if "://" in one else one
        for source in dict.fromkeys(sources)
        if source
        for inputs in (resource.inputs, resource.before)
        for one in _texts(inputs.get(source))
    ]
    return list(dict.fromkeys(one for one in found if UNKNOWN not in one and not one.startswith("arn:") and one))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [one for one in cast("list[Any]", value) if isinstance(one, str)]
    return []


def _arns_in(resource: Resource) -> tuple[str, ...]:
    """Every ARN that stands alone in a resource's inputs, however deep; not those within policy documents."""
    return tuple(dict.fromkeys(one for inputs in (resource.inputs, resource.before) for one in arns_in(inputs)))


def arns_in(value: Any) -> Iterator[str]:
    """Every text in a value that is an ARN and nothing else."""
    if isinstance(value, str):
        if value.startswith("arn:") and UNKNOWN not in value and " " not in value:
            yield value
    elif isinstance(value, dict):
        for one in cast("dict[str, Any]", value).values():
            yield from arns_in(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from arns_in(one)


@lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    written = re.escape(form).replace(r"\$\{", "${").replace(r"\}", "}")
    seen: set[str] = set()

    def group(part: re.Match[str]) -> str:
        name = part[1]
        if name in seen or not name.isidentifier():
            return "[^:/]*"
        seen.add(name)
        deep = name.endswith("WithPath") or name in ("SecretId", "ParameterNameWithoutLeadingSlash")
        return f"(?P<{name}>{'.+' if deep else '[^:/]*'})"

    return re.compile(_PART.sub(group, written))


def _parts_of(form: str, arn: str) -> Mapping[str, str] | None:
    """The parts of an ARN that fits a format; None for one that does not."""
    found = _pattern(form).fullmatch(arn)
    return found.groupdict() if found else None


def _without_covered(found: list[str]) -> tuple[str, ...]:
    """The ARNs without those that another, which ends in a star, takes in."""
    stars = [one[:-1] for one in found if one.endswith("*") and one.count("*") == 1 and "?" not in one]
    return tuple(one for one in found if not any(one.startswith(star) and one != f"{star}*" for star in stars))
