"""Decisions by hand in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.french import elided
from matching.models import Decision, Exclusion, SideAnswer

_BY: dict[str, str | Promise] = {
    Decision.Kind.LOCK: gettext_lazy("%(by)s locked %(mentee)s with %(mentor)s."),
    Decision.Kind.UNLOCK: gettext_lazy("%(by)s unlocked %(mentee)s and %(mentor)s."),
    Decision.Kind.EXCLUDE: gettext_lazy("%(by)s excluded %(mentee)s with %(mentor)s."),
    Decision.Kind.ALLOW: gettext_lazy("%(by)s allowed %(mentee)s with %(mentor)s again."),
}
_WHAT: dict[str, str | Promise] = {
    Decision.Kind.LOCK: gettext_lazy("%(mentee)s locked with %(mentor)s"),
    Decision.Kind.UNLOCK: gettext_lazy("%(mentee)s and %(mentor)s unlocked"),
    Decision.Kind.EXCLUDE: gettext_lazy("%(mentee)s and %(mentor)s excluded"),
    Decision.Kind.ALLOW: gettext_lazy("%(mentee)s and %(mentor)s allowed again"),
}


def sentence(decision: Any) -> str:
    """Who decided what; `is_agreed` and `is_no` must have been annotated and the people fetched along."""
    by = decision.by.name if decision.by else _("Somebody who has left")
    if decision.is_agreed:
        return _("%(mentee)s and %(mentor)s agreed to be a pair.") % _names(decision)
    if decision.is_no:
        return f"{_own_no(decision)}."
    return elided(str(_BY[decision.kind]) % {"by": by, **_names(decision)})


def what(decision: Decision) -> str:
    """What was decided."""
    return str(_WHAT[decision.kind]) % _names(decision)


def _own_no(decision: Any) -> str:
    return _("%(mentee)s and %(mentor)s excluded: %(by)s said no") % {
        "by": decision.by.name,
        **_names(decision),
    }


def _names(decision: Decision) -> dict[str, str]:
    return {"mentee": decision.mentee.person.name, "mentor": decision.mentor.person.name}


def exclusion_reasons(rows: Iterable[Exclusion]) -> dict[int, str]:
    """Why each pair is excluded, by exclusion; the no of one of the two as the reader's language says it. One query."""
    rows = list(rows)
    said = SideAnswer.objects.filter(
        answer=SideAnswer.Answer.NO, proposal__mentee__in={row.mentee_id for row in rows}
    )
    words: dict[tuple[int, int, int | None], str] = {
        (mentee, mentor, by): word
        for mentee, mentor, by, word in said.values_list(
            "proposal__mentee", "proposal__mentor", "enrollment__person", "word"
        )
    }
    return {row.pk: _reason(row, words.get((row.mentee_id, row.mentor_id, row.by_id))) for row in rows}


def _reason(row: Exclusion, said: str | None) -> str:
    if said is None or row.by is None:
        return row.reason
    text = _("%(name)s said no: %(word)s") if said else _("%(name)s said no")
    return text % {"name": row.by.name, "word": said}


@dataclass(frozen=True, slots=True)
class ActTold:
    """One act with all that it decided; `first` stands for all."""

    first: Decision
    label: str
    lines: list[str]
    more: int
    can_undo: bool


SHOWN = 6  # decisions of one act that are named


def acts_told(decisions: Iterable[Any]) -> list[ActTold]:
    """Decisions of `queries.recent_decisions`, gathered by act."""
    batches: dict[object, list[Any]] = {}
    for row in decisions:
        batches.setdefault(row.batch, []).append(row)
    return [
        ActTold(
            rows[0],
            str(Decision.Act(rows[0].act).label),
            [_own_no(row) if row.is_no else what(row) for row in rows[:SHOWN]],
            max(0, len(rows) - SHOWN),
            rows[0].act != Decision.Act.UNDO
            and any(row.undone_at is None for row in rows)
            and not any(row.is_served for row in rows),
        )
        for rows in batches.values()
    ]
