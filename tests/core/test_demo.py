"""The sample program loads on this very day, and holds something to see at every stage."""

import time
from types import SimpleNamespace

import pytest

from config.demo.accounts import ACCOUNTS
from config.demo.whole import beside, load, loaded
from core.management.commands import demo
from matching.models import Run
from participants.models import Enrollment, Introduction
from people.models import Person
from tests.factories import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_sample_program_tells_its_whole_story() -> None:
    load(at_once=False)
    assert loaded()
    assert Person.objects.filter(email__in=[each["email"] for each in ACCOUNTS]).count() == len(ACCOUNTS)
    runs = {
        (run.cohort.slug[:6], run.number): (
            run.state,
            run.leftovers.filter(enrollment__role=Enrollment.Role.MENTEE).exists(),
        )
        for run in Run.objects.select_related("cohort").exclude(cohort__slug__startswith="20")
    }
    assert runs == {("spring", 1): ("certified", True), ("circle", 1): ("certified", False)}
    two = Enrollment.objects.filter(person__email="mira.kovac@example.org", cohort__slug="spring")
    suggested = set(two.get().shortlist.suggestions.values_list("mentor__person__email", flat=True))
    assert len(suggested) == 5
    assert "dana.whitfield@example.org" not in suggested  # her mentor of this year
    years = Run.objects.filter(cohort__slug__startswith="20").order_by("cohort__starts_on", "number")
    assert [(run.number, run.state) for run in years] == [
        (1, "published"), (1, "published"), (2, "published"), (3, "certified"),
    ]  # fmt: skip
    assert set(Introduction.objects.values_list("state", flat=True)) == set(Introduction.State.values) - {
        Introduction.State.CLOSED
    }  # comes with publishing, which is still to be seen


def test_a_part_that_cannot_be_made_is_told() -> None:
    with pytest.raises(RuntimeError, match="could not be made"), beside("raise SystemExit(3)"):
        pass


def test_an_end_in_between_ends_the_other_process() -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), beside("import time; time.sleep(60)"):
        raise KeyboardInterrupt
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("there", "somebody", "steps"),
    [(True, True, []), (False, True, ["flush", "load"]), (False, False, ["load"])],
    ids=["whole", "a part", "nothing"],
)
def test_the_sample_is_made_once_and_anew_where_a_start_was_interrupted(
    there: bool, somebody: bool, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if somebody:
        PersonFactory()
    taken: list[str] = []
    sample = SimpleNamespace(loaded=lambda: there, load=lambda: taken.append("load"))
    monkeypatch.setattr(demo, "import_module", lambda _name: sample)
    monkeypatch.setattr(demo, "call_command", lambda name, **_options: taken.append(name))
    demo.Command().prepare()
    assert taken == steps
