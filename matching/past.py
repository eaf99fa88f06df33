"""Who was a pair before, kept as keyed digests: without the key the table tells nothing.

A digest can only be looked for, so all candidate pairs would have to be digested. Beside it stands a hint, which
spares nearly all of them: ten bits for each of the two people, also from the key. So few bits fit many people.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.conf import settings

from matching.models import PastPair

Pair = tuple[int, int]
_BUCKETS = 1 << 10


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

    def bucket(self, person: int) -> int:
        short = hashlib.blake2b(b"%d" % person, key=self._key, digest_size=2).digest()
        return int.from_bytes(short) % _BUCKETS

    def hint(self, first: int, second: int) -> int:
        low, high = sorted((self.bucket(first), self.bucket(second)))
        return low * _BUCKETS + high


def past_pair_digest(person_a: int, person_b: int) -> bytes:
    """The digest of two person ids, in either order."""
    return _Digests().of(person_a, person_b)


def past_pair(person_a: int, person_b: int) -> PastPair:
    """The row that remembers two people, not saved."""
    digests = _Digests()
    return PastPair(digest=digests.of(person_a, person_b), hint=digests.hint(person_a, person_b))


def past_pairs_among(candidates: Iterable[Pair]) -> Iterator[Pair]:
    """Those of the candidate pairs (person ids) that have been a pair before."""
    known = {bytes(digest) for digest in PastPair.objects.values_list("digest", flat=True)}
    if not known:
        return
    digest = _Digests().of
    for first, second in candidates:
        if digest(first, second) in known:
            yield first, second


def past_pairs_between(mentees: Sequence[int], mentors: Sequence[int]) -> list[Pair]:
    """All (mentee, mentor) person ids that have been a pair before."""
    hints = set(PastPair.objects.order_by().values_list("hint", flat=True).distinct())
    if not hints:
        return []
    every = None in hints  # remembered before there were hints
    pairs = (
        ((mentee, mentor) for mentee in mentees for mentor in mentors)
        if every
        else _hinted({hint for hint in hints if hint is not None}, mentees, mentors)
    )
    return sorted(set(past_pairs_among(pairs)))


def _hinted(hints: set[int], *sides: Sequence[int]) -> Iterator[Pair]:
    digests = _Digests()
    mentees, mentors = (_by_bucket(digests, people) for people in sides)
    for hint in hints:
        low, high = divmod(hint, _BUCKETS)
        for mine, theirs in {(low, high), (high, low)}:
            for mentee in mentees.get(mine, ()):
                for mentor in mentors.get(theirs, ()):
                    yield mentee, mentor


def _by_bucket(digests: _Digests, people: Iterable[int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for person in people:
        found.setdefault(digests.bucket(person), []).append(person)
    return found
