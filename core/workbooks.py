"""XLSX workbooks that people bring, as the CSV that they would save."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from core.errors import Refused

START = b"PK\x03\x04"
UNPACKED = 10  # times the most bytes of a file that a workbook may hold when it is unpacked
WIDE = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE  # how "Unicode Text" of Excel starts
MARKS = re.compile(rb"[<:](?:f|mergeCell)[\s/>]")  # formulas and merged cells
LONGEST = 11  # bytes of a mark that may be cut
READ = 1 << 20
ZEROS = re.compile("0+")  # a number format
NAMED = 5  # cells that a message names
# What the reader raises where parts are missing, cut or not as they should be; RuntimeError for one with a password,
# AttributeError for an empty chart sheet.
DAMAGED = (
    BadZipFile, KeyError, IndexError, OSError, ValueError, TypeError, RuntimeError, EOFError, ParseError, zlib.error,
    AttributeError,
)  # fmt: skip


def as_csv(content: bytes, most: int) -> tuple[bytes, str]:
    """The first sheet of a workbook that is not hidden as CSV in UTF-8, `most` bytes of it, and its name if it is one
    of several. Text in UTF-16 becomes UTF-8; what is neither stays as it came.

    Raises Refused: bad_workbook, too_big, no_sheet, merged_cells, no_result, failed_formulas.
    """
    if not content.startswith(START):
        return _as_utf8(content), ""
    from openpyxl import load_workbook

    file = io.BytesIO(content)
    try:
        with ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED * most:
                raise _too_big()
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise Refused(
                "no_sheet",
                _("This workbook shows no sheet with cells."),
                _("Unhide the sheet to be read and try again."),
            )
        _check_cells(sheet)
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        written = _written(sheet.iter_rows(), most)
        return written, sheet.title if len(book.sheetnames) > 1 else ""
    except DAMAGED:
        raise Refused(
            "bad_workbook",
            _("This is no XLSX workbook that can be read."),
            _("Save it as CSV and try again."),
        ) from None


def _as_utf8(content: bytes) -> bytes:
    if not content.startswith(WIDE):
        return content
    try:
        return content.decode("utf-16").encode()
    except UnicodeDecodeError:
        return content


def _check_cells(sheet: Any) -> None:
    """Refuses what openpyxl gives as blank: all but the first of merged cells, and formulas never worked out."""
    from openpyxl.xml.functions import iterparse

    merged, unknown = [], []
    with sheet._get_source() as source:  # what is public tells of neither
        if not _holds(source, MARKS):  # nearly all: a search takes a tenth of the time
            return
    with sheet._get_source() as source:
        for _event, element in iterparse(source):
            tag = element.tag.rpartition("}")[2]
            if tag == "mergeCell":
                merged.append(element.get("ref"))
            elif tag == "c" and element.find("{*}f") is not None:
                # An empty text is a result; nothing at all is none.
                if not element.findtext("{*}v") and element.get("t") != "str":
                    unknown.append(element.get("r"))
            elif tag == "row":
                element.clear()
    if merged:
        raise Refused(
            "merged_cells",
            _("Cells are merged (%(cells)s), and only the first of them holds the text.")
            % {"cells": _some(merged)},
            _("Unmerge them, write the text into each and try again."),
        )
    if unknown:
        raise Refused(
            "no_result",
            _("Formulas have no result in the file (%(cells)s).") % {"cells": _some(unknown)},
            _("Open it in your spreadsheet program, save it and try again."),
        )


def _holds(source: IO[bytes], marks: re.Pattern[bytes]) -> bool:
    before = b""
    while chunk := source.read(READ):
        if marks.search(before + chunk):
            return True
        before = chunk[-LONGEST:]
    return False


def _some(cells: list[str]) -> str:
    return ", ".join([*cells[:NAMED], *["…"] * (len(cells) > NAMED)])


def _written(rows: Iterable[Sequence[Any]], most: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    failed: list[str] = []
    for row in rows:
        failed += [cell.coordinate for cell in row if cell.data_type == "e"]
        cells = [_shown(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        writer.writerow(cells or [""])
        if text.tell() > most:
            raise _too_big()
    if failed:
        raise Refused(
            "failed_formulas",
            _("Cells hold what is written where a formula fails, such as #N/A (%(cells)s).")
            % {"cells": _some(failed)},
            _("Put the formulas right, or clear the cells, and try again."),
        )
    return text.getvalue().encode()


def _shown(cell: Any) -> str:
    """As `_text`, with the zeros in front that a format such as 00000 shows."""
    text = _text(cell.value)
    if text.isdecimal() and not isinstance(cell.value, str) and ZEROS.fullmatch(cell.number_format):
        return text.zfill(len(cell.number_format))
    return text


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
