"""Whether the engine meets its bars for large fields, with every pair of the field proven.

    python -m benchmarks.field                 # 5,000 a side, and 100,000 mentees with 60,000 mentors
    python -m benchmarks.field 20000 12000     # another size

Seeded, invented people. Seconds are of the clock, on all processors; each size runs in a process of its own, so that
peak memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from benchmarks.engine import machine, peak, people
from matching.engine.field import Links, build_field
from matching.engine.pricing import solve_field

BARS = {(5000, 5000): (15, 700), (100_000, 60_000): (240, 2500)}  # mentees, mentors: seconds, MB


def run(mentees: int, mentors: int) -> None:
    """Print the figures of one size, and whether they are within its bar."""
    rng = np.random.default_rng(1)
    sides = people(rng, mentees, 0, [1, 1, 1, 2], 4), people(rng, mentors, mentees, [1, 1, 2, 2], 7)
    wishes = [
        (row, mentees + int(rng.integers(mentors)), rank) for row in range(mentees) for rank in (1, 2, 3)
    ]
    entered: list[tuple[str, float]] = []

    def progress(stage: str, done: int, total: int) -> None:
        if not entered or stage != entered[-1][0]:
            entered.append((stage, time.perf_counter()))

    begin = time.perf_counter()
    field = build_field(*sides, links=Links(wishes=wishes), any_size=True)
    print(f"\n{mentees:,} mentees, {mentors:,} mentors, {field.size:,} eligible pairs", flush=True)
    found = solve_field(field, progress=progress)
    end = time.perf_counter()
    solution, proof = found.solution, found.proof
    print(f"  matched    {solution.covered:,} people, {solution.pairs:,} pairs, {solution.total:,} points")
    spent: dict[str, float] = {"reading": entered[0][1] - begin}
    for (stage, start), (_next, stop) in zip(entered, [*entered[1:], ("", end)], strict=True):
        spent[stage] = spent.get(stage, 0) + stop - start
    for stage, seconds in spent.items():
        print(f"  {stage:<10} {seconds:8.1f} s")
    print(f"  {proof.considered:,} pairs considered, {proof.rounds} rounds, {proof.passes} times every pair")
    proven = solution.certificate.ok and proof.complete
    scope = "proven on all pairs" + (", who wins among equals too" if proof.ties else "")
    print(f"  {scope if proven else 'NOT PROVEN'}")
    seconds, memory = end - begin, peak()
    most = BARS.get((mentees, mentors), (float("inf"), float("inf")))
    verdict = "pass" if proven and seconds < most[0] and memory < most[1] else "MISS"
    used = time.process_time()
    print(
        f"  {verdict}: {seconds:.1f} s of {most[0]} ({used:.0f} s of processor time), {memory} MB of {most[1]}"
    )


def main() -> None:
    """Run each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        run(int(sys.argv[2]), int(sys.argv[3]))
        return
    print(machine(), flush=True)
    given = [int(value) for value in sys.argv[1:]]
    for size in [tuple(given)] if given else BARS:
        subprocess.run([sys.executable, "-m", "benchmarks.field", "--one", *map(str, size)], check=True)


if __name__ == "__main__":
    main()
