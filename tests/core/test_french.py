"""French as it is set: spaces that no line breaks at, names after a vowel."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import override

from core import catalog
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


NARROW, WIDE = "\u202f", "\u00a0"  # before ; ? ! and before : and inside « »
UNSPACED = re.compile(f"[^{NARROW}][;?!]|[^{WIDE}][:»]|«[^{WIDE}]")
MARKUP = re.compile(r"<[^>]+>")


def french() -> list[Message]:
    """What the real catalog says in French, without its head."""
    with catalog.catalogs()["fr"].open("rb") as handle:
        return [one for one in read_po(handle, locale="fr") if one.id]


def all_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def unspaced(text: str) -> list[str]:
    """Where French wants a space that no line breaks at, and this text has none."""
    return UNSPACED.findall(MARKUP.sub("", text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            f"Qui{NARROW}? «{WIDE}%(name)s{WIDE}»{WIDE}: <a href='mailto:a@b?c=1'>oui</a>{NARROW}; non{NARROW}!",
            [],
        ),
        ("Qui ? Voici : oui ; non !", [" ?", " :", " ;", " !"]),
        ("Qui? Voici: « oui »", ["i?", "i:", "« ", " »"]),
        (f"Qui{WIDE}? Voici{NARROW}:", [f"{WIDE}?", f"{NARROW}:"]),
    ],
)
def test_sees_spaces_that_break(text: str, found: list[str]) -> None:
    assert unspaced(text) == found


def test_no_line_of_the_french_breaks_before_a_mark() -> None:
    texts = {text for one in french() for text in all_of(one)}
    assert len(texts) > 1000
    assert {text: found for text in sorted(texts) if (found := unspaced(text))} == {}


# Who or what is named there may begin with a vowel.
NAMED = re.compile(
    r"\b(?:[Dd]e|(?:pu|Pu|lors|Lors|jus)?[Qq]ue) (?:%\(|\{)(?:names?|hosts?|ment\w+|others?|person|cohort|a|b)\b"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("le souhait de %(mentee)s", True),
        ("De {names} ou d’ici", True),
        ("plus que %(name)s", True),
        ("entre %(mentee)s et %(n)s de %(places)s, puisque vous êtes", False),
        ("%(name)s de Genève", False),
    ],
)
def test_sees_names_whose_vowel_would_meet_another(text: str, found: bool) -> None:
    assert bool(NAMED.search(text)) == found


def test_a_french_name_follows_no_vowel_unless_it_is_elided() -> None:
    sources = {one.id: {path for path, _line in one.locations} for one in catalog.extracted()}
    met = {one.id: sources[one.id] for one in french() if any(map(NAMED.search, all_of(one)))}
    assert len(met) > 10
    bare = [
        ident
        for ident, paths in met.items()
        for path in paths
        if path.endswith(".html") or "elided(" not in (catalog.ROOT / path).read_text()
    ]
    assert bare == []
