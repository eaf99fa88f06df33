"""Files as people have them: what cannot be read whole is told, and nothing that counts is written over."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart
from openpyxl.worksheet.worksheet import Worksheet

from tests.core.test_workbooks import changed
from tests.matching.engine.folder import MENTEES, MENTORS, Folder, workbook

TWO = [("Mira", "Ines"), ("Sam", "Kofi")]
UNPARTNERED = (
    'the row that starts here cannot be read. Look for a quotation mark (") without its partner; one that is part of '
    "the text is written twice, and the whole text stands in quotes. A cell holds 131072 characters at most."
)


# Text


def test_line_ends_of_an_old_mac_are_read(folder: Folder) -> None:
    folder.put("mentees.csv", MENTEES.replace("\n", "\r"))
    folder.run()
    assert folder.pairs() == TWO


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_unicode_text_of_excel_is_read(folder: Folder, encoding: str) -> None:
    text = MENTEES.replace(",", "\t").replace("Sam", "José")
    folder.put("mentees.txt", text if encoding == "utf-16" else "\ufeff" + text, encoding)
    folder.run(mentees="mentees.txt")
    assert [row[0] for row in folder.table("pairs.csv", "\t")[1:]] == ["Mira", "José"]


@pytest.mark.parametrize("content", [b"\xff\xfen", b"n\0a\0m\0e\0", b"name\nMira\x81"])
def test_what_is_no_text_is_refused(folder: Folder, content: bytes) -> None:
    (folder.path / "mentees.csv").write_bytes(content)
    assert folder.flaws() == [
        "mentees.csv: the text is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8."
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('name,unit\nMira,a\nSam,"b\nAda,c\n', 3),
        ('name,unit\nMira,"two\nlines"\nSam,"b\nAda,c\n', 4),
        ('sep=,\nname,unit\nMira,a\nSam,"b\n', 4),
        ('name,unit\nMira,"a" or b\n', 2),
        ('name,unit\nMira,"' + "x\n" * 90_000, 2),
        ("name,unit\nMira," + "x" * 140_000, 2),
        ('"name,unit\nMira,a\n', 1),
    ],
)
def test_a_quote_without_its_partner_is_named_by_its_line(folder: Folder, text: str, line: int) -> None:
    folder.put("mentees.csv", text)
    assert folder.flaws() == [f"mentees.csv, line {line}: {UNPARTNERED}"]


@pytest.mark.parametrize("first", ["sep=;\r\n", '"SEP=;"\n', "sep=|\r"])
def test_a_first_line_that_tells_the_separator_is_no_row(folder: Folder, first: str) -> None:
    mark = "|" if "|" in first else ";"
    folder.put("mentees.csv", first + "name,needs\nMira,career\nSam,x\n".replace(",", mark))
    assert folder.flaws() == [
        'mentees.csv, row 3, column B (needs): "x" is none of career, technical or belonging. '
        "Write one of these."
    ]


@pytest.mark.parametrize("title", ["Our mentees", "Our mentees,,,", "Our mentees,2026"])
def test_a_title_above_the_headings_is_told_once(folder: Folder, title: str) -> None:
    folder.put("mentees.csv", f"{title}\n{MENTEES}")
    assert folder.flaws() == [
        'mentees.csv, row 1: "Our mentees" and the rest of this row name fewer columns than every row below has '
        "cells. The names of the columns must be in row 1: delete what stands above them, and name each column."
    ]


def test_the_way_an_accent_is_coded_does_not_matter(folder: Folder) -> None:
    folder.put("mentees.csv", "name,exclude\nMira,José\n")
    folder.put("mentors.csv", "name\nJose\u0301\n")
    folder.run()
    assert folder.pairs() == []


# Workbooks


def book_of(path: Path, *titles: str) -> tuple[Workbook, list[Worksheet]]:
    """A workbook with one person on each sheet, named as the sheet."""
    book = Workbook()
    book.remove(book.active)
    sheets = [book.create_sheet(title) for title in titles]
    for sheet in sheets:
        sheet.append(["name", "unit"])
        sheet.append([sheet.title, "a"])
    book.save(path)
    return book, sheets


def test_the_first_sheet_to_be_seen_is_read_and_named(folder: Folder) -> None:
    path = folder.path / "mentees.xlsx"
    book, sheets = book_of(path, "Old", "New", "Notes")
    sheets[0].sheet_state = "hidden"
    book.save(path)
    assert folder.run(mentees=path.name)[0] == 'mentees.xlsx: sheet "New" was read, no other.'
    assert [pair[0] for pair in folder.pairs()] == ["New"]
    book_of(path, "Only")
    assert folder.run(mentees=path.name)[0] == "1 mentee; 2 mentors with 2 places."


def test_a_workbook_without_a_sheet_to_be_seen_is_refused(folder: Folder) -> None:
    flaw = "mentees.xlsx: no sheet with cells is to be seen in it. Unhide the sheet to be read."
    path = folder.path / "mentees.xlsx"
    book, sheets = book_of(path, "Old")
    book.create_chartsheet("Chart").add_chart(BarChart())
    sheets[0].sheet_state = "veryHidden"
    book.save(path)
    assert folder.flaws(mentees=path.name) == [flaw]
    book.remove(sheets[0])
    book.save(path)
    assert folder.flaws(mentees=path.name) == [flaw]
    book.create_chartsheet("Empty")
    book.save(path)
    assert folder.flaws(mentees=path.name) == [
        "mentees.xlsx: this is no Excel workbook that can be read. Save it as .csv or .xlsx."
    ]


def test_a_workbook_that_says_it_is_smaller_than_it_is_is_read_whole(folder: Folder) -> None:
    path = folder.path / "mentees.xlsx"
    workbook(path, [["name", "unit"], ["Mira", "a"], ["Sam", "b"]])
    with_rows = path.read_bytes()
    sheet = "xl/worksheets/sheet1.xml"
    path.write_bytes(changed(with_rows, sheet, part(with_rows, sheet).replace(b'"A1:B3"', b'"A1:A2"')))
    assert folder.run(mentees=path.name)[0] == "2 mentees; 2 mentors with 2 places."
    assert [row[0] for row in folder.table("pairs.csv")[1:]] == ["Mira", "Sam"]


def part(content: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(content)) as packed:
        return packed.read(name)


def test_merged_cells_and_formulas_without_a_result_are_told(folder: Folder) -> None:
    path = folder.path / "mentees.xlsx"
    book, (sheet,) = book_of(path, "Only")
    for row in range(3, 10):
        sheet.append([f"P{row}", None, f"=ROW(A{row})"])
    sheet["C1"] = "mentors wanted"
    sheet.merge_cells("B2:B4")
    book.save(path)
    assert folder.flaws(mentees=path.name) == [
        "mentees.xlsx: cells are merged (B2:B4), and only the first of them holds the text. "
        "Unmerge them, and write the text into each.",
        "mentees.xlsx: formulas have no result in the file (C3, C4, C5, C6, C7 and 2 more). Open it in your "
        "spreadsheet program, save it and try again, or write what should stand there.",
    ]


def test_zeros_in_front_of_an_id_are_those_that_its_format_shows(folder: Folder) -> None:
    """Otherwise this would be two people, and one of them mentored by the other."""
    path = folder.path / "mentees.xlsx"
    workbook(path, [["id", "name", "level"], [123, "Mira", 1], [7, "Sam", 2]])
    book = load_workbook(path)
    book.active["A2"].number_format = "00000"
    book.active["C2"].number_format = "000"
    book.save(path)
    folder.put("mentors.csv", "id,name,level\n00123,Mira,3\n")
    folder.run(mentees=path.name)
    assert [row[:4] for row in folder.table("pairs.csv")[1:]] == [["Sam", "7", "Mira", "00123"]]


def test_what_stands_where_a_formula_fails_is_told(folder: Folder) -> None:
    path = folder.path / "mentees.xlsx"
    workbook(
        path, [["name", "unit", "own", "skills"], ["Mira", "#REF!", "#N/A", None], ["Sam", "a", 1, "#NAME?"]]
    )
    folder.put("mentors.csv", "name,capacity\nInes,#DIV/0!\nKofi,#n/a\n")
    past = folder.put("past.csv", "mentee,mentor\nMira,Ines\nSam,#VALUE!\n")
    fails = "is what a spreadsheet writes where a formula fails. Put the formula right, or clear the cell."
    assert folder.flaws("--past", past, mentees=path.name) == [
        f"mentees.xlsx, row 2, column B (unit): #REF! {fails}",
        f"mentees.xlsx, row 3, column D (skills): #NAME? {fails}",
        f"mentors.csv, row 2, column B (capacity): #DIV/0! {fails}",
        f"mentors.csv, row 3, column B (capacity): #n/a {fails}",
        f"past.csv, row 3, column B (mentor): #VALUE! {fails}",
    ]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (b'<c r="B2"><f>1+1</f><v>2</v></c>', "mentees.xlsx has 2 places"),
        (b'<c r="B2" t="str"><f>IF(A2="","x","")</f><v></v></c>', "an empty text is a result"),
    ],
)
def test_a_formula_with_its_result_is_read(folder: Folder, cell: bytes, why: str) -> None:
    path = folder.path / "mentees.xlsx"
    workbook(path, [["name", "mentors wanted"], ["Mira", "PLACE"]])
    content = path.read_bytes()
    sheet = part(content, "xl/worksheets/sheet1.xml")
    start = sheet.index(b'<c r="B2"')
    end = sheet.index(b"</c>", start) + 4
    path.write_bytes(changed(content, "xl/worksheets/sheet1.xml", sheet[:start] + cell + sheet[end:]))
    folder.run(mentees=path.name)
    assert len(folder.pairs()) == (2 if b"<v>2" in cell else 1), why


# Results


def test_results_are_never_written_over_what_is_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.path)
    here = folder.path
    locks = folder.put("locks.csv", "mentee,mentor\nMira,Ines\n")
    (here / "x").mkdir()
    (here / "link.csv").symlink_to("mentors.csv")
    os.link(here / "locks.csv", here / "hard.csv")

    def over(result: str, path: object, option: str) -> str:
        return (
            f"{result}: the results would be written over {path}, which is read. "
            f"Give another name with --{option}."
        )

    mentees, mentors = here / "mentees.csv", here / "mentors.csv"
    assert folder.flaws("--out", "mentors.csv") == [over("mentors.csv", mentors, "out")]
    assert folder.flaws("--why", "x/../mentees.csv") == [over("x/../mentees.csv", mentees, "why")]
    assert folder.flaws("--out", "link.csv") == [over("link.csv", mentors, "out")]
    for option in ("--locks", "--past", "--keep"):
        assert folder.flaws(option, locks, "--out", "locks.csv") == [over("locks.csv", locks, "out")]
    assert folder.flaws("--locks", locks, "--why", "hard.csv") == [over("hard.csv", locks, "why")]
    assert folder.flaws("--out", "./o.csv", "--why", "x/../o.csv") == [
        "x/../o.csv: pairs and reasons need two files."
    ]
    assert (mentors.read_text(), locks.read_text()) == (MENTORS, "mentee,mentor\nMira,Ines\n")


def test_a_folder_is_no_file_for_results(folder: Folder) -> None:
    (folder.path / "d.csv").mkdir()
    path = folder.path / "d.csv"
    assert folder.flaws("--out", path) == [f"{path}: this is a folder. Give the name of a file."]


def test_if_one_result_cannot_be_written_neither_is(folder: Folder) -> None:
    (folder.path / "why.csv.part").mkdir()
    (flaw,) = folder.flaws()
    assert flaw == f"{folder.path / 'why.csv.part'}: cannot be written (is a directory)."
