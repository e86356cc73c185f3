"""The pack's rules as the engine lists them: those of the library, and those that only a whole stack can answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from iam_guardrails.pack.configuration import PACK
from iam_guardrails.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(Enum):
    """What a finding does to the engine's run."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


class Severity(Enum):
    """How bad it is when a rule is broken."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Reference:
    """A requirement of a framework that a rule serves."""

    framework: str
    version: str
    requirement: str

    def __str__(self) -> str:
        return f"{self.framework} {self.version} {self.requirement}".replace("  ", " ")


@dataclass(frozen=True)
class Guardrail:
    """One rule, as it is listed, configured and reported."""

    name: str
    title: str
    """What it wants, in one line."""
    severity: Severity
    level: Level
    """What it does unless the settings say otherwise."""
    remediation: str
    """How to get past it."""
    references: tuple[Reference, ...] = ()
    docs: str = ""

    def __post_init__(self) -> None:
        if not self.docs:
            object.__setattr__(self, "docs", f"docs/rules/{self.name}.md")


def _fsbp(control: str) -> Reference:
    return Reference("AWS Foundational Security Best Practices", "v1.0.0", control)


def _cis(v3: str, v5: str) -> tuple[Reference, Reference]:
    name = "CIS AWS Foundations Benchmark"
    return Reference(name, "v3.0.0", v3), Reference(name, "v5.0.0", v5)


def _well_architected(practice: str) -> Reference:
    return Reference("AWS Well-Architected Framework, Security Pillar", "", practice)


_LEAST_PRIVILEGE = _well_architected("SEC03-BP02")
_OF_LIBRARY_RULES: Mapping[str, tuple[Reference, ...]] = {
    "no-wildcard-actions": (_fsbp("IAM.21"), _fsbp("IAM.1"), *_cis("1.16", "1.15"), _LEAST_PRIVILEGE),
    "no-admin-attachment": (*_cis("1.16", "1.15"), _LEAST_PRIVILEGE),
    "no-privilege-escalation": (_LEAST_PRIVILEGE, _well_architected("SEC03-BP05")),
    "trusted-principals-only": (
        _well_architected("SEC03-BP07"),
        _fsbp("S3.6"),
        _fsbp("KMS.5"),
        _fsbp("Lambda.1"),
    ),
    "external-id-for-third-parties": (_well_architected("SEC03-BP09"),),
    "confused-deputy": (_well_architected("SEC03-BP07"),),
    "bounded-sessions": (_well_architected("SEC02-BP02"),),
    "well-formed-documents": (_LEAST_PRIVILEGE,),
}
"""What the library's rules serve, as the engine wants it: framework, version and requirement.

Sources: AWS Security Hub user guide, the pages of controls for IAM, S3, KMS and Lambda, whose "related requirements"
tell those of CIS; CIS AWS Foundations Benchmark v3.0.0 and v5.0.0, section 1; AWS Well-Architected Framework, Security
Pillar.
"""

_OF_STACKS = (
    Guardrail(
        "only-assume-role-for-users",
        "A user may do nothing but assume named roles",
        Severity.HIGH,
        Level.MANDATORY,
        "Move the permissions to a role that trusts only this user; leave the user sts:AssumeRole on that role's ARN.",
        (_fsbp("IAM.2"), *_cis("1.15", "1.14")),
    ),
    Guardrail(
        "no-console-for-pipelines",
        "A user of a pipeline has no password for the console",
        Severity.HIGH,
        Level.MANDATORY,
        "Remove the login profile; let people sign in through IAM Identity Center.",
        _cis("1.11", "1.10"),
    ),
    Guardrail(
        "no-self-change",
        "An identity may not change its own trust, permissions or boundary, nor those of the user it trusts",
        Severity.CRITICAL,
        Level.MANDATORY,
        "Take the named action away, or deny it on the identity's own ARN.",
        (_LEAST_PRIVILEGE,),
    ),
    Guardrail(
        "both-halves-of-trust",
        "Whoever may assume a role is trusted by it, and whom a role trusts may assume it",
        Severity.MEDIUM,
        Level.ADVISORY,
        "Write the missing half, or remove the other one.",
        (_LEAST_PRIVILEGE,),
    ),
    Guardrail(
        "old-access-keys",
        "An access key is replaced before it grows old",
        Severity.MEDIUM,
        Level.ADVISORY,
        "Create the second key, move the pipeline to it, then delete the old one.",
        (_fsbp("IAM.3"), *_cis("1.14", "1.13")),
    ),
    Guardrail(
        "two-keys-never-overlap-long",
        "Two keys of one user are active together only while the pipeline moves from one to the other",
        Severity.MEDIUM,
        Level.ADVISORY,
        "Finish the rotation: make sure nobody uses the older key, then set it to Inactive or delete it.",
        _cis("1.13", "1.12"),
    ),
    Guardrail(
        "no-long-lived-keys",
        "No access keys at all: pipelines sign in through an identity provider",
        Severity.MEDIUM,
        Level.DISABLED,
        "Trust the pipeline's OIDC provider in the role and remove the access key with its user.",
        (_well_architected("SEC02-BP02"),),
    ),
    Guardrail(
        "require-boundary",
        "Every role and user has one of the agreed permissions boundaries",
        Severity.MEDIUM,
        Level.DISABLED,
        "Set the permissions boundary to one of the agreed policies.",
        (_well_architected("SEC03-BP05"),),
    ),
    Guardrail(
        "require-path",
        "Every role and user stands under one of the agreed paths",
        Severity.LOW,
        Level.DISABLED,
        "Set the path to one of the agreed ones.",
        (_well_architected("SEC03-BP05"),),
    ),
    Guardrail(
        "require-tags",
        "Every role and user carries the agreed tags",
        Severity.LOW,
        Level.DISABLED,
        "Add the missing tags.",
        (_fsbp("IAM.24"), _fsbp("IAM.25")),
    ),
)


def _of_the_library() -> list[Guardrail]:
    return [
        Guardrail(
            rule.name,
            rule.title,
            Severity(rule.severity),
            Level.MANDATORY if rule.blocking else Level.ADVISORY,
            rule.remediation,
            _OF_LIBRARY_RULES[rule.name],
            docs=rule.docs,
        )
        for rule in RULES.values()
        if rule.name in _OF_LIBRARY_RULES
    ]


_OF_THE_PACK = Guardrail(
    PACK,
    "What could not be judged, and the exceptions in force",
    Severity.HIGH,
    Level.MANDATORY,
    "Make the document known at preview; renew or remove the exception.",
)

GUARDRAILS: Mapping[str, Guardrail] = {
    guardrail.name: guardrail for guardrail in (_OF_THE_PACK, *_of_the_library(), *_OF_STACKS)
}
"""Name -> rule; the pack's own entry carries the settings that concern all rules."""

OFF_BY_DEFAULT = frozenset(name for name, guardrail in GUARDRAILS.items() if guardrail.level is Level.DISABLED)
