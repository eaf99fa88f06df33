"""What the manager decides by hand: pairs that each run keeps, and pairs that must never be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from matching import rule_words
from matching.models import Exclusion, Lock
from matching.queries import scheme_of
from matching.snapshot import Snapshot, read_snapshot
from matching.verbs import Verb
from participants.models import Enrollment
from people.models import Person

Pair = tuple[Enrollment, Enrollment]  # mentee, mentor


def lock_pair(*, mentee: Enrollment, mentor: Enrollment, by: Person) -> Lock:
    """Keep this pair in every run. Locking it twice changes nothing.

    Raises Refused: not_a_pair, not_accepted, circle, mentee_full, mentor_full, or rule_<name> for a broken hard rule.
    """
    locks, refused = lock_pairs(pairs=[(mentee, mentor)], by=by)
    if refused:
        raise refused[0]
    return locks[0]


@transaction.atomic
def lock_pairs(*, pairs: Sequence[Pair], by: Person) -> tuple[list[Lock], list[Refused]]:
    """Keep these pairs of one cohort in every run; what is refused (see `lock_pair`) stops no other."""
    held = _hold(pairs)
    people = [row.pk for pair in held for row in pair]
    stand = {(lock.mentee_id, lock.mentor_id): lock for lock in _locks_with(people)}
    taken = Counter(pk for pair in stand for pk in pair)
    cohort = held[0][0].cohort
    reading = _Reading(read_snapshot(cohort, scheme_of(cohort).criteria, only=people))
    asked, new, refused = [], [], []
    for mentee, mentor in held:
        key = (mentee.pk, mentor.pk)
        try:
            if key not in stand:
                _check_sides(mentee, mentor)
                reading.check(mentee, mentor)
                _check_places(mentee, mentor, taken)
                stand[key] = Lock(cohort=cohort, mentee=mentee, mentor=mentor, by=by)
                new.append(stand[key])
                taken.update(key)
        except Refused as error:
            refused.append(error)
        else:
            asked.append(stand[key])
    for lock in Lock.objects.bulk_create(new):
        _tell(Verb.PAIR_LOCKED, lock, by)
    return asked, refused


def unlock_pair(*, mentee: Enrollment, mentor: Enrollment, by: Person) -> None:
    """Leave the pair to the runs again. Without a lock it changes nothing."""
    unlock_pairs(pairs=[(mentee, mentor)], by=by)


@transaction.atomic
def unlock_pairs(*, pairs: Sequence[Pair], by: Person) -> int:
    """Leave these pairs to the runs again; how many were locked."""
    wanted = {(mentee.pk, mentor.pk) for mentee, mentor in pairs}
    found = Lock.objects.select_for_update(of=("self",)).select_related("cohort").order_by("pk")
    locks = [
        lock
        for lock in found.filter(mentee__in=[mentee for mentee, _mentor in pairs])
        if (lock.mentee_id, lock.mentor_id) in wanted
    ]
    for lock in locks:
        _tell(Verb.PAIR_UNLOCKED, lock, by)
    Lock.objects.filter(pk__in=[lock.pk for lock in locks]).delete()
    return len(locks)


@transaction.atomic
def exclude_pair(*, mentee: Enrollment, mentor: Enrollment, reason: str, by: Person) -> Exclusion:
    """These two are never to be a pair, in this cohort and later ones; a lock of theirs goes.

    Raises Refused: not_a_pair, no_reason.
    """
    if not reason.strip():
        raise Refused(
            "no_reason", _("Say why these two are never to be a pair."), _("Only staff can read it.")
        )
    [(mentee, mentor)] = _hold([(mentee, mentor)])
    _check_sides(mentee, mentor, accepted=False)
    unlock_pair(mentee=mentee, mentor=mentor, by=by)
    exclusion, is_new = Exclusion.objects.get_or_create(
        mentee=mentee,
        mentor=mentor,
        defaults={"cohort_id": mentee.cohort_id, "reason": reason.strip(), "by": by},
    )
    if is_new:
        _tell(Verb.PAIR_EXCLUDED, exclusion, by)
    return exclusion


@transaction.atomic
def allow_pair(*, exclusion: Exclusion, by: Person) -> None:
    """Lift an exclusion."""
    for found in Exclusion.objects.select_for_update().filter(pk=exclusion.pk):
        _tell(Verb.PAIR_ALLOWED, found, by)
        found.delete()


def _hold(pairs: Sequence[Pair]) -> list[Pair]:
    """All rows locked, in the order of their ids, so that two managers cannot lock past each other."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("person", "cohort__program")
    held = {
        row.pk: row for row in rows.filter(pk__in={row.pk for pair in pairs for row in pair}).order_by("pk")
    }
    return [(held[mentee.pk], held[mentor.pk]) for mentee, mentor in pairs]


def _locks_with(people: Sequence[int]) -> QuerySet[Lock]:
    return Lock.objects.filter(Q(mentee__in=people) | Q(mentor__in=people))


def _check_sides(mentee: Enrollment, mentor: Enrollment, *, accepted: bool = True) -> None:
    roles = (mentee.role, mentor.role)
    if roles != (Enrollment.Role.MENTEE, Enrollment.Role.MENTOR) or mentee.cohort_id != mentor.cohort_id:
        raise Refused(
            "not_a_pair", _("These two cannot be a pair: one of each side of one cohort is needed.")
        )
    for row in (mentee, mentor) if accepted else ():
        if row.state != Enrollment.State.ACCEPTED:
            raise Refused(
                "not_accepted",
                _("%(name)s is not accepted in this cohort.") % {"name": row.person.name},
                _("Accept the application first."),
            )


class _Reading:
    """The hard rules over some people of a cohort."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._field = snapshot.field()
        self._mentees = {pk: row for row, pk in enumerate(snapshot.mentees.enrollment)}
        self._mentors = {pk: row for row, pk in enumerate(snapshot.mentors.enrollment)}

    def check(self, mentee: Enrollment, mentor: Enrollment) -> None:
        """Refuse the pair by the name of the first rule it breaks."""
        if mentor.pk not in self._mentors:
            raise Refused("circle", _("Circles are not matched by a run, so there is nothing to lock."))
        if mentee.pk not in self._mentees:
            raise _full("mentee_full", mentee)
        for rule in self._field.blocked_by(self._mentees[mentee.pk], self._mentors[mentor.pk]):
            raise Refused(
                f"rule_{rule}",
                rule_words.broken(rule, mentee.person.name, mentor.person.name),
                _("Such a pair is never made, not even by hand."),
            )


def _check_places(mentee: Enrollment, mentor: Enrollment, taken: Counter[int]) -> None:
    for code, row in (("mentee_full", mentee), ("mentor_full", mentor)):
        if taken[row.pk] >= row.capacity - row.used:
            raise _full(code, row)


def _full(code: str, row: Enrollment) -> Refused:
    return Refused(
        code,
        _("%(name)s has no free place left.") % {"name": row.person.name},
        _("Unlock another pair of theirs first."),
    )


def _tell(verb: Verb, fixed: Lock | Exclusion, by: Person) -> None:
    data = {"mentee": fixed.mentee_id, "mentor": fixed.mentor_id}
    record(verb, by=by, target=fixed, program_id=fixed.cohort.program_id, data=data)
