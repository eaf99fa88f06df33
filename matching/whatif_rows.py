"""The answer to what if, as the rows of its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matching import words
from matching.failure_words import locks_told
from matching.lexicon import lexicon
from matching.models import Proposal
from participants.models import Enrollment
from programs.models import Program

FIGURES: list[tuple[str, str | Promise]] = [
    ("matched", gettext_lazy("Matched")),
    ("pairs", gettext_lazy("Pairs")),
    ("wishes", gettext_lazy("People with a wish met")),
]
CIRCLES: list[tuple[str, str | Promise]] = [
    ("matched", gettext_lazy("People in a circle")),
    ("circles", gettext_lazy("Circles")),
    ("wishes", gettext_lazy("People with a wish met")),
]
FITS: list[tuple[str, str | Promise]] = [
    ("median", gettext_lazy("Median fit")),
    ("lowest", gettext_lazy("Lowest fit")),
    ("total", gettext_lazy("Total fit")),
]
REASONS = 2
MOST = 3  # locked pairs that are named


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of both results; `difference` is empty where they agree, `kind` says whether it is for the better."""

    label: str | Promise
    now: str
    then: str
    difference: str
    kind: str


@dataclass(frozen=True, slots=True)
class Partner:
    """A mentor of one of the results, with the fit by the criteria asked about and what speaks for it."""

    enrollment: Enrollment
    score: int
    reasons: list[words.Reason]


@dataclass(frozen=True, slots=True)
class Change:
    """One mentee whose mentors change."""

    mentee: Enrollment
    now: list[Partner]
    then: list[Partner]


@dataclass(frozen=True, slots=True)
class Listed:
    """People named, and how many more there are."""

    count: int
    shown: list[Enrollment]

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that the page shows of an answer."""

    figures: list[Figure]
    by_present: list[Figure]
    by_asked: list[Figure]
    gained: dict[str, Listed]
    lost: dict[str, Listed]
    changed: int
    changes: list[Change]
    new_pairs: int
    proven: bool
    broken: list[
        str
    ]  # locks that the criteria in force break: then there is no present result to compare with

    @property
    def gained_any(self) -> bool:
        """Whether anybody would be matched who is not."""
        return any(side.count for side in self.gained.values())

    @property
    def lost_any(self) -> bool:
        """Whether anybody would go without."""
        return any(side.count for side in self.lost.values())

    @property
    def more(self) -> int:
        """How many changes are not told."""
        return self.changed - len(self.changes)


def comparison(program: Program, answer: Mapping[str, Any], *, circles: bool = False) -> Comparison:
    """In a fixed number of queries, however many people are told of."""
    people = _people(answer)
    partners = [entry for row in answer["changes"] for side in ("now", "then") for entry in row[side]]
    words_of = lexicon(program, [entry["parts"] for entry in partners])

    def told(mentee: Enrollment, entries: Sequence[Mapping[str, Any]]) -> list[Partner]:
        found = []
        for entry in entries:
            mentor = people[entry["mentor"]]
            pair = Proposal(mentee=mentee, mentor=mentor, score=entry["score"], parts=entry["parts"])
            why = words.reasons([pair], words_of)[pair.pk]
            found.append(Partner(mentor, entry["score"], [one for one in why if one.good][:REASONS]))
        return found

    changes = []
    for row in answer["changes"]:
        mentee = people[row["mentee"]]
        changes.append(Change(mentee, told(mentee, row["now"]), told(mentee, row["then"])))
    figures = answer["figures"]
    return Comparison(
        figures=[
            _figure(label, *figures[name])
            for name, label in (CIRCLES if circles else FIGURES)
            if name in figures
        ],
        by_present=[_figure(label, *figures[f"present_{name}"]) for name, label in FITS],
        by_asked=[_figure(label, *figures[f"asked_{name}"]) for name, label in FITS],
        gained=_listed(answer["gained"], people),
        lost=_listed(answer["lost"], people),
        changed=answer["changed"],
        changes=changes,
        new_pairs=figures["changed"][1],
        proven=answer["proven"],
        broken=locks_told(answer.get("broken", [])[:MOST]),
    )


def _people(answer: Mapping[str, Any]) -> dict[int, Enrollment]:
    named = {pk for way in ("gained", "lost") for side in answer[way].values() for pk in side["shown"]}
    for row in answer["changes"]:
        named |= {row["mentee"], *(entry["mentor"] for side in ("now", "then") for entry in row[side])}
    return Enrollment.objects.select_related("person").in_bulk(named)


def _figure(label: str | Promise, now: float, then: float) -> Figure:
    difference = then - now
    sign = "+" if difference > 0 else "−"
    said = f"{sign}{_said(abs(difference))}" if difference else ""
    return Figure(label, _said(now), _said(then), said, "ok" if difference > 0 else "late")


def _said(value: float) -> str:
    return str(number_format(int(value) if value == int(value) else value, force_grouping=True))


def _listed(sides: Mapping[str, Mapping[str, Any]], people: Mapping[int, Enrollment]) -> dict[str, Listed]:
    return {
        name: Listed(side["count"], [people[pk] for pk in side["shown"] if pk in people])
        for name, side in sides.items()
    }


def unable_words(answer: Mapping[str, Any]) -> str:
    """Why there is no answer, and what to do."""
    match answer["unable"]:
        case "nobody":
            return _("Nobody waits for a match, or no place is free. Accept applications first.")
        case "lock_rule":
            text = _("A rule would break locked pairs, and a lock is never dropped in silence.")
            return " ".join([text, *locks_told(answer["pairs"][:MOST])])
        case "lock_rule_now":
            text = _("The criteria in force break locked pairs, and a lock is never dropped in silence.")
            hint = _("Loosen the rule here to see what a run would give.")
            return " ".join([text, *locks_told(answer["pairs"][:MOST]), hint])
        case "lock_circle":
            return _("No way was found to keep all locked seats of circles. Unlock one of them first.")
        case "lock_places":
            return _("More pairs are locked than somebody has places. Unlock one of them first.")
    return _("The engine could not answer. Try a smaller change, or run the matching.")
