"""A finished match as rows for two sheets and a summary for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np

from matching.engine import Problem, Shortage, Solution
from matching.engine.criteria import CRITERIA
from matching.engine.field import Field
from matching.engine.parts import shares
from matching.engine.people import Pair, RankedPair
from matching.engine.relief import reachable, recruits, relaxations, wins
from matching.engine.sheets.cells import Entry, listed
from matching.engine.sheets.people import Cast
from matching.engine.sheets.words import (
    blocked_words,
    cost_words,
    kind_words,
    many,
    nth,
    part_words,
    recruit_words,
    relaxation_words,
    removal_words,
    shortage_words,
)
from matching.engine.sheets.writing import Cell
from matching.engine.whole import why_not, why_unmatched

PAIRS = ("mentee", "mentee id", "mentor", "mentor id", "fit", "why", "set by")
# An exact answer takes time in proportion to the eligible pairs. Beyond this many pairs walked, people get the facts.
BUDGET = 60_000_000
WHY = ("about", "person", "person id", "why", "what would help")


@dataclass
class Report:
    """What came out, told in the words of the sheets."""

    cast: Cast
    field: Field
    problem: Problem
    solution: Solution
    locks: list[Pair]
    keep: list[Pair]
    _asked: int = 0

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        return list(zip(self.solution.mentee.tolist(), self.solution.mentor.tolist(), strict=True))

    @cached_property
    def fit(self) -> list[int]:
        """0 to 100 for each pair."""
        fit: list[int] = self.field.score_percent(self.solution.mentee, self.solution.score).tolist()
        return fit

    @cached_property
    def mentors_of(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for mentee, mentor in self.pairs:
            found.setdefault(mentee, set()).add(mentor)
        return found

    @cached_property
    def _criteria(self) -> list[str]:
        weights = self.field.criteria.weights
        return [name for name in CRITERIA if getattr(weights, name)]

    def pairs_heading(self) -> list[str]:
        return [*PAIRS, *(name.replace("_", " ") for name in self._criteria)]

    def pair_rows(self) -> Iterator[list[Cell]]:
        """The parts sum to the fit; a mentee who states nothing that is weighed has none."""
        locks, keep = set(self.locks), set(self.keep)
        for (mentee, mentor), fit in zip(self.pairs, self.fit, strict=True):
            one, other = self.cast.mentees[mentee], self.cast.mentors[mentor]
            parts = self.field.parts(mentee, mentor)
            good = sorted(parts, key=lambda part: part.points == 0)
            why = "; ".join(part_words(part, self.cast) for part in good)
            persons = self._persons(mentee, mentor)
            by = "lock" if persons in locks else "kept" if persons in keep else ""
            share = dict[str, Cell]()
            if self.field.attainable[mentee]:
                columns = shares([part.points for part in parts], fit)
                share = {part.criterion: column for part, column in zip(parts, columns, strict=True)}
            row = [share.get(name, "") for name in self._criteria]
            yield [one.shown, identity(one), other.shown, identity(other), fit, why, by, *row]

    def _persons(self, mentee: int, mentor: int) -> Pair:
        mentees, mentors = self.cast.sides
        return int(mentees.person[mentee]), int(mentors.person[mentor])

    def why_rows(self) -> Iterator[list[Cell]]:
        """Everybody without a partner, with the reasons; each wish not given, with its cost."""
        yield from self._mentees_left()
        yield from self._mentors_left()
        yield from self._wishes_not_given()

    def _mentees_left(self) -> Iterator[list[Cell]]:
        for row, entry in enumerate(self.cast.mentees):
            has = len(self.mentors_of.get(row, ()))
            if has == entry.limit:
                continue
            about = f"has {has} of {entry.limit} mentors" if has else "mentee without a mentor"
            why = self._shortage(row)
            if removals := removal_words(self.field.removals(mentee=row)):
                why = f"{why} Of {many(len(self.cast.mentors), 'mentor')}: {removals}."
            yield [about, entry.shown, identity(entry), why, self._help(row)]

    def _shortage(self, row: int) -> str:
        possible = self.field.eligible(mentee=row)
        if not possible:
            return shortage_words(Shortage("minimum" if self.field.too_low(mentee=row) else "no_mentor", 0))
        if self._affordable():
            return shortage_words(why_unmatched(self.field, self.problem, self.solution, row))
        left = " or would lower the total fit" if self.solution.objective == "score" else ""
        return f"{many(possible, 'mentor')} would be possible; their places are all taken by others{left}."

    def _affordable(self) -> bool:
        """Whether one more exact answer is within the budget."""
        self._asked += max(self.field.size, 1)
        return self._asked <= BUDGET

    def _help(self, row: int) -> str:
        told = wins(self.field, self.problem, self.solution, row)
        rules = self.field.criteria.rules
        found = [f"if {relaxation_words(relaxation, rules)}" for relaxation in told.relaxations]
        if told.recruit:
            found.append(f"one more mentor {kind_words(told.recruit.kind, self.cast)}")
        return "; or ".join(found)

    def _mentors_left(self) -> Iterator[list[Cell]]:
        busy = {mentor for _, mentor in self.pairs}
        for row, entry in enumerate(self.cast.mentors):
            if row in busy or not entry.limit:
                continue
            possible = int(self.field.left[1][row])
            placed = "is placed with others" if possible == 1 else "are placed with others"
            why = f"{many(possible, 'mentee')} would be possible, but {placed}." if possible else (
                "The rules, or the minimum fit, leave no mentee."
            )  # fmt: skip
            if removals := removal_words(self.field.removals(mentor=row)):
                why = f"{why} Of {many(len(self.cast.mentees), 'mentee')}: {removals}."
            yield ["mentor without a mentee", entry.shown, identity(entry), why, ""]

    @cached_property
    def wished(self) -> list[tuple[int, int, int]]:
        """(mentee row, mentor row, rank) of the wishes of mentees."""
        return self._in_rows(self.cast.links.wishes)

    def _in_rows(self, wishes: Sequence[RankedPair]) -> list[tuple[int, int, int]]:
        mentees, mentors = self.cast.sides
        rows = mentees.rows_of([wish[0] for wish in wishes]).tolist()
        columns = mentors.rows_of([wish[1] for wish in wishes]).tolist()
        return [(row, column, wish[2]) for row, column, wish in zip(rows, columns, wishes, strict=True)]

    def _wishes_not_given(self) -> Iterator[list[Cell]]:
        asked = [(*wish, "mentee") for wish in self.wished]
        asked += [(*wish, "mentor") for wish in self._in_rows(self.cast.links.mentor_wishes)]
        asked = [wish for wish in asked if wish[1] not in self.mentors_of.get(wish[0], ())]
        for mentee, mentor, rank, side in asked:
            one, other = self.cast.mentees[mentee], self.cast.mentors[mentor]
            entry, wanted = (one, other) if side == "mentee" else (other, one)
            why = f"{wanted.shown}: {self._cost(mentee, mentor)}"
            yield [f"{nth(rank)} wish not given", entry.shown, identity(entry), why, ""]

    def _cost(self, mentee: int, mentor: int) -> str:
        def name(row: int, side: str) -> str:
            return (self.cast.mentees if side == "mentee" else self.cast.mentors)[row].shown

        if self.field.score_of(mentee, mentor) is None:
            return blocked_words("rule", self.field.blocked_by(mentee, mentor))
        if not self._affordable():
            return "Possible, but others fit better on the whole. With so many people not every cost is worked out."
        told = why_not(self.field, self.problem, self.solution, mentee, mentor)
        if told.blocked:
            return blocked_words(told.blocked)
        first = int(self.problem.tier.min()) == 0 and told.tiers[0] > 0
        return cost_words(told, self.field.in_percent(mentee, told.score), first, name)

    def summary(self) -> list[str]:
        """Lines for the terminal."""
        people, places = len(self.cast.mentees), sum(entry.limit for entry in self.cast.mentors)
        left = people - len(self.mentors_of)
        fit = f" Fit: lowest {min(self.fit)}, median {median(self.fit):g} of 100." if self.fit else ""
        lines = [
            f"{many(people, 'mentee')}; {many(len(self.cast.mentors), 'mentor')} with {many(places, 'place')}.",
            f"{many(len(self.pairs), 'pair')}; {many(len(self.mentors_of), 'mentee')} with a mentor.{fit}",
        ]
        if self.wished:
            granted = [
                rank for mentee, mentor, rank in self.wished if mentor in self.mentors_of.get(mentee, ())
            ]
            wishers = len({mentee for mentee, _, _ in self.wished})
            met = len({
                mentee for mentee, mentor, _ in self.wished if mentor in self.mentors_of.get(mentee, ())
            })  # fmt: skip
            lines.append(
                f"Wishes: {met} of {wishers} who wished got a wish; {granted.count(1)} the first one."
            )
        lines.append(f"Left without a mentor: {left}.")
        return [*lines, *self._proof(), *(self._more() if left else ())]

    def _proof(self) -> Iterator[str]:
        proof = self.solution.certificate
        limits = listed(self._limits(), "and")
        other = f"with {limits} no other set of pairs" if limits else "no other set of pairs"
        if proof.ok and self.solution.objective == "people":
            before = listed(self._before_fit(), "and")
            same = f"none that serves {before} as well" if before else "none of these"
            yield (
                f"Proven: {other} covers more than {many(proof.covered, 'mentee')} or makes more than "
                f"{many(proof.pairs, 'pair')}, and {same} has a higher total fit."
            )
        elif proof.ok:
            yield f"Proven: {other} has a higher total fit."
        else:
            yield f"NOT PROVEN: {proof.reason}"

    def _limits(self) -> list[str]:
        """What keeps pairs from being made, besides the rules."""
        too_low = int(self.field.left[0].sum()) < self.field.size
        return ["the locks"] * bool(self.locks) + ["the minimum fit"] * too_low

    def _before_fit(self) -> list[str]:
        """What comes before the total fit, besides people and pairs."""
        problem = self.problem
        goals = {
            "those left out before": len(np.unique(problem.tier)) > 1,
            "the floors": bool(problem.floor.any()),
            "the needs": bool(problem.needy.any()),
        }
        return [goal for goal, present in goals.items() if present]

    def _more(self) -> Iterator[str]:
        run = self.field, self.problem, self.solution
        rules = self.field.criteria.rules
        if spared := reachable(*run) - self.solution.covered:
            yield (
                f"  {spared} of them by the objective (the best total fit), not by a lack of places: "
                "--objective people matches as many as can be. What follows would come on top."
            )
        for relaxation in relaxations(*run):
            if relaxation.covered:
                yield f"  {relaxation.covered} more would be matched if {relaxation_words(relaxation, rules)}."
        for recruit in recruits(*run):
            yield f"  {recruit_words(recruit, self.cast)} ({recruit.total} in all)."


def identity(entry: Entry) -> str:
    """What names this person in a sheet that is read again."""
    return entry.id or entry.email or entry.name
