"""Both sides say what they think of a proposed pair before it is published.

A "no" becomes an exclusion and a "yes" of both a lock, so the next run takes up what was said.
"""

from __future__ import annotations

from datetime import date
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from matching.domain.asked_mails import close_questions, draft_mails
from matching.domain.fixed import exclude_pair, lock_pair
from matching.models import Proposal, Run, SideAnswer
from matching.queries import impossible, introduced, latest_ready, questions, questions_about
from matching.verbs import Verb
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Strand


@transaction.atomic
def ask_sides(*, run: Run, due_on: date, by: Person) -> int:
    """Ask both sides of every pair of the run that was not asked before, on whichever run; how many people are asked.

    The mails wait as drafts. Questions about pairs that the run no longer proposes are given up, and what was not
    sent about them is dropped. Raises Refused: not_asked_here, not_newest, past_day, nobody_to_ask.
    """
    run = Run.objects.select_for_update(of=("self",)).select_related("cohort__program").get(pk=run.pk)
    _check_run(run, due_on)
    earlier = SideAnswer.objects.filter(enrollment__cohort=run.cohort_id)
    close_questions(earlier.exclude(pk__in=questions_about(run.proposals.all()).values("pk")), by=by)
    said = {
        (row.proposal.mentee_id, row.proposal.mentor_id, row.enrollment_id): row
        for row in earlier.filter(answer=SideAnswer.Answer.YES).select_related("proposal").order_by("pk")
    }
    asked = []
    for proposal in to_ask(run):
        for enrollment in (proposal.mentee, proposal.mentor):
            before = said.get((proposal.mentee_id, proposal.mentor_id, enrollment.pk))
            asked.append(_question(proposal, enrollment, due_on, by, before))
    new = SideAnswer.objects.bulk_create(asked)
    waiting = [row for row in new if not row.answer]
    if not waiting:
        raise Refused(
            "nobody_to_ask",
            _("There is nobody left to ask."),
            _("Everyone in this run has been asked already."),
        )
    people = draft_mails(run, waiting)
    data = {
        "pairs": len({row.proposal_id for row in waiting}),
        "people": people,
        "due_on": due_on.isoformat(),
    }
    record(Verb.SIDES_ASKED, by=by, target=run, program_id=run.cohort.program_id, data=data)
    return people


def to_ask(run: Run) -> list[Proposal]:
    """Pairs of the run that can still be made and that nobody was asked about; circles are not asked about.

    Two who were introduced and confirmed have both said yes already.
    """
    pairs = run.proposals.filter(published_at=None, mentee__strand__format=Strand.Format.ONE_TO_ONE)
    asked = SideAnswer.objects.filter(
        Q(closed_at=None) | Q(proposal__run=run),
        proposal__mentee=OuterRef("mentee"),
        proposal__mentor=OuterRef("mentor"),
    )
    every = run.proposals.all()
    for out in (impossible(every), introduced(every)):
        pairs = pairs.exclude(pk__in=out.values("pk"))
    found = pairs.exclude(Exists(asked)).select_related(
        "mentee__person", "mentor__person", "mentee__cohort__program"
    )
    return list(found.order_by("mentor_id", "pk"))


def _check_run(run: Run, due_on: date) -> None:
    newest = latest_ready(run.cohort_id)
    if not run.cohort.answer_days:
        raise Refused(
            "not_asked_here",
            _("In this cohort both sides are not asked before pairs are published."),
            _("A manager can switch it on in the settings of the cohort."),
        )
    if newest is None or newest.pk != run.pk:
        raise Refused(
            "not_newest",
            _("Only the newest proven run can be shown to both sides."),
            _("Open the newest run and ask from there."),
        )
    if due_on <= today_in(run.cohort.timezone):
        raise Refused("past_day", _("Choose a day after today."), _("People need time to answer."))


def _question(
    proposal: Proposal, enrollment: Enrollment, due_on: date, by: Person, before: SideAnswer | None
) -> SideAnswer:
    row = SideAnswer(proposal=proposal, enrollment=enrollment, due_on=due_on, asked_by=by)
    if before:
        row.answer, row.word, row.answered_at = before.answer, before.word, before.answered_at
    return row


@transaction.atomic
def answer_pair(*, question: SideAnswer, answer: str, word: str = "", by: Person) -> SideAnswer:
    """Say yes or no. A no is final and closes the other side's question, which does not learn why.

    Raises Refused: closed, said_no.
    """
    _hold(question)
    row = (
        questions().select_related("proposal__mentee__person", "proposal__mentor__person").get(pk=question.pk)
    )
    if row.answer == SideAnswer.Answer.NO:
        raise Refused(
            "said_no",
            _("You have said no to this pair already."),
            _("Write to the program if you have changed your mind."),
        )
    if not row.is_open:
        raise Refused(
            "closed", _("This pair is no longer up for an answer."), _("You will hear from the program.")
        )
    row.answer, row.word, row.answered_at = answer, word.strip(), timezone.now()
    row.save(update_fields=["answer", "word", "answered_at"])
    program = row.proposal.run.cohort.program_id
    record(Verb.SIDE_ANSWERED, by=by, target=row, program_id=program, data={"answer": answer})
    if answer == SideAnswer.Answer.NO:
        _take_no(row, by)
    elif not row.proposal.answers.exclude(answer=SideAnswer.Answer.YES).exists():
        _take_both(row.proposal, by)
    return cast("SideAnswer", row)


def _hold(question: SideAnswer) -> None:
    """The cohort first, as by all who decide, then both questions: two who answer at once wait for each other."""
    Cohort.objects.select_for_update(no_key=True).get(pk=question.enrollment.cohort_id)
    rows = SideAnswer.objects.select_for_update().filter(proposal=question.proposal_id).order_by("pk")
    list(rows.values_list("pk", flat=True))


def _take_no(row: SideAnswer, by: Person) -> None:
    name = row.enrollment.person.name
    reason = _("%(name)s said no: %(word)s") if row.word else _("%(name)s said no")
    pair = row.proposal
    exclude_pair(
        mentee=pair.mentee, mentor=pair.mentor, reason=reason % {"name": name, "word": row.word}, by=by
    )
    close_questions(pair.questions.all(), by=None)


def _take_both(pair: Proposal, by: Person) -> None:
    """Both said yes: every run keeps the pair. A rule broken since then stands against it, and the desk shows that."""
    try:
        with transaction.atomic():
            lock_pair(mentee=pair.mentee, mentor=pair.mentor, by=by)
    except Refused:
        return
