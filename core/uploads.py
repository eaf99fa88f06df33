"""CSV files that people bring: decoded and cut into cells. What the cells mean is for others."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.errors import Refused

Columns = tuple[str, ...]
SEPARATOR = re.compile(
    r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE
)  # a first line that Excel reads, not a row


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell; `row` as a spreadsheet counts (the header is 1), 0 for the file as a whole."""

    row: int
    column: str
    message: str


class Unreadable(Refused):
    """This is no CSV; reading stopped at `row`."""

    def __init__(self, code: str, message: str | Promise, hint: str | Promise = "", *, row: int) -> None:
        super().__init__(code, message, hint)
        self.row = row


def read_csv(content: bytes) -> tuple[Columns, Iterator[list[str]]]:
    """The names of the columns in lower case, and the rows below, empty ones too, so that they can be counted.

    UTF-8; commas, semicolons or tabs. Raises Unreadable: not_utf8, and while rows are taken bad_csv.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            "not_utf8",
            _("The file is not UTF-8."),
            _("Save it as “CSV UTF-8” and try again."),
            row=content[: error.start].count(b"\n") + 1,
        ) from None
    told = SEPARATOR.match(text)
    text = text[told.end() :] if told else text
    separator = told[1] if told else max(",;\t", key=re.split(r"[\r\n]", text, maxsplit=1)[0].count)
    rows = _rows(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    return tuple(name.strip().lower() for name in next(rows, [])), rows


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    ahead = 1  # the number of the row that is read next
    try:
        for ahead, cells in enumerate(reader, start=2):  # noqa: B007
            yield cells
    except csv.Error:
        hint = _("Look for a quotation mark without its partner, or a cell of more than %(most)d characters.")
        message, most = _("Row %(row)d cannot be read.") % {"row": ahead}, {"most": csv.field_size_limit()}
        raise Unreadable("bad_csv", message, hint % most, row=ahead) from None
