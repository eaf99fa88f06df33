"""Figures as the reader's language writes them."""

import pytest
from django.utils.translation import override

from core.numbers import percentage


@pytest.mark.parametrize(
    ("language", "share", "digits", "told"),
    [
        ("en", 84, 0, "84%"),
        ("en", 0.51, 1, "0.5%"),
        ("fr", 84, 0, "84\N{NO-BREAK SPACE}%"),
        ("fr", 0.51, 1, "0,5\N{NO-BREAK SPACE}%"),
        ("fr", 0, 0, "0\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_share_is_written_as_its_language_does(language: str, share: float, digits: int, told: str) -> None:
    with override(language):
        assert percentage(share, digits) == told
