"""Past pairs are kept as keyed digests."""

import pytest

from matching.domain.pairs import past_pair_digest, remember_pair
from matching.models import PastPair
from matching.past import past_pairs_among

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
