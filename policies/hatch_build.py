"""Ships the pages of the rules with the package, so that a message leads to one that opens."""

# hatchling is there while the package is built, and not where its types are checked.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false
from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = ("rules", "policy-pack.md", "command.md")


class Pages(BuildHookInterface[Any]):
    """Takes pages from `docs/` beside this folder; a wheel that is built from a source archive has them already."""

    PLUGIN_NAME = "pages"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages to what is built."""
        if version == "editable":
            return  # the checkout has them
        docs = Path(self.root).parent / "docs"
        there = [name for name in PAGES if (docs / name).exists()]
        build_data["force_include"].update({str(docs / name): f"iam_guardrails/pages/{name}" for name in there})
