"""Mail links and mails in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from playwright.sync_api import Page

from notifications import links as purposes
from notifications import mailbox
from notifications.domain.links import issue_link, token_of, use_link
from notifications.envelope import build
from notifications.models import EmailLink
from tests.factories import MessageFactory, PersonFactory
from tests.harness.browser import launched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DECISION = """{% extends "layouts/bare.html" %}{% block content %}<h1>Decide</h1>
<form method="post">{% csrf_token %}<input type="hidden" name="link" value="{{ link.uid }}">
<label for="name">Your name</label><input id="name" name="name">
<button name="decision" value="approve">Approve</button></form>
{% endblock %}"""


@pytest.fixture
def page(live_server: Any) -> Iterator[Page]:
    with launched() as browser:
        yield browser.new_page()


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> EmailLink:
    def decide(request: HttpRequest, link: EmailLink) -> HttpResponse:
        if request.method == "POST":
            use_link(
                link=link,
                decision=request.POST["decision"],
                typed_name=request.POST["name"],
                address=None,
                target_digest="d",
            )
            return HttpResponse("<h1>Recorded</h1>")
        return HttpResponse(engines["django"].from_string(DECISION).render({"link": link}, request))

    monkeypatch.setattr(purposes, "_purposes", {})
    purposes.register_purpose("test", decide)
    person = PersonFactory()
    return issue_link(purpose="test", recipient=person, target=person, target_digest="d")


def test_a_person_decides_with_the_browsers_own_headers(
    page: Page, live_server: Any, link: EmailLink
) -> None:
    page.goto(f"{live_server.url}/l/{token_of(link)}/")
    assert page.url == f"{live_server.url}/l/"
    page.get_by_label("Your name").fill("Tom Brandt")
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_role("heading", name="Recorded").is_visible()
    link.refresh_from_db()
    assert (link.decision, link.typed_name) == ("approve", "Tom Brandt")


def test_a_scanner_that_runs_scripts_decides_nothing(page: Page, live_server: Any, link: EmailLink) -> None:
    page.goto(f"{live_server.url}/l/{token_of(link)}/", wait_until="networkidle")
    page.wait_for_timeout(1500)
    page.reload(wait_until="networkidle")
    link.refresh_from_db()
    assert link.used_at is None


def test_a_mail_is_seen_in_the_mailbox_and_its_link_opens(
    page: Page, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    from django.urls import clear_url_caches

    settings.VAR_DIR, settings.DEMO, settings.BASE_URL = tmp_path, True, live_server.url
    settings.ROOT_URLCONF = "tests.notifications.demo_urls"
    clear_url_caches()
    try:
        mailbox.keep(build(MessageFactory(body=f"[Open it]({live_server.url}/me/mail/)")).content)
        faults: list[str] = []
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.goto(f"{live_server.url}/mailbox/")
        page.get_by_role("link", name="A subject").click()
        button = page.frame_locator("iframe").get_by_role("link", name="Open it")
        assert button.evaluate("element => getComputedStyle(element).display") == "inline-block", (
            "it is styled"
        )
        with page.expect_popup() as opened:
            button.click()
        opened.value.wait_for_load_state()
        assert opened.value.url.startswith(f"{live_server.url}/accounts/login/")
        assert [fault for fault in faults if "Content Security Policy" in fault] == []
    finally:
        clear_url_caches()
