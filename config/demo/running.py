"""What happens in a cohort between its matching and its end, by the verbs that people's clicks would call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from django.db.models import F
from django.utils import timezone

from agreements.domain.agreements import save_terms, sign_agreement
from agreements.domain.approval import Decision, supervisor_decide
from agreements.domain.meetings import log_meeting
from agreements.domain.plans import add_activity, save_plan, share_plan
from agreements.domain.publishing import publish_run
from agreements.models import ActionPlan, Agreement, Member, Mentorship
from config.demo import texts
from config.demo.clock import at
from matching.domain.answers import answer_pair, ask_sides
from matching.domain.execution import execute_run
from matching.domain.runs import request_run
from matching.models import Run, SideAnswer
from notifications.models import EmailLink, Message
from people.models import Person
from programs.models import Cohort

MEDIA = ("in_person", "video", "video", "phone")


@dataclass(frozen=True, slots=True)
class Pair:
    """A mentorship and its two people."""

    mentorship: Mentorship
    mentor: Person
    mentee: Person


def match(cohort: Cohort, manager: Person) -> Run:
    """Run the matching of whoever is free; the certified run."""
    run = request_run(cohort=cohort, by=manager)
    execute_run(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.CERTIFIED, run.problem
    return run


def ask(run: Run, due_on: date, manager: Person) -> None:
    """Ask both sides of a run; of the first two pairs both agree, of the third one has answered."""
    ask_sides(run=run, due_on=due_on, by=manager)
    questions = SideAnswer.objects.filter(proposal__run=run).select_related("enrollment__person")
    for question in questions.order_by("proposal", "pk")[:5]:
        answer_pair(question=question, answer=SideAnswer.Answer.YES, by=question.enrollment.person)


def publish(run: Run, manager: Person) -> list[Pair]:
    """Publish a run; its pairs by name of the mentee, so that the same seed tells the same story."""
    made = publish_run(run=run, by=manager)
    members = Member.objects.filter(mentorship__in=made).select_related(
        "person__supervisor", "mentorship__cohort__program"
    )
    sides: dict[int, dict[str, Person]] = {}
    mentorships = {}
    for member in members.order_by("pk"):
        sides.setdefault(member.mentorship_id, {})[member.side] = member.person
        mentorships[member.mentorship_id] = member.mentorship
    pairs = [Pair(mentorships[pk], both["mentor"], both["mentee"]) for pk, both in sides.items()]
    return sorted(pairs, key=lambda pair: pair.mentee.full_name)


def tell() -> None:
    """Both sides of what is published have their mails: who was never told of a match hears of no end."""
    waiting = Message.objects.filter(kind="matched", state=Message.State.DRAFT)
    waiting.update(state=Message.State.SENT, sent_at=F("created_at"), attempts=1)


def agree(
    rng: Random, pair: Pair, day: date, *, signers: str = "both", approved_on: date | None = None
) -> None:
    """Write the terms and sign them. `signers` is mentor, mentee, both or nobody; the supervisor may follow."""
    with at(day):
        agreement = pair.mentorship.agreements.get(state=Agreement.State.DRAFT)
        agreement = save_terms(
            agreement=agreement,
            by=pair.mentee,
            edit_version=agreement.edit_version,
            terms=_terms(rng, pair.mentorship),
        )
        for side in ("mentor", "mentee"):
            if signers in {side, "both"}:
                person = getattr(pair, side)
                sign_agreement(agreement=agreement, by=person, typed_name=person.full_name)
    if approved_on:
        with at(approved_on):
            _approve(agreement)


def _terms(rng: Random, mentorship: Mentorship) -> dict[str, object]:
    return {
        "focus": rng.choice(texts.FOCUS),
        "intended_result": rng.choice(texts.RESULT),
        "hours_per_month": rng.randint(2, 5),
        "term_months": mentorship.cohort.term_months,
        "who_contacts": rng.choice(("mentee", "mentee", "either")),
        "meetings_per_month": mentorship.meetings_per_month,
        "reply_days": rng.choice((2, 3, 5)),
        "media": rng.sample(("in_person", "video", "phone"), 2),
        "boundaries": texts.BOUNDARIES,
        "needs_nda": rng.random() < 0.1,
    }


def _approve(agreement: Agreement) -> None:
    """The supervisor's answer. Links run out by the database's own clock, so the past needs a little help."""
    links = EmailLink.objects.filter(target_kind="agreements.agreement", target_id=agreement.pk, used_at=None)
    for link in links.select_related("recipient"):
        link.expires_at = timezone.now() + timedelta(days=3650)
        link.save(update_fields=["expires_at"])
        supervisor_decide(
            agreement=agreement,
            link=link,
            decision=Decision.APPROVE,
            typed_name=link.recipient.full_name,
            note="",
            address=None,
        )


def plan(rng: Random, pair: Pair, day: date, *, shared: bool = True) -> None:
    """Write an action plan with some activities."""
    with at(day):
        found = ActionPlan.objects.get(mentorship=pair.mentorship, mentee=pair.mentee)
        save_plan(plan=found, by=pair.mentee, edit_version=found.edit_version, texts=texts.PLAN)
        for kind, text in rng.sample(texts.ACTIVITIES, 2):
            add_activity(plan=found, by=pair.mentee, kind=kind, text=text, due_on=day + timedelta(days=60))
        if shared:
            share_plan(plan=found, by=pair.mentee)


def meet(rng: Random, pair: Pair, days: list[date]) -> None:
    """Log meetings on these days, each by one of the two."""
    for day in days:
        with at(day, hour=20):
            log_meeting(
                mentorship=pair.mentorship,
                by=rng.choice((pair.mentor, pair.mentee)),
                held_on=day,
                minutes=rng.choice((30, 45, 60, 60, 90)),
                medium=rng.choice(MEDIA),
                note=rng.choice(texts.NOTES),
            )
