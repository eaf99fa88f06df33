"""The review of pairs by keyboard alone: move, open, lock, search, help, and letters that can be switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from matching.models import Lock
from tests.harness.browser import Window
from tests.journeys.story import MANAGER, person
from tests.journeys.world import World, build

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def window(
    chromium: Browser, live_server: LiveServer, transactional_db: Any
) -> Iterator[tuple[Window, World]]:
    world = build()
    window = Window(chromium.new_context(reduced_motion="reduce"), live_server.url)
    window.sign_in(person(MANAGER))
    window.open(world.desk("review", f"matching/{world.uids['run']}/"))
    yield window, world
    window.context.close()
    assert window.faults == []


def wait_for_focus(window: Window, row: str | None) -> None:
    """Until the focus is in that row."""
    window.page.wait_for_function("id => document.activeElement.closest('tr')?.id === id", arg=row)


def test_the_review_by_keyboard_alone(window: tuple[Window, World]) -> None:
    window, world = window
    page, rows = window.page, window.page.locator("table.pairs tbody tr[id]")
    first, second = rows.nth(0).get_attribute("id"), rows.nth(1).get_attribute("id")
    page.keyboard.press("j")
    wait_for_focus(window, first)
    page.keyboard.press("j")
    wait_for_focus(window, second)
    page.keyboard.press("k")
    wait_for_focus(window, first)
    page.keyboard.press("Enter")
    expect(page.locator("#pair")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pair")).to_have_count(0)
    wait_for_focus(window, first)
    page.keyboard.press("/")
    page.keyboard.type("jlx")
    assert page.evaluate("document.activeElement.value") == "jlx"
    expect(page.locator("table.pairs")).to_have_count(0)  # nobody is called so
    window.open(world.desk("review", f"matching/{world.uids['run']}/"))
    before = Lock.objects.count()
    page.keyboard.press("j")
    page.keyboard.press("j")
    unlocked = page.locator(".is-at button[name=lock]").count()
    with page.expect_navigation():
        page.keyboard.press("l")
    assert Lock.objects.count() == (before + 1 if unlocked else before - 1)
    wait_for_focus(window, second)  # the page is a new one, the place in the list is not
    page.reload()
    page.keyboard.press("j")
    wait_for_focus(window, first)


def test_a_pair_opened_far_down_in_a_narrow_window_is_read_from_its_head(
    window: tuple[Window, World],
) -> None:
    window, _world = window
    page = window.page
    page.set_viewport_size({"width": 360, "height": 640})
    page.locator("table.pairs a.opens").last.click()
    expect(page.locator("#pair")).to_be_focused()
    assert 0 <= page.locator("#pair").bounding_box()["y"] < 100


def test_letters_can_be_switched_off(window: tuple[Window, World]) -> None:
    window, _world = window
    page = window.page
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_label("Single letters act on the pairs").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    assert page.locator("tr.is-at").count() == 0
    page.reload()
    page.keyboard.press("j")
    assert page.locator("tr.is-at").count() == 0
    page.keyboard.press("?")
    page.get_by_label("Single letters act on the pairs").check()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("tr.is-at")).to_have_count(1)
