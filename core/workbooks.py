"""XLSX workbooks that people bring, as the CSV that they would save."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from core.errors import Refused

START = b"PK\x03\x04"
UNPACKED = 10  # times the most bytes of a file that a workbook may hold when it is unpacked
# What the reader raises where parts are missing, cut or not as they should be; RuntimeError for one with a password.
DAMAGED = (
    BadZipFile, KeyError, IndexError, OSError, ValueError, TypeError, RuntimeError, EOFError, ParseError, zlib.error,
)  # fmt: skip


def as_csv(content: bytes, most: int) -> bytes:
    """The first sheet of a workbook as CSV in UTF-8, `most` bytes of it; what is no workbook as it came.

    Raises Refused: bad_workbook, too_big.
    """
    if not content.startswith(START):
        return content
    from openpyxl import load_workbook

    file = io.BytesIO(content)
    try:
        with ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED * most:
                raise _too_big()
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        return _written(sheet.iter_rows(values_only=True), most)
    except DAMAGED:
        raise Refused(
            "bad_workbook",
            _("This is no XLSX workbook that can be read."),
            _("Save it as CSV and try again."),
        ) from None


def _written(rows: Iterable[Iterable[Any]], most: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        writer.writerow(cells or [""])
        if text.tell() > most:
            raise _too_big()
    return text.getvalue().encode()


def _text(value: Any) -> str:
    """A cell as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _too_big() -> Refused:
    return Refused("too_big", _("This workbook holds too much."), _("Split it and bring in the parts."))
