"""Names in French sentences."""

from __future__ import annotations

import pytest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import override

from core.french import elided


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("au-dessus de Anika", "au-dessus d’Anika"),
        ("De Émile à Omar, ce que Inès écrit", "D’Émile à Omar, ce qu’Inès écrit"),
        ("le souhait de Henri", "le souhait d’Henri"),
        ("le souhait de Hélène et de Hugo", "le souhait d’Hélène et d’Hugo"),
        ("le souhait de Yves", "le souhait d’Yves"),
        ("le souhait de Yann", "le souhait de Yann"),
        ("le souhait de Hans et de Hiroshi", "le souhait de Hans et de Hiroshi"),
        ("le souhait de Mira", "le souhait de Mira"),
        ("Que Anna et de onze places", "Qu’Anna et de onze places"),  # what is small was seen to
        ("le guide Alice, monde Alpin", "le guide Alice, monde Alpin"),
    ],
)
def test_a_vowel_is_dropped_before_a_name_that_begins_with_one(text: str, expected: str) -> None:
    with override("fr"):
        assert elided(text) == expected
    assert elided(text) == text


def test_markup_is_looked_through_and_stays_markup() -> None:
    with override("fr"):
        found = elided(format_html("de <b>{}</b>", "Anika <x>"))
    assert (found, isinstance(found, SafeString)) == ("d’<b>Anika &lt;x&gt;</b>", True)
