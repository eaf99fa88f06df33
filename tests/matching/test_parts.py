"""A run in parts: the same result, and nothing that dies on the way costs more than its own part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from matching.domain import parts, solving
from matching.domain.execution import execute_run
from matching.domain.parts import solve_part
from matching.domain.runs import cancel_run, request_run, sweep
from matching.domain.stages import MOST_ATTEMPTS
from matching.engine.process import Halted
from matching.models import Leftover, Outlook, Proposal, Run, RunInput, RunPart
from matching.summary import stage_words
from tests.factories import StrandFactory
from tests.matching.people import claim, pairs, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_parts(settings):
    settings.MATCHING_PART_PAIRS = 1


def strands(count: int = 3) -> Any:
    here = world()
    for place in range(count):
        strand = StrandFactory(program=here.program)
        for number in range(4):
            claim(
                here.mentee(f"Mentee {place}.{number}", strand=strand, left_out_before=number == place),
                "Statistics",
            )
        for number in range(3):
            claim(here.mentor(f"Mentor {place}.{number}", strand=strand), "Statistics")
    return here


def shared_out(here: Any) -> tuple[Run, list[int]]:
    run = request_run(cohort=here.cohort, by=here.manager)
    execute_run(run.pk)
    run.refresh_from_db()
    return run, list(RunPart.objects.filter(run=run).order_by("number").values_list("pk", flat=True))


def test_in_parts_as_in_one_piece(settings):
    here = strands()
    settings.MATCHING_PART_PAIRS = 300_000
    whole = here.run()
    assert whole.state == "certified"
    settings.MATCHING_PART_PAIRS = 1
    whole_pairs = pairs(whole)
    Proposal.objects.all().delete()
    Leftover.objects.all().delete()
    Outlook.objects.all().delete()
    Run.objects.all().delete()
    run, ids = shared_out(here)
    assert (run.state, len(ids)) == ("running", 3)
    assert [solve_part(part) for part in ids] == [None, None, run.pk]
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == "certified"
    assert pairs(run) == whole_pairs
    assert run.numbers == whole.numbers
    assert run.certificate == whole.certificate
    assert not RunPart.objects.exists()
    assert RunInput.objects.filter(run=run, solution__isnull=False).exists()


def test_a_run_waits_for_its_parts_and_says_which_one_it_is_at():
    here = strands()
    run, ids = shared_out(here)
    assert stage_words(run).endswith("part 1 of 3")
    solve_part(ids[0])
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.progress) == ("running", 1, 38)
    assert stage_words(run).endswith("part 2 of 3")


def test_a_part_that_comes_twice_is_solved_once(monkeypatch):
    _run, ids = shared_out(strands())
    solve_part(ids[0])
    before = bytes(RunPart.objects.get(pk=ids[0]).solution)
    monkeypatch.setattr(parts, "solved", lambda *_a: 1 / 0)
    assert solve_part(ids[0]) is None
    assert bytes(RunPart.objects.get(pk=ids[0]).solution) == before


def test_only_unfinished_parts_are_handed_out_again(monkeypatch):
    run, ids = shared_out(strands())
    solve_part(ids[1])
    handed: list[list[int]] = []
    monkeypatch.setattr(parts, "hand_out", lambda again: handed.append(list(again)))
    sweep()
    assert handed == []  # they may still be on their way
    RunPart.objects.update(handed_at=timezone.now() - timedelta(minutes=2))
    sweep()
    assert handed == [[ids[0]], [ids[2]]]
    run.refresh_from_db()
    assert run.state == "running"


def test_what_goes_on_rests_on_what_was_read_at_the_beginning():
    here = strands()
    run, ids = shared_out(here)
    for part in ids:
        solve_part(part)
    claim(here.mentee("Late"), "Statistics")
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.numbers["mentees"] == 12


def test_a_part_that_kills_its_workers_fails_the_run():
    run, ids = shared_out(strands())
    RunPart.objects.filter(pk=ids[0]).update(attempts=MOST_ATTEMPTS)
    assert solve_part(ids[0]) is None
    run.refresh_from_db()
    assert (run.state, run.problem, RunPart.objects.count(), RunInput.objects.count()) == (
        "failed", "interrupted", 0, 0,
    )  # fmt: skip


def test_parts_of_another_problem_are_not_put_together():
    run, ids = shared_out(strands())
    for part in ids:
        solve_part(part)
    RunPart.objects.filter(pk=ids[0]).update(digest="-")
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("failed", "not_proven")


def test_a_cancelled_run_drops_its_parts_and_solves_no_more():
    here = strands()
    run, ids = shared_out(here)
    cancel_run(run=run, by=here.manager)
    assert (RunPart.objects.count(), RunInput.objects.count()) == (0, 0)
    assert solve_part(ids[0]) is None


@pytest.mark.parametrize("reason", ["memory", "time", "crash", "engine"])
def test_a_solver_that_ends_early_fails_the_run_in_words(settings, monkeypatch, reason):
    settings.MATCHING_PART_PAIRS, settings.MATCHING_APART_PAIRS = 10**9, 0
    here = strands(1)

    def halted(*_args: Any, **_kwargs: Any) -> Any:
        raise Halted(reason)

    monkeypatch.setattr(solving, "solve_apart", halted)
    run = here.run()
    assert (run.state, run.problem) == ("failed", reason)


def test_a_large_problem_is_solved_apart_with_the_limits_of_the_settings(settings, monkeypatch):
    settings.MATCHING_PART_PAIRS, settings.MATCHING_APART_PAIRS = 10**9, 0
    settings.MATCHING_MEMORY_MB, settings.MATCHING_SECONDS = 3000, 77
    asked = {}
    real = solving.solve_apart

    def watched(problem: Any, **options: Any) -> Any:
        asked.update(options)
        return real(problem, **options)

    monkeypatch.setattr(solving, "solve_apart", watched)
    assert strands(1).run().state == "certified"
    assert (asked["limits"].megabytes, asked["limits"].seconds, asked["objective"]) == (3000, 77, "people")


def test_a_cancelled_run_stops_its_solver(settings, monkeypatch):
    settings.MATCHING_PART_PAIRS, settings.MATCHING_APART_PAIRS = 10**9, 0
    here = strands(1)
    run = request_run(cohort=here.cohort, by=here.manager)
    monkeypatch.setattr(solving, "is_wanted", lambda _run: cancel_run(run=run, by=here.manager) is None)
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem, Proposal.objects.count()) == ("cancelled", "", 0)


WORKER = """
import os, signal
import django
django.setup()
from matching.domain import execution
execution._certify = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
execution.execute_run({run})
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_of_a_run_is_followed_by_another(settings):
    settings.MATCHING_PART_PAIRS = 10**9
    here = strands(1)
    run = request_run(cohort=here.cohort, by=here.manager)
    given = connection.settings_dict
    url = f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}?host={given['HOST']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    killed = subprocess.run(
        [sys.executable, "-c", WORKER.format(run=run.pk)], env=environment, cwd=django_settings.BASE_DIR
    )
    assert killed.returncode == -signal.SIGKILL
    run.refresh_from_db()
    assert (run.state, run.stage) == ("running", "certifying")
    execute_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("certified", 2)
