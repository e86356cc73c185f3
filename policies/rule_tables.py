"""Writes the tables of the documentation that follow from the rules and the settings: `python -m policies.rule_tables`.

The index of the rules' pages, the table of the pack's levels, the table of its settings and that of the issuers whose
tokens AWS STS reads stand between two comments, `<!-- rules: NAME -->` and `<!-- end -->`; a test compares them with
what is written here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from iam_guardrails import IdentityIssuer, identity_issuers
from iam_guardrails.rules import RULES, Rule, Scope
from iam_guardrails.settings import DECLARATIONS, Declaration

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "rules" / "README.md", DOCS / "rules" / "trusted-principals-only.md", DOCS / "policy-pack.md")
LEVELS: Mapping[str, str] = {"error": "rejects", "warning": "warns", "note": "notes", "off": "off by default"}
"""Level -> how the pages say it."""
_IN_PACK: Mapping[str, str] = {"error": "mandatory", "warning": "advisory", "off": "off by default"}
_OF_DOCUMENTS = (Scope.DOCUMENT, Scope.ATTACHMENT)


def tables() -> Mapping[str, str]:
    """Name -> the table, as Markdown."""
    documents = [rule for rule in RULES.values() if rule.scope in _OF_DOCUMENTS]
    identities = [rule for rule in RULES.values() if rule.scope not in _OF_DOCUMENTS]
    return {
        "documents": _index(documents),
        "identities": _index(identities),
        "levels": _levels(),
        "settings": _settings(),
        "issuers": _issuers(),
    }


def _index(rules: Iterable[Rule]) -> str:
    rows = [f"| [{one.id}]({one.id}.md) | {one.title} | {one.severity} | {LEVELS[one.level]} |" for one in rules]
    return "\n".join(["| rule | what it asks for | severity | level |", "|---|---|---|---|", *rows])


def _levels() -> str:
    rows: list[str] = []
    for level, name in _IN_PACK.items():
        linked = ", ".join(f"[{one.id}](rules/{one.id}.md)" for one in RULES.values() if one.level == level)
        rows.append(f"| {name} | {linked} |")
    return "\n".join(["| level | rules |", "|---|---|", *rows])


def _settings() -> str:
    rows = [_setting(one) for one in DECLARATIONS.values() if one.name != "levels"]
    return "\n".join(["| setting | meaning | default | older name |", "|---|---|---|---|", *rows])


def _setting(one: Declaration) -> str:
    default = "none" if one.default in (None, ()) else f"`{one.default}`"
    default = "the account of each resource's provider" if one.name == "trusted_accounts" else default
    default = "every AWS service" if one.name == "trusted_services" else default
    rule = f" ([{one.rule}](rules/{one.rule}.md))" if one.rule else ""
    return f"| `{one.name}` | {one.description}{rule} | {default} | {', '.join(f'`{name}`' for name in one.aliases)} |"


def _issuers() -> str:
    return "\n".join(
        ["| issuer | claims beside subject and audience | shared | IAM asks for |", "|---|---|---|---|"]
        + [_issuer(one) for one in identity_issuers()]
    )


def _issuer(one: IdentityIssuer) -> str:
    names = "<br>".join(f"`{name.replace('{}', '*')}`" for name in one.issuers)
    further = [claim.name for claim in one.claims.values() if claim.name not in (one.subject, one.audience, *_STANDARD)]
    claims = ", ".join(f"`{name}`" for name in further) or "none"
    required = " or ".join(f"`{name}`" for name in one.required) or "nothing"
    return f"| {one.name}<br>{names} | {claims} | {'yes' if one.shared else 'no'} | {required} |"


_STANDARD = ("amr", "email", "oaud")
"""The claims that AWS STS reads of nearly every issuer's tokens."""


def filled(text: str) -> str:
    """A page with its tables as they should be."""

    def table(found: re.Match[str]) -> str:
        return f"{found['begin']}\n{tables()[found['name']]}\n{found['end']}"

    return re.sub(r"(?P<begin><!-- rules: (?P<name>\w+) -->)\n.*?(?P<end><!-- end -->)", table, text, flags=re.DOTALL)


def main(write: Callable[[Path, str], object] = Path.write_text) -> None:
    """Write the tables into the pages."""
    for page in PAGES:
        write(page, filled(page.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
