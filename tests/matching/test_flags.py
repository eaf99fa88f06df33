"""What deserves a second look, found when a run is stored, and what pairs can be narrowed to."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from matching.domain.fixed import lock_pair
from matching.facets import band_of, bands, facets, fit_range, fit_ranges
from matching.flags import FAR, FLAGS, LOW
from matching.models import Run
from matching.review import counts
from participants.models import Enrollment
from people.models import Person
from tests.factories import StrandFactory, UnitFactory
from tests.matching.people import World, claim, wish, world
from tests.matching.test_views import shown, text, url

pytestmark = pytest.mark.django_db


def test_the_labels_say_the_bounds():
    assert (str(FLAGS["low"]), str(FLAGS["far"])) == (f"Fit under {LOW}", f"More than {FAR} levels apart")


def flags(run: Run, mentee: str = "Mira Kovac") -> set[str]:
    return set(run.proposals.get(mentee__person__full_name=mentee).flags)


def two(here: World, **levels: Any) -> tuple[Enrollment, Enrollment]:
    return (
        here.mentee(person={"level": levels.get("mentee", 10)}),
        here.mentor(person={"level": levels.get("mentor", 15)}, capacity=2),
    )


def test_a_good_pair_has_no_flag():
    here = world()
    mentee, mentor = two(here)
    claim(mentee, "Statistics")
    claim(mentor, "Statistics")
    assert flags(here.run()) == set()


def test_a_low_fit_is_flagged():
    here = world()
    mentee, mentor = two(here)
    claim(mentee, "Statistics")
    claim(mentor, "Welding")
    run = here.run()
    assert run.proposals.get().score < 50
    assert "low" in flags(run)


@pytest.mark.parametrize(("mentor", "flag"), [(9, "level"), (10, "level"), (11, ""), (22, ""), (23, "far")])
def test_the_levels_of_the_two_are_flagged(mentor, flag):
    here = world()
    two(here, mentor=mentor)
    assert flags(here.run()) & {"level", "far"} == ({flag} if flag else set())


@pytest.mark.parametrize(("slot", "flagged"), [("tue-am", True), ("mon-am", False)])
def test_no_time_in_common_is_flagged(slot, flagged):
    here = world()
    mentee, mentor = two(here)
    Enrollment.objects.filter(pk=mentee.pk).update(availability=["mon-am"])
    Enrollment.objects.filter(pk=mentor.pk).update(availability=[slot])
    assert ("time" in flags(here.run())) == flagged


def test_a_wish_missed_is_flagged_and_one_met_is_not():
    here = world()
    mentee, _mentor = two(here)
    wish(mentee, here.mentor("Full", used=1))
    assert "wish" in flags(here.run())
    wish_met = world()
    mentee, mentor = two(wish_met)
    wish(mentee, mentor)
    assert "wish" not in flags(wish_met.run())


def test_a_mentor_far_up_the_chain_is_flagged():
    here = world()
    mentee, mentor = two(here)
    between = here.join("Between", "mentor", used=1).person
    third = here.join("Third", "mentor", used=1).person
    Person.objects.filter(pk=third.pk).update(supervisor=mentor.person)
    Person.objects.filter(pk=between.pk).update(supervisor=third)
    Person.objects.filter(pk=mentee.person_id).update(supervisor=between)
    assert "chain" in flags(here.run())
    Person.objects.filter(pk=third.pk).update(supervisor=None)
    assert "chain" not in flags(here.run())


def test_a_mentor_who_is_full_after_the_run_is_flagged():
    here = world()
    here.mentee()
    here.mentor(capacity=3, used=2)
    assert "full" in flags(here.run())


def test_a_pair_that_the_run_before_did_not_have_is_flagged():
    here = world()
    mentee, _mentor = two(here)
    assert "new" not in flags(here.run())
    assert "new" not in flags(here.run())
    other = here.mentor("Other")
    lock_pair(mentee=mentee, mentor=other, by=here.manager)
    here.mentee("Late Comer")
    run = here.run()
    assert "new" in flags(run)
    assert "new" in flags(run, "Late Comer")
    assert run.numbers["new"] == 2


def test_chips_count_what_they_show(login):
    here = world()
    mentee, _mentor = two(here, mentor=9)
    wish(mentee, here.mentor("Full", used=1))
    here.run()
    page = login(here.manager).get(url(here, "matching_run", 1))
    assert "Mentor not above" in [str(chip.label) for chip in page.context["chips"]]
    counted = counts(Run.objects.get())
    for name in ("low", "wish", "level", "far", "time", "chain", "full", "new", "locked"):
        listed = login(here.manager).get(url(here, "matching_run", 1), {"show": name})
        assert len(listed.context["rows"]) == counted[name], name
    assert "Mentor not above" in text(page)


@pytest.fixture
def wide() -> World:
    """Three pairs of different directorates, levels and strands."""
    here = world()
    strand = StrandFactory(program=here.program, slug="second", name={"en": "Second"})
    for n, (level, more) in enumerate([(3, {}), (8, {}), (8, {"strand": strand})]):
        for role, top in (("mentee", "Physics"), ("mentor", "Harbor")):
            unit = UnitFactory(
                organization=here.program.owner, name=f"{top} {n}", path=f"{top} {n}", parent=None
            )
            person = {"level": level + (10 if role == "mentor" else 0), "unit": unit}
            row = here.join(f"{role} {n}", role, person=person, **more)
            claim(row, f"Skill{n}")
    here.run()
    return here


def listed(here: World, login: Any, **query: Any) -> set[str]:
    page = login(here.manager).get(url(here, "matching_run", 1), query)
    return {mentee for mentee, _mentor in shown(page)}


ALL = {"mentee 0", "mentee 1", "mentee 2"}


def unit(name: str) -> int:
    return Person.objects.get(full_name=name).unit_id


def test_pairs_are_narrowed_by_directorate_level_strand_and_fit(wide, login):
    run = Run.objects.get()
    assert listed(wide, login) == ALL
    assert listed(wide, login, mentee_unit=unit("mentee 1")) == {"mentee 1"}
    assert listed(wide, login, mentor_unit=unit("mentor 2")) == {"mentee 2"}
    assert listed(wide, login, mentee_level="6-10") == {"mentee 1", "mentee 2"}
    assert listed(wide, login, mentor_level="11-15") == {"mentee 0"}
    assert listed(wide, login, strand="second") == {"mentee 2"}
    assert listed(wide, login, mentee_level="6-10", strand="second", show="") == {"mentee 2"}
    best = run.proposals.order_by("-score").first()
    expected = {
        row.mentee.person.full_name
        for row in run.proposals.all()
        if fit_range(row.score) == fit_range(best.score)
    }
    assert listed(wide, login, fit=fit_range(best.score)) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"mentee_unit": "x"},
        {"mentee_unit": "9" * 30},
        {"fit": "x-y"},
        {"mentor_level": "-"},
        {"strand": "no"},
    ],
)
def test_a_filter_that_makes_no_sense_narrows_nothing(wide, login, query):
    assert listed(wide, login, **query) == ALL


def test_the_choices_are_those_that_occur(wide):
    Person.objects.filter(full_name="mentee 0").update(unit=None)
    found = facets(Run.objects.get())
    assert [label for _value, label in found.units["mentee"]] == ["Physics 1", "Physics 2", "not known"]
    assert [label for _value, label in found.units["mentor"]] == ["Harbor 0", "Harbor 1", "Harbor 2"]
    assert [value for value, _label in found.levels] == ["1-5", "6-10", "11-15", "16-20"]
    assert len(found.strands) == 2


def test_those_whose_directorate_is_not_known_are_found(wide, login):
    Person.objects.filter(full_name="mentee 0").update(unit=None)
    assert listed(wide, login, mentee_unit="0") == {"mentee 0"}


def test_bands_and_ranges_meet_without_a_gap():
    assert bands(1, 12) == ["1-5", "6-10", "11-15"]
    assert [band_of(level) for level in (1, 5, 6, 10, None)] == ["1-5", "1-5", "6-10", "6-10", ""]
    assert bands(None, None) == []
    assert fit_ranges(61) == ["60-69", "70-79", "80-89", "90-100"]
    assert [fit_range(score) for score in (0, 9, 10, 89, 90, 100)] == [
        "0-9", "0-9", "10-19", "80-89", "90-100", "90-100",
    ]  # fmt: skip


def test_a_published_run_does_not_count_its_own_pairs_twice(login):
    here = world()
    here.mentee()
    mentor = here.mentor(capacity=2)
    run = here.run()
    Enrollment.objects.filter(pk=mentor.pk).update(used=1)
    run.proposals.update(published_at=timezone.now())
    assert "1 of 2 places" in text(login(here.manager).get(url(here, "matching_run", 1)))
