"""Who is who: one person on both sheets, and who is meant by a name, an email or an id in a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from matching.engine.people import Pair
from matching.engine.sheets.cells import ERRORS, Entry, column_name, failed, parted, plain
from matching.engine.sheets.tables import Flawed, Table, some

_MAILBOX = re.compile(r"(.*)<\s*([^<>\s]+@[^<>\s]+)\s*>", re.DOTALL)
_SAID = ("id", "email", "", "name")  # columns of a sheet of pairs, what tells most first
_HINT = "Write the email."
SIDES = ("mentee", "mentor")


def number_of(key: str) -> int:
    """A person id that stays the same from run to run."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) >> 2


def join(mentees: Sequence[Entry], mentors: Sequence[Entry]) -> list[str]:
    """Give whoever is on both sheets one key: by an id or an email, else by a name that only one person has.

    Returns notes on those known by the name alone. Raises Flawed where the sheets contradict each other.
    """
    marks: dict[str, list[Entry]] = {}
    for mentee in mentees:
        for said in {plain(mentee.id), plain(mentee.email)} - {""}:
            marks.setdefault(said, []).append(mentee)
    flaws: list[str] = []
    for mentor in mentors:
        told = [plain(text) for text in (mentor.id, mentor.email) if text]
        same = {mentee.row: mentee for text in told for mentee in marks.get(text, ())}
        for mentee in same.values():
            mentor.joined = mentee.key
            flaws += _contradiction(mentor, mentee)
        if len(same) > 1:
            rows = some([str(row) for row in same])
            flaws.append(
                f"{mentor.where('')}: by id and email this is more than one person of {mentees[0].table.name}: rows "
                f"{rows}. Delete one of the rows, or put the ids and emails right."
            )
    notes = _by_name(mentees, mentors, flaws)
    first: dict[str, Entry] = {}
    for mentor in mentors:
        if first.setdefault(mentor.key, mentor) is not mentor:
            flaws.append(
                f"{mentor.where('')}: by id, email and name this is the same person as row {first[mentor.key].row}. "
                "Delete one of the rows, or put the ids and emails right."
            )
    if flaws:
        raise Flawed(list(dict.fromkeys(flaws)))
    return notes


def _contradiction(mentor: Entry, mentee: Entry) -> Iterator[str]:
    """What keeps two who share an id or an email from being one person."""
    there = f"{mentee.shown} in {mentee.where('')}"
    if _differ(mentor, mentee, "id"):
        yield (
            f'{mentor.where("id")}: the email is that of {there}, whose id is "{mentee.id}", not "{mentor.id}". '
            "Give each person one id and one email on both sheets."
        )
    elif _differ(mentor, mentee, "name") and not (
        mentor.email and plain(mentor.email) == plain(mentee.email)
    ):
        yield (
            f"{mentor.where('id' if mentor.id else 'email')}: this is also {there}, but the name here is "
            f'"{mentor.name}". Give each person their own id, or write the name the same way on both sheets.'
        )


def _differ(one: Entry, other: Entry, column: str) -> bool:
    said = plain(getattr(one, column)), plain(getattr(other, column))
    return all(said) and said[0] != said[1]


def _by_name(mentees: Sequence[Entry], mentors: Sequence[Entry], flaws: list[str]) -> list[str]:
    """Join those of whom nothing but the name is on both sheets; notes, where one sheet tells more than the name."""
    joined = {mentor.joined for mentor in mentors}
    named: dict[str, tuple[list[Entry], list[Entry]]] = {}
    for side, people in enumerate((mentees, mentors)):
        for entry in people:
            if entry.name and not entry.joined and entry.key not in joined:
                named.setdefault(plain(entry.name), ([], []))[side].append(entry)
    found = []
    for ours, theirs in named.values():
        for mentor in theirs:
            alike = [
                one for one in ours if not _differ(one, mentor, "id") and not _differ(one, mentor, "email")
            ]
            rivals = [
                one for one in theirs
                if any(not _differ(one, mentee, "id") and not _differ(one, mentee, "email") for mentee in alike)
            ]  # fmt: skip
            if len(alike) == len(rivals) == 1:
                if mentor.key != alike[0].key:
                    found.append(mentor.name)
                mentor.joined = alike[0].key
            elif alike:
                rows = some([str(one.row) for one in alike])
                flaws.append(
                    f'{mentor.where("name")}: "{mentor.name}" may be the same person as on {alike[0].table.name}, row '
                    f"{rows}, or may not. Write the email or id on both sheets."
                )
    if not found:
        return []
    return [f"{mentors[0].table.name}: on both sheets by the name alone: {some(found)}."]


class Directory:
    """Who is meant by a name, an email, an id or `Name <email>` in a cell."""

    def __init__(self, mentees: Sequence[Entry], mentors: Sequence[Entry]) -> None:
        self._keys: dict[str, dict[str, set[str]]] = {"mentee": {}, "mentor": {}}
        self._with_email: set[str] = set()
        for side, entries in zip(SIDES, (mentees, mentors), strict=True):
            for entry in entries:
                self._with_email |= {entry.key} if entry.email else set()
                for said in {plain(entry.id), plain(entry.email), plain(entry.name)} - {""}:
                    self._keys[side].setdefault(said, set()).add(entry.key)

    def keys(self, said: str, sides: Sequence[str] = SIDES) -> set[str]:
        """Keys of everybody who answers to this on one of the sides."""
        found = self._answering(said, sides)
        if not found and (mailbox := _MAILBOX.fullmatch(said.strip())):
            name, email = mailbox.groups()
            # The name tells only of people who state no other email.
            found = self._answering(email, sides) or (
                self._answering(name.strip(" \"'"), sides) - self._with_email
            )
        return found

    def _answering(self, said: str, sides: Sequence[str]) -> set[str]:
        return set[str]().union(*(self._keys[side].get(plain(said), set()) for side in sides))

    def named(self, entry: Entry, column: str, sides: Sequence[str], flaws: list[str]) -> Iterator[str]:
        """Keys of the people in a list cell, in order; who is not found is a flaw."""
        text = getattr(entry, column)
        for said in [text] if self.keys(text, sides) else parted(text):
            if not said.strip():
                continue
            found = self.keys(said, sides)
            if len(found) == 1:
                yield found.pop()
            elif found:
                flaws.append(_shared(entry.where(column), found, said))
            else:
                where = f"the {sides[0]}s" if len(sides) == 1 else "either sheet"
                flaws.append(
                    f'{entry.where(column)}: nobody called "{said.strip()}" is on {where}. '
                    "Write the name or email as it stands there, or delete it."
                )


def _shared(where: str, found: set[str], said: str) -> str:
    return f'{where}: {len(found)} people are called "{said.strip()}". {_HINT}'


def supervisors(
    everybody: Sequence[Entry], book: Directory, flaws: list[str]
) -> tuple[dict[str, str], list[str]]:
    """The supervisor of each key, and those who are on neither sheet as they are written.

    A name that several share is a flaw, and so are two supervisors of one person, if one of them takes part.
    """
    boss: dict[str, str] = {}
    first: dict[str, Entry] = {}
    away: dict[str, None] = {}
    here = {entry.key for entry in everybody}
    for entry in everybody:
        if not entry.supervisor:
            continue
        found = book.keys(entry.supervisor)
        if len(found) > 1:
            flaws.append(_shared(entry.where("supervisor"), found, entry.supervisor))
            continue
        if not found:
            away[entry.supervisor] = None
        above = found.pop() if found else plain(entry.supervisor)
        before = boss.setdefault(entry.key, above)
        first.setdefault(entry.key, entry)
        if before != above and {before, above} & here:
            flaws.append(
                f'{entry.where("supervisor")}: "{entry.supervisor}" here, but "{first[entry.key].supervisor}" in '
                f"{first[entry.key].where('supervisor')}. Write the same supervisor on both sheets."
            )
    return boss, list(away)


def pairs_in(table: Table, book: Directory, purpose: str, flaws: list[str]) -> tuple[list[Pair], list[str]]:
    """Person ids of the pairs of a sheet with the columns mentee and mentor, and a note on the rows passed over.

    A name that several share is a flaw. Who takes no part is one in locks; in other sheets the row is passed over.
    In pairs of the past the two may have changed sides since.
    """
    columns = _columns(table)
    pairs: list[Pair] = []
    unknown: list[str] = []
    for row, cells in table.rows:
        found: list[str] = []
        nobody = ""
        for side, places in columns.items():
            place = next((place for place in places if cells[place]), places[0])
            said = cells[place]
            keys = book.keys(said, (side,)) or (book.keys(said) if purpose == "past" else set())
            if said.upper() in ERRORS:
                flaws.append(f"{table.where(row, place)}: {failed(said)}")
            elif len(keys) == 1:
                found += keys
            elif keys:
                flaws.append(_shared(table.where(row, place), keys, said))
            elif purpose == "locks":
                flaws.append(f'{table.where(row, place)}: nobody on the {side}s sheet answers to "{said}".')
            else:
                nobody = nobody or f'row {row} (nobody called "{said}")'
        if len(found) == len(SIDES):
            pairs.append((number_of(found[0]), number_of(found[1])))
        unknown += [nobody] * bool(nobody)
    count = f"{len(unknown)} of {len(table.rows)} rows {'is' if len(unknown) == 1 else 'are'}"
    note = f"{table.name}: {count} not recognised and left alone: {some(unknown)}."
    return list(dict.fromkeys(pairs)), [note] * bool(unknown)


def _columns(table: Table) -> dict[str, list[int]]:
    """Where the people of each side are named, what tells most first."""
    names = [column_name(heading) for heading in table.heading]
    wanted = {side: [f"{side} {said}".strip() for said in _SAID] for side in SIDES}
    flaws = [
        f"{table.where(1, place)}: stands twice. Keep one of the two columns."
        for place, name in enumerate(names)
        if name in names[:place] and name in [*wanted["mentee"], *wanted["mentor"]]
    ]
    columns = {side: [names.index(name) for name in wanted[side] if name in names] for side in SIDES}
    if not all(columns.values()):
        flaws.append(f"{table.name}, row 1: the columns mentee and mentor are needed.")
    if flaws:
        raise Flawed(flaws)
    return columns
