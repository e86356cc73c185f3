"""Speaks the engine's analyzer protocol (https://github.com/pulumi/pulumi, proto/pulumi/analyzer.proto).

The Pulumi policy SDK decodes a resource again for each policy of a pack, and turns a policy that meets an unknown value
into advice. This server decodes each resource once, skips what no rule is about, and leaves unknown values to the
rules, which report them.
"""

# ruff: noqa: N802 (the protocol names the methods)
from __future__ import annotations

import sys
import threading
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, engine_pb2, engine_pb2_grpc, plugin_pb2

from iam_guardrails.pack.configuration import PACK, SCHEMAS, ConfigurationError, configuration_from
from iam_guardrails.pack.guardrails import GUARDRAILS, Guardrail, Level, Severity
from iam_guardrails.pack.judge import Judge
from iam_guardrails.pack.resource import Resource, accounts_allowed, partition_of
from iam_guardrails.pack.values import decode, decode_one
from iam_guardrails.sources.resource_types import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iam_guardrails.pack.report import Report

VERSION = "0.1.0"
_MOST_LINES = 50  # beyond that, lines of what is fine would bury what is not
_MESSAGE_LIMIT = 400 * 1024 * 1024  # a whole stack arrives as one message

_LEVELS = {
    Level.ADVISORY: analyzer_pb2.ADVISORY,
    Level.MANDATORY: analyzer_pb2.MANDATORY,
    Level.REMEDIATE: analyzer_pb2.REMEDIATE,
    Level.DISABLED: analyzer_pb2.DISABLED,
}
_LEVEL_OF = {number: level for level, number in _LEVELS.items()}
_SEVERITIES = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers the engine: what the pack is, what it thinks of a resource, and of the stack."""

    def __init__(self) -> None:
        self._levels = {name: guardrail.level for name, guardrail in GUARDRAILS.items()}
        self._judge = Judge(configuration_from({}, GUARDRAILS))
        self._engine: engine_pb2_grpc.EngineStub | None = None

    def Handshake(
        self, request: analyzer_pb2.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerHandshakeResponse:
        """Remember where the engine listens, to tell it what was proven."""
        del context
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(request.engine_address))
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The pack's version."""
        del request, context
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> analyzer_pb2.AnalyzerInfo:
        """What the pack's rules are, and what settings they take."""
        del request, context
        return analyzer_pb2.AnalyzerInfo(
            name=PACK,
            displayName="IAM guardrails",
            version=VERSION,
            supportsConfig=True,
            provider="aws",
            policies=[_info(guardrail) for guardrail in GUARDRAILS.values()],
        )

    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Take note of the stack; no rule depends on which one it is."""
        del request, context
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take the settings, or refuse them by name."""
        configs = {name: decode(config.properties) for name, config in request.policyConfig.items()}
        levels = {name: _LEVEL_OF[config.enforcementLevel] for name, config in request.policyConfig.items()}
        all_levels = self._levels | levels
        off = {name for name, level in all_levels.items() if level is Level.DISABLED} - {PACK}
        advising = {name for name, level in all_levels.items() if level is Level.ADVISORY}
        try:
            configuration = configuration_from(configs, GUARDRAILS, GUARDRAILS.keys() - off)
        except ConfigurationError as problem:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(problem))
        self._levels.update(levels)
        self._judge = Judge(configuration, off, advising)
        return empty_pb2.Empty()

    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource before it is created or changed."""
        del context
        if not Judge.concerns(request.type) and not _may_hold_a_document(request):
            return analyzer_pb2.AnalyzeResponse()
        return self._response(self._judge.resource(_resource(request)))

    def AnalyzeStack(
        self, request: analyzer_pb2.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge the stack as a whole."""
        del context
        resources = [_resource(one, _references(one)) for one in request.resources if Judge.concerns(one.type)]
        verdict = self._judge.stack(resources)
        for urn, sentence in verdict.proofs[:_MOST_LINES]:
            self._tell(urn, self._judge.without_secrets(sentence))
        if len(verdict.proofs) > _MOST_LINES:
            self._tell("", f"proven: the same of {len(verdict.proofs) - _MOST_LINES} more pipelines, each by itself")
        return self._response(verdict.reports)

    def Remediate(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.RemediateResponse:
        """Mend what can be mended exactly, for the rules whose level says so."""
        del context
        response = analyzer_pb2.RemediateResponse()
        asked = [name for name, level in self._levels.items() if level is Level.REMEDIATE]
        if not asked or not Judge.concerns(request.type):
            return response
        resource = _resource(request)
        for rule in asked:
            changes = self._judge.remedy(rule, resource)
            if changes:
                remedied = response.remediations.add(policyName=rule, policyPackName=PACK, policyPackVersion=VERSION)
                remedied.description = GUARDRAILS[rule].title
                remedied.properties.CopyFrom(request.properties)
                remedied.properties.update(changes)
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Nothing here takes long enough to be cut short."""
        del request, context
        return empty_pb2.Empty()

    def _tell(self, urn: str, sentence: str) -> None:
        if self._engine is not None:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=sentence, urn=urn)
            self._engine.Log(line)  # pyright: ignore[reportUnknownMemberType] (grpc's stubs know no metadata)

    def _response(self, reports: Iterable[Report]) -> analyzer_pb2.AnalyzeResponse:
        response = analyzer_pb2.AnalyzeResponse()
        for report in reports:
            told = replace(report, message=self._judge.without_secrets(report.message))
            response.diagnostics.append(_diagnostic(told, self._level(report)))
        return response

    def _level(self, report: Report) -> Level:
        """What a report does to the run.

        Advice stays advice, except where a rule that only advises has been made mandatory. What the pack says of itself
        cannot be switched off. What a remedy leaves behind is refused.
        """
        if report.rule == PACK or report.excepted:
            return Level.MANDATORY if report.blocking else Level.ADVISORY
        level = self._levels[report.rule]
        if level is Level.REMEDIATE:
            level = Level.MANDATORY
        only_advises = GUARDRAILS[report.rule].level is Level.ADVISORY
        if level is Level.MANDATORY and not report.blocking and not only_advises:
            return Level.ADVISORY
        return level


def serve() -> None:
    """Answer the engine, one question after another, until it ends this process."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=1), options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT)]
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop(0)


def _resource(
    message: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource,
    references: Mapping[str, tuple[str, ...]] | None = None,
) -> Resource:
    provider = message.provider.properties
    return Resource(
        message.urn,
        message.type,
        message.name,
        decode(message.properties),
        accounts_allowed(decode_one(provider, "allowedAccountIds")),
        references or {},
        partition_of(decode_one(provider, "region")),
    )


def _may_hold_a_document(message: analyzer_pb2.AnalyzeRequest) -> bool:
    """Whether a resource of a type without rules is worth decoding."""
    if not message.type.startswith(PACKAGES):
        return False
    sent = message.properties.SerializeToString()
    return b"Statement" in sent or b"CAPABILITY_" in sent


def _references(message: analyzer_pb2.AnalyzerResource) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dependencies.urns) for name, dependencies in message.propertyDependencies.items()}


def _info(guardrail: Guardrail) -> analyzer_pb2.PolicyInfo:
    info = analyzer_pb2.PolicyInfo(
        name=guardrail.name,
        displayName=guardrail.title,
        description=guardrail.title,
        enforcementLevel=_LEVELS[guardrail.level],
        severity=_SEVERITIES[guardrail.severity],
        remediation_steps=guardrail.remediation,
        url=guardrail.docs,
        tags=[str(reference) for reference in guardrail.references],
    )
    for reference in guardrail.references[:1]:
        info.framework.name = reference.framework
        info.framework.version = reference.version
        info.framework.reference = reference.requirement
    if schema := SCHEMAS.get(guardrail.name):
        info.configSchema.properties.update(schema)
    return info


def _diagnostic(report: Report, level: Level) -> analyzer_pb2.AnalyzeDiagnostic:
    guardrail = GUARDRAILS[report.rule]
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=report.rule,
        policyPackName=PACK,
        policyPackVersion=VERSION,
        description=guardrail.title,
        message=f"{guardrail.title}\n{report.message}\n  more: {guardrail.docs}",
        enforcementLevel=_LEVELS[level],
        severity=_SEVERITIES[Severity(report.severity) if report.severity else guardrail.severity],
        urn=report.urn,
    )
