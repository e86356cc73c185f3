"""What comes of the probes of one user or role: IAM's simulator answers where it can, our own evaluator always.

Where the two disagree, and no service control policy that only the simulator knows is behind it, nothing is proven.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.evaluation import Policies, Policy, Request, Verdict, evaluate

from pipeline_identity_cli.outcome import one_line
from pipeline_identity_cli.verify.probes import Probe, dangerous, declared
from pipeline_identity_cli.verify.rows import EVALUATOR, SIMULATOR, Check, Row, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iam_guardrails.evaluation import Decision

    from pipeline_identity_cli.explain.gathered import Gathered
    from pipeline_identity_cli.verify.simulator import Answer, Simulator


@dataclass(frozen=True)
class Entity:
    """A user or a role whose probes are judged.

    Attributes:
        pipeline: Its pipeline.
        who: `user` or `role`.
        found: What IAM says of it.
        declared: Its policies as declared.
        role_arn: The role that its pipeline assumes.
        trust: That role's trust policy, as IAM has it; None when it is in another account.
        declared_trust: The same as declared; None when that is not known.
        region: The region of what is asked for.
        probes: The probes of the user's own.
    """

    pipeline: str
    who: str
    found: Gathered
    declared: Sequence[Policy]
    role_arn: str
    trust: Policy | None
    declared_trust: Policy | None
    region: str
    probes: Sequence[Probe] = ()

    def request(self, probe: Probe) -> Request:
        """The call of a probe."""
        return Request(
            self.found.caller,
            probe.action,
            probe.resource,
            {**self.found.context, **probe.context, **dict.fromkeys(probe.absent, ())},
            absent=tuple(self.found.absent),
            resource_account=self.found.caller.account,
        )

    def decide(self, probe: Probe) -> Decision:
        """What our evaluator says, with what IAM has."""
        return self._decide(probe, self.found.policies, self.found.boundary, self.trust)

    def decide_as_declared(self, probe: Probe) -> Decision:
        """What it says, with what was declared; of the boundary only the ARN is."""
        return self._decide(probe, self.declared, None, self.declared_trust)

    def may_somewhere(self, probe: Probe) -> bool:
        """Whether IAM may allow the probe's action for some resource, whichever the Allows name."""
        policies = [_for_all_resources(policy) for policy in self.found.policies]
        boundary = self.found.boundary and _for_all_resources(self.found.boundary)
        return self._decide(probe, policies, boundary, None).verdict is not Verdict.REFUSED

    def asks_trust(self, probe: Probe) -> bool:
        """Whether a trust policy decides on it, of which IAM's simulator knows nothing."""
        return probe.resource == self.role_arn and probe.action.lower().startswith("sts:")

    def _decide(
        self, probe: Probe, policies: Sequence[Policy], boundary: Policy | None, trust: Policy | None
    ) -> Decision:
        resource = None
        if probe.unseen:
            account = {"AWS": self.found.caller.account}
            lets_in = {"Effect": "Allow", "Principal": account, "Action": probe.action, "Resource": "*"}
            resource = Policy("taken for granted", {"Version": "2012-10-17", "Statement": [lets_in]})
        of_role = trust if self.asks_trust(probe) and not probe.unseen else None
        return evaluate(self.request(probe), Policies(policies, boundary, resource=resource, trust=of_role))


def _for_all_resources(policy: Policy) -> Policy:
    """A policy whose Allows name no resource."""
    if not isinstance(policy.document, dict):
        return policy
    document = cast("dict[str, Any]", policy.document)
    written = document.get("Statement", [])
    statements = cast("list[dict[str, Any]]", written if isinstance(written, list) else [written])
    widened = [
        {key: value for key, value in one.items() if key not in ("Resource", "NotResource")} | {"Resource": "*"}
        if one.get("Effect") == "Allow"
        else one
        for one in statements
    ]
    return policy._replace(document={**document, "Statement": widened})


def rows(entity: Entity, simulator: Simulator, *, derived: bool) -> Iterator[Row]:
    """A row for each probe of a user or role.

    Args:
        entity: The user or role.
        simulator: IAM's simulator.
        derived: Whether probes are derived from the declaration, beside the user's own.
    """
    judged = [*_refused(entity), *_allowed(entity), *entity.probes] if derived else list(entity.probes)
    asked = [probe for probe in judged if probe.real and not probe.absent and not entity.asks_trust(probe)]
    arn = entity.found.caller.role_arn or entity.found.caller.arn
    answers = simulator.ask(arn, asked, entity.found.context)
    for probe in judged:
        yield _row(entity, probe, entity.decide(probe), answers.get(probe))


def _allowed(entity: Entity) -> list[Probe]:
    """What the declaration allows. What a Deny of its own takes away again is none of it."""
    documents = [policy.document for policy in entity.declared]
    trust = entity.declared_trust.document if entity.declared_trust else None
    known = {*entity.found.context, *entity.found.absent}
    probes = declared(entity.found.caller.account, documents, trust, known)
    return [one for one in probes if entity.decide_as_declared(one).verdict is not Verdict.REFUSED]


def _refused(entity: Entity) -> list[Probe]:
    """What is dangerous, and the declaration does not allow."""
    arn = entity.found.caller.role_arn or entity.found.caller.arn
    probes = dangerous(entity.who, arn, entity.region)
    return [one for one in probes if entity.decide_as_declared(one).verdict is Verdict.REFUSED]


def _row(entity: Entity, probe: Probe, decision: Decision, answer: Answer | None) -> Row:
    check = Check.ALLOWED if probe.allowed else Check.DENIED
    row = Row(entity.pipeline, entity.who, probe.check, State.PASSED, by=EVALUATOR, id=check)
    allowed = None if decision.verdict is Verdict.UNKNOWN else decision.verdict is Verdict.ALLOWED
    said, cause = f"{decision.verdict.value}: {decision.reason}", _cause(decision)
    if answer and not answer.missing:
        row = replace(row, by=SIMULATOR)
        told = f"{answer.decision}, says IAM's simulator"
        if allowed not in (None, answer.allowed) and not answer.by_organization:
            seen = f"{told}, and our evaluator says {said}"
            return replace(row, state=State.UNKNOWN, seen=one_line(seen, 2000))
        if allowed is None or allowed is not answer.allowed:
            said, cause = told, told
        allowed = answer.allowed
    if allowed is False and probe.unnamed and entity.may_somewhere(probe):
        seen = 'it may be allowed on some resource; name one, or write resource = "*" if the action has none'
        return replace(row, state=State.UNKNOWN, seen=seen)
    if allowed is probe.allowed:
        return row
    state = State.UNKNOWN if allowed is None else State.FAILED
    return replace(row, state=state, seen=one_line(said, 2000), cause=cause)


def _cause(decision: Decision) -> str:
    """The policy that decides, or the reason where none does: rows of one cause are reported as one."""
    decides = decision.verdict is Verdict.ALLOWED
    deciding = [one for one in decision.statements if one.applies and one.allow is decides]
    return deciding[0].policy if deciding else decision.reason
