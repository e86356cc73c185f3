"""What `audit` found: the graph of who can become whom beside the report of the rules, in every format of `FORMS`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iam_guardrails.findings import Finding
from iam_guardrails.reports.pages import Pages
from iam_guardrails.reports.report import Report, Subject, level, visible

if TYPE_CHECKING:
    from iam_guardrails.reach import Answered, Path

FORMS = ("text", "json", "sarif", "html", "graphml", "dot")
"""Names of the formats."""
_MOST = 20


def pages(docs_url: str) -> Pages:
    """Where the rules are described.

    Args:
        docs_url: where `docs/` is served; "" for the project's own address.
    """
    from iam_guardrails.addresses import BASE
    from iam_guardrails.cli.settings import FILE, FLAGS

    return Pages(docs_url or BASE, FLAGS, FILE)


def render(
    answered: Answered, report: Report, form: str, pages: Pages, version: str, *, color: bool, quiet: bool
) -> str:
    """The audit as text of a format.

    Args:
        answered: the graph and its paths.
        report: what the rules found.
        form: one of `FORMS`.
        pages: where the rules are described.
        version: version of this package.
        color: whether the terminal shows colors; for "text".
        quiet: whether to leave clean documents out; for "text".
    """
    if form == "sarif":
        from iam_guardrails.reports import sarif

        return sarif.render(report, pages, version)
    if form == "json":
        return json.dumps(as_json(answered, report, pages, version), indent=2) + "\n"
    if form in ("html", "graphml", "dot"):
        from iam_guardrails.reports import dot, graphml, html

        draw = {"html": html.render, "graphml": graphml.render, "dot": dot.render}[form]
        return draw(as_json(answered, report, pages, version))
    from iam_guardrails.reports import text

    overview = "".join(f"{line}\n" for line in _overview(answered))
    return f"{overview}\n{text.render(report, pages, color=color, quiet=quiet)}"


def as_json(answered: Answered, report: Report, pages: Pages, version: str) -> dict[str, object]:
    """The audit as JSON values. What is in it stays; what is new is added.

    Args:
        answered: the graph and its paths.
        report: what the rules found.
        pages: where the rules are described.
        version: version of this package.
    """
    from iam_guardrails.reach import json_form

    graph = answered.graph
    findings = [_finding(one.subject, finding, pages) for one in report.checked for finding in one.findings]
    excepted = [{"why": one.why, **_finding(one.subject, one.finding, pages)} for one in report.excepted]
    return {
        "format": json_form.FORMAT,
        "tool": {"name": "iam-guardrails", "version": version},
        "verdict": report.verdict,
        "exitCode": report.code,
        "identities": json_form.identities(graph),
        "edges": json_form.edges(graph.edges),
        "rewrites": json_form.edges(graph.rewrites),
        "paths": [json_form.path(one) for one in answered.paths],
        "cuts": [json_form.cut(one) for one in answered.cuts],
        "entries": [json_form.entry(one) for one in graph.entries],
        "resources": list(graph.resources),
        "findings": findings,
        "excepted": excepted,
        "notRead": [one._asdict() for one in report.not_checked],
        "unknown": [*graph.unknown, *(f"{one.file}: {one.text}" for one in report.unknown)],
        "missing": list(answered.missing),
    }


def _finding(document: Subject, finding: Finding, pages: Pages) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "level": level(finding),
        "severity": finding.severity,
        "message": finding.message,
        "fix": pages.fix(finding),
        "docs": pages.of(finding.rule),
        "file": document.file,
        "logicalId": document.logical_id or None,
        "pointer": document.in_source(finding),
        **document.place(finding)._asdict(),
        "id": finding.id,
        "evidence": dict(finding.evidence),
    }


# --- for people -------------------------------------------------------------------------------------------------------


def _overview(answered: Answered) -> Iterator[str]:
    from iam_guardrails.reach import words

    graph = answered.graph
    members = graph.members
    accounts = {one.account for one in members.values()}
    administrators = [one for one in members.values() if one.administrator]
    yield (
        f"{len(members):,} users and roles in {len(accounts):,} account{'' if len(accounts) == 1 else 's'}, "
        f"{len(graph.edges):,} ways from one to another; {len(administrators):,} are administrators in effect, "
        f"{len(graph.reaches) - len(administrators):,} more can reach one."
    )
    yield ""
    yield from _listed("Administrators in effect", [_reasoned(answered, one.arn) for one in administrators])
    title = "Paths to what was named" if answered.asked.ends else "Who can become administrator"
    yield from _listed(title, [_said(one, answered) for one in answered.paths])
    outside = [one for one in graph.entries if one.account not in accounts]
    said = [
        f"{one.principal} enters {words.called(one.role, members, True)}"
        + (f" (asked for {', '.join(one.conditions)})" if one.conditions else "")
        + (", from where an administrator is reached" if one.role in graph.reaches else "")
        for one in outside
    ]
    yield from _listed("Who gets in from elsewhere", list(dict.fromkeys(said)))
    cuts = [
        f"{one.change.words.partition(' allows ')[0]} of {one.change.of}: closes every path of "
        f"{len(one.closes):,} identit{'y' if len(one.closes) == 1 else 'ies'}"
        for one in answered.cuts[:5]
    ]
    yield from _listed("The single changes that close most", cuts)


def _reasoned(answered: Answered, arn: str) -> str:
    from iam_guardrails.reach import words

    member = answered.graph.members[arn]
    why = "; ".join(dict.fromkeys(one.words for one in member.why[:2]))
    return (
        f"{words.called(arn, answered.graph.members, True)}: {why}"
        if why
        else words.called(arn, answered.graph.members)
    )


def _said(path: Path, answered: Answered) -> str:
    from iam_guardrails.reach import words

    return f"[{path.certainty.value}] {words.chain(path, answered.graph.members)}"


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    for line in lines[:_MOST]:
        yield f"  - {visible(line)}"
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST:,} more; --format json lists all"
    yield ""
