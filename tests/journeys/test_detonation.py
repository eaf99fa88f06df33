"""Mail scanners open every link of every mail, run its scripts, follow on and wait: nothing is decided by that."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.urls import resolve

from config.demo.clock import at
from matching.domain.answers import ask_sides
from matching.domain.shortlists import make_shortlists, request_shortlists
from matching.queries import latest_ready
from notifications.domain.links import token_of
from notifications.domain.outbox import send_drafts
from notifications.domain.reminders import queue_escalations, queue_reminders
from notifications.mails import kinds
from notifications.models import EmailLink, Message
from notifications.tasks import sweep_outbox
from participants.domain.applications import submit_application
from participants.domain.selection import (
    lapse_offers,
    promote_from_waiting_list,
    release_decisions,
    set_decision,
)
from participants.models import Enrollment
from programs.models import Cohort
from tests.agreements.helpers import circle_with, leaves_circle
from tests.harness.browser import Window
from tests.harness.mail import Catcher
from tests.journeys.applying import written
from tests.journeys.story import MANAGER, links_in, person, wait_until
from tests.journeys.world import DAY, World, build, open_link

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
AT_ONCE = 8  # windows of the scanner
UNDER_WAY = ["pending", "claimed", "data_started"]


@pytest.fixture
def world(transactional_db: None, live_server: Any, settings: Any) -> World:
    """Made before the worker begins: it runs the matching itself."""
    settings.BASE_URL = live_server.url
    return build()


def every_kind_of_mail(world: World) -> None:
    """What the world has not written yet, and everything sent."""
    manager, call = person(MANAGER), world.cohorts["call"]
    of = {
        row.person.email.partition("@")[0]: row
        for row in Enrollment.objects.filter(cohort=call, role="mentee")
    }
    submit_application(enrollment=written(call, "mira", "mentee"), by=person("mira"))
    set_decision(enrollments=[of["tim"]], decision="declined", by=manager)
    release_decisions(cohort=call, by=manager, draft=False)
    strand = world.program.strands.get()
    promote_from_waiting_list(cohort=call, strand_id=strand.pk, by=manager)
    with at(world.today + 15 * DAY):
        lapse_offers(cohort=call)
    monday = world.today - world.today.weekday() * DAY
    for week in range(3):
        noon = datetime.combine(monday + 7 * week * DAY, time(11), UTC)
        queue_reminders(now=noon)
        queue_escalations(now=noon)
    review = world.cohorts["review"]
    newest = latest_ready(review)
    assert newest is not None
    ask_sides(run=newest, due_on=world.today + 9 * DAY, by=manager)
    Cohort.objects.filter(pk=review.pk).update(shortlists=True)
    make_shortlists(request_shortlists(cohort=Cohort.objects.get(pk=review.pk), by=manager).pk)
    leaves_circle(circle_with("Hanna Host"), "Ana")
    send_drafts(messages=Message.objects.filter(state="draft"), by=manager)
    sweep_outbox.delay()
    wait_until(lambda: not Message.objects.filter(state__in=UNDER_WAY).exists(), seconds=60)


def rows() -> dict[str, tuple[int, str]]:
    """Every table's number of rows and digest; sessions come and go by reading."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted({model._meta.db_table for model in apps.get_models()} - {"django_session"}):
            cursor.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM \"{table}\" t"
            )
            found[table] = cursor.fetchone()
    return found


def batches(links: list[str]) -> Iterator[list[str]]:
    rest = iter(links)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


def detonate(window: Window, links: list[str]) -> int:
    """Open each, let its scripts run, fetch whatever the page links to; returns how many pages were seen."""
    seen: set[str] = set()
    for batch in batches(links):
        pages = [window.context.new_page() for _link in batch]
        for page, link in zip(pages, batch, strict=True):
            page.goto(link, wait_until="commit")
        for page in pages:
            page.wait_for_load_state("networkidle")  # half a second without a request
            further = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
            seen |= {url.partition("#")[0] for url in [page.url, *further] if url.startswith(window.base)}
            page.close()
    for url in seen:
        assert window.context.request.get(url).status < 500
    return len(seen)


def _place(link: str) -> str:
    return urlsplit(link).path.split("/")[1]


def test_opening_every_link_of_every_mail_changes_nothing(
    world: World, window: Callable[..., Window], live_server: Any, smtp: Catcher, worker: Any
) -> None:
    scanner = window()
    every_kind_of_mail(world)
    assert set(Message.objects.filter(state="sent").values_list("kind", flat=True)) == set(kinds())
    links = list(dict.fromkeys(link for mail in smtp.messages for link in links_in(mail)))
    assert {_place(link) for link in links} >= {"l", "m", "s", "me", "desk"}
    before = rows()
    assert {urlsplit(link).netloc for link in links} == {urlsplit(live_server.url).netloc}
    secret = [link for link in links if _place(link) == "l"]
    for link in secret:  # each by itself: their pages share a cookie
        detonate(scanner, [link])
    # Of each kind of page one is shown with its scripts; the others are fetched.
    rest = {link: resolve(urlsplit(link).path).url_name for link in links if link not in secret}
    assert detonate(scanner, list({name: link for link, name in rest.items()}.values())) > len(
        set(rest.values())
    )
    for link in rest:
        assert scanner.context.request.get(link).status < 500
    assert {name: what for name, what in rows().items() if before[name] != what} == {}


def test_a_scanner_that_sends_the_form_as_it_stands_decides_nothing(
    world: World, window: Callable[..., Window]
) -> None:
    link = open_link(world.pairs["waiting"])
    scanner = window()
    scanner.open(f"/l/{token_of(link)}/")
    before = rows()
    with scanner.page.expect_navigation():
        scanner.page.evaluate("document.querySelector('main form[method=post]').submit()")
    assert "Choose one of the two answers." in scanner.text()
    assert rows() == before
    assert EmailLink.objects.get(pk=link.pk).used_at is None
