"""What a program asks of a pair: hard rules, which no wish and no lock overrules, and soft weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

RULES = (
    "same_person", "supervisor", "chain", "exclusion", "past_pair",
    "strand", "language", "level", "time_zone", "availability", "unit",
)  # fmt: skip
"""Names of the hard rules, in the order in which they are told to people."""

CRITERIA = (
    "skills", "goals", "level", "unit", "place", "time_zone", "media", "availability",
    "wish", "mentor_wish", "introduction",
)  # fmt: skip
"""Names of the soft criteria, in the order in which they are told to people."""

BONUSES = ("wish", "mentor_wish", "introduction")
"""Criteria that only lift a score: nobody scores lower for not having been wished for."""


@dataclass(frozen=True)
class Rules:
    """Hard rules. That nobody mentors themselves or a direct report cannot be switched off."""

    chain_levels: int = 1  # nobody mentors a person so many levels below; 1 is the direct report
    exclusions: bool = True
    past_pairs: bool = True
    same_strand: bool = True
    shared_language: bool = True
    min_level_gap: int | None = None  # mentor's level less mentee's, at least
    max_hours_apart: int | None = None  # between the two time zones, round the clock
    shared_availability: bool = False
    unit: str = ""  # both of the "same" unit, each of an "other" one; empty asks for neither

    def __post_init__(self) -> None:
        _between("rules.chain_levels", self.chain_levels, 1, 50)
        for name in ("exclusions", "past_pairs", "same_strand", "shared_language", "shared_availability"):
            _flag(f"rules.{name}", getattr(self, name))
        if self.min_level_gap is not None:
            _between("rules.min_level_gap", self.min_level_gap, -100, 100)
        if self.max_hours_apart is not None:
            _between("rules.max_hours_apart", self.max_hours_apart, 0, 12)
        if self.unit not in ("", "same", "other"):
            raise ValueError(f"rules.unit: {self.unit!r} is neither 'same' nor 'other' nor empty")


@dataclass(frozen=True)
class Weights:
    """Soft criteria, 0 (ignored) to 10."""

    skills: int = 10
    goals: int = 6
    level: int = 4
    unit: int = 2
    place: int = 1
    time_zone: int = 2
    media: int = 1
    availability: int = 3
    wish: int = 8
    mentor_wish: int = 4
    introduction: int = 6

    def __post_init__(self) -> None:
        for name in CRITERIA:
            _between(f"weights.{name}", getattr(self, name), 0, 10)


@dataclass(frozen=True)
class Criteria:
    """Everything that a program manager sets. Raises ValueError naming the setting."""

    rules: Rules = field(default_factory=Rules)
    weights: Weights = field(default_factory=Weights)
    level_curve: tuple[int, ...] = (
        25,
        75,
        100,
        75,
        50,
        25,
    )  # percent at a gap of 0, 1...; the last holds on
    unit_wanted: str = "other"  # "other" or "same" unit earns the points of `weights.unit`
    floor: float = 0.0  # share of each group to cover, if it can be
    left_out_first: bool = True  # the people of tier 0 are served before those of tier 1
    min_fit: int = 0  # percent of what a perfect mentor would score; no pair scores less, unless it is locked

    def __post_init__(self) -> None:
        for name, part in (("rules", Rules), ("weights", Weights)):
            if not isinstance(value := getattr(self, name), part):
                raise ValueError(f"{name}: {value!r} is no {part.__name__}")
        if not isinstance(self.level_curve, (tuple, list)) or not self.level_curve:
            raise ValueError("level_curve: at least one percentage is needed")
        object.__setattr__(self, "level_curve", tuple(self.level_curve))
        for gap, percent in enumerate(self.level_curve):
            _between(f"level_curve[{gap}]", percent, 0, 100)
        if self.unit_wanted not in ("same", "other"):
            raise ValueError(f"unit_wanted: {self.unit_wanted!r} is neither 'same' nor 'other'")
        if (
            isinstance(self.floor, bool)
            or not isinstance(self.floor, (int, float))
            or not 0 <= self.floor <= 1
        ):
            raise ValueError(f"floor: {self.floor!r} is not between 0 and 1")
        _flag("left_out_first", self.left_out_first)
        _between("min_fit", self.min_fit, 0, 100)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Criteria:
        """From what `to_dict` gave (or JSON of it); settings left out keep their default."""
        _known("criteria", data, cls)
        values = dict(data)
        for name, part in (("rules", Rules), ("weights", Weights)):
            _known(name, values.get(name, {}), part)
            values[name] = part(**values.get(name, {}))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "level_curve": list(self.level_curve)}


def _between(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name}: {value!r} is not a whole number from {least} to {most}")


def _flag(name: str, value: bool) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name}: {value!r} is neither true nor false")


def _known(name: str, values: Mapping[str, Any], part: type) -> None:
    if not isinstance(values, Mapping):
        raise ValueError(f"{name}: settings are needed, not {values!r}")
    unknown = sorted(set(values) - {item.name for item in fields(part)})
    if unknown:
        raise ValueError(f"{name}: unknown setting {unknown[0]!r}")
