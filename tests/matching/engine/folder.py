"""A folder with two sheets, and what a run of the command line makes of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from matching.engine.__main__ import main

Rows = list[list[str]]
MENTEES = "name,email,strand,level,skills\nMira,m@x.org,a,3,python\nSam,s@x.org,a,3,sql\n"
MENTORS = "name,email,strand,level,skills,capacity\nInes,i@x.org,a,5,python,1\nKofi,k@x.org,a,6,sql,1\n"


WHO = "nothing says who is who. The names of the columns must be in row 1, with one of name, email or id."


class Folder:
    """Two sheets and what a run makes of them."""

    def __init__(self, path: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.path, self._capture = path, capture
        self.put("mentees.csv", MENTEES)
        self.put("mentors.csv", MENTORS)

    def put(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        (self.path / name).write_bytes(text.encode(encoding))
        return self.path / name

    def run(self, *options: object, mentees: str = "mentees.csv", mentors: str = "mentors.csv") -> list[str]:
        """Lines of a run that goes well."""
        assert self.code(*options, mentees=mentees, mentors=mentors) == 0, self.errors
        return self.lines

    def code(self, *options: object, mentees: str = "mentees.csv", mentors: str = "mentors.csv") -> int:
        out = ["--out", str(self.path / "pairs.csv"), "--why", str(self.path / "why.csv")]
        sheets = [str(self.path / mentees), str(self.path / mentors)]
        code = main([*sheets, *out, *map(str, options)])
        told = self._capture.readouterr()
        self.lines, self.errors = told.out.splitlines(), told.err.splitlines()
        return code

    def flaws(self, *options: object, **names: str) -> list[str]:
        """What is wrong, one line each; nothing may have been written."""
        before = sorted(self.path.iterdir())
        assert self.code(*options, **names) == 2
        assert sorted(self.path.iterdir()) == before
        count = len(self.errors) - 1
        counted = "one thing has" if count == 1 else f"{count} things have"
        assert self.errors[-1] == f"Nothing was written: {counted} to be put right."
        return self.errors[:-1]

    def table(self, name: str, separator: str = ",") -> Rows:
        with (self.path / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter=separator))

    def pairs(self) -> list[tuple[str, str]]:
        return [(row[0], row[2]) for row in self.table("pairs.csv")[1:]]


def workbook(path: Path, rows: list[list[Any]]) -> None:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
