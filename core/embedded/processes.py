"""What runs in a data directory, whoever started it: a pid file outlives a crash, a process's directory does not."""

import ctypes
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36


def processes_in(directory: Path, *, name: str) -> list[psutil.Process]:
    """The processes of this name whose working directory is `directory`: services move into their data."""
    home = str(directory.resolve())
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == name and process.cwd() == home:
                found.append(process)
        except psutil.Error:
            continue
    return found


def adopt_orphans() -> None:
    """Become the parent of the services that we start, which detach themselves, so that we can bury them.

    In a container, process 1 often does not.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for_end(processes, seconds=5)


def wait_for_end(processes: list[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Wait until these have ended, and collect those that are ours; gives the ones still alive."""
    alive = list(processes)

    def all_ended() -> bool:
        alive[:] = [process for process in alive if not _ended(process)]
        return not alive

    wait_until(all_ended, seconds=seconds)
    return alive


def _ended(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            return False
        with suppress(psutil.TimeoutExpired):  # someone else's to collect
            process.wait(timeout=0)
    return True


def wait_until(true: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until the answer is yes or the time is over; gives the last answer."""
    end = time.monotonic() + seconds
    pause = 0.005
    while not (answer := true()) and time.monotonic() < end:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return answer
