"""One program whose people get every kind of mail and owe everything that can be owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from agreements.domain.approval import supervisor_decide
from agreements.domain.endings import end_without_fault
from agreements.domain.help import ask_for_help
from agreements.domain.publishing import publish_run
from agreements.models import Mentorship
from core.roles import Role
from evaluations.domain.surveys import create_survey, open_survey
from matching.domain.answers import ask_sides, last_day
from matching.domain.introductions import confirm_introduction, recommend_change
from matching.domain.shortlists import make_shortlists, request_shortlists
from notifications.domain.reminders import queue_escalations, queue_reminders
from notifications.models import Message
from participants.domain.applications import save_page, start_application, submit_application
from participants.domain.introductions import answer, ask, settle_introductions
from participants.domain.letters import write_letters
from participants.domain.selection import (
    lapse_offers,
    promote_from_waiting_list,
    release_decisions,
    set_decision,
)
from participants.domain.skills import ensure_skills
from participants.models import Enrollment, Introduction
from people.models import Person
from programs.domain.programs import create_program
from programs.models import Cohort, Program
from tests import factories as make
from tests.agreements.helpers import circle_with, leaves_circle, link_of, signed
from tests.participants.world import MENTEE, PAGES

# Around today, because the database's clock does not travel.
TODAY = timezone.now()


def day(number: int) -> date:
    """The date that many days from now."""
    return (TODAY + timedelta(days=number)).date()


CALL = {
    "call_opens_on": day(-90),
    "call_closes_on": day(-60),
    "starts_on": day(-10),
    "ends_on": day(350),
}
LONG_AGO = {name: when - timedelta(days=400) for name, when in CALL.items()}


class Scene:
    """Its people all read one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.program: Program = create_program(
            template="field_office",
            name="Meridian",
            slug="meridian",
            owner=make.OrganizationFactory(),
            by=None,
        )
        strand = self.program.strands.order_by("pk").first()
        assert strand is not None
        self.strand = strand
        self.manager = self.person()
        make.MembershipFactory(program=self.program, role=Role.MANAGER, person=self.manager)
        self.cohort: Cohort = make.CohortFactory(program=self.program, **CALL)
        make.OfferFactory(cohort=self.cohort, strand=strand, places=2)

    def person(self, **fields: Any) -> Person:
        return make.PersonFactory(language=self.language, **fields)

    def enroll(self, state: str, role: str = "mentee", **fields: Any) -> Enrollment:
        fields.setdefault("person", self.person())
        return make.EnrollmentFactory(
            cohort=self.cohort, strand=self.strand, role=role, state=state, **fields
        )

    def play(self) -> None:
        """From the first application to a mentorship that ends, and what was never done."""
        with time_machine.travel(TODAY - timedelta(days=70)):
            self._apply()
        with time_machine.travel(TODAY - timedelta(days=20)):
            self._select()
            self._match()
        self._introduce()
        self._agree()
        self._ask()
        self._more()
        weekdays = (TODAY.replace(hour=10) + timedelta(days=number) for number in range(7))
        at_work = next(moment for moment in weekdays if moment.weekday() < 5)
        queue_reminders(at_work)
        queue_escalations(at_work)

    def _apply(self) -> None:
        form = {"purpose": "mentee", "key": "mentee", "number": 2, "questions": MENTEE}
        make.QuestionnaireFactory(program=self.program, **form)
        ensure_skills(self.program)
        for leaves in (False, True):
            row = self._begun(self.person())
            if leaves:
                continue
            for page, values in PAGES.items():
                save_page(enrollment=row, page=page, values=values, by=row.person)
            submit_application(enrollment=row, by=row.person)

    def _begun(self, person: Person) -> Enrollment:
        return start_application(
            person=person, cohort=self.cohort, role="mentee", strand=self.strand, by=person
        )

    def _select(self) -> None:
        Cohort.objects.filter(pk=self.cohort.pk).update(state="selecting")
        self.cohort.refresh_from_db()
        for decision in ("accepted", "declined", "waitlisted"):
            set_decision(enrollments=[self.enroll("submitted")], decision=decision, by=self.manager)
        release_decisions(cohort=self.cohort, by=self.manager, draft=False)
        promote_from_waiting_list(cohort=self.cohort, strand_id=self.strand.pk, limit=1, by=self.manager)
        self.enroll("submitted")
        with time_machine.travel(TODAY):
            lapse_offers(cohort=self.cohort)

    def _match(self) -> None:
        Cohort.objects.filter(pk=self.cohort.pk).update(state="matching")
        run = make.RunFactory(cohort=self.cohort, certificate={"ok": True})
        for _ in range(3):
            mentee = self.enroll("accepted", person=self.person(supervisor=self.person()))
            make.ProposalFactory(run=run, mentee=mentee, mentor=self.enroll("accepted", role="mentor"))
        publish_run(run=run, by=self.manager)
        Cohort.objects.filter(pk=self.cohort.pk).update(answer_days=7)
        late = make.RunFactory(cohort=self.cohort, certificate={"ok": True})
        mentee, mentor = self.enroll("accepted"), self.enroll("accepted", role="mentor")
        make.ProposalFactory(run=late, mentee=mentee, mentor=mentor)
        ask_sides(run=late, due_on=last_day(self.cohort), by=self.manager)

    def _introduce(self) -> None:
        """A request for each way it can go, and shortlists."""
        where = make.CohortFactory(
            program=self.program, state="matching", introductions=True, shortlists=True
        )
        made = {"cohort": where, "strand": self.strand}

        def two() -> tuple[Enrollment, Enrollment]:
            mentor = make.EnrollmentFactory(**made, role="mentor", person=self.person(), listed=True)
            return make.EnrollmentFactory(**made, person=self.person()), mentor

        def asked(agrees: bool | None = None) -> Introduction:
            mentee, mentor = two()
            made = ask(mentee=mentee, mentor=mentor, by=mentee.person, note="We met in Oslo.")
            return made if agrees is None else answer(introduction=made, agrees=agrees, by=mentor.person)

        asked()
        asked(agrees=True)
        asked(agrees=False)
        confirm_introduction(introduction=asked(agrees=True), by=self.manager)
        recommend_change(introduction=asked(agrees=True), word="Look further.", by=self.manager)
        late = asked()
        Introduction.objects.filter(pk=late.pk).update(expires_on=day(-1))
        settle_introductions()
        asked()
        make_shortlists(request_shortlists(cohort=where, by=self.manager).pk)

    def pairs(self) -> Iterator[tuple[Mentorship, Person, Person]]:
        for row in Mentorship.objects.filter(cohort=self.cohort).order_by("pk"):
            sides = {
                member.side: member.person for member in row.members.select_related("person__supervisor")
            }
            yield row, sides["mentor"], sides["mentee"]

    def _agree(self) -> None:
        (first, *ours), (second, *theirs), (third, *others) = self.pairs()
        self._decide(signed(first, *ours), "approve")
        self._decide(signed(second, *theirs), "return", note="More about the hours, please.")
        # Whom nobody has told of the match is not told of its end either.
        Message.objects.filter(kind="matched", about_id=third.pk).update(state=Message.State.SENT)
        end_without_fault(mentorship=third, by=others[0])
        leaves_circle(circle_with("Hanna Host", language=self.language), "Ana")

    def _decide(self, agreement: Any, decision: str, note: str = "") -> None:
        link = link_of(agreement)
        supervisor_decide(
            agreement=agreement,
            link=link,
            decision=decision,
            typed_name=link.recipient.full_name,
            note=note,
            address=None,
        )

    def _ask(self) -> None:
        """Surveys, an offer, a call for help, other cohorts in other states, and reminders of it all."""
        (first, mentor, _mentee), *_rest = self.pairs()
        ask_for_help(mentorship=first, by=mentor, wish="advice")
        questions = self.program.questionnaires.filter(purpose="survey").order_by("pk")[0]
        today = timezone.localdate()
        survey = create_survey(
            cohort=self.cohort,
            questionnaire=questions,
            audience="everyone",
            opens_on=today,
            closes_on=today + timedelta(days=14),
            by=self.manager,
        )
        open_survey(survey=survey, by=self.manager)

    def _more(self) -> None:
        """What is late: a call that did not open, one to select from and to match, one to close; an open offer."""
        for state, dates in (("draft", CALL), ("selecting", CALL), ("matching", CALL), ("closing", LONG_AGO)):
            cohort = make.CohortFactory(program=self.program, state=state, **dates)
            for application in ("draft", "submitted"):
                moment = None if application == "draft" else timezone.now()
                make.EnrollmentFactory(
                    cohort=cohort,
                    strand=self.strand,
                    state=application,
                    submitted_at=moment,
                    person=self.person(),
                )
        call = make.CohortFactory(program=self.program, state="call_open")
        make.EnrollmentFactory(
            cohort=call, strand=self.strand, state="draft", submitted_at=None, person=self.person()
        )
        decided = timezone.now() - timedelta(days=4)
        offered = make.EnrollmentFactory(
            cohort=call, strand=self.strand, state="offered", decided_at=decided, person=self.person()
        )
        write_letters([offered])
        waiting, mentor, mentee = make.pair(cohort=self.cohort, strand=self.strand)
        mentor.language = mentee.language = self.language
        mentee.supervisor = self.person()
        mentor.save()
        mentee.save()
        signed(waiting, mentor, mentee)
        make.ActionPlanFactory(mentorship=waiting, mentee=mentee, due_on=day(-20))
