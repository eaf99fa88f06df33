"""Where the embedded services keep their data and how to reach them. Pure: starts and writes nothing."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "ithaca"  # also the name of its owner
DEMO_DATABASE = "ithaca_demo"
SOCKET_LIMIT = 100  # bytes; the system's own limit is 107 on Linux, 103 on macOS


def var_dir() -> Path:
    """The data directory: `ITHACA_VAR`, or `var` beside manage.py."""
    given = os.environ.get("ITHACA_VAR")
    return Path(given).expanduser().resolve() if given else Path(__file__).resolve().parents[2] / "var"


@dataclass(frozen=True)
class Addresses:
    """`broker_url` is for Celery; `cache_url` for Django's cache and redis-py."""

    database_url: str
    broker_url: str
    cache_url: str


def addresses(var: Path, *, database: str = DATABASE, lane: int = 0) -> Addresses:
    """The addresses of the services of this data directory, up or not.

    Each `lane` (0 to 31) has a pair of Valkey databases of its own: 0 for the installation, 1 for the demo, the others
    for test processes.
    """
    places = Places(var)
    socket = quote(str(places.valkey_socket))
    return Addresses(
        database_url=f"postgresql://{DATABASE}@:5432/{database}?host={quote(str(places.postgres_sockets))}",
        broker_url=f"redis+socket://{socket}?virtual_host={2 * lane}",
        cache_url=f"unix://{socket}?db={2 * lane + 1}",
    )


@dataclass(frozen=True)
class Places:
    """The files of one data directory."""

    var: Path

    @property
    def sockets(self) -> Path:
        """Below the data directory; where that path is too long for a socket, a private directory in the system's
        temporary one."""
        near = self.var / "run"
        if len(os.fsencode(near / "postgres" / ".s.PGSQL.5432")) <= SOCKET_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self.var.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"ithaca-{digest}"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey" / "valkey.sock"

    @property
    def postgres_data(self) -> Path:
        return self.var / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.var / "valkey"

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"
