"""`solve` in a process of its own, for whoever must be able to stop it: the flow solver has no call for that.

    python -m matching.engine.child PROBLEM SOLUTION OBJECTIVE MIN_SCORE MEGABYTES PARENT

Reads a packed problem, writes the packed solution. Ends with MEMORY where the limit (0: none) is too low and with
ENGINE where the solver fails, the words on standard error. Dies with PARENT, the id of the process that started it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

MEMORY, ENGINE = 3, 4
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main(arguments: list[str]) -> int:
    """Solve one problem; an exit code."""
    source, target, objective, lowest, megabytes, parent = arguments
    _bind(int(parent))
    limit = int(megabytes) << 20
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # Imported here: what importing takes counts too.
    from matching.engine.network import EngineError
    from matching.engine.packing import pack, unpack_problem
    from matching.engine.solver import solve

    try:
        problem = unpack_problem(Path(source).read_bytes())
        solution = solve(problem, objective=objective, min_score=int(lowest))
        Path(target).write_bytes(pack(solution))
    except MemoryError:
        return MEMORY
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return ENGINE
    return 0


def _bind(parent: int) -> None:
    """A killed parent leaves no solver behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it died before
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
