"""A run as a table to download."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from matching.models import Run, SideAnswer
from people.models import Person
from tests.matching.people import World, claim, wish, world

pytestmark = pytest.mark.django_db
HEADING = [
    "Mentee", "Mentee: E-mail", "Mentee: Directorate", "Mentee: Career level",
    "Mentor", "Mentor: E-mail", "Mentor: Directorate", "Mentor: Career level",
    "Circle", "Fit", "Speaks for it", "Speaks against it", "Here for", "To look at", "Locked",
    "What Mentee said", "What Mentor said", "Published on",
]  # fmt: skip


def matched(pairs: int) -> tuple[World, Run]:
    here = world()
    for number in range(pairs):
        mentee = here.mentee(
            f"Mentee {number:02}", person={"email": f"mentee{number}of{pairs}@example.org", "level": 3}
        )
        mentor = here.mentor(
            f"Mentor {number:02}", person={"email": f"mentor{number}of{pairs}@example.org", "level": 5}
        )
        claim(mentee, f"Skill {number}")
        claim(mentor, f"Skill {number}")
        wish(mentee, mentor)
    return here, here.run()


def address(here: World, run: Run, kind: str) -> str:
    return reverse("matching_export", args=[here.program.slug, here.cohort.slug, run.number, kind])


def tables(client: Any, here: World, run: Run) -> list[list[list[Any]]]:
    """What the CSV and the XLSX say."""
    text = client.get(address(here, run, "csv")).content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(client.get(address(here, run, "xlsx")).content))
    sheet = [[("" if value is None else str(value)) for value in row] for row in book.active.values]
    return [list(csv.reader(io.StringIO(text))), sheet]


def test_both_files_hold_the_pairs_with_reasons_and_answers(login: Any) -> None:
    here, run = matched(2)
    pair = run.proposals.get(mentee__person__full_name="Mentee 00")
    for row, answer, word in ((pair.mentee, "no", "We share an office"), (pair.mentor, "", "")):
        SideAnswer.objects.create(
            proposal=pair, enrollment=row, due_on="2030-01-01", answer=answer, word=word,
            answered_at=timezone.now() if answer else None,
        )  # fmt: skip
    for table in tables(login(here.manager), here, run):
        assert (table[0], len(table)) == (HEADING, 3)
        first = dict(zip(table[0], table[1], strict=True))
        assert (first["Mentee"], first["Mentor: E-mail"], first["Mentor: Career level"], first["Fit"]) == (
            "Mentee 00",
            "mentor0of2@example.org",
            "5",
            str(pair.score),
        )
        assert "Mentor offers Skill 0, the skill that Mentee seeks." in first["Speaks for it"]
        assert (first["What Mentee said"], first["What Mentor said"]) == (
            "No: We share an office",
            "no answer yet",
        )
        assert table[2][HEADING.index("What Mentee said")] == ""


def test_no_spreadsheet_runs_what_people_wrote(login: Any) -> None:
    here, run = matched(1)
    Person.objects.filter(full_name="Mentee 00").update(full_name='=HYPERLINK("x")')
    plain, sheet = tables(login(here.manager), here, run)
    assert (plain[1][0], sheet[1][0]) == ('\'=HYPERLINK("x")', '=HYPERLINK("x")')
    book = load_workbook(io.BytesIO(login(here.manager).get(address(here, run, "xlsx")).content))
    assert (book.active["A2"].data_type, book.active["J2"].data_type) == ("s", "n")


def test_another_kind_or_a_run_that_is_not_ready_is_not_there(login: Any) -> None:
    here, run = matched(1)
    assert login(here.manager).get(address(here, run, "pdf")).status_code == 404
    Run.objects.update(state="failed")
    assert login(here.manager).get(address(here, run, "csv")).status_code == 404


def test_it_takes_the_same_queries_for_two_and_for_twelve(login: Any, count_queries: Any) -> None:
    counted = []
    for pairs in (2, 12):
        here, run = matched(pairs)
        client = login(here.manager)
        with count_queries() as queries:
            client.get(address(here, run, "csv"))
        counted.append(len(queries))
    assert counted[0] == counted[1]
