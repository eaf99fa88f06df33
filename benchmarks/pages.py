"""Requests a second of the heaviest pages, as a ratio to a trivial page of the same server in the same run.

make demo                              # in another terminal
python -m benchmarks.pages             # 5 seconds for each page, 4 readers at once
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

READERS = 4
SECONDS = 5.0
YEAR = datetime.now(UTC).year
PAGES = (
    ("trivial (/healthz)", "", "/healthz"),
    ("next steps", "Mentee", "/"),
    ("desk of the cohort", "Program manager", f"/desk/meridian/{YEAR}/"),
    ("people, 50 of 230", "Program manager", f"/desk/meridian/{YEAR}/people/"),
    ("mentorships, 50 rows", "Program manager", f"/desk/meridian/{YEAR}/mentorships/"),
    ("review of 72 pairs", "Program manager", f"/desk/meridian/{YEAR}/matching/1/"),
)


class Reader:
    """One person with a kept connection and cookies."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.base = base
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, address: str, body: str = "") -> tuple[int, str]:
        """Status and text of one answer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": self.base + address}
        self.connection.request(method, address, body or None, headers)
        answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, answer.read().decode()

    def sign_in(self, account: dict[str, str]) -> None:
        """By password, as people do."""
        _status, page = self.ask("GET", "/accounts/login/")
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
        assert token, "no sign-in form"
        fields = {
            "login": account["email"],
            "password": account["password"],
            "csrfmiddlewaretoken": token.group(1),
        }
        status, _page = self.ask("POST", "/accounts/login/", urlencode(fields))
        assert status == 302, f"sign-in answered {status}"


def measure(base: str, account: dict[str, str] | None, address: str) -> tuple[float, float]:
    """(requests a second, median milliseconds of one answer)."""
    readers = [Reader(base) for _ in range(READERS)]
    for reader in readers:
        if account:
            reader.sign_in(account)
        assert reader.ask("GET", address)[0] == 200, address
    times: list[float] = []
    end = time.perf_counter() + SECONDS

    def read(reader: Reader) -> None:
        while (start := time.perf_counter()) < end:
            reader.ask("GET", address)
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=read, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / SECONDS, statistics.median(times) * 1000


def main() -> int:
    """Measure every page; needs `demo.json` of a running demo."""
    var = Path(os.environ.get("ITHACA_VAR") or "var")
    facts = json.loads((var / "demo.json").read_text())
    accounts = {account["role"]: account for account in reversed(facts["accounts"])}
    trivial = 0.0
    for name, role, address in PAGES:
        rate, median = measure(facts["url"], accounts.get(role), address)
        trivial = trivial or rate
        print(f"{name:26} {rate:7.1f} a second  {median:6.1f} ms  {rate / trivial:5.2f} of the trivial page")
    return 0


if __name__ == "__main__":
    sys.exit(main())
