"""What runs in a data directory, whoever started it: a pid file outlives a crash, a process's directory does not."""

import ctypes
import sys
import time
from collections.abc import Callable
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
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=5)


def wait_until(true: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until the answer is yes or the time is over; gives the last answer."""
    end = time.monotonic() + seconds
    pause = 0.005
    while not (answer := true()) and time.monotonic() < end:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return answer
