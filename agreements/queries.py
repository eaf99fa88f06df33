"""Reading mentorships: scoped and set-based."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncMonth
from django.utils import timezone

from agreements.models import (
    ActionPlan,
    Activity,
    Agreement,
    HelpRequest,
    Meeting,
    MeetingMonth,
    Member,
    Mentorship,
    Signature,
)
from core.roles import Permission, roles_granting
from matching.queries import to_match
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Membership, Strand

SILENT_DAYS = 21
OPEN_STATES = [Mentorship.State.FORMING, Mentorship.State.ACTIVE, Mentorship.State.PAUSED]


def mentorships_of(person: Person) -> QuerySet[Mentorship]:
    """Those in which the person is a member, or was one until they ended."""
    own = Member.objects.filter(mentorship=OuterRef("pk"), person=person.pk).filter(
        Q(left_on=None) | Q(left_on=OuterRef("ended_on"))
    )
    return Mentorship.objects.filter(Exists(own)).select_related("cohort__program", "strand")


def with_members(mentorships: QuerySet[Mentorship]) -> QuerySet[Mentorship]:
    """Each with `.people`: its members who have not left before its end, mentors first."""
    stayed = Q(left_on=None) | Q(left_on=F("mentorship__ended_on"))
    members = Member.objects.filter(stayed).select_related("person", "enrollment").order_by("-side", "pk")
    # "mentor" sorts after "mentee"
    return mentorships.prefetch_related(Prefetch("members", members, to_attr="people"))


def plans_visible_to(person: Person) -> QuerySet[ActionPlan]:
    """One's own plans, and those that were shared with one as their mentor."""
    mentor = Member.objects.filter(
        Q(left_on=None) | Q(left_on=OuterRef("mentorship__ended_on")),
        mentorship=OuterRef("mentorship"),
        person=person.pk,
        side=Member.Side.MENTOR,
    )
    shared = Q(state=ActionPlan.State.SHARED) & Exists(mentor)
    return ActionPlan.objects.filter(Q(mentee=person.pk) | shared).select_related(
        "mentorship__cohort__program", "mentee"
    )


def activities_of(person: Person) -> QuerySet[Activity]:
    """The activities of one's own plans."""
    return Activity.objects.filter(plan__mentee=person.pk).select_related("plan__mentorship__cohort__program")


def meetings_of(person: Person) -> QuerySet[Meeting]:
    """Meetings of one's own mentorships, with their notes."""
    rows = Meeting.objects.filter(mentorship__in=mentorships_of(person))
    return rows.select_related("logged_by", "mentorship__cohort__program")


def current_agreement(mentorship: Mentorship) -> Agreement | None:
    """The version to act on: the one being written or signed, else the one in force or the last."""
    return mentorship.agreements.order_by("-version").first()


def agreement_in_force(mentorship: Mentorship) -> Agreement | None:
    """The version that holds now, if there is one."""
    return mentorship.agreements.filter(state=Agreement.State.IN_FORCE).first()


def signatures_of(agreement: Agreement) -> list[Signature]:
    """All signatures under a version, in order of time."""
    return list(agreement.signatures.select_related("person").order_by("at", "pk"))


def staff_visible(person: Person, cohort: Cohort) -> QuerySet[Mentorship]:
    """The cohort's mentorships that a role of the person shows; a role for one organization shows its own people's.

    The caller has checked that some role grants SEE_PROGRESS at all.
    """
    roles = Membership.objects.filter(
        person=person.pk, program=cohort.program_id, role__in=roles_granting(Permission.SEE_PROGRESS)
    )
    scopes = set(roles.values_list("organization_id", flat=True))
    rows = Mentorship.objects.filter(cohort=cohort).select_related("strand")
    if None in scopes:
        return rows
    own = Member.objects.filter(mentorship=OuterRef("pk"), person__organization__in=scopes)
    return rows.filter(Exists(own))


class LocalDate(Func):
    """The date of an instant in the zone that a column names."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()


def with_progress(mentorships: QuerySet[Mentorship]) -> QuerySet[Any]:
    """Each with today (in its cohort's zone), whether it has begun, and where it stands by then.

    agreement_state (draft, signed_mentor, signed_mentee, waiting_supervisor, in_force or ended), agreement_due,
    agreement_version, waiting_since, plans_written, plans_shared, plan_due, met (meetings of this month), late_months,
    last_heard, asks_help, sitting (mentees now), is_small (a circle with fewer than it needs). Notes, texts and who
    asked for help are not touched.
    """
    latest = Agreement.objects.filter(mentorship=OuterRef("pk")).order_by("-version")
    month = Meeting.objects.filter(mentorship=OuterRef("pk"), held_on__gte=OuterRef("month")).order_by()
    plans = ActionPlan.objects.filter(mentorship=OuterRef("pk")).order_by()
    late = MeetingMonth.objects.filter(mentorship=OuterRef("pk"), due_on__lt=OuterRef("today"), done_at=None)
    mentees = Member.objects.filter(mentorship=OuterRef("pk"), side=Member.Side.MENTEE, left_on=None)
    now = Value(timezone.now(), output_field=DateTimeField())
    today = LocalDate(now, F("cohort__timezone"))
    return mentorships.annotate(today=today, month=TruncMonth(today)).annotate(
        agreement_version=Subquery(latest.values("version")[:1]),
        agreement_due=Subquery(latest.values("due_on")[:1]),
        agreement_state=Subquery(_agreement_states().values("where")[:1]),
        waiting_since=Subquery(latest.annotate(last=Max("signatures__at")).values("last")[:1]),
        plans_written=Coalesce(Subquery(_count(plans)), 0),
        plans_shared=Coalesce(Subquery(_count(plans.exclude(shared_at=None))), 0),
        plan_due=Subquery(plans.filter(shared_at=None).order_by("due_on").values("due_on")[:1]),
        met=Coalesce(Subquery(_count(month)), 0),
        late_months=Coalesce(Subquery(_count(late)), 0),
        last_heard=_last_heard(),
        asks_help=Exists(HelpRequest.objects.filter(mentorship=OuterRef("pk"), handled_at=None)),
        sitting=Coalesce(Subquery(_count(mentees.order_by())), 0),
        is_small=ExpressionWrapper(_too_few(), output_field=BooleanField()),
        begun=ExpressionWrapper(Q(starts_on__lte=F("today")), output_field=BooleanField()),
    )


def _too_few() -> Q:
    few = Q(strand__format=Strand.Format.CIRCLE, sitting__lt=F("strand__size_min"))
    return Q(state__in=OPEN_STATES) & few


def with_progress_of(mentorships: QuerySet[Mentorship], person: Person) -> QuerySet[Any]:
    """The same with i_signed (the latest version) and my_plan_due (of one's own plan not shared yet)."""
    plan = ActionPlan.objects.filter(mentorship=OuterRef("pk"), mentee=person.pk, shared_at=None)
    signed = Signature.objects.filter(
        agreement__mentorship=OuterRef("pk"),
        agreement__version=OuterRef("agreement_version"),
        person=person.pk,
    )
    due = Subquery(plan.values("due_on")[:1])
    found: QuerySet[Any] = with_progress(mentorships).annotate(i_signed=Exists(signed), my_plan_due=due)
    return found


def _agreement_states() -> QuerySet[Any]:
    """The versions of the outer mentorship, latest first, and where each stands, finer than its own state."""

    def signed(side: str) -> Exists:
        return Exists(Signature.objects.filter(agreement=OuterRef("pk"), capacity=side))

    unsigned = Exists(
        Member.objects.filter(mentorship=OuterRef("mentorship"), left_on=None).exclude(
            Exists(Signature.objects.filter(agreement=OuterRef(OuterRef("pk")), person=OuterRef("person")))
        )
    )
    where = Case(
        When(state=Agreement.State.IN_FORCE, then=Value("in_force")),
        When(state__in=[Agreement.State.ENDED, Agreement.State.SUPERSEDED], then=Value("ended")),
        When(state=Agreement.State.DRAFT, then=Value("draft")),
        When(~unsigned, then=Value("waiting_supervisor")),
        When(signed(Member.Side.MENTOR), then=Value("signed_mentor")),
        default=Value("signed_mentee"),
        output_field=CharField(),
    )
    return Agreement.objects.filter(mentorship=OuterRef("pk")).order_by("-version").annotate(where=where)


def _last_heard() -> Greatest:
    """The last sign of life: a meeting logged, a signature, a plan shared, or the beginning itself."""
    meeting = (
        Meeting.objects.filter(mentorship=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
    )
    signature = (
        Signature.objects.filter(agreement__mentorship=OuterRef("pk"))
        .exclude(capacity=Signature.Capacity.SUPERVISOR)
        .order_by("-at")
        .values("at")[:1]
    )
    plan = ActionPlan.objects.filter(mentorship=OuterRef("pk")).exclude(shared_at=None).order_by("-shared_at")
    return Greatest(
        F("created_at"), Subquery(meeting), Subquery(signature), Subquery(plan.values("shared_at")[:1])
    )


def _count(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    counted: QuerySet[Any, Any] = rows.values("mentorship").annotate(n=Count("pk")).values("n")
    return counted


def silent_before() -> datetime:
    """The moment before which the last sign of life counts as silence."""
    return timezone.now() - timedelta(days=SILENT_DAYS)


def is_silent() -> Q:
    """For rows of `with_progress`: open, begun three weeks ago, and not heard of since."""
    before = silent_before()
    return Q(state__in=OPEN_STATES, starts_on__lt=before.date(), last_heard__lt=before)


def is_late() -> Q:
    """For rows of `with_progress`: an agreement, a plan or a month's meetings overdue."""
    unsigned = Q(agreement_due__lt=F("today")) & ~Q(agreement_state__in=["in_force", "ended"])
    return Q(state__in=OPEN_STATES) & (unsigned | Q(plan_due__lt=F("today")) | Q(late_months__gt=0))


def free_places(mentorship: Mentorship) -> int:
    """How many may still join a circle; none in a pair. One query."""
    if mentorship.strand.format != Strand.Format.CIRCLE:
        return 0
    members = mentorship.members.filter(left_on=None).select_related("enrollment")
    mentees = [member for member in members if member.side == Member.Side.MENTEE]
    hosts = [member.enrollment for member in members if member.side == Member.Side.MENTOR]
    rooms = [host.capacity - host.used for host in hosts]
    return max(0, min([mentorship.strand.size_max - len(mentees), *rooms]))


def circle_times(mentorship: Mentorship, *, least: int = 2) -> set[str]:
    """When all who are in a circle now are free, of those who said when; empty of a pair. One query.

    A time is one in common only where so many said any at least.
    """
    if mentorship.strand.format != Strand.Format.CIRCLE:
        return set()
    open_seats = mentorship.members.filter(left_on=None)
    return shared_times(open_seats.values_list("enrollment__availability", flat=True), least=least)


def shared_times(said: Iterable[Sequence[str]], *, least: int = 2) -> set[str]:
    """The times that all named who named any, where so many did at least."""
    stated = [set(times) for times in said if times]
    return set.intersection(*stated) if len(stated) >= least else set()


def waiting_for_circle(mentorship: Mentorship) -> QuerySet[Enrollment]:
    """Who could join this circle: those who are free when it is, then those who said nothing; by name."""
    people = to_match(mentorship.cohort_id, Strand.Format.CIRCLE).filter(
        role=Enrollment.Role.MENTEE, strand=mentorship.strand_id, used__lt=F("capacity")
    )
    free = When(availability__overlap=sorted(circle_times(mentorship, least=1)), then=0)
    order = Case(free, When(availability=[], then=1), default=2)
    return people.select_related("person").order_by(order, "person__full_name", "pk")
