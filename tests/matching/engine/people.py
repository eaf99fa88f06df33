"""Random people with every column, gaps included, and the plain scorer that the field must agree with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.engine.field import CRITERIA, UNKNOWN, Criteria, Links, People, Rules, Weights

HALF = 5040
WISH = {1: 100, 2: 80, 3: 60}


@dataclass(frozen=True)
class Cast:
    mentees: People
    mentors: People
    links: Links
    rows: tuple[list[dict[str, Any]], list[dict[str, Any]]]


def random_cast(seed: int, mentees: int = 12, mentors: int = 9) -> Cast:
    rng = np.random.default_rng(seed)
    ids = rng.permutation(1000)[: mentees + mentors - 2].tolist()
    left, right = ids[:mentees], ids[mentees - 2 :]  # two people stand on both sides
    own = rng.choice([0.0, 0.3, 1.0], 2)  # in some casts only one side has weights of its own, or nobody
    rows = tuple(
        [random_person(rng, person, ids, share) for person in side]
        for side, share in zip((left, right), own.tolist(), strict=True)
    )

    def some(size: int) -> list[tuple[int, int]]:
        return [(int(rng.choice(left)), int(rng.choice(right))) for _ in range(size)]

    links = Links(
        wishes=[(*pair, int(rng.integers(1, 6))) for pair in some(20)] + [(5000, right[0], 1)],
        mentor_wishes=[(*pair, int(rng.integers(1, 4))) for pair in some(8)],
        introductions=some(4),
        exclusions=[pair[::-1] if n % 2 else pair for n, pair in enumerate(some(4))] + [(5000, 5001)],
        past_pairs=[pair[::-1] if n % 2 else pair for n, pair in enumerate(some(4))],
    )
    columns = [{name: [row[name] for row in side] for name in side[0]} for side in rows]
    return Cast(People(**columns[0]), People(**columns[1]), links, (rows[0], rows[1]))


def random_person(rng: Any, person: int, everybody: list[int], own: float) -> dict[str, Any]:
    def maybe(value: Any) -> int:
        return UNKNOWN if rng.random() < 0.2 else int(value)

    chain = [int(rng.choice(everybody)) for _ in range(int(rng.integers(0, 4)))]
    skills = rng.permutation(8)[: int(rng.integers(0, 7))]
    return {
        "person": person,
        "limit": int(rng.integers(1, 4)),
        "strand": maybe(rng.integers(0, 2)),
        "languages": int(rng.integers(0, 8)),
        "level": maybe(rng.integers(1, 9)),
        "unit": maybe(rng.integers(0, 3)),
        "location": maybe(rng.integers(0, 3)),
        "utc_offset": maybe(rng.choice([-720, -300, 0, 60, 330, 720, 840])),
        "supervisor": maybe(rng.choice(everybody)),
        "chain": chain,
        "skills": [(int(skill), int(rng.integers(0, 4))) for skill in skills],
        "goals": [int(goal) for goal in rng.permutation(6)[: int(rng.integers(0, 4))]],
        "media": int(rng.integers(0, 8)),
        "availability": int(rng.integers(0, 1 << 10)),
        "tier": int(rng.integers(0, 3)),
        "group": maybe(rng.choice([7, 40])),
        "needs": int(rng.integers(0, 8)),
        "weights": own_weights(rng, own),
    }


def own_weights(rng: Any, share: float) -> list[int]:
    """A weight of one's own for each criterion, UNKNOWN for the program's."""
    return [int(rng.integers(0, 11)) if rng.random() < share * 0.5 else UNKNOWN for _ in CRITERIA]


def random_criteria(seed: int) -> Criteria:
    rng = np.random.default_rng(seed)

    def flag() -> bool:
        return bool(rng.random() < 0.6)

    return Criteria(
        rules=Rules(
            chain_levels=int(rng.integers(1, 4)),
            exclusions=flag(),
            past_pairs=flag(),
            same_strand=flag(),
            shared_language=flag(),
            min_level_gap=int(rng.integers(-1, 3)) if flag() else None,
            max_hours_apart=int(rng.integers(0, 13)) if flag() else None,
            shared_availability=flag(),
            unit=("", "", "same", "other")[int(rng.integers(0, 4))],
        ),
        weights=Weights(*(int(rng.integers(0, 11)) * flag() for _ in range(11))),
        level_curve=tuple(rng.integers(0, 101, int(rng.integers(1, 5))).tolist()),
        unit_wanted=("same", "other")[int(rng.integers(0, 2))],
        floor=0.5,
        min_fit=int(rng.integers(1, 60)) if rng.random() < 0.4 else 0,
    )


def broken_rules(cast: Cast, criteria: Criteria, a: dict[str, Any], b: dict[str, Any]) -> set[str]:
    """Rules that mentee a with mentor b breaks, one `if` at a time."""
    rules, pair, found = criteria.rules, {a["person"], b["person"]}, set()
    if a["person"] == b["person"]:
        found.add("same_person")
    if b["person"] in [a["supervisor"], *a["chain"][:1]]:
        found.add("supervisor")
    if b["person"] in a["chain"][1 : rules.chain_levels]:
        found.add("chain")
    if rules.exclusions and any(set(other) == pair for other in cast.links.exclusions):
        found.add("exclusion")
    if rules.past_pairs and any(set(other) == pair for other in cast.links.past_pairs):
        found.add("past_pair")
    if rules.same_strand and both(a, b, "strand") and a["strand"] != b["strand"]:
        found.add("strand")
    if rules.shared_language and a["languages"] and b["languages"] and not a["languages"] & b["languages"]:
        found.add("language")
    gap = b["level"] - a["level"]
    if rules.min_level_gap is not None and both(a, b, "level") and gap < rules.min_level_gap:
        found.add("level")
    if (
        rules.max_hours_apart is not None
        and both(a, b, "utc_offset")
        and apart(a, b) > rules.max_hours_apart * 60
    ):
        found.add("time_zone")
    slots = a["availability"] & b["availability"]
    if rules.shared_availability and a["availability"] and b["availability"] and not slots:
        found.add("availability")
    if rules.unit and both(a, b, "unit") and (a["unit"] == b["unit"]) != (rules.unit == "same"):
        found.add("unit")
    return found


def naive_parts(cast: Cast, criteria: Criteria, a: dict[str, Any], b: dict[str, Any]) -> dict[str, int]:
    """Points of mentee a with mentor b by criterion."""
    share = dict.fromkeys(CRITERIA, 0)
    offered = dict(b["skills"])
    for skill, wanted in a["skills"]:
        if skill in offered:
            enough = 0 in (wanted, offered[skill]) or offered[skill] >= wanted
            share["skills"] += HALF // len(a["skills"]) // (1 if enough else 2)
    share["goals"] = shared(a["goals"], b["goals"])
    if both(a, b, "level") and b["level"] >= a["level"]:
        curve = [*criteria.level_curve, *[criteria.level_curve[-1]] * 20]
        share["level"] = HALF * curve[b["level"] - a["level"]] // 100
    if both(a, b, "unit") and (a["unit"] == b["unit"]) == (criteria.unit_wanted == "same"):
        share["unit"] = HALF
    if both(a, b, "location") and a["location"] == b["location"]:
        share["place"] = HALF
    if both(a, b, "utc_offset"):
        share["time_zone"] = HALF * max(0, 480 - apart(a, b)) // 480
    for name in ("media", "availability"):
        share[name] = shared(numbers(a[name]), numbers(b[name]))
    pair = (a["person"], b["person"])
    for name, wishes in (("wish", cast.links.wishes), ("mentor_wish", cast.links.mentor_wishes)):
        if ranks := [rank for mentee, mentor, rank in wishes if (mentee, mentor) == pair]:
            share[name] = HALF * WISH.get(min(ranks), 40) // 100
    if pair in cast.links.introductions:
        share["introduction"] = HALF
    return {name: share[name] * (weight(criteria, a, name) + weight(criteria, b, name)) for name in CRITERIA}


def weight(criteria: Criteria, person: dict[str, Any], name: str) -> int:
    """The person's own weight of a criterion, or the program's."""
    own: int = person["weights"][CRITERIA.index(name)]
    program: int = getattr(criteria.weights, name)
    return program if own == UNKNOWN else own


def naive_attainable(criteria: Criteria, a: dict[str, Any]) -> int:
    """Points of mentee a with a mentor without weights of their own who is all that was asked for."""
    known = {
        "skills": a["skills"], "goals": a["goals"], "media": a["media"], "availability": a["availability"],
        "unit": a["unit"] != UNKNOWN, "place": a["location"] != UNKNOWN, "level": a["level"] != UNKNOWN,
        "time_zone": a["utc_offset"] != UNKNOWN,
    }  # fmt: skip
    whole = {**dict.fromkeys(known, HALF), "level": HALF * max(criteria.level_curve) // 100}
    sizes = {name: len(a[name]) for name in ("skills", "goals")}
    sizes |= {name: len(numbers(a[name])) for name in ("media", "availability")}
    whole |= {name: sum(HALF // size for _ in range(size)) for name, size in sizes.items()}
    return sum(
        whole[name] * (weight(criteria, a, name) + getattr(criteria.weights, name))
        for name, stated in known.items()
        if stated
    )


def both(a: dict[str, Any], b: dict[str, Any], name: str) -> bool:
    return a[name] != UNKNOWN and b[name] != UNKNOWN


def apart(a: dict[str, Any], b: dict[str, Any]) -> int:
    """Minutes between two clocks, the shorter way round."""
    ahead = (a["utc_offset"] - b["utc_offset"]) % 1440
    return int(min(ahead, 1440 - ahead))


def numbers(mask: int) -> list[int]:
    return [number for number in range(64) if mask >> number & 1]


def shared(mine: list[int], theirs: list[int]) -> int:
    return HALF // len(mine) * len(set(mine) & set(theirs)) if mine else 0


def whole_shares() -> bool:
    """Shares of lists of up to ten are whole, and so are their halves."""
    return all(HALF % (2 * size) == 0 for size in range(1, 11))
