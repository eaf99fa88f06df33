"""Mentee places of a strand: one counter row, locked before anything that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from participants.models import Enrollment
from programs.models import Cohort, Offer

S = Enrollment.State
HOLDS_PLACE = frozenset({S.ACCEPTED, S.OFFERED, S.COMPLETED})  # a mentee in one of these counts in Offer.used


def holds_place(enrollment: Enrollment) -> bool:
    """Whether the enrollment counts in its strand's places; mentors take none."""
    return enrollment.role == Enrollment.Role.MENTEE and enrollment.state in HOLDS_PLACE


def lock_offers(cohort: Cohort | int, strands: Iterable[int] | None = None) -> dict[int, Offer]:
    """Lock the cohort's places by strand id. Always before the enrollments, so that no two acts wait for each other."""
    offers = Offer.objects.select_for_update().filter(cohort=cohort).order_by("pk")
    if strands is not None:
        offers = offers.filter(strand__in=strands)
    return {offer.strand_id: offer for offer in offers}


def take_places(offers: Mapping[int, Offer], wanted: Mapping[int, int]) -> None:
    """Take places of locked offers, `wanted` by strand id: all of them or none.

    Raises Refused("no_places") naming the shortage.
    """
    short = 0
    left = 0
    for strand_id, number in wanted.items():
        free = offers[strand_id].places - offers[strand_id].used if strand_id in offers else 0
        short += max(0, number - free)
        left += max(0, free)
    if short:
        raise Refused(
            "no_places",
            _("There are too few places: %(left)d left, %(wanted)d needed.")
            % {"left": left, "wanted": sum(wanted.values())},
            _(
                "Put some people on the waiting list, or give the strand more places in the cohort's settings."
            ),
        )
    for strand_id, number in wanted.items():
        Offer.objects.filter(pk=offers[strand_id].pk).update(used=F("used") + number)
        offers[strand_id].used += number


def free_place(offer: Offer) -> None:
    """Give one place of a locked offer back."""
    Offer.objects.filter(pk=offer.pk).update(used=F("used") - 1)
    offer.used -= 1
