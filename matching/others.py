"""Why not any other: what a pair that a run did not make would cost, and what would win it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Refused
from core.french import elided
from matching import left_words, rule_words
from matching.domain.findings import Findings
from matching.engine import solve
from matching.loaded import Loaded, load_engine
from matching.models import Proposal, Run
from participants.models import Enrollment

MOST = 8  # people found by a name
SOLVABLE = 500_000  # candidate pairs up to which "one more place" is solved anew while the reader waits


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about the pair asked for."""

    mentee: Enrollment
    mentor: Enrollment
    told: left_words.WishTold | None
    wins: list[str]
    refused: Refused | None = None


def people_named(run: Run, proposal: Proposal, name: str) -> list[Enrollment]:
    """Others of the cohort by a part of their name, mentors first."""
    if not name.strip():
        return []
    people = Enrollment.objects.filter(cohort=run.cohort_id, state=Enrollment.State.ACCEPTED)
    named = Q(person__full_name__icontains=name) | Q(person__preferred_name__icontains=name)
    others = people.filter(named).exclude(pk__in=[proposal.mentee_id, proposal.mentor_id])
    return list(
        others.select_related("person__unit__top").order_by("-role", "person__full_name", "pk")[:MOST]
    )


def why_not_other(run: Run, proposal: Proposal, other: Enrollment) -> Answer:
    """The other person in place of the one of the same side."""
    is_mentor = other.role == Enrollment.Role.MENTOR
    mentee = proposal.mentee if is_mentor else other
    mentor = other if is_mentor else proposal.mentor
    try:
        loaded = load_engine(run)
    except Refused as refused:
        return Answer(mentee, mentor, None, [], refused)
    rows = {pk: row for row, pk in enumerate(loaded.snapshot.mentees.enrollment)}
    if mentee.pk not in rows:
        found: dict[str, Any] = {"outcome": "absent"}
    else:
        found = Findings(*loaded).ask(rows[mentee.pk], mentor.person_id)
    absent = mentee if mentee.pk not in rows else mentor
    told = left_words.told_of(
        found, (absent if found["outcome"] == "absent" else mentor).person.name, mentee.person.name
    )
    return Answer(mentee, mentor, told, _wins(loaded, found, mentee, mentor))


def _wins(loaded: Loaded, found: dict[str, Any], mentee: Enrollment, mentor: Enrollment) -> list[str]:
    """What would have to be different, each a sentence."""
    if found["outcome"] == "rule":
        if any(rule in left_words.FOR_GOOD for rule in found["rules"]):
            return [_("Nothing: such a pair is never made.")]
        text = _("Loosening the rule “{rule}”.")
        return [format_html(text, rule=rule_words.RULES[rule]) for rule in found["rules"]]
    if found["outcome"] == "full":
        return [elided(format_html(_("A free place with {mentor}."), mentor=mentor.person.name))]
    if found["outcome"] != "cost":
        return []
    wins: list[str] = []
    points = round(found["points"])
    if points > 0 and left_words.costs_fit_alone(found):
        text = ngettext("A fit higher by {points} point.", "A fit higher by {points} points.", points)
        wins.append(format_html(text, points=points))
    if (
        loaded.field.complete
        and len(loaded.problem.score) <= SOLVABLE
        and _with_one_more_place(loaded, mentee, mentor)
    ):
        wins.append(elided(format_html(_("One more place with {mentor}."), mentor=mentor.person.name)))
    return wins


def _with_one_more_place(loaded: Loaded, mentee: Enrollment, mentor: Enrollment) -> bool:
    row = loaded.snapshot.mentees.enrollment.index(mentee.pk)
    column = loaded.snapshot.mentors.enrollment.index(mentor.pk)
    capacity = loaded.problem.capacity.copy()
    capacity[column] += 1
    solution = solve(
        replace(loaded.problem, capacity=capacity),
        objective=loaded.solution.objective,
        min_score=loaded.solution.min_score,
    )
    return bool(((solution.mentee == row) & (solution.mentor == column)).any())
