"""Remembering pairs, so that the same two are never matched again."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from matching.models import PastPair, Proposal
from matching.past import past_pair, past_pair_digest

__all__ = ["end_pairs", "past_pair", "past_pair_digest", "remember_pair"]


def end_pairs(pairs: Iterable[tuple[int, int]]) -> None:
    """These published pairs of enrollments (mentee, mentor) are no longer together, though their term is not over."""
    for mentee, mentor in pairs:
        rows = Proposal.objects.filter(mentee=mentee, mentor=mentor, over_at=None).exclude(published_at=None)
        rows.update(over_at=timezone.now())


def remember_pair(person_a: int, person_b: int) -> None:
    """Keep that these two have been a pair; once is enough."""
    row = past_pair(person_a, person_b)
    PastPair.objects.update_or_create(digest=row.digest, defaults={"hint": row.hint})
