"""Every page in every state: accessible, never wider than a phone, without errors, and usable by keyboard alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import URLResolver, get_resolver, resolve
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from agreements.models import Signature
from matching.models import Lock
from participants.models import Suggestion
from people.models import Person
from tests.harness.browser import Window
from tests.journeys.looking import enter, focus_problems, problems, tab_to
from tests.journeys.pages import GROUPS, Shown
from tests.journeys.story import MANAGER, person
from tests.journeys.world import World, build

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[str, World]]:
    """A live server over one world for all tests here, and its address."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        yield server.url, build()
        server.stop()
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)


@pytest.fixture(scope="module")
def world(site: tuple[str, World]) -> World:
    return site[1]


@pytest.fixture
def visit(chromium: Browser, site: tuple[str, World]) -> Iterator[Callable[..., Window]]:
    """`visit(person)` gives that person's window, the same one each time."""
    windows: dict[Person | None, Window] = {}

    def open_as(who: Person | None, **options: Any) -> Window:
        if who not in windows:
            windows[who] = Window(chromium.new_context(reduced_motion="reduce", **options), site[0])
            if who:
                windows[who].sign_in(who)
        return windows[who]

    yield open_as
    faults = [fault for one in windows.values() for fault in one.faults]
    for one in windows.values():
        one.context.close()
    assert faults == []


BAD = """<html lang="en"><title>Bad</title><main><h1>Bad</h1><style>:focus { outline: none; box-shadow: none }</style>
<p style="width: 900px; color: #aaa; background: #fff">Pale and wide</p><input>
<button style="font-size: 6px; padding: 0; border: 0">x</button>
<a href="#a">a</a><a href="#b" style="position: absolute; left: -99px">b</a></main>"""


def test_the_looks_see_what_is_wrong(visit: Callable[..., Window]) -> None:
    window = visit(None)
    window.page.set_content(BAD)
    found = " ".join(problems(window))
    for fault in (
        "360 light: label",
        "1280 dark: color-contrast",
        "360 dark: wider",
        "1280 light: small target <button",
    ):
        assert fault in found
    assert {line.partition(":")[0] for line in focus_problems(window)} == {"marked", "inside", "uncovered"}


@pytest.mark.parametrize("group", GROUPS)
def test_pages_are_accessible_and_fit(group: str, world: World, visit: Callable[..., Window]) -> None:
    found = []
    for name, shown in GROUPS[group](world).items():
        window = visit(shown.who)
        found += [f"{name}: {line}" for line in _problems(window, shown)]
    assert not found, "\n".join(found)


# Acts without a page of their own, or with one that another page brings up (people_decide); files.
THEIRS = ("account_", "mfa_", "set_language")  # of libraries; some stand in pages.accounts
ACTS = """
    matching_introduction_confirm mentor_wish my_introduction_answer my_introduction_take_back
    activity_move agreement_change cohort_mail_arrived cohort_mail_resend enrollment_decide enrollment_withdraw
    help_handled matching_allow matching_cancel matching_forget_preset matching_lock matching_start matching_undo
    matching_what_if_progress meeting_delete
    my_application_accept my_application_reopen my_application_withdraw offer_places people_import_apply
    people_import_discard plan_share program_person_remove remind_supervisors supervisor_link survey_close survey_open
    matching_export matching_list_sample matching_recruiting_export
    agreement_pdf healthz import_applications_sample matching_progress people_export people_import_sample program_file
    people_decide readyz staff_agreement_pdf
"""


def test_every_page_is_looked_at(world: World) -> None:
    """A new page needs a row in tests/journeys/pages.py."""
    every = [shown.path for group in GROUPS.values() for shown in group(world).values()]
    seen = {resolve(path.partition("?")[0]).url_name for path in every}
    ours = {name for name in _names(get_resolver()) if not name.startswith(THEIRS)}
    assert ours - seen == set(ACTS.split())


def _names(resolver: URLResolver) -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _names(one)
        elif one.name:
            yield one.name


def _problems(window: Window, shown: Shown) -> list[str]:
    if (status := window.open(shown.path)) != shown.status:
        return [f"answered with {status}"]
    if shown.act:
        shown.act(window)
    return problems(window)


FOCUSED = {
    "next steps": ("pairs", "next steps"),
    "application": ("applicants", "page, full"),
    "agreement": ("pairs", "to sign"),
    "approval": ("supervisors", "to decide"),
    "people": ("desk", "people"),
    "review": ("matching", "review, a pair"),
}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("where", FOCUSED)
def test_the_focus_is_always_seen(where: str, width: int, world: World, visit: Callable[..., Window]) -> None:
    group, name = FOCUSED[where]
    shown = GROUPS[group](world)[name]
    window = visit(shown.who, viewport={"width": width, "height": 780})
    window.open(shown.path)
    found = focus_problems(window)
    assert not found, "\n".join(found)


def test_applying_by_keyboard_alone(world: World, visit: Callable[..., Window]) -> None:
    window = visit(person("mira"))
    window.open("/apply/lakeside/call/mentee/goals/")
    tab_to(window, "[name=career_goals]")
    window.page.keyboard.type("Lead a team.")
    tab_to(window, "main button:not([name])")
    enter(window)
    assert window.path == "/apply/lakeside/call/mentee/time/"


def test_ranking_a_shortlist_by_keyboard_alone(world: World, visit: Callable[..., Window]) -> None:
    window = visit(person("tim"))
    window.open(f"/me/shortlist/{world.uids['shortlist']}/")
    first = window.page.locator("main select").first.get_attribute("name")
    tab_to(window, f"[name={first}]")
    window.page.keyboard.press("ArrowDown")
    tab_to(window, "main form button.btn-sea")
    enter(window)
    mine = Suggestion.objects.filter(shortlist__uid=world.uids["shortlist"])
    assert list(mine.filter(rank=1).values_list("mentor__person__full_name", flat=True)) == ["Ivo Petrov"]


def test_signing_by_keyboard_alone(world: World, visit: Callable[..., Window]) -> None:
    pair = world.pairs["ready"]
    window = visit(pair.mentor)
    window.open(world.pair("ready", "agreement/"))
    tab_to(window, "[name=typed_name]")
    window.page.keyboard.type("Somebody Else")
    enter(window)
    assert window.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    tab_to(window, "[name=typed_name]")
    window.page.keyboard.press("Control+A")
    window.page.keyboard.type(pair.mentor.full_name)
    tab_to(window, "main form button")
    enter(window)
    assert Signature.objects.filter(agreement__mentorship=pair.mentorship, person=pair.mentor).exists()


def test_reviewing_by_keyboard_alone(world: World, visit: Callable[..., Window]) -> None:
    window = visit(person(MANAGER))
    window.open(world.desk("review", f"matching/{world.uids['run']}/"))
    tab_to(window, f"#open-{world.uids['proposal']}")
    window.page.keyboard.press("Enter")
    window.page.locator("#pair").get_by_role("heading", name="Why this pair").wait_for()
    pair = f"{world.uids['mentee']}:{world.uids['mentor']}"
    tab_to(window, f"#pair button[name=lock][value='{pair}']")
    enter(window)
    assert Lock.objects.filter(mentee__uid=world.uids["mentee"], mentor__uid=world.uids["mentor"]).exists()
