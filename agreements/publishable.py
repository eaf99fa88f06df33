"""What the pages of publishing list: each pair, and each circle as one line, with who of it can still take part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from matching.models import Proposal, Run
from matching.standing import Prospects, still_to_publish
from notifications.queries import drafts_about
from participants.models import Introduction, Shortlist

_PEOPLE = ("mentee__person", "mentor__person")
_SEATS = tuple(f"circle__proposals__{side}" for side in _PEOPLE)


@dataclass(frozen=True, slots=True)
class Line:
    """A pair or a circle, people by full name."""

    proposal: Proposal  # of a circle the seat that stands for it
    mentees: Sequence[str]  # of a circle those who can still sit in it
    mentors: Sequence[str]
    score: int  # of a circle their mean
    why: str  # why it can no longer be published
    left_out: Sequence[str]  # why others of the circle are left out


def with_people(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Everything that a line needs."""
    return proposals.select_related(*_PEOPLE, "circle").prefetch_related(*_SEATS)


def lines(proposals: Iterable[Proposal], found: Prospects) -> list[Line]:
    """A line each, for proposals `with_people`."""
    return [_line(proposal, found) for proposal in proposals]


def _line(proposal: Proposal, found: Prospects) -> Line:
    every = list(proposal.circle.proposals.all()) if proposal.circle else [proposal]
    away = found.away.get(proposal.circle_id or 0, {})
    rows = [row for row in every if row.mentee_id not in away] or every
    return Line(
        proposal,
        mentees=sorted({row.mentee.person.full_name for row in rows}),
        mentors=sorted({row.mentor.person.full_name for row in rows}),
        score=sum(row.score for row in rows) // len(rows),
        why=found.why.get(proposal.pk, ""),
        left_out=sorted(set(away.values())),
    )


@dataclass(frozen=True, slots=True)
class Ends:
    """What the first publishing of a cohort ends, and how much of the run goes on."""

    undecided: int  # introductions that both agreed to, but for those of the pairs
    requests: int  # introductions that wait for an answer
    has_directory: bool
    lists: int  # shortlists
    drafts: int  # mails about them that were never sent
    rest: int  # pairs and circles that can follow


def first_ends(run: Run, chosen: Sequence[Proposal]) -> Ends:
    """As publishing these would do now."""
    cohort = run.cohort
    made = {(pair.mentee_id, pair.mentor_id) for pair in chosen}
    introduced = Introduction.objects.filter(cohort=cohort)
    agreed = introduced.filter(state=Introduction.State.AGREED).values_list("mentee_id", "mentor_id")
    lists = list(Shortlist.objects.filter(enrollment__cohort=cohort))
    return Ends(
        undecided=len(set(agreed) - made),
        requests=introduced.filter(state=Introduction.State.ASKED).count(),
        has_directory=cohort.introductions or cohort.self_match or cohort.shortlists,
        lists=len(lists),
        drafts=drafts_about("shortlist_ready", lists).count(),
        rest=sum(still_to_publish(run, but=chosen).values()),
    )
