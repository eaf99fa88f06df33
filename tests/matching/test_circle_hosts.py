"""Circles of two hosts: formed, shown, published, left; and circles solved in a process of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.endings import end_without_fault
from agreements.domain.publishing import publish_run
from agreements.models import Member
from agreements.queries import free_places
from matching import left_words
from matching.circle_review import circle_cards
from matching.domain import solving
from matching.domain.fixed import lock_pair
from matching.engine.circles import Gathering, gather
from matching.models import Leftover, Run
from notifications.models import Message
from participants.models import Enrollment
from programs.models import Strand
from tests.factories import StrandFactory
from tests.matching.people import World, world
from tests.matching.test_circles import host, seat, seats
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


@pytest.fixture
def circle(here: World) -> Strand:
    return StrandFactory(program=here.program, format="circle", size_min=2, size_max=4, hosts=2)


@pytest.fixture
def two(here: World, circle: Strand) -> Run:
    """Ana and Ben around Hanna, who takes four, and Otto, who takes three."""
    host(here, circle, "Hanna Host", availability=["mon-am"])
    host(here, circle, "Otto Other", capacity=3, availability=["mon-am", "tue-pm"])
    seat(here, circle, "Ana", "Ben", availability=["mon-am", "tue-pm"])
    return here.run()


def used() -> dict[str, int]:
    return dict(Enrollment.objects.values_list("person__full_name", "used"))


def why(run: Run, enrollment: Enrollment) -> left_words.Told:
    row = Leftover.objects.select_related("enrollment__person").get(run=run, enrollment=enrollment)
    return left_words.leftovers([row])[row.pk]


def test_two_hosts_share_a_circle_and_its_times(two: Run) -> None:
    assert seats(two) == {
        (1, "Ana", "Hanna Host"), (1, "Ana", "Otto Other"), (1, "Ben", "Hanna Host"), (1, "Ben", "Otto Other"),
    }  # fmt: skip
    assert two.circles.get().slots == ["mon-am"]
    numbers = two.numbers["circles"]
    assert (numbers["circles"], numbers["placed"], numbers["closed"], numbers["places"]) == (1, 2, 0, 1)


def test_the_card_shows_both_and_the_places_of_the_smaller_one(two: Run) -> None:
    _page, (card,) = circle_cards(two, "", None)
    assert [row.person.full_name for row in card.hosts] == ["Hanna Host", "Otto Other"]
    assert (len(card.seats), card.free) == (2, 1)


def test_a_seat_opens_with_either_host(two: Run, here: World, login: Any) -> None:
    page = reverse("matching_run", args=[here.program.slug, here.cohort.slug, two.number])
    first, second = two.proposals.filter(mentee__person__full_name="Ana").order_by("mentor_id")
    for one in (first, second):
        shown = login(here.manager).get(f"{page}?pair={one.uid}")
        assert [row.pk for row in shown.context["beside"]] == [first.pk, second.pk]
        assert "With Hanna Host" in text(shown)
        assert "With Otto Other" in text(shown)


def test_publishing_takes_places_of_both_hosts_and_tells_everyone_of_both(
    two: Run, here: World, login: Any
) -> None:
    page = reverse("publish_run", args=[here.program.slug, here.cohort.slug, two.number])
    assert "Circle 1 Ana, Ben Hanna Host, Otto Other" in text(login(here.manager).get(page))
    (made,) = publish_run(run=two, by=here.manager)
    assert used() == {"Hanna Host": 2, "Otto Other": 2, "Ana": 1, "Ben": 1}
    assert free_places(made) == 1
    mails = {mail.recipient.full_name: mail.body for mail in Message.objects.select_related("recipient")}
    assert set(mails) == {"Hanna Host", "Otto Other", "Ana", "Ben"}
    for name in ("Hanna Host", "Otto Other"):
        assert f"- {name}" in mails["Ana"]
        assert "- Ben" in mails[name]
    ana = Enrollment.objects.get(person__full_name="Ana").person
    own = text(login(ana).get(reverse("mentorship", args=[made.uid])))
    assert "Circle of Hanna Host and Otto Other" in own
    assert own.count(" Host ") >= 2
    desk = reverse("staff_mentorship", args=[here.program.slug, here.cohort.slug, made.uid])
    assert "Circle of Hanna Host and Otto Other" in text(login(here.manager).get(desk))


def test_a_large_circle_is_named_by_its_hosts(here: World, circle: Strand, login: Any) -> None:
    Strand.objects.filter(pk=circle.pk).update(hosts=1)
    hanna = host(here, circle, "Hanna Host")
    ana, *_others = seat(here, circle, "Ana", "Ben", "Cleo", "Dora")
    (made,) = publish_run(run=here.run(), by=here.manager)
    page = reverse("meetings", args=[made.uid])
    assert "Meetings with Hanna Host and 3 others" in text(login(ana.person).get(page))
    assert "Meetings with your circle" in text(login(hanna.person).get(page))


def test_one_host_leaves_and_the_other_goes_on(two: Run, here: World, login: Any) -> None:
    (made,) = publish_run(run=two, by=here.manager)
    otto = Enrollment.objects.get(person__full_name="Otto Other").person
    page = reverse("mentorship_end", args=[made.uid])
    assert "You leave the circle, and the others go on without you." in text(login(otto).get(page))
    login(otto).post(page)
    made.refresh_from_db()
    assert made.state != made.State.ENDED
    assert used() == {"Hanna Host": 2, "Otto Other": 0, "Ana": 1, "Ben": 1}
    staying = Member.objects.filter(mentorship=made, left_on=None)
    assert set(staying.values_list("person__full_name", flat=True)) == {"Hanna Host", "Ana", "Ben"}
    end_without_fault(mentorship=made, by=here.manager)
    assert set(used().values()) == {0}


def test_a_leaver_frees_a_place_of_each_host_and_the_manager_sees_a_small_circle(
    two: Run, here: World, login: Any
) -> None:
    (made,) = publish_run(run=two, by=here.manager)
    end_without_fault(mentorship=made, by=Enrollment.objects.get(person__full_name="Ben").person)
    assert used() == {"Hanna Host": 1, "Otto Other": 1, "Ana": 1, "Ben": 0}
    assert free_places(made) == 2
    desk = reverse("cohort_mentorships", args=[here.program.slug, here.cohort.slug])
    client = login(here.manager)
    assert "1 of at least 2" in text(client.get(f"{desk}?small=1"))
    assert "This circle has 1 of the 2 members that it needs" in text(client.get(f"{desk}{made.uid}/"))
    front = reverse("cohort_desk", args=[here.program.slug, here.cohort.slug])
    assert "Circles with too few" in text(client.get(front))
    Strand.objects.filter(pk=made.strand_id).update(size_min=1)
    assert "1 of at least" not in text(client.get(desk))
    assert client.get(f"{desk}?small=1").context["count"] == 0
    assert "that it needs" not in text(client.get(f"{desk}{made.uid}/"))
    assert "Circles with too few" not in text(client.get(front))


def test_without_a_second_host_nobody_sits_and_both_sides_read_why(here: World, circle: Strand) -> None:
    hanna = host(here, circle, "Hanna Host", availability=["mon-am"])
    otto = host(here, circle, "Otto Other", availability=["fri-pm"])
    ana, _ben = seat(here, circle, "Ana", "Ben", availability=["mon-am"])
    run = here.run()
    assert not run.circles.exists()
    assert why(run, ana).why == "Two people host a circle together, and no such two may both have Ana."
    for row in (hanna, otto):
        name = row.person.get_short_name()
        assert why(run, row).why == (
            f"Two people host a circle together, and nobody could host one with {name}."
        )


def test_a_lock_with_either_host_stands(here: World, circle: Strand) -> None:
    hosts = [host(here, circle, f"Host {number}", capacity=2) for number in range(4)]
    people = seat(here, circle, "Ana", "Ben", "Cleo", "Dora")
    lock_pair(mentee=people[0], mentor=hosts[3], by=here.manager)
    lock_pair(mentee=people[1], mentor=hosts[0], by=here.manager)
    found = {(mentee, mentor) for _number, mentee, mentor in seats(here.run())}
    assert {("Ana", "Host 3"), ("Ben", "Host 0")} <= found
    assert len(found) == 8


def test_how_many_host_is_part_of_what_a_run_rests_on(here: World, circle: Strand, login: Any) -> None:
    Strand.objects.filter(pk=circle.pk).update(hosts=1, size_max=2)
    host(here, circle, "Hanna Host")
    host(here, circle, "Otto Other")
    seat(here, circle, "Ana", "Ben", "Cleo", "Dora")
    here.run()
    first = here.run()
    assert here.run().problem == "same"
    Strand.objects.filter(pk=circle.pk).update(hosts=2)
    again = here.run()
    assert (first.numbers["circles"]["circles"], again.numbers["circles"]["circles"]) == (2, 1)
    page = reverse("matching_compare", args=[here.program.slug, here.cohort.slug, first.number, again.number])
    shown = text(login(here.manager).get(page))
    assert "2 to 2 in a circle, one host 2 to 2 in a circle, 2 hosts" in shown
    assert "the criteria changed" in shown


class TestApart:
    """In the solver's child process."""

    @pytest.fixture(autouse=True)
    def always(self, settings: Any) -> None:
        settings.MATCHING_APART_SEATS = 0

    def test_the_circles_are_the_same(self, two: Run, settings: Any, here: World) -> None:
        assert len(seats(two)) == 4
        assert two.certificate["circles"]["proven"] is True

    def test_a_run_called_off_ends_the_search(
        self, here: World, circle: Strand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host(here, circle, "Hanna Host")
        host(here, circle, "Otto Other")
        seat(here, circle, "Ana", "Ben")

        def called_off(run: int) -> bool:
            Run.objects.filter(pk=run).update(state=Run.State.CANCELLED)
            return False

        monkeypatch.setattr(solving, "is_wanted", called_off)
        run = here.run()
        assert (run.state, run.proposals.count(), run.circles.count()) == (Run.State.CANCELLED, 0, 0)

    def test_locks_that_cannot_stand_and_limits_have_their_words(
        self, here: World, circle: Strand, settings: Any
    ) -> None:
        hosts = [host(here, circle, name) for name in ("Hanna Host", "Otto Other")]
        ana, _ben = seat(here, circle, "Ana", "Ben", availability=["mon-am"])
        lock_pair(mentee=ana, mentor=hosts[0], by=here.manager)
        Enrollment.objects.filter(pk=hosts[0].pk).update(availability=["fri-pm"])
        assert here.run().problem == "lock_circle"
        settings.MATCHING_SECONDS = 0
        Enrollment.objects.filter(pk=hosts[0].pk).update(availability=[])
        assert here.run().problem == "time"

    def test_a_page_waits_a_few_seconds_at_most(self, monkeypatch: pytest.MonkeyPatch) -> None:
        problem = Gathering(
            hosts=[(0, 1)], least=[1], most=[2], mentee=[0, 1], circle=[0, 0], score=[3, 4],
            free=[0, 0], host_free=[0, 0],
        )  # fmt: skip
        monkeypatch.setattr(solving, "AT_ONCE", 120.0)  # for a busy machine
        found = solving.circles_at_once(problem)
        assert found is not None
        assert found.circles == gather(problem).circles
        monkeypatch.setattr(solving, "AT_ONCE", 0.0)
        assert solving.circles_at_once(problem) is None
