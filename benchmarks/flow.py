"""Whether `solve` keeps its bars beside the bare flow solver, on 50 candidates for each mentee.

    python -m benchmarks.flow              # 1,000, 20,000 and 100,000 mentees
    python -m benchmarks.flow 20000        # other sizes

Three mentors for five mentees, who want one to three mentors; seeded, invented scores. The bare solver
gets the same arcs and the same costs as `solve` tries first; its time is that of handing over and solving.
Each measurement has a process of its own: processor time (at 1,000 the median of nine), and peak memory of
that process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

import numpy as np
import scipy

from benchmarks.engine import machine, peak
from matching.engine import Problem, solve
from matching.engine.network import Network, cheapest, costs, network
from matching.engine.solution import usable
from matching.engine.solver import first_weights

SIZES, EACH = (1_000, 20_000, 100_000), 50
TIME, MEMORY, SMALL = 1.5, 1.4, 0.060  # times the bare flow, times its memory, seconds at 1,000


def problem(size: int) -> Problem:
    """The best of four times as many mentors drawn for each mentee, some of whom are good for everybody."""
    rng = np.random.default_rng(size)
    mentors, width = size * 3 // 5, EACH * 4
    quality = rng.integers(0, 2500, mentors)
    columns: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for _ in range(0, size, 1000):
        drawn = rng.integers(mentors, size=(1000, 1)) + np.arange(width) * (mentors // width)
        drawn = np.sort((drawn + rng.integers(mentors // width, size=drawn.shape)) % mentors, axis=1)
        score = quality[drawn] + rng.integers(0, 9000, drawn.shape)
        best = np.sort(np.argpartition(-score, EACH, axis=1)[:, :EACH], axis=1)
        columns[0].append(np.take_along_axis(drawn, best, 1).astype(np.int32).ravel())
        columns[1].append(np.take_along_axis(score, best, 1).astype(np.int32).ravel())
    mentor, score = (np.concatenate(column) for column in columns)
    return Problem(
        demand=rng.choice([1, 1, 1, 2, 3], size), capacity=rng.choice([1, 1, 2, 3], mentors),
        mentee=np.repeat(np.arange(size, dtype=np.int32), EACH), mentor=mentor, score=score,
    )  # fmt: skip


def run(what: str, size: int) -> None:
    """Print seconds, megabytes, and what came of it."""
    given = problem(size)
    net = network(given, usable(given, 0)) if what == "bare" else None
    taken = []
    for _ in range(9 if size <= 1000 else 1):
        seconds, done = once(given, net)
        taken.append(seconds)
    print(median(taken), peak(), done)


def once(given: Problem, net: Network | None) -> tuple[float, str]:
    """Seconds and outcome of the bare flow on the network, or of all of `solve` if there is none."""
    if net is None:
        assert scipy.sparse.csgraph  # loaded before the clock runs, as the flow solver is
        fields = given.demand, given.capacity, given.mentee, given.mentor, given.score
        begin = time.process_time()
        told = solve(Problem(*fields)).certificate
        return time.process_time() - begin, f"{told.ok} {told.covered} {told.pairs}"
    cost = costs(given, net, first_weights(given))
    begin = time.process_time()
    flow = cheapest(net.tail, net.head, net.room, cost, net.supply)
    seconds = time.process_time() - begin
    return seconds, f"flow {int(flow[net.first].sum())} {int(flow[net.pairs].sum())}"


def measured(what: str, size: int) -> tuple[float, int, str]:
    command = [sys.executable, "-m", "benchmarks.flow", "--one", what, str(size)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]), int(told[1]), " ".join(told[2:])


def main() -> None:
    """Measure each size and say whether the bars are kept."""
    if sys.argv[1:2] == ["--one"]:
        run(sys.argv[2], int(sys.argv[3]))
        return
    print(machine(), flush=True)
    for size in [int(value) for value in sys.argv[1:]] or SIZES:
        (whole, megabytes, told), (bare, least, _) = (measured(what, size) for what in ("solve", "bare"))
        kept = told.startswith("True") and (
            whole < SMALL if size <= 1000 else whole <= TIME * bare and megabytes <= MEMORY * least
        )
        print(
            f"{size:>9,} mentees  solve {whole:7.3f} s {megabytes:5} MB  bare {bare:7.3f} s {least:5} MB  "
            f"{whole / bare:.2f} times the time, {megabytes / least:.2f} the memory  {'pass' if kept else 'MISS'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
