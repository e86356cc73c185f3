"""Edges and paths as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from iam_guardrails.reach.values import Certainty, Edge, How, Member, Path

_VERBS = {
    How.ASSUME: "assumes {}",
    How.CREDENTIALS: "makes access keys of {}",
    How.LOGIN: "makes or changes the console password of {}",
    How.TRUST: "rewrites the trust policy of {}",
    How.PASS: "passes {} to code of its own",
    How.CODE: "puts code or commands where {} runs",
    How.PROVIDER: "changes the identity provider that {} trusts",
    How.POLICY: "rewrites the policies of {}",
    How.ACCESS: "reads or changes what is in {}",
}


def step(edge: Edge, members: Mapping[str, Member], *, short: bool = False) -> str:
    """An edge as a clause without its subject: `assumes the role "deploy" (sts:AssumeRole)`.

    Args:
        edge: the edge.
        members: the users and roles by ARN, for their names.
        short: whether to leave out how certain it is.
    """
    said = _VERBS[edge.how].format(called(edge.target, members, edge.crosses))
    way = f" ({edge.way})"
    if short or edge.certainty is Certainty.CERTAIN:
        return said + way
    asked = f": {', '.join(edge.conditions)}" if edge.conditions else ""
    return f"{said}{way}, which {edge.certainty.value}{asked}"


def called(arn: str, members: Mapping[str, Member], with_account: bool = False) -> str:
    """What people call an identity: `the role "deploy"`, with its account where that is another one; else the ARN."""
    member = members.get(arn)
    if member is None:
        return arn
    where = f" of account {member.account}" if with_account and member.account else ""
    return f"the {member.label}{where}"


def chain(path: Path, members: Mapping[str, Member]) -> str:
    """A path as one sentence: `the user "dev" assumes the role "build", which passes the role "deploy" ...`.

    A step that does not begin where the one before ended names who takes it.
    """
    said = called(path.source, members)
    at = path.source
    for place, edge in enumerate(path.steps):
        if place and edge.source == at:
            said += f", which {step(edge, members)}"
        elif place:
            said += f"; {called(edge.source, members)} {step(edge, members)}"
        else:
            said += f" {step(edge, members)}"
        at = edge.target
    return said
