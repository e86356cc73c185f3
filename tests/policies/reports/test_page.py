"""The HTML report holds the audit once, shows the documents of its reasons, and lets no text of it become markup."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from iam_guardrails.reports import html
from iam_guardrails.reports.page_data import MOST_EDGES, MOST_LISTED, page_data

from tests.policies.reports.audits import HOSTILE, LAB, SHOP, arn, edge, identity, large, reason, small

DAGRE = "54a503e346f93ca0bb10abe7999587e0"  # sha256 of dist/dagre.min.js of @dagrejs/dagre 3.1.3, as it begins


class Reading(HTMLParser):
    """The elements of a page, and what stands in its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open = tag if tag in self.inside else self._open

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inside[self._open].append(data)


def data(audit: dict[str, Any]) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(json.dumps(page_data(audit)))
    return page


def test_names_of_roles_become_no_markup(tmp_path: Path) -> None:
    plain, hostile = (Reading(html.render(small(tmp_path, name))) for name in ("dev", HOSTILE))
    assert hostile.tags == plain.tags
    assert len(hostile.inside["script"]) == 2
    read = json.loads(hostile.inside["script"][0])
    assert any(one["arn"] == arn(HOSTILE, "user") for one in read["identities"])


@pytest.mark.parametrize("text", ["</script>", "<!--", "<script", "]]>", "\u2028", "\u2029", "&lt;", HOSTILE])
def test_no_text_can_end_the_data(text: str) -> None:
    written = html.embedded({"name": text})
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == {"name": text}


def test_the_page_allows_its_own_script_and_style_and_nothing_else(tmp_path: Path) -> None:
    page = Reading(html.render(small(tmp_path)))
    policy = next(value for name, value in page.attributes if name == "content" and "default-src" in str(value))
    for text in (page.inside["script"][1], page.inside["style"][0]):
        assert b64encode(sha256(text.encode()).digest()).decode() in str(policy)
    assert str(policy).startswith("default-src 'none'; ")
    assert "unsafe" not in str(policy)


def test_the_page_names_nothing_that_it_would_load(tmp_path: Path) -> None:
    page = Reading(html.render(small(tmp_path)))
    assert not {"link", "img", "iframe", "base", "object"} & set(page.tags)
    assert [name for name, _ in page.attributes if name == "src"] == []
    assert [value for name, value in page.attributes if name == "href"] == ["#main"]


def test_the_layout_library_is_the_published_one_with_its_license(tmp_path: Path) -> None:
    folder = files("iam_guardrails.reports") / "page"
    library = (folder / "dagre.min.js").read_bytes()
    assert sha256(library).hexdigest().startswith(DAGRE)
    page = html.render(small(tmp_path))
    assert "Permission is hereby granted, free of charge" in page
    assert len(page) < 300_000


def test_a_reason_shows_its_document_with_the_statement_marked(tmp_path: Path) -> None:
    page = data(small(tmp_path))
    (shown,) = [one for one in page["because"] if one["document"] is not None]
    lines = page["documents"][shown["document"]]["text"].split("\n")
    marked = json.loads("\n".join(lines[shown["first"] - 1 : shown["last"]]))
    assert marked["Sid"] == "Assume"
    assert json.loads("\n".join(lines))["Statement"][1] == marked


def test_a_reason_of_a_managed_policy_of_aws_shows_its_document() -> None:
    one = {**reason("x"), "policy": "arn:aws:iam::aws:policy/AdministratorAccess", "statement": 0, "file": "gone.json"}
    administrator = identity(arn("admin"), administrator=True, because=[one])
    page = data({"identities": [administrator], "edges": [], "paths": [], "findings": []})
    assert '"Action": "*"' in page["documents"][0]["text"]


@pytest.mark.parametrize("change", [{"file": "/nowhere.json"}, {"statement": 9}, {"pointer": "/x/y"}, {"file": ""}])
def test_a_document_that_is_not_there_any_more_leaves_the_words(tmp_path: Path, change: dict[str, Any]) -> None:
    audit = small(tmp_path)
    audit["edges"][0]["because"][0].update(change)
    page = data(audit)
    shown = next(one for one in page["because"] if one["text"].startswith("identity policy inline"))
    assert shown["document"] is None


def test_what_an_administrator_can_become_in_its_own_account_is_not_listed() -> None:
    admin, other, far = arn("admin"), arn("other"), arn("far", account=LAB)
    identities = [identity(admin, administrator=True), identity(other), identity(far)]
    page = data(
        {"identities": identities, "edges": [edge(admin, other), edge(admin, far)], "paths": [], "findings": []}
    )
    assert [page["identities"][one["to"]]["arn"] for one in page["edges"]] == [far]


def test_a_principal_of_elsewhere_is_one_that_gets_in_and_an_own_account_is_none(tmp_path: Path) -> None:
    audit = small(tmp_path)
    own = {**audit["entries"][0], "principal": f"arn:aws:iam::{LAB}:root", "account": LAB}
    page = data({**audit, "entries": [*audit["entries"], own]})
    external = [one for one in page["identities"] if one["external"]]
    assert [(one["arn"], one["reaches"]) for one in external] == [("arn:aws:iam::999999999999:root", True)]


def test_of_many_identities_those_with_nothing_to_say_are_counted_alone() -> None:
    quiet = [identity(arn(f"quiet-{one}")) for one in range(MOST_LISTED)]
    talking = [identity(arn("a"), reaches=True), identity(arn("b"), administrator=True)]
    audit: dict[str, Any] = {
        "identities": [*quiet, *talking],
        "edges": [edge(arn("a"), arn("b"))],
        "paths": [],
        "findings": [],
    }
    page = data(audit)
    assert page["total"] == MOST_LISTED + 2
    assert [one["name"] for one in page["identities"]] == ["a", "b"]
    assert page["accounts"] == [{"id": SHOP, "name": "", "total": MOST_LISTED + 2}]


def test_of_too_many_edges_those_of_paths_are_kept_and_the_rest_is_told() -> None:
    path = edge(arn("a"), arn("z"))
    many = [edge(arn(f"n{one}"), arn("b")) for one in range(MOST_EDGES)]
    audit: dict[str, Any] = {
        "identities": [identity(arn("a"), reaches=True)], "edges": [*many, path], "findings": [],
        "paths": [{"from": arn("a"), "to": arn("z"), "steps": [path]}],
    }  # fmt: skip
    page = data(audit)
    assert page["edges"][page["paths"][0]["edges"][0]]["to"] == page["paths"][0]["to"]
    assert len(page["edges"]) == MOST_EDGES
    assert page["remarks"] == ["Left out of this page: 1 edge on no path of its list."]


def test_the_summary_says_who_can_become_administrator(tmp_path: Path) -> None:
    assert page_data(small(tmp_path))["summary"] == (
        "2 of 4 identities in 2 accounts can become an administrator by way of others; 1 is an administrator. "
        "One change closes the way of 1 identity."
    )


def test_an_organization_fits_into_a_page() -> None:
    assert len(html.render(large(2_000))) < 2_000_000


def test_what_is_no_audit_is_rejected() -> None:
    with pytest.raises(ValueError, match="the audit has no edges and no paths and no findings"):
        html.render({"identities": []})
