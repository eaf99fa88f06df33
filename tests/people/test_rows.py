"""Reading a CSV of people: each problem with its row and column."""

from datetime import date

import pytest

from core.uploads import Problem
from people.rows import COLUMNS, MOST_PROBLEMS, Row, read_table

HEADER = "email,name,level,start_date,time_zone,languages,unit_path,supervisor_email\n"


def problems(text: str) -> list[tuple[int, str, str]]:
    return [(p.row, p.column, p.message) for p in read_table(text.encode()).problems]


def test_a_full_row_is_read_with_its_types() -> None:
    cells = "Ada@Example.org,Ada,A.,Meridian,Computing /Data,Engineer,12,Research,permanent,North"
    more = "Europe/Paris,en fr,Bo@example.org,2020-01-31,"
    table = read_table(f"{','.join(COLUMNS)}\n{cells},{more}\n".encode())
    assert table.problems == []
    assert table.rows == [
        (
            2,
            Row(
                email="ada@example.org",
                name="Ada",
                preferred_name="A.",
                organization="Meridian",
                unit_path="Computing / Data",
                job_title="Engineer",
                level=12,
                job_family="Research",
                contract_type="permanent",
                location="North",
                time_zone="Europe/Paris",
                languages=("en", "fr"),
                supervisor_email="bo@example.org",
                start_date=date(2020, 1, 31),
                leave_date=None,
            ),
        )
    ]


@pytest.mark.parametrize(
    "text",
    ["﻿email,name\na@example.org,A\n", "email;name\r\na@example.org;A\r\n", "Name , EMAIL\nA,a@example.org\n"],
)
def test_spreadsheet_flavors_are_all_read(text: str) -> None:
    table = read_table(text.encode())
    assert (table.problems, [row.email for _, row in table.rows]) == ([], ["a@example.org"])


@pytest.mark.parametrize(
    ("cell", "column", "message"),
    [
        ("nobody,A,,,,,,", "email", "“nobody” is not an e-mail address."),
        (",A,,,,,,", "email", "The e-mail address is missing."),
        ("a@example.org,,,,,,,", "name", "The name is missing."),
        ("a@example.org,A,senior,,,,,", "level", "“senior” is not a whole number from 0 to 1000."),
        ("a@example.org,A,-1,,,,,", "level", "“-1” is not a whole number from 0 to 1000."),
        ("a@example.org,A,,31/01/2020,,,,", "start_date", "“31/01/2020” is not a date like 2026-03-31."),
        ("a@example.org,A,,,Paris,,,", "time_zone", "“Paris” is not a time zone like Europe/Paris."),
        ("a@example.org,A,,,,english,,", "languages", "“english” is not a language code like en or fr."),
        (
            "a@example.org,A,,,,,A//B,",
            "unit_path",
            "An empty part between slashes. Write it like Computing / Data / Platforms.",
        ),
        ("a@example.org,A,,,,,,boss", "supervisor_email", "“boss” is not an e-mail address."),
        (f"a@example.org,{'A' * 201},,,,,,", "name", "Longer than 200 characters."),
        ("a@example.org,A\x00B,,,,,,", "name", "Contains a character that no text has (NUL)."),
        ("a@example.org,A", "", "This row has 2 cells, the header 8."),
    ],
)
def test_each_bad_cell_is_named(cell: str, column: str, message: str) -> None:
    assert problems(HEADER + "ok@example.org,Ok,,,,,,\n" + cell + "\n") == [(3, column, message)]


def test_all_problems_of_a_row_are_told_at_once() -> None:
    assert [column for _, column, _ in problems(HEADER + "x,,y,z,,,,\n")] == [
        "email",
        "name",
        "level",
        "start_date",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("mail,name", [(1, "email"), (1, "mail")]),
        ("email,name,name", [(1, "name"), (1, "name")]),
        ("", [(1, "email"), (1, "name")]),
    ],
)
def test_a_bad_header_is_told_before_any_row(header: str, expected: list[tuple[int, str]]) -> None:
    assert [(row, column) for row, column, _ in problems(header + "\nx,y,z\n")] == expected


def test_a_file_without_people_says_so() -> None:
    assert problems("email,name\n\n,\n") == [(2, "", "The file has a header but no people.")]


def test_a_file_that_is_not_utf8_says_where() -> None:
    table = read_table("email,name\na@example.org,Zoë\n".encode("latin-1"))
    assert table.problems == [Problem(2, "", "The file is not UTF-8. Save it as “CSV UTF-8” and try again.")]


def test_a_hopeless_file_stops_being_read() -> None:
    assert len(problems("email,name\n" + "x,A\n" * 2000)) == MOST_PROBLEMS


def test_rows_are_counted_as_a_spreadsheet_does_with_blank_ones_and_line_breaks_inside_cells() -> None:
    assert [row for row, *_ in problems('email,name\n"a@example.org","A\nB"\n\nx,C\n')] == [4]


def test_a_file_that_stops_being_csv_says_where() -> None:
    cell = "A" * 200_000
    assert problems(f'email,name\na@example.org,A\nb@example.org,"{cell}"\n') == [
        (
            3,
            "",
            "Row 3 cannot be read. Look for a quotation mark without its partner, or a cell of more than 131072 "
            "characters.",
        )
    ]
