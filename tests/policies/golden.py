"""Golden documents: what a policy document means and which verdict that deserves.

A folder holds a folder a rule, and that two JSON Lines files, `rejected.jsonl` and `accepted.jsonl`: a document a line,
with an `id` that is the name of its twin on the other side, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from iam_guardrails import (
    Finding,
    Settings,
    TrustedIdentityProvider,
    check_identity,
    check_identity_policy,
    check_managed_policies,
    check_resource_policy,
    check_trust_policy,
)

DOCUMENTS = Path(__file__).parent / "documents"
CHECKS = {"identity": check_identity_policy, "trust": check_trust_policy, "resource": check_resource_policy}


@dataclass(frozen=True)
class Expectation:
    """The finding that a rejected document must get; `also` names rules that may block it with as much right."""

    rule: str
    blocking: bool
    pointer: str | None = None
    also: tuple[str, ...] = ()

    def is_met_by(self, finding: Finding) -> bool:
        """Whether the finding is of this rule and weight, at the expected place or inside it."""
        if (finding.rule, finding.blocking) != (self.rule, self.blocking):
            return False
        return self.pointer is None or f"{finding.pointer}/".startswith(f"{self.pointer}/")


@dataclass(frozen=True)
class Golden:
    """One line: a document (or several of one identity), the settings it is checked by, and the verdict."""

    path: Path
    id: str
    why: str
    kind: str
    settings: dict[str, Any]
    documents: list[Any]
    together: bool
    expect: Expectation | None
    max_session_duration: int | None = None

    @property
    def rule(self) -> str:
        """The rule whose folder holds the file."""
        return self.path.parent.name

    @property
    def place(self) -> str:
        """The file and the line's id, which no two documents share."""
        return f"{self.path}#{self.id}"

    @property
    def name(self) -> str:
        """The name that pytest shows."""
        return f"{self.rule}/{self.path.stem}/{self.id}"

    def findings(self, *, as_text: bool = False) -> list[Finding]:
        """What the library finds; mappings are handed over as JSON text when `as_text` says so."""
        settings = settings_from(self.settings)
        if self.kind == "attachments":
            return check_managed_policies(self.documents, settings)
        documents = [json.dumps(one) if as_text and not isinstance(one, str) else one for one in self.documents]
        if self.together:
            return check_identity(documents, settings)
        if self.max_session_duration is not None:
            return check_trust_policy(documents[0], settings, max_session_duration=self.max_session_duration)
        return CHECKS[self.kind](documents[0], settings)


def settings_from(values: dict[str, Any]) -> Settings:
    """Settings from their JSON form, in which an identity provider is an object."""
    values = dict(values)
    providers = cast("list[dict[str, Any]] | None", values.pop("trusted_identity_providers", None))
    if providers is not None:
        values["trusted_identity_providers"] = [TrustedIdentityProvider(**one) for one in providers]
    return Settings(**values)


def read(path: Path) -> list[Golden]:
    """The golden documents of one file."""
    return [_golden(path, json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _golden(path: Path, record: dict[str, Any]) -> Golden:
    return Golden(
        path=path,
        id=record["id"],
        why=record["why"],
        kind=record["kind"],
        settings=record.get("settings", {}),
        documents=_documents(record),
        together="documents" in record,
        expect=Expectation(**record["expect"]) if "expect" in record else None,
        max_session_duration=record.get("max_session_duration"),
    )


def _documents(record: dict[str, Any]) -> list[Any]:
    """What is judged: documents of one identity, the ARNs of what is attached to it, or one document or text."""
    for name in ("documents", "policy_arns"):
        if name in record:
            return record[name]
    return [record["text"] if "text" in record else record["document"]]


def read_all(folder: Path = DOCUMENTS, side: str = "*") -> list[Golden]:
    """Every golden document under the folder, in the order of their files."""
    return [golden for path in sorted(folder.glob(f"*/{side}.jsonl")) for golden in read(path)]


def explain(golden: Golden, findings: list[Finding]) -> str:
    """The document, what it means and what was found, for a failing test."""
    shown = [f"{'blocks' if one.blocking else 'advises'}: {one.rule} {one.pointer}: {one.message}" for one in findings]
    texts = [one if isinstance(one, str) else json.dumps(one, indent=2) for one in golden.documents]
    verdict = [f"settings: {golden.settings}", f"expected: {golden.expect or 'nothing that blocks'}"]
    return "\n".join([golden.name, golden.why, *verdict, *texts, *(shown or ["nothing found"])])
