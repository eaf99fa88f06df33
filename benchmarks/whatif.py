"""From a changed weight to the answer on the screen: what if at 500 people, in a real browser on a live server.

    python -m benchmarks.whatif            # 250 + 250 and 300 + 200 people

Seeded, invented people in a database of its own, thrown away afterwards. A published run is there, so that the answer
is told beside it. The clock runs in the page: from the change of the form until the new answer has been painted.
Fails where the median is a second or more.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import URLError

from benchmarks.matching import machine

SIZES = ((250, 250), (300, 200))  # mentees, mentors
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
BAR = 1000.0  # milliseconds
QUESTIONS = (
    ("weight_goals", "10"), ("weight_skills", "2"), ("weight_wish", "0"), ("min_level_gap", "2"),
    ("weight_level", "9"), ("min_fit", "40"), ("unit", "other"), ("weight_goals", "0"), ("objective", "score"),
    ("floor", "80"), ("weight_availability", "10"), ("chain_levels", "2"),
)  # fmt: skip
CLOCK = """async ([name, value]) => {
    const field = document.querySelector(`[name=${name}]`), begin = performance.now();
    const settled = new Promise(done => document.body.addEventListener("htmx:afterSettle", done, {once: true}));
    field.value = value;
    field.dispatchEvent(new Event("change", {bubbles: true}));
    await settled;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - begin;
}"""


def make(mentees: int, mentors: int) -> None:
    """A cohort with a run, and the session of its manager."""
    from django.test import Client

    from benchmarks.people import make_cohort
    from matching.domain.execution import execute_run
    from matching.domain.runs import request_run
    from people.models import Organization, Person
    from programs.models import Membership, Program

    name = f"w{mentees}"
    owner = Organization.objects.create(name=name, slug=name)
    program = Program.objects.create(name=name, slug=name, template="laboratory", owner=owner)
    manager = Person.objects.create_user(f"{name}@example.org")
    Membership.objects.create(program=program, person=manager, role="manager")
    cohort = make_cohort(program, mentees, mentors, slug=name)
    execute_run(request_run(cohort=cohort, by=manager).pk)
    client = Client()
    client.force_login(manager)
    print(client.cookies["sessionid"].value)


def ask(page: Any, base: str, mentees: int, mentors: int) -> float:
    """Milliseconds of each question, printed; the median."""
    page.goto(f"{base}/desk/w{mentees}/w{mentees}/matching/what-if/")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.evaluate(
        CLOCK, ["weight_goals", "5"]
    )  # not measured: the first answer loads what later ones find loaded
    times = []
    for name, value in QUESTIONS:
        times.append(page.evaluate(CLOCK, [name, value]))
        assert page.locator("#whatif-answer table").count(), f"no answer to {name} = {value}"
    told = " ".join(f"{one:.0f}" for one in times)
    print(f"{mentees} + {mentors} people: median {median(times):.0f} ms, worst {max(times):.0f} ms ({told})")
    return float(median(times))


def browse(base: str, sessions: list[str]) -> bool:
    """All sizes in one browser; whether each reached the bar."""
    from playwright.sync_api import sync_playwright

    good = True
    with sync_playwright() as playwright:
        path = os.environ.get("ITHACA_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for size, session in zip(SIZES, sessions, strict=True):
            context = browser.new_context()
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
            good = ask(context.new_page(), base, *size) < BAR and good
        browser.close()
    return good


def serve(port: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """The web server as it is deployed, once it answers."""
    bind = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", *bind]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _attempt in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
        except URLError:
            time.sleep(0.1)
        else:
            return server
    server.kill()
    raise RuntimeError("the server does not answer")


def child(word: str, size: list[str]) -> None:
    """One step, in the database that the parent has up."""
    import django

    django.setup()
    if word == "migrate":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    else:
        make(*map(int, size))


def main() -> int:
    """Make the people, serve them, ask."""
    if len(sys.argv) > 1:
        child(sys.argv[1], sys.argv[2:])
        return 0
    from core.embedded.services import running

    print(machine(), flush=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as var, running(Path(var), durable=False):
        settings = {"ITHACA_VAR": var, "DJANGO_SETTINGS_MODULE": "config.settings.test", "LOG_LEVEL": "ERROR"}
        env = {**os.environ, **settings}

        def step(*words: object) -> str:
            command = [sys.executable, "-m", "benchmarks.whatif", *map(str, words)]
            return subprocess.run(
                command, check=True, env=env, stdout=subprocess.PIPE, text=True
            ).stdout.strip()

        step("migrate")
        sessions = [step("make", *size).splitlines()[-1] for size in SIZES]
        server = serve(port, env)
        try:
            return 0 if browse(f"http://127.0.0.1:{port}", sessions) else 1
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
