"""The share of each directorate that the criteria ask for: where a run missed it, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.numbers import percentage
from matching.models import Run
from matching.moves import FigureRow, signed
from people.models import Unit

Numbers = Mapping[str, Any]  # Run.numbers; runs of before the shares were kept have none


def missed(run: Run) -> list[tuple[str, list[str]]]:
    """Why not more, and each directorate for which that is so: wanted, reached. One query where there are any."""
    rows = [row for row in _shares(run.numbers) if row["matched"] < row["wanted"]]
    names = _names(rows)
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["unit"] in names:
            found.setdefault(_why(run, row), []).append(_reached(row, names[row["unit"]]))
    return list(found.items())


def _shares(numbers: Numbers) -> Sequence[Mapping[str, int]]:
    found: Sequence[Mapping[str, int]] = numbers.get("floors", ())
    return found


def _names(rows: Sequence[Mapping[str, int]]) -> dict[int, str]:
    units = Unit.objects.filter(pk__in={row["unit"] for row in rows}) if rows else ()
    return {unit.pk: unit.name for unit in units}


def _reached(row: Mapping[str, int], name: str) -> str:
    text = _("%(unit)s: %(matched)s of %(people)s matched (%(share)s), %(wanted)s wanted.")
    return text % {**row, "unit": name, "share": percentage(_percent(row))}


def _percent(row: Mapping[str, int]) -> int:
    return round(100 * row["matched"] / row["people"])


def _why(run: Run, row: Mapping[str, int]) -> str:
    if row["able"] < row["wanted"]:
        if not row["able"]:
            return _("The rules and the minimum fit leave none of them anybody.")
        text = ngettext(
            "The rules and the minimum fit leave only %(able)s of them anybody.",
            "The rules and the minimum fit leave only %(able)s of them anybody.",
            row["able"],
        )
        return text % row
    if run.objective == Run.Objective.SCORE:
        return _("In this run the highest fit in total comes before any share.")
    why = _(
        "Places are short: one more of them would mean fewer matched in all, a place taken from those who come first, "
        "or another directorate under its share."
    )
    locked = _("Locked pairs stand in any case.") if run.numbers["locked"] else ""
    return f"{why} {locked}".strip()


def share_rows(before: Numbers, after: Numbers) -> list[FigureRow]:
    """Each directorate that is under its share on one side, as a row of the figures. One query where there are any."""
    sides = [{row["unit"]: row for row in _shares(numbers)} for numbers in (before, after)]
    short = [
        row
        for unit in dict.fromkeys([*sides[0], *sides[1]])
        if any(side[unit]["matched"] < side[unit]["wanted"] for side in sides if unit in side)
        and (row := sides[1].get(unit) or sides[0][unit])
    ]
    names = _names(short)
    return list(_rows([row for row in short if row["unit"] in names], names, sides))


def _rows(
    short: Sequence[Mapping[str, int]],
    names: Mapping[int, str],
    sides: Sequence[Mapping[int, Mapping[str, int]]],
) -> Iterator[FigureRow]:
    for row in short:
        old, new = (side.get(row["unit"]) for side in sides)
        change = new["matched"] - old["matched"] if old and new else 0
        yield FigureRow(
            label=_("%(unit)s, %(wanted)s wanted") % {"unit": names[row["unit"]], "wanted": row["wanted"]},
            before=_side(old),
            after=_side(new),
            change=signed(change) if old and new else "–",
            trend="" if not change else "better" if change > 0 else "worse",
        )


def _side(row: Mapping[str, int] | None) -> str:
    if row is None:
        return "–"
    return _("%(matched)s of %(people)s (%(share)s)") % {**row, "share": percentage(_percent(row))}
