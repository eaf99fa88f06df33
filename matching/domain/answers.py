"""Both sides say what they think of a proposed pair before it is published.

A "no" becomes an exclusion and a "yes" of both a lock, so the next run takes up what was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from matching.domain.asked_mails import bring_up_to_date, close_questions, draft_mails
from matching.domain.fixed import exclude_pair, lock_pair
from matching.models import Proposal, Run, SideAnswer
from matching.queries import (
    impossible,
    introduced,
    latest_ready,
    open_questions,
    questions,
    questions_about,
)
from matching.standing import broken_since
from matching.verbs import Verb
from people.models import Person
from programs.models import Cohort, Strand

LATE_DAYS = 60  # to answer in, at most, once the mentorships have started


@transaction.atomic
def ask_sides(*, run: Run, due_on: date, by: Person) -> int:
    """Ask both sides of every pair of the run that was not asked before, on whichever run; how many people are asked.

    The mails wait as drafts. Questions about pairs that the run no longer proposes are given up, and what was not
    sent about them is dropped. Raises Refused: not_asked_here, not_newest, past_day, late_day, nobody_to_ask.
    """
    run = _held_run(run)
    _check_run(run)
    _check_day(run.cohort, due_on)
    earlier = SideAnswer.objects.filter(enrollment__cohort=run.cohort_id)
    close_questions(earlier.exclude(pk__in=questions_about(run.proposals.all()).values("pk")), by=by)
    said = {
        (row.proposal.mentee_id, row.proposal.mentor_id, row.enrollment_id): row
        for row in earlier.filter(answer=SideAnswer.Answer.YES).select_related("proposal").order_by("pk")
    }
    new = _put_questions(to_ask(run), said, due_on, by)
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
    """Pairs of the run that can still be made and that nobody is asked about; circles are not asked about.

    Two who were introduced and confirmed have both said yes already. Questions that were called back do not count.
    """
    pairs = run.proposals.filter(published_at=None, mentee__strand__format=Strand.Format.ONE_TO_ONE)
    asked = SideAnswer.objects.filter(
        Q(closed_at=None) | Q(proposal__run=run, answer=SideAnswer.Answer.NO),
        proposal__mentee=OuterRef("mentee"),
        proposal__mentor=OuterRef("mentor"),
    )
    every = run.proposals.all()
    for out in (impossible(every), introduced(every)):
        pairs = pairs.exclude(pk__in=out.values("pk"))
    found = pairs.exclude(Exists(asked)).select_related(
        "mentee__person", "mentor__person", "mentee__cohort__program"
    )
    able = list(found.order_by("mentor_id", "pk"))
    broken = broken_since(run.cohort, able)
    return [pair for pair in able if pair.pk not in broken]


def _check_run(run: Run) -> None:
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


def last_day(cohort: Cohort) -> date:
    """Until when answers can be asked for: before the mentorships start, or some weeks once they have."""
    today, eve = today_in(cohort.timezone), cohort.starts_on - timedelta(days=1)
    return eve if eve > today else today + timedelta(days=LATE_DAYS)


def _check_day(cohort: Cohort, due_on: date) -> None:
    if due_on <= today_in(cohort.timezone):
        raise Refused("past_day", _("Choose a day after today."), _("People need time to answer."))
    if due_on > (last := last_day(cohort)):
        raise Refused("late_day", _("Choose a day up to %(last)s.") % {"last": date_format(last)})


def _put_questions(
    pairs: Sequence[Proposal], said: Mapping[tuple[int, int, int], SideAnswer], due_on: date, by: Person
) -> list[SideAnswer]:
    """To both sides of each pair: anew, or again where they were called back. A yes of before is not asked for."""
    before = {
        (row.proposal_id, row.enrollment_id): row for row in SideAnswer.objects.filter(proposal__in=pairs)
    }
    rows = []
    for proposal in pairs:
        for enrollment in (proposal.mentee, proposal.mentor):
            row = before.get((proposal.pk, enrollment.pk), SideAnswer())
            row.proposal, row.enrollment = proposal, enrollment
            row.due_on, row.asked_by, row.asked_at, row.closed_at = due_on, by, timezone.now(), None
            if yes := said.get((proposal.mentee_id, proposal.mentor_id, enrollment.pk)):
                row.answer, row.word, row.answered_at = yes.answer, yes.word, yes.answered_at
            rows.append(row)
    SideAnswer.objects.bulk_create([row for row in rows if row.pk is None])
    again = ["due_on", "asked_by", "asked_at", "closed_at", "answer", "word", "answered_at"]
    SideAnswer.objects.bulk_update(
        [row for row in rows if (row.proposal_id, row.enrollment_id) in before], again
    )
    return rows


@transaction.atomic
def move_answer_date(*, run: Run, due_on: date, by: Person) -> int:
    """Another day for all open questions about the run's pairs; how many people are still to answer.

    Mails that have not gone out are written anew. Raises Refused: past_day, late_day, nobody_waits.
    """
    run = _held_run(run)
    _check_day(run.cohort, due_on)
    rows = _open_of(run)
    SideAnswer.objects.filter(pk__in=[row.pk for row in rows]).update(due_on=due_on)
    bring_up_to_date(rows, by=by, anew=True)
    data = {"due_on": due_on.isoformat()}
    record(Verb.SIDES_DATE_MOVED, by=by, target=run, program_id=run.cohort.program_id, data=data)
    return len({row.enrollment_id for row in rows if not row.answer})


@transaction.atomic
def call_back(*, run: Run, by: Person) -> int:
    """End the questions about pairs that somebody has not answered yet; about how many pairs.

    What was answered stays, and they can be asked about again. Raises Refused: nobody_waits.
    """
    run = _held_run(run)
    pairs = {row.proposal_id for row in _open_of(run) if not row.answer}
    close_questions(SideAnswer.objects.filter(proposal__in=pairs), by=by)
    data = {"pairs": len(pairs)}
    record(Verb.SIDES_CALLED_BACK, by=by, target=run, program_id=run.cohort.program_id, data=data)
    return len(pairs)


def _held_run(run: Run) -> Run:
    held: Run = Run.objects.select_for_update(of=("self",)).select_related("cohort__program").get(pk=run.pk)
    return held


def _open_of(run: Run) -> list[SideAnswer]:
    """Those whose answers still count, where one at least is missing."""
    rows = list(open_questions(run).select_related("enrollment"))
    if all(row.answer for row in rows):
        raise Refused("nobody_waits", _("Nobody has a question to answer any more."))
    return rows


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
        return cast("SideAnswer", row)
    bring_up_to_date([row], by=None)  # a mail that asks for it is of no use any more
    if not row.proposal.answers.exclude(answer=SideAnswer.Answer.YES).exists():
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
