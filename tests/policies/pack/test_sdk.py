"""The policies for packs of the SDK find what the pack itself finds, asked the same by the same messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from google.protobuf.struct_pb2 import Struct
from iam_guardrails.pack.configuration import ConfigurationError
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.sdk import RESOURCES, STACK, iam_policies
from iam_guardrails.pack.server import Analyzer
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, policy

from tests.policies.pack.ordinary_stacks import STACKS, stack
from tests.policies.pack.resources import ACCOUNT, LATER, allow, document, pipeline, resource, role_policy, trusting

_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_BAD: list[Resource] = [
    *pipeline(),
    role_policy(document(allow("s3:*", "*")), name="wild"),
    role_policy(document(allow("iam:PassRole", "*")), name="pass"),
    role_policy(document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")), name="run"),
    resource("aws:sqs/queue:Queue", "open", {"policy": trusting("*", "sqs:SendMessage", Resource="*")}),
    resource("aws:iam/role:Role", "later", {"name": "later", "assumeRolePolicy": LATER}),
    resource("aws:new/thing:Thing", "new", {"rules": document(allow("s3:*"))}),
]


def _sent(value: Any) -> Any:
    """A value as the engine sends it."""
    if isinstance(value, str):
        return _UNKNOWN_TEXT if value == LATER else value
    if isinstance(value, dict):
        return {name: _sent(one) for name, one in cast("dict[str, Any]", value).items()}
    return [_sent(one) for one in cast("list[Any]", value)] if isinstance(value, (list, tuple)) else value


def _struct(properties: Any) -> Struct:
    struct = Struct()
    struct.update(_sent(dict(properties)))
    return struct


def _parts(one: Resource) -> dict[str, Any]:
    allowed = _struct({"allowedAccountIds": json.dumps(list(one.accounts) or [ACCOUNT])})
    provider = analyzer_pb2.AnalyzerProviderResource(properties=allowed)
    properties = _struct(one.properties)
    return {"type": one.type, "urn": one.urn, "name": one.name, "properties": properties, "provider": provider}


def _asked(analyzer: Any, resources: Sequence[Resource]) -> list[Any]:
    """What an analyzer answers to all that the engine asks of a stack."""
    found = [
        each
        for one in resources
        for each in analyzer.Analyze(analyzer_pb2.AnalyzeRequest(**_parts(one)), None).diagnostics
    ]
    sent: list[analyzer_pb2.AnalyzerResource] = []
    for one in resources:
        message = analyzer_pb2.AnalyzerResource(**_parts(one))
        for name, urns in one.references.items():
            message.propertyDependencies[name].urns.extend(urns)
        sent.append(message)
    return [*found, *analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=sent), None).diagnostics]


def _sdk(**config: Any) -> Any:
    """The SDK's own analyzer, for a pack of these policies alone."""
    servicer: Any = vars(policy)["_PolicyAnalyzerServicer"]  # what `PolicyPack` serves, without its port
    analyzer: Any = servicer("acme", "1.0.0", iam_policies(), EnforcementLevel.MANDATORY)
    if config:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig[RESOURCES].enforcementLevel = analyzer_pb2.MANDATORY
        request.policyConfig[RESOURCES].properties.update(config)
        analyzer.Configure(request, None)
    return analyzer


def _ours(diagnostics: Sequence[Any]) -> list[tuple[str, int, str]]:
    return sorted((one.policyName, one.enforcementLevel, one.urn) for one in diagnostics)


def _theirs(diagnostics: Sequence[Any]) -> list[tuple[str, int, str]]:
    """The same of the SDK's: the rule is the first word of the message's second line."""
    return sorted((one.message.splitlines()[1].partition(":")[0], one.enforcementLevel, one.urn) for one in diagnostics)


def test_both_find_the_same_in_a_stack_of_bad_and_unknown_documents():
    ours, theirs = _asked(Analyzer(), _BAD), _asked(_sdk(), _BAD)
    assert {"no-wildcard-actions", "no-privilege-escalation", "trusted-principals-only", "iam-guardrails"} <= {
        rule for rule, _, _ in _ours(ours)
    }
    assert _theirs(theirs) == _ours(ours)
    assert {one.policyName for one in theirs} == {RESOURCES, f"{RESOURCES}-advice", STACK, f"{STACK}-advice"}


@pytest.mark.parametrize("later", [True, False], ids=["preview", "deployed"])
@pytest.mark.parametrize("name", STACKS)
def test_both_find_the_same_in_ordinary_stacks(name: str, later: bool):
    resources = stack(name, later=later)
    assert _theirs(_asked(_sdk(), resources)) == _ours(_asked(Analyzer(), resources))


def test_an_unknown_value_is_not_turned_into_advice_by_the_sdk():
    messages = [one.message for one in _asked(_sdk(on_unknown="block"), _BAD)]
    assert not [one for one in messages if "can't run policy" in one]
    blocked = [one for one in _asked(_sdk(on_unknown="block"), _BAD) if "not evaluated yet" in one.message]
    assert {one.enforcementLevel for one in blocked} == {analyzer_pb2.MANDATORY}


def test_settings_and_levels_stand_in_the_configuration():
    trusting_all = {"trusted_accounts": [ACCOUNT], "levels": {"no-wildcard-actions": "off", "confused-deputy": "error"}}
    rules = {rule for rule, _, _ in _theirs(_asked(_sdk(**trusting_all), _BAD))}
    assert "no-wildcard-actions" not in rules
    for wrong in ({"trusted_acounts": [ACCOUNT]}, {"levels": {"no-wildcard-actions": "strict"}}):
        with pytest.raises(ConfigurationError):
            _asked(_sdk(**wrong), _BAD)
