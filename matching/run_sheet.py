"""A run as a table: each pair with its fit, what speaks for and against it in words, and what both sides said."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from matching.flags import FLAGS
from matching.lexicon import lexicon, need
from matching.models import Run
from matching.queries import said
from matching.review import directorate
from matching.words import Reason, reasons
from participants.models import Enrollment
from programs.labels import word

_PEOPLE = ("mentee__person__unit__top", "mentor__person__unit__top", "circle")


def rows(run: Run) -> Iterator[list[Any]]:
    """The heading, then the pairs by circle and mentee; a fixed number of queries."""
    program = run.cohort.program
    yield _heading(
        *(word(program, role.value, cap=True) for role in (Enrollment.Role.MENTEE, Enrollment.Role.MENTOR))
    )
    pairs = list(
        run.proposals.select_related(*_PEOPLE).order_by("circle__number", "mentee__person__full_name", "pk")
    )
    why, answers = reasons(pairs, lexicon(program, [pair.parts for pair in pairs])), said(run)
    for pair in pairs:
        heard = answers.get(pair.pk, {})
        yield [
            *_person(pair.mentee),
            *_person(pair.mentor),
            pair.circle.number if pair.circle else "",
            pair.score,
            _told(why[pair.pk], good=True),
            _told(why[pair.pk], good=False),
            need(pair.need),
            "; ".join(str(FLAGS[name]) for name in pair.flags if name in FLAGS),
            _("yes") if pair.locked else "",
            *(_answer(heard.get(role)) for role in ("mentee", "mentor")),
            pair.published_at.date().isoformat() if pair.published_at else "",
        ]


def _heading(mentee: str, mentor: str) -> list[str]:
    about = [_("E-mail"), _("Directorate"), _("Career level")]
    sides = [title for side in (mentee, mentor) for title in (side, *(f"{side}: {one}" for one in about))]
    facts = [
        _("Circle"),
        _("Fit"),
        _("Speaks for it"),
        _("Speaks against it"),
        _("Here for"),
        _("To look at"),
    ]
    said_by = [_("What %(who)s said") % {"who": side} for side in (mentee, mentor)]
    return [*sides, *facts, _("Locked"), *said_by, _("Published on")]


def _person(row: Enrollment) -> list[Any]:
    person = row.person
    return [person.name, person.email, directorate(person), "" if person.level is None else person.level]


def _told(why: Iterable[Reason], *, good: bool) -> str:
    return " ".join(unescape(strip_tags(reason.text)) for reason in why if reason.good == good)


def _answer(row: Any) -> str:
    if row is None:
        return ""
    told = row.get_answer_display() if row.answer else _("no answer") if row.closed_at else _("no answer yet")
    return f"{told}: {row.word}" if row.word else told


def workbook(table: Iterable[list[Any]], title: str) -> bytes:
    """The table as XLSX; text stays text, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for line in table:
        cells = []
        for value in line:
            text = ILLEGAL_CHARACTERS_RE.sub(" ", str(value))
            cell = WriteOnlyCell(sheet, value if isinstance(value, int) else text)
            cell.data_type = "n" if isinstance(value, int) else "s"
            cells.append(cell)
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
