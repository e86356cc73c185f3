"""What the pack says of ordinary stacks, counted by level: errors, warnings, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from iam_guardrails.pack.resource import Resource

from tests.policies.pack.ordinary_stacks import STACKS, stack
from tests.policies.pack.resources import said_in_all

Counts = tuple[int, int, int]
NOTHING: Counts = (0, 0, 0)


class Expected(NamedTuple):
    """Errors, warnings and notes of one stack.

    Attributes:
        preview: of the first preview, where one note names all that is known only after deployment.
        deployed: once all of it is known.
        no_account: the same where neither provider nor settings name an account.
    """

    preview: Counts
    deployed: Counts
    no_account: Counts


_ONE_NOTE: Counts = (0, 0, 1)
EXPECTED = {
    "static site": Expected(_ONE_NOTE, NOTHING, (1, 0, 0)),
    "ECS service": Expected(_ONE_NOTE, NOTHING, NOTHING),
    "queue worker": Expected(_ONE_NOTE, NOTHING, (2, 0, 0)),
    "Kubernetes": Expected(_ONE_NOTE, NOTHING, NOTHING),
    "state machine": Expected(_ONE_NOTE, NOTHING, NOTHING),
    "build pipeline": Expected(_ONE_NOTE, NOTHING, NOTHING),
    # A partner's role: right, until a trust zone names it.
    "copies of backups for a partner": Expected(_ONE_NOTE, (1, 0, 0), (1, 0, 0)),
    "sign-in": Expected(_ONE_NOTE, NOTHING, NOTHING),
    # Whose workflows may come: right, until a setting names the repositories.
    "state bucket and GitHub role": Expected(_ONE_NOTE, (1, 0, 0), (1, 0, 0)),
    "database": Expected(_ONE_NOTE, NOTHING, NOTHING),
    "instances": Expected(_ONE_NOTE, NOTHING, NOTHING),
    # CloudWatch publishes for any account: add the alarm's source.
    "trail, logs, alarms": Expected(_ONE_NOTE, (0, 1, 0), (2, 1, 0)),
    # A password for a person: sign in through IAM Identity Center.
    "people and mail": Expected((0, 1, 0), (0, 1, 0), (0, 1, 0)),
    "boundaries": Expected(_ONE_NOTE, NOTHING, NOTHING),
    "shared files and the like": Expected(_ONE_NOTE, NOTHING, NOTHING),
}


def _counts(resources: Sequence[Resource]) -> Counts:
    levels = Counter(report.level for report in said_in_all(resources))
    return levels["error"], levels["warning"], levels["note"]


def test_every_stack_has_its_row() -> None:
    assert EXPECTED.keys() == STACKS.keys()
    assert len(STACKS) >= 12


@pytest.mark.parametrize("name", STACKS)
def test_an_ordinary_stack_gets_what_a_careful_reviewer_would_say(name: str) -> None:
    deployed = stack(name)
    nobody = [replace(one, accounts=()) for one in deployed]
    assert Expected(_counts(stack(name, later=True)), _counts(deployed), _counts(nobody)) == EXPECTED[name]
