"""Past pairs are kept as keyed digests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import past
from matching.domain.pairs import past_pair, past_pair_digest, remember_pair
from matching.models import PastPair
from matching.past import past_pairs_among, past_pairs_between

pytestmark = pytest.mark.django_db


def test_the_digest_is_the_same_in_either_order_and_for_no_other_pair():
    digests = {past_pair_digest(1, 2), past_pair_digest(2, 1)}
    assert len(digests) == 1
    assert (
        len(
            {past_pair_digest(1, 2), past_pair_digest(1, 3), past_pair_digest(12, 3), past_pair_digest(1, 23)}
        )
        == 4
    )
    assert len(past_pair_digest(1, 2)) == 32


def test_without_the_key_the_digest_cannot_be_made(settings):
    before = past_pair_digest(1, 2)
    settings.LINK_KEY = "another-" + "k" * 60
    assert past_pair_digest(1, 2) != before


def test_an_installation_without_a_link_key_falls_back_on_the_secret_key(settings):
    settings.LINK_KEY = ""
    before = past_pair_digest(1, 2)
    settings.SECRET_KEY = "another-" + "k" * 60
    assert past_pair_digest(1, 2) != before


def test_remembering_twice_keeps_one_row():
    remember_pair(5, 9)
    remember_pair(9, 5)
    assert PastPair.objects.count() == 1


def test_only_the_remembered_among_the_candidates_are_found():
    remember_pair(5, 9)
    assert list(past_pairs_among([(5, 9), (9, 5), (5, 8), (59, 5)])) == [(5, 9), (9, 5)]


def test_nobody_remembered_reads_no_candidates():
    def candidates():
        raise AssertionError("not to be read")
        yield

    assert list(past_pairs_among(candidates())) == []


def test_between_two_sides_all_are_found_and_nobody_else():
    for pair in ((1, 11), (12, 2), (3, 3), (1, 21)):
        remember_pair(*pair)
    assert past_pairs_between([1, 2, 3], [11, 12, 3]) == [(1, 11), (2, 12), (3, 3)]
    assert past_pairs_between([1, 2], [13]) == []
    assert past_pairs_between([1, 11, 12], [21, 1]) == [(1, 21), (11, 1)]


def test_the_hint_spares_nearly_all_digests(monkeypatch):
    for number in range(20):
        remember_pair(number, 1000 + number)
    asked = []
    real = past._Digests.of
    monkeypatch.setattr(past._Digests, "of", lambda self, *pair: asked.append(pair) or real(self, *pair))
    found = past_pairs_between(range(300), range(1000, 1300))
    assert found == [(number, 1000 + number) for number in range(20)]
    assert len(asked) < 300 * 300 / 500


def test_a_row_from_before_the_hints_is_found_too():
    remember_pair(4, 8)
    PastPair.objects.create(digest=past_pair_digest(5, 9))
    assert past_pairs_between([4, 5], [8, 9]) == [(4, 8), (5, 9)]
    remember_pair(9, 5)
    assert PastPair.objects.filter(hint=None).count() == 0


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_hint_is_the_same_in_either_order(one, two):
    assert past_pair(one, two).hint == past_pair(two, one).hint


def test_the_hint_tells_little_and_nothing_without_the_key(settings):
    hints = {past_pair(1, other).hint for other in range(2, 3000)}
    assert len(hints) <= 1024
    before = past_pair(1, 2).hint
    settings.LINK_KEY = "another-" + "k" * 60
    assert past_pair(1, 2).hint != before
