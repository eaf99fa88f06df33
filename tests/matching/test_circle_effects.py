"""What a decision or other criteria would do to circles, and how the pages of a cohort of circles speak."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from core.errors import Refused
from matching import whatif
from matching.domain import consequences as deciding
from matching.domain.consequences import consequences
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.undo import Wanted
from matching.effect import effect_on_circles
from matching.engine.field import Criteria
from matching.models import Exclusion, Run
from matching.queries import scheme_of
from matching.whatif import Question, compare
from participants.models import Enrollment
from people.models import Person
from programs.models import Offer, Strand
from tests.factories import StrandFactory
from tests.matching.people import World, world
from tests.matching.test_circles import host, seat
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db

ALL = Criteria().to_dict()
NONE = dict.fromkeys(ALL["weights"], 0)
GOALS = {**ALL, "weights": {**NONE, "goals": 10}}
MEDIA = {**ALL, "weights": {**NONE, "media": 10}}


@pytest.fixture
def here() -> World:
    cache.clear()
    return world(criteria=GOALS)


@pytest.fixture
def circle(here: World) -> Strand:
    return StrandFactory(program=here.program, format="circle", size_min=2, size_max=2)


@pytest.fixture
def people(here: World, circle: Strand) -> dict[str, Enrollment]:
    """By goals Ana and Ben sit with Hanna, Cleo and Dora with Otto; by media the other way round."""
    kinds = {"goals": ("network", "promotion"), "media": ("in_person", "video")}
    found = {
        "Hanna": host(here, circle, "Hanna", capacity=2, goals=["network"], media=["video"]),
        "Otto": host(here, circle, "Otto", capacity=2, goals=["promotion"], media=["in_person"]),
    }
    for place, names in enumerate((("Ana", "Ben"), ("Cleo", "Dora"))):
        fields = {name: [kinds[name][place]] for name in kinds}
        found |= dict(zip(names, seat(here, circle, *names, **fields), strict=True))
    return found


def url(here: World, name: str, *rest: Any) -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug, *rest])


def moved(found: Any) -> set[tuple[str, str, str]]:
    """Mentee, kind and host afterwards."""
    return {
        (
            move.mentee.person.full_name,
            move.kind,
            " ".join(row.enrollment.person.full_name for row in move.after),
        )
        for move in found.moves
    }


def test_consequences_of_a_lock_are_told_of_the_circles(here: World, people: Any, login: Any) -> None:
    run = here.run()
    found = consequences(run=run, wanted=Wanted(lock=[(people["Ana"], people["Otto"])]))
    assert ("Ana", "moved", "Otto") in moved(found)
    assert len(found.moves) == 2  # somebody makes room
    assert (found.costs_people, found.circles) == (0, "proven")
    figures = {str(row.label): (row.before, row.after) for row in found.figures}
    assert figures["People in a circle"] == ("4 of 4", "4 of 4")
    assert "Pairs" not in figures
    query = f"?act=assign&pair={people['Ana'].uid}:{people['Otto'].uid}"
    shown = text(login(here.manager).get(url(here, "matching_decide", run.number) + query))
    for words in (
        "Seat by hand",
        "Lock this seat",
        "2 would change circle, 0 would be left without one, 0 would get into one.",
    ):
        assert words in shown


def refusal(run: Any, *pair: Enrollment) -> tuple[str, str, str]:
    with pytest.raises(Refused) as refused:
        consequences(run=run, wanted=Wanted(lock=[(pair[0], pair[1])]))
    return refused.value.code, str(refused.value.message), str(refused.value.hint)


def test_a_seat_without_a_common_time_is_refused_by_that_name(here: World, people: Any) -> None:
    run = here.run()
    Enrollment.objects.filter(pk=people["Ana"].pk).update(availability=["mon-am"])
    Enrollment.objects.filter(pk=people["Otto"].pk).update(availability=["tue-am"])
    found = refusal(run, *(Enrollment.objects.get(pk=people[name].pk) for name in ("Ana", "Otto")))
    assert found == (
        "circle_time",
        "Ana and Otto are never free at the same time, and a circle meets when all are.",
        "Choose another host.",
    )


def test_a_seat_in_a_circle_that_cannot_be_formed_is_refused_by_that_name(here: World, people: Any) -> None:
    run = here.run()
    for name in ("Ben", "Cleo", "Dora"):
        exclude_pair(mentee=people[name], mentor=people["Otto"], reason="-", by=here.manager)
    text = "No circle can be formed with Ana in it and Otto as its host: no time suits everyone, or too few people"
    assert refusal(run, people["Ana"], people["Otto"]) == (
        "contradiction", f"{text} could sit there.", "Choose another host.",
    )  # fmt: skip
    lock_pair(mentee=people["Ben"], mentor=people["Hanna"], by=here.manager)
    assert refusal(run, people["Ana"], people["Otto"])[2] == "Unlock a seat in a circle first."


def test_a_lock_that_no_longer_fits_is_named(here: World, people: Any) -> None:
    run = here.run()
    lock_pair(mentee=people["Ben"], mentor=people["Hanna"], by=here.manager)
    Person.objects.filter(pk=people["Ben"].person_id).update(supervisor=people["Hanna"].person_id)
    assert refusal(run, people["Ana"], people["Otto"]) == (
        "contradiction",
        "A lock that stands already breaks a rule. Hanna is the direct supervisor of Ben.",
        "Unlock that pair first.",
    )


def test_the_page_of_decisions_speaks_of_seats_where_all_sit_in_circles(
    here: World, people: Any, login: Any
) -> None:
    client = login(here.manager)
    page = text(client.get(url(here, "matching_fixed")))
    words = ("Seat somebody of your choice", "Lock the seat", "No seat is excluded.", "pair")
    assert [part in page for part in words] == [True, True, True, False]
    assert "0 locked seats" in text(client.get(url(here, "matching_review")))
    client.cookies["django_language"] = "fr"
    assert "binôme" not in client.get(url(here, "matching_fixed")).content.decode()
    here.mentee("Zoe")
    client.cookies["django_language"] = "en"
    assert "Pair two people of your choice" in text(client.get(url(here, "matching_fixed")))


def test_excluding_and_allowing_speak_of_the_circle(here: World, people: Any, login: Any) -> None:
    client = login(here.manager)
    where = url(here, "matching_exclude", people["Ana"].uid, people["Otto"].uid)
    page = client.post(where, {"reason": "-", "next": url(here, "matching_fixed")}, follow=True)
    assert "Ana will not sit in a circle of Otto. Run again to see who takes the seat." in text(page)
    row = Exclusion.objects.get()
    page = client.post(url(here, "matching_allow", row.pk), follow=True)
    assert "The two may sit in one circle again." in text(page)


def test_a_seat_is_locked_and_unlocked_as_a_seat(here: World, people: Any, login: Any) -> None:
    client, seats = (
        login(here.manager),
        [f"{people[name].uid}:{people['Hanna'].uid}" for name in ("Ana", "Ben")],
    )

    def told(name: str, *args: Any, **more: Any) -> str:
        page = client.post(url(here, name, *args), {**more, "next": url(here, "matching_fixed")}, follow=True)
        (said,) = page.context["messages"]
        return str(said.message).partition(" <")[0]

    assert told("matching_lock", lock=seats[0]) == "Locked: every run keeps this seat."
    assert told("matching_lock", unlock=seats[0]) == "The seat is no longer locked."
    assert told("matching_lock", pair=seats, op="lock") == "2 seats are locked: every run keeps them."
    assert told("matching_lock", pair=seats, op="unlock") == "2 seats are no longer locked."
    run = here.run()
    assert told("matching_decide", run.number, act="assign", pair=seats[0]) == (
        "Locked: every run keeps this seat. Run again to apply it."
    )


def test_consequences_of_an_exclusion_count_who_loses_a_circle(here: World, people: Any) -> None:
    run = here.run()
    never = [((people["Ana"], people[name]), "-") for name in ("Hanna", "Otto")]
    found = consequences(run=run, wanted=Wanted(exclude=never))
    assert ("Ana", "out", "") in moved(found)
    assert found.costs_people == 2  # a circle needs two


def test_what_takes_too_long_is_said_and_not_guessed(
    here: World, people: Any, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    run = here.run()
    monkeypatch.setattr(deciding, "circles_at_once", lambda _problem: None)
    found = consequences(run=run, wanted=Wanted(lock=[(people["Ana"], people["Otto"])]))
    assert (found.moves, found.costs_people, found.circles) == ([], 0, "late")
    labels = [str(row.label) for row in found.figures]
    assert ("Pairs" in labels, "People in a circle" in labels) == (True, False)
    query = f"?act=assign&pair={people['Ana'].uid}:{people['Otto'].uid}"
    shown = text(login(here.manager).get(url(here, "matching_decide", run.number) + query))
    assert "Circles are not told of here" in shown
    assert "Nobody would change" not in shown


def test_a_decision_about_a_pair_leaves_the_circles_as_they_are(here: World, people: Any) -> None:
    first, second = here.mentee("Solo"), here.mentee("Duo")
    mentor = here.mentor("Mentor")
    run = here.run()
    (paired,) = [row for row in (first, second) if run.proposals.filter(mentee=row).exists()]
    other = second if paired == first else first
    found = consequences(run=run, wanted=Wanted(lock=[(other, mentor)]))
    assert {move.mentee.pk for move in found.moves} == {first.pk, second.pk}


def test_what_if_forms_the_circles_anew(here: World, people: Any) -> None:
    answer = compare(here.cohort, Question(GOALS, "people"), Question(MEDIA, "people"))
    assert "figures" not in answer
    found = answer["circles"]
    assert {name: found["figures"][name] for name in ("mentees", "matched", "circles", "changed")} == {
        "mentees": [4, 4], "matched": [4, 4], "circles": [2, 2], "changed": [0, 4],
    }  # fmt: skip
    assert found["figures"]["present_median"] == [100, 0]
    assert found["figures"]["asked_median"] == [0, 100]
    assert (found["changed"], found["proven"]) == (4, True)
    then = {row["mentee"]: [one["mentor"] for one in row["then"]] for row in found["changes"]}
    assert then[people["Ana"].pk] == [people["Otto"].pk]


def test_what_if_beside_pairs_tells_both(here: World, people: Any) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    answer = compare(here.cohort, Question(GOALS, "people"), Question(GOALS, "people"))
    assert answer["figures"]["pairs"] == [1, 1]
    assert answer["circles"]["figures"]["circles"] == [2, 2]
    assert (answer["changed"], answer["circles"]["changed"]) == (0, 0)


def test_the_page_of_what_if_speaks_of_circles(
    here: World, people: Any, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = url(here, "matching_what_if")
    client = login(here.manager)
    shown = text(client.get(f"{page}?weight_goals=0&weight_media=10"))
    for words in (
        "The two results: circles",
        "People in a circle 4 4 same",
        "New seats",
        "Different for 4",
    ):
        assert words in shown
    unasked = text(client.get(page))
    assert ("The result: circles" in unasked, "Figures of the result" in unasked) == (True, True)
    assert "two results" not in unasked
    monkeypatch.setattr(whatif, "circles_at_once", lambda _problem: None)
    shown = text(client.get(f"{page}?weight_goals=0&weight_media=9"))
    assert "Circles are not told of here" in shown
    assert "The two results" not in shown


@pytest.mark.parametrize(("code", "words"), [("rule", "A rule would break"), ("time", "No way was found")])
def test_what_if_never_drops_a_locked_seat(
    here: World, people: Any, login: Any, code: str, words: str
) -> None:
    lock_pair(mentee=people["Ana"], mentor=people["Otto"], by=here.manager)
    query = ""
    if code == "rule":
        query = "?max_hours_apart=1"
        person = people["Otto"].person
        person.timezone = "Asia/Tokyo"
        person.save()
    else:
        Enrollment.objects.filter(pk=people["Ana"].pk).update(availability=["mon-am"])
        Enrollment.objects.filter(pk=people["Otto"].pk).update(availability=["fri-pm"])
    assert words in text(login(here.manager).get(url(here, "matching_what_if") + query))


def test_the_effect_of_criteria_is_told_of_circles(here: World, people: Any, login: Any) -> None:
    found = effect_on_circles(here.cohort, scheme_of(here.cohort).criteria)
    assert found is not None
    assert (found.possible, found.eligible) == (8, 8)
    shown = text(login(here.manager).get(url(here, "matching_criteria")))
    assert "8 of 8 pairs of a host and a member could share a circle" in shown
    assert "Nobody waits for a match yet" not in shown
    here.mentee("Solo")
    here.mentor("Mentor")
    shown = text(login(here.manager).get(url(here, "matching_criteria")))
    assert "1 of 1 pair could be made" in shown
    assert "could share a circle" in shown


def test_without_circles_there_is_no_effect_on_them(here: World) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    assert effect_on_circles(here.cohort, {}) is None
    assert "circles" not in compare(here.cohort, Question(GOALS, "people"), Question(MEDIA, "people"))


def figures_of(response: Any) -> dict[str, list[tuple[str, str]]]:
    return {kind: [(one.label, one.text) for one in row] for kind, row in response.context["figures"]}


def test_the_review_has_the_figures_of_circles_without_those_of_pairs_alone(
    here: World, people: Any, login: Any
) -> None:
    run = here.run()
    shown = login(here.manager).get(url(here, "matching_run", run.number))
    assert figures_of(shown) == {
        "": [
            ("Circles", "2"), ("Fit in total", "400"), ("Median fit", "100"), ("Lowest fit", "100"),
            ("Wishes met", "nobody wished"),
        ]
    }  # fmt: skip
    here.mentee("Solo")
    here.mentor("Mentor")
    both = login(here.manager).get(url(here, "matching_run", here.run().number))
    assert list(figures_of(both)) == ["Pairs", "Circles"]
    assert ("Would rather have each other", "0") in figures_of(both)["Pairs"]


def test_the_review_names_the_group_that_is_served_least(here: World, login: Any) -> None:
    for number in range(5):
        here.mentee(f"New {number}")
        here.mentee(f"Again {number}", left_out_before=True)
    here.mentor("Mentor", capacity=7)
    shown = login(here.manager).get(url(here, "matching_run", here.run().number))
    assert ("Least served group", "History: Not left out before, 40%") in figures_of(shown)[""]


def test_runs_of_circles_stand_beside_each_other(here: World, people: Any, login: Any) -> None:
    first = here.run()
    client = login(here.manager)
    assert "Compare with run" not in text(client.get(url(here, "matching_review")))
    lock_pair(mentee=people["Ana"], mentor=people["Otto"], by=here.manager)
    second = here.run()
    listed = client.get(url(here, "matching_review"))
    assert url(here, "matching_compare", first.number, second.number) in listed.content.decode()
    assert text(listed).count("Compare with run 1") == 1
    shown = text(client.get(url(here, "matching_compare", first.number, second.number)))
    for words in (
        "People in a circle 4 of 4 4 of 4 the same",
        "Another circle 2",
        "counted for pairs alone",
        "locked by hand",
    ):
        assert words in shown
    assert "Another mentor" not in shown


def test_shares_of_groups_stand_on_the_page_that_compares(here: World, login: Any) -> None:
    for number in range(5):
        here.mentee(f"New {number}")
        here.mentee(f"Again {number}", left_out_before=True)
    mentor = here.mentor("Mentor", capacity=5)
    here.run()
    Enrollment.objects.filter(pk=mentor.pk).update(capacity=10)
    here.run()
    shown = text(login(here.manager).get(url(here, "matching_compare", 1, 2)))
    assert "Left out before History 100% 100% the same" in shown
    assert "Not left out before History 0% 100% +100 (better)" in shown
    shown = text(login(here.manager).get(url(here, "matching_compare", 2, 1)))
    assert "Not left out before History 100% 0% −100 (worse)" in shown


def test_pictures_of_circles_say_what_they_cannot_show(here: World, people: Any, login: Any) -> None:
    run = here.run()
    shown = text(login(here.manager).get(url(here, "matching_pictures", run.number)))
    assert "Of circles this page says whom they serve." in shown
    assert "How the fit is spread Fit Pairs" not in shown
    assert "Each number leads to the pairs behind it." not in shown
    assert shown.count("here there are not two of them") == 1  # everybody is of one group


def test_groups_of_circles_are_shown_where_there_are_two(here: World, login: Any) -> None:
    for number in range(5):
        here.mentee(f"New {number}")
        here.mentee(f"Again {number}", left_out_before=True)
    here.mentor("Mentor", capacity=10)
    run = here.run()
    shown = text(login(here.manager).get(url(here, "matching_pictures", run.number)))
    assert "Left out before" in shown
    assert "here there are not two of them" not in shown


def test_a_seat_that_can_no_longer_be_taken_is_told_as_one(here: World, people: Any, login: Any) -> None:
    Strand.objects.filter(pk=people["Ana"].strand_id).update(hosts=2)
    run = here.run()
    out = run.proposals.first().mentee
    Enrollment.objects.filter(pk=out.pk).update(state="withdrawn")
    shown = login(here.manager).get(url(here, "matching_run", run.number))
    assert (shown.context["stale"], shown.context["stale_seats"]) == (0, 1)
    assert "1 seat of a circle can no longer be taken" in text(shown)


def test_publishing_speaks_of_circles(here: World, people: Any, login: Any) -> None:
    run = here.run()
    page = url(here, "publish_run", run.number)
    shown = text(login(here.manager).get(page))
    for words in (
        "Each chosen circle becomes one mentorship.",
        "2 circles can be published",
        "Publish the chosen circles",
    ):
        assert words in shown
    assert "pairs" not in shown
    one = str(run.proposals.filter(circle__number=1).order_by("pk").first().uid)
    login(here.manager).post(page, {"sure": one})
    shown = text(login(here.manager).get(page))
    assert "1 circle of this run is published." in shown
    assert "1 circle can be published" in shown


def test_pairs_and_circles_are_published_together(here: World, people: Any, login: Any) -> None:
    here.mentee("Solo")
    here.mentor("Mentor")
    shown = text(login(here.manager).get(url(here, "publish_run", here.run().number)))
    assert "The chosen pairs and circles become mentorships." in shown
    assert "3 mentorships can begin" in shown


def test_the_desk_speaks_of_circles(here: World, circle: Strand, people: Any, login: Any) -> None:
    Offer.objects.create(cohort=here.cohort, strand=circle, places=4)
    front = url(here, "cohort_desk")
    shown = text(login(here.manager).get(front))
    for words in (
        "Form the circles",
        "Go to matching",
        "4 people wait for a circle. 2 can host one. No run yet.",
    ):
        assert words in shown
    here.run()
    shown = text(login(here.manager).get(front))
    assert "4 of 4 mentees are matched" in shown
    assert "See the circles" in shown


def test_excluding_from_a_circle_has_its_words(here: World, people: Any, login: Any) -> None:
    page = url(here, "matching_exclude", people["Ana"].uid, people["Hanna"].uid)
    assert "Ana will not sit in a circle of Hanna any more" in text(login(here.manager).get(page))


def test_an_old_run_without_these_figures_is_shown(here: World, people: Any, login: Any) -> None:
    run = here.run()
    known = ("circles", "placed", "mentees", "hosts", "closed", "places", "proven", "gap")
    run.numbers["circles"] = {name: run.numbers["circles"][name] for name in known}
    Run.objects.filter(pk=run.pk).update(numbers=run.numbers)
    client = login(here.manager)
    assert client.get(url(here, "matching_review")).status_code == 200
    shown = client.get(url(here, "matching_run", run.number))
    assert figures_of(shown) == {"": [("Circles", "2")]}
