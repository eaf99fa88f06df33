"""Circles: groups of mentees around one host or two, with a time of the week that suits everyone in them.

    told = gathering(field, least=4, most=8)
    found = gather(told)
    found.circles, found.certificate.ok, why_not_placed(told, found, mentee)

Which circles open, when each meets and who sits in which is decided at once: as many people placed as can be,
then those left out before, then the best fit in total less a small price for each circle, then as few changes
as can be. Up to `EXACT` people and `COLUMNS` seats each of these is proven; beyond, good circles are found and the
certificate states how much better an answer could be at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when they are first used

from matching.engine.circle_flow import approach, best_seats
from matching.engine.circle_problem import NOBODY, Bound, Circle, Gathered, Gathering, Proof, gathered
from matching.engine.circle_program import best_circles
from matching.engine.circle_proof import Absence, certify_circles, why_not_placed
from matching.engine.field import Field
from matching.engine.network import EngineError
from matching.engine.people import Pair
from matching.engine.problem import Bools, Ints64

__all__ = [
    "EXACT", "NOBODY", "Absence", "Circle", "Gathered", "Gathering", "Proof", "certify_circles", "columns_of",
    "gather", "gathering", "search", "told_of", "why_not_placed",
]  # fmt: skip

EXACT = 5_000  # mentees for whom the optimum is proven
COLUMNS = 300_000  # likewise for candidate seats, each counted at every time that suits it
SECONDS = 60.0  # for one part of the field; a proof that takes longer is given up, and the gap stated
PARTNERS = 4  # co-hosts tried for each host
PRICE = 10  # percent of the best fit that opening one more circle must win


def gather(problem: Gathering, *, exact: bool | None = None, seconds: float = SECONDS) -> Gathered:
    """The best circles, certified. The same people in any order give the same circles.

    `exact` overrules the choice by size between a proof and an approach. Raises ValueError for locks that cannot
    stand together, EngineError if a solver fails.
    """
    taken, bound = search(problem, exact=exact, seconds=seconds)
    return told_of(problem, taken, bound)


def search(
    problem: Gathering, *, exact: bool | None = None, seconds: float = SECONDS
) -> tuple[Ints64, Bound | None]:
    """The seats of the best circles, as places among the candidates, and what was proven; see `gather`."""
    ordered, edges = _in_order(problem)
    small = len(problem.free) <= EXACT and columns_of(problem) <= COLUMNS
    if small if exact is None else exact:
        try:
            answer = best_circles(ordered, seconds)
        except EngineError:  # nothing found in time
            return search(problem, exact=False)
        return edges[best_seats(ordered, answer.opened, answer.placed)], answer.bound
    return edges[approach(ordered)], None


def told_of(problem: Gathering, taken: Ints64, bound: Bound | None) -> Gathered:
    """What `search` found as circles, certified."""
    found = gathered(problem, taken)
    return replace(found, bound=bound, certificate=certify_circles(problem, found, bound))


def columns_of(problem: Gathering) -> int:
    """Candidate seats, each counted at every time that suits it: how much there is to search."""
    return int(np.bitwise_count(problem.seats).sum())


def _in_order(problem: Gathering) -> tuple[Gathering, Ints64]:
    """The same problem with everybody in the order of their keys, and the place of each of its seats in the first."""
    mentees, hosts = (np.argsort(key, kind="stable") for key in problem.key)
    mentee_rank, host_rank = np.argsort(mentees), np.argsort(hosts)
    pairs = np.where(problem.hosts == NOBODY, NOBODY, host_rank[problem.hosts])
    pairs = np.where(pairs[:, 1:] == NOBODY, pairs, np.sort(pairs, axis=1))
    circles = np.lexsort((pairs[:, 1], pairs[:, 0]))
    mentee, circle = mentee_rank[problem.mentee], np.argsort(circles)[problem.circle]
    edges = np.lexsort((circle, mentee))
    locked = np.stack([mentee_rank[problem.locked[:, 0]], host_rank[problem.locked[:, 1]]], axis=1)
    ordered = Gathering(
        hosts=pairs[circles],
        least=problem.least[circles],
        most=problem.most[circles],
        mentee=mentee[edges],
        circle=circle[edges],
        score=problem.score[edges],
        free=problem.free[mentees],
        host_free=problem.host_free[hosts],
        locked=locked[np.lexsort(locked.T)],
        tier=problem.tier[mentees],
        keep=problem.keep[edges],
        price=problem.price,
    )
    return ordered, edges


def gathering(
    field: Field,
    *,
    least: npt.ArrayLike,
    most: npt.ArrayLike,
    hosts: npt.ArrayLike = 1,
    together: Sequence[Pair] = (),
    locks: Sequence[Pair] = (),
    keep: Sequence[Pair] = (),
    price: int | None = None,
) -> Gathering:
    """Candidate circles of a field: who may sit with which host or hosts, and how well that fits.

    `least`, `most`: mentees in a circle, for all or for each mentor; nobody has more than the places offered.
    `hosts`: 1 or 2 for a circle, likewise. `together` (person ids) are co-hosts who asked for each other; other
    circles of two are tried for each host with the `PARTNERS` others who share the most mentees. A forbidden lock
    raises ValueError naming the rules. `price`: what one more circle must win, else `PRICE` percent of the best fit.
    """
    places, locked = field.mentors.limit, _locked(field, locks)
    low, high, number = (np.broadcast_to(np.asarray(given), places.shape) for given in (least, most, hosts))
    high = np.minimum(high, places)
    eligible = _eligible(field, locked)
    pairs = _candidates(field, eligible, (low, high), number, together)
    first, second = pairs[:, 0], np.where(pairs[:, 1] == NOBODY, pairs[:, 0], pairs[:, 1])
    mentee, circle, score = _seats(eligible, first, second)
    return Gathering(
        hosts=pairs,
        least=np.maximum(low[first], low[second]),
        most=np.minimum(high[first], high[second]),
        mentee=mentee,
        circle=circle,
        score=score,
        free=field.mentees.availability,
        host_free=field.mentors.availability,
        locked=locked,
        tier=field.tier,
        keep=_kept(field, keep, mentee, pairs[circle]),
        key=(field.mentees.person, field.mentors.person),
        price=int(score.max(initial=0)) * PRICE // 100 if price is None else price,
    )


def _eligible(field: Field, locked: list[Pair]) -> scipy.sparse.csc_array:
    """Fit and one for each pair that may be, locks under the minimum fit among them; rows of mentees and mentors."""
    low = [pair for pair in locked if field.score_of(*pair) is None]
    fit = [sum(part.points for part in field.parts(*pair)) for pair in low]
    rows, columns = np.array(low, dtype=np.int64).reshape(-1, 2).T
    places = np.concatenate([field.mentee, rows]), np.concatenate([field.mentor, columns])
    values = np.concatenate([field.score, fit]).astype(np.int64) + 1
    return scipy.sparse.csc_array((values, places), shape=(len(field.mentees), len(field.mentors)))


def _candidates(
    field: Field,
    eligible: scipy.sparse.csc_array,
    sizes: tuple[Ints64, Ints64],
    number: Ints64,
    together: Sequence[Pair],
) -> Ints64:
    """Rows of the hosts of each circle that could open: of two, where a size suits both."""
    low, high = sizes
    able = high >= low
    asked = [field.mentors.rows_of(pair) for pair in together]
    asked = [np.sort(rows) for rows in asked if (rows >= 0).all() and low[rows].max() <= high[rows].min()]
    named = {int(row) for rows in asked for row in rows}
    alone = [row for row in np.flatnonzero(able & (number == 1)).tolist() if row not in named]
    paired = [row for row in np.flatnonzero(able & (number == 2)).tolist() if row not in named]
    shared = ((eligible > 0).astype(np.int64).T @ (eligible > 0).astype(np.int64)).tocsr()
    free = np.where(field.mentors.availability == 0, np.iinfo(np.uint64).max, field.mentors.availability)
    found = {(int(first), int(second)) for first, second in asked}
    for row in paired:
        others = np.array([other for other in paired if other != row], dtype=np.int64)
        others = others[(free[others] & free[row]) != 0]
        others = others[np.maximum(low[others], low[row]) <= np.minimum(high[others], high[row])]
        people = shared[[row], :].toarray()[0][others]
        best = np.lexsort((field.mentors.person[others], -people))[:PARTNERS]
        found |= {(min(row, other), max(row, other)) for other in others[best[people[best] > 0]].tolist()}
    pairs = [(row, NOBODY) for row in alone] + sorted(found)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _seats(eligible: scipy.sparse.csc_array, first: Ints64, second: Ints64) -> tuple[Ints64, Ints64, Ints64]:
    """Mentee, circle and fit of each seat: mentees who are eligible with the host, or with both."""
    mine, theirs = eligible[:, first], eligible[:, second]
    both = (mine + theirs).multiply(mine > 0).multiply(theirs > 0).tocoo()
    mentee, circle = both.coords
    return mentee.astype(np.int64), circle.astype(np.int64), (both.data.astype(np.int64) - 2) // 2


def _locked(field: Field, locks: Sequence[Pair]) -> list[Pair]:
    rows = []
    for mentee, mentor in locks:
        row, column = int(field.mentees.rows_of([mentee])[0]), int(field.mentors.rows_of([mentor])[0])
        if row < 0 or column < 0:
            raise ValueError(f"locks: {(mentee, mentor)} names somebody who is not in the field")
        if blocked := field.blocked_by(row, column):
            raise ValueError(f"locks: {(mentee, mentor)} is forbidden by {', '.join(blocked)}")
        rows.append((row, column))
    return rows


def _kept(field: Field, keep: Sequence[Pair], mentee: Ints64, hosts: Ints64) -> Bools:
    """Seats that any pair of the run before stands for."""
    pairs = np.array(list(keep), dtype=np.int64).reshape(-1, 2)
    rows, columns = field.mentees.rows_of(pairs[:, 0]), field.mentors.rows_of(pairs[:, 1])
    width = len(field.mentors)
    before = (rows * width + columns)[(rows >= 0) & (columns >= 0)]
    seats = mentee[:, None] * width + hosts
    return np.asarray((np.isin(seats, before) & (hosts != NOBODY)).any(axis=1))
