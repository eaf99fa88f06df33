"""The mentorships on the desk's first page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

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
    """How many mentorships stand where. One query; one more where none is under way."""
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
        small=Count("pk", filter=Q(is_small=True)),
    )
    labels = [
        ("in_force", _("In force"), "a"),
        ("waiting_supervisor", _("Waits for the supervisor"), "c"),
        ("signed_one", _("Signed by one side"), "d"),
        ("draft", _("Not signed"), "rest"),
    ]
    names = words(cohort.program)
    ended = 0 if counts["total"] else Mentorship.objects.filter(cohort=cohort).count()
    return {
        "any": counts["total"] > 0,
        "ended": {"count": ended, "url": mentorships_url(cohort, state="ended")},
        "names": names,
        "agreement_parts": [
            Part(label, counts[f"agreement_{name}"], kind, mentorships_url(cohort, agreement=name))
            for name, label, kind in labels
        ],
        "late": {"count": counts["late"], "url": mentorships_url(cohort, late=1)},
        "figures": list(_figures(cohort, counts, names)),
    }


def _figures(cohort: Cohort, counts: Mapping[str, int], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each leads to the people behind it."""
    if counts["with_plan"]:
        yield {
            "label": _("%(plan)s: shared") % {"plan": capfirst(names["plan"])},
            "number": counts["plan_shared"],
            "of": counts["with_plan"],
            "url": mentorships_url(cohort, plan="shared"),
        }
    yield {
        "label": _("Meetings on track"),
        "number": counts["on_track"],
        "of": counts["agreement_in_force"],
        "url": mentorships_url(cohort, meetings="on_track"),
    }
    yield {
        "label": _("Silent for 21 days"),
        "number": counts["silent"],
        "of": counts["total"],
        "url": mentorships_url(cohort, silent=1),
    }
    if counts["small"]:
        yield {
            "label": _("Circles with too few"),
            "number": counts["small"],
            "of": None,
            "url": mentorships_url(cohort, small=1),
        }
    yield {
        "label": pgettext("people who do", "Ask for help"),
        "number": counts["help"],
        "of": None,
        "url": mentorships_url(cohort, help=1),
        "staff_only": True,  # a few people's private matter: nothing for those who see figures alone
    }
