"""Two sets of pairs beside each other: who moves, who is left out, who gets in, and the figures of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matching.models import Proposal, Run
from participants.models import Enrollment

Held = dict[int, dict[int, int]]  # score 0-100 by mentee and mentor enrollment


class Partner(NamedTuple):
    """A mentor with the fit of the pair."""

    enrollment: Enrollment
    score: int


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes different for one mentee; `kind` is moved, out or into."""

    mentee: Enrollment
    kind: str
    before: list[Partner]
    after: list[Partner]
    by_hand: bool = False  # decided by the manager, not by the run


def held(pairs: Iterable[tuple[int, int, int]]) -> Held:
    """(mentee, mentor, score) rows by mentee."""
    found: Held = {}
    for mentee, mentor, score in pairs:
        found.setdefault(mentee, {})[mentor] = score
    return found


def held_by(*runs: Run) -> list[Held]:
    """The pairs that each of these runs proposes, in one query."""
    found: dict[int, Held] = {run.pk: {} for run in runs}
    rows = Proposal.objects.filter(run__in=found).order_by()
    for run, mentee, mentor, score in rows.values_list("run_id", "mentee_id", "mentor_id", "score"):
        found[run].setdefault(mentee, {})[mentor] = score
    return [found[run.pk] for run in runs]


def different(before: Held, after: Held) -> list[int]:
    """Mentees whose mentors differ."""
    return sorted(
        mentee
        for mentee in before.keys() | after.keys()
        if _mentors(before, mentee) != _mentors(after, mentee)
    )


def _mentors(pairs: Held, mentee: int) -> set[int]:
    return set(pairs.get(mentee, {}))


def kind_of(mentee: int, before: Held, after: Held) -> str:
    """Whether the mentee moves, is left out or gets in."""
    if mentee not in after:
        return "out"
    return "moved" if mentee in before else "into"


def moves(
    before: Held, after: Held, mentees: Iterable[int], by_hand: Iterable[tuple[int, int]] = ()
) -> list[Move]:
    """These mentees with the mentors that only one side has, left out first; one query. `by_hand`: pairs decided."""
    mentees = list(mentees)
    asked = {pair[0] for pair in by_hand}
    ids = set(mentees)
    for mentee in mentees:
        ids |= _mentors(before, mentee) | _mentors(after, mentee)
    people = Enrollment.objects.select_related("person__unit__top").in_bulk(ids)

    def partners(pairs: Held, mentee: int) -> list[Partner]:
        mine = pairs.get(mentee, {})
        rows = [Partner(people[mentor], score) for mentor, score in mine.items() if mentor in people]
        return sorted(rows, key=lambda row: row.enrollment.person.full_name)

    order = {"out": 0, "into": 1, "moved": 2}
    found = [
        Move(
            people[mentee],
            kind_of(mentee, before, after),
            partners(before, mentee),
            partners(after, mentee),
            mentee in asked,
        )
        for mentee in mentees
        if mentee in people
    ]
    return sorted(found, key=lambda move: (order[move.kind], move.mentee.person.full_name, move.mentee.pk))


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of both, as text; `trend` is better, worse or empty."""

    label: str | Promise
    before: str
    after: str
    change: str
    trend: str


# Key, label, and whether more is better (-1: less is, 0: neither).
_FIGURES: list[tuple[str, str | Promise, int]] = [
    ("covered", gettext_lazy("People matched"), 1),
    ("pairs", gettext_lazy("Pairs"), 1),
    ("mean", gettext_lazy("Mean fit"), 1),
    ("median", gettext_lazy("Median fit"), 1),
    ("lowest", gettext_lazy("Lowest fit"), 1),
    ("total", gettext_lazy("Fit in total"), 1),
    ("wishes_met", gettext_lazy("Wishes met"), 1),
    ("left_out_served", gettext_lazy("Left out before, matched now"), 1),
    ("blocking", gettext_lazy("Not paired, though both would fit better together"), -1),
    ("locked", gettext_lazy("Pairs that were locked then"), 0),
]
_SHARES = {"covered": "mentees", "placed": "mentees"}
_CIRCLES: list[tuple[str, str | Promise, int]] = [
    ("placed", gettext_lazy("People in a circle"), 1),
    ("circles", gettext_lazy("Circles"), 0),
    ("closed", gettext_lazy("Hosts without a circle"), 0),
    ("median", gettext_lazy("Median fit in circles"), 1),
    ("lowest", gettext_lazy("Lowest fit in circles"), 1),
    ("total", gettext_lazy("Fit in total in circles"), 1),
    ("wishes_met", gettext_lazy("Wishes for a host met"), 1),
]


def figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FigureRow]:
    """The figures of two runs (`Run.numbers`) side by side; what one of them lacks is left out.

    Those of pairs are left out where neither had anybody to pair, so that a cohort of circles reads of circles.
    """
    first, second = _with_wishes(before), _with_wishes(after)
    circles = [side.get("circles") or {} for side in (before, after)]
    paired = first.get("mentees") or second.get("mentees") or not all(circles)
    pairs = list(_beside(_FIGURES, first, second)) if paired else []
    return [*pairs, *_beside(_CIRCLES, *circles)]


def _beside(
    names: Iterable[tuple[str, str | Promise, int]], first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[FigureRow]:
    for key, label, more in names:
        old, new = first.get(key), second.get(key)
        if old is None or new is None or (key == "wishes_met" and _nobody_wished(first, second)):
            continue
        if key in _SHARES:
            yield _share_row(label, key, first, second)
            continue
        change = round(new - old, 1)
        trend = "" if not change or not more else "better" if (change > 0) == (more > 0) else "worse"
        yield FigureRow(label, number(old), number(new), signed(change), trend)


def _share_row(label: str | Promise, key: str, *sides: Mapping[str, Any]) -> FigureRow:
    """So many of so many people."""
    counts = [(side[key], side[_SHARES[key]]) for side in sides]
    texts = [_("%(n)s of %(people)s") % {"n": number(n), "people": number(people)} for n, people in counts]
    change = counts[1][0] - counts[0][0]
    trend = "" if not change else "better" if change > 0 else "worse"
    return FigureRow(label, texts[0], texts[1], signed(change), trend)


def other_people(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether not as many mentees took part in two runs: then no figure says which of them is better."""
    sides = (before, before.get("circles") or {}), (after, after.get("circles") or {})
    return any(one.get("mentees") != other.get("mentees") for one, other in zip(*sides, strict=True))


def _with_wishes(numbers: Mapping[str, Any]) -> dict[str, Any]:
    wishes = numbers.get("wishes")
    return {**numbers, "wishes_met": sum(wishes.values()) if wishes else None}


def _nobody_wished(*sides: Mapping[str, Any]) -> bool:
    """Where nobody wished in either, no wish was missed: nothing is said of them."""
    return all(side.get("wishers") == 0 for side in sides)


def number(value: float) -> str:
    """A figure as text."""
    return number_format(round(value, 1) if value % 1 else int(value), use_l10n=True, force_grouping=True)


def signed(change: float) -> str:
    """A difference as text, with its sign."""
    if not change:
        return _("the same")
    return f"+{number(change)}" if change > 0 else f"−{number(-change)}"
