"""Your next steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import format_html

from notifications import home
from tests.factories import CohortFactory, MentorshipFactory, PersonFactory
from tests.notifications.conftest import make_plan

pytestmark = pytest.mark.usefixtures("db", "plan_kind")
TODAY = date(2026, 11, 23)
OPENED = TODAY - timedelta(days=60)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(home, "_standings", [])
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        yield


def page(client: Client, person: Any) -> str:
    client.force_login(person)
    response = client.get("/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def owe(person: Any, days: int, **fields: Any) -> Any:
    return make_plan(person, due_on=TODAY + timedelta(days=days), starts_on=OPENED, **fields)


def test_steps_come_by_date_with_what_is_late(client: Client) -> None:
    person = PersonFactory(full_name="Mira Kovač")
    soon, late = owe(person, 5), owe(person, -2)
    other = owe(PersonFactory(), 1)
    html = page(client, person)
    assert html.index(f'<a href="/plans/{late.pk}/">Write plan {late.pk}</a>') < html.index(
        f"/plans/{soon.pk}/"
    )
    assert f"/plans/{other.pk}/" not in html
    assert "It is Mira Kovač&#x27;s." in html
    assert "2 days late" in html
    assert "5 days left" in html
    assert "Good to see you, Mira." in html
    assert "2 things wait for you, one of them is late." in html


def test_what_is_done_is_folded_below(client: Client) -> None:
    person = PersonFactory()
    done = owe(person, 5, shared_at=datetime(2026, 11, 20, tzinfo=UTC))
    html = page(client, person)
    assert "Done so far (1)" in html
    assert f"You wrote plan {done.pk}" in html
    assert "Nothing waits for you" in html


def test_somebody_new_is_told_what_will_be_here(client: Client) -> None:
    html = page(client, PersonFactory())
    assert "Nothing waits for you" in html
    assert "Done so far" not in html


@pytest.mark.parametrize(
    ("dues", "words"),
    [
        ([3], "One thing waits for you."),
        ([3, 4], "2 things wait for you."),
        ([-1], "One thing waits for you, and it is late."),
        ([-1, -2], "2 things wait for you, all of them late."),
        ([-1, -2, 3], "3 things wait for you, 2 of them are late."),
    ],
)
def test_the_lede_counts(client: Client, dues: list[int], words: str) -> None:
    person = PersonFactory()
    for days in dues:
        owe(person, days)
    assert words in page(client, person)


def test_lateness_is_that_of_the_cohort_not_of_the_reader(client: Client) -> None:
    reader = PersonFactory(timezone="Pacific/Pago_Pago")  # 01:00 on the 23rd; in Kiritimati it is the 24th
    owe(reader, 0, cohort=CohortFactory(timezone="Pacific/Kiritimati"))
    assert "1 day late" in page(client, reader)


def test_where_one_stands_comes_in_order_and_escaped(client: Client) -> None:
    home.register_standing(20, lambda person: [f"<b>{person.full_name}</b>"])
    home.register_standing(10, lambda _person: [format_html('With <a href="/m/">{}</a>.', "Dana & Co")])
    html = page(client, PersonFactory(full_name="Mira"))
    assert 'With <a href="/m/">Dana &amp; Co</a>. &lt;b&gt;Mira&lt;/b&gt;' in html


def test_strangers_get_the_front_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def front(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")

    monkeypatch.setattr(home, "_fronts", [])
    assert client.get("/").status_code == 302
    home.register_front(front)
    assert client.get("/").content == b"welcome"
    with pytest.raises(ValueError, match="already"):
        home.register_front(front)


def test_the_page_takes_as_many_queries_for_thirty_as_for_one(
    client: Client, count_queries: Callable[[], AbstractContextManager[CaptureQueriesContext]]
) -> None:
    person = PersonFactory()
    client.force_login(person)
    mentorships = MentorshipFactory.create_batch(30, starts_on=OPENED)
    counted = []
    for some in (mentorships[:1], mentorships[1:]):
        for number, mentorship in enumerate(some):
            done = datetime(2026, 11, 20, tzinfo=UTC) if number % 2 else None
            make_plan(person, mentorship=mentorship, due_on=TODAY + timedelta(days=number), shared_at=done)
        with count_queries() as queries:
            assert client.get("/").status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_nobody_posts_here(client: Client) -> None:
    client.force_login(PersonFactory())
    assert client.post("/").status_code == 405
