"""CSV files that people bring: decoded and cut into cells. What the cells mean is for others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.errors import Refused

Columns = tuple[str, ...]


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

    UTF-8, commas or semicolons. Raises Unreadable: not_utf8, and while rows are taken bad_csv.
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
    first = text.partition("\n")[0]
    rows = _rows(csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ","))
    return tuple(name.strip().lower() for name in next(rows, [])), rows


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    ahead = 1  # the number of the row that is read next
    try:
        for ahead, cells in enumerate(reader, start=2):  # noqa: B007
            yield cells
    except csv.Error as error:
        message = _("The file cannot be read: %(error)s") % {"error": error}
        raise Unreadable("bad_csv", message, row=ahead) from None
