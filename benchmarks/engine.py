"""How long the matching engine takes, beside the bare flow solver on the same arcs.

    python -m benchmarks.engine            # 115 and 5,000 people
    python -m benchmarks.engine 1000       # other sizes

Seeded, invented people. Times are processor time, so that a busy machine tells the same. Each size runs
in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from matching.engine import Problem, Solution, certify, solve, why_not, why_unmatched
from matching.engine.field import Criteria, Field, Links, People, build_field
from matching.engine.network import cheapest, costs, network
from matching.engine.solution import usable, weights

SIZES = (115, 5000)
STRANDS, LANGUAGES, UNITS, SKILLS, GOALS = 3, 4, 20, 60, 25


def people(rng: np.random.Generator, size: int, first: int, limits: list[int], level: int) -> People:
    """Invented people of one side."""

    def lists(vocabulary: int, most: int) -> list[list[int]]:
        return [rng.permutation(vocabulary)[: rng.integers(1, most + 1)].tolist() for _ in range(size)]

    return People(
        person=np.arange(first, first + size),
        limit=rng.choice(limits, size),
        strand=rng.integers(0, STRANDS, size),
        languages=1 | (1 << rng.integers(0, LANGUAGES, size)) * (rng.random(size) < 0.8),
        level=np.clip(rng.normal(level, 2, size).astype(int), 1, 12),
        unit=rng.integers(0, UNITS, size),
        location=rng.integers(0, 8, size),
        utc_offset=rng.choice([-300, 0, 60, 120], size),
        supervisor=rng.integers(0, 3 * size, size),
        skills=[[(skill, int(rng.integers(0, 4))) for skill in row] for row in lists(SKILLS, 8)],
        goals=lists(GOALS, 4),
        media=rng.integers(0, 8, size),
        availability=rng.integers(0, 1 << 20, size),
        tier=(rng.random(size) > 0.1).astype(int),
        group=rng.integers(0, UNITS, size),
    )


def cast(size: int) -> tuple[People, People, Links]:
    """A field of so many mentees and two mentors for three of them; places are short by a little."""
    rng = np.random.default_rng(size)
    mentors = size * 2 // 3
    mentees = people(rng, size, 0, [1, 1, 1, 2], 4)
    wishes = [(row, size + int(rng.integers(mentors)), rank) for row in range(size) for rank in (1, 2, 3)]
    return mentees, people(rng, mentors, size, [1, 1, 2, 2], 7), Links(wishes=wishes)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def bare(problem: Problem) -> Callable[[], object]:
    """The flow solver alone: arcs and costs are ready, only handing over and solving is left."""
    net, weight = network(problem, usable(problem, 0)), weights(problem, "people")
    cost = costs(problem, net, weight)
    return lambda: cheapest(net.tail, net.head, net.room, cost, net.supply)


def run(size: int) -> None:
    """Print the figures of one size."""
    mentees, mentors, links = cast(size)
    field_time, field = timed(lambda: build_field(mentees, mentors, Criteria(), links))
    problem = field.problem()
    before = peak()
    solve_time, solution = timed(lambda: solve(problem))
    with_solve = peak()
    bare_time, _ = timed(bare(problem))
    proof_time, proof = timed(lambda: certify(problem, solution))
    best_time, best = timed(lambda: solve(problem, min_score="best"))
    print(f"\n{size:,} mentees, {len(mentors):,} mentors, {len(field.score):,} candidate pairs")
    print(
        f"  result    {solution.covered} covered, {solution.pairs} pairs, certified: {proof.ok and best.certificate.ok}"
    )
    for name, seconds, remark in (
        ("field", field_time, "scores, hard rules, what each rule removed"),
        ("solve", solve_time, f"with certificate; {solve_time / bare_time:.2f} times the bare flow"),
        ("bare flow", bare_time, "OR-Tools alone on the same arcs: people, pairs, tiers and score"),
        ("certify", proof_time, "again, by itself"),
        ("best min", best_time, f"solve with the highest minimum score, {best.min_score}"),
    ):
        print(f"  {name:9} {seconds:8.3f} s  {remark}")
    floored = build_field(mentees, mentors, Criteria(floor=0.6), links).problem(keep=kept(field, solution))
    print(f"  {'re-run':9} {timed(lambda: solve(floored))[0]:8.3f} s  with floors of 60 % and pairs to keep")
    questions(problem, solution)
    print(f"  memory    {before} MB after the field, {with_solve} MB after solve (peak of the process)")


def kept(field: Field, solution: Solution) -> list[tuple[int, int]]:
    persons = field.mentees.person[solution.mentee], field.mentors.person[solution.mentor]
    return list(zip(*(side.tolist() for side in persons), strict=True))


def questions(problem: Problem, solution: Solution) -> None:
    """Time the explanations."""

    def ask(edge: int) -> object:
        return why_not(problem, solution, int(problem.mentee[edge]), int(problem.mentor[edge]))

    edges = np.random.default_rng(1).choice(len(problem.score), 21, replace=False).tolist()
    first = timed(lambda: ask(edges[0]))[0]
    rest = timed(lambda: [ask(edge) for edge in edges[1:]])[0] / (len(edges) - 1)
    print(f"  why not   {rest:8.3f} s  a question (mean of 20; the first prepares: {first:.3f} s)")
    if len(left := np.setdiff1d(np.arange(len(problem.demand)), solution.mentee)):
        seconds, told = timed(lambda: why_unmatched(problem, solution, int(left[0])))
        found = f"{told.reason}, {len(told.mentees)} compete for {told.places} places"
        print(f"  unmatched {seconds:8.3f} s  {found}")


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def machine() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "ortools"))
    processor = names[0] if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"


def main() -> None:
    """Run each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        run(int(sys.argv[2]))
        return
    print(machine(), flush=True)
    for size in [int(value) for value in sys.argv[1:]] or SIZES:
        subprocess.run([sys.executable, "-m", "benchmarks.engine", "--one", str(size)], check=True)


if __name__ == "__main__":
    main()
