"""What holds for programs and cohorts, whoever asks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programs.models import Cohort, Policy, Program, Strand

POLICY = tuple(field.name for field in Policy._meta.fields)
MODES = ("introductions", "self_match", "shortlists", "confirms_pairs")  # of matching, among the policy
PAIRS = tuple(name for name in POLICY if name not in MODES)
DATES = ("call_opens_on", "call_closes_on", "starts_on", "ends_on")
# Words of our own addresses: no program and no cohort is called so.
RESERVED = frozenset({"new", "people", "settings", "words", "file"})


def problems_of_dates(dates: Mapping[str, date]) -> dict[str, str | Promise]:
    """What is wrong with a cohort's dates, by field; empty if they are in order."""
    found: dict[str, str | Promise] = {}
    if dates["call_closes_on"] < dates["call_opens_on"]:
        found["call_closes_on"] = _("The call cannot close before it opens.")
    if dates["starts_on"] < dates["call_opens_on"]:
        found["starts_on"] = _("Mentorships cannot start before the call opens.")
    if dates["ends_on"] <= dates["starts_on"]:
        found["ends_on"] = _("Mentorships must end after they start.")
    return found


def agreements_due(cohort: Cohort) -> date:
    """The last day to sign, for pairs that start with the cohort."""
    return cohort.starts_on + timedelta(days=cohort.agreement_days)


def plans_due(cohort: Cohort) -> date:
    """The last day to hand in the action plan, for pairs that start with the cohort."""
    return cohort.starts_on + timedelta(days=cohort.plan_days)


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """IANA time zones that people live in, by name."""
    named = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [*sorted(named), "UTC"]


def stamp(obj: Program | Cohort) -> str:
    """Short digest of what the settings pages change: a save based on another stamp would lose somebody's work."""
    names: tuple[str, ...] = (*POLICY, "name", "timezone")
    if isinstance(obj, Cohort):
        names += DATES
    else:
        names += ("labels", "texts", "is_public")
    values: list[Any] = [getattr(obj, name) for name in names]
    if isinstance(obj, Cohort):
        values += sorted(obj.offers.values_list("strand_id", "places"))
    else:
        values += sorted(obj.strands.values_list("pk", *Strand.CIRCLE_SETTINGS))
    return f"{zlib.crc32(repr(values).encode()):08x}"
