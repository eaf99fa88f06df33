"""Circles as a whole-number program: which open, and at which time (HiGHS).

Only the open circles are whole numbers. Once these are known, who sits where is a flow (`circle_flow`), whose
best answers are whole by themselves. Parts of the field that share nobody are solved one by one.

Each goal is first solved loosely, in fractions. That nobody sits in a circle that is not open is asked only of
the seats where it is broken, so that the loose answer is cheap and close. What a column would cost it then says
which columns no best answer can use: the whole-number program is solved on the few that are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded when they are first used

from matching.engine.circle_model import UNHELD, Floats, Found, Model, Option, Part
from matching.engine.circle_problem import NOBODY, Bound, Gathering
from matching.engine.network import EngineError
from matching.engine.problem import Ints64

_STEP = 0.02  # of the best fit: how far from the loose answer the first search for a whole one goes


@dataclass(frozen=True)
class Answer:
    """Circles to open, how many people of each tier they take, and what nothing can exceed."""

    opened: list[Option]
    placed: tuple[int, ...]
    bound: Bound


class Goal(NamedTuple):
    """What each seat is worth, and what an open circle costs."""

    worth: Ints64
    price: int = 0


def goals_of(problem: Gathering) -> Iterator[Goal]:
    """People, those of each tier but the last, points of fit, and seats kept where any can be."""
    mentee, one = problem.mentee, np.ones(len(problem.mentee), dtype=np.int64)
    yield Goal(one)
    for tier in np.unique(problem.tier)[:-1]:
        yield Goal((problem.tier[mentee] == tier).astype(np.int64))
    yield Goal(problem.score, problem.price)
    if problem.keep.any():
        yield Goal(problem.keep.astype(np.int64))


def best_circles(problem: Gathering, seconds: float) -> Answer:
    """The circles of the best answer, each part of the field by itself.

    `seconds` is the time that one part may take; where it runs out, what is reached and its bound differ.
    Raises ValueError for locks that cannot all stand, EngineError if nothing is found in time.
    """
    if not len(problem.free):
        return Answer([], (), Bound(0, (), 0, 0))
    goals = list(goals_of(problem))
    reached = [_solve(Model(problem, part, seconds), goals) for part in _parts(problem)]
    value = np.array([one.values for one in reached], dtype=np.int64).reshape(-1, len(goals)).sum(axis=0)
    bound = np.array([one.bounds for one in reached], dtype=np.int64).reshape(-1, len(goals)).sum(axis=0)
    tiers = len(np.unique(problem.tier))
    opened = [option for one in reached for option in one.opened]
    most = Bound(int(bound[0]), _by_tier(bound[:tiers]), int(bound[tiers]), int(bound[tiers + 1 :].sum()))
    return Answer(opened, _by_tier(value[:tiers]), most)


def _by_tier(figures: Ints64) -> tuple[int, ...]:
    """People of each tier, from all people and those of each tier but the last."""
    people, *tiers = figures.tolist()
    return (*tiers, people - sum(tiers))


def _parts(problem: Gathering) -> Iterator[Part]:
    circles, hosts = len(problem.hosts), len(problem.host_free)
    edges, paired = np.flatnonzero(problem.seats), np.flatnonzero(problem.hosts[:, 1] != NOBODY)
    host_node, mentee_node = circles, circles + hosts
    tail = (problem.circle[edges], np.arange(circles), paired, problem.locked[:, 0] + mentee_node)
    head = (
        problem.mentee[edges] + mentee_node, problem.hosts[:, 0] + host_node,
        problem.hosts[paired, 1] + host_node, problem.locked[:, 1] + host_node,
    )  # fmt: skip
    nodes = mentee_node + len(problem.free)
    start, end = np.concatenate(tail), np.concatenate(head)
    links = scipy.sparse.coo_array((np.ones(len(start)), (start, end)), shape=(nodes, nodes))
    _, label = scipy.sparse.csgraph.connected_components(links, directed=False)
    of_edge, of_lock = label[problem.circle[edges]], label[problem.locked[:, 0] + mentee_node]
    for number in np.unique(np.concatenate([of_edge, of_lock])):
        yield Part(
            np.flatnonzero(label[:circles] == number),
            edges[of_edge == number],
            problem.locked[of_lock == number],
        )


class _Reached(NamedTuple):
    opened: list[Option]
    values: list[int]  # of each goal
    bounds: list[int]


def _solve(model: Model, goals: list[Goal]) -> _Reached:
    """Goal after goal: each is held at what was reached before the next is tried.

    People are first taken to be as many as the loose program says; if points can be had with so many placed,
    nothing more is to be proven about them.
    """
    if not model.size:
        return _Reached([], [0] * len(goals), [0] * len(goals))
    gains = [model.gain(goal.worth, goal.price) for goal in goals]
    people = len(np.unique(model.problem.tier))
    values, found = _hoped(model, gains[: people + 1])
    bounds = list(values)
    if found is None:
        values, bounds = _people(model, gains[:people])
        found = _best(model, gains[people])
    if found is None:
        raise EngineError("the solver for circles lost what it had found")
    for gain in gains[people + 1 :]:
        values.append(model.hold(gains[people], found.value))
        bounds.append(found.bound)
        found = _kept(model, gain, found)
    values.append(found.value)
    bounds.append(found.bound)
    opened = np.flatnonzero(found.x[: len(model.options)] > 0.5)
    return _Reached([model.options[place] for place in opened.tolist()], values, bounds)


def _kept(model: Model, gain: Floats, found: Found) -> Found:
    """The most seats kept on the columns in which the best answers differ; unproven where the solver finds none."""
    kept = model.whole(gain, found.columns, found.x)
    return kept or found._replace(value=round(float(gain @ found.x)), bound=int(gain.sum()))


def _hoped(model: Model, gains: list[Floats]) -> tuple[list[int], Found | None]:
    """The best points with as many people as the loose program says; None where these cannot be placed."""
    values: list[int] = []
    for gain in gains[:-1]:
        loose = model.loose(gain, 0)
        if loose is None:
            raise ValueError(UNHELD)
        values.append(model.hold(gain, loose.bound))
    found = _best(model, gains[-1], hopeful=True)
    if found is None:
        model.release(len(values))
    return values, found


def _people(model: Model, gains: list[Floats]) -> tuple[list[int], list[int]]:
    """The most people, and of each tier; and their bounds. All are held."""
    values, bounds = [], []
    for gain in gains:
        whole = model.whole(gain, np.arange(model.size))
        if whole is None:
            raise ValueError(UNHELD)
        values.append(model.hold(gain, whole.value))
        bounds.append(whole.bound)
    return values, bounds


def _best(model: Model, gain: Floats, *, hopeful: bool = False) -> Found | None:
    """The best whole answer, on the columns that the loose one does not rule out.

    Wider and wider, until what is left out cannot be better. `hopeful` gives up where nothing is found near. The
    columns of the answer are those in which answers as good can differ from it.
    """
    loose = model.loose(gain)
    if loose is None:
        return None
    farthest = float(np.abs(gain).max(initial=0))
    reach = _STEP * farthest + 1
    while True:
        columns = np.flatnonzero(np.abs(loose.cost) <= reach)
        found = model.whole(gain, columns, loose.x)
        everything = len(columns) == model.size
        if found is None and (everything or (hopeful and reach > farthest)):
            return None
        if found is None:
            reach *= 4
            continue
        outside = found.value if everything else int(np.floor(loose.value - reach))
        bound = max(found.value, min(loose.bound, max(found.bound, outside)))
        reach = loose.value - found.value + 1
        if bound == found.value or model.late:
            return found._replace(bound=bound, columns=np.flatnonzero(np.abs(loose.cost) <= reach))
