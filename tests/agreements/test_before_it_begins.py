"""Between publishing and the first day: nothing is due yet, and nobody is called silent."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from agreements.models import Agreement, Mentorship
from agreements.panels import health
from core.roles import Role
from people.models import Person
from tests.agreements.helpers import team
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db
STARTS = date(2026, 12, 27)
EVE, FIRST = datetime(2026, 12, 26, 12, tzinfo=UTC), datetime(2026, 12, 27, 12, tzinfo=UTC)


@pytest.fixture
def made() -> tuple[Mentorship, Person]:
    """Published a month before its first day; its agreement is in force."""
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC)):
        mentorship, _mentor, mentee, _supervisor = team(starts_on=STARTS, ends_on=date(2027, 12, 26))
    Mentorship.objects.update(created_at=datetime(2026, 11, 26, 12, tzinfo=UTC))
    return mentorship, mentee


def said(client: Client, address: str) -> str:
    """The words of a page, on one line."""
    page = re.sub(r"(?s).*<main|<[^>]+>", " ", client.get(address).content.decode())
    return " ".join(page.split())


def desk(mentorship: Mentorship) -> str:
    cohort = mentorship.cohort
    return f"/desk/{cohort.program.slug}/{cohort.slug}/mentorships/"


@pytest.mark.parametrize(
    ("now", "row"),
    [(EVE, ("—", "Begins 27 December 2026")), (FIRST, ("0 of 2", "1\xa0month ago"))],
    ids=["eve", "first day"],
)
def test_the_desk_lists_when_it_begins(
    client: Client, made: tuple[Mentorship, Person], now: datetime, row: tuple[str, str]
) -> None:
    mentorship, _mentee = made
    with time_machine.travel(now):
        client.force_login(MembershipFactory(program=mentorship.cohort.program, role=Role.MANAGER).person)
        page = client.get(desk(mentorship))
        [cells] = page.context["table"].rows
        assert (
            cells.get_cell("met"),
            re.sub("<[^>]+>", "", str(cells.get_cell("last_heard"))).strip(),
        ) == row
        one = said(client, f"{desk(mentorship)}{mentorship.uid}/")
    assert ("Begins" in one, "Began" in one, "Last heard" in one) == (
        (True, False, False) if now == EVE else (False, True, True)
    )
    assert ("none are due yet" in one, "0 of 2 this month" in one) == (
        (True, False) if now == EVE else (False, True)
    )


@pytest.mark.parametrize(("day", "silent"), [(17, 0), (19, 1)])
def test_silence_counts_from_the_first_day(made: tuple[Mentorship, Person], day: int, silent: int) -> None:
    mentorship, _mentee = made
    with time_machine.travel(datetime(2027, 1, day, 12, tzinfo=UTC)):
        found = {str(figure["label"]): figure["number"] for figure in health(mentorship.cohort)["figures"]}
    assert found["Silent for 21 days"] == silent


def test_its_people_log_no_meeting_before(client: Client, made: tuple[Mentorship, Person]) -> None:
    mentorship, mentee = made
    Agreement.objects.update(state="in_force", text_digest="x", in_force_at=EVE)
    address = f"/m/{mentorship.uid}/"
    client.force_login(mentee)
    with time_machine.travel(EVE):
        client.force_login(mentee)
        one, meetings, cards = said(client, address), said(client, f"{address}meetings/"), said(client, "/m/")
    assert "this month" not in one + meetings + cards
    assert "From 27 December 2026 on" in one
    assert ("Log a meeting" in one, "Your mentorship begins on 27 December 2026" in meetings) == (False, True)
    with time_machine.travel(FIRST):
        client.force_login(mentee)
        assert "0 of 2 this month" in said(client, address)
        assert "Meetings this month: 0 of 2" in said(client, "/m/")
