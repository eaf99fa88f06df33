"""The review of a run: its pairs filtered, counted and paged, and one pair in detail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from matching import left_words, words
from matching.lexicon import goal_labels, lexicon, medium, slots
from matching.models import Circle, Leftover, Lock, Outlook, Proposal, Run
from matching.queries import impossible, latest_ready
from participants.models import Enrollment, SkillClaim, Wish
from people.models import Person
from programs.labels import in_language
from programs.models import Program

LOW = 50  # a fit under this deserves a second look
PAGE = 25
SHOWS = ("", "low", "wish", "locked", "changed", "circles", "unmatched", "free")
SORTS = {
    "low": ("score", "mentee__person__full_name", "pk"),
    "high": ("-score", "mentee__person__full_name", "pk"),
    "mentee": ("mentee__person__full_name", "pk"),
    "mentor": ("mentor__person__full_name", "mentee__person__full_name", "pk"),
}
_PEOPLE = ("mentee__person__unit__top", "mentor__person__unit__top")


def pairs_of(run: Run) -> QuerySet[Proposal]:
    """The run's pairs with their people, and whether each is locked, changed, a wish not met."""
    before = latest_ready(run.cohort_id, before=run.number)
    same = Q(mentee=OuterRef("mentee"), mentor=OuterRef("mentor"))
    wishes = Wish.objects.filter(enrollment=OuterRef("mentee"))
    met = wishes.filter(
        Exists(
            Proposal.objects.filter(run=run, mentee=OuterRef("enrollment"), mentor__person=OuterRef("mentor"))
        )
    )
    taken = (
        Proposal.objects.filter(run=run, mentor=OuterRef("mentor"))
        .order_by()
        .values("mentor")
        .annotate(n=Count("pk"))
    )
    return (
        Proposal.objects.filter(run=run)
        .select_related(*_PEOPLE)
        .annotate(
            is_locked=Exists(Lock.objects.filter(same)),
            has_changed=~Exists(Proposal.objects.filter(same, run=before)),
            wish_missed=Exists(wishes) & ~Exists(met),
            taken=F("mentor__used") + Coalesce(Subquery(taken.values("n")), 0),
        )
    )


def filtered(pairs: QuerySet[Proposal], show: str, search: str, sort: str) -> QuerySet[Proposal]:
    """Narrowed to a chip and to names, in order."""
    chosen = {
        "low": Q(score__lt=LOW),
        "wish": Q(wish_missed=True),
        "locked": Q(is_locked=True),
        "changed": Q(has_changed=True),
    }.get(show, Q())
    if search:
        chosen &= _named("mentee__person", search) | _named("mentor__person", search)
    return pairs.filter(chosen).order_by(*SORTS.get(sort, SORTS["low"]))


def _named(path: str, search: str) -> Q:
    return Q(**{f"{path}__full_name__icontains": search}) | Q(
        **{f"{path}__preferred_name__icontains": search}
    )


def counts(run: Run, pairs: QuerySet[Proposal]) -> dict[str, int]:
    """How many each chip shows, in three queries."""
    found: dict[str, int] = pairs.aggregate(
        all=Count("pk"),
        low=Count("pk", filter=Q(score__lt=LOW)),
        wish=Count("pk", filter=Q(wish_missed=True)),
        locked=Count("pk", filter=Q(is_locked=True)),
        changed=Count("pk", filter=Q(has_changed=True)),
    )
    left = Leftover.objects.filter(run=run).aggregate(
        unmatched=Count("pk", filter=Q(enrollment__role=Enrollment.Role.MENTEE)),
        free=Count("pk", filter=Q(enrollment__role=Enrollment.Role.MENTOR)),
    )
    return found | left | {"circles": Circle.objects.filter(run=run).count()}


@dataclass(frozen=True, slots=True)
class PairRow:
    """A line of the table."""

    proposal: Proposal
    mentee: str  # second line under the name
    mentor: str  # with the places taken
    bar: list[Any]
    note: str
    can_stand: bool


def pair_rows(pairs: QuerySet[Proposal], number: str | None) -> tuple[Page[Proposal], list[PairRow]]:
    """One page of pairs. What may no longer be published is marked."""
    page = Paginator(pairs, PAGE).get_page(number)
    proposals = list(page.object_list)
    gone = set(
        impossible(Proposal.objects.filter(pk__in=[row.pk for row in proposals])).values_list("pk", flat=True)
    )
    return page, [_pair_row(row, row.pk not in gone) for row in proposals]


def _pair_row(row: Any, can_stand: bool) -> PairRow:
    full = row.taken >= row.mentor.capacity
    places = (
        _("full")
        if full
        else _("%(taken)s of %(places)s places") % {"taken": row.taken, "places": row.mentor.capacity}
    )
    return PairRow(
        proposal=row,
        mentee=about(row.mentee.person),
        mentor=", ".join(filter(None, [about(row.mentor.person), places])),
        bar=words.bar_parts(row.parts),
        note=words.short_wish(row.parts),
        can_stand=can_stand,
    )


def about(person: Person) -> str:
    """Directorate and level, for the line under a name."""
    level = "" if person.level is None else _("level %(level)s") % {"level": person.level}
    return ", ".join(filter(None, [directorate(person), level]))


@dataclass(frozen=True, slots=True)
class LeftRow:
    """Somebody without a pair."""

    leftover: Leftover
    about: str
    told: left_words.Told
    wishes: list[left_words.WishTold]


def left_rows(run: Run, role: str, search: str, number: str | None) -> tuple[Page[Leftover], list[LeftRow]]:
    """One page of those whom the run leaves without a pair, with the reasons."""
    left = Leftover.objects.filter(run=run, enrollment__role=role).select_related(
        "enrollment__person__unit__top"
    )
    if search:
        left = left.filter(_named("enrollment__person", search))
    page = Paginator(left.order_by("enrollment__person__full_name", "pk"), PAGE).get_page(number)
    leftovers = list(page.object_list)
    told = left_words.leftovers(leftovers)
    wishes = left_words.wishes(_outlooks(run.pk, [row.enrollment_id for row in leftovers]))
    return page, [
        LeftRow(row, about(row.enrollment.person), told[row.pk], wishes.get(row.enrollment_id, []))
        for row in leftovers
    ]


def _outlooks(run: int, enrollments: list[int]) -> list[Outlook]:
    rows = Outlook.objects.filter(run=run, enrollment__in=enrollments)
    return list(rows.select_related("enrollment__person"))


@dataclass(frozen=True, slots=True)
class NextBest:
    """Somebody who would do as well, or nearly."""

    name: str
    score: int
    enrollment: Enrollment


@dataclass(frozen=True, slots=True)
class Profile:
    """What one side said, by question: the same questions for both, so that they can be read side by side."""

    enrollment: Enrollment
    about: list[tuple[str, Any]]
    texts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PairDetail:
    """The opened pair."""

    proposal: Proposal
    reasons: list[words.Reason]
    bar: list[Any]
    wishes: list[tuple[left_words.WishTold, Enrollment | None]]
    next_mentors: list[NextBest]
    next_mentees: list[NextBest]
    profiles: list[Profile]


def pair_detail(program: Program, proposal: Proposal) -> PairDetail:
    """Everything about one pair, in a fixed number of queries."""
    lexical = lexicon(program, [proposal.parts])
    outlooks = {
        row.enrollment_id: row for row in _outlooks(proposal.run_id, [proposal.mentee_id, proposal.mentor_id])
    }
    mine, theirs = outlooks.get(proposal.mentee_id), outlooks.get(proposal.mentor_id)
    wishes = left_words.wishes([mine] if mine else []).get(proposal.mentee_id, [])
    ids = [entry["enrollment"] for row in outlooks.values() for entry in row.next_best]
    ids += [wish.mentor for wish in wishes if wish.mentor]
    people = Enrollment.objects.select_related("person").in_bulk(ids)
    return PairDetail(
        proposal=proposal,
        reasons=words.reasons([proposal], lexical)[proposal.pk],
        bar=words.bar_parts(proposal.parts),
        wishes=[(wish, people.get(wish.mentor or 0)) for wish in wishes],
        next_mentors=_next(mine, people),
        next_mentees=_next(theirs, people),
        profiles=profiles(program, [proposal.mentee, proposal.mentor]),
    )


def _next(outlook: Outlook | None, people: dict[int, Enrollment]) -> list[NextBest]:
    entries = outlook.next_best if outlook else []
    found = [(people.get(entry["enrollment"]), entry["score"]) for entry in entries]
    return [NextBest(row.person.name, score, row) for row, score in found if row]


def profiles(program: Program, enrollments: list[Enrollment]) -> list[Profile]:
    """Both sides; two queries for skills and goals."""
    claims = (
        SkillClaim.objects.filter(enrollment__in=enrollments)
        .select_related("skill")
        .order_by("-level", "skill__slug")
    )
    said: dict[tuple[int, str], list[str]] = {}
    for claim in claims:
        said.setdefault((claim.enrollment_id, claim.direction), []).append(in_language(claim.skill.name))
    goals = goal_labels(program)
    return [_profile(row, said, goals) for row in enrollments]


def _profile(row: Enrollment, said: dict[tuple[int, str], list[str]], goals: dict[str, str]) -> Profile:
    person = row.person
    about = [
        (_("Work"), ", ".join(filter(None, [person.job_title, directorate(person)]))),
        (_("Career level"), person.level),
        (_("Location"), person.location),
        (_("Languages"), ", ".join(_language(code) for code in person.languages)),
        (_("Seeks"), ", ".join(said.get((row.pk, SkillClaim.Direction.SEEKS), []))),
        (_("Offers"), ", ".join(said.get((row.pk, SkillClaim.Direction.OFFERS), []))),
        (_("Goals"), ", ".join(goals.get(code, code) for code in row.goals)),
        (_("Meets"), ", ".join(medium(code) for code in row.media)),
        (_("Free"), ", ".join(slots(row.availability))),
        (_("Hours a month"), row.hours_per_month),
    ]
    texts = [
        (_("Position"), row.position_summary),
        (_("Experience"), row.experience),
        (_("Strengths"), row.strengths),
        (_("Goals of their own"), row.own_goals),
        (_("Career goals"), row.career_goals),
        (_("Expects"), row.expectations),
    ]
    return Profile(row, [fact for fact in about if fact[1]], [text for text in texts if text[1]])


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def directorate(person: Person) -> str:
    """The top unit; empty where the unit is not known."""
    unit = person.unit
    return "" if unit is None else (unit.top or unit).name


def is_uid(text: str) -> bool:
    """Whether an address or a form names an object at all."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
