"""The sample program loads on this very day, and holds something to see at every stage."""

import pytest

from config.demo import load
from config.demo.accounts import ACCOUNTS
from matching.models import Run
from participants.models import Enrollment, Introduction
from people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_sample_program_tells_its_whole_story() -> None:
    load()
    assert Person.objects.filter(email__in=[each["email"] for each in ACCOUNTS]).count() == len(ACCOUNTS)
    runs = {
        (run.cohort.slug[:6], run.number): (
            run.state,
            run.leftovers.filter(enrollment__role=Enrollment.Role.MENTEE).exists(),
        )
        for run in Run.objects.select_related("cohort").exclude(cohort__slug__startswith="20")
    }
    assert runs == {("spring", 1): ("certified", True), ("circle", 1): ("certified", False)}
    years = Run.objects.filter(cohort__slug__startswith="20").order_by("cohort__starts_on", "number")
    assert [(run.number, run.state) for run in years] == [
        (1, "published"), (1, "published"), (2, "published"), (3, "certified"),
    ]  # fmt: skip
    assert set(Introduction.objects.values_list("state", flat=True)) == set(Introduction.State.values)
