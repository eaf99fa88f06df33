"""The manager's word on an introduction, and what becomes of it in the runs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from matching.domain.answers import answer_pair
from matching.domain.criteria import change_criteria
from matching.domain.decisions import Act
from matching.domain.fixed import allow_pair, exclude_pair, unlock_pair
from matching.domain.introductions import confirm_introduction, recommend_change
from matching.domain.pairs import remember_pair
from matching.engine.field import Criteria
from matching.models import Exclusion, Lock, SideAnswer
from matching.queries import both_agreed
from matching.snapshot import Snapshot, read_snapshot
from notifications.models import Message
from participants.domain.introductions import answer, ask, kept_apart
from participants.domain.shortlists import rank_shortlist
from participants.models import Enrollment, Introduction
from people.models import Person
from programs.models import Cohort
from tests import factories as make
from tests.participants.test_races import together


def cohort(**fields: Any) -> Cohort:
    program = make.ProgramFactory()
    make.StrandFactory(program=program)
    return make.CohortFactory(program=program, state="matching", **{"introductions": True, **fields})


def enroll(where: Cohort, role: str = "mentee", **fields: Any) -> Enrollment:
    return make.EnrollmentFactory(
        cohort=where, strand=where.program.strands.get(), role=role, person__languages=["en"], **fields
    )


def agreed(where: Cohort, state: str = "agreed", **fields: Any) -> Introduction:
    fields.setdefault("mentee", enroll(where))
    fields.setdefault("mentor", enroll(where, "mentor"))
    return make.IntroductionFactory(state=state, **fields)


def manager(where: Cohort) -> Person:
    return make.MembershipFactory(program=where.program, role=Role.MANAGER).person


def code(act: Any) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def pair(row: Introduction) -> tuple[int, int]:
    return row.mentee.person_id, row.mentor.person_id


pytestmark = pytest.mark.django_db


class TestAsking:
    def test_whom_a_rule_keeps_apart_need_not_ask(self) -> None:
        where = cohort()
        mentee, mentor = enroll(where), enroll(where, "mentor", person__full_name="Dana Whitfield")
        Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
        mentor.refresh_from_db()
        with pytest.raises(Refused) as refused:
            ask(mentee=mentee, mentor=mentor, by=mentee.person)
        assert (refused.value.code, str(refused.value)) == (
            "kept_apart", "You and Dana Whitfield cannot be paired in this round.",
        )  # fmt: skip
        assert not Introduction.objects.exists()
        assert not Message.objects.exists()

    def test_nor_may_the_mentor(self) -> None:
        where = cohort()
        boss = enroll(where, "mentor")
        between = make.PersonFactory(supervisor=boss.person)
        mentee = enroll(where, person__supervisor=between)
        change_criteria(cohort=where, criteria={"rules": {"chain_levels": 2}}, version=0, by=manager(where))
        assert code(lambda: ask(mentee=mentee, mentor=boss, by=boss.person)) == "kept_apart"

    def test_an_exclusion_is_not_given_away(self) -> None:
        where = cohort()
        mentee, mentor = enroll(where), enroll(where, "mentor", person__full_name="Dana Whitfield")
        exclude_pair(mentee=mentee, mentor=mentor, reason="said so in confidence", by=manager(where))
        excluded = kept_apart(mentee, [mentor])[mentor.pk]
        Exclusion.objects.all().delete()
        Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
        barred = kept_apart(mentee, [mentor])[mentor.pk]
        assert (excluded.code, excluded.message, excluded.hint) == (barred.code, barred.message, barred.hint)
        assert code(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "kept_apart"

    def test_who_is_not_accepted_yet_is_let_pass(self) -> None:
        where = cohort()
        mentee, mentor = enroll(where, state="submitted"), enroll(where, "mentor")
        Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
        assert ask(mentee=mentee, mentor=mentor, by=mentee.person).state == "asked"


@time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC), tick=False)
def said_no(where: Cohort, by: str = "mentee") -> tuple[Enrollment, Enrollment]:
    """Mira and Lars, of whom one has said no when both sides were asked."""
    mentee = enroll(where, person__full_name="Mira Kovac")
    mentor = enroll(where, "mentor", person__full_name="Lars Holm", listed=True)
    pair = make.ProposalFactory(run=make.RunFactory(cohort=where), mentee=mentee, mentor=mentor)
    for side in (mentee, mentor):
        SideAnswer.objects.create(proposal=pair, enrollment=side, due_on=date(2026, 12, 1))
    mine = SideAnswer.objects.get(enrollment={"mentee": mentee, "mentor": mentor}[by])
    answer_pair(question=mine, answer="no", word="Too near", by=mine.enrollment.person)
    return mentee, mentor


class TestAfterANo:
    NO = "You said no to Lars Holm on 26 November 2026."

    def test_one_cannot_ask_whom_one_has_said_no_to_and_reads_why(self) -> None:
        mentee, mentor = said_no(cohort())
        with pytest.raises(Refused) as refused:
            ask(mentee=mentee, mentor=mentor, by=mentee.person)
        assert (refused.value.code, refused.value.message) == ("said_no", self.NO)
        # The other one learns of no answer.
        assert code(lambda: ask(mentee=mentee, mentor=mentor, by=mentor.person)) == "kept_apart"

    def test_a_no_of_the_mentor_is_told_to_the_mentor_alone(self) -> None:
        mentee, mentor = said_no(cohort(), by="mentor")
        assert code(lambda: ask(mentee=mentee, mentor=mentor, by=mentee.person)) == "kept_apart"
        assert code(lambda: ask(mentee=mentee, mentor=mentor, by=mentor.person)) == "said_no"

    def test_once_the_manager_has_lifted_it_nothing_stands_between(self) -> None:
        where = cohort()
        mentee, mentor = said_no(where)
        allow_pair(exclusion=Exclusion.objects.get(), by=manager(where))
        assert ask(mentee=mentee, mentor=mentor, by=mentee.person).state == "asked"

    def test_the_directory_says_so_and_offers_neither_request_nor_wish(self, client: Client) -> None:
        where = cohort()
        mentee, mentor = said_no(where)
        client.force_login(mentee.person)
        base = f"/mentors/{where.program.slug}/{where.slug}/"
        page = client.get(base)
        assert [card.apart for card in page.context["cards"]] == [self.NO]
        for shown in (page, client.get(f"{base}{mentor.uid}/")):
            text = shown.content.decode()
            assert (self.NO in text, "Ask for an introduction" in text, "Add to my wishes" in text) == (
                True,
                False,
                False,
            )

    @pytest.mark.parametrize("why", ["no", "past pair", "language"])
    def test_whoever_is_barred_looks_the_same_from_the_start(self, client: Client, why: str) -> None:
        where = cohort()
        mentee, mentor = said_no(where, by="mentor")
        if why != "no":
            Exclusion.objects.all().delete()
        if why == "past pair":
            remember_pair(mentee.person_id, mentor.person_id)
        elif why == "language":
            Person.objects.filter(pk=mentor.person_id).update(languages=["fr"])
        client.force_login(mentee.person)
        base = f"/mentors/{where.program.slug}/{where.slug}/"
        told = "You and Lars Holm cannot be paired in this round."
        assert [card.apart for card in client.get(base).context["cards"]] == [told]
        for page in (client.get(base), client.get(f"{base}{mentor.uid}/")):
            text = page.content.decode()
            assert (told in text, "Ask for an introduction" in text, "Add to my wishes" in text) == (
                True,
                False,
                False,
            )

    def test_a_wish_that_cannot_be_met_is_said_to_be_one(self, client: Client) -> None:
        where = cohort()
        mentee, mentor = said_no(where, by="mentor")
        other = enroll(where, "mentor", listed=True)
        for rank, one in enumerate((mentor, other), start=1):
            mentee.wishes.create(rank=rank, mentor=one.person)
        client.force_login(mentee.person)
        page = client.get(f"/mentors/{where.program.slug}/{where.slug}/")
        assert page.context["vain"] == {mentor.person_id}
        text = page.content.decode()
        counts = [
            text.count(words)
            for words in (
                "This wish cannot be met in this round.",
                "but it cannot be met",
                "Among your wishes<",
            )
        ]
        assert counts == [1, 1, 1]

    def test_the_shortlist_says_so_and_takes_no_rank(self, client: Client) -> None:
        where = cohort(shortlists=True)
        mentee, mentor = said_no(where)
        other = enroll(where, "mentor", listed=True)
        found = make.ShortlistFactory(enrollment=mentee, mentors=[mentor, other])
        client.force_login(mentee.person)
        page = client.get(f"/me/shortlist/{found.uid}/")
        assert sorted(why.message if why else "" for _card, why, _bound in page.context["rows"]) == [
            "", self.NO
        ]  # fmt: skip
        assert len(page.context["form"].fields) == 1
        barred = found.suggestions.get(mentor=mentor).pk
        assert code(lambda: rank_shortlist(shortlist=found, ranks={barred: 1}, by=mentee.person)) == "said_no"
        free = found.suggestions.get(mentor=other).pk
        rank_shortlist(shortlist=found, ranks={free: 1}, by=mentee.person)
        assert [wish.mentor for wish in mentee.wishes.all()] == [other.person]

    def test_the_manager_reads_whose_no_it_was(self) -> None:
        where = cohort()
        mentee, mentor = said_no(where)
        row = agreed(where, mentee=mentee, mentor=mentor)
        with pytest.raises(Refused) as refused:
            confirm_introduction(introduction=row, by=manager(where))
        assert (refused.value.code, refused.value.message) == (
            "rule_exclusion",
            "Mira Kovac said no to Lars Holm on 26 November 2026, so the two are kept apart.",
        )

    def test_for_one_as_many_queries_as_for_thirty(self, client: Client) -> None:
        where = cohort()
        mentee, _mentor = said_no(where)
        client.force_login(mentee.person)
        url = f"/mentors/{where.program.slug}/{where.slug}/"
        client.get(url)
        with CaptureQueriesContext(connection) as few:
            client.get(url)
        for _ in range(20):
            enroll(where, "mentor", listed=True)
        with CaptureQueriesContext(connection) as many:
            client.get(url)
        assert len(many) == len(few)


class TestConfirming:
    def test_locks_the_pair_and_tells_both(self) -> None:
        where = cohort()
        row, by = agreed(where), manager(where)
        lock = confirm_introduction(introduction=row, by=by)
        row.refresh_from_db()
        assert (row.state, row.decided_by, lock.mentee, lock.mentor) == (
            "confirmed",
            by,
            row.mentee,
            row.mentor,
        )
        mails = Message.objects.order_by("recipient")
        assert {mail.recipient_id for mail in mails} == {row.mentee.person_id, row.mentor.person_id}
        assert {mail.kind for mail in mails} == {"introduction_decided"}
        assert AuditEvent.objects.filter(verb="introduction.confirmed", actor_id=by.pk).count() == 1

    def test_twice_changes_nothing(self) -> None:
        where = cohort()
        row, by = agreed(where), manager(where)
        for _ in range(2):
            confirm_introduction(introduction=row, by=by)
        assert (Lock.objects.count(), Message.objects.count()) == (1, 2)

    def test_a_hard_rule_says_no_by_its_name(self) -> None:
        where = cohort()
        by, row = manager(where), agreed(where)
        row.mentee.person.supervisor = row.mentor.person
        row.mentee.person.save()
        assert code(lambda: confirm_introduction(introduction=row, by=by)).startswith("rule_")
        other = agreed(where)
        exclude_pair(mentee=other.mentee, mentor=other.mentor, reason="No.", by=by)
        assert code(lambda: confirm_introduction(introduction=other, by=by)).startswith("rule_")
        assert set(Introduction.objects.values_list("state", flat=True)) == {"agreed"}
        assert (Lock.objects.count(), Message.objects.count()) == (0, 0)

    def test_not_before_both_are_accepted(self) -> None:
        where = cohort()
        row = agreed(where, mentee=enroll(where, state="submitted"))
        assert code(lambda: confirm_introduction(introduction=row, by=manager(where))) == "not_accepted"

    @pytest.mark.parametrize("state", ["asked", "refused", "withdrawn", "changed"])
    def test_only_what_both_agreed_on(self, state: str) -> None:
        where = cohort()
        row = agreed(where, state=state)
        assert code(lambda: confirm_introduction(introduction=row, by=manager(where))) == "illegal_move"
        assert Lock.objects.count() == 0

    def test_a_change_needs_a_word_which_stands_in_no_mail(self) -> None:
        where = cohort()
        row, by = agreed(where), manager(where)
        assert code(lambda: recommend_change(introduction=row, word=" ", by=by)) == "no_word"
        recommend_change(introduction=row, word="Try the design team.", by=by)
        row.refresh_from_db()
        assert (row.state, row.word, row.decided_by) == ("changed", "Try the design team.", by)
        assert [("design" in mail.body) for mail in Message.objects.all()] == [False, False]
        assert Lock.objects.count() == 0


class TestWithoutTheManager:
    def test_a_yes_is_enough(self) -> None:
        row = agreed(cohort(self_match=True, confirms_pairs=False), state="asked")
        done = answer(introduction=row, agrees=True, by=row.mentor.person)
        assert (done.state, done.decided_by) == ("confirmed", None)
        lock = Lock.objects.annotate(agreed=both_agreed()).get()
        assert (lock.by, lock.agreed) == (row.mentor.person, True)

    def test_whoever_else_decides_about_them_reads_that_they_agreed(self) -> None:
        where = cohort(self_match=True, confirms_pairs=False)
        row = agreed(where, state="asked")
        answer(introduction=row, agrees=True, by=row.mentor.person)
        with pytest.raises(Refused) as refusal:
            unlock_pair(mentee=row.mentee, mentor=row.mentor, by=manager(where), act=Act("unlock", seen=0))
        names = f"{row.mentee.person.name} and {row.mentor.person.name}"
        assert f"{names} agreed to be a pair." in refusal.value.message

    def test_a_lock_by_the_manager_is_hers(self) -> None:
        where = cohort()
        confirm_introduction(introduction=agreed(where), by=manager(where))
        assert Lock.objects.annotate(agreed=both_agreed()).get().agreed is False

    def test_what_a_rule_forbids_waits_for_the_manager(self) -> None:
        where = cohort(self_match=True, confirms_pairs=False)
        row = agreed(where, state="asked")
        exclude_pair(mentee=row.mentee, mentor=row.mentor, reason="No.", by=manager(where))
        assert answer(introduction=row, agrees=True, by=row.mentor.person).state == "agreed"
        assert Lock.objects.count() == 0

    def test_with_the_manager_it_is_not(self) -> None:
        row = agreed(cohort(), state="asked")
        assert answer(introduction=row, agrees=True, by=row.mentor.person).state == "agreed"
        assert Lock.objects.count() == 0


def test_confirming_ends_what_else_the_mentee_waits_for() -> None:
    where = cohort()
    row = agreed(where)
    other = agreed(where, state="asked", mentee=row.mentee)
    elsewhere = agreed(where, state="asked")
    confirm_introduction(introduction=row, by=manager(where))
    for one in (other, elsewhere):
        one.refresh_from_db()
    assert (other.state, elsewhere.state) == ("closed", "asked")
    assert not Message.objects.filter(about_id=other.pk, kind__startswith="introduction").exists()


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_over_the_last_place() -> None:
    where = cohort()
    mentor, by = enroll(where, "mentor"), manager(where)
    rows = [agreed(where, mentor=mentor) for _ in range(3)]
    done = together(*[lambda row=row: confirm_introduction(introduction=row, by=by) for row in rows])
    assert done == ["done", "mentor_full", "mentor_full"]
    assert (Lock.objects.count(), Introduction.objects.filter(state="confirmed").count()) == (1, 1)


def read(where: Cohort) -> Snapshot:
    return read_snapshot(where, {"weights": {"introduction": 8, "mentor_wish": 6}})


class TestRuns:
    def test_who_agreed_is_an_introduction(self) -> None:
        where = cohort()
        yes, confirmed = agreed(where), agreed(where, state="confirmed")
        for state in ("asked", "refused", "expired", "withdrawn", "changed"):
            agreed(where, state=state)
        assert read(where).introductions == sorted([pair(yes), pair(confirmed)])

    def test_a_mentor_who_asked_has_a_wish(self) -> None:
        where = cohort()
        asked = agreed(where, state="asked", asked_by="mentor")
        agreed(where, state="refused", asked_by="mentor")
        agreed(where, state="asked")
        found = read(where)
        assert found.asked_by_mentors == [pair(asked)]
        scores = {
            (found.mentees.person[m], found.mentors.person[n]): score
            for m, n, score in zip(*(column.tolist() for column in _pairs(found)), strict=True)
        }
        assert max(scores, key=lambda one: scores[one]) == pair(asked)

    def test_needs_are_handed_over_as_bits(self) -> None:
        where = cohort()
        enroll(where, needs=["technical", "career"])
        enroll(where, "mentor", needs=["belonging", "something-of-its-own"])
        found = read(where)
        assert (found.mentees.needs, found.mentors.needs) == ([3], [4])
        again = Snapshot.unpack(found.pack())
        assert again == found
        again.mentees.needs = []  # packed before needs were asked for
        assert again.people(Criteria())[0].needs.tolist() == [0]


def _pairs(found: Snapshot) -> tuple[Any, Any, Any]:
    field = found.field()
    return field.mentee, field.mentor, field.score


class TestPages:
    def desk(self, where: Cohort, rest: str = "") -> str:
        return f"/desk/{where.program.slug}/{where.slug}/matching/{rest}"

    def test_what_waits_and_what_was_decided(self, client: Client) -> None:
        where = cohort()
        row = agreed(where, note="canary-note")
        hidden = agreed(where, state="refused")
        client.force_login(manager(where))
        page = client.get(self.desk(where, "introductions/")).content.decode()
        assert row.mentee.person.full_name in page
        assert hidden.mentee.person.full_name not in page
        assert "canary-note" not in page
        assert "1 to decide" in client.get(self.desk(where)).content.decode()
        done = client.post(self.desk(where, f"introductions/{row.uid}/confirm/"), follow=True)
        assert "every run keeps the pair" in done.content.decode()
        assert Lock.objects.count() == 1

    @pytest.mark.parametrize(
        ("then", "told"), [("", "Confirmed"), ("unlock", "No longer locked"), ("publish", "A pair")]
    )
    def test_what_became_of_a_confirmed_one(self, client: Client, then: str, told: str) -> None:
        where = cohort()
        row, by = agreed(where), manager(where)
        confirm_introduction(introduction=row, by=by)
        if then == "publish":
            run = make.RunFactory(cohort=where)
            make.ProposalFactory(run=run, mentee=row.mentee, mentor=row.mentor, published_at=timezone.now())
        if then:
            Lock.objects.all().delete()
        client.force_login(by)
        ((shown, _kind, label, _note),) = client.get(self.desk(where, "introductions/")).context["decided"]
        assert (shown, str(label)) == (row, told)

    def test_a_refusal_is_said(self, client: Client) -> None:
        where = cohort()
        row, by = agreed(where), manager(where)
        exclude_pair(mentee=row.mentee, mentor=row.mentor, reason="No.", by=by)
        client.force_login(by)
        done = client.post(self.desk(where, f"introductions/{row.uid}/confirm/"), follow=True)
        assert "never made, not even by hand" in done.content.decode()

    def test_a_word_to_both(self, client: Client) -> None:
        where = cohort()
        row = agreed(where)
        client.force_login(manager(where))
        url = self.desk(where, f"introductions/{row.uid}/change/")
        assert client.post(url, {"word": ""}).status_code == 200
        assert client.post(url, {"word": "Try the design team."}).status_code == 302
        for side in (row.mentee, row.mentor):
            client.force_login(side.person)
            assert "Try the design team." in client.get(f"/me/introductions/{row.uid}/").content.decode()

    def test_as_many_queries_for_one_as_for_many(self, client: Client) -> None:
        where = cohort()
        agreed(where)
        client.force_login(manager(where))
        client.get(self.desk(where, "introductions/"))
        with CaptureQueriesContext(connection) as few:
            client.get(self.desk(where, "introductions/"))
        for _ in range(10):
            agreed(where)
            agreed(where, state="changed")
        with CaptureQueriesContext(connection) as many:
            client.get(self.desk(where, "introductions/"))
        assert len(many) == len(few)
