"""What the manager decides by hand: pairs that each run keeps, and pairs that must never be."""

from __future__ import annotations

from django.db import transaction
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
from programs.models import Cohort


@transaction.atomic
def lock_pair(*, mentee: Enrollment, mentor: Enrollment, by: Person) -> Lock:
    """Keep this pair in every run. Locking it twice changes nothing.

    Raises Refused: not_a_pair, not_accepted, mentee_full, mentor_full, or rule_<name> for a broken hard rule.
    """
    mentee, mentor = _hold(mentee, mentor)
    if existing := Lock.objects.filter(mentee=mentee, mentor=mentor).first():
        return existing
    cohort = Cohort.objects.select_related("program").get(pk=mentee.cohort_id)
    snapshot = read_snapshot(cohort, scheme_of(cohort).criteria, only=[mentee.pk, mentor.pk])
    _check_rules(snapshot, mentee, mentor)
    _check_places(mentee, mentor)
    lock = Lock.objects.create(cohort=cohort, mentee=mentee, mentor=mentor, by=by)
    _tell(Verb.PAIR_LOCKED, lock, by)
    return lock


@transaction.atomic
def unlock_pair(*, mentee: Enrollment, mentor: Enrollment, by: Person) -> None:
    """Leave the pair to the runs again. Without a lock it changes nothing."""
    for lock in Lock.objects.select_for_update().filter(mentee=mentee, mentor=mentor):
        _tell(Verb.PAIR_UNLOCKED, lock, by)
        lock.delete()


@transaction.atomic
def exclude_pair(*, mentee: Enrollment, mentor: Enrollment, reason: str, by: Person) -> Exclusion:
    """These two are never to be a pair, in this cohort and later ones; a lock of theirs goes.

    Raises Refused: not_a_pair, no_reason.
    """
    if not reason.strip():
        raise Refused(
            "no_reason", _("Say why these two are never to be a pair."), _("Only staff can read it.")
        )
    mentee, mentor = _hold(mentee, mentor, accepted=False)
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


def _hold(mentee: Enrollment, mentor: Enrollment, *, accepted: bool = True) -> tuple[Enrollment, Enrollment]:
    """Both rows locked, in the order of their ids, so that two managers cannot lock past each other."""
    pks = {mentee.pk, mentor.pk}
    rows = {
        row.pk: row
        for row in Enrollment.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk__in=pks)
        .order_by("pk")
    }
    mentee, mentor = rows[mentee.pk], rows[mentor.pk]
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
    return mentee, mentor


def _check_rules(snapshot: Snapshot, mentee: Enrollment, mentor: Enrollment) -> None:
    if not snapshot.mentors.person:
        raise Refused("circle", _("Circles are not matched by a run, so there is nothing to lock."))
    if not snapshot.mentees.person:
        raise _full("mentee_full", mentee)
    for rule in snapshot.field().blocked_by(0, 0):
        raise Refused(
            f"rule_{rule}",
            rule_words.broken(rule, mentee.person.name, mentor.person.name),
            _("Such a pair is never made, not even by hand."),
        )


def _check_places(mentee: Enrollment, mentor: Enrollment) -> None:
    for code, row, locks in (
        ("mentee_full", mentee, Lock.objects.filter(mentee=mentee)),
        ("mentor_full", mentor, Lock.objects.filter(mentor=mentor)),
    ):
        if locks.count() >= row.capacity - row.used:
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
