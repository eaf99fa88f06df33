"""One side asks the other to be a pair, and the other answers. The manager's part is in `matching`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.lifecycle import move
from participants.domain.introduction_letters import tell_answered, tell_asked
from participants.models import Enrollment, Introduction
from participants.queries import PROMISED, in_reach, with_free_places
from participants.rules import ANSWER_DAYS, BEFORE_PAIRS, LIVE, MAX_ASKED, may_ask
from participants.verbs import Verb
from people.models import Person
from programs.models import Cohort, Strand

State = Introduction.State
VERB_OF = {
    State.AGREED: Verb.INTRODUCTION_AGREED,
    State.REFUSED: Verb.INTRODUCTION_REFUSED,
    State.EXPIRED: Verb.INTRODUCTION_EXPIRED,
    State.WITHDRAWN: Verb.INTRODUCTION_WITHDRAWN,
    State.CLOSED: Verb.INTRODUCTION_CLOSED,
}
OPEN = (State.ASKED, State.AGREED)
# The others (by id) whom somebody cannot be paired with, and what they may be told of it.
Apart = Mapping[int, Refused]
_apart: list[Callable[[Enrollment, Sequence[Enrollment]], Apart]] = []
_when_agreed: list[Callable[[Introduction, Person], None]] = []


def before_asking(find: Callable[[Enrollment, Sequence[Enrollment]], Apart]) -> None:
    """Register, once, what finds those whom the rules of the cohort, or a no, keep apart from somebody."""
    _apart[:] = [find]


def kept_apart(mine: Enrollment, others: Sequence[Enrollment]) -> dict[int, Refused]:
    """Whom of these the person need not ask or wish for; by id."""
    return {pk: why for find in _apart for pk, why in find(mine, others).items()}


def on_agreement(act: Callable[[Introduction, Person], None]) -> None:
    """Register, once, what confirms an introduction in a cohort where a yes of both is enough."""
    _when_agreed[:] = [act]


@transaction.atomic
def ask(*, mentee: Enrollment, mentor: Enrollment, by: Person, note: str = "") -> Introduction:
    """Ask the other one to be a pair. `by` is one of the two; only the other ever reads the note.

    Raises Refused: not_offered, cannot_ask, supervisor, already_open, answered_before, too_many, no_place, own_place,
    and what is registered `before_asking`.
    """
    mentee, mentor = _hold(mentee.pk, mentor.pk)
    mine, other = (mentee, mentor) if by.pk == mentee.person_id else (mentor, mentee)
    _check_pair(mine, other, mentee, mentor)
    _check_history(mine, other, mentee, mentor)
    _check_places(mine, other)
    for refused in kept_apart(mine, [other]).values():
        raise refused
    introduction = Introduction.objects.create(
        cohort=mentee.cohort,
        mentee=mentee,
        mentor=mentor,
        asked_by=mine.role,
        note=note.strip(),
        expires_on=today_in(mentee.cohort.timezone) + timedelta(days=ANSWER_DAYS),
    )
    _record(Verb.INTRODUCTION_ASKED, introduction, by)
    tell_asked(introduction)
    return introduction


@transaction.atomic
def answer(*, introduction: Introduction, agrees: bool, by: Person) -> Introduction:
    """Say yes or no to the one who asked; a "no" needs no reason. The same answer twice changes nothing.

    Raises Refused: not_asked, too_late, pairs_made, cannot_ask, no_place, own_place, illegal_move.
    """
    # What is decided by hand takes the cohort first: so does a yes that is enough by itself.
    Cohort.objects.select_for_update(no_key=True).get(pk=introduction.cohort_id)
    row = _locked(introduction)
    to = State.AGREED if agrees else State.REFUSED
    if by.pk != row.asked.person_id:
        raise Refused("not_asked", _("Only the one who was asked can answer."))
    if row.state == to:
        return row
    if agrees and row.state == State.ASKED:
        _check_open(row)
        _check_places(row.asked, row.asker)
    row.answered_at = timezone.now()
    move(row, to, also=["answered_at"])
    _record(VERB_OF[to], row, by)
    tell_answered(row)
    if agrees and not row.cohort.confirms_pairs:
        for act in _when_agreed:
            act(row, by)
    return row


@transaction.atomic
def take_back(*, introduction: Introduction, by: Person) -> Introduction:
    """The asker thinks better of it, or either of the two once both had agreed; nobody is written to.

    Raises Refused: not_yours, illegal_move.
    """
    row = _locked(introduction)
    may = {row.asker.person_id} | ({row.asked.person_id} if row.state == State.AGREED else set())
    if by.pk not in may:
        raise Refused("not_yours", _("Only the one who asked can take this back."))
    if row.state == State.WITHDRAWN:
        return row
    move(row, State.WITHDRAWN)
    _record(Verb.INTRODUCTION_WITHDRAWN, row, by)
    return row


def settle_introductions() -> int:
    """Close what nobody will answer any more: out of time (the asker is told), one of the two has gone, or moot.

    Returns how many.
    """
    gone = ~Q(mentee__state__in=LIVE) | ~Q(mentor__state__in=LIVE)
    left = Introduction.objects.filter(gone, state__in=OPEN)
    closed = sum(_close(row, State.WITHDRAWN) for row in left.order_by("pk"))
    with_some = Cohort.objects.filter(introductions_asked__state__in=OPEN).distinct()
    closed += sum(close_moot(cohort=cohort) for cohort in with_some.order_by("pk"))
    waiting = Introduction.objects.filter(state=State.ASKED).select_related("cohort", "mentee", "mentor")
    late = [row for row in waiting.order_by("pk") if _is_late(row)]
    return closed + sum(_close(row, State.EXPIRED) for row in late)


@transaction.atomic
def close_moot(*, cohort: Cohort) -> int:
    """Close what comes to nothing: the cohort's pairs are made, or one of the two has no place left.

    Nobody is written to. Returns how many.
    """
    # Rows of introductions alone are locked: who publishes holds people already, in an order of their own.
    rows = Introduction.objects.select_for_update(of=("self",)).filter(cohort=cohort, state__in=OPEN)
    if cohort.state in BEFORE_PAIRS:
        people = with_free_places(Enrollment.objects.filter(cohort=cohort), [State.CONFIRMED])
        full = people.filter(free=0).values("pk")
        rows = rows.filter(Q(mentee__in=full) | Q(mentor__in=full))
    closed = list(rows.select_related("cohort").order_by("pk"))
    for row in closed:
        move(row, State.CLOSED)
        _record(Verb.INTRODUCTION_CLOSED, row, None)
    return len(closed)


def _is_late(row: Introduction) -> bool:
    return today_in(row.cohort.timezone) > row.expires_on


@transaction.atomic
def _close(introduction: Introduction, to: str) -> bool:
    row = _locked(introduction)
    if not Introduction.lifecycle.may(row.state, to):
        return False  # answered in the meantime
    move(row, to)
    _record(VERB_OF[State(to)], row, None)
    if to == State.EXPIRED:
        tell_answered(row)
    return True


def _hold(*keys: int) -> list[Enrollment]:
    """Lock enrollments in the order of their ids; returned as asked for."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related(
        "cohort__program", "person", "strand"
    )
    held = {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}
    return [held[key] for key in keys]


def _locked(introduction: Introduction) -> Introduction:
    """The row with both sides, locked after them, so that two answers over one place wait for each other."""
    mentee, mentor = _hold(introduction.mentee_id, introduction.mentor_id)
    row = (
        Introduction.objects.select_for_update(of=("self",))
        .select_related("cohort__program")
        .get(pk=introduction.pk)
    )
    row.mentee, row.mentor = mentee, mentor
    return row


def _check_pair(mine: Enrollment, other: Enrollment, mentee: Enrollment, mentor: Enrollment) -> None:
    """Whether these two may be asked about at all."""
    if not may_ask(mine.cohort, mine.role) or mine.strand.format == Strand.Format.CIRCLE:
        raise Refused(
            "not_offered",
            _("Nobody can be asked in this round (any more)."),
            _("Your wishes and the matching look after you."),
        )
    of_both = Enrollment.objects.filter(pk=mentor.pk, cohort=mentee.cohort_id, role=Enrollment.Role.MENTOR)
    if mentee.role != Enrollment.Role.MENTEE or not in_reach(of_both, mentee).exists():
        raise _cannot_ask()
    if mine.state not in LIVE or other.state not in LIVE or mine.person_id == other.person_id:
        raise _cannot_ask()
    if mentee.person.supervisor_id == mentor.person_id:
        raise Refused(
            "supervisor",
            _("%(name)s and you work together as supervisor and team member.") % {"name": other.person.name},
            _("A mentor from outside that line leaves both of you freer. Please choose somebody else."),
        )


def _cannot_ask() -> Refused:
    return Refused(
        "cannot_ask", _("This person cannot be asked in this round."), _("Please choose somebody else.")
    )


def _check_open(row: Introduction) -> None:
    if row.cohort.state not in BEFORE_PAIRS:
        raise Refused(
            "pairs_made", _("Pairs of this round have been published."), _("You will hear from the program.")
        )
    if _is_late(row):
        raise Refused("too_late", _("The time to answer has passed."), _("You can ask them yourself."))
    if row.mentee.state not in LIVE or row.mentor.state not in LIVE:
        raise _cannot_ask()


def _check_history(mine: Enrollment, other: Enrollment, mentee: Enrollment, mentor: Enrollment) -> None:
    """What was asked before, of this one and of others."""
    names = {"name": other.person.name}
    between = Introduction.objects.filter(mentee=mentee, mentor=mentor)
    if between.filter(state__in=[State.ASKED, *PROMISED]).exists():
        raise Refused(
            "already_open",
            _("%(name)s and you are in touch about this already.") % names,
            _("See “Introductions” for where it stands."),
        )
    if between.filter(state=State.REFUSED, asked_by=mine.role).exists():
        raise Refused(
            "answered_before",
            _("%(name)s has answered you in this round.") % names,
            _("Please let the answer stand, and choose somebody else."),
        )
    waiting = Introduction.objects.filter(state=State.ASKED, asked_by=mine.role, **{mine.role: mine})
    if waiting.count() >= MAX_ASKED:
        raise Refused(
            "too_many",
            _("You wait for three answers already."),
            _("Wait for one of them, or take one back."),
        )


def _check_places(mine: Enrollment, other: Enrollment) -> None:
    """A place on both sides that is neither used nor promised."""
    both = with_free_places(Enrollment.objects.filter(pk__in=[mine.pk, other.pk]))
    free = dict(both.values_list("pk", "free"))
    if not free[other.pk]:
        raise Refused(
            "no_place",
            _("%(name)s has no free place any more.") % {"name": other.person.name},
            _("Please choose somebody else."),
        )
    if not free[mine.pk]:
        raise Refused(
            "own_place",
            _("You have promised all your places already."),
            _("Take another introduction back first."),
        )


def _record(verb: Verb, row: Introduction, by: Person | None) -> None:
    data = {"mentee": row.mentee_id, "mentor": row.mentor_id, "asked_by": row.asked_by}
    record(verb, by=by, target=row, program_id=row.cohort.program_id, data=data)
