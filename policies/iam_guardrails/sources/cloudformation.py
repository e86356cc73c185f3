"""CloudFormation templates (also of SAM and CDK): their intrinsics resolved, their resources as parts of the model.

What a template leaves to the deployment is treated so: a parameter has its default, or is unknown; an output of another
resource of the template is what that resource is called, or stands in for a name that AWS will make up (it is one name,
never a wildcard); imports, dynamic references and outputs of nested stacks are unknown. The account is
`STAND_IN_ACCOUNT`, the own one.

Loops (`Fn::ForEach`) are written out. What a macro or an included file adds is unknown, and so is a loop over values
that only the deployment knows.

A condition may be true or false. `alternatives` are the ways in which the template can come out: once with all
parameters at their defaults, once more with each comparison that a condition makes turned over, and with each other
value that a parameter is allowed or that a mapping has a row for.

Source: AWS CloudFormation user guide, intrinsic function reference and pseudo parameters reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from iam_guardrails.language.unknown import UNKNOWN, has_unknown
from iam_guardrails.model.parts import Part, Scope, UnknownPart
from iam_guardrails.model.values import STAND_IN_ACCOUNT, STAND_IN_NAME, Location, Unknown
from iam_guardrails.sources import sam
from iam_guardrails.sources.declared import Declared
from iam_guardrails.sources.embedded import resource_parts
from iam_guardrails.sources.values import Linked, escape, items, members, squash, text

REGION = "us-east-1"
"""Stands in for the region that a template is deployed to."""
_MADE_UP = "1A2B3C4D5E6F"
"""Ends a name as CloudFormation makes it up."""
_MOST_ALTERNATIVES = 16
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_WHY_ADDED = "a loop, macro or included file adds what only the deployment knows"
_NOTHING = object()
"""What `AWS::NoValue` stands for: the member that has it is not there."""
_PSEUDO: Mapping[str, object] = {
    "AWS::AccountId": STAND_IN_ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{STAND_IN_ACCOUNT}:stack/stack/1a2b3c4d",
    "AWS::NoValue": _NOTHING,
    "AWS::NotificationARNs": (),
}
_LOOP = "Fn::ForEach"
_MOST_TURNS = 200
_HARMLESS_TRANSFORMS = {"AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::SecretsManager-2020-07-23"}


def is_template(value: object) -> bool:
    """Whether a value is a CloudFormation template."""
    resources = members(members(value).get("Resources"))
    typed = ["::" if name.startswith("Fn::") else text(members(one).get("Type")) for name, one in resources.items()]
    return bool(typed) and any("::" in one for one in typed)


def alternatives(template: Mapping[str, object], location: Location, scope: Scope | None = None) -> list[list[Part]]:
    """The parts of a template, once for each way in which its conditions can come out; the defaults first.

    Args:
        template: the template.
        location: the file, and the pointer to the template in it.
        scope: account that it is deployed to, where that is known.
    """
    scope = scope or Scope()
    first = Template(template, location, scope)
    found = [first.parts()]
    others = [Template(template, location, scope, frozenset((one,))) for one in sorted(first.comparisons)]
    others += [Template(template, location, scope, given=given) for given in first.other_values()]
    for other in others[: _MOST_ALTERNATIVES - 1]:
        parts = other.parts()
        if parts not in found:
            found.append(parts)
    return found


@dataclass(eq=False)
class Template:
    """A template while it is read.

    Attributes:
        value: the template.
        location: the file, and the pointer to the template in it.
        scope: account that it is deployed to.
        turned: comparisons of conditions (as JSON text) that come out the other way.
        comparisons: comparisons that its conditions make.
        defaults: parameters that are taken at their defaults.
        given: parameters that are taken at other values.
    """

    value: Mapping[str, object]
    location: Location
    scope: Scope
    turned: frozenset[str] = frozenset()
    comparisons: set[str] = field(default_factory=set[str])
    defaults: dict[str, None] = field(default_factory=dict[str, None])
    given: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.parameters = members(self.value.get("Parameters"))
        self.resources: Mapping[str, object] = {}
        self._conditions: Mapping[str, object] = {}
        self._mappings = members(self.value.get("Mappings"))
        self._depth = 0
        self._rows: dict[str, set[str]] = {}
        self._named_values: Mapping[str, object] = {}
        self._conditions = self._written_out(members(self.value.get("Conditions")))
        self.resources = self._written_out(members(self.value.get("Resources")), section=True)

    def other_values(self) -> list[Mapping[str, str]]:
        """Further values of the parameters that were used: those allowed, and those that mappings have rows for."""
        found: list[Mapping[str, str]] = []
        for name in sorted({*self.defaults, *self._rows}):
            parameter = members(self.parameters.get(name))
            allowed = {str(one) for one in items(parameter.get("AllowedValues"))} or self._rows.get(name, set())
            found += [{name: value} for value in sorted(allowed - {str(parameter.get("Default"))})]
        return found

    def parts(self) -> list[Part]:
        """Its parts."""
        found: list[Part] = list(self._transforms())
        for name, resource in self.resources.items():
            if has_unknown(name):
                found.append(self._remark(name.replace(UNKNOWN, ""), "the resources", _WHY_ADDED))
            elif isinstance(resource, Mapping) and self._is_there(members(cast("object", resource))):
                found += self._resource(name, members(cast("object", resource)))
        return found

    def _is_there(self, resource: Mapping[str, object]) -> bool:
        condition = resource.get("Condition")
        return not isinstance(condition, str) or self.condition(condition) is not False

    def _transforms(self) -> Iterator[Part]:
        for one in items(self.value.get("Transform")):
            name = text(one) or text(members(one).get("Name"))
            if name not in _HARMLESS_TRANSFORMS:
                yield self._remark("Transform", "what it makes", f"the transform {name} rewrites the template")

    def _remark(self, name: str, what: str, why: str) -> Part:
        at = Location(self.location.file, logical_id=name, pointer=f"{self.location.pointer}/Resources/{escape(name)}")
        return UnknownPart(Unknown(f"{what} of {name}", why, at))

    def _resource(self, name: str, resource: Mapping[str, object]) -> Iterator[Part]:
        resource = self._written_out(resource)
        kind = text(resource.get("Type"))
        given = self.resolve(resource.get("Properties"))
        properties = members(given)
        if any(map(has_unknown, (given, *resource, *properties))):
            yield self._remark(name, "some properties", _WHY_ADDED)
        pointer = f"{self.location.pointer}/Resources/{escape(name)}/Properties"
        location = Location(self.location.file, logical_id=name, pointer=pointer)
        if kind == "AWS::CloudFormation::Stack":
            where = text(properties.get("TemplateURL")) or "elsewhere"
            yield self._remark(name, "the resources", f"its template is {where}")
            return
        if kind.endswith("::MODULE"):
            yield self._remark(name, "the resources", f"the module {kind} makes them")
            return
        if kind.startswith("AWS::Serverless::"):
            yield from sam.parts(
                name, kind, properties, self.resolve_with, members(self.value.get("Globals")), location, self.scope
            )
            return
        declared = Declared(
            "cloudformation", squash("".join(kind.split("::")[1:])), name, name, members(properties), location,
            scope=self.scope, shown_type=kind,
        )  # fmt: skip
        yield from resource_parts(declared)

    # --- values -----------------------------------------------------------------------------------------------------

    def resolve(self, value: object) -> object:
        """A value with its intrinsics resolved."""
        found = self._resolved(value)
        return None if found is _NOTHING else found

    def resolve_with(self, value: object, given: Mapping[str, object]) -> object:
        """A value with its intrinsics resolved, in which some names stand for values.

        Args:
            value: the value.
            given: the values by name.
        """
        before, self._named_values = self._named_values, given
        try:
            return self.resolve(value)
        finally:
            self._named_values = before

    def _resolved(self, value: object) -> object:
        if isinstance(value, str):
            return _DYNAMIC.sub(UNKNOWN, value) if "{{resolve:" in value else value
        if isinstance(value, list):
            return self._list(cast("list[object]", value))
        if not isinstance(value, Mapping):
            return value
        inside = self._written_out(cast("Mapping[str, object]", value))
        if len(inside) == 1:
            ((name, argument),) = inside.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._bounded(name, argument)
        resolved = ((name, self._resolved(one)) for name, one in inside.items())
        return {name: one for name, one in resolved if one is not _NOTHING}

    def _written_out(self, value: Mapping[str, object], *, section: bool = False) -> Mapping[str, object]:
        """A mapping with its loops written out; a member with an unknown name stands for what nobody can say.

        A lone `Fn::Transform` is a value like any other intrinsic; beside other members, or in a section of the
        template, it adds some.
        """
        macro = "Fn::Transform" if section or len(value) > 1 else ""
        added = [name for name in value if name.startswith(_LOOP) or name == macro]
        if not added:
            return value
        found: dict[str, object] = {}
        for name, one in value.items():
            turns = self._turns(one) if name.startswith(_LOOP) else None
            if name not in added:
                found[name] = one
            elif turns is None:
                found[f"{UNKNOWN}{name}"] = UNKNOWN
            else:
                for turn in turns:
                    found.update(self._written_out(turn))
        return found

    def _turns(self, loop: object) -> list[Mapping[str, object]] | None:
        """What a loop makes in each of its turns; None where that is not known."""
        parts = items(loop)
        if len(parts) != 3 or not isinstance(parts[2], Mapping):
            return None
        values = [text(one) for one in items(self.resolve(parts[1]))]
        if not values or not all(values) or len(values) > _MOST_TURNS:
            return None
        return [members(_put(cast("object", parts[2]), str(parts[0]), value)) for value in values]

    def _list(self, value: list[object]) -> list[object]:
        return [one for one in map(self._resolved, value) if one is not _NOTHING]

    def _bounded(self, name: str, argument: object) -> object:
        """An intrinsic; what refers to itself, as in two resources that name each other, is unknown."""
        if self._depth > 20:
            return UNKNOWN
        self._depth += 1
        try:
            return self._intrinsic(name, argument)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return UNKNOWN
        finally:
            self._depth -= 1

    def _intrinsic(self, name: str, argument: object) -> object:
        if name == "Ref":
            return self._ref(text(argument))
        if name == "Fn::GetAtt":
            whole = argument if isinstance(argument, str) else ".".join(str(one) for one in items(argument))
            return self._attribute(*whole.partition(".")[::2])
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::Join":
            separator, values = cast("Sequence[object]", argument)
            return _joined(str(separator), self._resolved(values))
        if name == "Fn::If":
            condition, then, otherwise = cast("Sequence[object]", argument)
            return self._resolved(otherwise if self.condition(str(condition)) is False else then)
        if name == "Fn::FindInMap":
            return self._mapped(argument)
        if name == "Fn::Select":
            place, values = (self._resolved(one) for one in cast("Sequence[object]", argument))
            return UNKNOWN if values == UNKNOWN else items(values)[int(str(place))]
        if name == "Fn::Split":
            separator, whole = (self._resolved(one) for one in cast("Sequence[object]", argument))
            return UNKNOWN if has_unknown(whole) else str(whole).split(str(separator))
        if name == "Fn::ToJsonString":
            return json.dumps(self._resolved(argument), ensure_ascii=False)  # what is unknown stays so
        return UNKNOWN

    def _ref(self, name: str) -> object:
        if name in self._named_values:
            return self._named_values[name]
        if name in _PSEUDO:
            return self.scope.account or _PSEUDO[name] if name == "AWS::AccountId" else _PSEUDO[name]
        if name in self.parameters:
            return self._parameter(name)
        if name in self.resources:
            return self.called(name, "")
        return self._of_sam(name, "")

    def _of_sam(self, name: str, attribute: str) -> object:
        """What names the role that SAM makes for a function or state machine: its logical id and `Role`."""
        function = name.removesuffix("Role")
        if function == name or not text(members(self.resources.get(function)).get("Type")).startswith(
            "AWS::Serverless"
        ):
            return UNKNOWN
        called = f"stack-{name}-{STAND_IN_NAME}"
        arn = f"arn:{self.scope.partition}:iam::{self.scope.account or STAND_IN_ACCOUNT}:role/{called}"
        return Linked(arn if attribute == "Arn" else called, name, known=False)

    def _parameter(self, name: str) -> object:
        if name in self.given:
            return self.given[name]
        parameter = members(self.parameters[name])
        kind, default = text(parameter.get("Type")), parameter.get("Default")
        if default is None or default == "" or kind.startswith("AWS::SSM::Parameter"):
            return UNKNOWN
        self.defaults[name] = None
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return [one.strip() for one in str(default).split(",")]
        return str(default)

    def _sub(self, argument: object) -> object:
        template, given = (argument, None) if isinstance(argument, str) else cast("Sequence[object]", argument)
        values = members(given)

        def filled(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{name}}}"
            value = self._resolved(values[name]) if name in values else self._named(name)
            return value if isinstance(value, str) else UNKNOWN if value is _NOTHING or value is None else str(value)

        only = _VARIABLE.fullmatch(str(template))
        if only and not only[1] and only[2] not in values:
            return self._named(only[2].strip())
        return _DYNAMIC.sub(UNKNOWN, _VARIABLE.sub(filled, str(template)))

    def _named(self, name: str) -> object:
        resource, dot, attribute = name.partition(".")
        return self._attribute(resource, attribute) if dot else self._ref(name)

    def _attribute(self, name: str, attribute: str) -> object:
        if name not in self.resources:
            return self._of_sam(name, attribute)
        return self.called(name, attribute)

    def _mapped(self, argument: object) -> object:
        written = cast("Sequence[object]", argument)[:3]
        names = [self._resolved(one) for one in written]
        rows = members(self._mappings.get(text(names[0])))
        if text(parameter := members(written[1]).get("Ref")) in self.parameters:
            self._rows.setdefault(text(parameter), set()).update(rows)
        found: object = self._mappings
        for one in names:
            inside = members(found)
            if text(one) in inside:
                found = inside[text(one)]
            elif len(inside) == 1:
                found = next(iter(inside.values()))
            else:
                return UNKNOWN
        return found

    # --- conditions -------------------------------------------------------------------------------------------------

    def condition(self, name: str) -> bool | None:
        """Whether a condition holds; None where that is not known."""
        if self._depth > 20 or name not in self._conditions:
            return None
        return self._holds(self._conditions[name])

    def _holds(self, value: object) -> bool | None:
        inside = members(value)
        if len(inside) != 1:
            return None
        self._depth += 1
        try:
            ((name, argument),) = inside.items()
            if name == "Condition":
                return self.condition(str(argument))
            if name == "Fn::Not":
                found = self._holds(items(argument)[0])
                return None if found is None else not found
            if name in ("Fn::And", "Fn::Or"):
                answers = [self._holds(one) for one in items(argument)]
                settled = name == "Fn::Or"
                return settled if settled in answers else None if None in answers else not settled
            if name == "Fn::Equals":
                return self._equals(argument)
            return None
        finally:
            self._depth -= 1

    def _equals(self, argument: object) -> bool:
        atom = json.dumps(argument, sort_keys=True, default=str)
        self.comparisons.add(atom)
        left, right = (self._resolved(one) for one in cast("Sequence[object]", argument))
        return (left == right and not has_unknown(left)) != (atom in self.turned)

    # --- what things are called ---------------------------------------------------------------------------------------

    def called(self, name: str, attribute: str) -> object:
        """What `Ref` ("" as attribute) or `Fn::GetAtt` gives of a resource of the template."""
        resource = members(self.resources[name])
        kind = text(resource.get("Type"))
        if kind.startswith(("Custom::", "AWS::CloudFormation::")):
            return UNKNOWN
        shape = _SHAPES.get(kind.replace("AWS::Serverless::Function", "AWS::Lambda::Function"), _Shape())
        properties = members(resource.get("Properties"))
        given = self._resolved(properties.get(shape.name)) if shape.name in properties else None
        known = isinstance(given, str) and not has_unknown(given) and not isinstance(given, Linked)
        plain = (
            str(given)
            if isinstance(given, str) and not has_unknown(given)
            else f"stack-{name}-{STAND_IN_NAME if kind.startswith('AWS::IAM') else _MADE_UP}"
        )
        if shape.lower:
            plain = plain.lower()
        if "Arn" in attribute or (not attribute and shape.ref_is_arn) or (attribute == "Id" and shape.ref_is_arn):
            return Linked(self._arn(kind, shape, plain, properties), name, known=known and bool(shape.arn))
        if not attribute:
            return Linked(plain, name, known=known and not shape.made_up)
        return Linked(f"stack-{name}-{attribute}", name, known=False)

    def _arn(self, kind: str, shape: _Shape, plain: str, properties: Mapping[str, object]) -> str:
        account = self.scope.account or STAND_IN_ACCOUNT
        path = text(self._resolved(properties.get("Path"))) or "/"
        service = kind.split("::")[1].lower() if kind.count("::") == 2 else "aws"
        pattern = shape.arn or f"arn:{{partition}}:{service}:{{region}}:{{account}}:{{name}}"
        if "oidc-provider" in pattern:
            plain = text(self._resolved(properties.get("Url"))).removeprefix("https://") or plain
        return pattern.format(partition=self.scope.partition, region=REGION, account=account, name=plain, path=path)


@dataclass(frozen=True)
class _Shape:
    """What a resource type's name and ARN look like.

    Attributes:
        name: property with the name.
        arn: its ARN.
        ref_is_arn: whether `Ref` gives the ARN.
        made_up: whether `Ref` gives something that AWS makes up, whatever the name is.
        lower: whether names have no capitals.
    """

    name: str = ""
    arn: str = ""
    ref_is_arn: bool = False
    made_up: bool = False
    lower: bool = False


def _regional(service: str, resource: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{resource}"


_IAM = "arn:{partition}:iam::{account}:"
_SHAPES: Mapping[str, _Shape] = {
    "AWS::S3::Bucket": _Shape("BucketName", "arn:{partition}:s3:::{name}", lower=True),
    "AWS::SQS::Queue": _Shape("QueueName", _regional("sqs", "{name}"), made_up=True),
    "AWS::SNS::Topic": _Shape("TopicName", _regional("sns", "{name}"), ref_is_arn=True),
    "AWS::DynamoDB::Table": _Shape("TableName", _regional("dynamodb", "table/{name}")),
    "AWS::DynamoDB::GlobalTable": _Shape("TableName", _regional("dynamodb", "table/{name}")),
    "AWS::Serverless::SimpleTable": _Shape("TableName", _regional("dynamodb", "table/{name}")),
    "AWS::KMS::Key": _Shape("", _regional("kms", "key/{name}")),
    "AWS::Lambda::Function": _Shape("FunctionName", _regional("lambda", "function:{name}")),
    "AWS::Lambda::Alias": _Shape("", _regional("lambda", "function:{name}:live"), ref_is_arn=True),
    "AWS::Lambda::Version": _Shape("", _regional("lambda", "function:{name}:1"), ref_is_arn=True),
    "AWS::IAM::Role": _Shape("RoleName", _IAM + "role{path}{name}"),
    "AWS::IAM::User": _Shape("UserName", _IAM + "user{path}{name}"),
    "AWS::IAM::Group": _Shape("GroupName", _IAM + "group{path}{name}"),
    "AWS::IAM::ManagedPolicy": _Shape("ManagedPolicyName", _IAM + "policy{path}{name}", ref_is_arn=True),
    "AWS::IAM::InstanceProfile": _Shape("InstanceProfileName", _IAM + "instance-profile{path}{name}"),
    "AWS::IAM::OIDCProvider": _Shape("Url", _IAM + "oidc-provider/{name}", ref_is_arn=True),
    "AWS::IAM::SAMLProvider": _Shape("Name", _IAM + "saml-provider/{name}", ref_is_arn=True),
    "AWS::SecretsManager::Secret": _Shape("Name", _regional("secretsmanager", "secret:{name}-1a2B3c"), ref_is_arn=True),
    "AWS::Logs::LogGroup": _Shape("LogGroupName", _regional("logs", "log-group:{name}:*")),
    "AWS::Kinesis::Stream": _Shape("Name", _regional("kinesis", "stream/{name}")),
    "AWS::ECR::Repository": _Shape("RepositoryName", _regional("ecr", "repository/{name}"), lower=True),
    "AWS::ECS::Cluster": _Shape("ClusterName", _regional("ecs", "cluster/{name}")),
    "AWS::ECS::TaskDefinition": _Shape("Family", _regional("ecs", "task-definition/{name}:1"), ref_is_arn=True),
    "AWS::StepFunctions::StateMachine": _Shape(
        "StateMachineName", _regional("states", "stateMachine:{name}"), ref_is_arn=True
    ),
    "AWS::Serverless::StateMachine": _Shape("Name", _regional("states", "stateMachine:{name}"), ref_is_arn=True),
    "AWS::CodeBuild::Project": _Shape("Name", _regional("codebuild", "project/{name}")),
    "AWS::Events::EventBus": _Shape("Name", _regional("events", "event-bus/{name}")),
    "AWS::Events::Rule": _Shape("Name", _regional("events", "rule/{name}")),
    "AWS::SSM::Parameter": _Shape("Name", _regional("ssm", "parameter/{name}")),
}


def _put(value: object, name: str, given: str) -> object:
    """A part of a loop with its identifier replaced by a value; `&{}` leaves out what a logical id cannot have."""
    if isinstance(value, str):
        plain = re.sub("[^A-Za-z0-9]", "", given)
        return value.replace(f"${{{name}}}", given).replace(f"&{{{name}}}", plain)
    if isinstance(value, list):
        return [_put(one, name, given) for one in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    inside = cast("Mapping[str, object]", value)
    if dict(inside) == {"Ref": name}:
        return given
    return {str(_put(key, name, given)): _put(one, name, given) for key, one in inside.items()}


def _joined(separator: str, values: object) -> object:
    if not isinstance(values, (list, tuple)):
        return UNKNOWN
    return separator.join(str(one) for one in items(cast("object", values)))
