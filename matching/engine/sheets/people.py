"""Entries of two sheets as the columns and links that a field is built from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from matching.engine.people import UNKNOWN, Links, Pair, People, RankedPair
from matching.engine.sheets.cells import Entry, Meaning
from matching.engine.sheets.tables import Flawed
from matching.engine.sheets.who import Directory, number_of, supervisors

MOST_BITS = 63
_HIGHEST = 50  # steps up a chain of command
_LISTED = ("strand", "unit", "location", "group")


@dataclass(frozen=True)
class Cast:
    """Everybody, by side and row, with the words behind the ids."""

    mentees: list[Entry]
    mentors: list[Entry]
    sides: tuple[People, People]
    links: Links
    words: dict[str, list[str]]  # ids of strands, skills..., by column, in order
    away: list[str]  # supervisors who are on neither sheet

    def word(self, column: str, number: int) -> str:
        """The word of an id."""
        return self.words[column][number]

    def masked(self, column: str, mask: int) -> list[str]:
        """The words of a bit mask."""
        return [word for bit, word in enumerate(self.words[column]) if mask >> bit & 1]


def cast(mentees: list[Entry], mentors: list[Entry], meaning: Meaning, past: Sequence[Pair] = ()) -> Cast:
    """Raises Flawed with every name that cannot be found and every list with too many words."""
    flaws: list[str] = []
    book = Directory(mentees, mentors)
    links = _links(mentees, mentors, book, past, flaws)
    everybody = [*mentees, *mentors]
    words = {name: sorted({getattr(entry, name) for entry in everybody} - {""}) for name in _LISTED}
    for name in ("languages", "goals", "media", "availability"):
        words[name] = sorted({word for entry in everybody for word in getattr(entry, name)})
    words["skills"] = sorted({skill for entry in everybody for skill, _ in entry.skills})
    words["needs"], words["level"] = list(meaning.needs), list(meaning.levels)
    for name in ("languages", "media", "availability", "needs"):
        if len(words[name]) > MOST_BITS:
            many = f"{len(words[name])} different words"
            flaws.append(f"{mentees[0].table.name}, column {name}: {many}, {MOST_BITS} can be told apart.")
    boss, away = supervisors(everybody, book, flaws)
    if flaws:
        raise Flawed(flaws)
    above = {key: [number_of(above) for above in _up(key, boss)] for key in boss}
    sides = _people(mentees, words, above), _people(mentors, words, above)
    return Cast(mentees, mentors, sides, links, words, away)


def _links(
    mentees: list[Entry], mentors: list[Entry], book: Directory, past: Sequence[Pair], flaws: list[str]
) -> Links:
    wishes: list[RankedPair] = []
    asked: list[RankedPair] = []
    introductions: list[Pair] = []
    exclusions: list[Pair] = []
    for entry in mentees:
        me = number_of(entry.key)
        named = dict.fromkeys(book.named(entry, "wishes", ("mentor",), flaws))
        wishes += [(me, number_of(other), rank) for rank, other in enumerate(named, start=1)]
        named = dict.fromkeys(book.named(entry, "introductions", ("mentor",), flaws))
        introductions += [(me, number_of(other)) for other in named]
    for entry in mentors:
        me = number_of(entry.key)
        named = dict.fromkeys(book.named(entry, "wishes", ("mentee",), flaws))
        asked += [(number_of(other), me, rank) for rank, other in enumerate(named, start=1)]
        named = dict.fromkeys(book.named(entry, "introductions", ("mentee",), flaws))
        introductions += [(number_of(other), me) for other in named]
    for entry in (*mentees, *mentors):
        named = dict.fromkeys(book.named(entry, "exclude", ("mentee", "mentor"), flaws))
        exclusions += [(number_of(entry.key), number_of(other)) for other in named]
    return Links(wishes, asked, introductions, exclusions, past)


def _up(key: str, boss: dict[str, str]) -> Iterator[str]:
    """Who stands above, nearest first; a ring ends where it closes."""
    met = {key}
    while (key := boss.get(key, "")) and key not in met and len(met) <= _HIGHEST:
        met.add(key)
        yield key


def _people(side: list[Entry], words: dict[str, list[str]], above: dict[str, list[int]]) -> People:
    place = {name: {word: number for number, word in enumerate(known)} for name, known in words.items()}

    def one(name: str) -> list[int]:
        return [place[name].get(getattr(entry, name), UNKNOWN) for entry in side]

    def mask(name: str) -> list[int]:
        return [sum(1 << place[name][word] for word in getattr(entry, name)) for entry in side]

    def known(name: str) -> list[int]:
        return [UNKNOWN if (value := getattr(entry, name)) is None else value for entry in side]

    columns: dict[str, Any] = {name: mask(name) for name in ("languages", "media", "availability", "needs")}
    return People(
        person=[number_of(entry.key) for entry in side],
        limit=[entry.limit for entry in side],
        strand=one("strand"), unit=one("unit"), location=one("location"),
        level=known("level"), utc_offset=known("time_zone"),
        chain=[above.get(entry.key, []) for entry in side],
        skills=[[(place["skills"][skill], level) for skill, level in entry.skills] for entry in side],
        goals=[[place["goals"][goal] for goal in entry.goals] for entry in side],
        tier=[0 if entry.left_out else 1 for entry in side],
        group=one("group") if words["group"] else one("unit"),
        **columns,
    )  # fmt: skip
