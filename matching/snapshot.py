"""One consistent reading of a cohort: plain columns for the engine, and a digest of them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from matching.criteria import read_criteria
from matching.engine import Problem
from matching.engine.field import UNKNOWN, Criteria, Field, Links, People, build_field
from matching.engine.minimum import raised
from matching.models import Proposal
from matching.own import own_weights
from matching.past import past_pairs_between
from matching.queries import exclusions_of, locks_of, scheme_of, to_match
from participants.models import Enrollment, Introduction, SkillClaim, Wish
from participants.queries import PROMISED
from programs.models import Cohort, Strand

Pair = tuple[int, int]
# Whose turn it is: mentees left out before, those without a mentor, those with one.
LEFT_OUT, NEW, HAS_ONE = range(3)
NAMED = 61  # languages with a bit of their own; two more bits are for what else mentees, or mentors, speak
NEEDS = ["career", "technical", "belonging"]  # by bit, as the engine knows them


def known(value: int) -> int | None:
    """A number of the snapshot, None where there is none."""
    return None if value == UNKNOWN else value


@dataclass(slots=True)
class Side:
    """Mentors or mentees as columns, one place a person, sorted by person id."""

    enrollment: list[int] = field(default_factory=list)
    person: list[int] = field(default_factory=list)
    limit: list[int] = field(default_factory=list)  # places that are still free
    strand: list[int] = field(default_factory=list)
    level: list[int] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)  # directorate
    location: list[int] = field(default_factory=list)
    languages: list[int] = field(default_factory=list)
    utc_offset: list[int] = field(default_factory=list)  # minutes, on the day the mentorships start
    supervisor: list[int] = field(default_factory=list)
    chain: list[list[int]] = field(default_factory=list)
    skills: list[list[Pair]] = field(default_factory=list)
    goals: list[list[int]] = field(default_factory=list)
    media: list[int] = field(default_factory=list)
    availability: list[int] = field(default_factory=list)
    tier: list[int] = field(default_factory=list)
    needs: list[int] = field(default_factory=list)  # bits by NEEDS: has (mentee), can serve (mentor)
    met: list[int] = field(default_factory=list)  # bits of needs that mentors of before serve
    leanings: list[dict[str, int]] = field(
        default_factory=list
    )  # what matters more (1) or less (-1) to the person

    def people(self, criteria: Criteria, reach: int) -> People:
        """For the engine; people move the weights of these criteria by at most `reach`."""
        apart = ("enrollment", "leanings")
        columns = {item.name: getattr(self, item.name) for item in fields(self) if item.name not in apart}
        weights = own_weights(self.leanings, criteria.weights, reach) if any(self.leanings) else None
        columns |= {name: columns[name] or None for name in ("needs", "met")}  # packed before there were any
        return People(**columns, group=self.unit, weights=weights)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a run rests on. Pairs are (mentee, mentor) person ids."""

    mentees: Side
    mentors: Side
    wishes: list[tuple[int, int, int]]
    exclusions: list[Pair]
    past_pairs: list[Pair]
    locks: list[Pair]
    keep: list[Pair]  # the pairs of the run to keep close to
    goals: list[str]  # codes by the engine's number; the same for media and slots
    media: list[str]
    slots: list[str]
    criteria: dict[str, Any]
    own_reach: int = 0  # points by which people may move a weight
    # Both empty in what was packed before there were introductions.
    asked_by_mentors: list[Pair] = field(default_factory=list)  # asked a mentee, and was not told no
    introductions: list[Pair] = field(default_factory=list)  # both have said yes
    languages: list[str] = field(default_factory=list)  # codes by bit; empty in what was packed before
    places: list[str] = field(default_factory=list)  # names of locations by number; likewise

    def field(self, *, any_size: bool = False) -> Field:
        """All eligible pairs, scored. Raises ValueError for more than can be held, but for `any_size`."""
        criteria = Criteria.from_dict(self.criteria)
        return build_field(*self.people(criteria), criteria, self.links(), any_size=any_size)

    def people(self, criteria: Criteria) -> tuple[People, People]:
        """Mentees and mentors for the engine, with what these criteria weigh for each."""
        return self.mentees.people(criteria, self.own_reach), self.mentors.people(criteria, self.own_reach)

    def links(self) -> Links:
        """What links two people, for the engine."""
        return Links(
            wishes=self.wishes,
            mentor_wishes=[(mentee, mentor, 1) for mentee, mentor in self.asked_by_mentors],
            introductions=self.introductions,
            exclusions=self.exclusions,
            past_pairs=self.past_pairs,
        )

    def problem(self, built: Field) -> Problem:
        """What is to be solved. A lock or a kept pair of somebody who has left stands in nobody's way."""
        return built.problem(locks=self.standing_locks(), keep=self.keep)

    def standing_locks(self) -> list[Pair]:
        """The locks whose people both take part."""
        mentees, mentors = set(self.mentees.person), set(self.mentors.person)
        return [lock for lock in self.locks if lock[0] in mentees and lock[1] in mentors]

    def at_least(self, fit: int) -> Snapshot:
        """The same under a minimum fit of so much at least."""
        return replace(self, criteria=raised(Criteria.from_dict(self.criteria), fit).to_dict())

    def digest(self) -> str:
        """SHA-256 of people, criteria, locks and exclusions."""
        digest = hashlib.sha256()
        for line in self._lines():
            digest.update(line)
        return digest.hexdigest()

    def pack(self) -> bytes:
        """All of it, compressed, to be kept with the run."""
        squeezer = zlib.compressobj()
        parts = [squeezer.compress(line) for line in self._lines()]
        return b"".join([*parts, squeezer.flush()])

    @classmethod
    def unpack(cls, data: bytes) -> Snapshot:
        """What was packed."""
        found: dict[str, Any] = {"mentees": Side(), "mentors": Side()}
        for line in zlib.decompress(data).splitlines():
            name, value = json.loads(line)
            side, _dot, column = name.partition(".")
            if column == "skills":
                setattr(found[side], column, [_tuples(row) for row in value])
            elif column:
                setattr(found[side], column, value)
            else:
                found[name] = _tuples(value) if name in _PAIRS else value
        return cls(**found)

    def _lines(self) -> Iterator[bytes]:
        """A line of JSON for each column, so that no text of everything is ever built."""
        for item in fields(self):
            value = getattr(self, item.name)
            named = [(item.name, value)]
            if isinstance(value, Side):
                named = [
                    (f"{item.name}.{column.name}", getattr(value, column.name)) for column in fields(value)
                ]
            for entry in named:
                yield json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"


_PAIRS = ("wishes", "asked_by_mentors", "introductions", "exclusions", "past_pairs", "locks", "keep")


def _tuples(rows: list[list[int]]) -> list[Any]:
    return [tuple(row) for row in rows]


@contextmanager
def one_moment() -> Iterator[None]:
    """A read-only REPEATABLE READ transaction: all reads see the same instant.

    Inside a transaction that has begun already (a domain verb that holds its locks) it changes nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read_snapshot(
    cohort: Cohort,
    criteria: Mapping[str, Any],
    *,
    only: Iterable[int] | None = None,
    kind: str = Strand.Format.ONE_TO_ONE,
    near: int | None = None,
    full: bool = False,  # also mentees who have every mentor that they wanted
) -> Snapshot:
    """Accepted people in strands of one kind, or `only` some enrollments; `near` is the run to keep close to."""
    settings = read_criteria(criteria)
    with one_moment():
        rows = _rows(cohort, only, kind)
        codes = _Codes(rows)
        sides = {role: _side(cohort, codes, rows, role, full) for role in Enrollment.Role}
        mentees, mentors = sides[Enrollment.Role.MENTEE], sides[Enrollment.Role.MENTOR]
        _add_skills(sides)
        mentees.chain = _chains(mentees.person, settings.rules.chain_levels)
        # Across strands too: what mixing them would win is asked of the run.
        past = past_pairs_between(mentees.person, mentors.person)
        return Snapshot(
            mentees=mentees,
            mentors=mentors,
            wishes=_wishes(mentees),
            asked_by_mentors=_pairs(_introduced(cohort, asked_by=Enrollment.Role.MENTOR)),
            introductions=_pairs(_introduced(cohort, state__in=PROMISED)),
            exclusions=_pairs(exclusions_of(cohort)),
            past_pairs=past,
            locks=sorted(set(_pairs(locks_of(cohort))) - set(past)),  # one that has been published is served
            keep=_pairs(Proposal.objects.filter(run=near)) if near else [],
            goals=codes.goals,
            media=codes.media,
            slots=codes.slots,
            criteria=settings.to_dict(),
            own_reach=scheme_of(cohort).own_reach,
            languages=codes.languages,
            places=codes.names,
        )


def _introduced(cohort: Cohort, **which: Any) -> QuerySet[Introduction]:
    """Pairs of whom nobody has said no."""
    alive = [*PROMISED, Introduction.State.ASKED]
    return Introduction.objects.filter(cohort=cohort, state__in=alive).filter(**which)


def _rows(cohort: Cohort, only: Iterable[int] | None, kind: str) -> list[dict[str, Any]]:
    people = to_match(cohort, kind).order_by("person_id")
    if only is not None:
        people = people.filter(pk__in=list(only))
    rows: Iterable[Any] = people.values(
        "id", "role", "person_id", "strand_id", "left_out_before", "goals", "media", "availability", "needs",
        "own_weights", "used", free=F("capacity") - F("used"), level=F("person__level"), place=F("person__location"),
        directorate=Coalesce("person__unit__top_id", "person__unit_id"), languages=F("person__languages"),
        zone=F("person__timezone"), boss=F("person__supervisor_id"),
    )  # fmt: skip
    found = list(rows)
    served = _needs_served([row["id"] for row in found if row["used"] and row["needs"]])
    for row in found:
        row["met"] = served.get(row["id"], [])
        row["needs"] = [code for code in row["needs"] if code not in row["met"]]
    return found


def _needs_served(enrollments: list[int]) -> dict[int, list[str]]:
    """What the mentors that a mentee still has are for."""
    found: dict[int, list[str]] = {}
    pairs = Proposal.objects.filter(mentee__in=enrollments, over_at=None)
    pairs = pairs.exclude(published_at=None).exclude(need="").order_by("pk")
    for mentee, code in pairs.values_list("mentee_id", "need"):
        found.setdefault(mentee, []).append(code)
    return found


class _Codes:
    """Numbers for the words that stand in the rows, given in alphabetical order."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.goals = sorted({code for row in rows for code in row["goals"]})
        self.media = sorted({code for row in rows for code in row["media"]})
        self.slots = sorted({code for row in rows for code in row["availability"]})
        self.languages = _named_languages(rows)
        self.places = sorted({_place(row) for row in rows} - {""})
        written = {_place(row): str(row["place"]).strip() for row in rows}
        self.names = [written[place] for place in self.places]


def _named_languages(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """As many as have a bit of their own: where there are more, those that both sides speak."""
    spoken: dict[str, set[str]] = {role: set() for role in Enrollment.Role}
    for row in rows:
        spoken[row["role"]].update(row["languages"])
    mine, theirs = spoken.values()
    every = sorted(mine | theirs)
    return every if len(every) <= NAMED else sorted(every, key=lambda code: code not in mine & theirs)[:NAMED]


def _languages(codes: _Codes, row: Mapping[str, Any]) -> int:
    """What has no bit of its own is a language that nobody of the other side speaks: no rule is lifted by it."""
    other = 1 << (NAMED + (row["role"] == Enrollment.Role.MENTOR))
    rest = set(row["languages"]) - set(codes.languages)
    return _mask(codes.languages, row["languages"]) | (other if rest else 0)


def _place(row: Mapping[str, Any]) -> str:
    return str(row["place"]).strip().casefold()


def _mask(codes: list[str], chosen: Sequence[str]) -> int:
    number = {code: index for index, code in enumerate(codes)}
    return sum(1 << number[code] for code in set(chosen) if code in number)


def _side(cohort: Cohort, codes: _Codes, rows: Sequence[Mapping[str, Any]], role: str, full: bool) -> Side:
    noon = datetime.combine(cohort.starts_on, time(12))
    offsets = {row["zone"]: _minutes_east(row["zone"], noon) for row in rows}
    side = Side()
    for row in rows:
        if row["role"] != role:
            continue
        free = max(int(full), row["free"])
        if not free and role == Enrollment.Role.MENTEE:
            continue  # has every mentor that was wanted; a full mentor stays, so that a wish can say so
        side.enrollment.append(row["id"])
        side.person.append(row["person_id"])
        side.limit.append(free)
        side.strand.append(row["strand_id"])
        side.level.append(UNKNOWN if row["level"] is None else row["level"])
        side.unit.append(row["directorate"] or UNKNOWN)
        side.location.append(codes.places.index(_place(row)) if _place(row) else UNKNOWN)
        side.languages.append(_languages(codes, row))
        side.utc_offset.append(offsets[row["zone"]])
        side.supervisor.append(row["boss"] or UNKNOWN)
        side.goals.append(sorted({codes.goals.index(code) for code in row["goals"]}))
        side.media.append(_mask(codes.media, row["media"]))
        side.availability.append(_mask(codes.slots, row["availability"]))
        side.needs.append(_mask(NEEDS, row["needs"]))
        side.met.append(_mask(NEEDS, row["met"]))
        side.tier.append(_tier(row))
        side.leanings.append(row["own_weights"])
        side.chain.append([])
        side.skills.append([])
    return side


def _tier(row: Mapping[str, Any]) -> int:
    if row["used"]:
        return HAS_ONE
    return LEFT_OUT if row["left_out_before"] else NEW


def _minutes_east(zone: str, noon: datetime) -> int:
    offset = noon.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


def _add_skills(sides: Mapping[Enrollment.Role, Side]) -> None:
    """Mentees seek, mentors offer; what else they said about skills does not matter here."""
    wanted = {
        Enrollment.Role.MENTEE: SkillClaim.Direction.SEEKS,
        Enrollment.Role.MENTOR: SkillClaim.Direction.OFFERS,
    }
    for role, side in sides.items():
        place = {enrollment: index for index, enrollment in enumerate(side.enrollment)}
        claims = SkillClaim.objects.filter(enrollment__in=side.enrollment, direction=wanted[role])
        for enrollment, skill, level in claims.order_by("skill_id").values_list(
            "enrollment_id", "skill_id", "level"
        ):
            side.skills[place[enrollment]].append((skill, level))


def _chains(people: list[int], levels: int) -> list[list[int]]:
    """Supervisors above each person, nearest first; `levels` deep, so that a loop in the data ends."""
    chains: dict[int, list[int]] = {person: [] for person in people}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE up(person, boss, depth) AS (
                SELECT id, supervisor_id, 1 FROM people_person WHERE id = ANY(%s) AND supervisor_id IS NOT NULL
                UNION ALL
                SELECT up.person, above.supervisor_id, up.depth + 1
                FROM up JOIN people_person above ON above.id = up.boss
                WHERE above.supervisor_id IS NOT NULL AND up.depth < %s
            )
            SELECT person, boss FROM up ORDER BY person, depth
            """,
            [people, levels],
        )
        for person, boss in cursor.fetchall():
            chains[person].append(boss)
    return list(chains.values())


def _wishes(mentees: Side) -> list[tuple[int, int, int]]:
    wishes = Wish.objects.filter(enrollment__in=mentees.enrollment).order_by("enrollment__person_id", "rank")
    return list(wishes.values_list("enrollment__person_id", "mentor_id", "rank"))


def _pairs(fixed: Any) -> list[Pair]:
    return sorted(set(fixed.values_list("mentee__person_id", "mentor__person_id")))
