"""Whether one of the containers does its work: `python scripts/healthcheck.py web|worker|beat`."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

BEAT_SECONDS = 600  # it writes its schedule down every three minutes


def web() -> bool:
    """Under the public name, for no other is answered."""
    host = urlsplit(os.environ["BASE_URL"]).netloc
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status == 200


def worker() -> bool:
    command = ["celery", "-A", "config", "inspect", "ping", "--destination", f"celery@{socket.gethostname()}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def beat() -> bool:
    written = [path.stat().st_mtime for path in Path(os.environ["ITHACA_VAR"]).glob("beat-schedule*")]
    return bool(written) and time.time() - max(written) < BEAT_SECONDS


CHECKS = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    sys.exit(not CHECKS[sys.argv[1]]())
