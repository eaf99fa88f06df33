"""Why not any other, two runs beside each other, and a run as pictures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from matching.compare import compare, differences
from matching.domain.criteria import change_criteria
from matching.domain.decisions import Act
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.pairs import remember_pair
from matching.domain.runs import mark_published
from matching.domain.undo import undo_decisions
from matching.facets import facets
from matching.models import Decision, Leftover, Run, RunInput
from matching.moves import FigureRow, figures, other_people
from matching.pictures import cohort_map, distribution
from matching.queries import scheme_of
from participants.models import Enrollment
from people.models import Person
from tests.factories import RunFactory, UnitFactory
from tests.matching.people import World, claim, world
from tests.matching.test_hand import row
from tests.matching.test_views import shown, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """Mira fits Dana, Ade fits Lena; Zoe has no place left."""
    found = world()
    for mentee, mentor, skill in (("Mira", "Dana", "Statistics"), ("Ade", "Lena", "Negotiation")):
        claim(found.mentee(mentee), skill)
        claim(found.mentor(mentor), skill)
    claim(found.mentee("Zoe"), "Welding")
    return found


def ask(here: World, login: Any, mentee: str, other: str, **query: Any) -> Any:
    proposal = Run.objects.get().proposals.get(mentee__person__full_name=mentee)
    query = {"pair": proposal.uid, "ask": row(here, other).uid, **query}
    return login(here.manager).get(url(here, "matching_run", 1), query)


def test_people_are_found_by_a_part_of_their_name(here, login):
    here.run()
    proposal = Run.objects.get().proposals.get(mentee__person__full_name="Mira")
    page = login(here.manager).get(url(here, "matching_run", 1), {"pair": proposal.uid, "who": "e"})
    assert [one.person.full_name for one in page.context["others"]] == ["Lena", "Ade", "Zoe"]
    page = login(here.manager).get(url(here, "matching_run", 1), {"pair": proposal.uid, "who": "nobody"})
    assert "Nobody of that name takes part." in text(page)
    form = re.search(r'<form class="ask-form".*?</form>', page.content.decode(), re.DOTALL)
    assert re.findall(r'hx-get="([^"]*)"', form[0]) == [
        url(here, "matching_run", 1)
    ]  # no query: the fields bring it


def test_another_mentor_costs_what_the_chain_says(here, login):
    here.run()
    page = ask(here, login, "Mira", "Lena")
    answer = page.context["answer"]
    assert (answer.mentee.person.full_name, answer.mentor.person.full_name) == ("Mira", "Lena")
    assert "It would cost the program" in str(answer.told.why)
    assert [str(line) for line in answer.told.chain] == [
        "Mira would go from Dana to Lena.", "Ade would go from Lena to Dana.",
    ]  # fmt: skip
    assert (answer.told.balance, "Pair instead…" in text(page)) == (
        "",
        True,
    )  # nobody gains or loses a mentor


def test_another_mentee_of_the_same_mentor_is_asked_for_too(here, login):
    here.run()
    answer = ask(here, login, "Mira", "Zoe").context["answer"]
    assert (answer.mentee.person.full_name, answer.mentor.person.full_name) == ("Zoe", "Dana")
    assert [str(line) for line in answer.wins][-1] == "One more place with Dana."
    assert text(ask(here, login, "Mira", "Zoe")).split("Zoe with Dana")[1].split("It would")[0].split() == (
        "Mira would go without. Zoe would come in.".split()
    )


def test_a_rule_is_named_with_what_would_loosen_it(here, login):
    Person.objects.filter(full_name="Lena").update(languages=["fr"])
    Person.objects.filter(full_name="Mira").update(languages=["en"])
    here.run()
    answer = ask(here, login, "Mira", "Lena").context["answer"]
    assert answer.told.why == "Lena and Mira have no language in common."
    assert [str(line) for line in answer.wins] == ["Loosening the rule “a language in common”."]
    assert not answer.told.can_lock


def test_what_is_never_loosened_says_so(here, login):
    exclude_pair(mentee=row(here, "Mira"), mentor=row(here, "Lena"), reason="-", by=here.manager)
    here.run()
    answer = ask(here, login, "Mira", "Lena").context["answer"]
    assert [str(line) for line in answer.wins] == ["Nothing: such a pair is never made."]


def test_a_pair_of_the_run_is_said_to_be_one_and_a_newcomer_to_be_absent(here, login):
    here.run()
    assert "They are a pair in this run." in text(ask(here, login, "Mira", "Dana"))
    late = here.mentor("Late")
    page = ask(here, login, "Mira", "Late")
    assert f"{late.person.full_name} does not take part in this matching." in text(page)
    here.mentee("Later")
    assert "Later does not take part in this matching." in text(ask(here, login, "Mira", "Later"))


def test_a_run_whose_inputs_are_gone_says_so(here, login):
    here.run()
    RunInput.objects.all().delete()
    assert "is no longer kept" in text(ask(here, login, "Mira", "Lena"))


def test_somebody_of_another_cohort_is_not_asked_for(here, login):
    here.run()
    other = world().mentor("Far")
    proposal = Run.objects.get(cohort=here.cohort).proposals.order_by("pk").first()
    address = url(here, "matching_run", 1)
    page = login(here.manager).get(address, {"pair": proposal.uid, "ask": other.uid, "who": "Far"})
    assert (page.context["answer"], page.context["others"]) == (None, [])


def why(here: World, first: int = 1, second: int = 2) -> dict[str, str]:
    runs = {run.number: run for run in Run.objects.filter(cohort=here.cohort)}
    found = compare(runs[first], runs[second])
    return {one.move.mentee.person.full_name: one.why for one in found.moves}


def test_who_was_locked_and_who_makes_room_is_told(here):
    here.run()
    lock_pair(mentee=row(here, "Mira"), mentor=row(here, "Lena"), by=here.manager)
    here.run()
    told = why(here)
    assert told["Mira"] == "locked by hand"
    assert told["Ade"] in ("makes room for somebody else", "the place goes to somebody else")


def test_an_exclusion_and_what_follows_from_it_are_told(here):
    here.run()
    exclude_pair(mentee=row(here, "Mira"), mentor=row(here, "Dana"), reason="-", by=here.manager)
    here.run()
    assert why(here)["Mira"] == "excluded by hand from Dana"


def test_what_was_undone_between_two_runs_is_no_decision_between_them(here):
    first = here.run()
    act = Act(Decision.Act.LOCK)
    lock_pair(mentee=row(here, "Mira"), mentor=row(here, "Lena"), by=here.manager, act=act)
    undo_decisions(cohort=here.cohort, batch=act.batch, by=here.manager)
    kept = Act(Decision.Act.LOCK)
    lock_pair(mentee=row(here, "Mira"), mentor=row(here, "Lena"), by=here.manager, act=kept)
    second = here.run()
    assert (compare(first, second).decisions, compare(second, second).decisions) == (1, 0)
    undo_decisions(cohort=here.cohort, batch=kept.batch, by=here.manager)
    assert compare(second, here.run()).decisions == 1


def test_where_nobody_wished_no_row_is_of_wishes():
    sides = [{"wishes": {"1": 0}, "wishers": wishers} for wishers in (0, 3)]
    assert figures(sides[0], sides[0]) == []
    assert [str(row.label) for row in figures(*sides)] == ["Wishes met"]


@pytest.mark.parametrize(("who", "told"), [("Mira", "said no to Dana"), ("Dana", "Dana said no")])
def test_the_no_of_one_of_the_two_is_not_said_to_be_the_managers(here, who, told):
    here.run()
    exclude_pair(mentee=row(here, "Mira"), mentor=row(here, "Dana"), reason="-", by=row(here, who).person)
    here.run()
    assert why(here)["Mira"] == told


def test_whoever_goes_from_nobody_to_somebody_gets_a_free_place(here):
    run = here.run()
    run.proposals.filter(mentee=row(here, "Mira")).delete()
    for name in ("Mira", "Dana"):
        Leftover.objects.create(run=run, enrollment=row(here, name))
    here.run()
    assert why(here)["Mira"] == "gets a place that becomes free"


def test_who_left_and_who_joined_is_told(here):
    here.run()
    Enrollment.objects.filter(person__full_name="Dana").update(state="withdrawn")
    claim(here.mentor("New", capacity=2), "Statistics", "Welding")
    here.run()
    told = why(here)
    assert told["Mira"] == "Dana has no place any more"
    assert told["Zoe"] == "New has joined"


def test_a_mentee_who_joined_is_told(here):
    here.run()
    claim(here.mentee("Late"), "Knitting")
    here.mentor("Third", capacity=2)
    here.run()
    assert why(here)["Late"] == "joined since"


def test_whose_pair_was_published_is_not_said_to_be_left_out(here, login):
    run = here.run()
    made = run.proposals.filter(mentee__person__full_name="Mira")
    mark_published(run=run, proposals=made, by=here.manager)
    Enrollment.objects.filter(person__full_name__in=["Mira", "Dana"]).update(used=1)
    Enrollment.objects.filter(person__full_name="Ade").update(state="withdrawn")
    here.run()
    told = why(here)
    assert told["Mira"] == "the pair has been published"
    assert told["Ade"] == "takes no part any more"
    page = login(here.manager).get(url(here, "matching_compare", 1, 2))
    counts = page.context["result"].counts
    assert counts == {"": 3, "moved": 0, "out": 0, "gone": 1, "done": 1, "into": 1}
    assert [str(chip.label) for chip in page.context["chips"]][2:5] == [
        "Left out",
        "Take no part any more",
        "Matched by now",
    ]
    done = login(here.manager).get(url(here, "matching_compare", 1, 2), {"kind": "done"})
    assert [one.move.mentee.person.full_name for one in done.context["result"].moves] == ["Mira"]


def test_changed_criteria_are_told_and_listed(here):
    here.run()
    scheme = scheme_of(here.cohort)
    change_criteria(
        cohort=here.cohort, criteria={"weights": {"skills": 3}}, version=scheme.version, by=here.manager
    )
    here.run()
    runs = list(Run.objects.order_by("number"))
    [found] = [one for one in differences(*runs) if str(one.label) == "Skills"]
    assert (found.before, found.after) == ("10", "3")


def test_the_page_of_two_runs_filters_and_links(here, login):
    here.run()
    lock_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), by=here.manager)
    here.run()
    page = login(here.manager).get(url(here, "matching_compare", 1, 2))
    counts = page.context["result"].counts
    assert counts[""] == counts["moved"] + counts["out"] + counts["into"] > 0
    assert "1 decision by hand was made between the two." in text(page)
    here.run()
    assert "Nothing was decided by hand between the two." in text(
        login(here.manager).get(url(here, "matching_compare", 2, 3))
    )
    out = login(here.manager).get(url(here, "matching_compare", 1, 2), {"kind": "into"})
    assert [one.move.mentee.person.full_name for one in out.context["result"].moves] == ["Zoe"]
    review = login(here.manager).get(url(here, "matching_run", 2))
    assert url(here, "matching_compare", 1, 2) in review.content.decode()


def test_a_run_is_the_same_as_itself(here, login):
    here.run()
    page = login(here.manager).get(url(here, "matching_compare", 1, 1))
    assert "Nobody moves: the pairs are the same." in text(page)


def test_a_run_that_is_not_ready_or_of_another_cohort_is_not_compared(here, login):
    here.run()
    RunFactory(cohort=here.cohort, number=5, state="failed")
    for other in (5, 9):
        assert login(here.manager).get(url(here, "matching_compare", 1, other)).status_code == 404


def test_comparing_takes_the_same_queries_for_two_and_for_thirty(login, count_queries):
    def queries(number: int) -> int:
        found = world()
        for index in range(number):
            (
                found.mentee(f"Mentee {index}", person={"level": 5}),
                found.mentor(f"Mentor {index}", person={"level": 9}),
            )
        run = found.run()
        for proposal in list(run.proposals.select_related("mentee", "mentor")):
            exclude_pair(mentee=proposal.mentee, mentor=proposal.mentor, reason="-", by=found.manager)
        found.run()
        client = login(found.manager)
        client.get(url(found, "matching_compare", 1, 2))
        with count_queries() as counted:
            client.get(url(found, "matching_compare", 1, 2))
        return len(counted)

    assert queries(2) == queries(20)


@pytest.fixture
def mapped() -> World:
    """Two pairs from Physics to Harbor, one from Physics to nowhere known."""
    here = world()
    physics = UnitFactory(organization=here.program.owner, name="Physics", path="Physics", parent=None)
    harbor = UnitFactory(organization=here.program.owner, name="Harbor", path="Harbor", parent=None)
    for n, unit in enumerate([harbor, harbor, None]):
        claim(here.mentee(f"Mentee {n}", person={"unit": physics, "level": 3 + n}), f"Skill{n}")
        claim(here.mentor(f"Mentor {n}", person={"unit": unit, "level": 12}), f"Skill{n}")
    here.run()
    return here


def test_the_map_counts_pairs_and_each_cell_leads_to_them(mapped, login):
    run = Run.objects.get()
    page = url(mapped, "matching_run", 1)
    found = cohort_map(run, facets(run), "unit", page)
    assert sorted((cell.row, cell.column, cell.count) for cell in found.cells) == [
        ("Physics", "Harbor", 2), ("Physics", "not known", 1),
    ]  # fmt: skip
    for by in ("unit", "level"):
        for cell in cohort_map(run, facets(run), by, page).cells:
            listed = login(mapped.manager).get(cell.url)
            assert len(shown(listed)) == cell.count, cell


def test_the_distribution_counts_all_and_each_bar_leads_to_its_pairs(mapped, login):
    run = Run.objects.get()
    columns = distribution(run, facets(run), url(mapped, "matching_run", 1))
    assert sum(column.count for column in columns) == 3
    for column in columns:
        assert len(shown(login(mapped.manager).get(column.url))) == column.count


@pytest.mark.parametrize("by", ["unit", "level", "x"])
def test_the_pictures_have_their_tables(mapped, login, by):
    page = login(mapped.manager).get(url(mapped, "matching_pictures", 1), {"by": by})
    assert page.context["by"] == ("level" if by == "level" else "unit")
    assert page.content.decode().count("<svg") >= 2
    assert page.content.decode().count("<caption") == 2
    assert "style=" not in page.content.decode().partition("<main")[2]


@pytest.mark.parametrize(
    ("before", "after", "change", "trend"),
    [(3, 1, "−2", "better"), (1, 3, "+2", "worse"), (2, 2, "the same", "")],
)
def test_fewer_who_would_rather_have_each_other_are_better(before, after, change, trend):
    label = "Not paired, though both would fit better together"
    row = FigureRow(label, str(before), str(after), change, trend)
    assert figures({"blocking": before}, {"blocking": after}) == [row]
    assert figures({}, {"blocking": after}) == []


def of_all(mentees: int, covered: int, **more: int) -> dict[str, int]:
    """Figures of a run in which so many take part."""
    return {"mentees": mentees, "mentors": 9, "places": 9, "covered": covered, "total": 70 * covered, **more}


def test_how_many_are_matched_is_said_of_how_many():
    assert figures(of_all(18, 15), of_all(18, 14)) == [
        FigureRow("People matched", "15 of 18", "14 of 18", "−1", "worse"),
        FigureRow("Fit in total", "1,050", "980", "−70", "worse"),
    ]
    circles = [{"circles": {"mentees": people, "placed": 4, "hosts": 1}} for people in (5, 4)]
    assert figures(*circles) == [FigureRow("People in a circle", "4 of 5", "4 of 4", "the same", "")]


def test_where_other_people_take_part_no_figure_is_called_better_or_worse(here, login):
    first, again = here.run(), here.run(objective="score")
    assert not other_people(first.numbers, again.numbers)
    circles = [{"circles": {"mentees": people, "placed": 4, "hosts": 1}} for people in (5, 4)]
    assert (other_people(*circles), other_people(circles[0], circles[0])) == (True, False)
    Enrollment.objects.filter(person__full_name="Mira").update(state="withdrawn")
    later = here.run()
    found = compare(first, later)
    label = {str(figure.label): figure for figure in found.figures}["People matched"]
    assert (label.before, label.after, label.trend, found.other_people) == ("2 of 3", "2 of 2", "", True)
    assert {figure.trend for figure in found.figures} == {""}
    page = text(login(here.manager).get(url(here, "matching_compare", first.number, later.number)))
    assert "so no figure is called better or worse" in page
    assert page.count("(better)") == page.count("(worse)") == 0


def test_whoever_has_left_and_whoever_is_matched_by_now_is_not_called_left_out(here):
    first = here.run()
    Enrollment.objects.filter(person__full_name="Mira").update(state="withdrawn")
    Enrollment.objects.filter(person__full_name="Ade").update(used=1)
    second = here.run()
    found = compare(first, second)
    assert {name: n for name, n in found.counts.items() if n} == {"": 3, "gone": 1, "done": 1, "into": 1}
    told = {move.move.mentee.person.full_name: move.why for move in found.moves}
    assert (told["Mira"], told["Ade"]) == ("takes no part any more", "has found a match since")


def test_whose_second_place_is_left_is_told_of_the_published_pair(here):
    Enrollment.objects.filter(person__full_name="Mira").update(capacity=2)
    run = here.run()
    made = run.proposals.filter(mentee__person__full_name="Mira")[:1]
    mark_published(run=run, proposals=made, by=here.manager)
    mentor = made[0].mentor
    Enrollment.objects.filter(pk__in=[row(here, "Mira").pk, mentor.pk]).update(used=1)
    remember_pair(made[0].mentee.person_id, mentor.person_id)
    here.run()
    moves = compare(*Run.objects.order_by("number")).moves
    assert [move.why for move in moves if move.move.mentee.person.full_name == "Mira"] == [
        "the pair has been published"
    ]


def test_whose_mentorship_ended_early_looks_for_a_match_again(here):
    earlier = here.run()
    made = earlier.proposals.filter(mentee__person__full_name="Mira")
    mark_published(run=earlier, proposals=made, by=here.manager)
    Enrollment.objects.filter(person__full_name__in=["Mira", "Dana"]).update(used=1)
    here.run()
    made.update(over_at=timezone.now())
    Enrollment.objects.filter(person__full_name__in=["Mira", "Dana"]).update(used=0)
    here.run()
    told = {
        move.move.mentee.person.full_name: move.why
        for move in compare(*Run.objects.order_by("number")[1:]).moves
    }
    assert told["Mira"] == "looks for a match again"
