"""Who is matched, group by group."""

from __future__ import annotations

import pytest
from django.urls import reverse

from matching.engine.field import UNKNOWN
from matching.equity import Beside, Group, Grouping, counted, equity
from matching.models import Leftover, Run
from matching.snapshot import LEFT_OUT, NEW, Side
from tests.factories import ProposalFactory, RunFactory, StrandFactory, UnitFactory
from tests.matching.people import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def fill(here: World, run: Run, unit: object, matched: list[int], left: int, **fields: object) -> None:
    """Mentees of a unit: matched with these fits, and left over; the run has counted them."""
    person = {
        "unit": unit,
        "organization": getattr(unit, "organization", None),
        "level": fields.pop("level", 3),
    }
    of = [getattr(unit, "pk", None), person["level"], bool(fields.get("left_out_before"))]
    counts = [len(matched) + left, len(matched), len(matched), sum(matched)]
    run.numbers.setdefault("groups", []).append([*of, *counts])
    run.save()
    for number, fit in enumerate([*matched, *[None] * left]):
        mentee = here.mentee(
            f"{person['unit']} {number} {Run.objects.count()}", person=dict(person), **fields
        )
        if fit is None:
            Leftover.objects.create(run=run, enrollment=mentee)
        else:
            ProposalFactory(run=run, mentee=mentee, mentor=here.mentor(), score=fit)


def by(run: Run, label: str) -> list[Group]:
    return next(grouping.groups for grouping in equity(run) if grouping.label == label)


def test_matched_share_and_mean_fit_of_each_directorate(here):
    run = RunFactory(cohort=here.cohort)
    fill(here, run, UnitFactory(name="Labs"), [60, 70, 80], 2)
    fill(here, run, UnitFactory(name="Offices"), [50] * 5, 0)
    assert by(run, "Directorate") == [Group("Labs", 5, 3, 70), Group("Offices", 5, 5, 50)]
    assert [group.share for group in by(run, "Directorate")] == [60, 100]


def test_groups_under_five_are_put_together_and_left_out_where_that_is_not_enough(here):
    run = RunFactory(cohort=here.cohort)
    fill(here, run, UnitFactory(name="Labs"), [60] * 5, 0)
    fill(here, run, UnitFactory(name="Small"), [40] * 2, 2)
    assert equity(run) == []  # one group alone compares with nothing, and four people are too few
    fill(here, run, None, [], 1)
    assert by(run, "Directorate") == [Group("Labs", 5, 5, 60), Group("All others", 5, 2, 40)]


def test_by_level_in_order_and_by_whether_left_out_before(here):
    run = RunFactory(cohort=here.cohort)
    unit = UnitFactory(name="Labs")
    fill(here, run, unit, [60] * 5, 0, level=12, left_out_before=True)
    fill(here, run, unit, [], 5, level=3)
    assert by(run, "Career level") == [Group("1-5", 5, 0, None), Group("11-15", 5, 5, 60)]
    assert by(run, "History") == [
        Group("Left out before", 5, 5, 60),
        Group("Not left out before", 5, 0, None),
    ]
    assert [type(grouping) for grouping in equity(run)] == [Grouping, Grouping]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(3, 2, "−20"), (2, 5, "+60"), (2, 2, "the same"), (None, 2, "–"), (2, None, "–")],
)
def test_a_share_in_two_runs_differs_by_points_with_their_sign(before, after, said):
    sides = [None if matched is None else Group("Labs", 5, matched, 60) for matched in (before, after)]
    assert Beside("Directorate", "Labs", *sides).said == said


def test_who_has_two_mentors_counts_once():
    side = Side(unit=[4, 4, UNKNOWN], level=[3, 3, UNKNOWN], tier=[NEW, NEW, LEFT_OUT])
    assert counted(side, [(0, 60), (0, 30), (2, 50)]) == [
        (4, 3, False, 2, 1, 2, 90),
        (None, None, True, 1, 1, 1, 50),
    ]


def test_a_run_keeps_what_it_counted_whatever_is_changed_of_people_later(here):
    labs, offices = UnitFactory(name="Labs"), UnitFactory(name="Offices")
    team = UnitFactory(name="Team", parent=labs, top=labs, organization=labs.organization)
    circle = StrandFactory(program=here.program, format="circle", size_min=2, size_max=4)
    here.mentor(strand=circle, capacity=4, person={"unit": labs})
    rows = [here.mentee(f"In team {n}", person={"unit": team, "level": 2}) for n in range(5)]
    rows += [here.mentee(f"In offices {n}", person={"unit": offices, "level": 12}) for n in range(5)]
    rows += [here.mentee(f"In a circle {n}", strand=circle, person={"unit": offices}) for n in range(2)]
    for n in range(5):
        here.mentor(f"Mentor {n}", person={"unit": labs})
    run = here.run()
    told = by(run, "Directorate")
    assert [(group.label, group.people, group.matched) for group in told] == [
        ("Labs", 5, 0),
        ("Offices", 7, 7),
    ]
    for row in rows[:3]:
        row.person.unit, row.person.level = offices, 12
        row.person.save()
    assert by(Run.objects.get(pk=run.pk), "Directorate") == told


def test_whoever_is_matched_of_a_group_leads_to_their_pairs(here, login):
    numbers = {"mentees": 10, "covered": 9, "pairs": 9, "wishers": 0, "wishes": {}}
    run = RunFactory(cohort=here.cohort, numbers=numbers, certificate={"ok": True})
    labs = UnitFactory(name="Labs")
    fill(here, run, labs, [60] * 4, 1)
    fill(here, run, UnitFactory(name="Offices"), [60] * 5, 0, level=8)
    page = reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
    shown = login(here.manager).get(
        reverse("matching_pictures", args=[here.program.slug, here.cohort.slug, run.number])
    )
    for query, pairs in ((f"mentee_unit={labs.pk}", 4), ("mentee_level=6-10", 5)):
        assert f'href="{page}?{query}"' in shown.content.decode()
        assert len(login(here.manager).get(f"{page}?{query}").context["rows"]) == pairs
    assert [group.query for group in by(run, "Career level")] == ["mentee_level=1-5", "mentee_level=6-10"]


def test_the_page_shows_it_and_asks_as_often_for_many(here, login, count_queries):
    run, counted = RunFactory(cohort=here.cohort), []
    url = reverse("matching_pictures", args=[here.program.slug, here.cohort.slug, run.number])
    client = login(here.manager)
    for name in ("Labs", "Offices", "Yard", "Fleet"):
        fill(here, run, UnitFactory(name=name), [60] * 4, 1)
        if name in ("Offices", "Fleet"):
            with count_queries() as queries:
                page = client.get(url).content.decode()
            counted.append(len(queries))
    assert counted[0] == counted[1]
    assert page.count("</a> (80%)") == 4
