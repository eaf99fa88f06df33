"""Who was a pair before, kept as keyed digests: without the key the table tells nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator

from django.conf import settings

from matching.models import PastPair

Pair = tuple[int, int]


class _Digests:
    """Keyed BLAKE2b of "lower id:higher id"; what begins with the same person is begun once."""

    def __init__(self) -> None:
        # LINK_KEY lives outside the database; an installation without one falls back on SECRET_KEY.
        secret = (settings.LINK_KEY or settings.SECRET_KEY).encode()
        self._key = hmac.digest(secret, b"matching.past_pair", "sha256")
        self._begun: dict[int, hashlib.blake2b] = {}

    def of(self, first: int, second: int) -> bytes:
        low, high = (first, second) if first < second else (second, first)
        begun = self._begun.get(low)
        if begun is None:
            begun = self._begun[low] = hashlib.blake2b(b"%d:" % low, key=self._key, digest_size=32)
        digest = begun.copy()
        digest.update(b"%d" % high)
        return digest.digest()


def past_pair_digest(person_a: int, person_b: int) -> bytes:
    """The digest of two person ids, in either order."""
    return _Digests().of(person_a, person_b)


def past_pairs_among(candidates: Iterable[Pair]) -> Iterator[Pair]:
    """Those of the candidate pairs (person ids) that have been a pair before."""
    known = {bytes(digest) for digest in PastPair.objects.values_list("digest", flat=True)}
    if not known:
        return
    digest = _Digests().of
    for first, second in candidates:
        if digest(first, second) in known:
            yield first, second
