"""What the command finds in a text, in a form that tests compare."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from iam_guardrails import Settings
from iam_guardrails.cli.checking import Results, check
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model import AccountModel, join
from iam_guardrails.sources import read

EXAMPLES = Path(__file__).parent / "examples"
OURS = "111122223333"


class Seen(NamedTuple):
    """One finding.

    Attributes:
        where: the last part of the logical id.
        rule: the rule.
        pointer: the place in the document.
    """

    where: str
    rule: str
    pointer: str


def results(text: str, name: str, kind: DocumentKind | None = None) -> Results:
    """All that is found in a text."""
    sources = read(text, name, kind)
    assert [one.trouble for one in sources if one.trouble] == []
    return check(sources, Settings(trusted_accounts=[OURS]))


def errors(text: str, name: str, kind: DocumentKind | None = None) -> list[Seen]:
    """The errors in a text."""
    found = results(text, name, kind)
    assert found.failed == []
    return [
        Seen(one.subject.logical_id.rpartition("::")[2], finding.rule, finding.pointer)
        for one in found.checked
        for finding in one.findings
        if finding.blocking
    ]


def unknown(text: str, name: str) -> str:
    """What a text leaves unknown, a line each."""
    return "\n".join(one.text for one in results(text, name).unknown)


def model(text: str, name: str) -> AccountModel:
    """The account model of a text, all parameters at their defaults."""
    return join([part for source in read(text, name) for part in source.parts[0]])
