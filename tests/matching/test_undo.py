"""Acts of several decisions, taking them back, and two reviewers at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from matching.domain.decisions import Act, last_number
from matching.domain.fixed import allow_pair, exclude_pair, lock_pair, lock_pairs, unlock_pair
from matching.domain.runs import mark_published
from matching.domain.undo import Wanted, decide, swapped, undo_decisions
from matching.models import Decision, Exclusion, Lock
from people.models import Person
from tests.factories import MembershipFactory
from tests.matching.people import World, world
from tests.matching.test_fixed import refusal

pytestmark = pytest.mark.django_db


def locks() -> set[tuple[str, str]]:
    return set(Lock.objects.values_list("mentee__person__full_name", "mentor__person__full_name"))


def log(*names: str) -> list[tuple[Any, ...]]:
    return list(Decision.objects.order_by("number").values_list(*names))


def undo(here: World, batch: Any, by: Person | None = None, seen: int | None = None) -> list[Decision]:
    return undo_decisions(cohort=here.cohort, batch=batch, by=by or here.manager, seen=seen)


def colleague(here: World, name: str = "Bo Colleague") -> Person:
    return MembershipFactory(program=here.program, person__full_name=name).person


def test_each_decision_is_logged_with_who_and_in_order():
    here, other = world(), world()
    mentee, mentor = here.mentee(), here.mentor()
    lock_pair(mentee=other.mentee(), mentor=other.mentor(), by=other.manager)
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)  # stands already: nothing is decided
    exclusion = exclude_pair(mentee=mentee, mentor=mentor, reason="A house", by=here.manager)
    allow_pair(exclusion=exclusion, by=here.manager)
    unlock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    mine = Decision.objects.filter(cohort=here.cohort).order_by("number")
    assert list(mine.values_list("number", "act", "kind", "reason", "by")) == [
        (1, "lock", "lock", "", here.manager.pk),
        (2, "exclude", "unlock", "", here.manager.pk),
        (3, "exclude", "exclude", "A house", here.manager.pk),
        (4, "allow", "allow", "A house", here.manager.pk),
    ]
    assert mine[1].batch == mine[2].batch != mine[3].batch
    assert (last_number(here.cohort), last_number(other.cohort)) == (4, 1)


def test_what_is_refused_is_not_logged():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    Person.objects.filter(pk=mentee.person_id).update(supervisor=mentor.person)
    with refusal("rule_supervisor"):
        lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    assert not Decision.objects.exists()


def test_a_swap_locks_each_with_the_others_mentor():
    here = world()
    first, second = (here.mentee("A"), here.mentor("X")), (here.mentee("B"), here.mentor("Y"))
    lock_pair(mentee=first[0], mentor=first[1], by=here.manager)
    decide(wanted=swapped(first, second), by=here.manager, act=Act("swap"))
    assert locks() == {("A", "Y"), ("B", "X")}
    swap = Decision.objects.filter(act="swap").order_by("number")
    assert [row.kind for row in swap] == ["unlock", "lock", "lock"]


def test_a_swap_that_breaks_a_rule_for_one_changes_nothing():
    here = world()
    first, second = (here.mentee("A"), here.mentor("X")), (here.mentee("B"), here.mentor("Y"))
    lock_pair(mentee=first[0], mentor=first[1], by=here.manager)
    Person.objects.filter(pk=second[0].person_id).update(supervisor=first[1].person)
    with refusal("rule_supervisor") as refused:
        decide(wanted=swapped(first, second), by=here.manager, act=Act("swap"))
    assert str(refused.value.message) == "X is the direct supervisor of B."
    assert locks() == {("A", "X")}
    assert Decision.objects.count() == 1


def test_a_pair_is_not_swapped_with_itself():
    here = world()
    mentee, mentor = here.mentee(), here.mentor(capacity=2)
    for other in ((mentee, here.mentor("Y")), (here.mentee("B"), mentor)):
        with refusal("same_pair"):
            swapped((mentee, mentor), other)


def test_a_published_pair_is_neither_locked_nor_swapped():
    here = world()
    running = (here.mentee("A", used=1), here.mentor("X", used=1))
    free = (here.mentee("B"), here.mentor("Y"))
    with refusal("mentee_full"):
        decide(wanted=swapped(running, free), by=here.manager, act=Act("swap"))
    assert not Lock.objects.exists()


UNDONE = {
    "lock": lambda here, a, b: lock_pair(mentee=a, mentor=b, by=here.manager),
    "exclude": lambda here, a, b: exclude_pair(mentee=a, mentor=b, reason="A house", by=here.manager),
}


@pytest.mark.parametrize("kind", UNDONE)
def test_an_act_is_taken_back_and_nothing_else(kind):
    here = world()
    a, b = here.mentee("A"), here.mentor("X")
    lock_pair(mentee=here.mentee("Z"), mentor=here.mentor("Other"), by=here.manager)
    UNDONE[kind](here, a, b)
    batch = Decision.objects.order_by("-number")[0].batch
    by = colleague(here)
    assert [row.kind for row in undo(here, batch, by)] == [kind]
    assert (locks(), Exclusion.objects.count()) == ({("Z", "Other")}, 0)
    row = Decision.objects.get(batch=batch)
    assert (row.undone_by, row.undone_at is not None) == (by, True)
    assert log("number", "act", "kind", "by")[2:] == [
        (3, "undo", {"lock": "unlock", "exclude": "allow"}[kind], by.pk)
    ]
    event = AuditEvent.objects.get(verb="decisions.undone")
    assert (event.actor_id, event.data, event.target_id) == (by.pk, {"first": 2, "last": 2}, here.cohort.pk)


def test_undoing_an_exclusion_brings_its_lock_back():
    here = world()
    a, b = here.mentee("A"), here.mentor("X")
    lock_pair(mentee=a, mentor=b, by=here.manager)
    exclude_pair(mentee=a, mentor=b, reason="-", by=here.manager)
    undo(here, Decision.objects.get(kind="exclude").batch)
    assert (locks(), Exclusion.objects.count()) == ({("A", "X")}, 0)


def test_undoing_an_allowance_brings_the_reason_back():
    here = world()
    exclusion = exclude_pair(mentee=here.mentee(), mentor=here.mentor(), reason="A house", by=here.manager)
    allow_pair(exclusion=exclusion, by=here.manager)
    undo(here, Decision.objects.get(kind="allow").batch)
    assert Exclusion.objects.get().reason == "A house"


def test_undoing_a_swap_restores_the_lock_before_it():
    here = world()
    first, second = (here.mentee("A"), here.mentor("X")), (here.mentee("B"), here.mentor("Y"))
    lock_pair(mentee=first[0], mentor=first[1], by=here.manager)
    decide(wanted=swapped(first, second), by=here.manager, act=Act("swap"))
    undo(here, Decision.objects.filter(act="swap")[0].batch)
    assert locks() == {("A", "X")}


def test_what_was_undone_is_not_undone_again():
    here = world()
    lock_pair(mentee=here.mentee(), mentor=here.mentor(), by=here.manager)
    batch = Decision.objects.get().batch
    undo(here, batch)
    for wanted in (batch, Decision.objects.get(act="undo").batch):
        with refusal("nothing_to_undo"):
            undo(here, wanted)


def test_a_later_decision_about_the_same_pair_is_undone_first():
    here = world()
    a, b = here.mentee("A"), here.mentor("X", capacity=2)
    lock_pair(mentee=a, mentor=b, by=here.manager)
    first = Decision.objects.get().batch
    lock_pair(mentee=here.mentee("Near miss"), mentor=b, by=here.manager)
    unlock_pair(mentee=a, mentor=b, by=here.manager)
    with refusal("undo_in_order") as refused:
        undo(here, first)
    assert str(refused.value.message) == "Something later concerns the same pair: A and X unlocked."
    undo(here, Decision.objects.get(kind="unlock").batch)
    undo(here, first)
    assert locks() == {("Near miss", "X")}


def test_a_lock_comes_back_only_where_the_rules_still_allow_it():
    here = world()
    a, b = here.mentee("A"), here.mentor("X")
    lock_pair(mentee=a, mentor=b, by=here.manager)
    unlock_pair(mentee=a, mentor=b, by=here.manager)
    Person.objects.filter(pk=a.person_id).update(supervisor=b.person)
    with refusal("rule_supervisor"):
        undo(here, Decision.objects.get(kind="unlock").batch)
    assert not Lock.objects.exists()
    assert Decision.objects.count() == 2


def test_a_lock_that_was_published_is_not_undone():
    here = world()
    a, b = here.mentee("A"), here.mentor("X")
    lock_pair(mentee=a, mentor=b, by=here.manager)
    run = here.run()
    from matching.domain.pairs import remember_pair

    remember_pair(a.person_id, b.person_id)
    mark_published(run=run, proposals=run.proposals.all(), by=here.manager)
    with refusal("already_served"):
        undo(here, Decision.objects.get().batch)


def test_an_undo_of_another_cohort_is_refused():
    here, other = world(), world()
    lock_pair(mentee=other.mentee(), mentor=other.mentor(), by=other.manager)
    with refusal("nothing_to_undo"):
        undo(here, Decision.objects.get().batch)


def test_what_somebody_else_decided_unseen_is_not_overwritten():
    here = world()
    a, x, y = here.mentee("A"), here.mentor("X"), here.mentor("Y")
    seen = last_number(here.cohort)
    other = colleague(here)
    lock_pair(mentee=a, mentor=x, by=other)
    with refusal("decided_since") as refused:
        exclude_pair(mentee=a, mentor=y, reason="-", by=here.manager, act=Act("exclude", seen=seen))
    assert str(refused.value.message) == (
        "Somebody else has decided in the meantime, so nothing was changed. Bo Colleague locked A with X."
    )
    assert not Exclusion.objects.exists()


def test_decisions_that_were_seen_or_are_my_own_or_about_others_stand_in_nobodys_way():
    here = world()
    a, x, y = here.mentee("A"), here.mentor("X"), here.mentor("Y")
    lock_pair(mentee=here.mentee("B"), mentor=x, by=colleague(here))
    lock_pair(mentee=here.mentee("C"), mentor=here.mentor("Z"), by=here.manager)
    act = Act("exclude", seen=0)
    exclude_pair(mentee=a, mentor=y, reason="about others", by=here.manager, act=act)
    exclude_pair(mentee=a, mentor=x, reason="seen", by=here.manager, act=Act("exclude", seen=1))
    exclude_pair(mentee=a, mentor=y, reason="my own", by=here.manager, act=act)
    assert Exclusion.objects.count() == 2


def test_an_undo_carries_what_was_seen_too():
    here = world()
    a, x = here.mentee("A"), here.mentor("X", capacity=2)
    lock_pair(mentee=a, mentor=x, by=here.manager)
    batch = Decision.objects.get().batch
    lock_pair(mentee=here.mentee("B"), mentor=x, by=colleague(here))
    with refusal("decided_since"):
        undo(here, batch, seen=1)
    undo(here, batch, seen=2)
    assert locks() == {("B", "X")}


def test_the_database_keeps_the_log_straight():
    here = world()
    lock_pair(mentee=here.mentee(), mentor=here.mentor(), by=here.manager)
    row = Decision.objects.get()
    for change in (
        {"number": 1},
        {"number": 2, "undone_by": here.manager},
        {"number": 2, "act": "undo", "undone_at": timezone.now()},
    ):
        again = Decision(cohort=here.cohort, act="lock", kind="lock", mentee=row.mentee, mentor=row.mentor)
        for name, value in change.items():
            setattr(again, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()


def test_a_file_of_thirty_takes_as_many_reads_as_one(count_queries):
    def reads(number: int) -> int:
        here = world()
        wanted = Wanted(
            lock=[(here.mentee(f"L{n}"), here.mentor(f"M{n}")) for n in range(number)],
            exclude=[((here.mentee(f"E{n}"), here.mentor(f"F{n}")), "-") for n in range(number)],
        )
        act = Act("file")
        with count_queries() as counted:
            decide(wanted=wanted, by=here.manager, act=act)
            undo(here, act.batch)
        return sum(query["sql"].startswith("SELECT") for query in counted.captured_queries)

    assert reads(1) == reads(30)


def together(*acts: Callable[[], object]) -> list[str]:
    """Do all at the same moment on connections of their own; "done" or the refusal's code of each."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            barrier.wait(timeout=20)
            act()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_of_two_reviewers_who_decide_about_one_person_at_once_the_second_is_told():
    for _round in range(5):
        here = world()
        a, x, y = here.mentee("A"), here.mentor("X"), here.mentor("Y")
        other, seen = colleague(here), last_number(here.cohort)
        answers = together(
            lambda a=a, x=x, seen=seen, by=here.manager: lock_pair(
                mentee=a, mentor=x, by=by, act=Act("lock", seen=seen)
            ),
            lambda a=a, y=y, seen=seen, by=other: exclude_pair(
                mentee=a, mentor=y, reason="-", by=by, act=Act("exclude", seen=seen)
            ),
        )
        assert answers == ["decided_since", "done"]
        assert Decision.objects.filter(cohort=here.cohort).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_eight_reviewers_about_different_people_all_decide_and_no_number_is_lost():
    here = world()
    two = [(here.mentee(f"A{n}"), here.mentor(f"X{n}")) for n in range(8)]
    people = [colleague(here, f"By {n}") for n in range(8)]
    acts = [
        lambda pair=pair, by=by: lock_pairs(pairs=[pair], by=by, act=Act("lock", seen=0))
        for pair, by in zip(two, people, strict=True)
    ]
    assert together(*acts) == ["done"] * 8
    assert [number for (number,) in log("number")] == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_one_of_two_undoes():
    here = world()
    lock_pair(mentee=here.mentee(), mentor=here.mentor(), by=here.manager)
    batch = Decision.objects.get().batch
    other = colleague(here)
    assert together(lambda: undo(here, batch), lambda: undo(here, batch, other)) == [
        "done",
        "nothing_to_undo",
    ]
    assert Decision.objects.filter(act="undo").count() == 1
