"""Applying: start, save, submit, take back, withdraw."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from core.errors import Refused
from core.models import AuditEvent
from notifications.models import Message
from participants.domain.answers import values_of
from participants.domain.applications import (
    missing_pages,
    reopen,
    save_page,
    start_application,
    submit_application,
    withdraw,
)
from participants.models import Enrollment, Skill, SkillClaim
from people.models import Person
from programs.models import Cohort, Questionnaire
from programs.questions import parse
from tests import factories as make
from tests.participants.world import MENTEE, PAGES, Call, days, new_call

pytestmark = pytest.mark.django_db


def begin(call: Call, person: Person | None = None, role: str = "mentee") -> Enrollment:
    person = person or call.person()
    return start_application(person=person, cohort=call.cohort, role=role, strand=call.strand, by=person)


def fill(enrollment: Enrollment, **changed: dict[str, object]) -> Enrollment:
    for page, values in (PAGES | changed).items():
        enrollment = save_page(enrollment=enrollment, page=page, values=values, by=enrollment.person)
    return enrollment


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def verbs(enrollment: Enrollment) -> list[str]:
    events = AuditEvent.objects.filter(target_kind="participants.enrollment", target_id=enrollment.pk)
    return list(events.order_by("pk").values_list("verb", flat=True))


class TestStart:
    def test_makes_a_draft_and_freezes_the_questions(self, call: Call) -> None:
        mine = begin(call)
        assert (mine.state, mine.role, mine.strand, mine.left_out_before) == (
            "draft",
            "mentee",
            call.strand,
            False,
        )
        frozen = Questionnaire.objects.filter(frozen_at__isnull=False).values_list("key", flat=True)
        assert list(frozen) == ["mentee"]
        assert verbs(mine) == ["enrollment.started"]

    def test_twice_is_the_same_application(self, call: Call) -> None:
        person = call.person()
        assert begin(call, person).pk == begin(call, person).pk
        assert verbs(Enrollment.objects.get()) == ["enrollment.started"]

    def test_both_roles_are_two_applications(self, call: Call) -> None:
        person = call.person()
        begin(call, person, "mentee")
        begin(call, person, "mentor")
        assert sorted(Enrollment.objects.values_list("role", flat=True)) == ["mentee", "mentor"]

    def test_a_draft_takes_the_other_strand(self, call: Call) -> None:
        person = call.person()
        other = make.OfferFactory(cohort=call.cohort).strand
        begin(call, person)
        again = start_application(person=person, cohort=call.cohort, role="mentee", strand=other, by=person)
        assert Enrollment.objects.get().strand == again.strand == other

    def test_a_strand_of_another_cohort_is_refused(self, call: Call) -> None:
        elsewhere = make.OfferFactory().strand
        with pytest.raises(Refused) as refused:
            start_application(
                person=(me := call.person()), cohort=call.cohort, role="mentee", strand=elsewhere, by=me
            )
        assert code_of(refused) == "strand_not_open"

    @pytest.mark.parametrize(("contract", "role", "allowed"), [
        ("permanent", "mentee", True), ("fixed", "mentee", False), ("fixed", "mentor", True),
    ])  # fmt: skip
    def test_a_strand_may_be_for_some_contracts(
        self, call: Call, contract: str, role: str, allowed: bool
    ) -> None:
        call.strand.contract_types = ["permanent"]
        call.strand.save()
        person = call.person(contract_type=contract)
        if allowed:
            assert begin(call, person, role).state == "draft"
        else:
            with pytest.raises(Refused, match="not open to you"):
                begin(call, person, role)

    def test_an_unknown_role_is_refused(self, call: Call) -> None:
        with pytest.raises(Refused) as refused:
            begin(call, role="coach")
        assert code_of(refused) == "bad_role"

    def test_without_questions_nobody_can_apply(self, call: Call) -> None:
        Questionnaire.objects.all().delete()
        with pytest.raises(Refused) as refused:
            begin(call)
        assert code_of(refused) == "no_form"


class TestCallOpen:
    """The call is open from the start of its first day to the end of its last, where the cohort is."""

    @pytest.mark.parametrize(("zone", "now", "is_open"), [
        ("UTC", datetime(2026, 5, 31, 23, 59, tzinfo=UTC), True),
        ("UTC", datetime(2026, 6, 1, 0, 0, tzinfo=UTC), False),
        ("Pacific/Honolulu", datetime(2026, 6, 1, 9, 59, tzinfo=UTC), True),
        ("Pacific/Honolulu", datetime(2026, 6, 1, 10, 0, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 5, 31, 11, 59, tzinfo=UTC), True),
        ("Pacific/Auckland", datetime(2026, 5, 31, 12, 0, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2026, 4, 30, 12, 0, tzinfo=UTC), True),
        ("UTC", datetime(2026, 4, 30, 12, 0, tzinfo=UTC), False),
    ])  # fmt: skip
    def test_by_the_cohorts_own_day(self, zone: str, now: datetime, is_open: bool) -> None:
        call = new_call(timezone=zone, call_opens_on=date(2026, 5, 1), call_closes_on=date(2026, 5, 31))
        with time_machine.travel(now, tick=False):
            if is_open:
                assert begin(call).state == "draft"
            else:
                with pytest.raises(Refused, match="not open now"):
                    begin(call)

    @pytest.mark.parametrize("state", [state for state in Cohort.State.values if state != "call_open"])
    def test_and_only_while_the_cohort_says_so(self, call: Call, state: str) -> None:
        mine = fill(begin(call))
        Cohort.objects.update(state=state)
        call.cohort.refresh_from_db()
        for act in (
            lambda: begin(call),
            lambda: save_page(enrollment=mine, page="you", values={}, by=mine.person),
            lambda: submit_application(enrollment=mine, by=mine.person),
            lambda: reopen(enrollment=mine, by=mine.person),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert code_of(refused) == "call_closed"


class TestSave:
    def test_answers_go_where_they_feed(self, call: Call) -> None:
        mentor = call.mentors(1)[0]
        mine = fill(begin(call), mentors={"wishes": [str(mentor.uid)]})
        mine.refresh_from_db()
        assert (mine.position_summary, mine.goals, mine.hours_per_month) == (
            "I run the beam line.",
            ["lead"],
            4,
        )
        assert mine.answers == {"wants": "Calm", "contract": "fixed", "remote": False, "sure": 4}
        claims = mine.claims.values_list("skill__slug", "direction", "level")
        assert list(claims) == [("python", "seeks", 2)]
        assert list(mine.wishes.values_list("rank", "mentor")) == [(1, mentor.pk)]
        assert mine.pages_done == ["you", "learn", "mentors"]

    def test_they_come_back_as_they_were(self, call: Call) -> None:
        mentor = call.mentors(1)[0]
        given = PAGES | {"mentors": {"wishes": [str(mentor.uid)]}}
        mine = fill(begin(call), **given)
        flat = {key: value for page in given.values() for key, value in page.items()}
        assert values_of(Enrollment.objects.get(pk=mine.pk), parse(MENTEE)) == flat

    def test_saving_again_replaces(self, call: Call) -> None:
        first, second = call.mentors(2)
        mine = fill(begin(call), mentors={"wishes": [str(first.uid), str(second.uid)]})
        fill(mine, mentors={"wishes": [str(second.uid)]}, learn={"sought": {"writing": 3}})
        assert list(mine.wishes.values_list("rank", "mentor")) == [(1, second.pk)]
        assert list(mine.claims.values_list("skill__slug", "level")) == [("writing", 3)]
        mine.refresh_from_db()
        assert (mine.goals, mine.hours_per_month) == ([], None)

    def test_a_mentors_capacity(self, call: Call) -> None:
        mine = begin(call, role="mentor")
        mine = save_page(
            enrollment=mine,
            page="work",
            values={
                "position": "x",
                "offered": {"budget": 2},
                "capacity": 3,
                "needs": ["career"],
                "listed": True,
            },
            by=mine.person,
        )
        mine.refresh_from_db()
        assert (mine.capacity, mine.needs, mine.listed) == (3, ["career"], True)
        assert list(mine.claims.values_list("skill__slug", "direction")) == [("budget", "offers")]

    def test_saved_for_later_is_kept_and_still_to_do(self, call: Call) -> None:
        mine = begin(call)
        save_page(enrollment=mine, page="you", values={"position": "Half"}, by=mine.person, complete=False)
        mine.refresh_from_db()
        assert (mine.position_summary, missing_pages(mine)) == ("Half", ["you", "learn", "mentors"])

    def test_a_page_that_does_not_exist(self, call: Call) -> None:
        with pytest.raises(Refused) as refused:
            save_page(enrollment=(mine := begin(call)), page="work", values={}, by=mine.person)
        assert code_of(refused) == "no_page"

    @pytest.mark.parametrize("state", ["submitted", "accepted", "withdrawn"])
    def test_only_drafts(self, call: Call, state: str) -> None:
        mine = call.enroll(state)
        with pytest.raises(Refused) as refused:
            save_page(enrollment=mine, page="you", values=PAGES["you"], by=mine.person)
        assert code_of(refused) == "not_a_draft"
        mine.refresh_from_db()
        assert mine.position_summary == ""


class TestWishes:
    def save(self, mine: Enrollment, *people: Person) -> list[int]:
        uids = [str(person.uid) for person in people]
        save_page(enrollment=mine, page="mentors", values={"wishes": uids}, by=mine.person)
        return list(mine.wishes.values_list("mentor", flat=True))

    def test_three_in_order(self, call: Call) -> None:
        third, first, second = call.mentors(3)
        assert self.save(begin(call), first, second, third) == [first.pk, second.pk, third.pk]

    def refused(self, mine: Enrollment, *people: Person) -> tuple[str, str]:
        with pytest.raises(Refused) as refused:
            self.save(mine, *people)
        assert list(mine.wishes.all()) == []
        return code_of(refused), str(refused.value.message)

    def test_not_oneself(self, call: Call) -> None:
        me = call.enroll("submitted", role="mentor").person
        code, words = self.refused(begin(call, me), me)
        assert (code, words) == ("wish_self", "You cannot be your own mentor. Please choose somebody else.")

    def test_nobody_twice(self, call: Call) -> None:
        mentor = call.mentors(1)[0]
        assert self.refused(begin(call), mentor, mentor)[0] == "wish_twice"

    def test_four_are_too_many(self, call: Call) -> None:
        assert self.refused(begin(call), *call.mentors(4))[0] == "wish_too_many"

    def test_not_the_supervisor(self, call: Call) -> None:
        boss = call.mentors(1)[0]
        code, words = self.refused(begin(call, call.person(supervisor=boss)), boss)
        assert code == "wish_supervisor"
        assert words.startswith(f"{boss.name} is your supervisor.")

    def test_but_the_supervisors_supervisor(self, call: Call) -> None:
        top = call.mentors(1)[0]
        me = call.person(supervisor=call.person(supervisor=top))
        assert self.save(begin(call, me), top) == [top.pk]

    @pytest.mark.parametrize("state", ["draft", "withdrawn", "declined"])
    def test_only_mentors_of_the_cohort(self, call: Call, state: str) -> None:
        gone = call.enroll(state, role="mentor").person
        assert self.refused(begin(call), gone)[0] == "wish_unknown"

    def test_not_a_mentor_of_another_cohort(self, call: Call) -> None:
        elsewhere = make.EnrollmentFactory(role="mentor", cohort__program=call.program).person
        assert self.refused(begin(call), elsewhere)[0] == "wish_unknown"

    def test_not_of_another_strand_unless_the_program_mixes_them(self, call: Call) -> None:
        other = make.OfferFactory(cohort=call.cohort).strand
        mentor = call.mentors(1, strand=other)[0]
        mine = begin(call)
        assert self.refused(mine, mentor)[0] == "wish_unknown"
        call.program.criteria = {"rules": {"same_strand": False}}
        call.program.save()
        assert self.save(mine, mentor) == [mentor.pk]


class TestSubmit:
    def test_confirms_by_mail(self, call: Call) -> None:
        mine = submit_application(enrollment=fill(begin(call)), by=(me := Person.objects.last()))
        assert (mine.state, mine.submitted_at is not None) == ("submitted", True)
        assert verbs(mine) == ["enrollment.started", "enrollment.submitted"]
        mail = Message.objects.get()
        assert (mail.kind, mail.recipient, mail.state) == ("application_received", me, "pending")
        assert mail.subject == "We have your application: Meridian"
        assert "as protégé in Meridian" in mail.body

    def test_twice_is_harmless(self, call: Call) -> None:
        mine = fill(begin(call))
        first = submit_application(enrollment=mine, by=mine.person)
        second = submit_application(enrollment=mine, by=mine.person)
        assert second.submitted_at == first.submitted_at
        assert Message.objects.count() == 1
        assert verbs(mine).count("enrollment.submitted") == 1

    @pytest.mark.parametrize("left_out", ["you", "learn", "mentors"])
    def test_every_page_must_be_saved(self, call: Call, left_out: str) -> None:
        mine = begin(call)
        for page, values in PAGES.items():
            if page != left_out:
                mine = save_page(enrollment=mine, page=page, values=values, by=mine.person)
        assert missing_pages(mine) == [left_out]
        with pytest.raises(Refused) as refused:
            submit_application(enrollment=mine, by=mine.person)
        assert code_of(refused) == "incomplete"

    def test_a_question_that_became_required_must_be_answered(self, call: Call) -> None:
        mine = fill(begin(call), you={"position": "x", "wants": ""})
        assert missing_pages(mine) == []
        stricter = {"pages": [dict(page) for page in MENTEE["pages"]]}
        stricter["pages"][0]["questions"] = [
            {**one, "required": True} for one in MENTEE["pages"][0]["questions"]
        ]
        make.QuestionnaireFactory(
            program=call.program, purpose="mentee", key="mentee", number=2, questions=stricter
        )
        assert missing_pages(Enrollment.objects.get(pk=mine.pk)) == ["you"]

    def test_no_and_zero_are_answers(self, call: Call) -> None:
        questions = {"pages": [{**MENTEE["pages"][0], "questions": [
            {"key": "remote", "kind": "yesno", "label": {"en": "?"}, "required": True},
            {"key": "years", "kind": "number", "label": {"en": "?"}, "required": True},
        ]}]}  # fmt: skip
        make.QuestionnaireFactory(
            program=call.program, purpose="mentee", key="mentee", number=2, questions=questions
        )
        mine = begin(call)
        save_page(enrollment=mine, page="you", values={"remote": False, "years": 0}, by=mine.person)
        assert submit_application(enrollment=mine, by=mine.person).state == "submitted"

    @pytest.mark.parametrize("state", ["accepted", "declined", "waitlisted"])
    def test_not_what_is_decided(self, call: Call, state: str) -> None:
        mine = call.enroll(state)
        with pytest.raises(Refused) as refused:
            submit_application(enrollment=mine, by=mine.person)
        assert code_of(refused) == "illegal_move"


class TestTakeBack:
    def test_a_submitted_one_becomes_a_draft_with_its_answers(self, call: Call) -> None:
        mine = submit_application(enrollment=fill(begin(call)), by=Person.objects.last())
        Enrollment.objects.update(pending_decision="accepted")
        mine = reopen(enrollment=mine, by=mine.person)
        assert (mine.state, mine.submitted_at, mine.pending_decision) == ("draft", None, "")
        assert (mine.position_summary, mine.claims.count()) == ("I run the beam line.", 1)
        again = submit_application(enrollment=mine, by=mine.person)
        assert again.state == "submitted"
        assert Message.objects.filter(kind="application_received").count() == 2

    def test_a_withdrawn_one_can_be_taken_up_again(self, call: Call) -> None:
        mine = withdraw(enrollment=begin(call), by=Person.objects.last())
        assert reopen(enrollment=mine, by=mine.person).state == "draft"

    def test_not_a_decided_one(self, call: Call) -> None:
        mine = call.enroll("waitlisted")
        with pytest.raises(Refused) as refused:
            reopen(enrollment=mine, by=mine.person)
        assert code_of(refused) == "illegal_move"

    @pytest.mark.parametrize("state", ["draft", "submitted", "waitlisted", "offered", "accepted"])
    def test_withdraw(self, call: Call, state: str) -> None:
        mine = call.enroll(state)
        assert withdraw(enrollment=mine, by=mine.person).state == "withdrawn"
        assert withdraw(enrollment=mine, by=mine.person).state == "withdrawn"
        assert verbs(mine) == ["enrollment.withdrawn"]
        assert call.used() == 0

    @pytest.mark.parametrize("state", ["declined", "lapsed", "completed", "left"])
    def test_too_late_to_withdraw(self, call: Call, state: str) -> None:
        mine = call.enroll(state)
        with pytest.raises(Refused) as refused:
            withdraw(enrollment=mine, by=mine.person)
        assert code_of(refused) == "illegal_move"

    def test_not_out_of_a_mentorship(self, call: Call) -> None:
        mine = call.enroll("accepted", used=1)
        with pytest.raises(Refused) as refused:
            withdraw(enrollment=mine, by=mine.person)
        assert code_of(refused) == "has_mentorship"
        assert call.used() == 1


class TestLeftOutBefore:
    def earlier(self, call: Call, person: Person, state: str, *, ago: int = 400, **fields: object) -> None:
        cohort = make.CohortFactory(
            program=call.program, state="closed", call_opens_on=call.cohort.call_opens_on - days(ago)
        )
        make.EnrollmentFactory(person=person, cohort=cohort, role="mentee", state=state, **fields)

    @pytest.mark.parametrize(("state", "used", "expected"), [
        ("waitlisted", 0, True), ("accepted", 0, True), ("accepted", 1, False),
        ("completed", 0, False), ("declined", 0, False), ("withdrawn", 0, False),
    ])  # fmt: skip
    def test_no_place_or_no_partner_last_time(
        self, call: Call, state: str, used: int, expected: bool
    ) -> None:
        person = call.person()
        self.earlier(call, person, state, used=used)
        assert begin(call, person).left_out_before is expected

    def test_only_the_last_time_counts(self, call: Call) -> None:
        person = call.person()
        self.earlier(call, person, "waitlisted", ago=800)
        self.earlier(call, person, "completed", ago=400)
        assert begin(call, person).left_out_before is False

    def test_not_in_another_role_or_program(self, call: Call) -> None:
        person = call.person()
        self.earlier(call, person, "waitlisted")
        assert begin(call, person, "mentor").left_out_before is False
        assert begin(new_call(), person).left_out_before is False


def test_skills_are_those_of_the_forms(call: Call) -> None:
    slugs = Skill.objects.filter(program=call.program).order_by("slug").values_list("slug", flat=True)
    assert list(slugs) == ["budget", "python", "writing"]
    assert Skill.objects.get(slug="writing", program=call.program).name == {
        "en": "Writing",
        "fr": "Rédaction",
    }
    assert SkillClaim.objects.count() == 0
