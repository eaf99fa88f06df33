"""A field too large to hold every pair: the same run, the same words, and a proof on every pair.

The limits are turned down, so that a small cohort goes the way of a large one, on one or two pairs a mentee.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from matching import loaded
from matching.domain import findings as findings_module
from matching.domain import solving
from matching.domain.consequences import consequences
from matching.domain.findings import Findings
from matching.domain.fixed import lock_pair
from matching.domain.shortlists import spread
from matching.domain.undo import Wanted
from matching.engine import solve
from matching.engine.packing import pack, unpack_pairs
from matching.engine.process import Halted
from matching.failure_words import failure
from matching.loaded import load_engine
from matching.models import Leftover, Outlook, Proposal, Run, RunInput
from matching.queries import scheme_of
from matching.recruiting import recruiting
from matching.snapshot import read_snapshot
from matching.summary import lede
from participants.models import Enrollment
from people.models import Person
from tests.factories import StrandFactory
from tests.matching.engine.limits import large
from tests.matching.people import World, claim, wish, world
from tests.matching.test_fixed import refusal

pytestmark = pytest.mark.django_db

SKILLS = ["Statistics", "Negotiation", "Law", "Writing", "Coaching"]


@pytest.fixture(autouse=True)
def nothing_at_hand():
    loaded._loaded.clear()


def crowd(seed: int, mentees: int = 22, mentors: int = 13, **criteria: Any) -> World:
    """Two strands, one of them short of places; wishes, needs, people who ask for two, one lock."""
    dice = random.Random(seed)
    here = world(criteria=criteria)
    strands = here.strand, StrandFactory(program=here.program)

    def somebody(join: Any, number: int, **fields: Any) -> Enrollment:
        person = {
            "languages": dice.sample(["en", "fr", "es"], dice.randint(1, 2)),
            "level": dice.randint(1, 6),
        }
        fields |= {
            "needs": dice.sample(["career", "technical", "belonging"], dice.randint(0, 3)),
            "goals": dice.sample(["network", "promotion"], dice.randint(0, 2)),
            "strand": strands[number % 3 == 0],
        }
        row: Enrollment = join(f"{join.__name__} {number}", person=person, **fields)
        claim(row, *dice.sample(SKILLS, dice.randint(1, 3)))
        return row

    takers = [somebody(here.mentor, number, capacity=dice.randint(1, 2)) for number in range(mentors)]
    askers = [
        somebody(here.mentee, number, capacity=1 + (number % 5 == 0), left_out_before=number % 7 == 0)
        for number in range(mentees)
    ]
    for row in askers[::3]:
        wish(row, *dice.sample(takers, 2))
    return here


def told(run: Run) -> dict[str, Any]:
    """All that a run says, but for how it was found."""
    certificate = dict(run.certificate)
    certificate.pop("field", None)
    return {
        "numbers": run.numbers,
        "certificate": certificate,
        "proposals": list(
            Proposal.objects.filter(run=run)
            .order_by("mentee", "mentor")
            .values_list("mentee", "mentor", "score", "parts", "locked", "need", "flags")
        ),
        "leftovers": list(
            Leftover.objects.filter(run=run).order_by("enrollment").values_list("enrollment", "reasons")
        ),
        "outlooks": list(
            Outlook.objects.filter(run=run)
            .order_by("enrollment")
            .values_list("enrollment", "wishes", "next_best")
        ),
    }


def asked(run: Run) -> list[dict[str, Any]]:
    """Why not, of every mentee with every mentor. Among changes that cost the same any chain will do."""
    findings = Findings(*load_engine(run))
    people = findings.snapshot.mentors.person
    answers = [
        findings.ask(row, person) for row in range(len(findings.snapshot.mentees.person)) for person in people
    ]
    of_chain = ("changes", "total")
    return [{name: answer[name] for name in answer if name not in of_chain} for answer in answers]


def forget(run: Run) -> None:
    for model in (Proposal, Leftover, Outlook, RunInput):
        model.objects.all().delete()
    run.delete()
    loaded._loaded.clear()


CRITERIA: list[dict[str, Any]] = [
    {},
    {"floor": 0.6, "min_fit": 35, "rules": {"shared_language": True}},
    {"rules": {"same_strand": False, "shared_language": True, "min_level_gap": 1}},
]


@pytest.mark.parametrize("seed", range(6))
def test_all_that_a_run_says_is_what_it_says_with_every_pair_held(seed: int) -> None:
    here, objective = crowd(seed, **CRITERIA[seed % 3]), ("people", "score")[seed // 3]
    small = here.run(objective=objective)
    assert small.state == "certified"
    expected, why = told(small), asked(small)
    forget(small)
    with large(1, 2, 14):
        run = here.run(objective=objective)
        assert run.state == "certified", run.problem
        proof = run.certificate["field"]
        assert (proof["complete"], proof["ties"]) == (True, True)
        assert proof["considered"] < proof["eligible"]
        found = told(run)
        assert found.keys() == expected.keys()
        for part, value in expected.items():
            if part != "certificate" or objective == "people":
                assert found[part] == value
        assert asked(run) == why


def test_a_run_says_on_how_many_pairs_it_is_proven() -> None:
    here = crowd(1)
    with large():
        run = here.run()
    covered, mentees = run.numbers["covered"], run.numbers["mentees"]
    assert lede(run, here.program) == (
        f"Run 1 is proven optimal: as many as can be are matched, {covered} of {mentees} mentees. "
        f"None of all {run.certificate['field']['eligible']} possible pairs would improve that. "
        "Nobody has been told."
    )


def test_the_price_of_a_pair_that_was_not_considered_is_that_of_a_run_with_it() -> None:
    here = crowd(3)
    every = read_snapshot(here.cohort, scheme_of(here.cohort).criteria).field()
    with large(1, 2, 14):
        run = here.run()
        found = Findings(*load_engine(run))
        persons = found.snapshot.mentees.person, found.snapshot.mentors.person
        aside = [
            (row, column)
            for row in range(len(persons[0]))
            for column in range(len(persons[1]))
            if found.problem.edges_of([row], [column])[0] < 0
            and found.field.score_of(row, column) is not None
        ]
        assert len(aside) > 20
        for row, column in aside[::6]:
            answer = found.ask(row, persons[1][column])
            locks = [*found.snapshot.locks, (persons[0][row], persons[1][column])]
            forced = solve(every.problem(locks=locks))
            assert answer["outcome"] == "cost"
            assert answer["covered"] == found.solution.covered - forced.covered
            assert answer["pairs"] == found.solution.pairs - forced.pairs
            points = 100 * (found.solution.total - forced.total) / int(found.field.attainable[row])
            assert answer["points"] == round(points, 1)


def test_decisions_by_hand_and_recruiting_are_worked_out_alike() -> None:
    here = crowd(2)
    small = here.run()
    pair = small.proposals.select_related("mentee", "mentor").order_by("pk")[0]
    wanted = Wanted(exclude=[((pair.mentee, pair.mentor), "-")])
    expected = consequences(run=small, wanted=wanted), recruiting(small)
    forget(small)
    with large(1, 2, 14):
        run = here.run()
        assert (consequences(run=run, wanted=wanted), recruiting(run)) == expected


def test_without_time_for_each_those_left_out_share_a_closed_set(monkeypatch: Any) -> None:
    here = crowd(1, 40, 8)
    small = here.run()
    expected = told(small)["leftovers"]
    forget(small)
    monkeypatch.setattr(findings_module, "QUESTION_BUDGET", 0)
    with large(1, 2, 14):
        found = told(here.run())["leftovers"]
    assert len(found) == len(expected) > 10
    for (person, mine), (other, least) in zip(found, expected, strict=True):
        assert person == other
        assert [mine[name] for name in ("reason", "eligible", "rules")] == [
            least[name] for name in ("reason", "eligible", "rules")
        ]
        if not mine.get("all_places", True) and not least["all_places"]:
            assert (mine["competing"], mine["mentors"]) >= (least["competing"], least["mentors"])


def test_shortlists_are_spread_alike() -> None:
    here = crowd(4)
    snapshot = read_snapshot(here.cohort, scheme_of(here.cohort).criteria)
    expected = spread(snapshot, 3)
    with large(1, 2, 14):
        assert spread(snapshot, 3) == expected


def test_a_broken_lock_fails_a_large_run_by_its_rule() -> None:
    here = world()
    mentee, mentor = here.mentee(person={"languages": ["en"]}), here.mentor(person={"languages": ["en"]})
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
    with large():
        run = here.run()
    assert (run.state, run.problem) == ("failed", "lock_rule")


def test_what_was_considered_comes_back_and_is_checked(settings: Any) -> None:
    here = crowd(0)
    with large(1, 2, 14):
        run = here.run()
        first = load_engine(run)
        loaded._loaded.clear()
        again = load_engine(run)
        assert again.problem.mentor.tolist() == first.problem.mentor.tolist()
        inputs = RunInput.objects.get(run=run)
        pairs = unpack_pairs(bytes(inputs.considered or b""))
        pairs.score[0] += 1
        RunInput.objects.update(considered=pack(pairs))
        loaded._loaded.clear()
        with refusal("engine_changed"):
            load_engine(run)


def test_a_large_field_is_solved_apart_within_the_limits(settings: Any, monkeypatch: Any) -> None:
    """The child knows nothing of limits turned down, so it solves whole; the answer is the same."""
    here = crowd(5)
    small = here.run()
    expected = told(small)
    forget(small)
    settings.MATCHING_APART_PAIRS, settings.MATCHING_MEMORY_MB, settings.MATCHING_SECONDS = 0, 3000, 77
    given, real = [], solving.solve_field_apart

    def watched(field: Any, **options: Any) -> Any:
        given.append((options["limits"].megabytes, options["limits"].seconds))
        return real(field, **options)

    monkeypatch.setattr(solving, "solve_field_apart", watched)
    with large():
        assert told(here.run())["proposals"] == expected["proposals"]
    assert given == [(3000, 77)]


@pytest.mark.parametrize("reason", ["memory", "time", "crash", "engine"])
def test_a_solver_that_ends_early_fails_the_run(settings: Any, monkeypatch: Any, reason: str) -> None:
    settings.MATCHING_APART_PAIRS = 0
    here = crowd(5)

    def halted(*_args: Any, **_options: Any) -> Any:
        raise Halted(reason)

    monkeypatch.setattr(solving, "solve_field_apart", halted)
    with large():
        run = here.run()
    assert (run.state, run.problem, run.certificate) == ("failed", reason, {"ok": False})
    assert failure(run).details == []


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (0, "As many people were matched by then as can be; the fit was not yet proven to be the best."),
        (1, "What it had found by then may match one person fewer than can be."),
        (7, "What it had found by then may match up to 7 people fewer than can be."),
    ],
)
def test_a_run_whose_time_is_over_tells_the_gap_and_shows_nothing(
    monkeypatch: Any, gap: int, words: str
) -> None:
    here, real = crowd(5), solving.solve_field

    def stopped(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        return replace(found, proof=replace(found.proof, complete=False, covered_gap=gap))

    monkeypatch.setattr(solving, "solve_field", stopped)
    with large():
        run = here.run()
    assert (run.state, run.problem, Proposal.objects.count()) == ("failed", "time", 0)
    assert failure(run).details == [words]


def test_a_large_result_that_a_pair_outside_improves_is_not_shown(monkeypatch: Any) -> None:
    """The proof is made anew on every pair, whatever the solver says of itself."""
    here, real = crowd(5), solving.solve_field

    def hasty(*args: Any, **options: Any) -> Any:
        found = real(*args, **options, time_limit=0)
        return replace(found, proof=replace(found.proof, complete=True))

    monkeypatch.setattr(solving, "solve_field", hasty)
    with large(1, 1, 2):
        run = here.run()
    assert (run.state, run.problem, Proposal.objects.count()) == ("failed", "not_proven", 0)
    assert run.certificate["reason"].endswith("is worth more than its prices")
