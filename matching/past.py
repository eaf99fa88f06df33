"""Who was a pair before, kept as keyed digests: without the key the table tells nothing."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from django.conf import settings

from matching.models import PastPair

Pair = tuple[int, int]


def past_pair_digest(person_a: int, person_b: int) -> bytes:
    """The digest of two person ids, in either order."""
    return _digest(_key(), person_a, person_b)


def past_pairs_among(candidates: Iterable[Pair]) -> Iterator[Pair]:
    """Those of the candidate pairs (person ids) that have been a pair before."""
    known = {bytes(digest) for digest in PastPair.objects.values_list("digest", flat=True)}
    if not known:
        return
    key = _key()
    for first, second in candidates:
        if _digest(key, first, second) in known:
            yield first, second


def _key() -> bytes:
    """LINK_KEY lives outside the database; an installation without one falls back on SECRET_KEY."""
    return hmac.digest((settings.LINK_KEY or settings.SECRET_KEY).encode(), b"matching.past_pair", "sha256")


def _digest(key: bytes, first: int, second: int) -> bytes:
    low, high = (first, second) if first < second else (second, first)
    return hmac.digest(key, b"%d:%d" % (low, high), "sha256")
