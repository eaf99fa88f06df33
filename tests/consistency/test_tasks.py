"""What runs by the clock does its work once, however often it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.forms.models import model_to_dict

from config.celery import app as celery
from notifications.models import Message
from tests.consistency.scene import LONG_AGO, Scene
from tests.consistency.test_registries import MODELS
from tests.harness.mail import Catcher

OURS = {config.name for config in apps.get_app_configs()}


def by_the_clock() -> dict[str, Callable[[], Any]]:
    """The tasks that take nothing."""
    celery.loader.import_default_modules()
    ours = {name: task for name, task in celery.tasks.items() if name.partition(".")[0] in OURS}
    return {name: task.run for name, task in ours.items() if not inspect.signature(task.run).parameters}


def state() -> dict[str, list[dict[str, Any]]]:
    """Everything that the database holds."""
    managed = [model for model in MODELS if model._meta.managed]
    return {
        model._meta.label: [
            model_to_dict(row) | {"pk": row.pk} for row in model._default_manager.order_by("pk")
        ]
        for model in managed
    }


def test_there_are_as_many_as_the_schedule_says(settings: Any) -> None:
    assert set(by_the_clock()) == {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


@pytest.mark.django_db
def test_running_again_changes_nothing(smtp: Catcher) -> None:
    scene = Scene("en")
    scene.play()
    type(scene.cohort).objects.filter(state="draft").update(**LONG_AGO)
    tasks = by_the_clock()
    before, told = state(), Message.objects.filter(state="sent").count()  # by the scene, not by mail
    for _ in range(2):  # what one task leaves, another may have to take up
        for run in tasks.values():
            run()
    settled, sent = state(), len(smtp.messages)
    assert settled != before
    assert sent == Message.objects.filter(state="sent").count() - told > 10
    for name, run in tasks.items():
        run()
        assert state() == settled, name
    assert len(smtp.messages) == sent
