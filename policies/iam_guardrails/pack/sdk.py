"""The rules as ordinary policies of the Pulumi policy SDK, to list in a team's own `PolicyPack(...)`.

The SDK lets a policy report at its own level alone, so that there are two for resources and two for the stack: the
mandatory ones report errors, the advisory ones warnings and notes. All four are one evaluation. The SDK does not say
which values are secret: messages here quote no statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties

from iam_guardrails.addresses import address_of
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack.configuration import (
    DEFAULT_LEVELS,
    PACK,
    Configuration,
    ConfigurationError,
    Level,
    configuration_from,
    schema_of,
)
from iam_guardrails.pack.evaluation import concerns
from iam_guardrails.pack.render import message_of
from iam_guardrails.pack.resource import Resource, account_of_role, accounts_allowed, partition_of
from iam_guardrails.pack.run import Reported, Run
from iam_guardrails.pack.values import UNKNOWN_TEXTS, Value
from iam_guardrails.rules import RULES
from iam_guardrails.settings import DECLARATIONS

RESOURCES, STACK = "iam-guardrails-resources", "iam-guardrails-stack"
"""The policies that report errors; those that report warnings and notes have `-advice` behind."""
_ADVICE = "-advice"
_PAGE = "docs/policy-pack.md"
_LEVELS = {"error": Level.MANDATORY, "warning": Level.ADVISORY, "note": Level.ADVISORY, "off": Level.DISABLED}


def iam_policies() -> list[Policy]:
    """The policies to list in a pack; they belong together and make one evaluation.

    Their configuration takes every setting of the pack by its name, and `levels`: rule -> "error", "warning", "note" or
    "off". It is written once, under `iam-guardrails-resources`.
    """
    evaluation = _Evaluation()
    schema = PolicyConfigSchema(properties={**schema_of(PACK), "levels": DECLARATIONS["levels"].schema})
    url = address_of(_PAGE)

    def of_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
        evaluation.resource(args, report, errors=True)

    def of_resource_advice(args: ResourceValidationArgs, report: ReportViolation) -> None:
        evaluation.resource(args, report, errors=False)

    def of_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        evaluation.stack(args, report, errors=True)

    def of_stack_advice(args: StackValidationArgs, report: ReportViolation) -> None:
        evaluation.stack(args, report, errors=False)

    said = {"errors": "IAM of the stack is safe", "advice": "IAM of the stack, what a careful reviewer would say"}
    must, may = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
    return [
        ResourceValidationPolicy(RESOURCES, said["errors"], of_resource, must, schema, url=url),
        ResourceValidationPolicy(f"{RESOURCES}{_ADVICE}", said["advice"], of_resource_advice, may, url=url),
        StackValidationPolicy(STACK, said["errors"], of_stack, must, url=url),
        StackValidationPolicy(f"{STACK}{_ADVICE}", said["advice"], of_stack_advice, may, url=url),
    ]


class _Evaluation:
    """One evaluation that the policies share."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._config: Mapping[str, Any] = {}
        self._waiting: dict[str, list[Reported]] = {}
        self._of_stack: list[Reported] | None = None

    def resource(self, args: ResourceValidationArgs, report: ReportViolation, *, errors: bool) -> None:
        """Report what is found in a resource; the first of the two policies to be asked evaluates it."""
        if errors:
            self._config = args.get_config() or self._config
        run = self._running(args.stack_tags)
        if errors or args.urn not in self._waiting:
            resource = _resource(args)
            self._waiting[args.urn] = run.resource(resource) if resource is not None else []
        _report(self._waiting[args.urn], report, errors=errors)

    def stack(self, args: StackValidationArgs, report: ReportViolation, *, errors: bool) -> None:
        """Report what is found in the stack as a whole."""
        run = self._running(args.stack_tags)
        if errors or self._of_stack is None:
            resources = [one for each in args.resources if (one := _resource(each, _references(each))) is not None]
            self._of_stack = run.stack(resources).reported
        _report(self._of_stack, report, errors=errors)

    def _running(self, tags: Mapping[str, str]) -> Run:
        if self._run is None:
            stack = "/".join(part for part in (_organization(), pulumi.get_project(), pulumi.get_stack()) if part)
            self._run = Run(_configuration(self._config), stack, tags.get("environment", ""))
        return self._run


def _organization() -> str:
    try:
        return pulumi.get_organization()
    except Exception:  # a backend without organizations; the SDK raises a plain Exception
        return ""


def _configuration(config: Mapping[str, Any]) -> Configuration:
    """The configuration of the two policies as the pack's own has it.

    Raises:
        ConfigurationError: a rule, level or setting that cannot be meant.
    """
    settings = dict(config)
    levels: dict[str, Level] = {}
    for rule, level in cast("Mapping[str, str]", settings.pop("levels", {})).items():
        if rule not in RULES or level not in _LEVELS:
            raise ConfigurationError(
                f'levels.{rule}: "{level}" cannot be used; write a rule and error, warning, note or off'
            )
        levels[rule] = _LEVELS[level]
    return configuration_from({PACK: settings}, {**DEFAULT_LEVELS, **levels})


def _report(reported: Iterable[Reported], report: ReportViolation, *, errors: bool) -> None:
    for one in reported:
        if one.finding.blocking == errors:
            unquoted = replace(one, finding=replace(one.finding, content=""))
            report(f"{one.rule}: {message_of(unquoted)}", one.urn or None)


def _resource(
    found: ResourceValidationArgs | PolicyResource, references: Mapping[str, tuple[str, ...]] | None = None
) -> Resource | None:
    """A resource of the SDK; None where it holds nothing about IAM."""
    kind = found.resource_type
    properties = cast("Mapping[str, Value]", _plain(serialize_properties(found.props)))
    if not concerns(kind) and not _holds_statements(properties):
        return None
    provider: Mapping[str, Any] = serialize_properties(found.provider.props) if found.provider else {}
    accounts = accounts_allowed(provider.get("allowedAccountIds"))
    accounts = accounts or account_of_role(provider.get("assumeRoles") or provider.get("assumeRole"))
    region = partition_of(provider.get("region"))
    return Resource(found.urn, kind, found.name, properties, accounts, references or {}, region)


def _references(found: PolicyResource) -> dict[str, tuple[str, ...]]:
    dependencies = cast("Mapping[str, Sequence[PolicyResource]]", found.property_dependencies)
    return {name: tuple(one.urn for one in several) for name, several in dependencies.items()}


def _plain(value: object) -> Value:
    """A value of the SDK, with `UNKNOWN` for what is known only after deployment or is no plain value."""
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWN_TEXTS or value == "[secret]" else value
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, object]", value)
        return {name: _plain(one) for name, one in inside.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in cast("Sequence[object]", value)]
    return value if isinstance(value, (bool, int, float)) or value is None else UNKNOWN


def _holds_statements(value: object) -> bool:
    if isinstance(value, str):
        return "Statement" in value
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, object]", value)
        return "Statement" in inside or any(_holds_statements(one) for one in inside.values())
    return isinstance(value, list) and any(_holds_statements(one) for one in cast("list[object]", value))
