"""Reading programs: who may see and do what."""

from __future__ import annotations

from django.db.models import Case, Exists, IntegerField, OuterRef, Prefetch, QuerySet, Sum, When

from core.roles import GRANTS, Permission, Role, roles_granting
from people.models import Organization, Person
from programs.models import Cohort, Membership, Program, Strand


def programs_for(person: Person, permission: Permission) -> QuerySet[Program]:
    """The programs in which a role of the person grants the permission."""
    held = Membership.objects.filter(
        program=OuterRef("pk"), person=person.pk, role__in=roles_granting(permission)
    )
    return Program.objects.filter(Exists(held))


def cohorts_for(person: Person, permission: Permission, *, whole: bool = False) -> QuerySet[Cohort]:
    """The cohorts of those programs; with `whole`, not those of a role that is limited to one organization's people."""
    held = Membership.objects.filter(
        program=OuterRef("program"), person=person.pk, role__in=roles_granting(permission)
    )
    if whole:
        held = held.filter(organization=None)
    return Cohort.objects.filter(Exists(held)).select_related("program")


def may(person: Person, permission: Permission, program: Program | int) -> bool:
    """Whether a role of the person in the program grants the permission."""
    pk = program if isinstance(program, int) else program.pk
    return Membership.objects.filter(
        program=pk, person=person.pk, role__in=roles_granting(permission)
    ).exists()


def permissions_in(person: Person, program: Program) -> frozenset[Permission]:
    """Everything that the person's roles grant in the program, in one query."""
    roles = Membership.objects.filter(program=program, person=person.pk).values_list("role", flat=True)
    return frozenset().union(*(GRANTS[Role(role)] for role in roles))


def staff_of(program: Program | int, permission: Permission) -> QuerySet[Person]:
    """The people whose role in the program grants the permission."""
    pk = program if isinstance(program, int) else program.pk
    return Person.objects.filter(
        is_active=True, memberships__program=pk, memberships__role__in=roles_granting(permission)
    ).distinct()


def may_create_programs(person: Person) -> bool:
    """Operators may, and whoever manages a program already."""
    return person.is_operator or Membership.objects.filter(person=person.pk, role=Role.MANAGER).exists()


def organizations_for_programs(person: Person) -> QuerySet[Organization]:
    """Where the person may make a program: anywhere as operator, else in organizations whose programs they manage."""
    if person.is_operator:
        return Organization.objects.order_by("name")
    managed = Membership.objects.filter(person=person.pk, role=Role.MANAGER, program__owner=OuterRef("pk"))
    return Organization.objects.filter(Exists(managed)).order_by("name")


def desk_programs(person: Person) -> QuerySet[Program]:
    """The person's programs with their cohorts, the newest first, in two queries."""
    cohorts = Cohort.objects.order_by("-starts_on", "-pk")
    programs = programs_for(person, Permission.SEE_DESK).order_by("name", "pk")
    return programs.prefetch_related(Prefetch("cohorts", queryset=cohorts))


def roles_by_program(person: Person) -> dict[int, list[Role]]:
    """The person's roles by program id."""
    found: dict[int, list[Role]] = {}
    held = Membership.objects.filter(person=person.pk).order_by("role", "pk")
    for program_id, role in held.values_list("program_id", "role"):
        if Role(role) not in found.setdefault(program_id, []):
            found[program_id].append(Role(role))
    return found


def memberships_of(program: Program) -> QuerySet[Membership]:
    """Who works in the program, by name."""
    return (
        Membership.objects.filter(program=program)
        .select_related("person", "organization")
        .order_by("person__full_name", "person_id", "role", "pk")
    )


def cohorts_of(program: Program) -> QuerySet[Cohort]:
    """The program's cohorts with their places, the newest first."""
    taken = {"places": Sum("offers__places"), "taken": Sum("offers__used")}
    return program.cohorts.annotate(**taken).order_by("-starts_on", "-pk")


def is_of_circles(cohort: Cohort) -> bool:
    """Whether all places of the cohort are in circles. One query."""
    formats = set(cohort.offers.filter(places__gt=0).values_list("strand__format", flat=True))
    return formats == {Strand.Format.CIRCLE}


def public_programs() -> QuerySet[Program]:
    """What strangers may see: public programs with the cohorts that are not drafts, calls that are open first."""
    return (
        Program.objects.filter(is_public=True)
        .select_related("owner")
        .prefetch_related(Prefetch("cohorts", queryset=public_cohorts()))
        .order_by("name", "pk")
    )


def public_cohorts() -> QuerySet[Cohort]:
    """Cohorts of public programs that are no drafts: open calls first, then the newest."""
    is_open = Case(When(state=Cohort.State.CALL_OPEN, then=0), default=1, output_field=IntegerField())
    return (
        Cohort.objects.filter(program__is_public=True)
        .exclude(state=Cohort.State.DRAFT)
        .select_related("program")
        .order_by(is_open, "-starts_on", "-pk")
    )
