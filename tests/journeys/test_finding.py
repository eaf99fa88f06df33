"""Two find each other in a real browser, with real mail: asked, answered, confirmed, and kept by the next run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from matching.models import Lock
from participants.models import Enrollment, Introduction
from tests import factories as make
from tests.harness.browser import Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


def cast() -> dict[str, Any]:
    program = make.ProgramFactory(slug="lake", name="Lake")
    strand = make.StrandFactory(program=program)
    today = timezone.localdate()
    cohort = make.CohortFactory(
        program=program, slug="one", state="matching", introductions=True,
        call_opens_on=today - timedelta(days=30), call_closes_on=today - timedelta(days=2),
    )  # fmt: skip
    made = {"cohort": cohort, "strand": strand}
    return {
        "cohort": cohort,
        "mentee": make.EnrollmentFactory(**made, person__full_name="Mira Kovac").person,
        "mentor": make.EnrollmentFactory(
            **made,
            role="mentor",
            listed=True,
            person__full_name="Vera Lind",
            person__job_title="Division head",
        ).person,
        "manager": make.MembershipFactory(program=program).person,
    }


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.django_db(transaction=True)
def test_from_the_directory_to_a_pair_that_stands(script: bool, window: Callable[..., Window]) -> None:
    people = cast()
    mentee, mentor, manager = (
        window(java_script_enabled=script).sign_in(people[who]) for who in ("mentee", "mentor", "manager")
    )
    mentee.open("/mentors/")
    assert mentee.path == "/mentors/lake/one/"
    mentee.press("Add to my wishes : Vera Lind")
    assert "Among your wishes" in mentee.page.inner_text("main")
    mentee.follow("Vera Lind")
    mentee.fill(note="We met in Oslo.")
    mentee.press("Send the request")
    mentor.open("/")
    mentor.follow("Answer Mira Kovac, who would like to be a pair with you")
    assert "We met in Oslo." in mentor.page.inner_text("main")
    mentor.press("Yes, gladly")
    manager.open("/")
    manager.follow("Decide on people who would like to be a pair")
    assert "We met in Oslo." not in manager.page.inner_text("main")
    manager.press("Confirm Mira Kovac")
    assert Introduction.objects.get().state == "confirmed"
    lock = Lock.objects.get()
    assert {lock.mentee.person, lock.mentor.person} == {people["mentee"], people["mentor"]}
    mentee.page.reload()
    assert "It is confirmed." in mentee.page.inner_text("main")
    assert list(
        Enrollment.objects.filter(wishes__mentor=people["mentor"]).values_list("person", flat=True)
    ) == [people["mentee"].pk]
