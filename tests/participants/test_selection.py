"""Choosing: set aside, release, places, waiting list, offers."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from notifications.models import Message
from participants.domain.applications import withdraw
from participants.domain.selection import (
    accept_offer,
    lapse_offers,
    promote_from_waiting_list,
    release_decisions,
    set_decision,
)
from participants.models import Enrollment
from participants.queries import place_rows
from participants.tasks import lapse_all_offers
from programs.models import Cohort, Offer
from tests import factories as make
from tests.participants.world import Call, new_call, states

pytestmark = pytest.mark.django_db


def decide(call: Call, decision: str, *rows: Enrollment) -> int:
    return set_decision(enrollments=rows, decision=decision, by=call.manager)


def release(call: Call, **more: object) -> tuple[int, int, int, int]:
    done = release_decisions(cohort=call.cohort, by=call.manager, **more)
    return done.accepted, done.waitlisted, done.declined, done.letters


def letters(**which: object) -> list[tuple[str, str]]:
    rows = Message.objects.filter(**which).order_by("pk").values_list("recipient__full_name", "kind")
    return list(rows)


class TestSetAside:
    def test_nobody_is_told(self, call: Call) -> None:
        rows = [call.enroll(), call.enroll("waitlisted")]
        assert decide(call, "accepted", *rows) == 2
        assert states(rows) == ["submitted", "waitlisted"]
        assert set(Enrollment.objects.values_list("pending_decision", flat=True)) == {"accepted"}
        assert (Message.objects.count(), call.used()) == (0, 0)
        event = AuditEvent.objects.filter(target_id=rows[0].pk).get()
        assert (event.verb, event.data, event.actor_id) == (
            "enrollment.decision_set",
            {"decision": "accepted"},
            call.manager.pk,
        )

    def test_can_be_taken_back(self, call: Call) -> None:
        row = call.enroll(pending_decision="declined")
        assert decide(call, "", row) == 1
        assert decide(call, "", row) == 0
        row.refresh_from_db()
        assert row.pending_decision == ""

    def test_a_note_is_kept_unless_none_is_given(self, call: Call) -> None:
        row = call.enroll()
        set_decision(enrollments=[row], decision="accepted", note="Strong.", by=call.manager)
        decide(call, "declined", row)
        row.refresh_from_db()
        assert (row.decision_note, row.pending_decision) == ("Strong.", "declined")

    @pytest.mark.parametrize("state", ["draft", "accepted", "offered", "declined", "withdrawn", "lapsed"])
    def test_one_who_does_not_wait_stops_all(self, call: Call, state: str) -> None:
        waiting, other = call.enroll(), call.enroll(state)
        with pytest.raises(Refused) as refused:
            decide(call, "accepted", waiting, other)
        assert refused.value.code == "not_waiting"
        waiting.refresh_from_db()
        assert waiting.pending_decision == ""

    def test_who_is_on_the_waiting_list_cannot_be_put_there(self, call: Call) -> None:
        with pytest.raises(Refused):
            decide(call, "waitlisted", call.enroll("waitlisted"))

    @pytest.mark.parametrize("decision", ["offered", "draft", "nonsense"])
    def test_only_three_decisions(self, call: Call, decision: str) -> None:
        with pytest.raises(Refused) as refused:
            decide(call, decision, call.enroll())
        assert refused.value.code == "bad_decision"


class TestRelease:
    def test_tells_everybody_by_draft(self, call: Call) -> None:
        a, b, c, untouched = (call.enroll() for _ in range(4))
        for decision, row in (("accepted", a), ("waitlisted", b), ("declined", c)):
            decide(call, decision, row)
        assert release(call) == (1, 1, 1, 3)
        assert states([a, b, c, untouched]) == ["accepted", "waitlisted", "declined", "submitted"]
        assert call.used() == 1
        assert letters(state="draft") == [
            (a.person.full_name, "application_accepted"),
            (b.person.full_name, "application_waitlisted"),
            (c.person.full_name, "application_declined"),
        ]
        assert len(set(Message.objects.values_list("batch", flat=True))) == 1
        a.refresh_from_db()
        assert (a.pending_decision, a.decided_at is not None) == ("", True)
        assert AuditEvent.objects.filter(verb="enrollment.accepted", target_id=a.pk).count() == 1

    def test_or_at_once(self, call: Call) -> None:
        decide(call, "declined", call.enroll())
        release(call, draft=False)
        assert Message.objects.get().state == "pending"

    def test_each_in_their_own_language_and_the_programs_words(self, call: Call) -> None:
        decide(call, "accepted", call.enroll())
        release(call)
        body = Message.objects.get().body
        assert "as protégé" in body
        assert "{{" not in body

    def test_mentors_take_no_place(self) -> None:
        call = new_call(places=0)
        decide(call, "accepted", call.enroll(role="mentor"))
        assert release(call)[0] == 1
        assert call.used() == 0

    def test_more_than_the_places_changes_nothing(self, call: Call) -> None:
        rows = [call.enroll() for _ in range(3)]
        other = call.enroll()
        decide(call, "accepted", *rows)
        decide(call, "declined", other)
        with pytest.raises(Refused) as refused:
            release(call)
        assert refused.value.code == "no_places"
        assert str(refused.value.message) == "There are too few places: 2 left, 3 needed."
        assert states([*rows, other]) == ["submitted"] * 4
        assert (call.used(), Message.objects.count()) == (0, 0)

    def test_each_strand_has_its_own_places(self, call: Call) -> None:
        other = make.OfferFactory(cohort=call.cohort, places=1)
        rows = [call.enroll(), call.enroll(), call.enroll(strand=other.strand)]
        decide(call, "accepted", *rows)
        assert release(call)[0] == 3
        other.refresh_from_db()
        assert (call.used(), other.used) == (2, 1)

    def test_a_strand_without_places_takes_nobody(self, call: Call) -> None:
        decide(call, "accepted", call.enroll(strand=make.StrandFactory(program=call.program)))
        with pytest.raises(Refused) as refused:
            release(call)
        assert refused.value.code == "no_places"

    def test_nothing_set_aside(self, call: Call) -> None:
        call.enroll()
        with pytest.raises(Refused) as refused:
            release(call)
        assert refused.value.code == "nothing_to_release"

    def test_not_of_another_cohort(self, call: Call) -> None:
        elsewhere = new_call()
        row = elsewhere.enroll()
        decide(elsewhere, "accepted", row)
        with pytest.raises(Refused):
            release(call)
        assert states([row]) == ["submitted"]

    def test_only_among_those_given(self, call: Call) -> None:
        mine, others = call.enroll(), call.enroll()
        decide(call, "declined", mine, others)
        release(call, among=Enrollment.objects.filter(pk=mine.pk))
        assert states([mine, others]) == ["declined", "submitted"]

    @pytest.mark.parametrize("state", ["closing", "closed"])
    def test_not_into_a_cohort_that_ends(self, call: Call, state: str) -> None:
        decide(call, "accepted", call.enroll())
        call.cohort.state = state
        with pytest.raises(Refused) as refused:
            release(call)
        assert refused.value.code == "cohort_over"

    def test_a_hundred_take_as_many_queries_on_rows_as_one(self, call: Call, count_queries) -> None:
        def cost(number: int) -> int:
            decide(call, "waitlisted", *[call.enroll() for _ in range(number)])
            with count_queries() as counted:
                release(call)
            return len([q for q in counted.captured_queries if "notifications_message" not in q["sql"]])

        assert cost(1) == cost(30)


class TestPlaces:
    def test_the_database_is_the_last_guard(self, call: Call) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=call.offer.pk).update(used=3)

    def test_as_staff_see_them(self, call: Call) -> None:
        call.enroll("accepted")
        call.enroll("offered")
        call.enroll("waitlisted")
        call.enroll(pending_decision="accepted")
        call.enroll(pending_decision="declined")
        call.enroll("accepted", role="mentor")
        (row,) = place_rows(call.cohort)
        assert (row.places, row.used, row.accepted, row.offered) == (2, 2, 1, 1)
        assert (row.waiting, row.pending, row.free, row.after, row.to_offer) == (1, 1, 0, -1, 0)


class TestWaitingList:
    def test_a_place_given_up_goes_to_the_first(self, call: Call) -> None:
        leaver = call.enroll("accepted")
        now = timezone.now()
        later = call.enroll("waitlisted", submitted_at=now)
        first = call.enroll("waitlisted", submitted_at=now - timedelta(days=2))
        withdraw(enrollment=leaver, by=leaver.person)
        assert states([leaver, first, later]) == ["withdrawn", "offered", "waitlisted"]
        assert call.used() == 1
        assert letters(state="pending") == [(first.person.full_name, "place_offered")]

    def test_those_left_out_before_come_first(self, call: Call) -> None:
        now = timezone.now()
        early = call.enroll("waitlisted", submitted_at=now - timedelta(days=2))
        remembered = call.enroll("waitlisted", submitted_at=now, left_out_before=True)
        promote_from_waiting_list(cohort=call.cohort, strand_id=call.strand.pk, limit=1)
        assert states([early, remembered]) == ["waitlisted", "offered"]

    def test_never_more_than_the_free_places(self, call: Call) -> None:
        call.enroll("accepted")
        rows = [call.enroll("waitlisted") for _ in range(3)]
        assert (
            len(promote_from_waiting_list(cohort=call.cohort, strand_id=call.strand.pk, by=call.manager)) == 1
        )
        assert promote_from_waiting_list(cohort=call.cohort, strand_id=call.strand.pk, by=call.manager) == []
        assert sorted(states(rows)) == ["offered", "waitlisted", "waitlisted"]
        assert call.used() == 2

    def test_neither_mentors_nor_other_strands_nor_those_decided_on(self, call: Call) -> None:
        other = make.StrandFactory(program=call.program)
        rows = [
            call.enroll("waitlisted", role="mentor"),
            call.enroll("waitlisted", strand=other),
            call.enroll("waitlisted", pending_decision="declined"),
        ]
        assert promote_from_waiting_list(cohort=call.cohort, strand_id=call.strand.pk) == []
        assert states(rows) == ["waitlisted"] * 3

    @pytest.mark.parametrize("state", ["submitted", "waitlisted"])
    def test_who_holds_no_place_frees_none(self, call: Call, state: str) -> None:
        leaver, waiting = call.enroll(state), call.enroll("waitlisted", left_out_before=True)
        call.offer.used = 1
        call.offer.save()
        withdraw(enrollment=leaver, by=leaver.person)
        assert (states([waiting]), call.used()) == (["waitlisted"], 1)

    def test_a_mentor_frees_none(self, call: Call) -> None:
        leaver, waiting = call.enroll("accepted", role="mentor"), call.enroll("waitlisted")
        withdraw(enrollment=leaver, by=leaver.person)
        assert (states([waiting]), call.used()) == (["waitlisted"], 0)

    @pytest.mark.parametrize(("state", "moves"), [("matching", True), ("running", False)])
    def test_places_move_on_until_the_cohort_runs(self, call: Call, state: str, moves: bool) -> None:
        leaver, waiting = call.enroll("accepted"), call.enroll("waitlisted")
        Cohort.objects.update(state=state)
        withdraw(enrollment=leaver, by=leaver.person)
        assert (states([waiting]), call.used()) == ((["offered"], 1) if moves else (["waitlisted"], 0))


class TestOffer:
    def test_accepted(self, call: Call) -> None:
        row = call.enroll("offered")
        accept_offer(enrollment=row, by=row.person)
        accept_offer(enrollment=row, by=row.person)
        assert (states([row]), call.used()) == (["accepted"], 1)
        assert letters() == [(row.person.full_name, "application_accepted")]

    def test_declined_goes_to_the_next(self, call: Call) -> None:
        row, waiting = call.enroll("offered"), call.enroll("waitlisted")
        withdraw(enrollment=row, by=row.person)
        assert (states([row, waiting]), call.used()) == (["withdrawn", "offered"], 1)

    @pytest.mark.parametrize("state", ["submitted", "waitlisted", "declined", "lapsed", "withdrawn"])
    def test_only_what_was_offered(self, call: Call, state: str) -> None:
        row = call.enroll(state)
        with pytest.raises(Refused) as refused:
            accept_offer(enrollment=row, by=row.person)
        assert refused.value.code == "no_offer"

    @pytest.mark.parametrize(("zone", "offered", "last"), [
        ("UTC", datetime(2026, 5, 1, 12, tzinfo=UTC), datetime(2026, 5, 9, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 5, 1, 13, tzinfo=UTC), datetime(2026, 5, 9, 12, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 5, 8, 10, tzinfo=UTC)),
    ])  # fmt: skip
    def test_lapses_after_seven_days_of_the_cohorts_zone(
        self, zone: str, offered: datetime, last: datetime
    ) -> None:
        call = new_call(timezone=zone)
        row, waiting = call.enroll("offered", decided_at=offered), call.enroll("waitlisted")
        with time_machine.travel(last - timedelta(seconds=1), tick=False):
            assert lapse_offers(cohort=call.cohort) == 0
        with time_machine.travel(last, tick=False):
            with pytest.raises(Refused) as refused:
                accept_offer(enrollment=row, by=row.person)
            assert refused.value.code == "offer_over"
            lapse_all_offers()
            lapse_all_offers()
        assert (states([row, waiting]), call.used()) == (["lapsed", "offered"], 1)
        assert sorted(kind for _, kind in letters()) == ["offer_lapsed", "place_offered"]
