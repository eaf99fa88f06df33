"""Criteria: the program's at first, then the cohort's own; no update is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from matching.criteria_form import CriteriaForm, form_values
from matching.domain.criteria import change_criteria
from matching.engine.field import Criteria
from matching.models import Scheme
from matching.queries import scheme_of
from matching.summary import criteria_bars, lede, rules_in_words
from tests.factories import RunFactory
from tests.matching.people import claim, pairs, world

pytestmark = pytest.mark.django_db


def test_a_cohort_begins_with_the_criteria_of_its_program():
    here = world(criteria={"weights": {"wish": 9}})
    scheme = scheme_of(here.cohort)
    assert (scheme.version, scheme.criteria, Scheme.objects.count()) == (0, {"weights": {"wish": 9}}, 0)


def test_a_change_is_complete_versioned_and_in_the_audit_trail():
    here = world()
    scheme = change_criteria(
        cohort=here.cohort, criteria={"weights": {"wish": 9}}, version=0, by=here.manager
    )
    assert scheme.criteria == Criteria.from_dict({"weights": {"wish": 9}}).to_dict()
    assert (scheme_of(here.cohort).version, scheme.changed_by) == (1, here.manager)
    assert AuditEvent.objects.get(verb="criteria.changed").data == {
        "version": 1,
        "criteria": scheme.criteria,
        "own_reach": 0,
        "changes": {"weights.wish": [8, 9]},
    }


def test_a_change_from_an_old_page_is_refused():
    here = world()
    change_criteria(cohort=here.cohort, criteria={}, version=0, by=here.manager)
    with pytest.raises(Refused, check=lambda error: error.code == "changed_meanwhile"):
        change_criteria(cohort=here.cohort, criteria={"floor": 0.5}, version=0, by=here.manager)
    change_criteria(cohort=here.cohort, criteria={"floor": 0.5}, version=1, by=here.manager)
    assert scheme_of(here.cohort).criteria["floor"] == 0.5


def test_settings_out_of_range_are_an_error():
    here = world()
    with pytest.raises(ValueError, match=r"weights\.wish"):
        change_criteria(cohort=here.cohort, criteria={"weights": {"wish": 11}}, version=0, by=here.manager)


def test_a_run_keeps_the_criteria_it_was_asked_with():
    here = world()
    claim(here.mentee(), "Statistics")
    claim(here.mentor(), "Statistics")
    first = here.run()
    change_criteria(cohort=here.cohort, criteria={"weights": {"skills": 1}}, version=0, by=here.manager)
    second = here.run()
    first.refresh_from_db()
    assert (first.criteria["weights"]["skills"], second.criteria["weights"]["skills"]) == (10, 1)


def test_a_weight_of_nought_switches_a_criterion_off():
    here = world(criteria={"weights": {"skills": 0, "goals": 10}})
    mentee, by_goal, by_skill = (
        here.mentee(goals=["network"]),
        here.mentor("Goal", goals=["network"]),
        here.mentor("Skill"),
    )
    claim(mentee, "Statistics")
    claim(by_skill, "Statistics")
    claim(by_goal, "Negotiation")
    assert pairs(here.run()) == {("Mira Kovac", "Goal")}


def test_the_form_gives_back_what_it_was_given():
    criteria = Criteria.from_dict(
        {
            "rules": {"chain_levels": 3, "min_level_gap": 2, "max_hours_apart": 5, "unit": "same"},
            "weights": {"wish": 9, "media": 0},
            "level_curve": [10, 20],
            "unit_wanted": "same",
            "floor": 0.6,
            "left_out_first": False,
            "min_fit": 30,
        }
    ).to_dict()
    values = form_values(criteria, 4, 2)
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    form = CriteriaForm(data, curve=criteria["level_curve"])
    assert form.is_valid(), form.errors
    assert form.criteria(criteria) == criteria
    assert (form.cleaned_data["version"], form.cleaned_data["own_reach"]) == (4, 2)


def test_the_rules_in_words():
    criteria = Criteria.from_dict(
        {
            "rules": {
                "chain_levels": 2,
                "min_level_gap": 1,
                "max_hours_apart": 4,
                "past_pairs": False,
                "unit": "same",
            },
            "min_fit": 30,
        }
    )
    assert rules_in_words(criteria) == [
        "Nobody mentors anybody up to 2 levels below in their chain of command.",
        "Nobody is paired who was excluded by hand.",
        "Both are in the same strand.",
        "They share a language.",
        "They work in the same directorate.",
        "At least 1 career level lies between them.",
        "Their time zones are 4 hours apart at most.",
        "No pair fits less than 30 of 100.",
    ]
    told = rules_in_words(Criteria.from_dict({"rules": {"unit": "other"}}))
    assert "They work in different directorates." in told
    assert rules_in_words(Criteria())[0] == "Nobody mentors a direct report."


def test_the_weights_the_heaviest_first_without_those_that_are_off():
    zero = dict.fromkeys(
        ("goals", "level", "unit", "place", "time_zone", "media", "availability", "introduction"), 0
    )
    criteria = Criteria.from_dict({"weights": {**zero, "skills": 3, "wish": 8, "mentor_wish": 1}})
    assert [(str(bar.label), bar.value) for bar in criteria_bars(criteria)] == [
        ("Wish of a mentee", 8),
        ("Skills", 3),
        ("Wish of a mentor", 1),
    ]


def test_the_day_of_publishing_is_a_day_where_the_reader_is():
    here = world()
    night = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    run = RunFactory(
        cohort=here.cohort, state="published", published_at=night, numbers={"covered": 1, "mentees": 1}
    )
    with timezone.override("America/Chicago"):
        assert lede(run, here.program).endswith("Published on 22 November 2026.")
