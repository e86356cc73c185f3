"""What IAM's own policy simulator says, where it may be asked and answers all that it is asked.

Sources: `SimulatePrincipalPolicy`, `EvaluationResult`, `ResourceSpecificResult` and `ContextEntry` in the IAM API
reference. The simulator knows nothing of trust policies.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import refusals
from pipeline_identity_cli.outcome import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_identity_cli.verify.probes import Probe

_TYPES = {
    "aws:sourceip": "ip",
    "aws:vpcsourceip": "ip",
    "aws:currenttime": "date",
    "aws:tokenissuetime": "date",
    "aws:epochtime": "numeric",
    "aws:multifactorauthage": "numeric",
    "aws:multifactorauthpresent": "boolean",
    "aws:securetransport": "boolean",
    "aws:viaawsservice": "boolean",
    "aws:principalisawsservice": "boolean",
}


@dataclass(frozen=True)
class Answer:
    """What the simulator says to one call.

    Attributes:
        allowed: Whether it is allowed.
        decision: In the simulator's words, such as `implicitDeny`.
        missing: The condition keys it would have to be told.
        by_organization: Whether the organisation's service control policies are what refuses it.
    """

    allowed: bool
    decision: str
    missing: tuple[str, ...] = ()
    by_organization: bool = False


class Simulator:
    """Asks, until it is clear that there is no use in it.

    Attributes:
        unfit: Why it is not asked any more; "" while it is.
    """

    def __init__(self, iam: Any) -> None:
        self._iam = iam
        self.unfit = ""

    def ask(self, arn: str, probes: Sequence[Probe], known: Mapping[str, Sequence[str]]) -> dict[Probe, Answer]:
        """The answers of one user or role; none where the simulator is unfit.

        Args:
            arn: The user or role.
            probes: The calls; those without circumstances of their own first, as they tell whether it is fit.
            known: The condition keys that AWS sets for the caller.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        groups: dict[tuple[tuple[str, tuple[str, ...]], ...], list[Probe]] = defaultdict(list)
        for probe in probes:
            groups[tuple(sorted(probe.context.items()))].append(probe)
        found: dict[Probe, Answer] = {}
        for context, group in sorted(groups.items(), key=lambda one: len(one[0])):
            if self.unfit:
                break
            try:
                found |= self._of_group(arn, group, {**known, **dict(context)})
            except (ClientError, BotoCoreError) as error:
                self.unfit = one_line(str(refusals.stopped(error)), 200)
        return {} if self.unfit else found

    def _of_group(self, arn: str, probes: Sequence[Probe], context: Mapping[str, Sequence[str]]) -> dict[Probe, Answer]:
        """One question: each action on each resource, of which the pairs that are wanted are taken."""
        pages = self._iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=arn,
            ActionNames=sorted({probe.action for probe in probes}),
            ResourceArns=sorted({probe.resource for probe in probes}),
            ContextEntries=_entries(context),
        )
        answers: dict[tuple[str, str], Answer] = {}
        for page in pages:
            for result in page["EvaluationResults"]:
                answers |= _answers(result)
        lacking = [probe for probe in probes if (probe.action, probe.resource) not in answers]
        if lacking:
            self.unfit = f"it did not answer for {lacking[0].action} on {lacking[0].resource}"
            return {}
        return {probe: answers[probe.action, probe.resource] for probe in probes}


def _entries(context: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    return [
        {
            "ContextKeyName": key,
            "ContextKeyValues": list(values),
            "ContextKeyType": _TYPES.get(key, "string") + ("List" if len(values) > 1 else ""),
        }
        for key, values in sorted(context.items())
        if values
    ]


def _answers(result: Any) -> dict[tuple[str, str], Answer]:
    """The answers of one action, a resource each."""
    action = result["EvalActionName"]
    by_organization = not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    singles: list[Any] = result.get("ResourceSpecificResults", [])
    if not singles:
        missing = tuple(result.get("MissingContextValues", ()))
        answer = Answer(result["EvalDecision"] == "allowed", result["EvalDecision"], missing, by_organization)
        return {(action, result.get("EvalResourceName", "*")): answer}
    return {
        (action, one["EvalResourceName"]): Answer(
            one["EvalResourceDecision"] == "allowed",
            one["EvalResourceDecision"],
            tuple(one.get("MissingContextValues", ())),
            by_organization,
        )
        for one in singles
    }
