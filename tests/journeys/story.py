"""Who plays in the journey, where it is, and what the mail server has caught."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from people.models import Person
from programs.models import Cohort, Program
from tests.harness.browser import Window
from tests.harness.mail import Catcher

OFFICE = "Lakeside Field Office"
MENTORS = {"vera": "Vera Lindqvist", "omar": "Omar Haddad", "june": "June Castell", "ivo": "Ivo Petrov"}
MENTEES = {
    "mira": "Mira Kovač",
    "noa": "Noa Brandt",
    "sam": "Sam Osei",
    "lea": "Léa Martin",
    "tim": "Tim O’Hara",
}
SUPERVISOR, MANAGER, OPERATOR = "tomas", "ruth", "olive"
NAMES = {**MENTORS, **MENTEES, SUPERVISOR: "Tomás Ruiz", MANAGER: "Ruth Okafor", OPERATOR: "Olive Tran"}
PASSWORD = "a quiet lake in winter"


def address(who: str) -> str:
    """Where somebody of the cast gets mail."""
    return f"{who}@example.org"


def people_csv(**instead: str) -> bytes:
    """The office's people as its HR system writes them; `instead` puts a wrong cell into the first mentee's row."""
    file = io.StringIO()
    columns = "email name organization unit_path job_title level time_zone languages supervisor_email".split()
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    for who, name in NAMES.items():
        if who == OPERATOR:
            continue
        senior = who in MENTORS
        writer.writerow(
            {
                "email": address(who),
                "name": name,
                "organization": OFFICE,
                "unit_path": "Operations / Field" if senior else "Engineering / Design",
                "job_title": "Division head" if senior else "Engineer",
                "level": 24 if senior else 20 if who == SUPERVISOR else 8,
                "time_zone": "Europe/Paris",
                "languages": "en",
                "supervisor_email": address(SUPERVISOR) if who in MENTEES else "",
                **(instead if who == "mira" else {}),
            }
        )
    return file.getvalue().encode()


@dataclass
class Story:
    """The journey so far: a window for each person, the mail, and the cohort once it is there."""

    open_window: Callable[..., Window]
    smtp: Catcher
    script: bool
    windows: dict[str, Window] = field(default_factory=dict)

    def at(self, who: str) -> Window:
        """Somebody's browser; who has not signed in by the pages is signed in now."""
        if who not in self.windows:
            self.windows[who] = self.stranger().sign_in(person(who))
        return self.windows[who]

    def stranger(self) -> Window:
        """A browser that knows nobody."""
        return self.open_window(java_script_enabled=self.script)

    @property
    def program(self) -> Program:
        return Program.objects.get(slug="lakeside")

    @property
    def cohort(self) -> Cohort:
        return Cohort.objects.select_related("program").get(program__slug="lakeside", slug="pilot")

    def desk(self, rest: str = "") -> str:
        """An address of the cohort's desk."""
        return f"/desk/lakeside/pilot/{rest}"

    def mail(self, who: str, subject: str, *, seconds: float = 30) -> EmailMessage:
        """The newest mail to somebody with these words in its subject, waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [one for one in self.smtp.to(address(who)) if subject in one["Subject"]]
            if found:
                return found[-1]
            time.sleep(0.1)
        got = [one["Subject"] for one in self.smtp.to(address(who))]
        raise AssertionError(f"no mail “{subject}” to {who}, only {got}")

    def subjects(self, *people: str) -> list[str]:
        """What all of them were mailed so far."""
        return sorted(mail["Subject"] for who in people for mail in self.smtp.to(address(who)))


def person(who: str) -> Person:
    """The row of somebody of the cast."""
    return Person.objects.get(email=address(who))


def words_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def links_in(mail: EmailMessage) -> list[str]:
    """Every address in a mail, in both of its parts."""
    found: list[str] = []
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            found += re.findall(r"https?://[^\s\"'<>)\]]+", str(part.get_content()))
    return [*dict.fromkeys(link.replace("&amp;", "&").rstrip(".,") for link in found)]


def wait_until(true: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Wait for something that another process brings about; what it gave."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found
