"""Pairs excluded by hand are never made: no criteria switch that off, wherever they come from."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from core.errors import Refused
from matching.criteria_form import form_values
from matching.domain.criteria import change_criteria, save_preset
from matching.domain.fixed import exclude_pair, lock_pair
from matching.engine.field import Criteria
from matching.models import Scheme
from matching.whatif import Question, compare
from tests.matching.people import World, claim, pairs, wish, world

pytestmark = pytest.mark.django_db

OFF = {"rules": {"exclusions": False}}


@pytest.fixture
def here() -> World:
    """Greta wishes for Dana, who said no; the program's file has the rule off."""
    found = world(criteria=OFF)
    greta, dana = found.mentee("Greta Berg"), found.mentor("Dana Whitfield")
    claim(greta, "Statistics")
    claim(dana, "Statistics")
    wish(greta, dana)
    exclude_pair(mentee=greta, mentor=dana, reason="Said no", by=found.manager)
    return found


def test_a_program_file_does_not_switch_it_off(here):
    run = here.run()
    assert (pairs(run), run.criteria["rules"]["exclusions"]) == (set(), True)
    greta, dana = here.cohort.enrollments.order_by("role", "pk")[:2]
    with pytest.raises(Refused, check=lambda error: error.code == "rule_exclusion"):
        lock_pair(mentee=greta, mentor=dana, by=here.manager)


def test_criteria_that_were_stored_do_not_either(here):
    Scheme.objects.create(cohort=here.cohort, criteria=Criteria.from_dict(OFF).to_dict())
    assert pairs(here.run()) == set()


def test_what_is_stored_says_that_it_holds(here):
    scheme = change_criteria(cohort=here.cohort, criteria=OFF, version=0, by=here.manager)
    preset = save_preset(program=here.program, name="Loose", criteria=OFF, by=here.manager)
    held = [kept.criteria["rules"]["exclusions"] for kept in (scheme, preset)]
    assert held == [True, True]


def test_what_if_keeps_to_it(here):
    off = Question(Criteria.from_dict(OFF).to_dict(), "people")
    assert compare(here.cohort, off, off)["figures"]["matched"] == [0, 0]


def fields(**changed: Any) -> dict[str, Any]:
    values = form_values(Criteria().to_dict(), 0, 0) | changed
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_the_editor_has_no_switch_and_says_why(login, here):
    where = reverse("matching_criteria", args=[here.program.slug, here.cohort.slug])
    client = login(here.manager)
    page = client.get(where)
    assert "exclusions" not in page.context["form"].fields
    assert "a pair excluded by hand is never made" in page.content.decode()
    client.post(where, fields(exclusions=False, weight_wish=9))
    stored = Scheme.objects.get().criteria
    assert (stored["rules"]["exclusions"], stored["weights"]["wish"]) == (True, 9)
