"""The rules, one a file. A new rule is a file here and a line in one of the lists below.

A file has `RULE`, and a function for each thing the rule looks at: `check(document, settings)` for a document of the
rule's kinds, `check(arns)` for attachments, `check_identity(identity, stack)` for an identity of the account model,
`check_stack(stack)` for what several have to do with each other. The index of the rules' pages, the table of the policy
pack, the command's list and its SARIF report follow from the lists.

Rules about identities need the account model, which takes time to load; so they are loaded when they are asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from iam_guardrails.rules.base import Requirement, Rule, Scope

if TYPE_CHECKING:
    from types import ModuleType

    RULES: dict[str, Rule]

_OF_DOCUMENTS = (
    "well_formed_documents",
    "no_wildcard_actions",
    "trusted_principals_only",
    "no_privilege_escalation",
    "no_admin_attachment",
    "external_id_for_third_parties",
    "confused_deputy",
    "bounded_sessions",
)
_OF_IDENTITIES = (
    "iam_guardrails",
    "only_assume_role_for_users",
    "no_console_for_pipelines",
    "no_self_change",
    "both_halves_of_trust",
    "old_access_keys",
    "two_keys_never_overlap_long",
    "no_long_lived_keys",
    "require_boundary",
    "require_path",
    "require_tags",
)


@cache
def document_rules() -> tuple[ModuleType, ...]:
    """The modules of the rules that look at documents and attachments."""
    return tuple(import_module(f"{__name__}.{name}") for name in _OF_DOCUMENTS)


@cache
def all_rules() -> tuple[ModuleType, ...]:
    """The modules of all rules, in the order in which rules are listed."""
    return (*document_rules(), *(import_module(f"{__name__}.{name}") for name in _OF_IDENTITIES))


@cache
def _rules() -> dict[str, Rule]:
    rules = (cast("Rule", module.RULE) for module in all_rules())
    return {rule.id: rule for rule in rules}


def __getattr__(name: str) -> object:
    """`RULES`: id -> rule, in the order in which rules are listed."""
    if name == "RULES":
        return _rules()
    raise AttributeError(name)


__all__ = ["RULES", "Requirement", "Rule", "Scope", "all_rules", "document_rules"]
