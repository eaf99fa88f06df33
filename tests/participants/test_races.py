"""Many at once for the last place."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from core.errors import Refused
from notifications.models import Message
from participants.domain.applications import start_application, submit_application, withdraw
from participants.domain.selection import accept_offer, promote_from_waiting_list, release_decisions
from participants.models import Enrollment
from tests.participants.test_applications import begin, fill
from tests.participants.world import new_call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS = 8


def together(*acts: Callable[[], object]) -> list[str]:
    """Do all at the same moment; returns "done" or the refusal's code of each."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            barrier.wait(timeout=20)
            act()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_eight_releases_for_the_last_place() -> None:
    call = new_call(places=1)
    rows = [call.enroll(pending_decision="accepted") for _ in range(THREADS)]

    def act(row: Enrollment) -> Callable[[], object]:
        among = Enrollment.objects.filter(pk=row.pk)
        return lambda: release_decisions(cohort=call.cohort, by=call.manager, among=among)

    assert together(*map(act, rows)) == ["done"] + ["no_places"] * (THREADS - 1)
    assert (call.used(), Enrollment.objects.filter(state="accepted").count()) == (1, 1)
    assert Message.objects.count() == 1


def test_eight_releases_of_the_same_decisions() -> None:
    call = new_call(places=2)
    call.enroll(pending_decision="accepted")
    acts = [lambda: release_decisions(cohort=call.cohort, by=call.manager)] * THREADS
    assert together(*acts) == ["done"] + ["nothing_to_release"] * (THREADS - 1)
    assert (call.used(), Message.objects.count()) == (1, 1)


def test_eight_promotions_for_the_last_place() -> None:
    call = new_call(places=1)
    for _ in range(THREADS):
        call.enroll("waitlisted")
    acts = [lambda: promote_from_waiting_list(cohort=call.cohort, strand_id=call.strand.pk)] * THREADS
    assert together(*acts) == ["done"] * THREADS
    assert (call.used(), Enrollment.objects.filter(state="offered").count()) == (1, 1)


def test_leaving_and_accepting_at_once() -> None:
    call = new_call(places=4)
    leavers = [call.enroll("accepted") for _ in range(4)]
    for _ in range(4):
        call.enroll("waitlisted")
    assert (
        together(*[lambda row=row: withdraw(enrollment=row, by=row.person) for row in leavers])
        == ["done"] * 4
    )
    assert (call.used(), Enrollment.objects.filter(state="offered").count()) == (4, 4)


def test_accepting_and_declining_the_same_offer() -> None:
    call = new_call(places=1)
    row = call.enroll("offered")
    together(
        lambda: accept_offer(enrollment=row, by=row.person), lambda: withdraw(enrollment=row, by=row.person)
    )
    row.refresh_from_db()
    assert (row.state, call.used()) == ("withdrawn", 0)


def test_starting_twice_at_once() -> None:
    call = new_call()
    me = call.person()
    acts = [
        lambda: start_application(person=me, cohort=call.cohort, role="mentee", strand=call.strand, by=me)
    ] * THREADS
    assert together(*acts) == ["done"] * THREADS
    assert Enrollment.objects.count() == 1


def test_submitting_twice_at_once() -> None:
    call = new_call()
    mine = fill(begin(call))
    assert (
        together(*[lambda: submit_application(enrollment=mine, by=mine.person)] * THREADS)
        == ["done"] * THREADS
    )
    assert Message.objects.count() == 1
