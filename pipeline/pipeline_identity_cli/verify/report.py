"""The rows as a table for people, as JSON, and as JUnit XML for CI systems."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, NO_VERDICT
from pipeline_identity_cli.verify.rows import LIVE, Row, State

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = {State.PASSED: "[green]✓[/]", State.FAILED: "[bold red]✗[/]", State.OPEN: "[yellow]?[/]"}


@dataclass(frozen=True)
class Report:
    """All rows of a run, pipeline by pipeline.

    Attributes:
        rows: The rows.
        unfit: Why IAM's simulator did not answer; empty where it did.
    """

    rows: Sequence[Row]
    unfit: str = ""

    @property
    def code(self) -> int:
        """The exit code: what could not be seen is not fine."""
        states = {row.state for row in self.rows}
        return AGAINST if State.FAILED in states else NO_VERDICT if State.OPEN in states or not states else AS_ASKED

    def table(self, *, color: bool) -> str:
        """For people: of pipelines that are as declared one line each, of the others what is not."""
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table("pipeline", "who", "check", "", "seen", box=None, pad_edge=False)
        for name, rows in self._by_pipeline():
            wrong = [row for row in rows if row.state is not State.PASSED]
            if not wrong:
                table.add_row(
                    escape(name),
                    "both" if len({row.who for row in rows}) > 1 else rows[0].who,
                    "all",
                    _SIGNS[State.PASSED],
                    "",
                )
            for row in wrong:
                table.add_row(escape(name), row.who, escape(row.check), _SIGNS[row.state], escape(row.seen))
        text = io.StringIO()
        # As wide as it takes: a terminal wraps by itself, and a log must lose nothing.
        console = Console(file=text, width=10_000, force_terminal=color, no_color=not color, highlight=False)
        console.print(table)
        lines = [line.rstrip() for line in text.getvalue().splitlines()]
        return "\n".join([*lines, "", self._summary()]) + "\n"

    def data(self) -> str:
        """As JSON."""
        content = {"summary": self._counts(), "simulator": self.unfit, "checks": [asdict(row) for row in self.rows]}
        return json.dumps(content, indent=2) + "\n"

    def junit(self) -> str:
        """As JUnit XML, a suite a pipeline; what could not be seen is an error."""
        suites = Xml.Element("testsuites", name="pipeline-identity verify")
        for name, rows in self._by_pipeline():
            counts = Counter(row.state for row in rows)
            numbers = {"failures": counts[State.FAILED], "errors": counts[State.OPEN], "tests": len(rows)}
            suite = Xml.SubElement(
                suites, "testsuite", {"name": name, **{key: str(one) for key, one in numbers.items()}}
            )
            for row in rows:
                case = Xml.SubElement(suite, "testcase", classname=f"{name}.{row.who}", name=f"{row.who} {row.check}")
                if row.by:
                    properties = Xml.SubElement(case, "properties")
                    Xml.SubElement(properties, "property", name="answered by", value=row.by)
                if row.state is not State.PASSED:
                    Xml.SubElement(case, "failure" if row.state is State.FAILED else "error", message=row.seen)
        Xml.indent(suites)
        return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"

    def _by_pipeline(self) -> list[tuple[str, list[Row]]]:
        return [(name, list(rows)) for name, rows in groupby(self.rows, key=lambda row: row.pipeline)]

    def _counts(self) -> dict[str, int]:
        counts = Counter(row.state for row in self.rows)
        return {"pipelines": len(self._by_pipeline()), **{state.value: counts[state] for state in State}}

    def _summary(self) -> str:
        counts = self._counts()
        what = f"{counts['pipelines']} pipeline{'' if counts['pipelines'] == 1 else 's'}"
        told = (
            f"{what}: {counts['passed']} checks passed, {counts['failed']} failed, {counts['open']} could not be seen."
        )
        by = Counter(row.by for row in self.rows if row.by)
        probes = ", ".join(f"{by[name]} {name if name == LIVE else f'by {name}'}" for name in sorted(by))
        unfit = f" IAM's simulator was not used: {self.unfit}." if self.unfit else ""
        return told + (f" Probes answered: {probes}." if by else "") + unfit
