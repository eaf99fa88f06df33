"""A real browser on the live server. A window keeps what went wrong in it, and fails its test at the end."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)
from playwright.sync_api import (
    TimeoutError as Late,
)

CANDIDATES = (
    os.environ.get("ITHACA_CHROMIUM", ""),
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
)
PATIENCE = 15_000  # milliseconds: the machine may be busy


class Window:
    """One person's browser: own cookies, one page."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.faults: list[str] = []
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, line: ConsoleMessage) -> None:
        # A page that is answered with 4xx on purpose is told as an error of its own address.
        own = line.location["url"] == self.page.url and line.text.startswith("Failed to load resource")
        if line.type == "error" and not own:
            self.faults.append(f"{self.page.url}: {line.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def sign_in(self, person: Any) -> "Window":
        """Signed in without the pages for it."""
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": self.base, "httpOnly": True}]
        )
        return self

    def open(self, path: str) -> int:
        """Go to an address of ours, whole or without its host; returns the status."""
        response = self.page.goto(path if path.startswith("http") else self.base + path)
        assert response is not None
        return response.status

    @property
    def path(self) -> str:
        """Where the window is, without host and query."""
        return urlsplit(self.page.url).path

    def press(self, name: str, *, role: Any = "button", within: Any = None) -> None:
        """Press a button or follow a link, and wait for the next page."""
        self.click((within or self.page).get_by_role(role, name=name, exact=True))

    def click(self, target: Any) -> None:
        """Click something, or what a selector finds, and wait for the next page."""
        found = self.page.locator(target) if isinstance(target, str) else target
        try:
            with self.page.expect_navigation(wait_until="load"):
                found.click()
        except Late as error:
            shown = self.page.locator("body").aria_snapshot()
            raise AssertionError(f"{error}\nat {self.page.url}:\n{shown}") from None

    def follow(self, name: str, *, within: Any = None) -> None:
        """Follow a link."""
        self.press(name, role="link", within=within)

    def fill(self, **fields: object) -> None:
        """Fill form fields by name."""
        for name, value in fields.items():
            self.page.locator(f"[name={name}]:not([type=hidden])").fill(str(value))

    def tick(self, name: str, *values: str) -> None:
        """Choose among boxes or buttons of a group."""
        for value in values:
            self.page.locator(f"[name={name}][value='{value}']").check()

    def heading(self) -> str:
        """The page's first heading."""
        return self.page.locator("h1").inner_text()

    def text(self) -> str:
        """What the page says, on one line."""
        return " ".join(self.page.locator("main").inner_text().split())


@contextmanager
def launched() -> Iterator[Browser]:
    """The Chromium that was given, or that is here."""
    path = next((path for path in CANDIDATES if path and Path(path).exists()), None)
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    with (
        pytest.MonkeyPatch.context() as patch,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests."""
    with launched() as browser:
        yield browser


@pytest.fixture
def window(chromium: Browser, live_server: Any, settings: Any) -> Iterator[Callable[..., Window]]:
    """`window(person, **options of the browser's context)` opens a window on the live server."""
    settings.BASE_URL = live_server.url
    opened: list[Window] = []

    def new(person: Any = None, **options: Any) -> Window:
        found = Window(chromium.new_context(reduced_motion="reduce", **options), live_server.url)
        opened.append(found)
        return found.sign_in(person) if person else found

    yield new
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.context.close()
    assert faults == []
