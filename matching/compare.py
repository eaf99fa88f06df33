"""Two runs of a cohort beside each other: what differs in their criteria, who moves, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.french import elided
from matching.criteria_words import LABELS
from matching.floors import share_rows
from matching.models import Exclusion, Leftover, Proposal, Run
from matching.moves import FigureRow, Move, different, figures, held_by, kind_of, moves, other_people
from matching.option_words import minimum_words, start_words
from matching.options import options_of
from matching.queries import decided
from matching.rule_words import CRITERIA, RULES
from participants.models import Enrollment
from programs.labels import in_language
from programs.models import Strand

PAGE = 25
KINDS = ("moved", "out", "gone", "done", "into")


@dataclass(frozen=True, slots=True)
class Difference:
    """A criterion that differs."""

    label: str | Promise
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A move with its reason."""

    move: Move
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page shows; `page` pages the mentees that move."""

    figures: list[FigureRow]
    other_people: bool  # so that nothing is called better or worse
    differences: list[Difference]
    decisions: int
    counts: dict[str, int]
    page: Page[Any]
    moves: list[Explained]


def compare(before: Run, after: Run, *, kind: str = "", number: str | None = None) -> Comparison:
    """Everything about two ready runs of one cohort, in a fixed number of queries; one page of the moves."""
    old, new = held_by(before, after)
    changed = different(old, new)
    kinds = {mentee: kind_of(mentee, old, new) for mentee in changed}
    kinds |= _away(before, after, kinds)
    chosen = [mentee for mentee in changed if not kind or kinds[mentee] == kind]
    order = {"out": 0, "into": 1, "moved": 2, "gone": 3, "done": 4}
    chosen.sort(key=lambda mentee: (order[kinds[mentee]], mentee))
    page = Paginator(chosen, PAGE).get_page(number)
    shown = moves(old, new, list(page.object_list))
    reasons = _Reasons(before, after, shown)
    every = list(kinds.values())
    others = other_people(before.numbers, after.numbers)
    rows = [*figures(before.numbers, after.numbers), *share_rows(before.numbers, after.numbers)]
    return Comparison(
        figures=[replace(row, trend="") for row in rows] if others else rows,
        other_people=others,
        differences=differences(before, after),
        decisions=_decisions_between(before, after),
        counts={"": len(every), **{name: every.count(name) for name in KINDS}},
        page=page,
        moves=[Explained(move, reasons.of(move)) for move in shown],
    )


def _away(before: Run, after: Run, kinds: Mapping[int, str]) -> dict[int, str]:
    """Those who are in no later pair because they are matched by now, or take no part any more."""
    out = {mentee for mentee, kind in kinds.items() if kind == "out"}
    made = Proposal.objects.filter(run=before, mentee__in=out).exclude(published_at=None).order_by()
    left = Leftover.objects.filter(run=after, enrollment__in=out).order_by()
    away = Enrollment.objects.filter(pk__in=out - set(left.values_list("enrollment", flat=True)))
    found = {pk: "done" if used else "gone" for pk, used in away.order_by().values_list("pk", "used")}
    return found | dict.fromkeys(made.values_list("mentee", flat=True), "done")


def differences(before: Run, after: Run) -> list[Difference]:
    """What the options and the criteria of the two say differently, in words where there are any."""
    return [*_options(before, after), *_criteria(before, after)]


def _options(before: Run, after: Run) -> list[Difference]:
    """The minimum fit, and the pairs kept close to: what was chosen for each run alone."""
    found = []
    if _other_minimum(before, after):
        found.append(Difference(_("Minimum fit"), minimum_words(before), minimum_words(after)))
    chosen = [options_of(run) for run in (before, after)]
    if (chosen[0].start, chosen[0].run) != (chosen[1].start, chosen[1].run):
        found.append(Difference(_("Start from"), start_words(before), start_words(after)))
    return found


def _other_minimum(before: Run, after: Run) -> bool:
    return (before.least_fit, before.raise_lowest) != (after.least_fit, after.raise_lowest)


def _criteria(before: Run, after: Run) -> list[Difference]:
    found = []
    if before.objective != after.objective:
        found.append(
            Difference(
                _("What matters most"),
                str(before.get_objective_display()),
                str(after.get_objective_display()),
            )
        )
    for name in ("rules", "weights"):
        old, new = before.criteria.get(name, {}), after.criteria.get(name, {})
        found += _differing(old, new)
    found += _sizes_differing(before, after)
    plain = [
        {k: v for k, v in run.criteria.items() if k not in ("rules", "weights")} for run in (before, after)
    ]
    return [*found, *_differing(*plain)]


def _sizes_differing(before: Run, after: Run) -> Iterator[Difference]:
    """Strands whose circles were to be of another size, or to have another number of hosts."""
    old, new = ((run.numbers.get("circles") or {}).get("sizes", {}) for run in (before, after))
    changed = [key for key in old if key in new and old[key] != new[key]]
    for strand in Strand.objects.filter(pk__in=changed).order_by("pk") if changed else ():
        key = str(strand.pk)
        yield Difference(in_language(strand.name), _size(*old[key]), _size(*new[key]))


def _size(least: int, most: int, hosts: int) -> str:
    text = ngettext(
        "%(least)s to %(most)s in a circle, one host",
        "%(least)s to %(most)s in a circle, %(hosts)s hosts",
        hosts,
    )
    return text % {"least": least, "most": most, "hosts": hosts}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    names = [
        name for name in [*old, *(name for name in new if name not in old)] if old.get(name) != new.get(name)
    ]
    return [Difference(_label(name), _value(old.get(name)), _value(new.get(name))) for name in names]


def _label(name: str) -> str | Promise:
    words: dict[str, str | Promise] = {
        **{name: LABELS[name] for name in ("min_fit", "left_out_first", "level_curve")},
        "chain_levels": RULES["chain"],
        "exclusions": RULES["exclusion"],
        "past_pairs": RULES["past_pair"],
        "same_strand": RULES["strand"],
        "shared_language": RULES["language"],
        "min_level_gap": RULES["level"],
        "max_hours_apart": RULES["time_zone"],
        "shared_availability": RULES["availability"],
        "unit_wanted": _("Which directorate is better"),
        "floor": _("Share of each directorate that should be matched, in percent"),
        **CRITERIA,
        "wish": _("Wish of a mentee"),
        "mentor_wish": _("Wish of a mentor"),
    }
    return words.get(name, name.replace("_", " "))


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return str(value)


def _decisions_between(before: Run, after: Run) -> int:
    """About how many pairs the two runs met another decision: what was undone before the later one does not count."""
    first, last = before.started_at or before.created_at, after.started_at or after.created_at
    return len({pair for pair, _kind in decided(before.cohort_id, at__gt=first, at__lte=last)})


class _Reasons:
    """Why the shown mentees move; what is asked of the database is asked once for all of them."""

    def __init__(self, before: Run, after: Run, shown: Sequence[Move]) -> None:
        mentees = [move.mentee.pk for move in shown]
        rows = Proposal.objects.filter(run__in=[before, after], mentee__in=mentees).order_by()
        self._of = {(row.run_id, row.mentee_id, row.mentor_id): row for row in rows}
        excluded = Exclusion.objects.filter(mentee__in=mentees).values_list("mentee", "mentor", "by")
        self._excluded = {(mentee, mentor): by for mentee, mentor, by in excluded}
        self._in_old, self._in_new = _take_part(before, after, shown)
        over = Proposal.objects.filter(mentee__in=mentees).exclude(over_at=None).order_by()
        self._free_again = set(over.values_list("mentee", flat=True))
        self._runs = before, after
        self._other = ""
        if _criteria(before, after):
            self._other = _("the criteria changed")
        elif _other_minimum(before, after):
            self._other = _("another minimum fit")
        elif _options(before, after):
            self._other = _("another run to start from")

    def of(self, move: Move) -> str:
        """One sentence."""
        before = [row.enrollment for row in move.before if row.enrollment.pk not in _pks(move.after)]
        after = [row.enrollment for row in move.after if row.enrollment.pk not in _pks(move.before)]
        if move.mentee.pk not in self._in_old:
            return _("looks for a match again") if move.mentee.pk in self._free_again else _("joined since")
        if before and all(self._is_published(move.mentee, mentor) for mentor in before):
            seat = self._of[self._runs[0].pk, move.mentee.pk, before[0].pk].circle_id
            return _("the circle has been published") if seat else _("the pair has been published")
        if move.mentee.pk not in self._in_new:
            return _("has found a match since") if move.mentee.used else _("takes no part any more")
        return self._by_hand(move, before, after) or self._by_people(before, after) or self._by_fit(move)

    def _is_published(self, mentee: Enrollment, mentor: Enrollment) -> bool:
        return bool(self._of[self._runs[0].pk, mentee.pk, mentor.pk].published_at)

    def _by_hand(self, move: Move, before: list[Enrollment], after: list[Enrollment]) -> str:
        new = [self._of.get((self._runs[1].pk, move.mentee.pk, mentor.pk)) for mentor in after]
        if any(row and row.locked for row in new):
            return _("locked by hand")
        for mentor in before:
            if (move.mentee.pk, mentor.pk) in self._excluded:
                return self._parted(move.mentee, mentor)
        return ""

    def _parted(self, mentee: Enrollment, mentor: Enrollment) -> str:
        """By a no of one of the two, who were asked, or by the manager."""
        by, name = self._excluded[mentee.pk, mentor.pk], {"name": mentor.person.name}
        if by == mentee.person_id:
            return _("said no to %(name)s") % name
        if by == mentor.person_id:
            return _("%(name)s said no") % name
        return elided(_("excluded by hand from %(name)s") % name)

    def _by_people(self, before: list[Enrollment], after: list[Enrollment]) -> str:
        for mentor in before:
            if mentor.pk not in self._in_new:
                return _("%(name)s has no place any more") % {"name": mentor.person.name}
        for mentor in after:
            if mentor.pk not in self._in_old:
                return _("%(name)s has joined") % {"name": mentor.person.name}
        return ""

    def _by_fit(self, move: Move) -> str:
        old, new = (max((row.score for row in side), default=None) for side in (move.before, move.after))
        if self._other:
            return self._other
        if old is not None and new is not None and new > old:
            text = _("fits better: %(new)s instead of %(old)s%(part)s")
            return text % {"new": new, "old": old, "part": self._part(move)}
        if new is None:
            return _("the place goes to somebody else")
        if old is None:
            return _("gets a place that becomes free")
        return _("makes room for somebody else")

    def _part(self, move: Move) -> str:
        """The criterion that gains the most."""
        shares = []
        for run, side in zip(self._runs, (move.before, move.after), strict=True):
            rows = [self._of.get((run.pk, move.mentee.pk, partner.enrollment.pk)) for partner in side]
            best = max((row for row in rows if row), key=lambda row: row.score, default=None)
            shares.append({part["criterion"]: part["share"] for part in best.parts} if best else {})
        gains = {name: shares[1].get(name, 0) - shares[0].get(name, 0) for name in shares[1]}
        name = max(gains, key=lambda key: gains[key], default="")
        return f" ({CRITERIA[name]})" if name and gains[name] > 0 else ""


def _pks(partners: Sequence[Any]) -> set[int]:
    return {row.enrollment.pk for row in partners}


def _take_part(before: Run, after: Run, shown: Sequence[Move]) -> tuple[set[int], set[int]]:
    """Those of the people shown who were in each run: in a pair of it, or left over by it."""
    people = {move.mentee.pk for move in shown}
    people |= {row.enrollment.pk for move in shown for row in [*move.before, *move.after]}
    found: dict[int, set[int]] = {before.pk: set(), after.pk: set()}
    pairs = Proposal.objects.filter(run__in=found).order_by()
    pairs = pairs.filter(Q(mentee__in=people) | Q(mentor__in=people))
    for run, mentee, mentor in pairs.values_list("run_id", "mentee_id", "mentor_id"):
        found[run] |= {mentee, mentor}
    left = Leftover.objects.filter(run__in=found, enrollment__in=people).order_by()
    for run, person in left.values_list("run_id", "enrollment_id"):
        found[run].add(person)
    return found[before.pk], found[after.pk]
