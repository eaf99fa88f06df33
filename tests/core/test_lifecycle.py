"""States and moves."""

from typing import Any

import pytest

from agreements.models import Activity
from core.errors import Refused
from core.lifecycle import Lifecycle, move
from programs.models import Cohort
from tests import factories as make


class TestLifecycle:
    def test_answers_from_its_table(self) -> None:
        lifecycle = Lifecycle({"new": ["done", "dropped"], "done": [], "dropped": ["new"]})
        answers = {
            (before, after): lifecycle.may(before, after)
            for before in lifecycle.moves
            for after in lifecycle.moves
        }
        assert {pair for pair, may in answers.items() if may} == {
            ("new", "done"),
            ("new", "dropped"),
            ("dropped", "new"),
        }

    def test_refuses_a_table_that_leads_nowhere(self) -> None:
        with pytest.raises(ValueError, match=r"\['gone', 'lost'\]"):
            Lifecycle({"new": ["lost", "gone"]})

    def test_knows_no_state_outside_its_table(self) -> None:
        with pytest.raises(KeyError):
            Lifecycle({"new": []}).may("other", "new")


@pytest.mark.django_db
class TestMove:
    @pytest.fixture
    def cohort(self) -> Cohort:
        return make.CohortFactory(state="call_open", name="Before")

    def test_saves_the_state(self, cohort: Cohort) -> None:
        move(cohort, Cohort.State.SELECTING)
        assert Cohort.objects.get().state == "selecting"

    def test_saves_what_is_named_and_nothing_else(self, cohort: Cohort) -> None:
        cohort.name, cohort.timezone = "After", "Asia/Tokyo"
        move(cohort, Cohort.State.SELECTING, also=["name"])
        assert Cohort.objects.values_list("state", "name", "timezone").get() == ("selecting", "After", "UTC")

    def test_refuses_in_words_and_changes_nothing(self, cohort: Cohort) -> None:
        with pytest.raises(Refused) as refusal:
            move(cohort, Cohort.State.CLOSED)
        assert refusal.value.code == "illegal_move"
        assert str(refusal.value.message) == "This is no longer possible: it is now “Call open”."
        assert str(refusal.value.hint) == "Reload the page to see where it stands."
        assert (cohort.state, Cohort.objects.get().state) == ("call_open", "call_open")

    def test_no_move_leads_to_where_one_is(self, cohort: Cohort) -> None:
        with pytest.raises(Refused):
            move(cohort, Cohort.State.CALL_OPEN)

    def test_goes_back_where_the_table_says_so(self) -> None:
        plan: Any = make.ActionPlanFactory()
        activity = Activity.objects.create(plan=plan, kind="need", text="Read", state="done")
        move(activity, Activity.State.PLANNED)
        assert Activity.objects.get().state == "planned"
