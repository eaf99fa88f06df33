"""Reasons in plain words, in the words of the sheets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matching.engine.criteria import Rules
from matching.engine.explain import Counterfactual, Shortage
from matching.engine.field import Part, Removal
from matching.engine.kinds import Kind
from matching.engine.people import UNKNOWN
from matching.engine.relief import Recruit, Relaxation
from matching.engine.sheets.cells import listed
from matching.engine.sheets.people import Cast

RULES = {
    "same_person": "is the same person",
    "supervisor": "is the supervisor",
    "chain": "is up the chain of command",
    "exclusion": "is excluded",
    "past_pair": "was the partner before",
    "strand": "is in another strand",
    "language": "has no language in common",
    "level": "is at too low a level",
    "time_zone": "is too many time zones away",
    "availability": "is never free at the same time",
    "unit": "is of a unit that the rules do not allow",
}
_NTH = ("first", "second", "third")
_CHANGES = 4


def many(count: int, one: str, more: str = "") -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def part_words(part: Part, cast: Cast) -> str:
    """What one criterion found in a pair."""
    return _PARTS[part.criterion](part.facts, cast)


def _skills(facts: dict[str, Any], cast: Cast) -> str:
    matched = [cast.word("skills", entry[0]) for entry in facts["matched"]]
    wanted = len(matched) + len(facts["missing"])
    if not matched:
        return f"none of the {many(wanted, 'skill')} wanted"
    return f"{len(matched)} of {many(wanted, 'skill')} wanted ({', '.join(matched)})"


def _in_common(what: str, column: str) -> Callable[[dict[str, Any], Cast], str]:
    def told(facts: dict[str, Any], cast: Cast) -> str:
        return f"{what}: {', '.join(cast.word(column, entry) for entry in facts['matched']) or 'none'}"

    return told


def _level(facts: dict[str, Any], _cast: Cast) -> str:
    gap = facts["gap"]
    return f"{many(abs(gap), 'level')} {'above' if gap > 0 else 'below'}" if gap else "same level"


def _time_zone(facts: dict[str, Any], _cast: Cast) -> str:
    hours = facts["minutes"] / 60
    return f"{hours:g} {'hour' if hours == 1 else 'hours'} apart" if hours else "same time of day"


def _wish(whose: str) -> Callable[[dict[str, Any], Cast], str]:
    def told(facts: dict[str, Any], _cast: Cast) -> str:
        return f"{nth(facts['rank'])} wish of the {whose}"

    return told


_PARTS: dict[str, Callable[[dict[str, Any], Cast], str]] = {
    "skills": _skills,
    "goals": _in_common("goals in common", "goals"),
    "level": _level,
    "unit": lambda facts, _: "same unit" if facts["same"] else "another unit",
    "place": lambda facts, _: "same place" if facts["same"] else "another place",
    "time_zone": _time_zone,
    "media": _in_common("both meet by", "media"),
    "availability": _in_common("both free", "availability"),
    "wish": _wish("mentee"),
    "mentor_wish": _wish("mentor"),
    "introduction": lambda *_: "introduced to each other before",
}


def nth(rank: int) -> str:
    return _NTH[rank - 1] if rank <= len(_NTH) else f"{rank}th"


def removal_words(removals: list[Removal]) -> str:
    """What the hard rules took from one person, a pair counted under each rule it breaks."""
    return "; ".join(f"{removal.removed} {_plural(removal)}" for removal in removals)


def _plural(removal: Removal) -> str:
    words = RULES[removal.rule]
    if removal.removed == 1:
        return words
    for one, more in (("is ", "are "), ("has ", "have "), ("was the partner", "were partners")):
        words = words.replace(one, more, 1) if words.startswith(one) else words
    return words


def shortage_words(shortage: Shortage) -> str:
    """Why a mentee has no mentor, or not as many as wanted."""
    if shortage.reason == "no_mentor":
        return "The rules allow no mentor."
    if shortage.reason == "minimum":
        return "The mentors whom the rules allow are under the minimum fit."
    if shortage.reason == "score":
        return (
            "The objective (the best total fit), not a lack of places, is the reason: there is a way, but the total "
            "fit of all pairs would fall."
        )
    rivals, mentors = many(len(shortage.mentees), "mentee"), many(len(shortage.mentors), "mentor")
    places = many(shortage.places, "place")
    if len(shortage.mentees) == 1:
        return f"The {mentors} the rules allow have {places}, all held by locks."
    return (
        f"{rivals}, this one among them, can only be served by the same {mentors} with {places} in all; "
        "every place is taken by one of them."
    )


def blocked_words(blocked: str, rules: tuple[str, ...] = ()) -> str:
    """Why a wish cannot be granted."""
    if rules:
        return f"Not possible: the mentor {listed([RULES[rule] for rule in rules], 'and')}."
    return {
        "rule": "Not possible: the pair is under the minimum fit.",
        "minimum": "Not possible: the pair is under the minimum score.",
        "mentee_full": "Not possible: locks take all the mentors wanted.",
        "mentor_full": "Not possible: the mentor has no place, or locks take them all.",
    }[blocked]


def cost_words(
    told: Counterfactual, points: float | None, first: bool, names: Callable[[int, str], str]
) -> str:
    """What granting a wish would cost.

    `points`: the loss in percent of a perfect fit for one person, None where there is no scale for it; `first`: whether
    one of those left out before is lost.
    """
    fit = "some of the total fit" if points is None else f"{points:.1f} points of fit less in all"
    losses = [
        f"{many(told.covered, 'mentee')} more without a mentor" if told.covered > 0 else "",
        f"{many(told.pairs, 'pair')} fewer" if told.pairs > 0 else "",
        "somebody who was left out before going without again" if first else "",
        f"{many(told.shortfall, 'mentee')} more missing to a group's floor" if told.shortfall > 0 else "",
        f"{many(told.needs, 'need')} fewer served" if told.needs > 0 else "",
        fit if told.score > 0 else "",
        f"{many(told.kept, 'pair')} fewer kept from the last run" if told.kept > 0 else "",
    ]
    cost = listed([loss for loss in losses if loss], "and")
    others = []
    for change in told.changes[1:]:
        takes = "nobody" if change.takes is None else names(change.takes, "mentor")
        others.append(f"{names(change.mentee, 'mentee')} would get {takes}")
    more = f", and {len(others) - _CHANGES} more would change" if len(others) > _CHANGES else ""
    chain = f" {'; '.join(others[:_CHANGES])}{more}." if others else ""
    return f"Would cost {cost}.{chain}" if cost else f"As good as what was chosen; the tie was drawn.{chain}"


def relaxation_words(told: Relaxation, rules: Rules) -> str:
    """The change of a rule, to follow "if"."""
    value = told.value
    if told.rule == "chain":
        if value == 1:
            return "only the direct supervisor were barred"
        return f"only {value} levels up the chain of command were barred, not {rules.chain_levels}"
    if told.rule == "level" and value is not None:
        return f"a mentor had to be {many(value, 'level')} above, not {rules.min_level_gap}"
    if told.rule == "time_zone" and value is not None:
        return f"time zones might be {value} hours apart, not {rules.max_hours_apart}"
    return {
        "exclusion": "the exclusions did not hold",
        "past_pair": "partners of before might be paired again",
        "strand": "strands might be mixed",
        "language": "no language in common were needed",
        "level": "levels did not matter",
        "time_zone": "time zones did not matter",
        "availability": "no time in common were needed",
        "unit": "units did not matter",
    }[told.rule]


def kind_words(kind: Kind, cast: Cast) -> str:
    """What a mentor to be found is like, to follow "mentor"."""
    found = [f"with {listed([cast.word('skills', skill) for skill in kind.skills], 'and')}"] * bool(
        kind.skills
    )
    found += [f"speaking {listed(cast.masked('languages', kind.languages), 'or')}"] * bool(kind.languages)
    places = (
        ("strand", "of strand", kind.strand), ("location", "at", kind.location), ("unit", "of unit", kind.unit)
    )  # fmt: skip
    found += [f"{text} {cast.word(column, number)}" for column, text, number in places if number != UNKNOWN]
    levels = cast.words["level"]
    level = levels[kind.level - 1] if 0 < kind.level <= len(levels) else str(kind.level)
    above = f"above level {levels[-1]}" if 0 < len(levels) < kind.level else f"of level {level} or higher"
    found += [above] * (kind.level != UNKNOWN)
    found += [f"in time zone UTC{kind.utc_offset / 60:+g}"] * (kind.utc_offset != UNKNOWN)
    found += [f"free {listed(cast.masked('availability', kind.availability))}"] * bool(kind.availability)
    found += [f"for the goals {listed([cast.word('goals', goal) for goal in kind.goals])}"] * bool(kind.goals)
    found += [f"meeting by {listed(cast.masked('media', kind.media))}"] * bool(kind.media)
    return ", ".join(found) or "of any kind"


def recruit_words(recruit: Recruit, cast: Cast) -> str:
    """One line of the recruiting list."""
    who = f"{many(recruit.mentors, 'more mentor')} {kind_words(recruit.kind, cast)}"
    room = f" ({many(recruit.places, 'place')} each)" if recruit.places > 1 else ""
    return f"{who}{room} would match {recruit.covered} more"
