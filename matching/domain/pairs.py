"""Remembering pairs, so that the same two are never matched again."""

from __future__ import annotations

from matching.models import PastPair
from matching.past import past_pair, past_pair_digest

__all__ = ["past_pair", "past_pair_digest", "remember_pair"]


def remember_pair(person_a: int, person_b: int) -> None:
    """Keep that these two have been a pair; once is enough."""
    row = past_pair(person_a, person_b)
    PastPair.objects.update_or_create(digest=row.digest, defaults={"hint": row.hint})
