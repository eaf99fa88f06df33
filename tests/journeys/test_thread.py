"""The whole thread as people do it, in a real browser, with real mail and a real worker; with script and without."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.browser import Window
from tests.harness.mail import Catcher
from tests.journeys import agreeing, applying, beginning, following, matching
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
    matching.manager_runs_the_matching_and_sees_how_far_it_is,
    matching.manager_locks_one_pair_excludes_one_and_runs_again,
    matching.manager_publishes_and_nobody_is_told,
    matching.manager_edits_one_draft_drops_one_and_sends_the_rest,
    agreeing.mentee_writes_the_agreement_and_signs,
    agreeing.mentor_signs_too,
    agreeing.supervisor_approves_from_the_mail,
    agreeing.everybody_gets_a_receipt,
    agreeing.the_agreement_on_paper,
    agreeing.mentee_writes_a_plan_and_shares_it,
    agreeing.both_log_meetings,
    following.time_moves_on_and_reminders_go_out_once,
    following.manager_makes_a_survey,
    following.people_answer,
    following.manager_sees_no_figure_under_five,
    following.figures_lead_to_the_people_behind_them,
]
