"""The options of a run: a minimum fit, raised as far as it costs nobody, and the pairs to keep close to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.models import AuditEvent
from matching import left_words
from matching.compare import compare, differences
from matching.domain import execution, solving
from matching.domain.consequences import consequences
from matching.domain.execution import execute_run
from matching.domain.fixed import lock_pair
from matching.domain.parts import solve_part
from matching.domain.runs import request_run
from matching.domain.undo import Wanted
from matching.engine.field import Criteria
from matching.forms import RunForm
from matching.loaded import load_engine
from matching.models import Leftover, Lock, Run, RunPart
from matching.options import Options
from matching.queries import scheme_of
from matching.summary import lede
from matching.whatif import Question
from matching.whatif import compare as what_if
from tests.factories import RunFactory, StrandFactory
from tests.matching.engine.limits import large
from tests.matching.people import World, claim, pairs, world
from tests.matching.test_runs import refusal

pytestmark = pytest.mark.django_db

SKILLS = dict.fromkeys(Criteria().to_dict()["weights"], 0) | {"skills": 10}
HIGHEST, SCRATCH = Options(raise_lowest=True), Options(start=Run.Start.SCRATCH)


@pytest.fixture
def here() -> World:
    """Mira and Ade seek the same three skills: Dana offers all of them (100), Lena two (66)."""
    found = world(criteria={"weights": SKILLS})
    seek = {"Mira": ("A", "B", "C"), "Ade": ("A", "B", "C")}
    for name, skills in seek.items():
        claim(found.mentee(name), *skills)
    claim(found.mentor("Dana"), "A", "B", "C")
    claim(found.mentor("Lena"), "A", "B")
    return found


def weak(here: World) -> None:
    """One more, who can only have a weak mentor (50)."""
    claim(here.mentee("Zoe"), "D", "E")
    claim(here.mentor("Nora"), "D")


def fits(run: Run) -> list[int]:
    return sorted(run.proposals.values_list("score", flat=True))


def page(here: World, name: str, *more: Any) -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug, *more])


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestMinimum:
    def test_a_number_bars_pairs_under_it_and_is_proven(self, here):
        weak(here)
        run = here.run(options=Options(least_fit=60))
        assert fits(run) == [66, 100]
        assert run.certificate["minimum"] == {"fit": 60, "highest": False}
        assert "No pair fits less than 60 of 100." in lede(run, here.program)
        assert load_engine(run).field.criteria.min_fit == 60

    def test_the_criteria_of_the_run_stay_those_in_force(self, here, login):
        run = here.run(options=Options(least_fit=60))
        answer = login(here.manager).get(page(here, "matching_run", run.number))
        assert (run.criteria["min_fit"], answer.context["criteria_changed"]) == (0, False)

    def test_the_stricter_of_criteria_and_run_holds(self):
        strict = world(criteria={"weights": SKILLS, "min_fit": 70})
        claim(strict.mentee(), "A", "B")
        claim(strict.mentor(), "A")
        run = strict.run(options=Options(least_fit=20))
        assert (fits(run), run.certificate["minimum"]) == ([], {"fit": 70, "highest": False})

    def test_raised_as_far_as_it_costs_nobody_and_proven(self, here):
        weak(here)
        run = here.run(options=HIGHEST)
        assert (fits(run), run.numbers["covered"]) == ([50, 66, 100], 3)
        assert run.certificate["minimum"] == {"fit": 50, "highest": True}
        assert (
            "No pair fits less than 50 of 100. A higher minimum would leave fewer matched: that is proven."
            in lede(run, here.program)
        )

    def test_the_weakest_pair_is_raised_at_the_cost_of_the_total(self):
        """100 and 40 are more in total than 60 and 60."""
        two = world(criteria={"weights": SKILLS})
        claim(two.mentee("Mira"), *"ABCDE")
        claim(two.mentee("Ade"), *"FGHIJ")
        claim(two.mentor("Dana"), *"ABCDEFGH")
        claim(two.mentor("Lena"), *"ABCFG")
        assert fits(two.run()) == [40, 100]
        run = two.run(options=HIGHEST)
        assert (fits(run), run.certificate["minimum"]) == ([60, 60], {"fit": 60, "highest": True})

    def test_a_locked_pair_stands_under_it_and_the_page_says_so(self, here):
        weak(here)
        zoe, nora = (row_of(here, name) for name in ("Zoe", "Nora"))
        lock_pair(mentee=zoe, mentor=nora, by=here.manager)
        run = here.run(options=HIGHEST)
        assert (fits(run), run.certificate["minimum"]) == ([50, 66, 100], {"fit": 66, "highest": True})
        assert "No pair but locked ones fits less than 66 of 100." in lede(run, here.program)

    def test_what_is_not_the_highest_is_never_shown(self, here, monkeypatch):
        monkeypatch.setattr(execution, "highest_fit", lambda *_: 10)
        run = here.run(options=HIGHEST)
        assert (run.state, run.problem) == ("failed", "not_proven")
        assert run.certificate["reason"] == "a minimum fit of 11 would cost nobody"

    def test_in_parts_the_minimum_is_that_of_the_whole(self, settings):
        settings.MATCHING_PART_PAIRS = 1
        parted = world(criteria={"weights": SKILLS})
        for place, offered in enumerate((("A", "B"), ("A",))):
            strand = StrandFactory(program=parted.program)
            claim(parted.mentee(f"Mentee {place}", strand=strand), "A", "B")
            claim(parted.mentor(f"Full {place}", strand=strand), *offered)
            claim(parted.mentor(f"Half {place}", strand=strand), "A")
        run = request_run(cohort=parted.cohort, by=parted.manager, options=HIGHEST)
        execute_run(run.pk)
        ids = list(RunPart.objects.filter(run=run).order_by("number").values_list("pk", flat=True))
        assert [solve_part(part) for part in ids] == [None, run.pk]
        execute_run(run.pk)
        run.refresh_from_db()
        assert (run.state, fits(run)) == ("certified", [50, 100])
        assert run.certificate["minimum"] == {"fit": 50, "highest": True}
        settings.MATCHING_PART_PAIRS = 300_000
        whole = parted.run(options=HIGHEST)
        same = whole if whole.state == "certified" else run
        assert (pairs(same), same.certificate["minimum"]) == (pairs(run), run.certificate["minimum"])

    def test_a_field_too_large_to_be_held_is_raised_as_far(self, here):
        weak(here)
        with large():
            run = here.run(options=HIGHEST)
        assert (run.state, fits(run)) == ("certified", [50, 66, 100])
        assert run.certificate["minimum"] == {"fit": 50, "highest": True}

    def test_a_large_problem_is_raised_apart_under_the_limits_of_the_settings(
        self, here, settings, monkeypatch
    ):
        weak(here)
        settings.MATCHING_APART_PAIRS, settings.MATCHING_SECONDS = 1, 77
        asked: list[float] = []
        real = solving.highest_fit_apart

        def watched(*given: Any, limits: Any) -> int:
            asked.append(limits.seconds)
            return real(*given, limits=limits)

        monkeypatch.setattr(solving, "highest_fit_apart", watched)
        assert (fits(here.run(options=HIGHEST)), asked) == ([50, 66, 100], [77])

    def test_the_same_input_in_parts_is_known_again(self, settings):
        settings.MATCHING_PART_PAIRS = 1
        parted = world(criteria={"weights": SKILLS})
        for place in range(2):
            strand = StrandFactory(program=parted.program)
            claim(parted.mentee(f"Mentee {place}", strand=strand), "A", "B")
            claim(parted.mentor(f"Mentor {place}", strand=strand), "A")
        done = []
        for _again in range(3):
            run = request_run(cohort=parted.cohort, by=parted.manager, options=HIGHEST)
            execute_run(run.pk)
            for part in RunPart.objects.filter(run=run).order_by("number"):
                solve_part(part.pk)
            execute_run(run.pk)
            run.refresh_from_db()
            done.append((run.state, run.problem))
        assert done == [("certified", ""), ("certified", ""), ("cancelled", "same")]

    def test_whoever_falls_under_a_raised_minimum_is_told_that_no_lower_one_matches_more(self, here):
        weak(here)
        claim(here.mentee("Kim"), "D", "E", "F")
        run = here.run(options=HIGHEST)
        [left] = Leftover.objects.filter(run=run, enrollment__role="mentee").select_related(
            "enrollment__person"
        )
        told = left_words.leftovers([left])[left.pk]
        name = left.enrollment.person.full_name
        assert (name, left.reasons["reason"], left.reasons["raised"]) == ("Kim", "minimum", True)
        assert told.details[-1] == (
            "The minimum was raised only as far as nobody more goes without: under a lower one Kim could be matched "
            "in place of somebody else, not beside them."
        )


def row_of(here: World, name: str) -> Any:
    return here.cohort.enrollments.get(person__full_name=name)


class TestStart:
    def test_pairs_of_the_run_that_was_chosen_stay_where_nothing_is_lost(self, here):
        """Mira and Ade are alike: who is with Dana is as good either way."""
        first = here.run()
        mira = next(mentor for mentee, mentor in pairs(first) if mentee == "Mira")
        other = {"Dana": "Lena", "Lena": "Dana"}[mira]
        lock_pair(mentee=row_of(here, "Mira"), mentor=row_of(here, other), by=here.manager)
        second = here.run()
        Lock.objects.all().delete()
        assert ("Mira", other) in pairs(here.run())  # close to the newest
        near_first = here.run(options=Options(start=Run.Start.RUN, run=first))
        assert pairs(near_first) == pairs(first) != pairs(second)
        assert (near_first.numbers["new"], near_first.start_run) == (0, first)
        assert "It keeps the pairs of run 1 wherever nothing is lost by it." in lede(near_first, here.program)
        scratch = here.run(options=SCRATCH)
        assert (scratch.numbers["new"], scratch.start_run) == (None, None)
        assert pairs(scratch) == pairs(first)  # the first one had nothing to keep either
        assert "It started from scratch" in lede(scratch, here.program)

    def test_the_usual_start_is_the_newest_proven_result(self, here):
        first = here.run()
        RunFactory(cohort=here.cohort, number=2, state="failed")
        third = here.run()
        assert (first.start_run, third.start_run, third.start) == (None, first, "newest")

    @pytest.mark.parametrize("state", ["failed", "cancelled", "running", None])
    def test_only_a_proven_run_of_this_cohort_can_be_started_from(self, here, state):
        other = here if state else world()
        near = RunFactory(cohort=other.cohort, number=5, state=state or "certified")
        Run.objects.filter(pk=near.pk, state="running").update(state="failed")
        with refusal("no_start"):
            here.run(options=Options(start=Run.Start.RUN, run=near))
        with refusal("no_start"):
            here.run(options=Options(start=Run.Start.RUN))


@pytest.mark.parametrize(
    "wrong",
    [
        {"least_fit": 101}, {"least_fit": 10, "raise_lowest": True}, {"start": "run"},
        {"start": "scratch", "near": True},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_never_stored(here, wrong):
    near = RunFactory(cohort=here.cohort, number=8, state="certified") if wrong.pop("near", False) else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(cohort=here.cohort, number=9, start_run=near, **wrong)


def test_another_option_is_another_input_and_the_same_one_is_not(here):
    weak(here)
    here.run()
    here.run()
    states = [here.run(options=options).state for options in (HIGHEST, HIGHEST, Options(least_fit=60))]
    assert states == ["certified", "cancelled", "certified"]


def test_the_audit_trail_names_what_is_not_usual(here):
    first = here.run()
    here.run(options=Options(least_fit=40, start=Run.Start.RUN, run=first))
    here.run(options=Options(raise_lowest=True, start=Run.Start.SCRATCH))
    events = AuditEvent.objects.filter(verb="run.requested").order_by("pk")
    assert [event.data for event in events] == [
        {"number": 1, "objective": "people"},
        {"number": 2, "objective": "people", "least_fit": 40, "start": 1},
        {"number": 3, "objective": "people", "raise_lowest": True, "start": "scratch"},
    ]


class TestWhatRestsOnARun:
    def test_consequences_are_worked_out_under_the_options(self, here):
        weak(here)
        zoe, dana = row_of(here, "Zoe"), row_of(here, "Dana")
        outs = []
        for options in (Options(), Options(least_fit=60), HIGHEST):
            run = here.run(options=options)
            assert consequences(run=run, wanted=Wanted()).moves == []
            outs.append(consequences(run=run, wanted=Wanted(lock=[(zoe, dana)])).counts["out"])
        # Whom Zoe displaces would have nobody but Nora, at a fit of 0: enough unless a number bars it.
        assert outs == [0, 1, 0]

    def test_what_if_rests_on_the_options(self, here):
        weak(here)
        criteria = scheme_of(here.cohort).criteria
        whole = Criteria.from_dict(criteria).to_dict()
        plain, strict = Question(whole, "people"), Question(whole, "people", 60)
        assert what_if(here.cohort, plain, strict)["figures"]["matched"] == [3, 2]
        raised = Question(whole, "people", 0, True)
        assert what_if(here.cohort, plain, raised)["figures"]["asked_lowest"] == [50, 50]

    def test_the_question_takes_over_the_options_of_the_newest_run_and_so_does_its_run(self, here, login):
        weak(here)
        here.run(options=Options(least_fit=60))
        client = login(here.manager)
        answer = client.get(page(here, "matching_what_if"))
        assert answer.context["found"].figures[0].now == "2"
        assert "As for the newest run: Minimum fit: 60 of 100." in text(answer)
        client.post(page(here, "matching_what_if"), {"objective": "score", "version": "0"})
        assert (Run.objects.get(number=2).least_fit, Run.objects.get(number=2).objective) == (60, "score")

    def test_why_not_names_the_minimum(self, here):
        weak(here)
        zoe = row_of(here, "Zoe")
        run = here.run(options=Options(least_fit=60))
        left = Leftover.objects.get(run=run, enrollment=zoe)
        assert left.reasons["reason"] == "minimum"


class TestCompare:
    def test_options_and_what_they_moved_are_told(self, here):
        weak(here)
        first = here.run()
        second = here.run(options=Options(least_fit=60, start=Run.Start.RUN, run=first))
        assert [(str(one.label), one.before, one.after) for one in differences(first, second)] == [
            ("Minimum fit", "none beside the criteria", "60 of 100"),
            ("Start from", "the newest result", "run 1"),
        ]
        told = compare(first, second)
        assert {move.move.mentee.person.full_name: str(move.why) for move in told.moves} == {
            "Zoe": "another minimum fit"
        }
        lowest = next(figure for figure in told.figures if str(figure.label) == "Lowest fit")
        assert (lowest.before, lowest.after) == ("50", "66")

    def test_runs_that_start_from_their_newest_do_not_differ(self, here):
        first, second = here.run(), here.run()
        assert differences(first, second) == []

    def test_a_criterion_is_called_by_its_name(self, here):
        first = here.run()
        second = RunFactory(cohort=here.cohort, number=2, criteria={**first.criteria, "min_fit": 30})
        assert [str(one.label) for one in differences(first, second)] == ["No pair fits less than, of 100"]


class TestForm:
    def start(self, here: World, login: Any, **values: Any) -> Any:
        return login(here.manager).post(page(here, "matching_start"), values)

    def test_each_choice_reaches_the_run(self, here, login):
        first = here.run()
        Run.objects.filter(pk=first.pk).update(state="published")
        self.start(here, login, objective="score", minimum="number", least_fit="35", start="1")
        run = Run.objects.get(number=2)
        assert (run.objective, run.least_fit, run.raise_lowest, run.start_run) == ("score", 35, False, first)
        execute_run(run.pk)
        self.start(here, login, minimum="highest", least_fit="35", start="scratch")
        run = Run.objects.get(number=3)
        assert (run.objective, run.least_fit, run.raise_lowest, run.start) == ("people", 0, True, "scratch")

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"minimum": "number"}, "Say the least that a pair must fit, from 1 to 100."),
            ({"minimum": "number", "least_fit": "101"}, "less than or equal to 100"),
            ({"minimum": "number", "least_fit": "0"}, "greater than or equal to 1"),
            ({"minimum": "low"}, "low is not one of the available choices"),
            ({"start": "77"}, "77 is not one of the available choices"),
        ],
    )
    def test_what_makes_no_sense_is_said_and_starts_nothing(self, here, login, values, said):
        answer = self.start(here, login, **values)
        assert (answer.status_code, Run.objects.count()) == (200, 0)
        assert said in text(answer)

    def test_the_form_begins_with_what_was_chosen_last(self, here, login):
        first = here.run()
        here.run(objective="score", options=Options(least_fit=35, start=Run.Start.RUN, run=first))
        form: RunForm = login(here.manager).get(page(here, "matching_review")).context["form"]
        assert form.initial == {"objective": "score", "minimum": "number", "least_fit": 35, "start": "1"}
        assert form.unusual
        starts = form.fields["start"].choices
        assert [value for value, _label in starts] == ["newest", "2", "1", "scratch"]
        assert str(starts[0][1]) == "The newest result: run 2"

    def test_run_again_keeps_the_options(self, here, login):
        first = here.run()
        second = here.run(options=Options(least_fit=35, start=Run.Start.RUN, run=first))
        html = login(here.manager).get(page(here, "matching_run", second.number)).content.decode()
        sent = dict(
            re.findall(
                r'<input type="hidden" name="(objective|minimum|least_fit|start)" value="([^"]*)">', html
            )
        )
        assert sent == {"objective": "people", "minimum": "number", "least_fit": "35", "start": "1"}
        self.start(here, login, **sent)
        third = Run.objects.get(number=3)
        assert (third.least_fit, third.start_run) == (35, first)

    @pytest.mark.parametrize(
        ("options", "since"), [(Options(), [2]), (Options(start="run"), [1]), (SCRATCH, [])]
    )
    def test_changes_are_counted_against_the_run_it_started_from(self, here, login, options, since):
        first = here.run()
        here.run(objective="score")
        run = here.run(options=replace(options, run=first if options.start == "run" else None))
        chips = login(here.manager).get(page(here, "matching_run", run.number)).context["chips"]
        said = [str(chip.label) for chip in chips if "New since" in str(chip.label)]
        assert said == [f"New since run {number}" for number in since]

    def test_the_list_of_runs_names_what_is_not_usual(self, here, login):
        here.run(options=HIGHEST)
        here.run(options=Options(start=Run.Start.SCRATCH))
        told = text(login(here.manager).get(page(here, "matching_review")))
        assert "Minimum fit: raised as far as possible: 66 of 100" in told
        assert "Started from: from scratch" in told

    def test_the_page_takes_as_many_queries_for_one_run_as_for_thirty(self, here, login, count_queries):
        client, counted = login(here.manager), []
        first = here.run()
        for more in (0, 30):
            for number in range(more):
                RunFactory(
                    cohort=here.cohort, number=number + 2, state="certified", start="run", start_run=first
                )
            client.get(page(here, "matching_review"))
            with count_queries() as queries:
                client.get(page(here, "matching_review"))
            counted.append(len(queries))
        assert counted[0] == counted[1]
