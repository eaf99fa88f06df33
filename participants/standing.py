"""Where a person stands, said on the home page: calls of the own organization that are open."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from participants.models import Enrollment
from participants.rules import call_is_open
from people.models import Person
from programs.models import Cohort, Membership

MOST = 3  # the public front page has them all


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
