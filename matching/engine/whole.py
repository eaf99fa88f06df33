"""A result that was found on some pairs of a large field: proven, and asked about, on every pair of it.

What `solve_field` considered is enough for the optimum, but not for the questions that follow it. A pair that was
not considered is brought in, with every other pair that its price may depend on. Whom somebody can reach is looked
up in the field itself. Where every pair is a candidate, nothing is different from `explain` and `certify`.
"""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from matching.engine import certificate, explain
from matching.engine.candidates import Found, Prices, gaining
from matching.engine.explain import Counterfactual, Shortage, closed_set
from matching.engine.field import Field
from matching.engine.needs import need_nodes
from matching.engine.pairs import Pairs
from matching.engine.people import Ints
from matching.engine.pricing import CROWD, MARGIN, MORE, bounded
from matching.engine.problem import Bools, Problem
from matching.engine.reach import Enough, Flow, Openings
from matching.engine.solution import Certificate, Solution, usable, weights
from matching.engine.stability import blocking_in, blocking_pairs

_grown: WeakKeyDictionary[Solution, Problem] = WeakKeyDictionary()  # with the pairs that questions brought in
_flows: WeakKeyDictionary[Solution, tuple[Flow, list[tuple[Bools, Bools]]]] = WeakKeyDictionary()
_SETS = 16  # closed sets kept


def certify(field: Field, problem: Problem, solution: Solution) -> Certificate:
    """The proof anew, on every pair of the field: none of them improves the solution under its prices."""
    found = certificate.certify(problem, solution)
    if field.complete or not found.ok:
        return found
    everybody = np.ones(len(problem.demand), dtype=bool)
    better = _gaining(field, problem, solution, everybody, 0)
    if (gains := np.flatnonzero(better.gain > 0)).size:
        pair = f"mentee {better.mentee[gains[0]]} with mentor {better.mentor[gains[0]]}"
        return replace(found, ok=False, reason=f"{pair} is worth more than its prices")
    return found if solution.objective == "people" else bounded(field, found)


def why_not(field: Field, problem: Problem, solution: Solution, mentee: int, mentor: int) -> Counterfactual:
    """What a pair of the field would cost the program, exactly; as `explain.why_not`.

    The change is proven by prices like any result: pairs that improve it are brought in until there are none. Pairs
    that are only as good are not, so that of ways that cost as much it may be one that keeps fewer pairs.
    """
    score = None if field.complete else field.score_of(mentee, mentor)
    if score is None:
        return explain.why_not(problem, solution, mentee, mentor)
    known = _grown.get(solution, problem)
    if problem.edges_of([mentee], [mentor])[0] < 0:
        known = _joined(known, np.array([mentee]), np.array([mentor]), np.array([score]))
    while True:
        answer, moved = explain.forced(known, solution, mentee, mentor, keeps=False)
        if moved is None:
            return answer
        _grown[solution] = known
        margin = int(known.score.max(initial=0)) // MARGIN
        found = _gaining(field, known, moved, _nearer(known, solution, moved), margin)
        if not (found.gain > 0).any():
            return answer
        found = found.foremost(MORE, CROWD)
        known = _joined(known, found.mentee, found.mentor, found.score)


def why_unmatched(
    field: Field, problem: Problem, solution: Solution, mentee: int, *, exact: bool = True
) -> Shortage:
    """Why a mentee has fewer mentors than wanted, by every pair of the field; as `explain.why_unmatched`.

    Where not `exact`, people whose mentors are all within a set told before are told of that set, themselves in it:
    it is closed for them as well, but may not be the smallest.
    """
    if field.complete:
        return explain.why_unmatched(problem, solution, mentee)
    explain.check_short(problem, solution, mentee)
    if solution not in _flows:
        _flows[solution] = _flow(field, problem, solution), []
    flow, known = _flows[solution]
    own = flow.block(np.array([mentee]), np.arange(len(flow.takes)))[0]
    eligible = int(own.sum())
    if not eligible:
        held = int((solution.mentee == mentee).sum() - (problem.locked[:, 0] == mentee).sum())
        low = field.eligible(mentee=mentee) - held - _locked_left(field, problem, mentee)
        return Shortage("minimum" if low > 0 else "no_mentor", 0)
    for mentees, mentors in [] if exact else known:
        if not (own & ~mentors).any():
            with_me = mentees.copy()
            with_me[mentee] = True
            told = closed_set(problem, solution, mentee, eligible, with_me, mentors)
            if told.reason == "places":
                return told
    reached = flow.reached(mentee)
    known[:] = [reached, *known][:_SETS]
    return closed_set(problem, solution, mentee, eligible, *reached)


def blocking(field: Field, problem: Problem, solution: Solution) -> int:
    """How many pairs of the field block the solution; as `stability.blocking_pairs`."""
    if field.complete:
        return len(blocking_pairs(problem, solution))
    return blocking_in(field, problem, solution)


def _locked_left(field: Field, problem: Problem, mentee: int) -> int:
    """Locks of the mentee that are among the pairs that rules and minimum fit leave."""
    mentors = problem.locked[problem.locked[:, 0] == mentee, 1].tolist()
    return sum(field.score_of(mentee, mentor) is not None for mentor in mentors)


def _gaining(field: Field, problem: Problem, solution: Solution, mentees: Bools, margin: int) -> Found:
    """Pairs outside the problem that would improve the solution, or nearly; of some mentees."""
    sides = zip((problem.demand, problem.capacity), problem.locked.T, strict=True)
    # A person whose places are all locked can have no other pair.
    mine, theirs = (limit > np.bincount(rows, minlength=len(limit)) for limit, rows in sides)
    prices = Prices.of(problem, solution, weights(problem, solution.objective)["score"])
    known = Pairs(problem.begin, problem.mentor, problem.score)
    most = max(MORE, int(problem.demand.max(initial=0)) + 1)
    return gaining(field.ground, prices, margin, most, known, (mine & mentees, theirs), lambda _done: None)


def _nearer(problem: Problem, solution: Solution, moved: Solution) -> Bools:
    """The mentees whose price rose by less than the most: others have no pair that could improve the change."""
    mine = moved.price_mentee - solution.price_mentee
    needs = moved.price_need - solution.price_need
    most = max(int(mine.max(initial=0)), int(needs.max(initial=0)))
    np.minimum.at(mine, need_nodes(problem)[0], needs)
    found: Bools = mine < most
    return found


def _joined(problem: Problem, mentee: Ints, mentor: Ints, score: Ints) -> Problem:
    """The problem with some candidates more; one that is there already is passed over."""
    new = problem.edges_of(mentee, mentor) < 0
    sides = (problem.mentee, mentee), (problem.mentor, mentor), (problem.score, score)
    rows, columns, points = (np.concatenate([old, more[new]]) for old, more in sides)
    order = np.lexsort((columns, rows))
    keep = np.concatenate([problem.keep, np.zeros(int(new.sum()), dtype=bool)])
    return replace(problem, mentee=rows[order], mentor=columns[order], score=points[order], keep=keep[order])


def _flow(field: Field, problem: Problem, solution: Solution) -> Flow:
    """The pairs that stand besides the locks, over all that could be made."""
    size = len(problem.demand), len(problem.capacity)
    least = np.maximum(field.ground.least, solution.min_score)
    enough = Enough(field.ground, least) if least.any() else None
    edges = problem.edges_of(solution.mentee, solution.mentor)
    free = usable(problem, solution.min_score)[edges]
    held = [np.bincount(rows, minlength=many) for rows, many in zip(problem.locked.T, size, strict=True)]
    return Flow(
        openings=Openings(field.ground.book, size, enough, problem.locked),
        mentee=solution.mentee[free].astype(np.int64),
        mentor=solution.mentor[free].astype(np.int64),
        wants=problem.demand - held[0],
        takes=problem.capacity - held[1],
        extra=np.zeros((0, size[0]), dtype=bool),
    )
