"""The circles of a run, as cards: who hosts, who sits there and how well that fits, when they could meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q

from matching.lexicon import slots
from matching.models import Circle, Lock, Proposal, Run
from matching.review import about
from matching.standing import began_without, prospects
from participants.models import Enrollment

PAGE = 12


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a circle; the proposal with the first host stands for both."""

    proposal: Proposal
    about: str
    score: int  # the mean of the hosts
    locked: bool
    stuck: str  # why it can no longer be taken


@dataclass(frozen=True, slots=True)
class CircleCard:
    """One circle."""

    circle: Circle
    hosts: Sequence[Enrollment]
    seats: Sequence[Seat]
    times: Sequence[str]  # empty where nobody stated any
    free: int  # places left
    has_begun: bool
    stuck: str  # why it can no longer begin


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
    heads = [rows[0] for circle in found if (rows := list(circle.proposals.all())) and not _has_begun(rows)]
    told = prospects(run.cohort, heads)
    why = {head.circle_id: told.why.get(head.pk, "") for head in heads}
    return page, [_card(circle, told.away.get(circle.pk, {}), why.get(circle.pk, "")) for circle in found]


def _has_begun(rows: Sequence[Proposal]) -> bool:
    return any(row.published_at for row in rows)


def _card(circle: Circle, away: Mapping[int, str], stuck: str) -> CircleCard:
    rows: list[Proposal] = list(circle.proposals.all())
    hosts = list({row.mentor_id: row.mentor for row in rows}.values())
    by_mentee: dict[int, list[Proposal]] = {}
    for row in rows:
        by_mentee.setdefault(row.mentee_id, []).append(row)
    has_begun = _has_begun(rows)
    seats = [
        Seat(
            proposal=both[0],
            about=about(both[0].mentee.person),
            score=sum(row.score for row in both) // len(both),
            locked=any(getattr(row, "is_locked", False) for row in both),
            stuck=_began_without(both[0]) if has_begun else away.get(mentee, ""),
        )
        for mentee, both in by_mentee.items()
    ]
    most = min([circle.strand.size_max, *(host.capacity for host in hosts)])
    free = max(0, most - len([seat for seat in seats if not seat.stuck]))
    return CircleCard(circle, hosts, seats, slots(circle.slots), free, has_begun, stuck)


def _began_without(seat: Proposal) -> str:
    return "" if seat.published_at else began_without(seat)
