"""Saying what a good pair is, asking what if, and what matters to oneself: in a browser, with script and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from matching.models import Run
from matching.queries import scheme_of
from tests.harness.browser import Window
from tests.matching.people import World, claim, world

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200), pytest.mark.django_db(transaction=True)]
BOTH = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> World:
    """By skills Mira goes with Dana, by goals with Lena; Noor speaks a language that nobody else does."""
    monkeypatch.setattr("matching.domain.runs.ring", lambda _run: None)
    found = world()
    mira = found.mentee("Mira Kovac", goals=["network"], person={"languages": ["en"]})
    dana = found.mentor("Dana Whitfield", person={"languages": ["en"]})
    found.mentor("Lena Ruiz", goals=["network"], person={"languages": ["en"]})
    found.mentee("Noor Haddad", person={"languages": ["ar"]})
    claim(mira, "Statistics")
    claim(dana, "Statistics")
    return found


def desk(here: World, rest: str = "") -> str:
    return f"/desk/{here.program.slug}/{here.cohort.slug}/matching/{rest}"


@BOTH
def test_the_effect_is_seen_before_anything_is_saved(
    script: bool, here: World, window: Callable[..., Window]
) -> None:
    seen = window(here.manager, java_script_enabled=script)
    seen.open(desk(here, "criteria/"))
    effect = seen.page.locator("#effect-now")
    assert effect.locator(".figure-num").inner_text() == "2"
    assert effect.get_by_role("link", name="Noor Haddad").is_visible()
    seen.page.get_by_label("They have a language in common").uncheck()
    if not script:
        seen.press("Show the effect")
    effect.get_by_text("Nobody: everyone could have at least one pair.").wait_for()
    assert effect.locator(".figure-num").inner_text() == "4"
    assert scheme_of(here.cohort).version == 0
    seen.press("Save")
    assert scheme_of(here.cohort).criteria["rules"]["shared_language"] is False
    seen.open(desk(here, "criteria/"))
    assert "They have a language in common: from on to off" in seen.text()


@BOTH
def test_a_question_leads_from_the_editor_to_an_answer_and_a_run(
    script: bool, here: World, window: Callable[..., Window]
) -> None:
    seen = window(here.manager, java_script_enabled=script)
    seen.open(desk(here, "criteria/"))
    seen.page.locator("[name=weight_skills]").select_option("1")
    seen.press("What would a run give?")
    assert seen.page.url.endswith("what-if/?weight_skills=1")
    answer = seen.page.locator("#whatif-answer")
    assert "Different for 1 person among the mentees" in answer.inner_text()
    seen.page.locator("[name=weight_goals]").select_option("9")
    if not script:
        seen.press("Show the result")
    else:
        seen.page.wait_for_url("**/what-if/?weight_skills=1&weight_goals=9")
    row = answer.locator("tr", has_text="Mira Kovac")
    assert ["Dana Whitfield" in row.inner_text(), "Lena Ruiz" in row.inner_text()] == [True, True]
    assert (Run.objects.count(), scheme_of(here.cohort).version) == (0, 0)
    seen.press("Save these criteria and run")
    weights = scheme_of(here.cohort).criteria["weights"]
    assert (weights["skills"], weights["goals"], Run.objects.get().criteria["weights"]) == (1, 9, weights)
    assert seen.path == desk(here, "1/")


@BOTH
def test_a_person_says_what_matters_by_keyboard(
    script: bool, here: World, window: Callable[..., Window]
) -> None:
    boss = window(here.manager, java_script_enabled=script)
    boss.open(desk(here, "criteria/"))
    boss.page.locator("[name=own_reach]").select_option("2")
    boss.press("Save")
    mira = here.cohort.enrollments.get(person__full_name="Mira Kovac")
    seen = window(mira.person, java_script_enabled=script)
    seen.open(f"/me/applications/{mira.uid}/")
    seen.click(seen.page.get_by_role("link", name="Change what matters to you"))
    group = seen.page.get_by_role("group", name="Somebody with the goals that I have")
    group.get_by_label("As the program").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.press("Save")
    mira.refresh_from_db()
    assert mira.own_weights == {"goals": 1}
    assert "More than to the program Somebody with the goals that I have" in seen.text()
