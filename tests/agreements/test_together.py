"""What brings the members of a mentorship together, on their own page."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.publishing import publish_run
from agreements.models import Member, Mentorship
from agreements.together import together
from matching.models import Circle
from matching.why import general_starters
from participants.models import Enrollment
from tests.factories import (
    CohortFactory,
    EnrollmentFactory,
    PersonFactory,
    ProposalFactory,
    RunFactory,
    StrandFactory,
    pair,
)

pytestmark = pytest.mark.django_db


def part(criterion: str, share: int, **facts: Any) -> dict[str, Any]:
    return {"criterion": criterion, "share": share, "points": 1, "most": 1, "facts": facts}


def published(*names: str, **strand: Any) -> Mentorship:
    """Dana with these mentees, each with a goal of their own in common."""
    run = RunFactory(cohort=CohortFactory(state="matching"), certificate={"ok": True})
    at = {"cohort": run.cohort, "strand": StrandFactory(program=run.cohort.program, **strand)}
    in_circle = strand.get("format") == "circle"
    circle = Circle.objects.create(run=run, number=1, strand=at["strand"]) if in_circle else None
    mentor = EnrollmentFactory(**at, role="mentor", capacity=4, person__full_name="Dana Whitfield")
    for name in names:
        parts = [part("goals", 40, matched=[f"goal-of-{name}"]), part("unit", 20, same=True)]
        mentee = EnrollmentFactory(**at, person__full_name=name)
        ProposalFactory(run=run, mentor=mentor, mentee=mentee, parts=parts, circle=circle)
    (made,) = publish_run(run=run, by=PersonFactory())
    return made


def member(mentorship: Mentorship, name: str) -> Member:
    return mentorship.members.get(person__full_name=name)


SAME = "You work in the same directorate, so much needs no explaining."


def test_each_side_reads_why_and_what_to_talk_about(login: Any) -> None:
    made = published("Kim")
    for name in ("Kim", "Dana Whitfield"):
        page = login(member(made, name).person).get(reverse("mentorship", args=[made.uid]))
        assert page.context["why"] == ["You both chose “goal of Kim”.", SAME]
        assert len(page.context["starters"]) == 3
        assert "80" not in "".join(page.context["why"] + page.context["starters"])


def test_in_a_circle_everybody_is_named_before_anybody_twice_and_nobody_reads_of_others() -> None:
    made = published("Kim", "Lea", "Noa", format="circle", size_min=2, size_max=4)
    assert sorted(together(made, member(made, "Dana Whitfield"))["why"]) == [
        "Kim and you chose “goal of Kim”.",
        "Lea and you chose “goal of Lea”.",
        "Noa and you chose “goal of Noa”.",
    ]
    assert together(made, member(made, "Lea"))["why"] == [
        "Dana and you chose “goal of Lea”.",
        "Dana and you work in the same directorate, so much needs no explaining.",
    ]


def test_without_a_run_there_is_still_something_to_talk_about() -> None:
    mentorship, _mentor, mentee = pair()
    mine = mentorship.members.get(person=mentee)
    assert together(mentorship, mine) == {"why": [], "starters": general_starters("en"), "times": ""}


def test_nothing_is_shown_once_it_has_ended(login: Any) -> None:
    made = published("Kim")
    person = member(made, "Kim").person
    Mentorship.objects.update(state="ended", ended_on=made.starts_on, ending="completed")
    page = login(person).get(reverse("mentorship", args=[made.uid])).content.decode()
    assert "Why you were matched" not in page
    Mentorship.objects.update(state="active", ended_on=None, ending="")
    assert (
        "Why you were matched" in login(person).get(reverse("mentorship", args=[made.uid])).content.decode()
    )


def test_a_circle_is_not_told_of_as_two_people(login: Any) -> None:
    made = published("Kim", "Ana", format="circle", size_min=2, size_max=4)
    page = login(member(made, "Kim").person).get(reverse("mentorship", args=[made.uid]))
    assert page.context["agreement_readers"].startswith("everybody in the circle, ")
    assert "the two of you" not in page.content.decode()
    assert "you and your partner" not in page.content.decode()
    leaving = login(member(made, "Kim").person).get(reverse("mentorship_end", args=[made.uid]))
    assert "A short mail tells Dana Whitfield that you have left, and not why." in leaving.content.decode()
    pair_page = login(member(published("Lee"), "Lee").person)
    other = Mentorship.objects.latest("pk")
    shown = pair_page.get(reverse("mentorship", args=[other.uid])).context["agreement_readers"]
    assert shown.startswith("the two of you, ")


def test_a_plan_in_a_circle_is_shared_with_the_host_alone(login: Any) -> None:
    made = published("Kim", "Ana", format="circle", size_min=2, size_max=4)
    page = login(member(made, "Kim").person).get(reverse("plan", args=[made.uid])).content.decode()
    assert "Share with Dana Whitfield</button>" in page


def test_a_circle_reads_when_everybody_in_it_is_free(login: Any) -> None:
    made = published("Kim", "Lea", "Noa", format="circle", size_min=2, size_max=4)
    host = member(made, "Dana Whitfield")
    said = {
        "Kim": ["tue-am", "fri-am"],
        "Lea": [],
        "Noa": ["fri-am"],
        "Dana Whitfield": ["fri-am", "tue-am", "mon-pm"],
    }
    for name, free in said.items():
        Enrollment.objects.filter(members__mentorship=made, person__full_name=name).update(availability=free)

    def times() -> str:
        return login(host.person).get(reverse("mentorship", args=[made.uid])).context["times"]

    assert times() == "Friday morning"
    Member.objects.filter(mentorship=made, person__full_name="Noa").update(left_on=made.starts_on)
    assert times() == "Tuesday morning, Friday morning"
    Enrollment.objects.filter(person__full_name__in=["Kim", "Noa"]).update(availability=[])
    assert times() == ""  # nobody but the host has said a thing


def test_a_pair_is_told_in_its_reasons_when_both_are_free() -> None:
    made = published("Kim")
    Enrollment.objects.update(availability=["fri-am"])
    assert together(made, member(made, "Kim"))["times"] == ""
