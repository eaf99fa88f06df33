"""A call of the engine in a process of its own, for who must be able to stop it: the flow solver has no call for that.

    python -m matching.engine.child ASKED ANSWERED MEGABYTES PARENT

Reads what `matching.engine.process` pickled, calls it, and pickles what it returns. Ends with MEMORY where the limit
(0: none) is too low and with ENGINE where the solver fails, the words on standard error. Dies with PARENT, the id of
the process that started it.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import signal
import sys
from pathlib import Path

MEMORY, ENGINE = 3, 4
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main(arguments: list[str]) -> int:
    """Answer one call; an exit code."""
    source, target, megabytes, parent = arguments
    _bind(int(parent))
    limit = int(megabytes) << 20
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # Imported here: what importing takes counts too.
    from matching.engine.network import EngineError

    try:
        with Path(source).open("rb") as file:
            function, given, options = pickle.load(file)  # noqa: S301  what our own parent wrote
        answer = function(*given, **options)
        with Path(target).open("wb") as file:
            pickle.dump(answer, file, protocol=pickle.HIGHEST_PROTOCOL)
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
