"""What a run found, as rows to store: pairs with their parts, people left over and why, wishes and next best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np

from matching.domain.shortages import Shortages
from matching.engine import Problem, Solution, whole
from matching.engine.explain import Change
from matching.engine.field import Field, Part
from matching.engine.parts import shares
from matching.engine.relief import Relaxation, relaxations, wins
from matching.engine.runners_up import RunnersUp, runners_up
from matching.engine.solution import targets
from matching.equity import counted
from matching.kind_words import stored_kind
from matching.models import Leftover, Outlook, Proposal
from matching.snapshot import HAS_ONE, LEFT_OUT, NEEDS, Side, Snapshot

NEXT_BEST = 3
NAMED = 12  # people named in a reason; the rest is counted
# An exact answer to "why not" takes time in proportion to the eligible pairs; beyond this, people get the facts alone.
QUESTION_BUDGET = 30_000_000
# What a weaker rule or one more mentor would win; beyond so many mentees times mentors it is left out.
RELIEF_BUDGET = 4_000_000

Progress = Callable[[int], None]


@dataclass
class Findings:
    """Built once, after the certificate; rows of the engine become enrollments."""

    snapshot: Snapshot
    field: Field
    problem: Problem
    solution: Solution
    raised: bool = False  # the minimum fit is the highest that leaves nobody out

    @cached_property
    def pairs(self) -> list[tuple[int, int, int]]:
        """(mentee row, mentor row, score 0-100)."""
        solution = self.solution
        percent = self.field.score_percent(solution.mentee, solution.score)
        return list(zip(solution.mentee.tolist(), solution.mentor.tolist(), percent.tolist(), strict=True))

    @cached_property
    def mentors_of(self) -> dict[int, set[int]]:
        """Mentor rows by mentee row."""
        found: dict[int, set[int]] = {}
        for mentee, mentor, _score in self.pairs:
            found.setdefault(mentee, set()).add(mentor)
        return found

    @cached_property
    def mentees_of(self) -> dict[int, set[int]]:
        """Mentee rows by mentor row."""
        found: dict[int, set[int]] = {}
        for mentee, mentor, _score in self.pairs:
            found.setdefault(mentor, set()).add(mentee)
        return found

    def proposals(self, run_id: int) -> Iterator[Proposal]:
        """One row a pair."""
        mentees, mentors = self.snapshot.mentees, self.snapshot.mentors
        locks = set(self.snapshot.locks)
        for (mentee, mentor, score), need in zip(self.pairs, self.solution.need.tolist(), strict=True):
            yield Proposal(
                run_id=run_id,
                mentee_id=mentees.enrollment[mentee],
                mentor_id=mentors.enrollment[mentor],
                score=score,
                parts=stored_parts(self.field.parts(mentee, mentor), score, self.snapshot),
                locked=(mentees.person[mentee], mentors.person[mentor]) in locks,
                need=NEEDS[need] if need >= 0 else "",
            )

    def leftovers(self, run_id: int) -> Iterator[Leftover]:
        """Mentees without a mentor, and mentors with free places but no mentee."""
        mentees, mentors = self.snapshot.mentees, self.snapshot.mentors
        for number, row in enumerate(self._left):
            reasons = self._why_mentee(row, exact=number < self._questions)
            reasons["has_one"] = mentees.tier[row] == HAS_ONE
            reasons["wins"] = [
                {"rule": told.rule, "value": told.value, "covered": told.covered}
                for told in self._relief
                if row in told.could
            ]
            if recruit := self._recruit(row):
                reasons["recruit"] = recruit
            yield Leftover(run_id=run_id, enrollment_id=mentees.enrollment[row], reasons=reasons)
        for row, enrollment in enumerate(mentors.enrollment):
            if mentors.limit[row] and row not in self.mentees_of:
                eligible = int(self.field.left[1][row])
                nobody = "minimum" if self.field.too_low(mentor=row) else "no_mentee"
                reasons = {
                    "reason": "not_needed" if eligible else nobody,
                    "eligible": eligible,
                    "rules": [removal._asdict() for removal in self.field.removals(mentor=row)],
                }
                yield Leftover(run_id=run_id, enrollment_id=enrollment, reasons=reasons)

    def _why_mentee(self, row: int, *, exact: bool) -> dict[str, Any]:
        sides = self.snapshot.mentees, self.snapshot.mentors
        facts = {
            "eligible": self.field.eligible(mentee=row),
            "rules": [removal._asdict() for removal in self.field.removals(mentee=row)],
        }
        # Where no place is left, the whole field says more than a closed set of nearly all of it.
        full = {
            "reason": "places",
            "all_places": True,
            "competing": len(sides[0].person),
            "places": sum(sides[1].limit),
        }
        if not facts["eligible"] and self.field.too_low(mentee=row):
            return {**facts, "reason": "minimum", "raised": self.raised}
        if not self._is_asked(row, exact):
            return {**facts, **full}
        shortage = self._shortages.of(row)
        if shortage.reason == "places" and self._all_taken and len(shortage.mentors) == self._hosts:
            return {**facts, **full}
        mentors = [sides[1].enrollment[mentor] for mentor in shortage.mentors]
        return {
            **facts,
            "reason": shortage.reason,
            "all_places": False,
            "competing": len(self._shortages.crowd(row)),
            "places": int(shortage.places),
            "mentors": len(mentors),
            "named": mentors[:NAMED],
            "common": self._shortages.common(row),
        }

    @cached_property
    def _left(self) -> list[int]:
        """Mentee rows without a mentor."""
        return [row for row in range(len(self.snapshot.mentees.enrollment)) if row not in self.mentors_of]

    @cached_property
    def _shortages(self) -> Shortages:
        asked = [
            row for number, row in enumerate(self._left) if self._is_asked(row, number < self._questions)
        ]
        exact = len(asked) <= self._questions
        return Shortages(self.snapshot, self.field, self.problem, self.solution, asked, exact)

    def _is_asked(self, row: int, exact: bool) -> bool:
        """Whether a closed set says more of this mentee than the bare facts do."""
        eligible = self.field.eligible(mentee=row)
        return not (self._all_taken and not exact) if eligible else not self.field.too_low(mentee=row)

    @cached_property
    def gains(self) -> bool:
        """Whether there is time to work out what one weaker rule or one more mentor would win."""
        size = len(self.snapshot.mentees.person) * len(self.snapshot.mentors.person)
        return size <= RELIEF_BUDGET

    @cached_property
    def _relief(self) -> list[Relaxation]:
        """What each rule made weaker wins on its own, the most first; nothing beyond the budget."""
        if not self.gains or not len(self.problem.capacity):
            return []
        return relaxations(self.field, self.problem, self.solution)

    def _recruit(self, row: int) -> dict[str, Any] | None:
        """A kind of mentor of whom one more could be this mentee's; within the same budget."""
        if not self.gains or not len(self.problem.capacity):
            return None
        found = wins(self.field, self.problem, self.solution, row).recruit
        return {"kind": stored_kind(found.kind, self.snapshot)} if found else None

    @cached_property
    def _questions(self) -> int:
        """How many exact answers there is time for."""
        return QUESTION_BUDGET // max(1, self.field.size)

    @cached_property
    def _all_taken(self) -> bool:
        return len(self.pairs) == sum(self.snapshot.mentors.limit)

    @cached_property
    def _hosts(self) -> int:
        return sum(limit > 0 for limit in self.snapshot.mentors.limit)

    def outlooks(self, run_id: int, progress: Progress) -> Iterator[Outlook]:
        """Wishes and the next best of everyone whom the run could match. `progress` hears the percent done."""
        mentees, mentors = self.snapshot.mentees, self.snapshot.mentors
        wishes: dict[int, list[tuple[int, int]]] = {}
        for mentee, mentor, rank in self.snapshot.wishes:
            wishes.setdefault(mentee, []).append((mentor, rank))
        questions = self._questions
        for row, enrollment in enumerate(mentees.enrollment):
            progress(100 * row // len(mentees.enrollment))
            told = []
            for person, rank in wishes.get(mentees.person[row], []):
                answer = self.ask(row, person, exact=questions > 0)
                questions -= answer["outcome"] == "cost"
                told.append({"mentor": person, "rank": rank, **answer})
            best = _next_best(self._runners_up[0], row, mentors)
            yield Outlook(run_id=run_id, enrollment_id=enrollment, wishes=told, next_best=best)
        for row, enrollment in enumerate(mentors.enrollment):
            best = _next_best(self._runners_up[1], row, mentees)
            yield Outlook(run_id=run_id, enrollment_id=enrollment, next_best=best)

    def ask(self, mentee: int, person: int, *, exact: bool = True) -> dict[str, Any]:
        """Why the mentee of this row is not with this person; what `left_words` puts in words."""
        mentors = self.snapshot.mentors
        row = self._mentor_rows.get(person)
        if row is None:
            return {"outcome": "absent"}
        enrollment = {"enrollment": mentors.enrollment[row]}
        if row in self.mentors_of.get(mentee, set()):
            return {"outcome": "given", **enrollment}
        if rules := self.field.blocked_by(mentee, row):
            return {"outcome": "rule", "rules": list(rules), **enrollment}
        if not mentors.limit[row]:
            return {"outcome": "full", **enrollment}
        others = [
            self.snapshot.mentees.enrollment[other] for other in sorted(self.mentees_of.get(row, set()))
        ]
        if not exact:
            return {"outcome": "others", "others": others[:NAMED], **enrollment}
        return {**self._counterfactual(mentee, row), "others": others[:NAMED], **enrollment}

    def _counterfactual(self, mentee: int, mentor: int) -> dict[str, Any]:
        answer = whole.why_not(self.field, self.problem, self.solution, mentee, mentor)
        if answer.blocked:
            # The hard rules were asked before: what is no candidate all the same is under the minimum fit.
            return {"outcome": "minimum" if answer.blocked == "rule" else answer.blocked}
        mentees, mentors = self.snapshot.mentees.enrollment, self.snapshot.mentors.enrollment
        return {
            "outcome": "cost",
            "covered": int(answer.covered),
            "pairs": int(answer.pairs),
            "tier": self._first_tier(answer.tiers),
            "shortfall": int(answer.shortfall),
            "needs": int(answer.needs),
            "lower": bool(answer.score > 0),
            "total": self._total_lost(answer.changes),
            "points": round(self.field.in_percent(mentee, int(answer.score)) or 0, 1),
            "kept": int(answer.kept),
            "changes": [
                {
                    "mentee": mentees[change.mentee],
                    "loses": None if change.loses is None else mentors[change.loses],
                    "takes": None if change.takes is None else mentors[change.takes],
                }
                for change in answer.changes[:NAMED]
            ],
        }

    def _total_lost(self, changes: Sequence[Change]) -> int:
        """By how much the fits that people see, 0-100, would sum to less."""
        loses = [(change.mentee, change.loses) for change in changes if change.loses is not None]
        takes = [(change.mentee, change.takes) for change in changes if change.takes is not None]
        return self._fit_of(loses) - self._fit_of(takes)

    def _fit_of(self, pairs: Sequence[tuple[int, int]]) -> int:
        mentee, mentor = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return int(self.field.score_percent(mentee, self.field.ground.worth(mentee, mentor)).sum())

    def _first_tier(self, lost: Sequence[int]) -> int | None:
        """The first tier that loses people, if one does."""
        return next(
            (int(tier) for tier, n in zip(np.unique(self.problem.tier), lost, strict=True) if n > 0), None
        )

    @cached_property
    def _mentor_rows(self) -> dict[int, int]:
        return {person: row for row, person in enumerate(self.snapshot.mentors.person)}

    @cached_property
    def _runners_up(self) -> tuple[RunnersUp, RunnersUp]:
        return runners_up(self.field, self.solution, NEXT_BEST)

    def numbers(self) -> dict[str, Any]:
        """The figures of the run, for its row in the list of versions."""
        snapshot, scores = self.snapshot, [score for _mentee, _mentor, score in self.pairs]
        mentees, mentors = snapshot.mentees, snapshot.mentors
        pairs = {(mentees.person[mentee], mentors.person[mentor]) for mentee, mentor, _score in self.pairs}
        ranks = [rank for mentee, mentor, rank in snapshot.wishes if (mentee, mentor) in pairs]
        before = [row for row, tier in enumerate(mentees.tier) if tier == LEFT_OUT]
        further = [row for row, tier in enumerate(mentees.tier) if tier == HAS_ONE]
        kept = set(snapshot.keep)
        return {
            "mentees": len(mentees.person),
            "mentors": len(mentors.person),
            "places": sum(mentors.limit),
            "covered": self.solution.covered,
            "pairs": self.solution.pairs,
            "total": sum(scores),
            "mean": round(sum(scores) / len(scores), 1) if scores else 0,
            "median": median(scores) if scores else 0,
            "lowest": min(scores, default=0),
            "blocking": whole.blocking(self.field, self.problem, self.solution),
            "wishers": len({mentee for mentee, _mentor, _rank in snapshot.wishes}),
            "wishes": {str(rank): ranks.count(rank) for rank in (1, 2, 3)},
            "locked": len(snapshot.standing_locks()),
            "left_out_before": len(before),
            "left_out_served": sum(row in self.mentors_of for row in before),
            "further": len(further),  # mentees who have a mentor and want another
            "further_served": sum(row in self.mentors_of for row in further),
            "new": len(pairs - kept) if kept else None,  # pairs that the run to keep close to had not
            "gains": self.gains,
            "floors": self._floors(),
            "groups": counted(mentees, ((mentee, score) for mentee, _mentor, score in self.pairs)),
        }

    def _floors(self) -> list[dict[str, int]]:
        """Of each directorate with a share to reach: its mentees, how many are wanted, matched, have anybody at all."""
        problem = self.problem
        groups = len(problem.floor)
        if not groups:
            return []

        def in_groups(rows: Any) -> list[int]:
            of = problem.group[rows]
            count: list[int] = np.bincount(of[of >= 0], minlength=groups).tolist()
            return count

        columns = {
            "unit": self.field.group_ids.tolist(),
            "people": in_groups(np.arange(len(problem.group))),
            "wanted": targets(problem).tolist(),
            "matched": in_groups(np.unique(self.solution.mentee)),
            "able": in_groups(np.unique(problem.mentee)),
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _next_best(found: RunnersUp, row: int, others: Side) -> list[dict[str, int]]:
    return [{"enrollment": others.enrollment[other], "score": percent} for other, percent in found.of(row)]


def stored_parts(parts: list[Part], score: int, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Parts with their share of the 0-100 score (shares sum to it), facts by code instead of the engine's numbers."""
    codes = {"goals": snapshot.goals, "media": snapshot.media, "availability": snapshot.slots}
    told = []
    for part, share in zip(parts, shares([part.points for part in parts], score), strict=True):
        facts = dict(part.facts)
        if part.criterion in codes:
            facts["matched"] = [codes[part.criterion][number] for number in facts["matched"]]
        told.append(
            {
                "criterion": part.criterion,
                "share": share,
                "points": part.points,
                "most": part.most,
                "facts": facts,
            }
        )
    return told
