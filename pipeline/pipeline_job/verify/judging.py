"""What comes of the probes of one half: IAM's simulator answers where it can, our own evaluator always.

Where the two disagree, and no service control policy that only the simulator knows is behind it, nothing is proven.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iam_guardrails.iam.evaluation import Policies, Policy, Request, Verdict, evaluate

from pipeline_job.outcome import one_line
from pipeline_job.verify.probes import Probe, dangerous, declared
from pipeline_job.verify.rows import Row, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iam_guardrails.iam.evaluation import Decision

    from pipeline_job.explain.gathered import Gathered
    from pipeline_job.verify.simulator import Answer, Simulator

EVALUATOR, SIMULATOR = "evaluator", "simulator"


@dataclass(frozen=True)
class Half:
    """A user or a role whose probes are judged.

    Attributes:
        pipeline: Its pipeline.
        who: `user` or `role`.
        found: What IAM says of it.
        declared: Its policies as declared.
        role_arn: The role that its pipeline assumes.
        trust: That role's trust policy, as IAM has it; None when it is in another account.
        region: The region of what is asked for.
        probes: The probes of the user's own.
    """

    pipeline: str
    who: str
    found: Gathered
    declared: Sequence[Policy]
    role_arn: str
    trust: Policy | None
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

    def decide(self, probe: Probe, policies: Sequence[Policy], *, capped: bool) -> Decision:
        """What our evaluator says, with these policies of the half."""
        trust = self.trust_for(probe)
        return evaluate(self.request(probe), Policies(policies, self.found.boundary if capped else None, trust=trust))

    def trust_for(self, probe: Probe) -> Policy | None:
        """The trust policy that a probe depends on; None where it depends on none."""
        if probe.resource != self.role_arn or not probe.action.lower().startswith("sts:"):
            return None
        if self.trust is not None:
            return self.trust
        # Of a role in another account, only the half here can be seen; its own row says that the other is open.
        lets_in = {"Effect": "Allow", "Principal": {"AWS": self.found.caller.arn}, "Action": probe.action}
        return Policy("taken for granted", {"Version": "2012-10-17", "Statement": [lets_in]})


def rows(half: Half, simulator: Simulator, *, derived: bool) -> Iterator[Row]:
    """A row for each probe of a half.

    Args:
        half: The half.
        simulator: IAM's simulator.
        derived: Whether probes are derived from the declaration, beside the user's own.
    """
    judged = [*_refused(half), *_allowed(half), *half.probes] if derived else list(half.probes)
    asked = [probe for probe in judged if probe.real and not probe.absent and half.trust_for(probe) is None]
    arn = half.found.caller.role_arn or half.found.caller.arn
    answers = simulator.ask(arn, asked, half.found.context)
    for probe in judged:
        decision = half.decide(probe, half.found.policies, capped=True)
        yield _row(half, probe, decision, answers.get(probe))


def _allowed(half: Half) -> list[Probe]:
    """What the declaration allows."""
    documents = [policy.document for policy in half.declared]
    trust = half.trust.document if half.trust else None
    known = {*half.found.context, *half.found.absent}
    return declared(documents, trust, known)


def _refused(half: Half) -> list[Probe]:
    """What is dangerous, and the declaration does not allow."""
    arn = half.found.caller.role_arn or half.found.caller.arn
    probes = dangerous(half.who, arn, half.region)
    return [one for one in probes if half.decide(one, half.declared, capped=False).verdict is Verdict.REFUSED]


def _row(half: Half, probe: Probe, decision: Decision, answer: Answer | None) -> Row:
    row = Row(half.pipeline, half.who, probe.check, State.PASSED, by=EVALUATOR)
    allowed = None if decision.verdict is Verdict.UNKNOWN else decision.verdict is Verdict.ALLOWED
    said = f"{decision.verdict.value}: {decision.reason}"
    if answer and not answer.missing:
        row = replace(row, by=SIMULATOR)
        told = f"{answer.decision}, says IAM's simulator"
        if allowed not in (None, answer.allowed) and not answer.by_organization:
            seen = f"{told}, and our evaluator says {said}"
            return replace(row, state=State.OPEN, seen=one_line(seen, 2000))
        allowed, said = answer.allowed, told
    if allowed is probe.allowed:
        return row
    return replace(row, state=State.OPEN if allowed is None else State.FAILED, seen=one_line(said, 2000))
