"""Solving in a child process that can be stopped, and that a limit of memory or time stops by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from matching.engine import child
from matching.engine.packing import pack, unpack_solution
from matching.engine.problem import Problem
from matching.engine.solution import Solution

_ROOT = Path(__file__).resolve().parents[2]
_LOOK = 0.25  # seconds between two looks at the child


class Halted(RuntimeError):
    """There is no solution: `reason` is "unwanted", "memory", "time", "engine" or "crash"; the text has details."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(details or reason)
        self.reason = reason


def solve_apart(
    problem: Problem,
    *,
    objective: str = "people",
    min_score: int = 0,
    wanted: Callable[[], bool] = lambda: True,
    megabytes: int = 0,
    seconds: float = float("inf"),
) -> Solution:
    """`solve`, in a process of its own; `wanted` is asked a few times a second whether to go on.

    Raises Halted, and has then killed the process.
    """
    with tempfile.TemporaryDirectory(prefix="ithaca-solve-") as place:
        source, target = Path(place, "problem.npz"), Path(place, "solution.npz")
        source.write_bytes(pack(problem, small=False))
        words = [source, target, objective, min_score, megabytes, os.getpid()]
        _watch([sys.executable, "-m", child.__name__, *map(str, words)], wanted, seconds)
        return unpack_solution(target.read_bytes())


def _watch(command: list[str], wanted: Callable[[], bool], seconds: float) -> None:
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    end = time.monotonic() + seconds
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not _over(process):
                if not wanted():
                    raise Halted("unwanted")
                if time.monotonic() > end:
                    raise Halted("time", f"not solved within {seconds:g} s")
        finally:
            process.kill()
        said = process.stderr.read() if process.stderr else ""
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
