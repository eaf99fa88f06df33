"""Reading people."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from people.models import Organization, PeopleImport, Person, Unit


def must_have_second_factor(person: Person) -> bool:
    """Whether a role of the person demands a second factor that is not set up yet."""
    return (
        person.memberships.filter(role__in=settings.SECOND_FACTOR_ROLES).exists()
        and not person.authenticator_set.exists()  # type: ignore[attr-defined]
    )


def known_people(columns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Everyone by e-mail: the columns named, and organization, unit_path and supervisor_email by name.

    Everyone, because a loop of supervisors may run through people whom a file does not name.
    """
    rows = Person.objects.values_list(
        "email", "organization__name", "unit__path", "supervisor__email", *columns
    )
    return {
        email: {
            "organization": organization or "",
            "unit_path": path or "",
            "supervisor_email": supervisor or "",
            **dict(zip(columns, values, strict=True)),
        }
        for email, organization, path, supervisor, *values in rows.iterator(chunk_size=5000)
    }


def known_organizations() -> frozenset[str]:
    """Names of all organizations."""
    return frozenset(Organization.objects.values_list("name", flat=True))


def known_units() -> frozenset[tuple[str, str]]:
    """All units as (organization's name, path)."""
    return frozenset(Unit.objects.values_list(F("organization__name"), "path"))


def imports_for(person: Person) -> QuerySet[PeopleImport]:
    """Operators see every import; others none."""
    imports = PeopleImport.objects.defer("content").select_related("by").order_by("-id")
    return imports if person.is_operator else imports.none()


def import_progress(pk: int) -> int:
    """Rows done by the import that is being applied; kept in the cache, for its transaction is not over."""
    return int(cache.get(f"people-import:{pk}", 0))


def forgotten_imports() -> list[tuple[int, str]]:
    """Imports that nobody is working on although they wait: (id, state)."""
    waiting = PeopleImport.objects.filter(
        state__in=[PeopleImport.State.CHECKING, PeopleImport.State.APPLYING],
        created_at__lt=timezone.now() - timedelta(minutes=2),
    )
    with transaction.atomic():
        return list(waiting.select_for_update(skip_locked=True).order_by("pk").values_list("pk", "state"))
