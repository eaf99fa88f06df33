"""A run fills the circles of a cohort: who sits where and when, who is left out and why, what a lock does."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.publishing import publish_run
from agreements.models import Agreement, Member
from core.errors import Refused
from matching import left_words
from matching.circle_review import circle_cards
from matching.domain.criteria import change_criteria
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.runs import request_run
from matching.engine import EngineError
from matching.failure_words import failure
from matching.models import Leftover, Outlook, Run
from matching.summary import lede
from notifications.models import Message
from participants.models import Enrollment
from programs.models import Strand
from tests.factories import StrandFactory
from tests.matching.people import World, wish, world
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def circle(here: World) -> Strand:
    return StrandFactory(program=here.program, format="circle", size_min=2, size_max=4)


def seat(here: World, strand: Strand, *names: str, **fields: Any) -> list[Enrollment]:
    """Mentees who wait for a circle."""
    return [here.mentee(name, strand=strand, **fields) for name in names]


def host(here: World, strand: Strand, name: str = "Hanna Host", **fields: Any) -> Enrollment:
    return here.mentor(name, strand=strand, **{"capacity": 4, **fields})


def seats(run: Run) -> set[tuple[int, str, str]]:
    """(number of the circle, mentee, host)."""
    rows = run.proposals.exclude(circle=None)
    return set(rows.values_list("circle__number", "mentee__person__full_name", "mentor__person__full_name"))


def why(run: Run, enrollment: Enrollment) -> left_words.Told:
    row = Leftover.objects.select_related("enrollment__person").get(run=run, enrollment=enrollment)
    return left_words.leftovers([row])[row.pk]


def test_a_run_fills_circles_beside_the_pairs(here: World, circle: Strand) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    host(here, circle, availability=["mon-am", "tue-pm"])
    seat(here, circle, "Ana", "Ben", availability=["tue-pm"])
    run = here.run()
    assert run.state == Run.State.CERTIFIED
    assert seats(run) == {(1, "Ana", "Hanna Host"), (1, "Ben", "Hanna Host")}
    assert run.proposals.filter(circle=None).count() == 1
    made = run.circles.get()
    assert (made.strand, made.slots) == (circle, ["tue-pm"])
    assert run.numbers["covered"] == 1
    assert run.numbers["circles"] == {
        "circles": 1, "placed": 2, "mentees": 2, "hosts": 1, "closed": 0, "places": 2, "proven": True, "gap": 0,
        "sizes": {str(circle.pk): [2, 4, 1]},
        "total": 200, "median": 100, "lowest": 100, "wishers": 0, "wishes_met": 0, "locked": 0, "new": None,
        "groups": [[None, None, False, 2, 2, 2, 200]],
    }  # fmt: skip
    assert run.certificate["circles"]["ok"] is True
    assert run.proposals.filter(circle=made).first().parts[0]["criterion"]


def test_strands_of_other_sizes_that_may_mix_fill_their_circles(here: World) -> None:
    small, large = (
        StrandFactory(program=here.program, format="circle", size_min=least, size_max=most, hosts=2)
        for least, most in ((2, 3), (4, 8))
    )
    for strand in (small, small, large, large):
        host(here, strand, capacity=8)
    seat(here, small, "Ana", "Ben", "Cyd")
    seat(here, large, "Dan", "Eva", "Fay", "Gus")
    change_criteria(
        cohort=here.cohort, criteria={"rules": {"same_strand": False}}, version=0, by=here.manager
    )
    run = here.run()
    assert (run.state, run.numbers["circles"]["placed"]) == ("certified", 7)


def test_a_lock_in_a_circle_is_none_of_pairs(here: World, circle: Strand) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    hanna = host(here, circle)
    ana, _ben = seat(here, circle, "Ana", "Ben")
    lock_pair(mentee=ana, mentor=hanna, by=here.manager)
    numbers = here.run().numbers
    assert (numbers["locked"], numbers["circles"]["locked"]) == (0, 1)


def test_circles_alone_are_enough_for_a_run(here: World, circle: Strand) -> None:
    host(here, circle)
    seat(here, circle, "Ana", "Ben")
    run = here.run()
    assert len(seats(run)) == 2
    assert lede(run, here.program) == (
        "2 of 2 people who wait for a circle sit in one circle. Nobody has been told."
    )


def test_without_anybody_to_host_nothing_is_asked(here: World, circle: Strand) -> None:
    seat(here, circle, "Ana", "Ben")
    with pytest.raises(Refused) as refused:
        request_run(cohort=here.cohort, by=here.manager)
    assert refused.value.code == "no_mentors"


def test_a_host_of_another_kind_of_strand_does_not_count(here: World, circle: Strand) -> None:
    seat(here, circle, "Ana", "Ben")
    here.mentor("Mentor")
    with pytest.raises(Refused):
        request_run(cohort=here.cohort, by=here.manager)


def test_everybody_left_out_is_told_why(here: World, circle: Strand) -> None:
    host(here, circle, "Hanna Host", capacity=2, availability=["mon-am"])
    tiny = host(here, circle, "Tina Tiny", capacity=1)
    late = host(here, circle, "Lars Late", availability=["fri-pm"])
    first, second, third = seat(here, circle, "Ana", "Ben", "Cleo", availability=["mon-am"])
    (alone,) = seat(here, circle, "Fred", availability=["fri-pm"])
    (never,) = seat(here, circle, "Nora", availability=["wed-am"])
    run = here.run()
    (out,) = {first, second, third} - {row.mentee for row in run.proposals.select_related("mentee")}
    assert why(run, out).why == f"The circles that meet when {out.person.get_short_name()} is free are full."
    assert why(run, alone).why == "Whenever Fred is free, one person at most could meet; a circle needs 2."
    assert why(run, never).why == "Nora is never free when one of the possible hosts is."
    assert why(run, tiny).why == "Tina takes one person; a circle needs 2."
    assert why(run, late).why.startswith("Nobody is left who needs the circle of Lars")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("no_host", "No host may have Ana in a circle under the rules."),
        ("away", "The circles that could have Ana meet when Ana is not free, and are full."),
        ("other_time", "There are places left in circles, but they meet when Ana is not free."),
        ("not_opened", "A circle for Ana could only open by taking people from another."),
    ],
)
def test_each_reason_has_its_words(here: World, circle: Strand, reason: str, sentence: str) -> None:
    host(here, circle)
    seat(here, circle, "Ben", "Cleo")
    (ana,) = seat(here, circle, "Ana")
    run = here.run()
    left = Leftover(run=run, enrollment=ana, reasons={"reason": f"circle_{reason}", "rules": []})
    assert left_words.leftovers([left])[None].why == sentence


def test_wishes_are_answered(here: World, circle: Strand) -> None:
    hanna = host(here, circle, availability=["mon-am"])
    closed = host(here, circle, "Cora Closed", availability=["fri-pm"])
    busy = host(here, circle, "Bea Busy", used=1)
    ana, _ben = seat(here, circle, "Ana", "Ben", availability=["mon-am"])
    (dora,) = seat(here, circle, "Dora", availability=["wed-am"])
    wish(ana, hanna, closed, busy)
    wish(dora, hanna)
    run = here.run()
    told = {row.enrollment_id: row.wishes for row in Outlook.objects.filter(run=run)}
    assert [answer["outcome"] for answer in told[ana.pk]] == ["given", "circle_closed", "full"]
    assert [answer["outcome"] for answer in told[dora.pk]] == ["circle_time"]
    sentences = left_words.wishes(Outlook.objects.filter(run=run).select_related("enrollment__person"))
    assert [answer.why for answer in sentences[ana.pk]][:2] == [
        "Met.",
        "The circle of Cora Closed does not open.",
    ]
    assert sentences[dora.pk][0].why == "The circle of Hanna Host meets at another time."


def test_a_locked_seat_stands(here: World, circle: Strand) -> None:
    one, two = host(here, circle, "Hanna Host"), host(here, circle, "Otto Other")
    people = seat(here, circle, "Ana", "Ben", "Cleo", "Dora")
    for row in people[:2]:
        lock_pair(mentee=row, mentor=one, by=here.manager)
    lock_pair(mentee=people[2], mentor=two, by=here.manager)
    run = here.run()
    assert {(mentee, mentor) for _n, mentee, mentor in seats(run)} >= {
        ("Ana", "Hanna Host"), ("Ben", "Hanna Host"), ("Cleo", "Otto Other"),
    }  # fmt: skip
    assert run.proposals.filter(locked=True).count() == 3
    exclude_pair(mentee=people[2], mentor=two, reason="They share an office.", by=here.manager)
    assert ("Cleo", "Otto Other") not in {(m, h) for _n, m, h in seats(here.run())}


@pytest.mark.parametrize("kind", ["mixed", "meets"])
def test_a_seat_that_cannot_be_locked(here: World, circle: Strand, kind: str) -> None:
    (ana,) = seat(here, circle, "Ana")
    with pytest.raises(Refused) as refused:
        if kind == "mixed":
            lock_pair(mentee=ana, mentor=here.mentor(), by=here.manager)
        else:
            lock_pair(mentee=ana, mentor=host(here, circle, used=2), by=here.manager)
    assert refused.value.code == {"mixed": "circle", "meets": "circle_meets"}[kind]


def test_locks_that_cannot_all_stand_fail_the_run_with_words(here: World, circle: Strand) -> None:
    hanna = host(here, circle)
    ana, _ben = seat(here, circle, "Ana", "Ben", availability=["mon-am"])
    lock_pair(mentee=ana, mentor=hanna, by=here.manager)
    Enrollment.objects.filter(pk=hanna.pk).update(availability=["fri-pm"])
    run = here.run()
    assert (run.state, run.problem) == (Run.State.FAILED, "lock_circle")
    assert failure(run).why.startswith("No way was found to keep all locked seats")
    assert not run.circles.exists()


def test_nothing_unproven_is_stored(here: World, circle: Strand, monkeypatch: pytest.MonkeyPatch) -> None:
    host(here, circle)
    seat(here, circle, "Ana", "Ben")

    def fails(_problem: object) -> None:
        raise EngineError("no")

    monkeypatch.setattr("matching.domain.solving.gather", fails)
    assert here.run().problem == "engine"
    monkeypatch.undo()
    monkeypatch.setattr(
        "matching.domain.circles.certify_circles", lambda *_: type("No", (), {"ok": False, "reason": "x"})
    )
    run = here.run()
    assert (run.problem, run.circles.count(), run.proposals.count()) == ("not_proven", 0, 0)


def test_the_next_run_keeps_the_seats(here: World, circle: Strand) -> None:
    for name in ("Hanna Host", "Otto Other"):
        host(here, circle, name)
    seat(here, circle, *(f"Person {n}" for n in range(6)))
    first = here.run()
    assert {row[1:] for row in seats(here.run())} == {row[1:] for row in seats(first)}


def test_a_published_circle_is_one_mentorship(here: World, circle: Strand) -> None:
    hanna = host(here, circle)
    seat(here, circle, "Ana", "Ben", "Cleo")
    run = here.run()
    (made,) = publish_run(run=run, by=here.manager)
    members = Member.objects.filter(mentorship=made)
    assert set(members.values_list("person__full_name", "side")) == {
        ("Hanna Host", "mentor"), ("Ana", "mentee"), ("Ben", "mentee"), ("Cleo", "mentee"),
    }  # fmt: skip
    assert (made.strand, Agreement.objects.filter(mentorship=made).count()) == (circle, 1)
    assert set(Enrollment.objects.values_list("person__full_name", "used")) >= {("Hanna Host", 3), ("Ana", 1)}
    mails = Message.objects.filter(kind="matched")
    assert mails.count() == 4
    assert not run.proposals.filter(published_at=None).exists()
    later = seat(here, circle, "Late One", "Late Two")
    host(here, circle, "Otto Other")
    again = here.run()
    assert {row[2] for row in seats(again)} == {"Otto Other"}
    assert {row.mentee_id for row in again.proposals.all()} == {row.pk for row in later}
    assert hanna.pk not in again.leftovers.values_list("enrollment_id", flat=True)


def test_the_cards_say_who_sits_where_and_when(here: World, circle: Strand) -> None:
    hanna = host(here, circle, availability=["mon-am"], capacity=3)
    ana, ben = seat(here, circle, "Ana", "Ben", availability=["mon-am", "fri-pm"])
    lock_pair(mentee=ana, mentor=hanna, by=here.manager)
    run = here.run()
    Enrollment.objects.filter(pk=ben.pk).update(state="withdrawn")
    _page, (card,) = circle_cards(run, "", None)
    assert (card.hosts, card.times, card.free) == ([hanna], ["Monday morning"], 2)
    assert card.stuck == "1 of the 2 people that this circle needs can still take part."
    assert [(one.proposal.mentee, one.locked, one.stuck) for one in card.seats] == [
        (ana, True, ""), (ben, False, "Ben no longer takes part."),
    ]  # fmt: skip
    assert len(circle_cards(run, "hann", None)[1]) == len(circle_cards(run, "ana", None)[1]) == 1
    assert circle_cards(run, "nobody", None)[1] == []


def test_many_circles_need_no_more_queries(here: World, circle: Strand, count_queries: Any) -> None:
    host(here, circle)
    seat(here, circle, "Ana", "Ben")
    one = here.run()
    with count_queries() as few:
        circle_cards(one, "", None)
    for number in range(4):
        host(here, circle, f"Host {number}")
        seat(here, circle, *(f"Person {number} {n}" for n in range(4)))
    many = here.run()
    with count_queries() as counted:
        assert len(circle_cards(many, "", None)[1]) == 5
    assert len(counted) == len(few)


def test_the_review_shows_circles_and_one_seat_in_detail(here: World, circle: Strand, login: Any) -> None:
    host(here, circle, availability=["mon-am"])
    seat(here, circle, "Ana", "Ben", availability=["mon-am"])
    run = here.run()
    page = reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
    shown = text(login(here.manager).get(page))
    for words in (
        "Review the proposed circles",
        "Circles 1",
        "All are free: Monday morning",
        "2 free places",
    ):
        assert words in shown
    assert "All pairs" not in shown
    one = run.proposals.get(mentee__person__full_name="Ana")
    assert "Ana and Hanna" in text(login(here.manager).get(f"{page}?show=circles&pair={one.uid}"))
    assert "No circle here" in text(login(here.manager).get(f"{page}?show=circles&q=Zoe"))
    here.mentee("Solo")
    here.mentor("Mentor")
    both = reverse("matching_run", args=[here.program.slug, here.cohort.slug, here.run().number])
    shown = text(login(here.manager).get(both))
    assert ("All pairs 1" in shown, "Circles 1" in shown, "Hanna Host" in shown) == (True, True, False)


def test_the_first_page_counts_those_who_wait_for_a_circle(here: World, circle: Strand, login: Any) -> None:
    page = reverse("matching_review", args=[here.program.slug, here.cohort.slug])
    host(here, circle)
    host(here, circle, "Bea Busy", used=1)
    seat(here, circle, "Ana", "Ben")
    shown = text(login(here.manager).get(page))
    assert "Mentees who wait for a circle: 2. Mentors who can host one: 1." in shown
    assert "wait for a match" not in shown
    here.run()
    shown = text(login(here.manager).get(page))
    assert ("2 of 2 in 1 circle" in shown, "0 of 0 2 of 2" in shown) == (True, False)


def test_a_circle_is_one_line_to_publish(here: World, circle: Strand, login: Any) -> None:
    host(here, circle)
    ana, _ben, _cleo = seat(here, circle, "Ana", "Ben", "Cleo")
    run = here.run()
    Enrollment.objects.filter(pk=ana.pk).update(state="withdrawn")
    page = reverse("publish_run", args=[here.program.slug, here.cohort.slug, run.number])
    shown = login(here.manager).get(page)
    assert "Circle 1 Ben, Cleo Left out: Ana no longer takes part. Hanna Host" in text(shown)
    assert shown.content.decode().count('name="chosen"') == 1
    assert shown.context["possible"] == 1
    assert "Ben" in text(login(here.manager).get(f"{page}?q=ben"))
    named = login(here.manager).post(page, {"which": "all"})
    assert "Publish 1 circle?" in text(named)
    assert "Circle 1: Ben, Cleo with Hanna Host Left out: Ana no longer takes part." in text(named)
    login(here.manager).post(page, {"sure": named.context["sure"]})
    assert Member.objects.filter(mentorship__cohort=here.cohort, side="mentee").count() == 2
    assert "This run is published" in text(login(here.manager).get(page))
