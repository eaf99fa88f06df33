"""Workbooks that people bring become the CSV they would have saved."""

from __future__ import annotations

import codecs
import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from openpyxl.chart import BarChart

from core import workbooks
from core.errors import Refused
from core.forms import UploadForm
from core.workbooks import as_csv

MOST = 10_000


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(content: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for part in before.namelist():
            after.writestr(part, text if part == name else before.read(part))
    return file.getvalue()


def locked(content: bytes) -> bytes:
    """The workbook as a packer with a password marks it: each part says that it is encrypted."""
    marked = bytearray(content)
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(sign)
        while at >= 0:
            marked[at + flags] |= 1
            at = marked.find(sign, at + 4)
    return bytes(marked)


def code(content: bytes, most: int = MOST) -> str:
    with pytest.raises(Refused) as refused:
        as_csv(content, most)
    return refused.value.code


def test_every_kind_of_cell_is_written_as_it_would_be_typed():
    day = datetime(2026, 3, 1)  # noqa: DTZ001 (a spreadsheet knows no time zone)
    content = workbook(
        ["name", "Level", None], [], ["Zoé, “Z”", 7.0, True, day, 2.5], [None, 12, False, day.replace(hour=9)]
    )
    assert as_csv(content, MOST) == (
        'name,Level\r\n""\r\n"Zoé, “Z”",7,yes,2026-03-01,2.5\r\n,12,no,2026-03-01T09:00:00\r\n'.encode(),
        "",
    )


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2", "é".encode("latin-1"), b"PK,b", b"\xff\xfe1"])
def test_what_is_no_workbook_stays_as_it_came(content):
    assert as_csv(content, MOST) == (content, "")


@pytest.mark.parametrize(
    "content", ["é\t1".encode("utf-16"), codecs.BOM_UTF16_BE + "é\t1".encode("utf-16-be")]
)
def test_unicode_text_of_excel_becomes_utf8(content):
    assert as_csv(content, MOST) == ("é\t1".encode(), "")


def test_the_first_sheet_to_be_seen_is_read_and_named_where_there_are_several():
    book = Workbook()
    book.active.append(["old"])
    book.active.sheet_state = "hidden"
    book.create_sheet("New").append(["new"])
    book.create_sheet("Later").append(["not read"])
    assert as_csv(saved(book), MOST) == (b"new\r\n", "New")
    upload = SimpleUploadedFile("people.xlsx", saved(book))
    form = UploadForm({}, {"file": upload})
    assert form.is_valid()
    assert form.cleaned_data["file"].name == "people.xlsx (New)"


def test_a_workbook_that_shows_no_cells_is_refused():
    book = Workbook()
    book.create_chartsheet("Chart").add_chart(BarChart())
    book.active.sheet_state = "hidden"
    assert code(saved(book)) == "no_sheet"
    book.remove(book.worksheets[0])
    assert code(saved(book)) == "no_sheet"
    book.create_chartsheet("Empty")  # the reader trips over it
    assert code(saved(book)) == "bad_workbook"


def test_a_workbook_that_says_it_is_smaller_than_it_is_is_read_whole():
    sheet = "xl/worksheets/sheet1.xml"
    good = workbook(["a", "b"], ["1", "2"])
    with zipfile.ZipFile(io.BytesIO(good)) as packed:
        text = packed.read(sheet)
    assert b'"A1:B2"' in text
    assert as_csv(changed(good, sheet, text.replace(b'"A1:B2"', b'"A1:A1"')), MOST) == (b"a,b\r\n1,2\r\n", "")


@pytest.mark.parametrize("read", [1 << 20, 7])
def test_merged_cells_and_formulas_without_a_result_are_refused(monkeypatch, read):
    monkeypatch.setattr(workbooks, "READ", read)
    book = Workbook()
    for row in range(1, 9):
        book.active.append(["a", f"=ROW(A{row})"])
    with pytest.raises(Refused) as refused:
        as_csv(saved(book), MOST)
    assert (refused.value.code, refused.value.message) == (
        "no_result", "Formulas have no result in the file (B1, B2, B3, B4, B5, …).",
    )  # fmt: skip
    book.active.merge_cells("A2:A4")
    with pytest.raises(Refused) as refused:
        as_csv(saved(book), MOST)
    assert (refused.value.code, refused.value.message) == (
        "merged_cells", "Cells are merged (A2:A4), and only the first of them holds the text.",
    )  # fmt: skip


def test_a_formula_has_a_result_even_if_it_is_an_empty_text():
    good = workbook(["x", "y"])
    cells = b'<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>T(C1)</f><v></v></c><c r="C1"><v>3</v></c>'
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        + cells
        + b"</row></sheetData></worksheet>"
    )
    assert as_csv(changed(good, "xl/worksheets/sheet1.xml", sheet), MOST) == (b"2,,3\r\n", "")


def test_zeros_in_front_are_kept_where_the_format_shows_them():
    book = Workbook()
    book.active.append(["id", "text", "general", "half", "below"])
    book.active.append([123, "123", 123, 1.5, -7])
    for cell, number_format in zip(book.active[2], ["00000", "00000", "0.00", "000", "000"], strict=True):
        cell.number_format = number_format
    book.active.append([123456.0, None])
    book.active["A3"].number_format = book.active["B3"].number_format = "00000000"
    assert as_csv(saved(book), MOST) == (
        b"id,text,general,half,below\r\n00123,123,123,1.5,-7\r\n00123456\r\n", ""
    )  # fmt: skip


def test_what_stands_where_a_formula_fails_is_refused():
    book = Workbook()
    for error in ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"]:
        book.active.append(["a", error])
        assert book.active.cell(book.active.max_row, 2).data_type == "e"
    with pytest.raises(Refused) as refused:
        as_csv(saved(book), MOST)
    assert (refused.value.code, refused.value.message) == (
        "failed_formulas",
        "Cells hold what is written where a formula fails, such as #N/A (B1, B2, B3, B4, B5, …).",
    )


def test_what_is_damaged_or_something_else_is_refused():
    good = workbook(["a"])
    bad = {
        "cut": good[:-200],
        "a password": locked(good),
        "no book": changed(good, "xl/workbook.xml", b"<"),
        "no sheet": changed(good, "xl/worksheets/sheet1.xml", b"<worksheet"),
    }
    assert {name: code(content) for name, content in bad.items()} == dict.fromkeys(bad, "bad_workbook")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("letter.txt", "no table")
    assert code(file.getvalue()) == "bad_workbook"


def test_what_unpacks_to_too_much_is_refused_before_and_while_it_is_read():
    assert code(changed(workbook(["a"]), "xl/styles.xml", b" " * 300_000), 10_000) == "too_big"
    long = "x" * 900
    assert code(workbook(*[[long] * 10 for _row in range(3)]), 20_000) == "too_big"


def test_a_form_gives_csv_and_says_what_is_wrong():
    def form(content: bytes) -> UploadForm:
        return UploadForm({}, {"file": SimpleUploadedFile("people.xlsx", content)})

    good = form(workbook(["email", "name"], ["a@example.org", "Ann"]))
    assert good.is_valid()
    file = good.cleaned_data["file"]
    assert (file.name, file.read()) == ("people.xlsx", b"email,name\r\na@example.org,Ann\r\n")
    bad = form(workbook(["a"])[:-200])
    assert bad.errors == {
        "file": ["This is no XLSX workbook that can be read. Save it as CSV and try again."]
    }
