"""The pages people read: every link between them leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[1]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_PAGES = [_CHECKOUT / "README.md", *sorted((_CHECKOUT / "docs").rglob("*.md"))]


def _headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them of its headings."""
    titles = re.findall(r"^#+ +(.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", _PAGES, ids=[str(page.relative_to(_CHECKOUT)) for page in _PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for file, heading in _LINK.findall(page.read_text()):
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name} links to {file}"
        assert not heading or heading in _headings(target), f"{page.name} links to {file}#{heading}"


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    to_read = [_CHECKOUT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page in seen:
            continue
        seen.add(page)
        links = [(page.parent / file).resolve() for file, _ in _LINK.findall(page.read_text()) if file.endswith(".md")]
        to_read += [target for target in links if target.is_file()]

    assert [page.name for page in _PAGES if page.resolve() not in {one.resolve() for one in seen}] == []
