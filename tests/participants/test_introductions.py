"""Asking somebody to be a pair, and answering: who may, when, and what each side learns."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from notifications.models import Message
from participants.domain.introductions import answer, ask, settle_introductions, take_back
from participants.models import Enrollment, Introduction
from tests import factories as make
from tests.participants.test_races import together
from tests.participants.world import Call, new_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(db: None) -> Call:
    return new_call(places=20, introductions=True)


def two(call: Call, **mentor: Any) -> tuple[Enrollment, Enrollment]:
    return call.enroll("submitted"), call.enroll("accepted", role="mentor", **mentor)


def asked(call: Call, **fields: Any) -> Introduction:
    mentee, mentor = two(call)
    return make.IntroductionFactory(mentee=mentee, mentor=mentor, **fields)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def kinds() -> list[tuple[str, int]]:
    return list(Message.objects.order_by("pk").values_list("kind", "recipient"))


class TestAsking:
    def test_a_mentee_asks_a_mentor(self, call: Call) -> None:
        mentee, mentor = two(call)
        row = ask(mentee=mentee, mentor=mentor, by=mentee.person, note=" We met in Oslo. ")
        row.refresh_from_db()
        assert (row.state, row.asked_by, row.note, row.cohort) == (
            "asked", "mentee", "We met in Oslo.", call.cohort
        )  # fmt: skip
        assert row.expires_on == timezone.localdate() + timedelta(days=10)
        assert kinds() == [("introduction_asked", mentor.person_id)]
        assert "Oslo" not in Message.objects.get().body
        event = AuditEvent.objects.get(verb="introduction.asked")
        assert event.data == {"mentee": mentee.pk, "mentor": mentor.pk, "asked_by": "mentee"}

    def test_a_mentor_asks_a_mentee(self, call: Call) -> None:
        mentee, mentor = two(call)
        row = ask(mentee=mentee, mentor=mentor, by=mentor.person)
        assert (row.asked_by, row.asker, row.asked) == ("mentor", mentor, mentee)
        assert kinds() == [("introduction_asked", mentee.person_id)]

    def test_the_note_is_sealed(self, call: Call) -> None:
        mentee, mentor = two(call)
        row = ask(mentee=mentee, mentor=mentor, by=mentee.person, note="We met in Oslo.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT note FROM participants_introduction WHERE id = %s", [row.pk])
            assert "Oslo" not in cursor.fetchone()[0]

    def test_the_first_line_supervisor_is_refused_at_once_and_kindly(self, call: Call) -> None:
        mentee, mentor = two(call)
        mentee.person.supervisor = mentor.person
        mentee.person.save()
        with pytest.raises(Refused) as refused:
            ask(mentee=mentee, mentor=mentor, by=mentee.person)
        assert refused.value.code == "supervisor"
        assert "leaves both of you freer" in str(refused.value.hint)
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentor.person)) == "supervisor"

    def test_somebody_further_up_may_be_asked(self, call: Call) -> None:
        mentee, mentor = two(call)
        mentee.person.supervisor = make.PersonFactory(supervisor=mentor.person)
        mentee.person.save()
        assert ask(mentee=mentee, mentor=mentor, by=mentee.person).state == "asked"

    @pytest.mark.parametrize("state", ["draft", "waitlisted", "declined", "withdrawn"])
    def test_only_people_who_look_for_a_pair(self, call: Call, state: str) -> None:
        mentee = call.enroll("submitted")
        mentor = call.enroll(state, role="mentor")
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "cannot_ask"

    def test_not_in_another_cohort_role_or_strand(self, call: Call) -> None:
        mentee, _mentor = two(call)
        elsewhere = make.EnrollmentFactory(cohort__introductions=True, role="mentor")
        strand = make.StrandFactory(program=call.program)
        other_strand = call.enroll("accepted", role="mentor", strand=strand)
        for other in (elsewhere, other_strand, call.enroll("submitted")):
            assert refusal(lambda one=other: ask(mentee=mentee, mentor=one, by=mentee.person)) == "cannot_ask"
        call.program.criteria = {"rules": {"same_strand": False}}
        call.program.save()
        assert ask(mentee=mentee, mentor=other_strand, by=mentee.person).state == "asked"

    @pytest.mark.parametrize("state", ["running", "closing", "closed"])
    def test_not_once_the_pairs_are_made(self, call: Call, state: str) -> None:
        mentee, mentor = two(call)
        type(call.cohort).objects.update(state=state)
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "not_offered"

    def test_not_where_the_program_has_no_such_way(self) -> None:
        call = new_call()
        mentee, mentor = two(call)
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "not_offered"

    def test_self_match_is_for_mentees_alone(self) -> None:
        call = new_call(self_match=True)
        mentee, mentor = two(call)
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentor.person)) == "not_offered"
        assert ask(mentee=mentee, mentor=mentor, by=mentee.person).state == "asked"

    def test_one_open_request_for_two_people(self, call: Call) -> None:
        row = asked(call)
        for by in (row.mentee.person, row.mentor.person):
            code = refusal(lambda by=by: ask(mentee=row.mentee, mentor=row.mentor, by=by))
            assert code == "already_open"

    def test_a_no_stands_for_the_asker_not_for_the_other(self, call: Call) -> None:
        row = asked(call, state="refused")
        again = refusal(lambda: ask(mentee=row.mentee, mentor=row.mentor, by=row.mentee.person))
        assert again == "answered_before"
        assert ask(mentee=row.mentee, mentor=row.mentor, by=row.mentor.person).state == "asked"

    @pytest.mark.parametrize("state", ["expired", "withdrawn"])
    def test_what_ended_by_itself_may_be_asked_again(self, call: Call, state: str) -> None:
        row = asked(call, state=state)
        assert ask(mentee=row.mentee, mentor=row.mentor, by=row.mentee.person).state == "asked"

    def test_three_at_a_time(self, call: Call) -> None:
        mentee = call.enroll("submitted")
        others = [call.enroll("accepted", role="mentor") for _ in range(4)]
        made = [ask(mentee=mentee, mentor=one, by=mentee.person) for one in others[:3]]
        assert refusal(lambda: ask(mentee=mentee, mentor=others[3], by=mentee.person)) == "too_many"
        take_back(introduction=made[0], by=mentee.person)
        assert ask(mentee=mentee, mentor=others[3], by=mentee.person).state == "asked"

    def test_a_place_used_or_promised_is_no_place(self, call: Call) -> None:
        mentee = call.enroll("submitted")
        full = call.enroll("accepted", role="mentor", used=1)
        promised = asked(call, state="agreed").mentor
        for mentor in (full, promised):
            assert refusal(lambda one=mentor: ask(mentee=mentee, mentor=one, by=mentee.person)) == "no_place"
        promised.capacity = 2
        promised.save()
        assert ask(mentee=mentee, mentor=promised, by=mentee.person).state == "asked"

    def test_who_has_agreed_with_somebody_asks_nobody_else(self, call: Call) -> None:
        mentee = asked(call, state="agreed").mentee
        mentor = call.enroll("accepted", role="mentor")
        assert refusal(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "own_place"


class TestAnswering:
    def test_yes(self, call: Call) -> None:
        row = answer(introduction=asked(call), agrees=True, by=Introduction.objects.get().mentor.person)
        assert row.state == "agreed"
        assert row.answered_at is not None
        assert kinds() == [("introduction_answered", row.mentee.person_id)]
        assert "says yes" in Message.objects.get().subject

    def test_no_needs_no_reason_and_is_told_kindly(self, call: Call) -> None:
        row = asked(call)
        row = answer(introduction=row, agrees=False, by=row.mentor.person)
        assert row.state == "refused"
        mail = Message.objects.get()
        assert (mail.kind, mail.recipient) == ("introduction_answered", row.mentee.person)
        assert "it says nothing about you" in mail.body

    def test_twice_the_same_changes_nothing(self, call: Call) -> None:
        row = asked(call)
        for _ in range(2):
            answer(introduction=row, agrees=True, by=row.mentor.person)
        assert len(kinds()) == 1
        assert refusal(lambda: answer(introduction=row, agrees=False, by=row.mentor.person)) == "illegal_move"

    def test_only_by_the_one_asked(self, call: Call) -> None:
        row = asked(call)
        for by in (row.mentee.person, call.manager, make.PersonFactory()):
            assert refusal(lambda by=by: answer(introduction=row, agrees=True, by=by)) == "not_asked"

    def test_not_after_the_last_day(self, call: Call) -> None:
        row = asked(call, expires_on=timezone.localdate())
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert refusal(lambda: answer(introduction=row, agrees=True, by=row.mentor.person)) == "too_late"

    def test_not_when_the_other_has_gone(self, call: Call) -> None:
        row = asked(call)
        Enrollment.objects.filter(pk=row.mentee_id).update(state="withdrawn")
        assert refusal(lambda: answer(introduction=row, agrees=True, by=row.mentor.person)) == "cannot_ask"

    def test_the_last_place_is_promised_once(self, call: Call) -> None:
        mentor = call.enroll("accepted", role="mentor")
        rows = [make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=mentor) for _ in range(2)]
        answer(introduction=rows[0], agrees=True, by=mentor.person)
        assert refusal(lambda: answer(introduction=rows[1], agrees=True, by=mentor.person)) == "own_place"

    def test_taking_back(self, call: Call) -> None:
        row = asked(call)
        assert refusal(lambda: take_back(introduction=row, by=row.mentor.person)) == "not_yours"
        assert take_back(introduction=row, by=row.mentee.person).state == "withdrawn"
        assert take_back(introduction=row, by=row.mentee.person).state == "withdrawn"
        agreed = asked(call, state="agreed")
        assert take_back(introduction=agreed, by=agreed.mentor.person).state == "withdrawn"
        assert kinds() == []


class TestSettling:
    def test_out_of_time(self, call: Call) -> None:
        late = asked(call, expires_on=timezone.localdate() - timedelta(days=2))
        asked(call)
        assert (settle_introductions(), settle_introductions()) == (1, 0)
        late.refresh_from_db()
        assert late.state == "expired"
        assert kinds() == [("introduction_answered", late.mentee.person_id)]

    def test_when_the_pairs_are_made(self, call: Call) -> None:
        asked(call)
        asked(call, state="agreed")
        type(call.cohort).objects.update(state="running")
        assert (settle_introductions(), settle_introductions()) == (2, 0)
        assert set(Introduction.objects.values_list("state", flat=True)) == {"closed"}
        assert kinds() == []
        assert AuditEvent.objects.filter(verb="introduction.closed", actor_id=None).count() == 2

    def test_a_yes_that_comes_too_late_is_told_the_true_reason(self, call: Call) -> None:
        row = asked(call)
        type(call.cohort).objects.update(state="running")
        with pytest.raises(Refused) as refused:
            answer(introduction=row, agrees=True, by=row.mentor.person)
        assert (refused.value.code, str(refused.value.message)) == (
            "pairs_made", "Pairs of this round have been published."
        )  # fmt: skip

    @pytest.mark.parametrize("side", ["mentee", "mentor"])
    def test_when_one_has_no_place_left(self, call: Call, side: str) -> None:
        first = asked(call, state="agreed")
        two = {"mentee": call.enroll("submitted"), "mentor": call.enroll("accepted", role="mentor")}
        other = make.IntroductionFactory(**{**two, side: getattr(first, side)})
        free = asked(call)
        assert settle_introductions() == 0  # agreed, but not settled yet
        Introduction.objects.filter(pk=first.pk).update(state="confirmed", decided_at=timezone.now())
        assert settle_introductions() == 1
        for row in (other, free):
            row.refresh_from_db()
        assert (other.state, free.state) == ("closed", "asked")

    @pytest.mark.parametrize(
        ("state", "cohort", "words"),
        [
            (
                "closed",
                "matching",
                "One of you has found a partner meanwhile, so the request has ended by itself.",
            ),
            (
                "closed",
                "running",
                "Pairs of this round have been published, so the request has ended by itself.",
            ),
            (
                "confirmed",
                "running",
                "It is confirmed. Once your pair is published, your next steps show how to begin.",
            ),
        ],
    )
    def test_the_page_says_why(self, call: Call, client: Client, state: str, cohort: str, words: str) -> None:
        row = asked(call, state=state)
        type(call.cohort).objects.update(state=cohort)
        client.force_login(row.mentee.person)
        shown = client.get(f"/me/introductions/{row.uid}/").context["row"]
        assert (str(shown["words"]), shown["can_answer"], shown["can_take_back"]) == (words, False, False)

    def test_when_one_has_gone(self, call: Call) -> None:
        for state in ("asked", "agreed", "confirmed"):
            row = asked(call, state=state)
            Enrollment.objects.filter(pk=row.mentor_id).update(state="withdrawn")
        assert settle_introductions() == 2
        assert sorted(Introduction.objects.values_list("state", flat=True)) == [
            "confirmed", "withdrawn", "withdrawn"
        ]  # fmt: skip
        assert kinds() == []


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "agreed", "answered_at": None}, "introduction_answered_at"),
        ({"state": "asked", "answered_at": timezone.now()}, "introduction_answered_at"),
        ({"state": "confirmed", "decided_at": None}, "introduction_decided_at"),
        ({"state": "agreed", "decided_at": timezone.now()}, "introduction_decided_at"),
        ({"state": "changed", "word": ""}, "introduction_change_has_a_word"),
    ],
)
def test_the_database_says_no(call: Call, fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        asked(call, **fields)


def test_the_database_keeps_one_open_request_for_two(call: Call) -> None:
    row = asked(call, state="agreed")
    with pytest.raises(IntegrityError, match="introduction_one_open"), transaction.atomic():
        make.IntroductionFactory(mentee=row.mentee, mentor=row.mentor, asked_by="mentor")
    make.IntroductionFactory(mentee=row.mentee, mentor=row.mentor, state="expired")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_yes_and_taking_it_back(self) -> None:
        row = asked(new_call(introductions=True))
        done = together(
            lambda: answer(introduction=row, agrees=False, by=row.mentor.person),
            lambda: take_back(introduction=row, by=row.mentee.person),
        )
        row.refresh_from_db()
        assert done == ["done", "illegal_move"]
        assert row.state in ("refused", "withdrawn")

    def test_two_yeses_for_one_place(self) -> None:
        call = new_call(introductions=True)
        mentor = call.enroll("accepted", role="mentor")
        rows = [
            make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=mentor, asked_by="mentor")
            for _ in range(4)
        ]
        acts = [lambda row=row: answer(introduction=row, agrees=True, by=row.mentee.person) for row in rows]
        assert together(*acts) == ["done", *["no_place"] * 3]
        assert Introduction.objects.filter(state="agreed").count() == 1

    def test_both_ask_each_other(self) -> None:
        mentee, mentor = two(new_call(introductions=True))
        acts = [
            lambda by=by: ask(mentee=mentee, mentor=mentor, by=by) for by in (mentee.person, mentor.person)
        ]
        assert together(*acts) == ["already_open", "done"]


class TestPages:
    def test_an_answer_from_the_page(self, client: Client, call: Call) -> None:
        row = asked(call, note="We met in Oslo.")
        client.force_login(row.mentor.person)
        url = f"/me/introductions/{row.uid}/"
        page = client.get(url).content.decode()
        assert ("We met in Oslo." in page, "A no is final: you cannot change it afterwards." in page) == (
            True,
            True,
        )
        answered = client.post(f"{url}answer/", {"no": "1"}, follow=True)
        row.refresh_from_db()
        assert row.state == "refused"
        assert "You have said no to" in answered.content.decode()
        client.force_login(row.mentee.person)
        assert "People say no for many reasons" in client.get(url).content.decode()

    def test_staff_and_others_find_nothing(self, client: Client, call: Call) -> None:
        row = asked(call)
        for person in (call.manager, call.enroll("submitted").person, call.mentors(1)[0]):
            client.force_login(person)
            assert client.get(f"/me/introductions/{row.uid}/").status_code == 404
            assert client.post(f"/me/introductions/{row.uid}/answer/", {"yes": "1"}).status_code == 404
        row.refresh_from_db()
        assert row.state == "asked"

    def test_a_mentor_asks_by_address(self, client: Client, call: Call) -> None:
        mentee, mentor = two(call)
        client.force_login(mentor.person)
        url = f"/me/introductions/as/{mentor.uid}/"
        answered = client.post(
            url, {"email": mentee.person.email.upper(), "note": "You asked good questions."}
        )
        row = Introduction.objects.get()
        assert (answered.status_code, answered["Location"]) == (302, f"/me/introductions/{row.uid}/")
        assert (row.mentee, row.asked_by, row.note) == (mentee, "mentor", "You asked good questions.")

    @pytest.mark.parametrize("who", ["nobody", "draft", "mentor", "elsewhere"])
    def test_the_same_words_whoever_cannot_be_asked(self, client: Client, call: Call, who: str) -> None:
        mentor = call.enroll("accepted", role="mentor")
        emails = {
            "nobody": "nobody@example.org",
            "draft": call.enroll("draft").person.email,
            "mentor": call.enroll("accepted", role="mentor").person.email,
            "elsewhere": make.EnrollmentFactory().person.email,
        }
        client.force_login(mentor.person)
        page = client.post(f"/me/introductions/as/{mentor.uid}/", {"email": emails[who]}).content.decode()
        assert "Nobody with this address can be asked in this round." in page
        assert Introduction.objects.count() == 0

    def test_the_list_leads_with_what_waits_for_me(
        self, client: Client, call: Call, count_queries: Callable[[], Any]
    ) -> None:
        mentor = call.enroll("accepted", role="mentor", capacity=20)
        make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=mentor)
        make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=mentor, state="refused")
        client.force_login(mentor.person)
        client.get("/me/introductions/")
        with count_queries() as few:
            page = client.get("/me/introductions/")
        assert [row["can_answer"] for row in page.context["rows"]] == [True, False]
        for _ in range(28):
            make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=mentor)
        with count_queries() as many:
            client.get("/me/introductions/")
        assert len(many) == len(few)
