"""From files to what a deployment needs, with what CloudTrail has seen, and what the policy's reviewers say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import deploy_permissions as knowledge

from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.texts import decoded, standard_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iam_guardrails import Finding

    from pipeline_identity_cli.permissions.asked import Asked

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Found:
    """What there is to report.

    Attributes:
        deployment: The deployment, with the handlers that were asked for.
        answer: What it needs.
        needs: The needs of the one caller that is meant.
        place: Where it is deployed.
        used: What CloudTrail saw; None where no events were handed over.
        asked: The question.
    """

    deployment: knowledge.Deployment
    answer: knowledge.Answer
    needs: tuple[knowledge.Need, ...]
    place: knowledge.Place
    used: knowledge.Used | None
    asked: Asked

    @cached_property
    def statements(self) -> tuple[knowledge.Statement, ...]:
        """The statements that allow it."""
        return knowledge.statements(self.needs)

    @cached_property
    def reading(self) -> tuple[knowledge.Need, ...]:
        """What of it a preview needs."""
        return tuple(one for one in self.needs if one.only_reads or one.action == "sts:AssumeRole")

    @property
    def assumed_roles(self) -> dict[str, int]:
        """The roles that providers assume, and how many permissions each needs of its own."""
        roles = [one.role for one in self.answer.needs if one.role]
        return {role: roles.count(role) for role in dict.fromkeys(roles)}

    @cached_property
    def unlimited(self) -> list[str]:
        """The URNs of the roles and users that the stack makes without a boundary that is known."""
        made = knowledge.made_identities(self.deployment)
        return [urn for urn, boundary in made.items() if not boundary and not self.asked.boundary_arn]

    @cached_property
    def findings(self) -> list[Finding]:
        """What the guardrails say of the policy."""
        from iam_guardrails import check_identity_policy

        return check_identity_policy(knowledge.policy(self.statements)) if self.statements else []


def gathered(asked: Asked) -> Found:
    """What a deployment needs.

    Raises:
        Stopped: A file cannot be read, or a URL or an option is not valid.
    """
    asked.checked()
    deployment = _deployment(asked)
    place = knowledge.Place(asked.partition, asked.account or "*", asked.region or "*")
    place = knowledge.place_of(deployment, place) if asked.files else place
    answer = knowledge.required(deployment, knowledge.Place(asked.partition, asked.account or "*", asked.region or "*"))
    needs = tuple(one for one in answer.needs if one.role == (asked.assumed or ""))
    if asked.assumed and not needs:
        raise Stopped(f"no provider assumes {asked.assumed}", "leave out --assumed-role", kind="usage")
    used = _used(asked)
    if used is not None and not asked.files:
        needs = used.needs
    needs = (*needs, *_of_pulumi(asked, place)) if not asked.assumed else needs
    return Found(deployment, answer, _limited(needs, deployment, asked), place, used, asked)


def _deployment(asked: Asked) -> knowledge.Deployment:
    deployment = knowledge.Deployment()
    for file in asked.files:
        deployment += _read(knowledge.read, file)
    return deployment if asked.planned else knowledge.every_handler(deployment)


def _used(asked: Asked) -> knowledge.Used | None:
    records = [record for file in asked.events for record in _read(knowledge.read_events, file)]
    return knowledge.used_by(records, asked.role_arn) if asked.events else None


def _of_pulumi(asked: Asked, place: knowledge.Place) -> Sequence[knowledge.Need]:
    """What Pulumi's own state and secrets need."""
    try:
        state = [*knowledge.state_needs(asked.state_backend, place)] if asked.state_backend else []
        return state + ([*knowledge.secrets_needs(asked.secrets_provider, place)] if asked.secrets_provider else [])
    except knowledge.InvalidUrl as problem:
        text, _, fix = str(problem).partition("; ")
        raise Stopped(one_line(text), fix, kind="invalid-option") from None


def _limited(
    needs: tuple[knowledge.Need, ...], deployment: knowledge.Deployment, asked: Asked
) -> tuple[knowledge.Need, ...]:
    """The needs with the condition that what the stack makes has its boundary, where all of it has the same."""
    boundaries = set(knowledge.made_identities(deployment).values())
    arn = asked.boundary_arn or (boundaries.pop() if len(boundaries) == 1 else "")
    return knowledge.with_boundary(needs, arn) if arn else needs


def _read(reader: Callable[[str, str], _Read], file: str) -> _Read:
    """What a reader finds in a file.

    Raises:
        Stopped: The file cannot be read, or is nothing that the reader knows.
    """
    try:
        return reader(_text(file), one_line(file, 80))
    except knowledge.NotReadable as problem:
        text, _, fix = str(problem).partition("; ")
        raise Stopped(one_line(text), fix, kind="unreadable") from None
    except RecursionError:
        raise Stopped(f"{one_line(file, 80)} is nested too deeply", "hand over JSON", kind="unreadable") from None


def _text(file: str) -> str:
    try:
        content = standard_input().read() if file == "-" else Path(file).read_bytes()
        if content[:2] == b"\x1f\x8b":
            import gzip

            content = gzip.decompress(content)
        return decoded(content)
    except OSError as error:
        fix = "name a file that Pulumi or CloudTrail has written"
        raise Stopped(f"{one_line(file, 80)} cannot be read: {error.strerror}", fix) from None
    except UnicodeDecodeError:
        raise Stopped(f"{one_line(file, 80)} is not text in UTF-8", "hand over JSON") from None
