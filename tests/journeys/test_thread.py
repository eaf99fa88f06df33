"""The whole thread as people do it, in a real browser, with real mail and a real worker; with script and without."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.browser import Window
from tests.harness.mail import Catcher
from tests.journeys import applying, beginning
from tests.journeys.story import Story

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_an_empty_installation_to_results(
    script: bool, window: Callable[..., Window], smtp: Catcher, worker: Any
) -> None:
    story = Story(window, smtp, script)
    for step in STEPS:
        step(story)


STEPS: list[Callable[[Story], None]] = [
    beginning.operator_signs_in_by_code,
    beginning.operator_brings_in_the_people,
    beginning.operator_makes_the_program,
    beginning.manager_signs_in_by_password,
    beginning.manager_makes_the_cohort,
    beginning.manager_opens_the_call,
    applying.mentor_applies,
    applying.mentee_applies_in_two_sittings,
    applying.the_others_apply,
    applying.manager_selects,
    applying.manager_sends_the_letters,
    applying.manager_starts_matching,
]
