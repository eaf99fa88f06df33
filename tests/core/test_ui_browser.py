"""The components in a real browser: accessibility, narrow and dark screens, no script, and what the scripts add.

The page is rendered once and served to the browser from memory, with the headers that the product sends.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.harness.browser import launched

pytestmark = pytest.mark.browser

HOST = "http://ithaca.test"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def pages() -> dict[str, tuple[str, dict[str, str]]]:
    """Address to body and headers."""
    found = {}
    with override_settings(DEBUG=True, ROOT_URLCONF="tests.core.test_ui_pages"):
        for address in ("/look/gallery/", "/look/gallery/?form=errors&messages=1", "/look/404.html"):
            response = Client().get(address)
            assert response.status_code == 200
            policy = response.headers["Content-Security-Policy"]
            found[address] = (response.content.decode(), {"Content-Security-Policy": policy})
    return found


@pytest.fixture(scope="module")
def browser_here(pages: object) -> Iterator[Browser]:
    with launched() as browser:
        yield browser


class Visit:
    """A browser window on the rendered pages, with what went wrong in it and what it sent."""

    def __init__(self, context: BrowserContext, pages: dict[str, tuple[str, dict[str, str]]]) -> None:
        self.pages = pages
        self.sent: list[str] = []
        self.faults: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        address = route.request.url.removeprefix(HOST)
        if route.request.method == "POST":
            self.sent.append(route.request.post_data or "")
            route.fulfill(status=204)
        elif address.startswith(settings.STATIC_URL):
            file = finders.find(address.removeprefix(settings.STATIC_URL))
            assert file, address
            route.fulfill(path=file, content_type=TYPES[Path(file).suffix])
        else:
            body, headers = self.pages[address.partition("#")[0]]
            route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)

    def open(self, address: str = "/look/gallery/") -> Page:
        self.page.goto(HOST + address)
        return self.page


@pytest.fixture
def visit(browser_here: Browser, pages: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Visit]:
    options = getattr(request, "param", {})
    context = browser_here.new_context(**options)
    window = Visit(context, pages)
    yield window
    context.close()
    assert window.faults == []


def screen(width: int, **options: Any) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, **options}


SCREENS = {
    "wide": screen(1280),
    "wide-dark": screen(1280, color_scheme="dark"),
    "narrow": screen(360),
    "narrow-dark": screen(360, color_scheme="dark"),
    "forced-colors": screen(1280, forced_colors="active"),
}
every_screen = pytest.mark.parametrize("visit", SCREENS.values(), ids=SCREENS.keys(), indirect=True)


@every_screen
def test_components_are_accessible_and_never_wider_than_the_screen(visit: Visit) -> None:
    page = visit.open("/look/gallery/?form=errors&messages=1")
    for fold in page.query_selector_all("details:not([data-menu])"):
        fold.evaluate("fold => { fold.open = true }")
    result = Axe().run(page, options={"runOnly": TAGS}).response
    assert [
        (found["id"], [node["target"] for node in found["nodes"]]) for found in result["violations"]
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("visit", [screen(360)], indirect=True)
def test_what_one_touches_is_large_enough(visit: Visit) -> None:
    page = visit.open()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, input, select, a.tag, a.btn, .chip')]
        .map(item => [item.outerHTML.slice(0, 80), (item.closest('label') || item).getBoundingClientRect()])
        .filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize("visit", [screen(1280, java_script_enabled=False)], indirect=True)
def test_without_script_nothing_is_offered_that_needs_it(visit: Visit) -> None:
    page = visit.open()
    assert page.get_by_role("button", name="Copy").count() == 0
    assert page.get_by_role("button", name="Dark").count() == 0
    page.get_by_text("End this mentorship").click()
    assert page.get_by_role("button", name="Yes, end it").is_visible()


def test_the_choice_of_colors_is_kept_in_a_cookie(visit: Visit) -> None:
    page = visit.open()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.cookie") == "theme=dark"
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Auto").click()
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize(
    ("visit", "theme", "ground"),
    [
        (screen(800, color_scheme="dark"), None, "rgb(17, 23, 29)"),
        (screen(800, color_scheme="light"), None, "rgb(250, 248, 244)"),
        (screen(800, color_scheme="dark"), "light", "rgb(250, 248, 244)"),
        (screen(800, color_scheme="light"), "dark", "rgb(17, 23, 29)"),
    ],
    indirect=["visit"],
)
def test_the_readers_choice_wins_over_the_device(visit: Visit, theme: str | None, ground: str) -> None:
    page = visit.open()
    page.evaluate("theme => { if (theme) document.documentElement.dataset.theme = theme }", theme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground


def test_the_focus_goes_to_the_errors_and_on_to_the_control(visit: Visit) -> None:
    page = visit.open("/look/gallery/?form=errors&messages=1")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("link", name="Choose an answer to “How would you like to be mentored?”").click()
    assert page.evaluate("document.activeElement.id") == "id_track_0"


def test_a_form_is_sent_once(visit: Visit) -> None:
    page = visit.open()
    page.get_by_label("Where can we reach you?").fill("mira@example.org")
    send = page.get_by_role("button", name="Continue")
    send.click()
    send.click(force=True)
    page.wait_for_timeout(100)
    assert len(visit.sent) == 1
    assert send.get_attribute("aria-disabled") == "true"


def test_leaving_with_unsaved_text_is_asked_about(visit: Visit) -> None:
    page = visit.open()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(HOST + "/look/404.html")
    assert asked == []
    visit.open()
    page.get_by_label("Where can we reach you?").press_sequentially("m")
    page.goto(HOST + "/look/404.html")
    assert asked == ["beforeunload"]


def test_one_box_checks_all(visit: Visit) -> None:
    page = visit.open()
    page.get_by_label("Select all").check()
    assert page.locator("input[name=row]:checked").count() == 3
    page.get_by_label("Select all").uncheck()
    assert page.locator("input[name=row]:checked").count() == 0


def test_a_question_is_asked_in_a_dialog_that_gives_the_focus_back(visit: Visit) -> None:
    page = visit.open()
    page.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    assert dialog.inner_text().splitlines()[0] == "Remove this draft?"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Remove"


def test_a_menu_closes_by_escape_and_by_a_click_beside_it(visit: Visit) -> None:
    page = visit.open()
    menu = page.locator("details[data-menu]").filter(has_text="Export")
    menu.locator("summary").click()
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    menu.locator("summary").click()
    page.get_by_role("heading", name="Acts and faces").click()
    assert menu.get_attribute("open") is None


def test_the_first_tab_leads_past_the_navigation(visit: Visit) -> None:
    page = visit.open("/look/404.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_paper_carries_addresses_and_no_navigation(visit: Visit) -> None:
    page = visit.open()
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.get_by_role("button", name="Continue").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    written = page.evaluate(
        """() => ['/guide/', '#part'].map(address => {
            const link = document.createElement('a');
            link.setAttribute('href', address);
            document.querySelector('main').append(link);
            return getComputedStyle(link, '::after').content;
        })"""
    )
    assert written == ['" (/guide/)"', "none"]
