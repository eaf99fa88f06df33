"""Reading enrollments: whose they are, and who of the staff may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from core.roles import Permission, roles_granting
from notifications.deadlines import kinds
from participants.models import Enrollment, Introduction, Shortlist, Suggestion
from participants.rules import BEFORE_PAIRS, LIVE, is_open_to
from people.models import Person, Unit
from programs.models import Cohort, Membership, Offer, Program, Questionnaire, Strand

S = Enrollment.State
PROMISED = (Introduction.State.AGREED, Introduction.State.CONFIRMED)
BROWSING = (*LIVE, S.WAITLISTED, S.OFFERED)


def visible_enrollments(person: Person) -> QuerySet[Enrollment]:
    """A person's own enrollments, newest cohort first."""
    mine = Enrollment.objects.filter(person=person.pk).select_related("cohort__program", "strand")
    return mine.order_by("-cohort__starts_on", "role")


def for_staff(
    cohort: Cohort, *, viewer: Person, permission: Permission = Permission.SEE_PEOPLE
) -> QuerySet[Enrollment]:
    """The cohort's enrollments that a member of staff may see (or act on, by `permission`).

    A role limited to a partner organization reaches that organization's people alone.
    """
    held = Membership.objects.filter(
        person=viewer.pk, program=cohort.program_id, role__in=roles_granting(permission)
    ).filter(Q(organization=None) | Q(organization=OuterRef("person__organization")))
    return Enrollment.objects.filter(Exists(held), cohort=cohort)


def sees_everyone(cohort: Cohort, *, viewer: Person, permission: Permission = Permission.SEE_PEOPLE) -> bool:
    """Whether a role of the viewer grants the permission without limiting it to an organization."""
    return Membership.objects.filter(
        person=viewer.pk, program=cohort.program_id, role__in=roles_granting(permission), organization=None
    ).exists()


def mentors_to_wish_for(enrollment: Enrollment) -> QuerySet[Person]:
    """Mentors whom an applicant can name: applied or accepted, in the same strand unless the program mixes them."""
    mentors = Enrollment.objects.filter(
        cohort=enrollment.cohort_id, person=OuterRef("pk"), role=Enrollment.Role.MENTOR, state__in=LIVE
    )
    mentors = in_reach(mentors, enrollment)
    others = Person.objects.filter(Exists(mentors), is_active=True).exclude(pk=enrollment.person_id)
    return others.order_by("full_name", "pk")


def in_reach(mentors: QuerySet[Enrollment], enrollment: Enrollment) -> QuerySet[Enrollment]:
    """Those of another strand drop out, unless the program mixes them."""
    if enrollment.cohort.program.criteria.get("rules", {}).get("same_strand", True):
        return mentors.filter(strand=enrollment.strand_id)
    return mentors


def open_strands(cohort: Cohort, person: Person, role: str) -> list[Strand]:
    """The strands of the cohort that a person can join in a role. Mentors may join any of them."""
    offered = Offer.objects.filter(cohort=cohort).select_related("strand").order_by("pk")
    strands = [offer.strand for offer in offered]
    if role == Enrollment.Role.MENTOR:
        return strands
    return [strand for strand in strands if is_open_to(strand, person)]


def questionnaire_for(program: Program | int, role: str) -> Questionnaire | None:
    """The newest application form of a role."""
    pk = program if isinstance(program, int) else program.pk
    return Questionnaire.objects.filter(program=pk, purpose=role).order_by("-number").first()


def left_out_before(cohort: Cohort, person_ids: Iterable[int], role: str) -> set[int]:
    """Who of these got no place, or no partner, in the last earlier cohort of the program that they applied to."""
    last = (
        Enrollment.objects.filter(
            cohort__program=cohort.program_id,
            cohort__starts_on__lt=cohort.starts_on,
            person__in=person_ids,
            role=role,
            submitted_at__isnull=False,
        )
        .order_by("person_id", "-cohort__starts_on", "-pk")
        .distinct("person_id")
        .values("person_id", "state", "used", "cohort__state")
    )
    over = {Cohort.State.CLOSING, Cohort.State.CLOSED}
    return {
        row["person_id"]
        for row in last
        if row["state"] == S.WAITLISTED
        or (row["state"] == S.ACCEPTED and not row["used"] and row["cohort__state"] in over)
    }


def directorates(enrollments: QuerySet[Enrollment]) -> QuerySet[Unit]:
    """The top units that these people belong to, by name."""
    people = enrollments.filter(person__unit__isnull=False)
    tops = people.values("person__unit__top")
    own = people.filter(person__unit__top=None).values("person__unit")
    return Unit.objects.filter(Q(pk__in=tops) | Q(pk__in=own)).order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Places:
    """A strand's mentee places: `used` are held by people accepted and offered; `waiting` is its waiting list.

    `pending` are acceptances set aside that are not released yet.
    """

    strand: Strand
    places: int
    used: int
    offered: int
    waiting: int
    pending: int

    @property
    def accepted(self) -> int:
        """Places of people who are in."""
        return self.used - self.offered

    @property
    def to_offer(self) -> int:
        """Places for which somebody waits, and nobody is set aside as accepted."""
        return max(0, min(self.after, self.waiting))

    @property
    def free(self) -> int:
        """Places nobody holds."""
        return self.places - self.used

    @property
    def after(self) -> int:
        """Places left once the decisions are released; negative where there are too few."""
        return self.free - self.pending


def place_rows(cohort: Cohort) -> list[Places]:
    """The places of each strand. One query."""
    mentees = Enrollment.objects.filter(
        cohort=OuterRef("cohort"), strand=OuterRef("strand"), role=Enrollment.Role.MENTEE
    )

    def count(**which: str) -> Coalesce:
        number = (
            mentees.filter(**which).order_by().values("cohort").annotate(number=Count("pk")).values("number")
        )
        return Coalesce(Subquery(number, output_field=IntegerField()), 0)

    offers = (
        Offer.objects.filter(cohort=cohort)
        .select_related("strand")
        .annotate(
            offered=count(state=S.OFFERED),
            waiting=count(state=S.WAITLISTED),
            pending=count(pending_decision=S.ACCEPTED),
        )
        .order_by("pk")
    )
    return [Places(o.strand, o.places, o.used, o.offered, o.waiting, o.pending) for o in offers]


def late_people(cohort: Cohort) -> set[int]:
    """Ids of participants who owe something in the cohort since before now. One query over all kinds of deadlines."""
    overdue = [
        kind.rows()
        .filter(cohort_id=cohort.pk, due_at__lt=timezone.now(), done_at=None)
        .values_list("person_id")
        for kind in kinds().values()
        if not kind.staff
    ]
    return {person for (person,) in overdue[0].union(*overdue[1:])}


def with_free_places(rows: QuerySet[Enrollment], promised_by: Iterable[str] = PROMISED) -> QuerySet[Any]:
    """Adds `free`: places neither used nor promised to an introduction in one of these states.

    A confirmed one that has been published is among the used, so the larger of the two counts.
    """

    def promised(side: str) -> Subquery:
        held = Introduction.objects.filter(state__in=promised_by, **{side: OuterRef("pk")}).order_by()
        counted = held.values(side).annotate(number=Count("pk")).values("number")
        return Subquery(counted, output_field=IntegerField())

    taken = Coalesce(promised("mentor"), promised("mentee"), 0)
    return rows.annotate(free=Greatest(F("capacity") - Greatest(F("used"), taken), 0))


def unsettled(rows: QuerySet[Enrollment]) -> QuerySet[Any]:
    """Those who have a place that no pair, and no confirmed introduction, takes."""
    return with_free_places(rows, [Introduction.State.CONFIRMED]).filter(free__gt=0)


def introductions_of(person: Person) -> QuerySet[Introduction]:
    """Those in which a person asks or is asked, newest first."""
    mine = Introduction.objects.filter(Q(mentee__person=person.pk) | Q(mentor__person=person.pk))
    return mine.select_related(
        "cohort__program", "mentee__person__unit", "mentor__person__unit", "decided_by"
    ).order_by("-pk")


def introductions_for_staff(cohort: Cohort) -> QuerySet[Introduction]:
    """Those on which both agreed, by people who still take part. A "no" is nobody else's business."""
    agreed = Introduction.objects.filter(
        cohort=cohort,
        state__in=[*PROMISED, Introduction.State.CHANGED],
        mentee__state__in=LIVE,
        mentor__state__in=LIVE,
    )
    people = ("mentee__person__unit", "mentor__person__unit", "decided_by")
    return agreed.select_related(*people).order_by("answered_at", "pk")


def may_browse(person: Person) -> QuerySet[Enrollment]:
    """A person's enrollments as mentee that open a directory of mentors."""
    return (
        Enrollment.objects.filter(person=person.pk, role=Enrollment.Role.MENTEE, state__in=BROWSING)
        .filter(
            Q(cohort__introductions=True) | Q(cohort__self_match=True) | Q(cohort__shortlists=True),
            cohort__state__in=BEFORE_PAIRS,
        )
        .select_related("cohort__program", "strand", "person")
        .order_by("cohort__starts_on", "pk")
    )


def mentors_shown(enrollment: Enrollment) -> QuerySet[Any]:
    """Mentors who agreed to be found, and whom this mentee could be matched with; with their free places."""
    mentors = Enrollment.objects.filter(
        cohort=enrollment.cohort_id,
        role=Enrollment.Role.MENTOR,
        state__in=LIVE,
        listed=True,
        person__is_active=True,
    ).exclude(person=enrollment.person_id)
    return with_free_places(in_reach(mentors, enrollment)).select_related("person__unit", "strand")


def may_introduce(person: Person) -> QuerySet[Enrollment]:
    """A person's enrollments as mentor from which a mentee can be asked."""
    mine = Enrollment.objects.filter(person=person.pk, role=Enrollment.Role.MENTOR, state__in=LIVE)
    mine = mine.filter(cohort__introductions=True, cohort__state__in=BEFORE_PAIRS)
    return mine.select_related("cohort__program", "strand", "person").order_by("cohort__starts_on", "pk")


def shortlists_of(person: Person) -> QuerySet[Shortlist]:
    """What is proposed to a person who still takes part."""
    mine = Shortlist.objects.filter(enrollment__person=person.pk, enrollment__state__in=LIVE)
    return mine.select_related("enrollment__cohort__program", "enrollment__person", "enrollment__strand")


def lists_to_rank() -> QuerySet[Shortlist]:
    """Shortlists that wait for their ranking: whoever is confirmed as a pair has nothing to rank."""
    there = Enrollment.objects.filter(state__in=LIVE, cohort__state__in=BEFORE_PAIRS)
    return Shortlist.objects.filter(ranked_at=None, enrollment__in=unsettled(there).values("pk"))


def still_suggested(shortlist: Shortlist) -> QuerySet[Suggestion]:
    """Those of a shortlist who take part, in an order that says nothing: by name."""
    there = shortlist.suggestions.filter(mentor__state__in=LIVE, mentor__person__is_active=True)
    return there.select_related("mentor__person__unit").order_by("mentor__person__full_name", "pk")
