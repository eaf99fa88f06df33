"""Workbooks that people bring become the CSV they would have saved."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from core.errors import Refused
from core.forms import UploadForm
from core.workbooks import as_csv

MOST = 10_000


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("Second").append(["not read"])
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
    assert as_csv(content, MOST).decode() == (
        'name,Level\r\n""\r\n"Zoé, “Z”",7,yes,2026-03-01,2.5\r\n,12,no,2026-03-01T09:00:00\r\n'
    )


@pytest.mark.parametrize("content", [b"", b"a,b\r\n1,2", "é".encode("latin-1"), b"PK,b"])
def test_what_is_no_workbook_stays_as_it_came(content):
    assert as_csv(content, MOST) is content


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
