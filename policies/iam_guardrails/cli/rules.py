"""`iam-guardrails rules`: the rules, and the page of one of them."""

from __future__ import annotations

from difflib import get_close_matches

import click

from iam_guardrails.cli.outcome import Outcome, Unusable


@click.command()
@click.argument("rule", required=False)
def rules(rule: str | None) -> Outcome:
    """List the rules, or print the page of RULE.

    Exit code 0; 2 for a rule that does not exist.
    """
    from iam_guardrails.rules import RULES

    if rule is None:
        width = max(map(len, RULES))
        lines = [f"{one.id:{width}}  {one.level:7}  {one.title}" for one in RULES.values()]
        return Outcome("\n".join(lines) + "\n", 0)
    if rule not in RULES:
        near = get_close_matches(rule, RULES, n=1)
        fix = f"did you mean {near[0]}?" if near else "`iam-guardrails rules` lists them"
        raise Unusable(f"there is no rule {rule!r}; {fix}")
    return Outcome(_page(rule), 0)


def _page(rule: str) -> str:
    """The page of a rule as it is shipped; where it is not, what the rule says of itself."""
    from iam_guardrails.addresses import file_of
    from iam_guardrails.rules import RULES

    about = RULES[rule]
    file = file_of(about.docs)
    if file is not None:
        return file.read_text("utf-8")
    sources = "".join(f"- {one}\n" for one in about.sources)
    return f"# {about.id}\n\n{about.title}.\n\n{about.why}\n\n{about.remediation}\n\nIt stands on:\n\n{sources}"
