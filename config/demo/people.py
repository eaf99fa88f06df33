"""Two invented organizations as the HR systems would hand them over: rows of the people import.

Meridian Laboratory: about 3,000 people in 9 directorates on 33 career levels, each with a first-line supervisor.
The University of Porthaven: four institutes that run one program together.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from config.demo.names import FAMILY, GIVEN
from people.rows import COLUMNS

LABORATORY: Final = "Meridian Laboratory"
UNIVERSITY: Final = "University of Porthaven"
PARTNERS: Final = (
    "Institute of Marine Ecology",
    "Porthaven Institute of Physics",
    "Institute for Language and Society",
)
SIZE: Final = 3000

DIRECTORATES: Final[dict[str, tuple[str, ...]]] = {
    "Computing": ("Data platforms", "Simulation", "Networks", "Software"),
    "Energy systems": ("Storage", "Grids", "Buildings", "Fuels"),
    "Physical sciences": ("Optics", "Materials", "Detectors", "Theory"),
    "Life sciences": ("Genomics", "Imaging", "Microbes"),
    "Earth and environment": ("Climate", "Water", "Soils"),
    "Engineering": ("Mechanics", "Electronics", "Controls", "Vacuum"),
    "Operations": ("Facilities", "Safety", "Logistics", "Procurement"),
    "Finance and people": ("Finance", "Human resources", "Legal"),
    "Director's office": ("Communication", "Strategy", "Partnerships"),
}
SHARES: Final = (15, 13, 14, 11, 10, 14, 12, 7, 4)  # of the people, in percent
SUPPORT: Final = {"Operations", "Finance and people", "Director's office"}
TITLES: Final = {
    "Research": (
        "Research assistant",
        "Research associate",
        "Scientist",
        "Staff scientist",
        "Senior scientist",
        "Principal scientist",
    ),
    "Engineering": (
        "Technician",
        "Engineer",
        "Systems engineer",
        "Senior engineer",
        "Lead engineer",
        "Principal engineer",
    ),
    "Operations": ("Assistant", "Specialist", "Analyst", "Senior specialist", "Manager", "Senior manager"),
}
CAMPUSES: Final = ("North campus", "North campus", "North campus", "South campus", "Harbor site")


@dataclass(slots=True)
class Roster:
    """Rows as they grow, with the addresses given out so far."""

    rng: Random
    today: date
    rows: list[dict[str, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def name(self) -> tuple[str, str]:
        """A new name and its e-mail address."""
        while True:
            given, family = self.rng.choice(GIVEN), self.rng.choice(FAMILY)
            email = f"{given}.{family}@example.org".lower()
            if email not in self.taken:
                self.taken.add(email)
                return f"{given} {family}", email

    def add(self, *, name: str = "", email: str = "", **cells: str) -> str:
        """Add a person; the address, for those whom they supervise."""
        if not email:
            name, email = self.name()
        self.taken.add(email)
        started = self.today - timedelta(days=self.rng.randrange(90, 9000))
        self.rows.append({"name": name, "email": email, "start_date": started.isoformat(), **cells})
        return email

    def csv(self) -> bytes:
        """The rows as the file that the import reads."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue().encode()


def laboratory(roster: Roster) -> None:
    """Director, directorate heads, division heads, group leads, and everybody else."""
    director = roster.add(
        **_post(roster, "Director's office", "", "Research", 33),
        job_title="Laboratory director",
        supervisor_email="",
    )
    for (directorate, divisions), share in zip(DIRECTORATES.items(), SHARES, strict=True):
        head = roster.add(
            **_post(roster, directorate, "", _family(roster, directorate), roster.rng.choice((31, 32))),
            job_title="Associate director",
            supervisor_email=director,
        )
        people = SIZE * share // 100
        for division in divisions:
            _division(roster, directorate, division, head, people // len(divisions))


def _division(roster: Roster, directorate: str, division: str, above: str, people: int) -> None:
    family = _family(roster, directorate)
    path = f"{directorate} / {division}"
    head = roster.add(
        **_post(roster, directorate, path, family, roster.rng.randrange(27, 31)),
        job_title="Division head",
        supervisor_email=above,
    )
    groups = max(1, people // 14)
    for group in range(groups):
        lead_level = roster.rng.randrange(22, 27)
        lead = roster.add(
            **_post(roster, directorate, path, family, lead_level),
            job_title="Group lead",
            supervisor_email=head,
        )
        for _ in range(people // groups - 1 + (group < people % groups)):
            level = min(lead_level - 1, max(1, round(roster.rng.gauss(12, 5))))
            own = _family(roster, directorate)
            title = TITLES[own][min(5, level // 5)]
            roster.add(**_post(roster, directorate, path, own, level), job_title=title, supervisor_email=lead)


def _family(roster: Roster, directorate: str) -> str:
    if directorate in SUPPORT:
        return "Operations"
    return roster.rng.choices(("Research", "Engineering", "Operations"), (6, 3, 1))[0]


def _post(roster: Roster, directorate: str, path: str, family: str, level: int) -> dict[str, str]:
    rng = roster.rng
    return {
        "organization": LABORATORY,
        "unit_path": path or directorate,
        "level": str(level),
        "job_family": family,
        "contract_type": "permanent" if level > 14 or rng.random() < 0.55 else "non-permanent",
        "location": rng.choice(CAMPUSES),
        "time_zone": "America/Chicago",
        "languages": "en fr" if rng.random() < 0.12 else "en",
    }


DEPARTMENTS: Final[dict[str, tuple[str, ...]]] = {
    UNIVERSITY: ("Humanities", "Natural sciences", "Medicine", "Administration"),
    PARTNERS[0]: ("Coasts", "Open sea"),
    PARTNERS[1]: ("Quantum matter", "Particles"),
    PARTNERS[2]: ("Linguistics", "Societies"),
}


def university(roster: Roster) -> None:
    """Four institutes, each with departments of professors, staff, postdocs and doctoral candidates."""
    for organization, departments in DEPARTMENTS.items():
        head = ""
        for department in departments:
            head = _academic(roster, organization, department, "Professor", 20, "permanent", "")
            for _ in range(4):
                _academic(roster, organization, department, "Associate professor", 17, "permanent", head)
            for _ in range(9):
                _academic(roster, organization, department, "Postdoctoral researcher", 9, "fixed-term", head)
            for _ in range(14):
                _academic(roster, organization, department, "Doctoral candidate", 5, "doctoral", head)


def _academic(
    roster: Roster, organization: str, department: str, title: str, level: int, contract: str, supervisor: str
) -> str:
    return roster.add(
        organization=organization,
        unit_path=department,
        job_title=title,
        level=str(level),
        job_family="Research",
        contract_type=contract,
        location="Porthaven",
        time_zone="Europe/Paris",
        languages=roster.rng.choice(("fr en", "fr", "en fr", "en")),
        supervisor_email=supervisor,
    )


# Who plays a part in the demo: address and name, and the first row that fits takes them over.
CAST: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("helen.marsh", "Helen Marsh", "Director's office", "Laboratory director"),
    ("amara.silva", "Amara Silva", "Earth and environment", "Associate director"),
    ("ruth.okafor", "Ruth Okafor", "Finance and people / Human resources", "Group lead"),
    ("paul.tanaka", "Paul Tanaka", "Finance and people / Human resources", "Senior specialist"),
    ("olive.tran", "Olive Tran", "Computing / Networks", "Systems engineer"),
    ("dana.whitfield", "Dana Whitfield", "Computing / Data platforms", "Group lead"),
    ("tomas.brandt", "Tomas Brandt", "Operations / Facilities", "Group lead"),
    ("mira.kovac", "Mira Kovač", "Operations / Facilities", "Analyst"),
    ("jules.perrin", "Jules Perrin", "Administration", "Associate professor"),
    ("claire.fontaine", "Claire Fontaine", "Humanities", "Postdoctoral researcher"),
)


def cast_parts(roster: Roster) -> None:
    """Give the people of the demo's accounts their places. Mira reports to Tomas, and Jules and Claire read French."""
    new: dict[str, str] = {}
    for login, name, unit, title in CAST:
        fits = (row for row in roster.rows if (row["unit_path"], row["job_title"]) == (unit, title))
        row = next((row for row in fits if row["email"] not in new.values()), None)
        if row is None:
            continue
        email = f"{login}@example.org"
        new[row["email"]] = email
        row.update(email=email, name=name)
        if login == "mira.kovac":
            row["supervisor_email"] = "tomas.brandt@example.org"
        if login in {"jules.perrin", "claire.fontaine"}:
            row["languages"] = "fr en"
    for row in roster.rows:
        row["supervisor_email"] = new.get(row["supervisor_email"], row["supervisor_email"])


def people_csv(*, today: date, seed: int = 2026) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of both organizations. The same seed and day give the same files."""
    taken = {f"{login}@example.org" for login, *_rest in CAST}
    for name, fill in (("laboratory.csv", laboratory), ("university.csv", university)):
        roster = Roster(Random(seed), today, taken=taken)  # noqa: S311
        fill(roster)
        cast_parts(roster)
        yield name, roster.csv()
