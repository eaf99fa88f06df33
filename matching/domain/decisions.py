"""The log of decisions by hand: who decided what, in which order, and whether it still stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from core.errors import Refused
from matching.decision_words import sentence
from matching.models import Decision
from matching.queries import both_agreed, one_said_no
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort

Pair = tuple[Enrollment, Enrollment]  # mentee, mentor
NAMED = 3  # decisions of others that a refusal names


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its name, and the number of the last decision that was seen before it (None: not asked)."""

    name: str
    seen: int | None = None
    batch: UUID = field(default_factory=uuid4)


def hold_cohort(cohort: int) -> Cohort:
    """Decisions of one cohort are made one act after another, so their numbers have no gaps in time."""
    held: Cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort)
    return held


def last_number(cohort: Cohort | int) -> int:
    """Number of the newest decision, 0 before the first."""
    return Decision.objects.filter(cohort=cohort).aggregate(last=Max("number"))["last"] or 0


def has_decided(act: Act) -> bool:
    """Whether the act has changed anything: only then is there something to undo."""
    return Decision.objects.filter(batch=act.batch).exists()


def write(
    kind: str, pairs: Sequence[Pair], *, act: Act, by: Person, cohort: int, reasons: Sequence[str] = ()
) -> None:
    """Log these decisions. The cohort is held."""
    first = last_number(cohort) + 1 if pairs else 0
    Decision.objects.bulk_create(
        Decision(
            cohort_id=cohort,
            number=first + place,
            batch=act.batch,
            act=act.name,
            kind=kind,
            mentee=mentee,
            mentor=mentor,
            reason=reasons[place] if reasons else "",
            by=by,
        )
        for place, (mentee, mentor) in enumerate(pairs)
    )


def refuse_if_decided_since(*, people: Iterable[int], act: Act, by: Person, cohort: int) -> None:
    """Nothing is overwritten unseen. The cohort is held.

    Raises Refused: decided_since, naming what somebody else has decided about one of these people.
    """
    if act.seen is None:
        return
    people = set(people)
    others = list(
        Decision.objects.filter(cohort=cohort, number__gt=act.seen)
        .filter(Q(mentee__in=people) | Q(mentor__in=people))
        .exclude(by=by)
        .annotate(is_agreed=Q(kind=Decision.Kind.LOCK) & both_agreed(), is_no=one_said_no())
        .select_related("mentee__person", "mentor__person", "by")
        .order_by("-number")[:NAMED]
    )
    if others:
        raise Refused(
            "decided_since",
            " ".join(
                [
                    _("Somebody else has decided in the meantime, so nothing was changed."),
                    *(sentence(row) for row in reversed(others)),
                ]
            ),
            _("This page shows how it stands now. Decide again if you still want it."),
        )
