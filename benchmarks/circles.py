"""How long circles take, and how close to the best they are.

    python -m benchmarks.circles             # 115, 1,000, 5,000 and 20,000 people
    python -m benchmarks.circles 1000        # other sizes

Seeded, invented people: a host for each six mentees, four to eight mentees in a circle, the 15 best hosts of
each mentee; once free at any time, once with two to five half-days each. Times are processor time. Above 5,000
people (`PROVEN` with half-days) circles are only approached; the gap is what a better answer could win at most.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from benchmarks.engine import machine, people, timed
from matching.engine.circles import Gathering, gather, gathering
from matching.engine.field import Criteria, Links, build_field

SIZES = (115, 1000, 5000, 20_000)
HOSTS = 15  # best hosts considered for each mentee
PROVEN = 1000  # people up to whom a proof is asked for here when times are short


def half_days(rng: np.random.Generator, size: int) -> list[int]:
    """Two to five of ten half-days for each person."""
    chosen = [rng.permutation(10)[: rng.integers(2, 6)] for _ in range(size)]
    return [sum(1 << int(slot) for slot in slots) for slots in chosen]


def cast(size: int, *, times: bool) -> Gathering:
    """Candidate circles for so many mentees."""
    rng = np.random.default_rng(size)
    hosts = size // 6
    mentees, mentors = people(rng, size, 0, [1], 4), people(rng, hosts, size, [8], 7)
    mentees = replace(mentees, availability=half_days(rng, size) if times else 0)
    mentors = replace(mentors, availability=half_days(rng, hosts) if times else 0)
    wishes = [(row, size + int(rng.integers(hosts)), rank) for row in range(size) for rank in (1, 2, 3)]
    return best(gathering(build_field(mentees, mentors, Criteria(), Links(wishes=wishes)), least=4, most=8))


def best(problem: Gathering) -> Gathering:
    """The `HOSTS` best seats of each mentee among those that suit a time."""
    edges = np.flatnonzero(problem.seats)
    edges = edges[np.lexsort((-problem.score[edges], problem.mentee[edges]))]
    start = np.searchsorted(problem.mentee[edges], problem.mentee[edges])
    edges = np.sort(edges[np.arange(len(edges)) - start < HOSTS])
    seats = {name: getattr(problem, name)[edges] for name in ("mentee", "circle", "score", "keep")}
    return replace(problem, **seats)


def run(size: int, *, times: bool) -> None:
    """Print the figures of one size."""
    problem = cast(size, times=times)
    exact = size <= (PROVEN if times else 5000)
    seconds, found = timed(lambda: gather(problem, exact=exact))
    proof = found.certificate
    told = "proven optimal" if proof.proven else f"at most {proof.gap:.3%} from the best"
    print(
        f"{size:>7,} {'half-days' if times else 'any time':9} {seconds:8.2f} s  {found.placed:,} placed"
        f" in {len(found.circles):,} circles, {told}{'' if proof.ok else ': ' + proof.reason}",
        flush=True,
    )


def main() -> None:
    """Every size, first at any time."""
    print(machine(), flush=True)
    for size in [int(value) for value in sys.argv[1:]] or SIZES:
        for times in (False, True):
            run(size, times=times)


if __name__ == "__main__":
    main()
