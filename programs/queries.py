"""Reading programs: who may see and do what."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from core.roles import GRANTS, Permission, Role, roles_granting
from people.models import Person
from programs.models import Cohort, Membership, Program


def programs_for(person: Person, permission: Permission) -> QuerySet[Program]:
    """The programs in which a role of the person grants the permission."""
    held = Membership.objects.filter(
        program=OuterRef("pk"), person=person.pk, role__in=roles_granting(permission)
    )
    return Program.objects.filter(Exists(held))


def cohorts_for(person: Person, permission: Permission) -> QuerySet[Cohort]:
    """The cohorts of those programs."""
    held = Membership.objects.filter(
        program=OuterRef("program"), person=person.pk, role__in=roles_granting(permission)
    )
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
