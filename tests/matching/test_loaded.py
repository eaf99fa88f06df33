"""What a run rested on is kept, and any question can be asked of it again."""

from __future__ import annotations

import dataclasses
from uuid import uuid4

import numpy as np
import pytest

from core.errors import Refused
from matching import loaded
from matching.domain.execution import execute_run
from matching.domain.inputs import drop_old_inputs
from matching.domain.runs import request_run, sweep
from matching.engine import Problem, certify, why_not
from matching.engine.packing import pack
from matching.loaded import load_engine
from matching.models import Run, RunInput
from matching.queries import runs_of
from matching.snapshot import Snapshot
from people.models import Person
from programs.models import Cohort
from tests.factories import RunFactory
from tests.matching.people import claim, wish, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_at_hand():
    loaded._loaded.clear()


@pytest.fixture
def done():
    here = world(criteria={"floor": 0.5})
    for number in range(6):
        claim(here.mentee(f"Mentee {number}", left_out_before=number == 3), "Statistics", "Negotiation")
    for number in range(4):
        claim(here.mentor(f"Mentor {number}"), "Statistics")
    wish(
        here.cohort.enrollments.filter(role="mentee").first(),
        here.cohort.enrollments.get(role="mentor", person__full_name="Mentor 2"),
    )
    return here, here.run()


def test_the_run_comes_back_as_it_was_whatever_has_changed_since(done):
    _here, run = done
    Person.objects.update(languages=["xx"], level=3)
    snapshot, field, problem, solution = load_engine(run)
    assert snapshot.digest() == run.snapshot_digest
    rows = zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True)
    found = {(snapshot.mentees.enrollment[a], snapshot.mentors.enrollment[b]) for a, b in rows}
    assert found == set(run.proposals.values_list("mentee", "mentor"))
    percent = field.score_percent(solution.mentee, solution.score)
    assert sorted(percent.tolist()) == sorted(run.proposals.values_list("score", flat=True))
    assert certify(problem, solution) == solution.certificate
    assert dataclasses.asdict(solution.certificate)["ok"] is run.certificate["ok"] is True


def test_why_not_can_be_asked_of_every_pair(done):
    _here, run = done
    _snapshot, _field, problem, solution = load_engine(run)
    paired = set(zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True))
    for mentee, mentor in zip(problem.mentee.tolist(), problem.mentor.tolist(), strict=True):
        assert why_not(problem, solution, mentee, mentor).paired == ((mentee, mentor) in paired)


def test_the_second_question_reads_nothing_again(done, django_assert_num_queries):
    _here, run = done
    first = load_engine(run)
    with django_assert_num_queries(1):  # that the inputs may still be used
        assert load_engine(run) is first


def test_what_is_no_longer_kept_is_refused_even_if_it_is_at_hand(done):
    _here, run = done
    load_engine(run)
    RunInput.objects.all().delete()
    with pytest.raises(Refused) as refused:
        load_engine(run)
    assert refused.value.code == "no_inputs"


def test_memory_holds_no_more_than_fits(done, monkeypatch):
    here, first = done
    claim(here.mentee("Late"), "Statistics")
    second = here.run()
    monkeypatch.setattr(loaded, "_KEPT_PAIRS", 30)
    load_engine(first)
    load_engine(second)
    assert list(loaded._loaded) == [second.uid]
    monkeypatch.setattr(loaded, "_KEPT_PAIRS", 1000)
    load_engine(first)
    assert list(loaded._loaded) == [second.uid, first.uid]


def test_another_run_with_the_number_of_an_earlier_one_is_not_taken_for_it():
    """As in a database that was restored, or emptied, while the process lived on."""
    here = world()
    here.mentee()
    here.mentor()
    run = here.run()
    found = load_engine(run)
    assert load_engine(run) is found
    Run.objects.filter(pk=run.pk).update(uid=uuid4())
    assert load_engine(Run.objects.get(pk=run.pk)) is not found


def test_a_run_that_today_would_be_scored_otherwise_is_refused(done):
    _here, run = done
    solution = load_engine(run).solution
    loaded._loaded.clear()
    other = dataclasses.replace(solution, score=(solution.score + 1).astype(np.int32))
    RunInput.objects.filter(pk=run.pk).update(solution=pack(other))
    with pytest.raises(Refused) as refused:
        load_engine(run)
    assert refused.value.code == "engine_changed"


def test_the_problem_has_locks_and_kept_pairs(done):
    here, first = done
    claim(here.mentee("Late"), "Statistics")
    problem: Problem = load_engine(here.run()).problem
    assert int(problem.keep.sum()) == first.proposals.count()


def test_only_the_newest_runs_keep_their_inputs_and_the_one_that_was_published(settings):
    settings.MATCHING_INPUTS_KEPT = 2
    here = world()
    runs = [RunFactory(cohort=here.cohort, number=number) for number in range(1, 7)]
    other = RunFactory()
    for row in [*runs, other]:
        RunInput.objects.create(run=row, snapshot=b"-", solution=b"-")
    Run.objects.filter(pk__in=[runs[0].pk, runs[1].pk]).update(state="published")
    drop_old_inputs(here.cohort.pk)
    assert set(RunInput.objects.values_list("pk", flat=True)) == {
        runs[1].pk, runs[4].pk, runs[5].pk, other.pk
    }  # fmt: skip


def test_storing_a_run_drops_those_too_many(settings, done):
    settings.MATCHING_INPUTS_KEPT = 1
    here, _first = done
    claim(here.mentee("Late"), "Statistics")
    assert list(RunInput.objects.values_list("pk", flat=True)) == [_first.pk]
    assert list(RunInput.objects.values_list("pk", flat=True)) != [here.run().pk]
    assert RunInput.objects.get().pk == Run.objects.latest("pk").pk


def test_a_closed_cohort_keeps_nothing(done):
    here, run = done
    sweep()
    assert RunInput.objects.filter(run=run).exists()
    Cohort.objects.filter(pk=here.cohort.pk).update(state="closed")
    sweep()
    assert not RunInput.objects.filter(run=run).exists()


def test_lists_of_runs_do_not_load_the_inputs(done, count_queries):
    here, _run = done
    with count_queries() as counted:
        list(runs_of(here.cohort))
    assert not any("matching_runinput" in query["sql"] for query in counted)


def test_a_failed_run_keeps_no_inputs(monkeypatch):
    here = world()
    here.mentee()
    here.mentor()
    run = request_run(cohort=here.cohort, by=here.manager)
    monkeypatch.setattr("matching.domain.solving.solve", lambda *_a, **_k: 1 / 0)
    execute_run(run.pk)
    assert not RunInput.objects.exists()


def test_a_package_is_read_back_as_it_was(done):
    _here, run = done
    snapshot = load_engine(run).snapshot
    assert Snapshot.unpack(snapshot.pack()) == snapshot
