"""The solver in a process of its own: the same answer, and an end whenever it is wanted, by force or by accident."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching.engine import Problem, process, solve
from matching.engine.process import Halted, Limits, solve_apart
from tests.matching.engine.oracles import random_problem
from tests.matching.engine.test_packing import equal


def heavy() -> Problem:
    """A problem that takes seconds to solve."""
    rng = np.random.default_rng(1)
    mentees, mentors, each = 40_000, 24_000, 50
    mentor = (
        rng.integers(mentors, size=(mentees, 1))
        + np.arange(each) * 16
        + rng.integers(16, size=(mentees, each))
    )
    return Problem(
        demand=np.ones(mentees, dtype=int), capacity=np.ones(mentors, dtype=int),
        mentee=np.repeat(np.arange(mentees), each), mentor=(mentor % mentors).ravel(),
        score=rng.integers(0, 5000, mentees * each),
    )  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The child processes of the test."""
    found: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def watched(*args: Any, **kwargs: Any) -> Any:
        found.append(real(*args, **kwargs))
        return found[-1]

    monkeypatch.setattr(process.subprocess, "Popen", watched)
    return found


def test_the_answer_is_that_of_solve() -> None:
    problem = random_problem(5, 30, 20)
    for objective in ("people", "score"):
        apart = solve_apart(
            problem, objective=objective, min_score=2, limits=Limits(megabytes=4000, seconds=120)
        )
        assert equal(apart, solve(problem, objective=objective, min_score=2))


def test_what_is_no_longer_wanted_is_ended_at_once(started: list[subprocess.Popen[str]]) -> None:
    answers = [True] * 5 + [False]

    def wanted() -> bool:
        return answers.pop(0)  # asked again after the last one, it would fail

    with pytest.raises(Halted) as halted:
        solve_apart(heavy(), limits=Limits(wanted))
    assert (halted.value.reason, answers) == ("unwanted", [])
    assert started[0].returncode == -signal.SIGKILL


def test_time_is_limited(started: list[subprocess.Popen[str]]) -> None:
    with pytest.raises(Halted) as halted:
        solve_apart(heavy(), limits=Limits(seconds=1))
    assert (halted.value.reason, started[0].returncode) == ("time", -signal.SIGKILL)


def test_memory_is_limited() -> None:
    with pytest.raises(Halted) as halted:
        solve_apart(heavy(), limits=Limits(megabytes=250))
    assert halted.value.reason == "memory"


def test_a_child_that_is_killed_is_a_crash_and_nothing_more(started: list[subprocess.Popen[str]]) -> None:
    def wanted() -> bool:
        started[0].send_signal(signal.SIGKILL)
        return True

    with pytest.raises(Halted) as halted:
        solve_apart(heavy(), limits=Limits(wanted))
    assert (halted.value.reason, "-9" in str(halted.value)) == ("crash", True)


def test_a_solver_that_fails_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from matching.engine import EngineError, solver\n"
        "def fail(*_): raise EngineError('BAD_COST_RANGE')\n"
        "solver.cheapest = fail\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(Halted, match="BAD_COST_RANGE") as halted:
        solve_apart(random_problem(5, 30, 20))
    assert halted.value.reason == "engine"


def test_a_child_may_say_more_than_a_pipe_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.stderr.write('x' * 1_000_000 + 'é')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problem = random_problem(5, 30, 20)
    assert equal(solve_apart(problem, limits=Limits(seconds=60)), solve(problem))


PARENT = """
import sys
from tests.matching.engine.test_process import heavy
from matching.engine import process
real = process._watch
def watch(command, wanted, seconds):
    def told():
        print("at work", flush=True)
        return wanted()
    real(command, told, seconds)
process._watch = watch
process.solve_apart(heavy())
"""


def test_a_killed_parent_leaves_no_child_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        assert len(children) == 1
        parent.kill()
    end = time.monotonic() + 30  # on a busy machine it has yet to start before it can see that nobody waits
    while not (gone := _gone(int(children[0]))) and time.monotonic() < end:
        time.sleep(0.05)
    assert gone


def _gone(pid: int) -> bool:
    """Dead, though perhaps waiting for whoever adopted it to take note."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
