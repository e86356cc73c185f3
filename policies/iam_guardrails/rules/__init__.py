"""What is refused, one guardrail a file. A new rule is a new file here, with `RULE` and `check`, and a row below."""

from __future__ import annotations

from iam_guardrails.rules import (
    bounded_sessions,
    confused_deputy,
    external_id_for_third_parties,
    no_admin_attachment,
    no_privilege_escalation,
    no_wildcard_actions,
    trusted_principals_only,
    well_formed_documents,
)
from iam_guardrails.rules.base import Rule

RULES: dict[str, Rule] = {
    module.RULE.name: module.RULE
    for module in (
        well_formed_documents,
        no_wildcard_actions,
        trusted_principals_only,
        no_privilege_escalation,
        no_admin_attachment,
        external_id_for_third_parties,
        confused_deputy,
        bounded_sessions,
    )
}

__all__ = ["RULES", "Rule"]
