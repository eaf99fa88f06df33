"""Circles that people have left since the run, and runs of which only some circles are published."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.publishing import publish_run
from agreements.models import Member
from core.errors import Refused
from matching.circle_review import circle_cards
from matching.models import Proposal, Run, Scheme
from matching.summary import run_lines
from notifications.models import Message
from participants.models import Enrollment
from people.models import Person
from programs.models import Strand
from tests.factories import StrandFactory
from tests.matching.people import World, world
from tests.matching.test_circles import host, seat
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def circle(here: World) -> Strand:
    return StrandFactory(program=here.program, format="circle", size_min=3, size_max=4)


def two_circles(here: World, circle: Strand) -> Run:
    """Hanna with three people who are free on Monday, Otto with three who are on Friday."""
    for name, times, people in (("Hanna Host", "mon-am", "ABC"), ("Otto Other", "fri-pm", "XYZ")):
        host(here, circle, name, availability=[times])
        seat(here, circle, *(f"{letter}." for letter in people), availability=[times])
    return here.run()


def goes(name: str) -> None:
    Enrollment.objects.filter(person__full_name=name).update(state="withdrawn")


def seat_of(run: Run, name: str) -> Proposal:
    return run.proposals.get(mentee__person__full_name=name)


def publishes(run: Run, name: str, by: Person) -> None:
    """The circle of somebody."""
    publish_run(run=run, by=by, proposals=[seat_of(run, name)])


def publish_url(run: Run) -> str:
    return reverse("publish_run", args=[run.cohort.program.slug, run.cohort.slug, run.number])


def test_a_circle_with_too_few_left_is_refused_by_name_and_the_other_is_not(here, circle):
    run = two_circles(here, circle)
    goes("A.")
    number = seat_of(run, "B.").circle.number
    with pytest.raises(Refused) as refusal:
        publish_run(run=run, by=here.manager, proposals=[seat_of(run, "B."), seat_of(run, "X.")])
    assert (refusal.value.code, refusal.value.message, refusal.value.hint) == (
        "circle_small",
        f"Circle {number}: 2 of the 3 people that this circle needs can still take part.",
        "A circle with fewer does not open. Run the matching again, or publish without it.",
    )
    assert Member.objects.count() == 0
    publishes(run, "X.", here.manager)
    assert Member.objects.count() == 4


def test_a_circle_without_a_host_is_refused(here, circle):
    run = two_circles(here, circle)
    goes("Hanna Host")
    with pytest.raises(Refused) as refusal:
        publishes(run, "A.", here.manager)
    assert refusal.value.code == "circle_small"


def test_the_page_marks_a_circle_with_too_few_and_offers_it_to_nobody(here, circle, login):
    run = two_circles(here, circle)
    goes("A.")
    page = login(here.manager).get(publish_url(run))
    assert (
        "B., C. Left out: A. no longer takes part. Hanna Host Cannot begin "
        "2 of the 3 people that this circle needs can still take part. "
        "A circle with fewer does not open: run the matching again."
    ) in text(page)
    assert (page.context["possible"], page.content.decode().count('name="chosen"')) == (1, 1)
    named = login(here.manager).post(publish_url(run), {"which": "all"})
    assert [row.mentees for row in named.context["rows"]] == [["X.", "Y.", "Z."]]


def test_the_fit_of_a_circle_is_of_those_who_can_sit_in_it(here, circle, login):
    seat(here, circle, "D.", availability=["mon-am"])
    run = two_circles(here, circle)
    seats = run.proposals.filter(mentor__person__full_name="Hanna Host")
    seats.update(score=60)
    seats.filter(mentee__person__full_name="A.").update(score=20)
    goes("A.")
    rows = {row.mentors[0]: row for row, _t, _s in login(here.manager).get(publish_url(run)).context["rows"]}
    hanna = rows["Hanna Host"]
    assert (hanna.mentees, hanna.score, hanna.why) == (["B.", "C.", "D."], 60, "")
    assert hanna.left_out == ["A. no longer takes part."]


def test_a_rule_of_today_takes_a_seat_and_says_which(here, circle, login):
    seat(here, circle, "D.", availability=["mon-am"])
    run = two_circles(here, circle)
    hanna, dee = (Enrollment.objects.get(person__full_name=name) for name in ("Hanna Host", "D."))
    Person.objects.filter(pk=dee.person_id).update(supervisor=hanna.person_id)
    rows = {row.mentors[0]: row for row, _t, _s in login(here.manager).get(publish_url(run)).context["rows"]}
    assert rows["Hanna Host"].left_out == ["Hanna Host is the direct supervisor of D.."]
    _page, cards = circle_cards(run, "hanna", None)
    assert [seat.stuck for card in cards for seat in card.seats if seat.stuck] == rows["Hanna Host"].left_out
    publishes(run, "A.", here.manager)
    assert Member.objects.filter(side="mentee").count() == 3


def review(run: Run, login: Any, by: Person) -> Any:
    return login(by).get(reverse("matching_run", args=[run.cohort.program.slug, run.cohort.slug, run.number]))


def test_a_run_with_one_of_two_circles_published_says_so_and_which(here, circle, login):
    run = two_circles(here, circle)
    publishes(run, "A.", here.manager)
    run.refresh_from_db()
    shown = text(review(run, login, here.manager))
    assert ("Published in part" in shown, "The published circles" in shown) == (True, False)
    assert "Published so far: 1 of 2 circles, the first on" in shown
    _page, cards = circle_cards(run, "", None)
    assert {card.hosts[0].person.name: card.has_begun for card in cards} == {
        "Hanna Host": True,
        "Otto Other": False,
    }
    assert (shown.count("Not published yet"), [line.state for line in run_lines([run])]) == (
        1,
        ["Published in part"],
    )
    publishes(run, "X.", here.manager)
    shown = text(review(run, login, here.manager))
    assert ("The published circles" in shown, "Not published yet" in shown) == (True, False)
    assert [line.state for line in run_lines([run])] == ["Published"]


def test_who_was_left_out_of_a_circle_that_began_is_told_and_nothing_is_left_to_publish(here, circle, login):
    seat(here, circle, "D.", availability=["mon-am"])
    run = two_circles(here, circle)
    goes("D.")
    publish_run(run=run, by=here.manager, proposals=[seat_of(run, "A."), seat_of(run, "X.")])
    run.refresh_from_db()
    assert [line.state for line in run_lines([run])] == ["Published"]
    _page, cards = circle_cards(run, "", None)
    assert [seat.stuck for card in cards for seat in card.seats if seat.stuck] == [
        "The circle has begun without D.."
    ]
    assert login(here.manager).get(publish_url(run)).context["is_published"] is True


def test_review_and_publish_name_the_same_pairs_with_the_rule_after_a_change_of_criteria(here, login):
    for name, level in (("Junior", 2), ("Senior", 6)):
        here.mentee(name, person={"level": level})
    here.mentor("Low", person={"level": 3})
    here.mentor("High", person={"level": 9})
    run = here.run()
    Scheme.objects.update_or_create(
        cohort=here.cohort, defaults={"criteria": {"rules": {"min_level_gap": 2}}}
    )
    shown = review(run, login, here.manager)
    told = {row.proposal.pk: row.stuck for row in shown.context["rows"] if row.stuck}
    page = login(here.manager).get(publish_url(run))
    assert told == {row.proposal.pk: row.why for row, _ticked, _said in page.context["rows"] if row.why}
    (why,) = told.values()
    assert why.startswith("The career levels of Low and")
    assert (text(shown).count(why), text(page).count(why)) == (1, 1)
    assert "1 pair can no longer be made" in text(shown)
    assert shown.context["stale"] + page.context["possible"] == 2


def test_the_mails_of_a_circle_say_when_everybody_in_it_is_free_and_those_of_pairs_do_not(here, circle):
    two_circles(here, circle)
    for name, side in (("Solo", here.mentee), ("Mentor", here.mentor)):
        side(name, availability=["mon-am"])
    publish_run(run=here.run(), by=here.manager)
    told = {mail.recipient.full_name: mail.body for mail in Message.objects.select_related("recipient")}
    assert "When everybody in the circle is free: Monday morning." in told["Hanna Host"]
    assert "When everybody in the circle is free: Friday morning." not in told["X."]
    assert "When everybody in the circle is free: Friday afternoon." in told["X."]
    assert "everybody" not in told["Solo"] + told["Mentor"]
