"""Criteria and runs in short words and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.numbers import percentage
from core.ui import Bar, Link
from matching import circle_words
from matching.criteria_words import WEIGHTS
from matching.engine.field import CRITERIA, Criteria
from matching.equity import equity
from matching.flags import FLAGS
from matching.models import Run
from matching.moves import number
from matching.option_words import kept_close, proven_minimum, unusual
from matching.queries import READY, answers_of, never_asked, parts_done, published_in_part
from matching.rule_words import STAGES
from programs.labels import word
from programs.models import Program


def rules_in_words(criteria: Criteria) -> list[str]:
    """The hard rules in force, as short sentences."""
    rules = criteria.rules
    level = rules.chain_levels
    told = [
        _("Nobody mentors a direct report.")
        if level == 1
        else ngettext(
            "Nobody mentors anybody %(n)s level below in their chain of command.",
            "Nobody mentors anybody up to %(n)s levels below in their chain of command.",
            level,
        )
        % {"n": level},
        _("Nobody is paired who was excluded by hand.") if rules.exclusions else "",
        _("The same two are never paired again.") if rules.past_pairs else "",
        _("Both are in the same strand.") if rules.same_strand else "",
        _("They share a language.") if rules.shared_language else "",
        _("They are free at the same time at least once a week.") if rules.shared_availability else "",
    ]
    if rules.unit:
        other = rules.unit == "other"
        told.append(
            _("They work in different directorates.") if other else _("They work in the same directorate.")
        )
    return [sentence for sentence in [*told, *_limits(criteria)] if sentence]


def _limits(criteria: Criteria) -> Iterator[str]:
    """The rules that are a figure."""
    if (gap := criteria.rules.min_level_gap) is not None:
        yield ngettext(
            "At least %(n)s career level lies between them.",
            "At least %(n)s career levels lie between them.",
            abs(gap),
        ) % {"n": gap}
    if (hours := criteria.rules.max_hours_apart) is not None:
        yield ngettext(
            "Their time zones are %(n)s hour apart at most.",
            "Their time zones are %(n)s hours apart at most.",
            hours,
        ) % {"n": hours}
    if criteria.min_fit:
        yield _("No pair fits less than %(n)s of 100.") % {"n": criteria.min_fit}


def criteria_bars(criteria: Criteria) -> list[Bar]:
    """The weights, the heaviest first; those that are off are left out."""
    weights = [(name, getattr(criteria.weights, name)) for name in CRITERIA]
    bars = [Bar(WEIGHTS[name], weight) for name, weight in weights if weight]
    return sorted(bars, key=lambda bar: -bar.value)


def stage_words(run: Run) -> str:
    """What a run does now; of a run in parts also how many are solved."""
    words = str(STAGES[run.stage])
    done, count = parts_done(run) if run.stage == "solving" else (0, 0)
    if not count:
        return words
    number = {"stage": words, "number": min(done + 1, count), "count": count}
    return _("%(stage)s: part %(number)s of %(count)s") % number


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of versions; `parts` are its figures, of pairs and then of circles."""

    run: Run
    state: str
    kind: str  # color of its state
    numbers: Mapping[str, Any]
    parts: Sequence[Mapping[str, Any]]
    before: int | None = None  # number of the ready run before it, to compare with

    @property
    def options(self) -> list[str]:
        """What was chosen beside the criteria, where that is not the usual."""
        return unusual(self.run)


_KINDS = {
    Run.State.QUEUED: "wait",
    Run.State.RUNNING: "wait",
    Run.State.CERTIFIED: "on",
    Run.State.PUBLISHED: "ok",
    Run.State.FAILED: "late",
    Run.State.CANCELLED: "plain",
}


def run_lines(runs: Sequence[Run]) -> list[RunLine]:
    """Rows of the list of runs, which are given newest first."""
    ready = [run.number for run in runs if run.state in READY]
    before = dict(pairwise(ready))
    in_part = published_in_part(runs)
    return [
        RunLine(run, *_state(run, in_part), run.numbers, _parts(run.numbers), before.get(run.number))
        for run in runs
    ]


def _state(run: Run, in_part: set[int]) -> tuple[str, str]:
    """The state in words, and its color."""
    if run.pk in in_part:
        return _("Published in part"), "on"
    if run.problem == "same":
        return _("Nothing new"), "plain"
    return run.get_state_display(), _KINDS[Run.State(run.state)]


def only_circles(run: Run) -> bool:
    """Whether the run had nobody to pair and forms circles."""
    return bool(run.numbers.get("circles")) and not run.numbers["mentees"]


def _parts(numbers: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Figures of pairs, unless there was nobody to pair, and of circles; one name for each."""
    found: list[Mapping[str, Any]] = []
    circles = numbers.get("circles")
    if numbers and (numbers["mentees"] or not circles):
        found.append({**numbers, "made": numbers["pairs"], "met": sum(numbers["wishes"].values())})
    if circles:
        # Runs of before the figures of circles were kept lack some.
        lacking = dict.fromkeys(("median", "lowest", "wishers", "new"))
        found.append({**lacking, **circles, "made": circles["circles"], "met": circles.get("wishes_met")})
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run with its name; `note` says more of it, `url` leads to what is behind it."""

    label: str
    text: str
    note: str = ""
    url: str = ""


def run_figures(run: Run, pictures: str) -> list[tuple[str, list[Figure]]]:
    """The run's figures by kind, with stability and equity; three queries. `pictures` is where equity is told."""
    parts = _parts(run.numbers)
    found = [(_kind(part) if len(parts) > 1 else "", list(_figures(part))) for part in parts]
    if found and (least := _least_served(run)):
        found[0][1].append(replace(least, url=pictures))
    return found


def _kind(part: Mapping[str, Any]) -> str:
    return _("Circles") if "placed" in part else _("Pairs")


def _figures(part: Mapping[str, Any]) -> Iterator[Figure]:
    yield Figure(_kind(part), number(part["made"]))
    for key, label in (
        ("total", _("Fit in total")),
        ("median", _("Median fit")),
        ("lowest", _("Lowest fit")),
    ):
        if part.get(key) is not None:
            yield Figure(label, number(part[key]))
    if part.get("met") is not None:
        values = {"met": part["met"], "wishers": part["wishers"]}
        none = part["wishers"] == 0
        yield Figure(_("Wishes met"), _("nobody wished") if none else _("%(met)s of %(wishers)s") % values)
    if part.get("blocking") is not None:
        note = _("Two who are not paired, though both would fit better together than as they are.")
        yield Figure(_("Would rather have each other"), number(part["blocking"]), note)


def _least_served(run: Run) -> Figure | None:
    """The group with the smallest share matched."""
    groups = [
        (group.share, grouping.label, group.label) for grouping in equity(run) for group in grouping.groups
    ]
    if not groups:
        return None
    share, way, label = min(groups, key=lambda group: group[0])
    if share == max(group[0] for group in groups):
        text = _("all alike, %(share)s") % {"share": percentage(share)}
    else:
        text = _("%(way)s: %(group)s, %(share)s") % {"way": way, "group": label, "share": percentage(share)}
    return Figure(_("Least served group"), text, _("Of groups of at least five people."))


def lede(run: Run, program: Program) -> str:
    """What the run reached and who knows of it, in one line."""
    numbers = run.numbers
    new, placed = (
        numbers["mentees"] - numbers.get("further", 0),
        numbers["covered"] - numbers.get("further_served", 0),
    )
    total = new or numbers["mentees"]
    values = {
        "number": run.number,
        "covered": placed if new else numbers["covered"],
        "total": total,
        "mentees": word(program, "mentee" if total == 1 else "mentees"),
    }
    if run.objective == Run.Objective.PEOPLE:
        found = _(
            "Run %(number)s is proven optimal: as many as can be are matched, %(covered)s of %(total)s %(mentees)s."
        )
    else:
        found = _(
            "Run %(number)s is proven optimal: no better fit in total. Matched: %(covered)s of %(total)s %(mentees)s."
        )
    if run.published_at:
        told = _published(run, date_format(localtime(run.published_at), "DATE_FORMAT"))
    elif (answers := answers_of(run))["asked"] or answers["back"]:
        told = _asked(run, answers)
    else:
        told = _("Nobody has been told.")
    if field := run.certificate.get("field"):
        found += " " + _("None of all %(pairs)s possible pairs would improve that.")
        values["pairs"] = number_format(field["eligible"], force_grouping=True)
    groups = circle_words.reached(numbers["circles"]) if numbers.get("circles") else ""
    if groups and not numbers["mentees"]:
        return f"{groups} {told}"
    return " ".join(
        filter(None, [found % values, _another(numbers), proven_minimum(run), kept_close(run), groups, told])
    )


def _asked(run: Run, answers: Mapping[str, int]) -> str:
    if answers["back"] and not answers["wait"]:
        return (
            _("Both sides were asked, then the open questions were called back; answers given: %(answered)s.")
            % answers
        )
    if missing := never_asked(run):
        text = ngettext(
            "Both sides have been asked, but for %(n)s pair; answers so far: %(answered)s of %(asked)s.",
            "Both sides have been asked, but for %(n)s pairs; answers so far: %(answered)s of %(asked)s.",
            missing,
        )
        return text % {"n": missing, **answers}
    return _("Both sides have been asked; answers so far: %(answered)s of %(asked)s.") % answers


def _published(run: Run, day: str) -> str:
    """How much is published; a circle is as soon as one seat of it."""
    counts = run.proposals.aggregate(
        every=Count("pk", filter=Q(circle=None)),
        out=Count("published_at", filter=Q(circle=None)),
        circles=Count("circle", distinct=True),
        begun=Count("circle", distinct=True, filter=~Q(published_at=None)),
    )
    if counts["out"] == counts["every"] and counts["begun"] == counts["circles"]:
        return _("Published on %(day)s.") % {"day": day}
    if not counts["circles"]:
        text = _("Published so far: %(out)s of %(every)s pairs, the first on %(day)s.")
    elif not counts["every"]:
        text = _("Published so far: %(begun)s of %(circles)s circles, the first on %(day)s.")
    else:
        text = _(
            "Published so far: %(out)s of %(every)s pairs and %(begun)s of %(circles)s circles, "
            "the first on %(day)s."
        )
    return text % {**counts, "day": day}


def _another(numbers: Mapping[str, Any]) -> str:
    """Those who had a mentor before this run and get one more; "" where the first sentence counts no others."""
    served = numbers.get("further_served", 0)
    if not served or numbers["mentees"] == numbers["further"]:
        return ""
    text = ngettext(
        "%(n)s person who has a mentor gets another one.",
        "%(n)s people who have a mentor get another one.",
        served,
    )
    return text % {"n": served}


def chips(
    request: HttpRequest, counted: Mapping[str, int], show: str, before: Run | None, program: Program
) -> list[Link]:
    """The ready-made filters with their counts; search and order stay."""
    labels: dict[str, tuple[Any, int]] = {"": (_("All pairs"), counted["all"])}
    for name, label in FLAGS.items():
        if name in ("low", "wish") or (counted[name] and name not in ("full", "new")):
            labels[name] = (label, counted[name])
    labels["locked"] = (pgettext("plural", "Locked"), counted["locked"])
    if before:
        labels["new"] = (_("New since run %(number)s") % {"number": before.number}, counted["new"])
    if counted["circles"]:
        labels = labels if counted["all"] else {}
        labels["circles"] = (_("Circles"), counted["circles"])
    labels["unmatched"] = (
        _("Unmatched %(mentees)s") % {"mentees": word(program, "mentees")},
        counted["unmatched"],
    )
    if counted["another"]:
        labels["another"] = (
            _("Want another match"),
            counted["another"],
        )
    labels["free"] = (_("Free %(mentors)s") % {"mentors": word(program, "mentors")}, counted["free"])
    found = []
    for code, (label, count) in labels.items():
        query = request.GET.copy()
        for name in ("show", "page", "pair"):
            query.pop(name, None)
        if code:
            query["show"] = code
        kind = "late" if code == "unmatched" and count else ""
        found.append(Link(label, f"?{query.urlencode()}", current=code == show, count=count, kind=kind))
    return found
