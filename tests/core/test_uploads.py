"""CSV as spreadsheets write it, and what is said where the rows cannot be told apart."""

from __future__ import annotations

import pytest

from core.uploads import Unreadable, read_csv


@pytest.mark.parametrize("content", [
    "Email,Name\na,b\n\nc,d", "email;name\r\na;b\r\n\r\nc;d\r\n", "email\tname\ra\tb\r\rc\td\r",
    "sep=;\r\nemail;name\r\na;b\r\n\r\nc;d", '"SEP=|"\nemail|name\na|b\n\nc|d',
])  # fmt: skip
def test_line_ends_and_separators_of_every_spreadsheet(content: str) -> None:
    columns, rows = read_csv(content.encode())
    assert (columns, list(rows)) == (("email", "name"), [["a", "b"], [], ["c", "d"]])


def test_a_line_end_within_quotes_is_no_row() -> None:
    assert list(read_csv(b'a,b\r\n"x\r\ny",1\r\n')[1]) == [["x\r\ny", "1"]]


@pytest.mark.parametrize(("content", "row"), [
    ('a,b\n1,2\n3,"4\n5,6\n', 3), ('a,b\n"1\n1",2\n3,"4\n5,6\n', 3), ('a,b\n"1" x,2\n', 2), ('"a,b\n1,2\n', 1),
    ("sep=,\na,b\n1,\"2\n", 2), ("a,b\n1," + "x" * 140_000, 2),
])  # fmt: skip
def test_a_quote_without_its_partner_loses_no_rows_in_silence(content: str, row: int) -> None:
    with pytest.raises(Unreadable) as unreadable:
        list(read_csv(content.encode())[1])
    said = unreadable.value
    assert (said.code, said.row, said.message, said.hint) == (
        "bad_csv", row, f"Row {row} cannot be read.",
        "Look for a quotation mark without its partner, or a cell of more than 131072 characters.",
    )  # fmt: skip
