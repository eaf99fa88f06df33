"""What the manager decides by hand: pairs that each run keeps, and pairs that must never be.

Every verb takes the cohort's row first and logs a `Decision`, so that acts come one after another and can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from core.french import elided
from matching import rule_words
from matching.domain.decisions import Act, Pair, hold_cohort, refuse_if_decided_since, write
from matching.models import Decision, Exclusion, Lock
from matching.queries import scheme_of
from matching.snapshot import Snapshot, read_snapshot
from matching.verbs import Verb
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Strand

KIND = Decision.Kind
LONGEST = 300  # characters of a reason
FixedRow = TypeVar("FixedRow", Lock, Exclusion)


def lock_pair(
    *, mentee: Enrollment, mentor: Enrollment, by: Person, reason: str = "", act: Act | None = None
) -> Lock:
    """Keep this pair in every run. Locking it twice changes nothing.

    Raises Refused: not_a_pair, not_accepted, circle, mentee_full, mentor_full, decided_since, wrong_reason, or
    rule_<name> for a broken hard rule.
    """
    locks, refused = lock_pairs(pairs=[(mentee, mentor)], by=by, reason=reason, act=act)
    if refused:
        raise refused[0]
    return locks[0]


@transaction.atomic
def lock_pairs(
    *, pairs: Sequence[Pair], by: Person, reason: str = "", act: Act | None = None
) -> tuple[list[Lock], list[Refused]]:
    """Keep these pairs of one cohort in every run; what is refused (see `lock_pair`) stops no other.

    Raises Refused: wrong_reason; and decided_since, where somebody else has decided about one of these people.
    """
    act = act or Act(Decision.Act.LOCK)
    return put_locks(hold(pairs, act=act, by=by), [reason] * len(pairs), by, act)


def unlock_pair(*, mentee: Enrollment, mentor: Enrollment, by: Person, act: Act | None = None) -> None:
    """Leave the pair to the runs again. Without a lock it changes nothing."""
    unlock_pairs(pairs=[(mentee, mentor)], by=by, act=act)


@transaction.atomic
def unlock_pairs(*, pairs: Sequence[Pair], by: Person, act: Act | None = None) -> int:
    """Leave these pairs to the runs again; how many were locked. Raises Refused: decided_since."""
    act = act or Act(Decision.Act.UNLOCK)
    return drop_locks(hold(pairs, act=act, by=by), by, act)


@transaction.atomic
def exclude_pair(
    *, mentee: Enrollment, mentor: Enrollment, reason: str, by: Person, act: Act | None = None
) -> Exclusion:
    """These two are never to be a pair, in this cohort and later ones; a lock of theirs goes.

    Raises Refused: not_a_pair, no_reason, wrong_reason, decided_since.
    """
    act = act or Act(Decision.Act.EXCLUDE)
    put_exclusions(hold([(mentee, mentor)], act=act, by=by), [reason], by, act)
    return Exclusion.objects.get(mentee=mentee, mentor=mentor)


@transaction.atomic
def allow_pair(*, exclusion: Exclusion, by: Person, act: Act | None = None) -> None:
    """Lift an exclusion; where it has been lifted already, nothing changes. Raises Refused: decided_since."""
    act = act or Act(Decision.Act.ALLOW)
    drop_exclusions(hold([(exclusion.mentee, exclusion.mentor)], act=act, by=by), by, act)


def hold(pairs: Sequence[Pair], *, act: Act, by: Person) -> list[Pair]:
    """The cohort, then all rows in the order of their ids, so that two managers cannot decide past each other.

    What `put_` and `drop_` work on. Raises Refused: decided_since.
    """
    hold_cohort(pairs[0][0].cohort_id)
    return hold_people(pairs, act=act, by=by)


def hold_people(pairs: Sequence[Pair], *, act: Act, by: Person) -> list[Pair]:
    """The people of pairs whose cohort is held already. Raises Refused: decided_since."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("person", "cohort__program")
    held = {
        row.pk: row for row in rows.filter(pk__in={row.pk for pair in pairs for row in pair}).order_by("pk")
    }
    refuse_if_decided_since(people=held, act=act, by=by, cohort=pairs[0][0].cohort_id)
    return [(held[mentee.pk], held[mentor.pk]) for mentee, mentor in pairs]


def put_locks(
    pairs: Sequence[Pair], reasons: Sequence[str], by: Person, act: Act
) -> tuple[list[Lock], list[Refused]]:
    """Lock held pairs, each with its reason or "": the locks that stand now, and what was refused.

    Raises Refused: wrong_reason.
    """
    cohort = pairs[0][0].cohort
    checker = Checker(pairs)
    asked, new, refused = [], [], []
    for (mentee, mentor), reason in zip(pairs, _checked(reasons), strict=True):
        key = (mentee.pk, mentor.pk)
        try:
            if key not in checker.stand:
                checker.take(mentee, mentor)
                checker.stand[key] = Lock(cohort=cohort, mentee=mentee, mentor=mentor, reason=reason, by=by)
                new.append(checker.stand[key])
        except Refused as error:
            refused.append(error)
        else:
            asked.append(checker.stand[key])
    for lock in Lock.objects.bulk_create(new):
        _tell(Verb.PAIR_LOCKED, lock, by)
    _write(KIND.LOCK, new, by, act)
    return asked, refused


def drop_locks(pairs: Sequence[Pair], by: Person, act: Act) -> int:
    """Unlock held pairs; how many were locked."""
    locks = _of_pairs(Lock.objects.all(), pairs)
    for lock in locks:
        _tell(Verb.PAIR_UNLOCKED, lock, by)
    _write(KIND.UNLOCK, locks, by, act)
    Lock.objects.filter(pk__in=[lock.pk for lock in locks]).delete()
    return len(locks)


def put_exclusions(pairs: Sequence[Pair], reasons: Sequence[str], by: Person, act: Act) -> None:
    """Exclude held pairs, each with its reason; their locks go. Raises Refused: not_a_pair, no_reason, wrong_reason."""
    reasons = _checked(reasons)
    for (mentee, mentor), reason in zip(pairs, reasons, strict=True):
        if not reason:
            raise Refused(
                "no_reason", _("Say why these two are never to be a pair."), _("Only staff can read it.")
            )
        _check_sides(mentee, mentor, accepted=False)
    drop_locks(pairs, by, act)
    known = {(row.mentee_id, row.mentor_id) for row in _of_pairs(Exclusion.objects.all(), pairs)}
    new = [
        Exclusion(cohort=mentee.cohort, mentee=mentee, mentor=mentor, reason=reason, by=by)
        for (mentee, mentor), reason in zip(pairs, reasons, strict=True)
        if (mentee.pk, mentor.pk) not in known
    ]
    for row in Exclusion.objects.bulk_create(new):
        _tell(Verb.PAIR_EXCLUDED, row, by)
    _write(KIND.EXCLUDE, new, by, act)


def drop_exclusions(pairs: Sequence[Pair], by: Person, act: Act) -> int:
    """Lift the exclusions of held pairs; how many there were."""
    found = _of_pairs(Exclusion.objects.all(), pairs)
    for row in found:
        _tell(Verb.PAIR_ALLOWED, row, by)
    _write(KIND.ALLOW, found, by, act)
    Exclusion.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


def refuse_locked(mentee: Enrollment, mentor: Enrollment) -> None:
    """Raises Refused("locked_already"): to lock the two would change nothing, and a new reason would be lost."""
    if Lock.objects.filter(mentee=mentee, mentor=mentor).exists():
        names = {"mentee": mentee.person.name, "mentor": mentor.person.name}
        raise Refused(
            "locked_already",
            _("%(mentee)s and %(mentor)s are locked already, so nothing has changed.") % names,
            _("To give another reason, unlock them first."),
        )


def wrong_reason(reason: str) -> str:
    """What keeps a text from being a reason, empty where nothing does."""
    if len(reason) > LONGEST:
        return _("Longer than %(most)d characters.") % {"most": LONGEST}
    return _("Contains a character that no text has (NUL).") if "\x00" in reason else ""


def _checked(reasons: Sequence[str]) -> list[str]:
    found = [reason.strip() for reason in reasons]
    for reason in found:
        if wrong := wrong_reason(reason):
            raise Refused("wrong_reason", _("The reason cannot be kept."), wrong)
    return found


def _write(kind: str, rows: Sequence[Lock | Exclusion], by: Person, act: Act) -> None:
    if rows:
        pairs, reasons = [(row.mentee, row.mentor) for row in rows], [row.reason for row in rows]
        write(kind, pairs, act=act, by=by, cohort=rows[0].cohort_id, reasons=reasons)


def _of_pairs(rows: QuerySet[FixedRow], pairs: Sequence[Pair]) -> list[FixedRow]:
    wanted = {(mentee.pk, mentor.pk) for mentee, mentor in pairs}
    found = rows.select_related("cohort", "mentee", "mentor").order_by("pk")
    mentees = [mentee for mentee, _mentor in pairs]
    return [row for row in found.filter(mentee__in=mentees) if (row.mentee_id, row.mentor_id) in wanted]


def locks_with(people: Sequence[int]) -> QuerySet[Lock]:
    """Locks that hold one of these enrollments."""
    return Lock.objects.filter(Q(mentee__in=people) | Q(mentor__in=people))


def takes_part(row: Enrollment) -> bool:
    """Whether runs know this person."""
    return row.state == Enrollment.State.ACCEPTED


def _check_sides(mentee: Enrollment, mentor: Enrollment, *, accepted: bool = True) -> None:
    roles = (mentee.role, mentor.role)
    if roles != (Enrollment.Role.MENTEE, Enrollment.Role.MENTOR) or mentee.cohort_id != mentor.cohort_id:
        raise Refused(
            "not_a_pair", _("These two cannot be a pair: one of each side of one cohort is needed.")
        )
    for row in (mentee, mentor) if accepted else ():
        if not takes_part(row):
            raise Refused(
                "not_accepted",
                _("%(name)s is not accepted in this cohort.") % {"name": row.person.name},
                _("Accept the application first."),
            )


class Sides:
    """Some people of one kind of strand as the engine knows them."""

    def __init__(self, cohort: Cohort, people: Sequence[int], is_circle: bool) -> None:
        kind = Strand.Format.CIRCLE if is_circle else Strand.Format.ONE_TO_ONE
        snapshot: Snapshot = read_snapshot(cohort, scheme_of(cohort).criteria, only=people, kind=kind)
        self.field = snapshot.field()
        self.mentees = {pk: row for row, pk in enumerate(snapshot.mentees.enrollment)}
        self.mentors = {pk: row for row, pk in enumerate(snapshot.mentors.enrollment)}


class Checker:
    """Whether pairs of one cohort may be locked one after another, beside the locks that stand."""

    def __init__(self, pairs: Sequence[Pair], *, without: Sequence[Pair] = ()) -> None:
        """`without` names pairs whose locks are about to go."""
        people = [row.pk for pair in pairs for row in pair]
        gone = {(mentee.pk, mentor.pk) for mentee, mentor in without}
        locks = locks_with(people).select_related("mentee", "mentor", "cohort")
        self.stand = {key: lock for lock in locks if (key := (lock.mentee_id, lock.mentor_id)) not in gone}
        # Whoever has left holds nobody's place.
        kept = [
            pair for pair, lock in self.stand.items() if takes_part(lock.mentee) and takes_part(lock.mentor)
        ]
        self._taken = Counter(pk for pair in kept for pk in pair)
        strands = {row.strand_id for pair in pairs for row in pair}
        circles = Strand.objects.filter(pk__in=strands, format=Strand.Format.CIRCLE)
        self._circles = set(circles.values_list("pk", flat=True))
        kinds = {strand in self._circles for strand in strands}
        self._sides = {is_circle: Sides(pairs[0][0].cohort, people, is_circle) for is_circle in kinds}

    def take(self, mentee: Enrollment, mentor: Enrollment) -> None:
        """Use a place of both, or refuse the pair by the name of what it breaks."""
        _check_sides(mentee, mentor)
        self._check_circle(mentee, mentor)
        sides = self._sides[mentor.strand_id in self._circles]
        if mentee.pk not in sides.mentees:
            raise self._full("mentee_full", mentee)
        for rule in sides.field.blocked_by(sides.mentees[mentee.pk], sides.mentors[mentor.pk]):
            raise Refused(
                f"rule_{rule}",
                rule_words.broken(rule, mentee.person.name, mentor.person.name),
                _("Such a pair is never made, not even by hand."),
            )
        for code, row in (("mentee_full", mentee), ("mentor_full", mentor)):
            if self._taken[row.pk] >= row.capacity - row.used:
                raise self._full(code, row)
        self._taken.update((mentee.pk, mentor.pk))

    def _check_circle(self, mentee: Enrollment, mentor: Enrollment) -> None:
        sits, hosts = mentee.strand_id in self._circles, mentor.strand_id in self._circles
        if sits != hosts or mentor.pk not in self._sides[hosts].mentors:
            raise Refused(
                "circle",
                _("Pairs and circles are matched apart: these two are not in the same kind of strand."),
                _("Choose two people of one strand."),
            )
        if hosts and mentor.used:
            raise Refused(
                "circle_meets",
                elided(_("The circle of %(name)s meets already.") % {"name": mentor.person.name}),
                _("Choose another host."),
            )
        slots = set(mentee.availability), set(mentor.availability)
        if hosts and all(slots) and slots[0].isdisjoint(slots[1]):
            raise Refused(
                "circle_time",
                _("%(mentee)s and %(host)s are never free at the same time, and a circle meets when all are.")
                % {"mentee": mentee.person.name, "host": mentor.person.name},
                _("Choose another host."),
            )

    def _full(self, code: str, row: Enrollment) -> Refused:
        return Refused(
            code,
            _("%(name)s has no free place left.") % {"name": row.person.name},
            _("Unlock another pair of theirs first.")
            if self._taken[row.pk]
            else _("Their places belong to pairs that are published."),
        )


def _tell(verb: Verb, fixed: Lock | Exclusion, by: Person) -> None:
    data = {"mentee": fixed.mentee_id, "mentor": fixed.mentor_id}
    record(verb, by=by, target=fixed, program_id=fixed.cohort.program_id, data=data)
