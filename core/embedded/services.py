"""Both services as one: who needs them holds them, and the last one out stops them.

Holders share a lock on a file. The system drops the lock of a process that dies, so a crashed holder never counts.
"""

import fcntl
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from core.embedded import postgres, valkey
from core.embedded.account import ServiceError
from core.embedded.places import Addresses, Places, addresses
from core.embedded.processes import adopt_orphans

Handler = Callable[[int, FrameType | None], object]

__all__ = ["ServiceError", "ensure", "healthy", "running", "stop"]


@contextmanager
def running(var: Path, *, durable: bool = True) -> Iterator[Addresses]:
    """Hold the services of this data directory, starting them if they are down.

    `durable=False` trades safety against a power cut for speed; it counts only for whoever starts them.
    Raises ServiceError if they cannot start.
    """
    places = Places(var)
    with _clean_end(), _holding(places):
        ensure(var, durable=durable)
        yield addresses(var)


def healthy(var: Path) -> bool:
    """Whether both services answer."""
    places = Places(var)
    return valkey.ready(places) and postgres.ready(places)


def ensure(var: Path, *, durable: bool = True) -> None:
    """Start what is down. Only for a process that holds the services. Raises ServiceError."""
    places = Places(var)
    adopt_orphans()
    with _locked(places, "services"), _uninterrupted():
        broker_down = not valkey.ready(places)
        if broker_down:
            valkey.launch(places, durable=durable)
        if not postgres.ready(places):
            postgres.start(places, durable=durable)
        if broker_down:
            valkey.await_ready(places)


def stop(var: Path) -> bool:
    """Stop services that nobody holds; False if somebody does."""
    places = Places(var)
    with _locked(places, "services"), _uninterrupted():
        holders = _open_lock(places, "holders")
        try:
            fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            valkey.stop(places)
            postgres.stop(places)
            return True
        finally:
            os.close(holders)


@contextmanager
def _holding(places: Places) -> Iterator[None]:
    holders = _open_lock(places, "holders")
    try:
        with _locked(places, "services"):  # not while the last one out is stopping them
            fcntl.flock(holders, fcntl.LOCK_SH)
        yield
    finally:
        os.close(holders)
        stop(places.var)


@contextmanager
def _locked(places: Places, name: str) -> Iterator[None]:
    lock = _open_lock(places, name)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_lock(places: Places, name: str) -> int:
    # Others may pass through the data directory (the account of the services does), not list it.
    places.var.mkdir(mode=0o711, parents=True, exist_ok=True)
    (places.var / "run").mkdir(mode=0o711, exist_ok=True)
    places.sockets.mkdir(mode=0o711, exist_ok=True)
    found = places.sockets.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise ServiceError(
            f"{places.sockets} belongs to someone else. Set TMPDIR to a directory of your own."
        )
    return os.open(places.var / "run" / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _clean_end() -> Iterator[None]:
    """Let a polite kill unwind the stack, so that the services are given back."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    with _handling(leave, lambda handler: handler == signal.SIG_DFL):
        yield


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep signals until the end of the block: a half-started service is worse than a second's wait."""
    waiting: list[int] = []
    with _handling(lambda number, _frame: waiting.append(number), lambda handler: handler != signal.SIG_IGN):
        yield
    for number in waiting:
        signal.raise_signal(number)


@contextmanager
def _handling(handler: Handler, wanted: Callable[[object], bool]) -> Iterator[None]:
    """Put `handler` in place of every handler that is `wanted`; only the main thread can."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if wanted(signal.getsignal(number)):
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
