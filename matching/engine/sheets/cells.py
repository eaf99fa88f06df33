"""What the columns of a people sheet mean, and what may stand in their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from matching.engine.sheets.tables import Table

MOST_PLACES = 100
MOST_EAST = 14 * 60  # minutes from UTC
MOST_LEVEL = 1000
MOST_SKILL_LEVEL = 9
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0", "")
_OFFSET = re.compile(r"^(?:UTC|GMT)?\s*(?:([+\-\u2212])\s*(\d{1,2})(?::?([0-5]\d))?)?$", re.IGNORECASE)


class Wrong(ValueError):
    """What is wrong with a cell, and what to write."""


def failed(text: str) -> str:
    """What is wrong with a cell that holds one of ERRORS."""
    return f"{text} is what a spreadsheet writes where a formula fails. Put the formula right, or clear the cell."


@dataclass
class Entry:
    """One person as read; what is not stated is empty."""

    table: Table
    row: int
    columns: Mapping[str, int]  # where each value stands
    name: str = ""
    email: str = ""
    id: str = ""
    limit: int = 1
    strand: str = ""
    languages: list[str] = field(default_factory=list)
    level: int | None = None
    unit: str = ""
    location: str = ""
    time_zone: int | None = None  # minutes east of UTC
    supervisor: str = ""
    skills: list[tuple[str, int]] = field(default_factory=list)
    goals: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    availability: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    wishes: str = ""  # names of people are looked up when all are known
    introductions: str = ""
    exclude: str = ""
    left_out: bool = False
    group: str = ""
    joined: str = ""  # key of the same person on the other sheet

    @property
    def key(self) -> str:
        """What tells this person from all others."""
        return self.joined or plain(self.id or self.email or self.name)

    @property
    def shown(self) -> str:
        return self.name or self.email or self.id

    def where(self, column: str) -> str:
        return self.table.where(self.row, self.columns.get(column))


@dataclass(frozen=True)
class Meaning:
    """How cells of the people sheets are to be read, as the criteria file sets it."""

    levels: tuple[str, ...] = ()  # names of career levels, the most junior first
    synonyms: Mapping[str, str] = field(default_factory=dict)  # word to the word that stands for all
    needs: tuple[str, ...] = ("career", "technical", "belonging")


def plain(text: str) -> str:
    """Text as it is compared: case, spaces and the way an accent is coded do not matter."""
    return normalize("NFC", " ".join(text.split()).casefold())


def column_name(heading: str) -> str:
    return plain(re.sub(r"[_\-/().?:*]+", " ", heading))


ALIASES: dict[str, str] = {
    "name": "name|full name|person|participant",
    "email": "email|e mail|mail|email address|e mail address",
    "id": "id|person id|staff id|employee id|number|key",
    "strand": "strand|stream|track|program strand|programme",
    "languages": "languages|language|spoken languages|speaks",
    "level": "level|career level|grade|seniority",
    "unit": "unit|department|directorate|team|division|organization|organisation",
    "location": "location|place|site|office|city|campus",
    "time_zone": "time zone|timezone|utc offset|tz",
    "supervisor": "supervisor|manager|line manager|boss|reports to|first line supervisor",
    "skills": "skills|skill|skills wanted|skills sought|skills offered|expertise|topics",
    "goals": "goals|goal|interests|aims",
    "media": "media|medium|meeting media|ways to meet|meets by",
    "availability": "availability|available|slots|times|when",
    "needs": "needs|need|serves|can help with|mentoring for",
    "wishes": "wishes|wish|preferences|preferred|wished mentors|wished mentees|ranked wishes",
    "introductions": "introductions|introduced|introduced to|already agreed with",
    "exclude": "exclude|excluded|exclusions|never with|not with",
    "left_out": "left out before|left out|left out last time|waiting|unmatched before",
    "group": "group|floor group",
}
WHO = {"name", "email", "id"}
LIMITS = {
    "mentee": "mentors wanted|mentors|number of mentors|wants|wanted mentors",
    "mentor": "capacity|mentees|places|mentees taken|max mentees|number of mentees|takes",
}


def columns_of(table: Table, side: str) -> tuple[dict[str, int], list[str], list[str]]:
    """Column of each value, flaws of the heading, and the program's own columns, which are ignored."""
    meant = {alias: name for name, aliases in ALIASES.items() for alias in aliases.split("|")}
    meant |= dict.fromkeys(LIMITS[side].split("|"), "limit")
    meant |= dict.fromkeys((side, f"{side} name"), "name")
    found: dict[str, int] = {}
    flaws, own = [], []
    for place, heading in enumerate(table.heading):
        name = meant.get(column_name(heading))
        if name is None:
            own += [heading.strip()] * bool(heading.strip())
        elif name in found:
            first = table.heading[found[name]].strip()
            flaws.append(
                f'{table.where(1, place)}: means the same as "{first}". Keep one of the two columns.'
            )
        else:
            found[name] = place
    if not found.keys() & WHO:
        flaws.append(
            f"{table.name}, row 1: nothing says who is who. The names of the columns must be in row 1, with one of "
            "name, email or id."
        )
    return found, flaws, own


def entries(table: Table, side: str, meaning: Meaning) -> tuple[list[Entry], list[str], list[str]]:
    """The people of a sheet, all the flaws found in it, and the columns that are ignored."""
    columns, flaws, own = columns_of(table, side)
    found: list[Entry] = []
    for row, cells in table.rows:
        entry = Entry(table, row, columns)
        for name, place in columns.items():
            try:
                if cells[place] or name == "limit":
                    setattr(entry, name, _value(name, cells[place], side, meaning))
            except Wrong as wrong:
                flaws.append(f"{table.where(row, place)}: {wrong}")
        if columns.keys() & WHO and not entry.key:
            flaws.append(f"{table.where(row)}: nobody is named. Write a name, or delete the row.")
        found.append(entry)
    return found, [*flaws, *_twice(found)], own


def _twice(people: list[Entry]) -> Iterator[str]:
    """Who stands in two rows: an id or an email is of one person, a name where there is nothing else."""
    first: dict[str, int] = {}
    for entry in people:
        said = [name for name in ("id", "email") if getattr(entry, name)] or ["name"]
        for name in said:
            text = getattr(entry, name)
            row = first.setdefault(plain(text), entry.row)
            if text and row != entry.row:
                yield (
                    f'{entry.where(name)}: "{text}" stands in row {row} already. Delete one of the rows, or tell the '
                    "two apart by an email or id."
                )


def told_apart(people: list[Entry]) -> bool:
    """Whether everybody of a sheet is named, and nobody in two rows."""
    return all(entry.key for entry in people) and len({entry.key for entry in people}) == len(people)


def _value(name: str, text: str, side: str, meaning: Meaning) -> Any:
    if text.upper() in ERRORS:
        raise Wrong(failed(text))
    if name == "limit":
        least = 1 if side == "mentee" else 0
        return whole(text, least, MOST_PLACES) if text else 1
    if name == "level":
        return _level(text, meaning.levels)
    if name == "skills":
        return _skills(text, meaning.synonyms)
    if name == "needs":
        return [_one_of(word, meaning.needs) for word in words(text)]
    return _READ.get(name, _as_it_is)(text)


def _as_it_is(text: str) -> str:
    return text


def words(text: str) -> list[str]:
    """A list in a cell: parted by semicolons, bars or line ends, else by commas; none twice."""
    return list(dict.fromkeys(plain(part) for part in parted(text) if part.strip()))


def languages(text: str) -> list[str]:
    """As `words`; codes such as "en fr" may also be parted by spaces."""
    codes = plain(text).split()
    return codes if all(re.fullmatch("[a-z]{2}", code) for code in codes) else words(text)


def parted(text: str) -> list[str]:
    return re.split(r"[;|\n]", text) if re.search(r"[;|\n]", text) else text.split(",")


def whole(text: str, least: int, most: int) -> int:
    """Raises Wrong unless the text is a whole number in these bounds."""
    if not re.fullmatch(r"[+\-]?[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise Wrong(
            f'"{text}" is not a whole number from {least} to {most}. Write one, such as {max(least, 2)}.'
        )
    return int(text)


def _digits(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,9}", text))


def _level(text: str, levels: tuple[str, ...]) -> int:
    named = plain(text) in levels or not _digits(text) or any(_digits(level) for level in levels)
    if levels and named:
        return levels.index(_one_of(text, levels)) + 1
    if not _digits(text) or int(text) > MOST_LEVEL:
        raise Wrong(
            f'"{text}" is not a whole number from 0 to {MOST_LEVEL}. Write the level as a number, higher for more '
            "senior, or name your levels under levels: in the criteria file."
        )
    return int(text)


def _skills(text: str, synonyms: Mapping[str, str]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for part in parted(text):
        name, colon, level = (piece.strip() for piece in part.partition(":"))
        if colon and (not _digits(level) or not 1 <= int(level) <= MOST_SKILL_LEVEL):
            raise Wrong(
                f'"{part.strip()}" ends in no level from 1 to {MOST_SKILL_LEVEL}. Write a skill as python, or with '
                "a level as python:3."
            )
        if name:
            skill = synonyms.get(plain(name), plain(name))
            found[skill] = max(found.get(skill, 0), int(level or 0))
    return list(found.items())


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    if plain(text) not in allowed:
        raise Wrong(f'"{text}" is none of {listed(allowed)}. Write one of these.')
    return plain(text)


def _yes(text: str) -> bool:
    if plain(text) not in (*_YES, *_NO):
        raise Wrong(f'"{text}" is neither yes nor no. Write yes or no.')
    return plain(text) in _YES


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise Wrong(f'"{text}" is no email address. Write one such as mira@example.org.')
    return text


@cache
def time_zone(text: str) -> int:
    """Minutes east of UTC today."""
    if match := _OFFSET.match(text.strip()):
        sign, hours, minutes = match.groups()
        east = (int(hours or 0) * 60 + int(minutes or 0)) * (-1 if sign and sign != "+" else 1)
        if abs(east) <= MOST_EAST:
            return east
    else:
        with suppress(OSError, ValueError, ZoneInfoNotFoundError):
            offset = datetime.now(UTC).astimezone(ZoneInfo(text)).utcoffset()
            return int(offset.total_seconds() // 60) if offset else 0
    near = get_close_matches(text.title(), available_timezones(), 1)
    example = near[0] if near else "Europe/Paris"
    raise Wrong(f'"{text}" is no time zone. Write one such as {example}, or an offset such as UTC+1.')


_READ: dict[str, Callable[[str], Any]] = {
    "email": _email, "time_zone": time_zone, "left_out": _yes,
    "languages": languages, "goals": words, "media": words, "availability": words,
}  # fmt: skip


def listed(names: tuple[str, ...] | list[str], last: str = "or") -> str:
    """Names in a sentence."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
