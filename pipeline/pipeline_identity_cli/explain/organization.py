"""Policies of the organization, from files: resource control policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_guardrails import check_document

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iam_guardrails.evaluation import Policy


def checked_rcps(policies: Sequence[Policy]) -> list[Policy]:
    """Resource control policies, of all levels, each called one in the answer.

    Args:
        policies: The policies.

    Raises:
        Stopped: A file is no resource control policy.
    """
    for policy in policies:
        wrong = next((one for one in check_document(policy.document, "rcp") if one.blocking), None)
        if wrong is not None:
            fix = 'hand over a policy whose statements have "Effect": "Deny" and "Principal": "*"'
            why = f"--rcp {one_line(policy.name)} is no resource control policy: {wrong.message}"
            raise Stopped(why, fix, kind="usage")
    return list(policies)
