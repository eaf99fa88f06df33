"""The mentorships on the desk's first page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from agreements.filters import AGREEMENT, MEETINGS, PLAN
from agreements.models import Mentorship
from agreements.queries import OPEN_STATES, is_late, is_silent, with_progress
from core.ui import Part
from programs.labels import words
from programs.models import Cohort


def mentorships_url(cohort: Cohort, **filters: Any) -> str:
    """The list of mentorships, filtered."""
    url = reverse("cohort_mentorships", args=[cohort.program.slug, cohort.slug])
    return f"{url}?{urlencode(filters)}" if filters else url


def health(cohort: Cohort) -> dict[str, Any]:
    """How many mentorships stand where. One query."""
    rows = with_progress(Mentorship.objects.filter(cohort=cohort, state__in=OPEN_STATES))
    counts = rows.aggregate(
        total=Count("pk"),
        **{f"agreement_{name}": Count("pk", filter=meaning) for name, meaning in AGREEMENT.items()},
        with_plan=Count("pk", filter=Q(plans_written__gt=0)),
        plan_shared=Count("pk", filter=PLAN["shared"]),
        on_track=Count("pk", filter=MEETINGS["on_track"]),
        silent=Count("pk", filter=is_silent()),
        late=Count("pk", filter=is_late()),
        help=Count("pk", filter=Q(asks_help=True)),
    )
    labels = [
        ("in_force", _("In force"), "a"),
        ("waiting_supervisor", _("Waits for the supervisor"), "c"),
        ("signed_one", _("Signed by one side"), "d"),
        ("draft", _("Not signed"), "rest"),
    ]
    return counts | {
        "any": counts["total"] > 0,
        "words": words(cohort.program),
        "agreement_parts": [
            Part(label, counts[f"agreement_{name}"], kind, mentorships_url(cohort, agreement=name))
            for name, label, kind in labels
        ],
        "all_url": mentorships_url(cohort),
        "in_force_url": mentorships_url(cohort, agreement="in_force"),
        "plan_url": mentorships_url(cohort, plan="open"),
        "meetings_url": mentorships_url(cohort, meetings="behind"),
        "silent_url": mentorships_url(cohort, silent=1),
        "late_url": mentorships_url(cohort, late=1),
        "help_url": mentorships_url(cohort, help=1),
    }
