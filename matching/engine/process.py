"""Solving in a child process that can be stopped, and that a limit of memory or time stops by itself."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matching.engine import child
from matching.engine.circle_problem import Gathered, Gathering
from matching.engine.circles import SECONDS, search, told_of
from matching.engine.criteria import Criteria
from matching.engine.field import Field, build_field
from matching.engine.minimum import highest_fit
from matching.engine.people import Links, Pair, People
from matching.engine.pricing import FieldSolution, solve_field
from matching.engine.problem import Problem
from matching.engine.solution import Solution
from matching.engine.solver import solve

_ROOT = Path(__file__).resolve().parents[2]
_OWN_SHARE = 0.9  # of the time, after which a field is left as it is
_LOOK = 0.25  # seconds between two looks at the child


class Halted(RuntimeError):
    """There is no solution: `reason` is "unwanted", "memory", "time", "engine" or "crash"; the text has details."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(details or reason)
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """How long a child may go on; `wanted` is asked a few times a second whether to."""

    wanted: Callable[[], bool] = lambda: True
    megabytes: int = 0
    seconds: float = float("inf")


NONE = Limits()


def solve_apart(
    problem: Problem, *, objective: str = "people", min_score: int = 0, limits: Limits = NONE
) -> Solution:
    """`solve`, in a process of its own. Raises Halted, and has then killed the process."""
    found: Solution = _apart(limits, solve, problem, objective=objective, min_score=min_score)
    return found


def solve_field_apart(
    field: Field,
    *,
    objective: str = "people",
    locks: Sequence[Pair] = (),
    keep: Sequence[Pair] = (),
    limits: Limits = NONE,
) -> FieldSolution:
    """`solve_field`, in a process of its own. Raises Halted, and has then killed the process.

    Stops by itself a little before the time is over, and then tells the gap.
    """
    sides = field.mentees, field.mentors, field.criteria, field.links
    fixed = {"objective": objective, "locks": list(locks), "keep": list(keep)}
    time_limit = None if limits.seconds == float("inf") else limits.seconds * _OWN_SHARE
    found = _apart(limits, _solve_field, *sides, **fixed, time_limit=time_limit)
    pairs, solution, proof = found
    field = replace(field, considered=pairs)
    return FieldSolution(field, field.problem(locks=locks, keep=keep), solution, proof)


def _solve_field(mentees: People, mentors: People, criteria: Criteria, links: Links, **options: Any) -> Any:
    """What the child hands back of a solved field: nothing that its parent has already."""
    found = solve_field(build_field(mentees, mentors, criteria, links, any_size=True), **options)
    return found.field.pairs, found.solution, found.proof


def gather_apart(problem: Gathering, *, limits: Limits = NONE, each: float = SECONDS) -> Gathered:
    """`gather` with `each` seconds for a part of the field, in a process of its own; certified here.

    Raises ValueError as `gather` does, and Halted.
    """
    found = _apart(limits, _search, problem, each)
    if isinstance(found, str):
        raise ValueError(found)
    return told_of(problem, *found)


def _search(problem: Gathering, each: float) -> Any:
    """The seats and what was proven, or in words why the locked ones cannot stand."""
    try:
        return search(problem, seconds=each)
    except ValueError as error:
        return str(error)


def highest_fit_apart(field: Field, locks: Sequence[Pair], *, limits: Limits = NONE) -> int:
    """`minimum.highest_fit`, in a process of its own. Raises Halted, and has then killed the process."""
    found: int = _apart(
        limits, _highest, field.mentees, field.mentors, field.criteria, field.links, list(locks)
    )
    return found


def _highest(mentees: People, mentors: People, criteria: Criteria, links: Links, locks: list[Pair]) -> int:
    return highest_fit(build_field(mentees, mentors, criteria, links, any_size=True), locks)


def _apart(limits: Limits, function: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """Call a function of the engine in a child. The files in between are read by nobody else."""
    with tempfile.TemporaryDirectory(prefix="ithaca-solve-") as place:
        source, target = Path(place, "asked"), Path(place, "answered")
        with source.open("wb") as file:
            pickle.dump((function, given, options), file, protocol=pickle.HIGHEST_PROTOCOL)
        words = [source, target, limits.megabytes, os.getpid()]
        command = [sys.executable, "-m", child.__name__, *map(str, words)]
        _watch(command, limits.wanted, limits.seconds)
        with target.open("rb") as file:
            return pickle.load(file)  # noqa: S301  what our own child wrote, where only we can write


def _watch(command: list[str], wanted: Callable[[], bool], seconds: float) -> None:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    end = time.monotonic() + seconds
    # What the child says goes to a file: a pipe that is full would stop it.
    with (
        tempfile.TemporaryFile("w+", errors="replace") as words,
        subprocess.Popen(command, env=environment, stderr=words, text=True) as process,
    ):
        try:
            while not _over(process):
                if not wanted():
                    raise Halted("unwanted")
                if time.monotonic() > end:
                    raise Halted("time", f"not solved within {seconds:g} s")
        finally:
            process.kill()
        words.seek(0)
        said = words.read()
    if process.returncode:
        reason = {child.MEMORY: "memory", child.ENGINE: "engine"}.get(process.returncode, "crash")
        if reason == "crash" and "bad_alloc" in said:
            reason = "memory"
        raise Halted(reason, f"exit code {process.returncode}: {said.strip()[-500:]}")


def _over(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return False
    return True
