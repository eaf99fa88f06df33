"""The supervisor: what dies starts again, and nothing outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.embedded.processes import processes_in, wait_until
from core.embedded.services import healthy, stop

ROOT = Path(__file__).resolve().parents[2]
DRIVER = """
import os, signal, sys
for number in (1, 2, 15):
    signal.signal(number, signal.SIG_DFL)  # a test run in the background hands on an ignored Ctrl-C
from pathlib import Path
from core.embedded import supervisor
from core.embedded.supervisor import Program, Supervisor
supervisor.GRACE_SECONDS = 1
logs = Path(sys.argv[1])
programs = [Program(name, [sys.executable, "-uc", code]) for name, code in zip(sys.argv[2::2], sys.argv[3::2])]
it = Supervisor(programs, logs=logs, environment=dict(os.environ), home=logs.parent)
with it.started():
    it.watch()
"""
SLEEP = "import time; print('awake'); time.sleep(600)"
STUBBORN = f"import signal; [signal.signal(number, signal.SIG_IGN) for number in (1, 2, 15)]; {SLEEP}"
WITH_CHILD = "import subprocess; child = subprocess.Popen(['sleep', '600']); print('awake'); child.wait()"

BUSY = "Address already in use. Choose another: PORT=8001"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def mark() -> str:
    """In the environment of everything that a test starts, so that leftovers can be found."""
    return f"{os.getpid()}-{time.monotonic_ns()}"


@pytest.fixture
def start(tmp_path: Path, mark: str) -> Iterator[Start]:
    """Run a supervisor over programs given as name=code."""
    started: list[subprocess.Popen[str]] = []

    def run(**programs: str) -> subprocess.Popen[str]:
        words = [word for pair in programs.items() for word in pair]
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(tmp_path / "log"), *words],
            cwd=ROOT,
            env=os.environ | {"TEST_MARK": mark, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    for left in marked("TEST_MARK", mark):
        left.kill()


def marked(name: str, value: str) -> list[psutil.Process]:
    """Living processes that carry this in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(name) == value:
                found.append(process)
        except psutil.Error:
            continue
    return found


def carried(mark: str, count: int) -> bool:
    """Whether so many processes come to carry the mark: what has just been started shows none until its first step."""
    return wait_until(lambda: len(marked("TEST_MARK", mark)) == count, seconds=30)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


class TestEnding:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_ends_everything(self, start: Start, mark: str, number: signal.Signals) -> None:
        process = start(one=SLEEP, two=SLEEP)
        assert sorted([line(process), line(process)]) == ["    one | awake\n", "    two | awake\n"]
        process.send_signal(number)
        assert process.wait(60) == 0
        assert marked("TEST_MARK", mark) == []

    def test_a_program_that_ignores_the_request_is_killed(self, start: Start, mark: str) -> None:
        process = start(one=STUBBORN)
        line(process)
        process.terminate()
        assert process.wait(60) == 0
        assert marked("TEST_MARK", mark) == []

    def test_what_a_program_started_ends_too(self, start: Start, mark: str) -> None:
        process = start(one=WITH_CHILD)
        line(process)
        assert carried(mark, 3)
        process.terminate()
        process.wait(60)
        assert marked("TEST_MARK", mark) == []

    def test_a_closed_pipe_ends_everything(self, start: Start, mark: str) -> None:
        process = start(one="import time\nwhile True: print('again'); time.sleep(0.05)")
        line(process)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 0
        assert marked("TEST_MARK", mark) == []

    @pytest.mark.skipif(sys.platform != "linux", reason="the system tells children of a death on Linux alone")
    def test_killed_outright_its_programs_end(self, start: Start, mark: str) -> None:
        process = start(one=SLEEP, two=SLEEP)
        line(process), line(process)
        process.kill()
        assert wait_until(lambda: marked("TEST_MARK", mark) == [], seconds=30)

    def test_a_signal_at_the_very_start(self, start: Start, mark: str) -> None:
        process = start(one=SLEEP)
        wait_until(lambda: len(marked("TEST_MARK", mark)) > 1, seconds=30)
        process.terminate()
        process.wait(60)
        assert wait_until(lambda: marked("TEST_MARK", mark) == [], seconds=30)


class TestKeepingAlive:
    def test_a_dead_program_starts_again_after_a_growing_pause(self, start: Start) -> None:
        process = start(one="import sys; print('here'); sys.exit(3)")
        seen = [line(process) for _ in range(5)]
        assert seen == [
            "    one | here\n",
            "    one | ended (code 3); starts again in 0.5 s\n",
            "    one | here\n",
            "    one | ended (code 3); starts again in 1 s\n",
            "    one | here\n",
        ]

    def test_a_killed_program_leaves_no_child_of_its_own(self, start: Start, mark: str) -> None:
        process = start(one=WITH_CHILD)
        line(process)
        leader = next(p for p in marked("TEST_MARK", mark) if p.ppid() == process.pid)
        leader.kill()
        assert line(process) == "    one | ended (code -9); starts again in 0.5 s\n"
        assert line(process) == "    one | awake\n"
        assert carried(mark, 3)

    def test_the_others_go_on(self, start: Start) -> None:
        process = start(
            bad="raise SystemExit(1)", good="import time; time.sleep(1.2); print('steady'); time.sleep(60)"
        )
        assert "   good | steady\n" in [line(process) for _ in range(4)]


class TestOutput:
    def test_goes_to_a_log_as_well(self, start: Start, tmp_path: Path) -> None:
        process = start(one="print('first'); print('é'); import time; time.sleep(60)")
        assert [line(process), line(process)] == ["    one | first\n", "    one | é\n"]
        assert (tmp_path / "log" / "one.log").read_text() == "first\né\n"

    def test_a_flood_does_not_stop_it(self, start: Start, mark: str) -> None:
        process = start(
            one="print('x' * 100 + '\\n', end='' ) \nfor _ in range(20000): print('x' * 100)\nprint('end')"
        )
        assert process.stdout is not None
        assert any(text == "    one | end\n" for text in process.stdout)


class Serving:
    """`manage.py up` in a data directory of its own."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.var = var
        gone = ("DATABASE_URL", "REDIS_URL", "BASE_URL", "DJANGO_SETTINGS_MODULE")
        own = {name: value for name, value in os.environ.items() if name not in gone}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=own | {"ITHACA_VAR": str(var), "PORT": "0", "LOG_LEVEL": "ERROR"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, start: str) -> str:
        """Read output up to a line that starts so."""
        assert self.process.stdout is not None
        seen = []
        for text in self.process.stdout:
            seen.append(text)
            if text.startswith(start):
                return text
        raise AssertionError("".join(seen))

    def left(self) -> list[psutil.Process]:
        return [
            *marked("ITHACA_VAR", str(self.var)),
            *processes_in(self.var / "postgres", name="postgres"),
            *processes_in(self.var / "valkey", name="valkey-server"),
        ]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    made: list[Serving] = []

    def run(var: str = "var", **environment: str) -> Serving:
        made.append(Serving(tmp_path / var, **environment))
        return made[-1]

    yield run
    for each in made:
        each.process.terminate()
        each.process.wait(20)
        assert each.process.stdout is not None
        each.process.stdout.close()
        for left in marked("ITHACA_VAR", str(each.var)):
            left.kill()
        stop(each.var)


@pytest.mark.slow
class TestUp:
    def test_a_day_of_it(self, serving: Callable[..., Serving]) -> None:
        """Ready, known to programs, refusing a second one, restarting, and gone without a trace."""
        up = serving()
        ready = up.until("Ready: ")
        facts: dict[str, Any] = json.loads((up.var / "up.json").read_text())
        url, port = facts["url"], facts["url"].rpartition(":")[2]
        assert ready.startswith(f"Ready: {url} after ")
        assert facts == {"url": url}
        up.until("There is no account yet.")
        assert answers(url)

        for refused, words in (
            (
                serving(),
                f"Ithaca already runs from {up.var} at {url} (process {up.process.pid}). Stop it first.",
            ),
            (serving(var="other", PORT=port), f"Cannot listen on 127.0.0.1, port {port}: {BUSY}"),
        ):
            said, _ = refused.process.communicate(timeout=60)
            assert (refused.process.returncode, said) == (1, f"CommandError: {words}\n")

        names = {"web": "gunicorn", "worker": "worker", "beat": "beat"}
        wait_until(lambda: all(leader(up, word) for word in names.values()), seconds=30)
        assert all(leader(up, word) for word in names.values())
        before = leader(up, "gunicorn")
        assert before is not None
        before.kill()
        up.until("    web | ended (code -9)")
        assert wait_until(lambda: answers(url), seconds=30)

        for process in processes_in(up.var / "postgres", name="postgres"):
            process.kill()
        assert wait_until(lambda: healthy(up.var), seconds=30)
        assert wait_until(lambda: answers(url), seconds=30)

        up.process.terminate()
        assert up.process.wait(60) == 0
        assert up.left() == []
        assert not (up.var / "up.json").exists()

    @pytest.mark.parametrize("seconds", [0.4, 1.5, 3.0])
    def test_a_signal_while_it_starts(self, serving: Callable[..., Serving], seconds: float) -> None:
        up = serving()
        time.sleep(seconds)
        up.process.terminate()
        assert up.process.wait(60) in {0, -signal.SIGTERM}  # the latter before it could say anything
        assert wait_until(lambda: up.left() == [], seconds=30)

    def test_a_port_that_is_no_number(self, serving: Callable[..., Serving]) -> None:
        up = serving(PORT="http")
        said, _ = up.process.communicate(timeout=60)
        assert said == "CommandError: PORT must be a number from 0 to 65535, not 'http'.\n"
        assert up.process.returncode == 1

    def test_a_web_server_that_cannot_start(self, serving: Callable[..., Serving]) -> None:
        up = serving(GUNICORN_CMD_ARGS="--no-such-option")
        said, _ = up.process.communicate(timeout=60)
        assert up.process.returncode == 1
        assert said.endswith(f"Its last words are above and in {up.var}/log/web.log\n")
        assert "unrecognized arguments: --no-such-option" in said
        assert up.left() == []


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


def leader(up: Serving, word: str) -> psutil.Process | None:
    children = psutil.Process(up.process.pid).children()
    return next((child for child in children if word in child.cmdline()), None)
