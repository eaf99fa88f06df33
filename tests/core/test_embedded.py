"""The embedded PostgreSQL and Valkey: started once, stopped by the last, and up again after any crash."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from core.embedded import Addresses, ServiceError, addresses, healthy, running, var_dir
from core.embedded.places import SOCKET_LIMIT, Places
from core.embedded.processes import processes_in, wait_until
from core.embedded.services import ensure, stop
from core.embedded.testing import test_services as hold_test_services

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import signal, sys
from pathlib import Path
from core.embedded import running
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup had it ignored
with running(Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    sys.stdin.readline()
print("down", flush=True)
"""


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    stop(tmp_path / "var")
    assert service_processes(tmp_path / "var") == []


def service_processes(var: Path) -> list[psutil.Process]:
    places = Places(var)
    return [
        *processes_in(places.postgres_data, name="postgres"),
        *processes_in(places.valkey_data, name="valkey-server"),
    ]


def holder(var: Path) -> subprocess.Popen[str]:
    """A process that holds the services until it reads a line."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(var)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_up(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"


def remember(at: Addresses, word: str) -> None:
    with psycopg.connect(at.database_url) as link:
        link.execute("create table if not exists note (word text)")
        link.execute("insert into note values (%s)", [word])
    with redis.Redis.from_url(at.cache_url) as client:
        client.rpush("note", word)


def remembered(at: Addresses) -> tuple[list[str], list[str]]:
    with psycopg.connect(at.database_url) as link:
        rows = [word for (word,) in link.execute("select word from note order by word").fetchall()]
    with redis.Redis.from_url(at.cache_url, decode_responses=True) as client:
        return rows, client.lrange("note", 0, -1)


class TestAddresses:
    def test_are_told_without_touching_anything(self) -> None:
        assert addresses(Path("/srv/ithaca/var")) == Addresses(
            database_url="postgresql://ithaca@:5432/ithaca?host=/srv/ithaca/var/run/postgres",
            broker_url="redis+socket:///srv/ithaca/var/run/valkey/valkey.sock?virtual_host=0",
            cache_url="unix:///srv/ithaca/var/run/valkey/valkey.sock?db=1",
        )
        assert not Path("/srv/ithaca").exists()

    def test_another_database_and_lane(self) -> None:
        at = addresses(Path("/srv/v"), database="ithaca_demo", lane=3)
        assert at.database_url == "postgresql://ithaca@:5432/ithaca_demo?host=/srv/v/run/postgres"
        assert at.broker_url == "redis+socket:///srv/v/run/valkey/valkey.sock?virtual_host=6"
        assert at.cache_url == "unix:///srv/v/run/valkey/valkey.sock?db=7"

    def test_the_longest_path_that_fits_stays_and_one_more_moves(self) -> None:
        rest = len("/run/postgres/.s.PGSQL.5432")
        fits = Path("/" + "d" * (SOCKET_LIMIT - rest - 1))
        assert Places(fits).sockets == fits / "run"
        moved = Places(Path(f"{fits}d")).sockets
        assert moved.parent == Path(tempfile.gettempdir())
        assert moved == Places(Path(f"{fits}d")).sockets
        assert moved != Places(Path(f"{fits}e")).sockets

    def test_letters_of_more_than_one_byte_count_as_bytes(self) -> None:
        assert Places(Path("/" + "é" * 45)).sockets.parent == Path(tempfile.gettempdir())

    def test_var_dir(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ITHACA_VAR", "/srv/elsewhere")
        assert var_dir() == Path("/srv/elsewhere")
        monkeypatch.delenv("ITHACA_VAR")
        assert var_dir() == ROOT / "var"

    def test_importing_needs_no_django(self) -> None:
        code = "import sys, core.embedded; print('django' in sys.modules)"
        told = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert told.stdout == "False\n"


class TestRunning:
    def test_both_answer_inside_and_neither_outside(self, var: Path) -> None:
        assert not healthy(var)
        with running(var, durable=False) as at:
            assert healthy(var)
            remember(at, "first")
            assert at == addresses(var)
        assert not healthy(var)
        assert service_processes(var) == []

    def test_what_was_written_is_there_the_next_time(self, var: Path) -> None:
        with running(var) as at:
            remember(at, "kept")
        with running(var) as at:
            assert remembered(at) == (["kept"], ["kept"])

    def test_the_demo_has_a_database_of_its_own(self, var: Path) -> None:
        with running(var, durable=False) as at:
            remember(at, "own")
            with psycopg.connect(addresses(var, database="ithaca_demo").database_url) as link:
                assert link.execute("select to_regclass('note')").fetchone() == (None,)

    def test_no_network_port_and_no_file_open_to_others(self, var: Path) -> None:
        with running(var, durable=False):
            found = service_processes(var)
            assert {process.name() for process in found} == {"postgres", "valkey-server"}
            ports = [link.laddr for process in found for link in process.net_connections(kind="inet")]
            assert [address for address in ports if address.port] == []
            places = Places(var)
            private = [
                places.postgres_data,
                places.valkey_data,
                places.postgres_sockets,
                places.valkey_socket.parent,
            ]
            assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o700}

    def test_directories_above_keep_their_permissions(self, tmp_path: Path) -> None:
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        before = [path.stat().st_mode for path in (private, *private.parents)]
        with running(private / "with space" / "var", durable=False) as at:
            remember(at, "reached")
        assert [path.stat().st_mode for path in (private, *private.parents)] == before

    def test_a_path_too_long_for_sockets_works(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 60) / ("é" * 40)
        with running(deep, durable=False) as at:
            remember(at, "deep")
            assert remembered(at) == (["deep"], ["deep"])
        assert service_processes(deep) == []

    def test_a_foreign_socket_directory_is_refused(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 120)
        trap = Places(deep).sockets
        trap.symlink_to(tmp_path)
        try:
            with pytest.raises(ServiceError, match="belongs to someone else"), running(deep):
                pass
        finally:
            trap.unlink()

    def test_a_cluster_that_cannot_start_says_why(self, var: Path) -> None:
        with running(var, durable=False):
            pass
        (var / "postgres" / "PG_VERSION").write_text("99\n")
        with pytest.raises(ServiceError, match="initialized by PostgreSQL version 99"), running(var):
            pass
        assert service_processes(var) == []


class TestHolders:
    def test_the_last_one_out_stops_them(self, var: Path) -> None:
        other = holder(var)
        read_up(other)
        with running(var):
            pass
        assert healthy(var)
        assert not stop(var)  # held
        assert other.communicate("\n", timeout=90)[0] == "down\n"
        assert service_processes(var) == []

    def test_many_start_at_once(self, var: Path) -> None:
        several = [holder(var) for _ in range(4)]
        for each in several:
            read_up(each)
        for each in several:
            assert each.communicate("\n", timeout=90) == ("down\n", "")
        assert service_processes(var) == []

    def test_a_killed_holder_does_not_count(self, var: Path) -> None:
        other = holder(var)
        read_up(other)
        other.kill()
        other.communicate()
        assert healthy(var)  # nobody was left to stop them
        with running(var):
            pass
        assert service_processes(var) == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_a_polite_kill_gives_them_back(self, var: Path, number: signal.Signals) -> None:
        other = holder(var)
        read_up(other)
        other.send_signal(number)
        assert other.wait(30) == 128 + number
        other.communicate()
        assert service_processes(var) == []

    def test_a_kill_while_they_start_leaves_nothing(self, var: Path) -> None:
        other = holder(var)
        assert wait_until(lambda: (var / "run" / "services.lock").exists(), seconds=10)
        other.terminate()
        assert other.wait(30) == 128 + signal.SIGTERM
        other.communicate()
        assert service_processes(var) == []

    def test_stop_ends_what_a_killed_process_left(self, var: Path) -> None:
        other = holder(var)
        read_up(other)
        other.kill()
        other.communicate()
        environment = os.environ | {"ITHACA_VAR": str(var)}
        command = [sys.executable, "-m", "core.embedded"]
        words = []
        for word in ("status", "stop", "status"):
            done = subprocess.run(
                [*command, word], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            )
            words.append(done.stdout)
        assert words == ["PostgreSQL and Valkey are up.\n", "Stopped.\n", "Not running.\n"]
        assert service_processes(var) == []


class TestCrashes:
    def test_everything_killed_and_the_data_kept(self, var: Path) -> None:
        other = holder_durable(var)
        read_up(other)
        at = addresses(var)
        remember(at, "before")
        wait_until(lambda: aof_holds(var, "before"), seconds=5)
        for process in [psutil.Process(other.pid), *service_processes(var)]:
            process.kill()
        other.communicate()
        with running(var) as at:
            assert remembered(at) == (["before"], ["before"])

    def test_only_the_postmaster_killed(self, var: Path) -> None:
        with running(var) as at:
            remember(at, "before")
            postmaster(var).kill()
            ensure(var)
            assert remembered(at)[0] == ["before"]

    def test_only_valkey_killed(self, var: Path) -> None:
        with running(var, durable=False):
            for process in processes_in(Places(var).valkey_data, name="valkey-server"):
                process.kill()
            ensure(var, durable=False)
            assert healthy(var)

    def test_a_pid_file_whose_number_is_in_use_again(self, var: Path) -> None:
        with running(var, durable=False):
            text = (var / "postgres" / "postmaster.pid").read_text()
        alive = subprocess.Popen(["sleep", "60"])
        try:
            (var / "postgres" / "postmaster.pid").write_text(
                text.replace(text.split("\n", 1)[0], str(alive.pid), 1)
            )
            with running(var, durable=False):
                assert healthy(var)
            assert alive.poll() is None
        finally:
            alive.kill()
            alive.wait()

    def test_a_first_start_that_was_cut_short(self, var: Path) -> None:
        half = var / "postgres.new"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        with running(var, durable=False):
            assert healthy(var)
        assert not half.exists()


class TestForTests:
    def test_given_services_are_used_and_nothing_starts(
        self, var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.org/ithaca")
        monkeypatch.setenv("REDIS_URL", "redis://cache.example.org/0")
        with hold_test_services(var) as at:
            assert at.database_url == "postgresql://db.example.org/ithaca"
            assert at.broker_url == at.cache_url == "redis://cache.example.org/0"
        assert not var.exists()

    def test_each_process_has_a_lane(self, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        seen = []
        for worker in ("gw0", "gw1"):
            monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
            with hold_test_services(var) as at:
                seen.append(at.cache_url.rpartition("=")[2])
                with psycopg.connect(at.database_url) as link:
                    assert link.execute("show fsync").fetchone() == ("off",)
        assert seen == ["5", "7"]

    def test_own_data_are_written_durably(self, var: Path) -> None:
        with running(var) as at:
            with psycopg.connect(at.database_url) as link:
                assert link.execute("show fsync").fetchone() == ("on",)
            with redis.Redis.from_url(at.cache_url) as client:
                assert client.config_get("appendonly") == {"appendonly": "yes"}


def holder_durable(var: Path) -> subprocess.Popen[str]:
    code = HOLDER.replace(", durable=False", "")
    return subprocess.Popen(
        [sys.executable, "-c", code, str(var)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def postmaster(var: Path) -> psutil.Process:
    return psutil.Process(int((var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]))


def aof_holds(var: Path, word: str) -> bool:
    return any(word.encode() in path.read_bytes() for path in (var / "valkey").rglob("*.aof"))
