"""Keeps programs running, each in its own process group, and leaves none behind."""

import contextlib
import ctypes
import math
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead program starts again
STEADY_SECONDS = 60  # after so long alive, the pause is short again
GRACE_SECONDS = 10  # between the request to end and the kill
CHECK_SECONDS = 5
LOG_BYTES = 10_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """One command to keep running. `keep` are file descriptors that it inherits; `late` waits for `release`."""

    name: str
    command: Sequence[str]
    keep: tuple[int, ...] = ()
    late: bool = False


@dataclass
class _Child:
    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE
    unfinished: bytes = b""
    deaths: int = 0


@dataclass
class Supervisor:
    """Programs run inside `started`, and have all ended when it is left. `watch` keeps them running until a signal,
    `stop` or a closed terminal asks for the end."""

    programs: Sequence[Program]
    logs: Path
    environment: Mapping[str, str]
    home: Path  # where the programs start
    check: Callable[[], object] = lambda: None  # called every few seconds; may raise RuntimeError
    each_turn: Callable[[], object] = lambda: None
    stopping: bool = False
    _children: list[_Child] = field(default_factory=list)
    _checked: float = 0.0

    def __post_init__(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._children = [_Child(program, self.logs / f"{program.name}.log") for program in self.programs]
        self._selector = selectors.DefaultSelector()
        self._checked = time.monotonic()
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Start what need not wait; on leaving, end everything."""
        for child in self._children:
            _make_room(child.log)
            child.start_at = math.inf if child.program.late else 0.0
        try:
            self._start_due()
            yield
        finally:
            with self._signals():
                self._stop_all()

    def release(self) -> None:
        """Let the late programs start."""
        for child in self._children:
            child.start_at = 0.0 if child.start_at == math.inf else child.start_at

    def watch(self) -> None:
        """Pass on output, restart what dies, until asked to end."""
        with self._signals():
            while not self.stopping:
                self._start_due()
                self._pump(0.2)
                self._notice_deaths()
                self._check_now_and_then()
                self.each_turn()

    def stop(self) -> None:
        self.stopping = True

    def deaths(self, name: str) -> int:
        """How often this program has ended by itself."""
        return sum(child.deaths for child in self._children if child.program.name == name)

    def say(self, text: str) -> None:
        """Print. A terminal or pipe that has gone away means that nobody is there: it asks for the end."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError:
            self.stopping = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is None and child.start_at <= now:
                child.process = subprocess.Popen(
                    child.program.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=self.home,
                    env=dict(self.environment),
                    pass_fds=child.program.keep,
                    process_group=0,
                    preexec_fn=self._die_with_us,
                )
                child.started = now
                assert child.process.stdout is not None
                os.set_blocking(child.process.stdout.fileno(), False)
                self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _die_with_us(self) -> None:
        """In the child: end when the supervisor is killed outright."""
        if self._libc is not None:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def _pump(self, seconds: float) -> None:
        """Pass on what the programs write, line by line."""
        for key, _ in self._selector.select(seconds):
            child: _Child = key.data
            data = os.read(key.fd, 65536)
            if not data:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
            *lines, child.unfinished = (child.unfinished + data).split(b"\n")
            if lines:
                with child.log.open("ab") as log:
                    log.write(b"\n".join(lines) + b"\n")
                for line in lines:
                    self.say(f"{child.program.name:>7} | {line.decode(errors='replace')}")

    def _notice_deaths(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is None or child.process.poll() is None:
                continue
            _signal_group(child.process.pid, signal.SIGKILL)  # what it has left of its own
            child.deaths += 1
            if now - child.started > STEADY_SECONDS:
                child.pause = FIRST_PAUSE
            code = child.process.returncode
            self.say(f"{child.program.name:>7} | ended (code {code}); starts again in {child.pause:g} s")
            child.process = None
            child.start_at = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
            _bury_orphans(self._children)

    def _check_now_and_then(self) -> None:
        if time.monotonic() - self._checked < CHECK_SECONDS:
            return
        try:
            self.check()
        except RuntimeError as error:
            self.say(f"services | {error}")
        self._checked = time.monotonic()

    def _stop_all(self) -> None:
        alive = [child.process for child in self._children if child.process]
        for process in alive:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end and any(process.poll() is None for process in alive):
            self._pump(0.05)
        for process in alive:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        for _ in range(3):  # last words
            self._pump(0)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        for child in self._children:
            child.process = None
        _bury_orphans(self._children)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        for number, handler in before.items():
            if handler != signal.SIG_IGN:  # nohup
                signal.signal(number, lambda _number, _frame: self.stop())
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _bury_orphans(children: Sequence[_Child]) -> None:
    """Collect dead processes that became ours when their parent died."""
    own = {child.process.pid for child in children if child.process}
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError):
            if process.pid not in own and process.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(process.pid, os.WNOHANG)


def _make_room(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
