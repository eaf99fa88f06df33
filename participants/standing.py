"""Where a person stands, said on the home page: open calls of the own organization, and waiting for a partner."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Enrollment
from participants.rules import call_is_open
from people.models import Person
from programs.labels import word
from programs.models import Cohort, Membership

MOST = 3  # the public front page has them all
NOBODY = gettext_lazy(
    "You have no {role} in {program}, {cohort}, at the moment. You take part in the next matching, and a mail tells "
    "you as soon as somebody is found."
)


def is_without(enrollment: Enrollment) -> bool:
    """Whether somebody takes part in a round that is under way and has nobody (yet, or any more)."""
    is_running = enrollment.cohort.state == Cohort.State.RUNNING
    return enrollment.state == Enrollment.State.ACCEPTED and is_running and not enrollment.used


def nobody_yet(enrollment: Enrollment) -> str:
    """The sentence for those who are without."""
    other = "mentor" if enrollment.role == Enrollment.Role.MENTEE else "mentee"
    cohort = enrollment.cohort
    role = word(cohort.program, other)
    return str(NOBODY).format(role=role, program=cohort.program.name, cohort=cohort.name)


def without_partner(person: Person) -> Iterable[str]:
    """One sentence for each round in which the person has nobody while it is under way. One query."""
    mine = Enrollment.objects.filter(person=person, cohort__state=Cohort.State.RUNNING)
    for enrollment in mine.select_related("cohort__program").order_by("-cohort__starts_on", "pk"):
        if is_without(enrollment):
            yield nobody_yet(enrollment)


def open_calls(person: Person) -> Iterable[SafeString]:
    """One sentence for each call to which the person could answer and has not; nothing to its staff. One query."""
    own = Enrollment.objects.filter(cohort=OuterRef("pk"), person=person)
    staff = Membership.objects.filter(program=OuterRef("program"), person=person)
    calls = (
        Cohort.objects.filter(program__owner=person.organization_id, state=Cohort.State.CALL_OPEN)
        .exclude(Exists(own))
        .exclude(Exists(staff))
        .select_related("program")
        .order_by("call_closes_on", "pk")
    )
    for cohort in [one for one in calls if call_is_open(one)][:MOST]:
        url = reverse("cohort_public", args=[cohort.program.slug, cohort.slug])
        program = format_html('<a href="{}">{}</a>', url, cohort.program.name)
        yield format_html(
            _("You can apply to {program} until {day}."),
            program=program,
            day=date_format(cohort.call_closes_on, "DATE_FORMAT"),
        )
