"""Speaks the engine's analyzer protocol (https://github.com/pulumi/pulumi, proto/pulumi/analyzer.proto).

The Pulumi policy SDK decodes a resource again for each policy of a pack, and turns a policy that meets an unknown value
into a warning. This server decodes each resource once, skips what no rule is about, and leaves unknown values to the
account model. For packs of the SDK, `iam_guardrails.pack.sdk` has the rules as ordinary policies.
"""

# ruff: noqa: N802 (the protocol names the methods)
from __future__ import annotations

import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, engine_pb2, engine_pb2_grpc, plugin_pb2

from iam_guardrails.addresses import address_of
from iam_guardrails.pack.configuration import (
    DEFAULT_LEVELS,
    PACK,
    Configuration,
    ConfigurationError,
    Floor,
    Level,
    configuration_from,
    floor_in,
    schema_of,
)
from iam_guardrails.pack.evaluation import concerns
from iam_guardrails.pack.in_part import ROLE
from iam_guardrails.pack.remedies import REMEDIES
from iam_guardrails.pack.render import message_of
from iam_guardrails.pack.resource import Resource, account_of_role, accounts_allowed, partition_of
from iam_guardrails.pack.run import Reported, Run
from iam_guardrails.pack.values import decode, decode_one
from iam_guardrails.rules import RULES, Rule
from iam_guardrails.sources.pulumi import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    "low": analyzer_pb2.POLICY_SEVERITY_LOW,
    "medium": analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    "high": analyzer_pb2.POLICY_SEVERITY_HIGH,
    "critical": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}
_PREFIXES = (*(f"{package}:" for package in FAMILIES), ROLE)


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers the engine: what the pack is, what it finds in a resource, and in the stack.

    Args:
        folder: the folder of `PulumiPolicy.yaml`, where a platform team may have locked levels and settings; by default
            the folder of the program that runs.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _folder_of_program()
        self._configuration = Configuration()
        self._stack, self._environment = "", ""
        self._problem = ""
        self._start({}, {})
        self._engine: engine_pb2_grpc.EngineStub | None = None

    def Handshake(
        self, request: analyzer_pb2.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerHandshakeResponse:
        """Remember where the engine listens, to log what was proven."""
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
            policies=[_info(rule) for rule in RULES.values()],
        )

    def ConfigureStack(
        self, request: analyzer_pb2.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Take note of the stack and its tags, by which trust zones differ."""
        del context
        parts = (request.organization, request.project, request.stack)
        self._stack = "/".join(part for part in parts if part)
        self._environment = request.tags.get("environment", "")
        self._run = self._new_run()
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Configure(
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Take the settings, or reject them by name."""
        configs = {name: decode(config.properties) for name, config in request.policyConfig.items()}
        levels = {
            name: _LEVEL_OF[config.enforcementLevel]
            for name, config in request.policyConfig.items()
            if config.enforcementLevel in _LEVEL_OF
        }
        self._start(configs, levels)
        if self._problem:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, self._problem)
        return empty_pb2.Empty()

    def _start(self, configs: Mapping[str, Mapping[str, object]], levels: Mapping[str, Level]) -> None:
        """Begin a run by these settings; what is wrong with them stops everything that is asked of it."""
        self._problem = ""
        try:
            floor = floor_in(self._folder) if self._folder else Floor()
            self._configuration = configuration_from(configs, levels, floor)  # pyright: ignore[reportArgumentType]
        except ConfigurationError as problem:
            self._problem = str(problem)
        self._run = self._new_run()

    def _new_run(self) -> Run:
        return Run(self._configuration, self._stack, self._environment)

    def _stop_where_misconfigured(self, context: grpc.ServicerContext) -> None:
        if self._problem:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, self._problem)

    def Analyze(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Evaluate one resource before it is created or changed."""
        self._stop_where_misconfigured(context)
        if not concerns(request.type) and not _may_hold_a_document(request):
            return analyzer_pb2.AnalyzeResponse()
        return self._response(self._run.resource(_resource(request)))

    def AnalyzeStack(
        self, request: analyzer_pb2.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.AnalyzeResponse:
        """Evaluate the stack as a whole."""
        self._stop_where_misconfigured(context)
        resources = [_resource(one, _references(one)) for one in request.resources if concerns(one.type)]
        verdict = self._run.stack(resources)
        for proof in verdict.proofs[:_MOST_LINES]:
            self._log(proof.urn, proof.sentence)
        if len(verdict.proofs) > _MOST_LINES:
            self._log("", f"proven: the same of {len(verdict.proofs) - _MOST_LINES} more pipelines, each by itself")
        self._log("", verdict.line)
        return self._response(verdict.reported)

    def Remediate(
        self, request: analyzer_pb2.AnalyzeRequest, context: grpc.ServicerContext
    ) -> analyzer_pb2.RemediateResponse:
        """Mend what can be mended exactly, for the rules whose level says so."""
        del context
        response = analyzer_pb2.RemediateResponse()
        asked = [rule for rule in REMEDIES if self._configuration.levels.get(rule) is Level.REMEDIATE]
        if not asked or not concerns(request.type):
            return response
        resource = _resource(request)
        for rule in asked:
            changes = self._run.remedy(rule, resource)
            if changes:
                remedied = response.remediations.add(policyName=rule, policyPackName=PACK, policyPackVersion=VERSION)
                remedied.description = RULES[rule].title
                remedied.properties.CopyFrom(request.properties)
                remedied.properties.update(changes)
        return response

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Nothing here takes long enough to be cut short."""
        del request, context
        return empty_pb2.Empty()

    def _log(self, urn: str, sentence: str) -> None:
        if self._engine is not None:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=self._run.redact(sentence), urn=urn)
            self._engine.Log(line)  # pyright: ignore[reportUnknownMemberType] (grpc's stubs know no metadata)

    def _response(self, reported: Iterable[Reported]) -> analyzer_pb2.AnalyzeResponse:
        response = analyzer_pb2.AnalyzeResponse()
        for one in reported:
            response.diagnostics.append(
                analyzer_pb2.AnalyzeDiagnostic(
                    policyName=one.finding.rule,
                    policyPackName=PACK,
                    policyPackVersion=VERSION,
                    description=RULES[one.finding.rule].title,
                    message=message_of(one, self._run.redact),
                    enforcementLevel=analyzer_pb2.MANDATORY if one.finding.blocking else analyzer_pb2.ADVISORY,
                    severity=_SEVERITIES[one.finding.severity],
                    urn=one.urn,
                )
            )
        return response


def serve(folder: Path | None = None) -> None:
    """Answer the engine, one question after another, until it ends this process.

    Args:
        folder: the folder of `PulumiPolicy.yaml`; by default that of the program that runs.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=1), options=[("grpc.max_receive_message_length", _MESSAGE_LIMIT)]
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(folder), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop(0)


def _folder_of_program() -> Path | None:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(file).absolute().parent if isinstance(file, str) else None


def _resource(
    message: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource,
    references: Mapping[str, tuple[str, ...]] | None = None,
) -> Resource:
    provider = message.provider.properties
    accounts = accounts_allowed(decode_one(provider, "allowedAccountIds"))
    if not accounts:
        accounts = account_of_role(decode_one(provider, "assumeRoles") or decode_one(provider, "assumeRole"))
    return Resource(
        message.urn,
        message.type,
        message.name,
        decode(message.properties),
        accounts,
        references or {},
        partition_of(decode_one(provider, "region")),
    )


def _may_hold_a_document(message: analyzer_pb2.AnalyzeRequest) -> bool:
    """Whether a resource of a type without rules is worth decoding."""
    return message.type.startswith(_PREFIXES) and b"Statement" in message.properties.SerializeToString()


def _references(message: analyzer_pb2.AnalyzerResource) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dependencies.urns) for name, dependencies in message.propertyDependencies.items()}


def _info(rule: Rule) -> analyzer_pb2.PolicyInfo:
    info = analyzer_pb2.PolicyInfo(
        name=rule.id,
        displayName=rule.title,
        description=f"{rule.title}. {rule.why}",
        enforcementLevel=_LEVELS[DEFAULT_LEVELS[rule.id]],
        severity=_SEVERITIES[rule.severity],
        remediation_steps=rule.remediation,
        url=address_of(rule.docs),
        tags=[str(requirement) for requirement in rule.requirements],
    )
    for requirement in rule.requirements[:1]:
        info.framework.name = requirement.framework
        info.framework.version = requirement.version
        info.framework.reference = requirement.number
    if schema := schema_of(rule.id):
        info.configSchema.properties.update(schema)
    return info
