"""What `manage.py up` and `manage.py demo` share: services, migrations, web server, worker and beat."""

import contextlib
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import psutil
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from core import embedded
from core.embedded.services import ensure
from core.embedded.supervisor import STOP_SIGNALS, Program, Supervisor

READY_SECONDS = 90
AS_ROOT = "ignore:You're running the worker with superuser"  # what root runs here, root has chosen to


class Stopped(BaseException):
    """A signal asked for the end before everything was up."""


class ServeCommand(BaseCommand):
    """Runs until Ctrl-C. `name` is the command's; the facts for programs go to `<name>.json` in the data directory."""

    name: ClassVar[str]
    requires_system_checks = []

    def prepare(self) -> None:
        """Fill the migrated database."""

    def more_programs(self) -> list[Program]:
        return []

    def more_environment(self) -> dict[str, str]:
        return {}

    def facts(self, url: str) -> dict[str, Any]:
        return {"url": url}

    def welcome(self) -> list[str]:
        """Lines below "Ready"."""
        return []

    def handle(self, *args: Any, **options: Any) -> None:
        var = embedded.var_dir()
        own_services = not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
        asked = threading.Event()
        try:
            with _stop_on_signal(asked), _alone(var) as lock, _listening() as door:
                url = _url(door)
                lock.write(f"at {url} (process {os.getpid()})")
                lock.flush()
                supervisor = self._supervisor(var, door, url, own_services=own_services)
                with (
                    embedded.running(var) if own_services else contextlib.nullcontext(),
                    supervisor.started(),
                ):
                    # The web server loads meanwhile, on the other core.
                    gc.disable()  # classes and rows come by the ten thousand: looking for rings among them takes long
                    call_command("migrate", interactive=False, verbosity=0)
                    self.prepare()
                    gc.enable()
                    self._watch(supervisor, var, url)
        except Stopped:
            pass
        except embedded.ServiceError as error:
            if not asked.is_set():
                raise CommandError(str(error)) from error
        except Exception:
            # The signal may have broken what was under way: whoever asked for the end need not hear of that.
            if not asked.is_set():
                raise

    def _supervisor(self, var: Path, door: socket.socket, url: str, *, own_services: bool) -> Supervisor:
        return Supervisor(
            programs=[*_programs(door), *self.more_programs()],
            logs=var / "log",
            environment={
                **os.environ,
                "BASE_URL": os.environ.get("BASE_URL", url),
                "PYTHONUNBUFFERED": "1",
                **self.more_environment(),
            },
            home=settings.BASE_DIR,
            check=(lambda: ensure(var)) if own_services else (lambda: None),
        )

    def _watch(self, supervisor: Supervisor, var: Path, url: str) -> None:
        connections.close_all()
        ready = threading.Event()
        facts = var / f"{self.name}.json"
        failure: list[str] = []
        begun = time.monotonic()

        def greet_once() -> None:
            if ready.is_set():
                supervisor.each_turn = lambda: None
                supervisor.release()
                _write(facts, self.facts(url))
                supervisor.say(
                    "\n".join([f"Ready: {url} after {_age():.1f} s", *self.welcome(), "Ctrl-C stops it."])
                )
            elif supervisor.deaths("web") or time.monotonic() - begun > READY_SECONDS:
                failure.append(
                    f"The web server does not start. Its last words are above and in {var}/log/web.log"
                )
                supervisor.stop()

        supervisor.each_turn = greet_once
        threading.Thread(target=_await_ready, args=(url, ready), daemon=True).start()
        try:
            supervisor.watch()
        finally:
            ready.set()  # ends the thread
            facts.unlink(missing_ok=True)
        if failure:
            raise CommandError(failure[0])


def _programs(door: socket.socket) -> list[Program]:
    """The entry points are the ones that any other way of running Ithaca uses."""
    number = door.fileno()
    web = ["gunicorn", "config.wsgi", "--bind", f"fd://{number}", "--worker-class", "gthread", "--preload"]
    web += ["--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--no-control-socket"]
    worker = [
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "--concurrency",
        "2",
        "--without-gossip",
        "--without-mingle",
    ]
    beat = ["celery", "--quiet", "-A", "config", "beat", "--pidfile="]
    return [
        Program("web", [sys.executable, "-m", *web, "--log-level", "warning"], keep=(number,)),
        Program("worker", [sys.executable, "-W", AS_ROOT, "-m", *worker, "--loglevel", "warning"], late=True),
        Program("beat", [sys.executable, "-m", *beat, "--loglevel", "warning"], late=True),
    ]


@contextlib.contextmanager
def _alone(var: Path) -> Iterator[Any]:
    """One installation per data directory. Raises CommandError naming the one that runs."""
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    with (var / "serving.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(f"Ithaca already runs from {var} {lock.read()}. Stop it first.") from None
        lock.truncate(0)
        yield lock


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    """Take the port now: a busy one shows at once, and stays ours while the web server restarts."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.create_server(address[:2], family=family, backlog=512) as door:
            yield door
    except (ValueError, OverflowError) as error:
        raise CommandError(f"PORT must be a number from 0 to 65535, not {port!r}.") from error
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {reason}. Choose another: PORT=8001"
        ) from error


def _url(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 (the person chose it)
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _await_ready(url: str, ready: threading.Event) -> None:
    end = time.monotonic() + READY_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    pause = 0.1
    while time.monotonic() < end and not ready.is_set():
        try:
            with opener.open(f"{url}/readyz", timeout=20):
                ready.set()
        except OSError:  # not yet, or an error
            time.sleep(pause)
            pause = min(pause * 1.5, 2)


def _write(path: Path, facts: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _age() -> float:
    """Seconds since this process began."""
    return float(time.time() - psutil.Process().create_time())


@contextlib.contextmanager
def _stop_on_signal(asked: threading.Event) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        raise Stopped

    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
