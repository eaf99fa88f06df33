"""The circles of a run, as cards: who hosts, who sits there and how well that fits, when they could meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q

from matching.lexicon import slots
from matching.models import Circle, Lock, Proposal, Run
from matching.queries import impossible
from matching.review import about
from participants.models import Enrollment

PAGE = 12


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a circle; the proposal with the first host stands for both."""

    proposal: Proposal
    about: str
    score: int  # the mean of the hosts
    locked: bool
    can_stand: bool


@dataclass(frozen=True, slots=True)
class CircleCard:
    """One circle."""

    circle: Circle
    hosts: Sequence[Enrollment]
    seats: Sequence[Seat]
    times: Sequence[str]  # empty where nobody stated any
    free: int  # places left


def circle_cards(run: Run, search: str, number: str | None) -> tuple[Page[Circle], list[CircleCard]]:
    """One page of circles, those of a person searched for; a fixed number of queries."""
    same = Q(mentee=OuterRef("mentee"), mentor=OuterRef("mentor"))
    proposals = (
        Proposal.objects.select_related("mentee__person__unit__top", "mentor__person__unit__top")
        .annotate(is_locked=Exists(Lock.objects.filter(same)))
        .order_by("mentor_id", "mentee__person__full_name", "pk")
    )
    circles = Circle.objects.filter(run=run).select_related("strand").order_by("number")
    if search:
        names = [
            f"{side}__person__{name}"
            for side in ("mentee", "mentor")
            for name in ("full_name", "preferred_name")
        ]
        named = Q()
        for name in names:
            named |= Q(**{f"{name}__icontains": search})
        circles = circles.filter(Exists(Proposal.objects.filter(named, circle=OuterRef("pk"))))
    page = Paginator(circles.prefetch_related(Prefetch("proposals", proposals)), PAGE).get_page(number)
    found = list(page.object_list)
    seats = [proposal.pk for circle in found for proposal in circle.proposals.all()]
    gone = set(impossible(Proposal.objects.filter(pk__in=seats)).values_list("pk", flat=True))
    return page, [_card(circle, gone) for circle in found]


def _card(circle: Circle, gone: set[int]) -> CircleCard:
    rows: list[Proposal] = list(circle.proposals.all())
    hosts = list({row.mentor_id: row.mentor for row in rows}.values())
    by_mentee: dict[int, list[Proposal]] = {}
    for row in rows:
        by_mentee.setdefault(row.mentee_id, []).append(row)
    seats = [
        Seat(
            proposal=both[0],
            about=about(both[0].mentee.person),
            score=sum(row.score for row in both) // len(both),
            locked=any(getattr(row, "is_locked", False) for row in both),
            can_stand=not any(row.pk in gone for row in both),
        )
        for both in by_mentee.values()
    ]
    most = min([circle.strand.size_max, *(host.capacity for host in hosts)])
    return CircleCard(circle, hosts, seats, slots(circle.slots), max(0, most - len(seats)))
