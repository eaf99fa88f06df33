"""Reading people."""

from django.conf import settings

from people.models import Person


def must_have_second_factor(person: Person) -> bool:
    """Whether a role of the person demands a second factor that is not set up yet."""
    return (
        person.memberships.filter(role__in=settings.SECOND_FACTOR_ROLES).exists()  # type: ignore[attr-defined]
        and not person.authenticator_set.exists()  # type: ignore[attr-defined]
    )
