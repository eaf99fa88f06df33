"""Runs: one at a time, versions, fail closed, called off, interrupted."""

from __future__ import annotations

import dataclasses
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from matching.domain import execution, solving
from matching.domain.execution import engine_version, execute_run
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.pairs import remember_pair
from matching.domain.runs import cancel_run, mark_published, request_run, sweep
from matching.domain.stages import MOST_ATTEMPTS, holding
from matching.engine import Certificate
from matching.models import Leftover, Lock, Outlook, Proposal, Run
from matching.queries import impossible
from participants.models import Enrollment
from people.models import Person
from tests.factories import ProposalFactory, RunFactory, StrandFactory
from tests.matching.people import claim, pairs, wish, world

pytestmark = pytest.mark.django_db


def crowd(mentees: int = 3, mentors: int = 2) -> Any:
    here = world()
    for number in range(mentees):
        claim(here.mentee(f"Mentee {number}"), "Statistics", "Negotiation")
    for number in range(mentors):
        claim(here.mentor(f"Mentor {number}"), "Statistics")
    return here


def refusal(code: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.code == code)


def test_a_run_pairs_as_many_as_can_be_and_stores_what_it_found():
    here = crowd()
    run = here.run()
    assert (run.state, run.stage, run.progress, run.problem) == ("certified", "", 100, "")
    assert Proposal.objects.filter(run=run).count() == 2
    assert sorted(Leftover.objects.filter(run=run).values_list("enrollment__role", flat=True)) == ["mentee"]
    assert Outlook.objects.filter(run=run).count() == 5
    assert run.certificate == {"ok": True, "reason": "", "covered": 2, "pairs": 2, "by_tier": [2]}
    assert len(run.snapshot_digest) == 64
    assert "ortools" in run.engine_version
    assert run.started_at <= run.finished_at


def test_the_numbers_are_those_of_the_pairs():
    here = world()
    first, second = here.mentee("First", left_out_before=True), here.mentee("Second")
    here.mentee("Third", person={"level": 5})
    dana, lena = here.mentor("Dana"), here.mentor("Lena")
    claim(first, "Statistics")
    claim(dana, "Statistics")
    wish(first, dana)
    wish(second, dana, lena)
    run = here.run()
    assert pairs(run) == {("First", "Dana"), ("Second", "Lena")}
    scores = sorted(run.proposals.values_list("score", flat=True))
    assert run.numbers == {
        "mentees": 3, "mentors": 2, "places": 2, "covered": 2, "pairs": 2,
        "total": sum(scores), "mean": round(sum(scores) / 2, 1), "median": sum(scores) / 2, "lowest": scores[0],
        "wishers": 2, "wishes": {"1": 1, "2": 1, "3": 0}, "locked": 0,
        "left_out_before": 1, "left_out_served": 1, "further": 0, "further_served": 0, "new": None,
        "blocking": 0, "gains": True, "floors": [],
        "groups": [
            [None, None, True, 1, 1, 1, scores[1]],
            [None, None, False, 1, 1, 1, scores[0]],
            [None, 5, False, 1, 0, 0, 0],
        ],
    }  # fmt: skip


def test_the_parts_of_a_pair_sum_to_its_score():
    here = crowd(5, 5)
    for proposal in here.run().proposals.all():
        assert sum(part["share"] for part in proposal.parts) == proposal.score


def test_those_left_out_before_come_first():
    here = crowd(4, 1)
    last = here.mentee("Left out", left_out_before=True)
    claim(last, "Negotiation")  # the only one whom the mentor fits not at all
    assert pairs(here.run()) == {("Left out", "Mentor 0")}


def test_places_hold_several_and_what_is_taken_stays_taken():
    here = crowd(4, 0)
    here.mentor("Two of three", capacity=3, used=1)
    run = here.run()
    assert run.numbers["covered"] == 2
    assert run.numbers["places"] == 2


@pytest.mark.parametrize("state", ["draft", "call_open", "closing", "closed"])
def test_a_run_is_refused_outside_matching(state):
    here = crowd()
    here.cohort.state = state
    here.cohort.save()
    with refusal("not_matching"):
        request_run(cohort=here.cohort, by=here.manager)


def test_a_run_needs_both_sides_with_free_places():
    here = world()
    with refusal("no_mentees"):
        request_run(cohort=here.cohort, by=here.manager)
    mentee = here.mentee()
    here.mentor("Full", used=1)
    here.mentor("In a circle", strand=StrandFactory(program=here.program, format="circle"))
    with refusal("no_mentors"):
        request_run(cohort=here.cohort, by=here.manager)
    here.mentor("Free")
    Enrollment.objects.filter(pk=mentee.pk).update(used=1)
    with refusal("no_mentees"):
        request_run(cohort=here.cohort, by=here.manager)


def test_a_second_run_waits_for_the_first():
    here = crowd()
    first = request_run(cohort=here.cohort, by=here.manager)
    with refusal("run_under_way"):
        request_run(cohort=here.cohort, by=here.manager)
    assert list(Run.objects.filter(cohort=here.cohort)) == [first]
    other = crowd()
    request_run(cohort=other.cohort, by=other.manager)


def test_runs_are_versions():
    here = crowd(3, 3)
    first = here.run()
    before = list(first.proposals.order_by("pk").values())
    Enrollment.objects.filter(person__full_name="Mentee 0").update(state="left")
    second = here.run()
    assert (first.number, second.number) == (1, 2)
    assert list(first.proposals.order_by("pk").values()) == before
    assert second.numbers["covered"] == 2


def test_a_run_again_moves_nobody_without_need():
    here = crowd(6, 4)
    assert here.run().numbers["new"] is None
    assert here.run().numbers["new"] == 0


def test_the_audit_trail_says_who_asked_and_what_came_of_it():
    here = crowd()
    run = here.run()
    events = AuditEvent.objects.filter(target_kind="matching.run", target_id=run.pk).order_by("pk")
    assert [(event.verb, event.actor_id, event.data) for event in events] == [
        ("run.requested", here.manager.pk, {"number": 1, "objective": "people"}),
        ("run.certified", None, {"mentees": 3, "covered": 2, "pairs": 2}),
    ]


def test_a_task_that_comes_twice_works_once():
    here = crowd()
    run = here.run()
    before = list(Proposal.objects.values_list("pk", flat=True).order_by("pk"))
    execute_run(run.pk)
    assert list(Proposal.objects.values_list("pk", flat=True).order_by("pk")) == before
    assert AuditEvent.objects.filter(verb="run.certified").count() == 1


def test_what_is_not_proven_is_never_shown(monkeypatch):
    real = solving.solve

    def loses_a_pair(*args: Any, **kwargs: Any) -> Any:
        good = real(*args, **kwargs)
        cut = {name: getattr(good, name)[:-1] for name in ("mentee", "mentor", "score")}
        return dataclasses.replace(good, **cut, pairs=good.pairs - 1, covered=good.covered - 1)

    monkeypatch.setattr(solving, "solve", loses_a_pair)
    run = crowd().run()
    assert (run.state, run.problem, run.certificate["ok"]) == ("failed", "not_proven", False)
    assert run.certificate["reason"]
    assert not Proposal.objects.exists()


def test_a_pair_against_a_rule_fails_the_run_even_with_a_certificate(monkeypatch):
    here = crowd(1, 1)
    monkeypatch.setattr(execution, "certify", lambda *_: Certificate(True))
    monkeypatch.setattr(execution.Field, "blocked_by", lambda *_: ("supervisor",))
    run = here.run()
    assert (run.state, run.problem) == ("failed", "not_proven")
    assert not Proposal.objects.exists()


def test_an_error_nobody_thought_of_fails_the_run_and_frees_the_cohort(monkeypatch):
    here = crowd()
    with monkeypatch.context() as broken:
        broken.setattr(solving, "solve", lambda *_a, **_k: 1 / 0)
        run = here.run()
    assert (run.state, run.problem) == ("failed", "unexpected")
    assert here.run().state == "certified"


def test_a_queued_run_that_was_cancelled_is_not_done():
    here = crowd()
    run = request_run(cohort=here.cohort, by=here.manager)
    cancel_run(run=run, by=here.manager)
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, Proposal.objects.count()) == ("cancelled", 0)
    with refusal("illegal_move"):
        cancel_run(run=run, by=here.manager)


@pytest.mark.parametrize("step", ["solved", "certify"])
def test_a_run_cancelled_at_work_keeps_nothing(monkeypatch, step):
    here = crowd()
    run = request_run(cohort=here.cohort, by=here.manager)
    real = getattr(execution, step)

    def cancelled_meanwhile(*args: Any, **kwargs: Any) -> Any:
        cancel_run(run=run, by=here.manager)
        return real(*args, **kwargs)

    monkeypatch.setattr(execution, step, cancelled_meanwhile)
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem, Proposal.objects.count()) == ("cancelled", "", 0)
    assert not AuditEvent.objects.filter(verb__in=["run.certified", "run.failed"]).exists()


def test_a_lock_that_a_later_rule_forbids_fails_the_run_with_the_rule():
    here = world()
    mentee, mentor = here.mentee(person={"languages": ["en"]}), here.mentor(person={"languages": ["en"]})
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
    run = here.run()
    assert (run.state, run.problem) == ("failed", "lock_rule")
    assert run.certificate["pairs"] == [{"mentee": mentee.pk, "mentor": mentor.pk, "rules": ["language"]}]


def test_more_locks_than_places_fail_the_run_with_the_person():
    here = world()
    mentor = here.mentor(capacity=2)
    for name in ("One", "Two"):
        lock_pair(mentee=here.mentee(name), mentor=mentor, by=here.manager)
    Enrollment.objects.filter(pk=mentor.pk).update(capacity=1)
    run = here.run()
    assert (run.problem, run.certificate["enrollments"]) == ("lock_places", [mentor.pk])


def test_a_lock_of_somebody_who_has_left_stands_in_nobodys_way():
    here = crowd(2, 1)
    gone = here.mentee("Gone")
    lock_pair(mentee=gone, mentor=Enrollment.objects.get(role="mentor"), by=here.manager)
    Enrollment.objects.filter(pk=gone.pk).update(state="left")
    assert here.run().numbers["covered"] == 1


def test_a_run_whose_worker_died_is_done_by_the_next_one():
    here = crowd()
    dead = RunFactory(cohort=here.cohort, number=7, state="running", attempts=1, stage="explaining")
    left = ProposalFactory(run=dead, mentee=here.mentee("Left"), mentor=here.mentor("Over"))
    with refusal("run_under_way"):
        request_run(cohort=here.cohort, by=here.manager)
    execute_run(dead.pk)
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("certified", 2)
    assert not Proposal.objects.filter(pk=left.pk).exists()


def test_a_run_that_kills_its_workers_ends():
    here = crowd()
    dead = RunFactory(cohort=here.cohort, state="running", attempts=MOST_ATTEMPTS)
    execute_run(dead.pk)
    dead.refresh_from_db()
    assert (dead.state, dead.problem) == ("failed", "interrupted")
    assert here.run().state == "certified"


def test_nothing_changed_gives_no_new_version_and_says_which_one_it_is(login):
    here = crowd()
    here.run()
    second = here.run()
    third = here.run()
    assert (third.state, third.problem, third.certificate["same_as"]) == ("cancelled", "same", second.number)
    assert not third.proposals.exists()
    page = login(here.manager).get(reverse("matching_review", args=[here.program.slug, here.cohort.slug]))
    assert [line.state for line in page.context["runs"]][:2] == ["Nothing new", "Proven"]
    assert f"Everything is as it was for run {second.number}" in page.content.decode()
    assert AuditEvent.objects.filter(verb="run.same", data={"number": second.number}).count() == 1
    assert here.run(objective="score").state == "certified"
    claim(here.mentee("New"), "Statistics")
    assert here.run().state == "certified"


def test_another_engine_gives_a_new_version(monkeypatch):
    here = crowd()
    first = here.run()
    assert first.engine_version.startswith("engine ")
    monkeypatch.setattr("matching.domain.execution.engine_version", lambda: "engine of tomorrow")
    assert (here.run().state, here.run().problem) == ("certified", "same")


def test_the_engine_is_known_by_what_it_is_made_of(monkeypatch, tmp_path):
    (tmp_path / "scoring.py").write_text("HALF = 5040")
    monkeypatch.setattr("matching.engine.__file__", str(tmp_path / "__init__.py"))
    versions = []
    for code in ("HALF = 5040", "HALF = 2520", "HALF = 5040"):
        (tmp_path / "scoring.py").write_text(code)
        versions.append(engine_version.__wrapped__())
    assert versions[0] == versions[2] != versions[1]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_a_worker_holds_is_left_alone():
    here = crowd()
    alive = RunFactory(cohort=here.cohort, state="running")
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        with holding(alive.pk) as alone:
            assert alone
            held.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    held.wait(20)
    sweep()
    alive.refresh_from_db()
    assert alive.state == "running"
    done.set()
    thread.join()
    execute_run(alive.pk)
    alive.refresh_from_db()
    assert alive.state == "certified"


@pytest.mark.django_db(transaction=True)
def test_others_see_how_far_a_run_is(monkeypatch):
    here = crowd()
    run = request_run(cohort=here.cohort, by=here.manager)
    seen = []

    def look() -> None:
        seen.append(Run.objects.values_list("state", "stage", "progress").get(pk=run.pk))
        connection.close()

    for step in ("read_snapshot", "solved", "certify"):
        real = getattr(execution, step)

        def watched(*args: Any, real: Any = real, **kwargs: Any) -> Any:
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            return real(*args, **kwargs)

        monkeypatch.setattr(execution, step, watched)
    execute_run(run.pk)
    assert seen == [("running", "reading", 3), ("running", "solving", 30), ("running", "certifying", 55)]


def wait_for(run: Run, state: str) -> None:
    for _ in range(600):
        run.refresh_from_db()
        if run.state == state:
            return
        time.sleep(0.1)
    raise AssertionError(f"the run is {run.state}")


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_what_was_asked(worker):
    here = crowd()
    wait_for(request_run(cohort=here.cohort, by=here.manager), "certified")


@pytest.mark.django_db(transaction=True)
def test_a_run_that_no_worker_has_heard_of_is_handed_over_by_the_sweep(worker):
    here = crowd()
    run = RunFactory(cohort=here.cohort, state="queued")
    sweep()
    time.sleep(0.5)
    run.refresh_from_db()
    assert run.state == "queued"  # it may still be on its way
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    sweep()
    wait_for(run, "certified")


def test_publishing_marks_the_run_once_and_drops_the_locks_it_served():
    here = world()
    mentee, mentor, other = here.mentee(), here.mentor(capacity=2), here.mentee("Other")
    for row in (mentee, other):
        lock_pair(mentee=row, mentor=mentor, by=here.manager)
    run = here.run()
    remember_pair(mentee.person_id, mentor.person_id)
    first, second = run.proposals.order_by("mentee_id")
    mark_published(run=run, proposals=[first], by=here.manager)
    run.refresh_from_db()
    at = run.published_at
    assert (run.state, at is None) == ("published", False)
    assert list(Lock.objects.values_list("mentee", flat=True)) == [other.pk]
    mark_published(run=run, proposals=[second], by=here.manager)
    run.refresh_from_db()
    assert (run.state, run.published_at) == ("published", at)
    assert list(run.proposals.filter(published_at=None)) == []


def test_a_run_without_a_certificate_cannot_be_published():
    run = RunFactory(certificate={"ok": False})
    with refusal("not_proven"):
        mark_published(run=run, proposals=[], by=run.requested_by)


@pytest.fixture
def proposed():
    here = world()
    row = ProposalFactory(run=RunFactory(cohort=here.cohort), mentee=here.mentee(), mentor=here.mentor())
    ProposalFactory(run=row.run, mentee=here.mentee("Near"), mentor=here.mentor("Miss"))
    return here, row


CHANGES = {
    "left": lambda here, row: Enrollment.objects.filter(pk=row.mentee_id).update(state="left"),
    "full": lambda here, row: Enrollment.objects.filter(pk=row.mentor_id).update(used=1),
    "supervisor": lambda here, row: Person.objects.filter(pk=row.mentee.person_id).update(
        supervisor=row.mentor.person_id
    ),
    "excluded": lambda here, row: exclude_pair(
        mentee=row.mentee, mentor=row.mentor, reason="-", by=here.manager
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_happened_since_the_run_makes_a_pair_impossible_and_no_other(proposed, change):
    here, row = proposed
    assert list(impossible(row.run.proposals.all())) == []
    CHANGES[change](here, row)
    assert list(impossible(row.run.proposals.all())) == [row]
