"""While the broker is away nothing that was asked for is lost, and nobody sees an error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from matching.domain import runs
from matching.domain.execution import execute_run
from matching.domain.parts import hand_out
from matching.domain.runs import request_run, sweep
from matching.models import Run, RunPart, ShortlistRound
from tests.factories import RunFactory
from tests.matching.people import world
from tests.matching.test_introductions import cohort, enroll, manager
from tests.matching.test_parts import strands

pytestmark = pytest.mark.django_db


def away(*_args: Any, **_options: Any) -> None:
    raise OperationalError("gone")


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("matching.tasks.run_matching.delay", away)
    monkeypatch.setattr("celery.canvas.group.delay", away)
    monkeypatch.setattr("celery.current_app.send_task", away)
    return monkeypatch


def test_a_run_waits_and_the_sweep_hands_it_over(
    no_broker: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    here = world()
    here.mentee()
    here.mentor()
    with django_capture_on_commit_callbacks(execute=True) as called:
        run = request_run(cohort=here.cohort, by=here.manager)
    assert (len(called), run.state) == (1, "queued")
    heard: list[int] = []
    no_broker.setattr("matching.tasks.run_matching.delay", heard.append)
    sweep()
    assert heard == []  # a worker may still be about to take it
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - runs.WAIT - timedelta(seconds=1))
    sweep()
    assert heard == [run.pk]


def test_parts_wait_and_the_sweep_hands_them_over(
    no_broker: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.MATCHING_PART_PAIRS = 1
    here = strands(2)
    run = request_run(cohort=here.cohort, by=here.manager)
    with django_capture_on_commit_callbacks(execute=True) as called:
        execute_run(run.pk)
    parts = list(RunPart.objects.filter(run=run).order_by("number").values_list("pk", flat=True))
    assert (len(called), len(parts)) == (1, 2)
    heard: list[list[int]] = []
    no_broker.setattr(
        "celery.canvas.group.delay", lambda tasks: heard.append([task.args[0] for task in tasks.tasks])
    )
    no_broker.setattr("matching.tasks.run_matching.delay", lambda _run: None)
    RunPart.objects.update(handed_at=timezone.now() - runs.WAIT - timedelta(seconds=1))
    sweep()
    assert heard == [[part] for part in parts]
    sweep()
    assert len(heard) == 2  # they have just been handed over


def test_each_try_to_hand_a_part_over_is_noted(no_broker: pytest.MonkeyPatch) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    part = RunPart.objects.create(
        run=RunFactory(state="running"), number=1, digest="x", problem=b"", handed_at=long_ago
    )
    hand_out([part.pk])
    part.refresh_from_db()
    assert part.handed_at > long_ago


def test_shortlists_can_be_asked_for_again(
    no_broker: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, login: Any
) -> None:
    where = cohort(shortlists=True, introductions=False)
    enroll(where)
    enroll(where, "mentor", listed=True)
    by = manager(where)
    url = reverse("matching_shortlists", args=[where.program.slug, where.slug])
    for _again in range(2):
        with django_capture_on_commit_callbacks(execute=True) as called:
            page = login(by).post(url, follow=True)
        assert "The shortlists are being made." in page.content.decode()
        assert "Make the shortlists" in page.content.decode()
        assert len(called) == 1
    assert ShortlistRound.objects.get().made_at is None
