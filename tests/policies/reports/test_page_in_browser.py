"""The HTML report in a real browser: what people see, by eye, keyboard or screen reader, from a file, without network.

Where there is no Chromium, these tests are skipped by name. With SCREENSHOTS=FOLDER they leave pictures of the pages
there, for people to look at.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from iam_guardrails.reports import html
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.policies.reports.audits import HOSTILE, LAB, arn, large, small

CHROMIUM = next(
    (found for one in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(one))), ""
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CHROMIUM, reason="needs a Chromium: apt-get install chromium"),
]
Opening = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opening]:
    """Opens an audit's page, at an address after #; at the end, no script may have failed and nothing been loaded."""
    problems: list[str] = []

    def open_page(
        audit: dict[str, Any], address: str = "", *, size: dict[str, int] = DESKTOP, dark: bool = False
    ) -> Page:
        file = tmp_path / "report.html"
        file.write_text(html.render(audit), encoding="utf-8")
        page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")  # pyright: ignore[reportArgumentType]
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda one: None if one.url.startswith(file.as_uri()) else problems.append(one.url))
        page.goto(f"{file.as_uri()}{address}")
        expect(page.locator("main h1")).to_be_visible()
        return page

    yield open_page
    assert problems == []


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def boxes(page: Page) -> int:
    return page.locator(".picture .node").count()


# --- what is on the pages ---------------------------------------------------------------------------------------------


def test_the_overview_says_who_can_become_administrator_and_what_to_change(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    expect(page.locator(".lead")).to_contain_text("2 of 4 identities in 2 accounts can become an administrator")
    expect(page.get_by_role("list", name="Key figures")).to_contain_text("2more can become an administrator")
    expect(page.get_by_role("region", name=re.compile("Single changes"))).to_contain_text("identity policy inline")
    expect(page.get_by_role("heading", name="What this report does not know")).to_be_visible()
    shot(page, "small-overview")


def test_a_small_account_is_drawn_in_full(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    labels = [box.get_attribute("aria-label") or "" for box in page.locator(".picture .node").all()]
    assert len(labels) == 4
    dev = next(label for label in labels if label.startswith("dev,"))
    assert "2 steps from an end; leads to deploy" in dev


def test_the_page_of_an_identity_shows_why_with_the_statement_marked(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path), f"#/identity/{arn('dev', 'user').replace(':', '%3A').replace('/', '%2F')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("dev")
    marked = page.locator("pre mark").first
    expect(marked).to_contain_text('"Sid": "Assume"')
    expect(marked).not_to_contain_text('"Sid": "Read"')
    expect(page.locator("pre").first).to_contain_text('"Sid": "Read"')
    expect(page.get_by_text("only if a condition holds").first).to_be_visible()
    expect(page.get_by_text("It takes: sts:ExternalId")).to_be_visible()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    shot(page, "identity")


def test_the_policies_of_an_identity_open_when_asked_for(opened: Opening, tmp_path: Path) -> None:
    audit = small(tmp_path)
    held = {"kind": "inline policy", "policy": "own", "of": arn("dev", "user"), "file": str(tmp_path / "dump.json")}
    pointer = "/RoleDetailList/0/PolicyDocument"
    audit["identities"][0]["policies"] = [{**held, "pointer": pointer}, {**held, "policy": "gone", "pointer": "/x"}]
    page = opened(audit, f"#/identity/{arn('dev', 'user')}")
    expect(page.get_by_text("inline policy gone (its document was not read)")).to_be_visible()
    page.get_by_text("inline policy own", exact=True).click()
    expect(page.get_by_role("region", name="Policy document", exact=True)).to_contain_text('"Sid": "Read"')


def test_every_link_leads_to_a_page_that_knows_it(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    for tab in ("Paths", "Identities", "Findings", "Overview"):
        page.get_by_role("navigation").get_by_role("link", name=tab).click()
        expect(page.locator("nav a[aria-current=page]")).to_have_text(tab)
        links = page.locator("main a[href^='#/identity/']")
        for place in range(links.count()):
            address = links.nth(place).get_attribute("href")
            page.evaluate("address => { location.hash = address; }", address)
            expect(page.get_by_role("heading", level=1)).not_to_have_text("Not in this report")
            page.go_back()


def test_filters_narrow_the_lists_down(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path), "#/identities")
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_label("Show").select_option("reaching")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Name or ARN has").fill("deploy")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("navigation").get_by_role("link", name="Paths").click()
    page.get_by_label("Certainty").select_option("certain")
    expect(page.get_by_text("0 paths", exact=True)).to_be_visible()


# --- hostile names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "#/paths", "#/identities", "#/findings", "#/identity/", "#/identity/%zz"])
def test_a_hostile_name_is_text_on_every_page(opened: Opening, tmp_path: Path, address: str) -> None:
    if address == "#/identity/":
        address += arn(HOSTILE, "user").replace("%", "%25").replace("#", "%23")
    page = opened(small(tmp_path, HOSTILE), address)
    assert page.locator("img, b").count() == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 2


def test_an_address_of_a_finding_that_is_no_web_address_is_no_link(opened: Opening, tmp_path: Path) -> None:
    audit = small(tmp_path)
    audit["findings"][0]["docs"] = "javascript:alert(1)"
    page = opened(audit, "#/findings")
    expect(page.get_by_text("user dev becomes admin")).to_be_visible()
    assert page.locator("a[href^='javascript']").count() == 0


# --- 2,000 identities -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_organization_is_drawn_as_a_few_groups_and_never_a_hairball(opened: Opening, size: dict[str, int]) -> None:
    page = opened(large(2_000), size=size)
    assert 2 <= boxes(page) <= 16
    shot(page, f"large-{size['width']}")
    for _ in range(12):  # whatever is opened
        groups = page.locator(".picture .node.group")
        if not groups.count():
            break
        groups.first.dispatch_event("click")
        assert boxes(page) <= 60
        assert page.locator(".picture path.edge").count() <= 80
    shot(page, f"large-open-{size['width']}")


def test_no_box_covers_another_and_text_can_be_read(opened: Opening) -> None:
    page = opened(large(2_000))
    drawn = [one for box in page.locator(".picture .node rect.front").all() if (one := box.bounding_box()) is not None]
    for place, one in enumerate(drawn):
        assert one["height"] >= 30
        for other in drawn[place + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            )  # fmt: skip
            assert apart


def test_nothing_is_wider_than_a_phone(opened: Opening) -> None:
    audit = large(2_000)
    for address in ("", "#/paths", "#/identities", "#/findings"):
        page = opened(audit, address, size=PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


# --- keyboard and screen reader ---------------------------------------------------------------------------------------


def test_the_picture_is_one_stop_and_arrow_keys_go_from_box_to_box(opened: Opening) -> None:
    page = opened(large(2_000))
    assert page.locator(".picture [data-key][tabindex='0']").count() == 1
    page.locator(".picture [data-key][tabindex='0']").focus()
    first = page.evaluate("document.activeElement.dataset.key")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.key") != first
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.key") == first


def test_enter_opens_a_group_keeps_the_focus_and_says_so(opened: Opening) -> None:
    page = opened(large(2_000))
    group = page.locator(".picture .node.group[aria-expanded='false']").first
    key = group.get_attribute("data-key")
    group.focus()
    page.keyboard.press("Enter")
    focused = page.locator(":focus")
    expect(focused).to_have_attribute("data-key", str(key))
    expect(focused).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_contain_text("is open")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")


def test_a_chosen_identity_is_told_below_the_picture(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    page.locator(".picture .node", has_text="dev").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("section .card ol.steps li")).to_have_count(2)


def test_search_finds_by_words_and_is_used_by_keyboard(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    box = page.get_by_role("combobox", name=re.compile("Search identities"))
    box.fill(f"role {LAB}")
    expect(page.get_by_role("listbox", name="Identities found").get_by_role("option")).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("admin")
    box.fill("nobody of this name")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("status")).to_have_text("0 identities found")


def test_a_new_page_has_the_focus_and_its_own_title(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    page.get_by_role("navigation").get_by_role("link", name="Findings").click()
    expect(page).to_have_title("Findings · Who can become whom")
    expect(page.locator("main")).to_be_focused()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("Findings")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("address", ["", "#/paths", "#/identities", "#/findings", "identity"])
def test_no_rule_for_accessible_pages_is_broken(opened: Opening, tmp_path: Path, address: str, dark: bool) -> None:
    if address == "identity":
        address = f"#/identity/{arn('dev', 'user')}"
    page = opened(small(tmp_path), address, dark=dark)
    shot(page, f"{address.strip('#/').partition('/')[0] or 'overview'}-{'dark' if dark else 'light'}")
    # The page's own policy keeps foreign scripts out; this one is let in past it.
    axe: Any = Axe()
    found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert found.response["violations"] == [], found.generate_report()


def test_colors_are_chosen_by_the_reader(opened: Opening, tmp_path: Path) -> None:
    page = opened(small(tmp_path))
    light = page.evaluate("getComputedStyle(document.body).color")
    page.get_by_label("Colors").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).color") != light
