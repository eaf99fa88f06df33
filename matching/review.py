"""The review of a run: its pairs filtered, counted and paged, and one pair in detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from matching import left_words, words
from matching.facets import narrowed
from matching.flags import FLAGS
from matching.lexicon import goal_labels, lexicon, medium, need, slots
from matching.models import Circle, Leftover, Lock, Outlook, Proposal, Run, SideAnswer
from matching.queries import exclusions_of, locks_of
from matching.standing import obstacles
from participants.models import Enrollment, SkillClaim
from people.languages import language_name
from people.models import Person
from programs.labels import in_language
from programs.models import Cohort, Program

PAGE = 25
LEFT = {
    "unmatched": Enrollment.Role.MENTEE,
    "another": Enrollment.Role.MENTEE,
    "free": Enrollment.Role.MENTOR,
}
SHOWS = ("", *FLAGS, "locked", "circles", *LEFT)
SORTS = {
    "low": ("score", "mentee__person__full_name", "pk"),
    "high": ("-score", "mentee__person__full_name", "pk"),
    "mentee": ("mentee__person__full_name", "pk"),
    "mentor": ("mentor__person__full_name", "mentee__person__full_name", "pk"),
}
_PEOPLE = ("mentee__person__unit__top", "mentor__person__unit__top")


def pairs_of(run: Run) -> QuerySet[Proposal]:
    """The run's pairs with their people."""
    return Proposal.objects.filter(run=run).select_related(*_PEOPLE)


def filtered(pairs: QuerySet[Proposal], show: str, given: Mapping[str, Any]) -> QuerySet[Proposal]:
    """Narrowed to a chip and to what the filter says (`ReviewFilter.cleaned_data`), in order."""
    chosen = narrowed(given)
    if show == "locked":
        chosen &= Q(Exists(_lock_of_pair()))
    elif show:
        chosen &= Q(flags__contains=[show])
    if search := given.get("q"):
        chosen &= _named("mentee__person", search) | _named("mentor__person", search)
    return pairs.filter(chosen).order_by(*SORTS.get(given.get("sort", ""), SORTS["low"]))


def _lock_of_pair() -> QuerySet[Lock]:
    return Lock.objects.filter(mentee=OuterRef("mentee"), mentor=OuterRef("mentor"))


def _named(path: str, search: str) -> Q:
    return Q(**{f"{path}__full_name__icontains": search}) | Q(
        **{f"{path}__preferred_name__icontains": search}
    )


def left_over(show: str) -> Q:
    """Whom a chip shows: mentees without anybody, those who have a mentor and wanted one more, or free mentors."""
    chosen = Q(enrollment__role=LEFT[show])
    if show == "another":
        return chosen & Q(reasons__has_one=True)
    if show == "unmatched":
        return chosen & (Q(reasons__has_one=False) | Q(reasons__has_one__isnull=True))
    return chosen


def counts(run: Run) -> dict[str, int]:
    """How many each chip shows, in four queries."""
    pairs = Proposal.objects.filter(run=run, circle=None)
    found: dict[str, int] = pairs.aggregate(
        all=Count("pk"), **{name: Count("pk", filter=Q(flags__contains=[name])) for name in FLAGS}
    )
    left = Leftover.objects.filter(run=run).aggregate(
        **{show: Count("pk", filter=left_over(show)) for show in LEFT}
    )
    return {
        **found,
        **left,
        "locked": pairs.filter(Exists(_lock_of_pair())).count(),
        "circles": Circle.objects.filter(run=run).count(),
    }


@dataclass(frozen=True, slots=True)
class PairRow:
    """A line of the table."""

    proposal: Proposal
    mentee: str  # second line under the name
    mentor: str  # with the places taken, and what the mentor is for
    bar: list[Any]
    note: str
    warnings: list[tuple[str, str]]  # what deserves a second look, and its color
    is_locked: bool
    stuck: str  # why it can no longer be made

    @property
    def key(self) -> str:
        """How forms name the pair."""
        return f"{self.proposal.mentee.uid}:{self.proposal.mentor.uid}"


def pair_rows(
    pairs: QuerySet[Proposal], number: str | None, stuck: Mapping[int, str] | None = None
) -> tuple[Page[int], list[PairRow]]:
    """One page of pairs, as keys, and its rows. What may no longer be published is marked: `stuck` says why, if known.

    Keys are put in order first: whole rows of thousands of pairs would be sorted for a page of them.
    """
    page = Paginator(pairs.values_list("pk", flat=True), PAGE).get_page(number)
    shown = Proposal.objects.filter(pk__in=list(page.object_list))
    found = shown.select_related(*_PEOPLE, "run__cohort__program").in_bulk()
    proposals = [found[pk] for pk in page.object_list]
    if stuck is None:
        stuck = obstacles(proposals[0].run.cohort, proposals) if proposals else {}
    locked = set(shown.filter(Exists(_lock_of_pair())).values_list("pk", flat=True))
    taken = _taken(proposals)
    return page, [
        _pair_row(row, taken.get(row.mentor_id, 0), row.pk in locked, stuck.get(row.pk, ""))
        for row in proposals
    ]


def _taken(proposals: list[Proposal]) -> dict[int, int]:
    """Places that the run gives to these mentors."""
    run, mentors = {row.run_id for row in proposals}, [row.mentor_id for row in proposals]
    rows = Proposal.objects.filter(run__in=run, mentor__in=mentors).order_by()
    rows = rows.filter(published_at=None)  # those that are count among the places used already
    return dict(rows.values_list("mentor").annotate(n=Count("pk")))


def _pair_row(row: Proposal, given: int, is_locked: bool, stuck: str) -> PairRow:
    taken = row.mentor.used + given
    places = (
        _("full")
        if taken >= row.mentor.capacity
        else _("%(taken)s of %(places)s places") % {"taken": taken, "places": row.mentor.capacity}
    )
    return PairRow(
        proposal=row,
        mentee=about(row.mentee.person),
        mentor=", ".join(filter(None, [about(row.mentor.person), places, need(row.need)])),
        bar=words.bar_parts(row.parts),
        note=words.short_wish(row.parts),
        warnings=warnings(row),
        is_locked=is_locked,
        stuck=stuck,
    )


def warnings(row: Proposal) -> list[tuple[str, str]]:
    """The flags of a pair in words. That the mentor is full stands in the row anyway."""
    kinds = {"low": "late", "new": "on"}
    return [
        (str(FLAGS[name]), kinds.get(name, "wait")) for name in row.flags if name in FLAGS and name != "full"
    ]


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
    wishes: list[tuple[left_words.WishTold, Enrollment | None]]  # with whom they could be paired by hand


def left_rows(
    run: Run, show: str, given: Mapping[str, Any], number: str | None
) -> tuple[Page[Leftover], list[LeftRow]]:
    """One page of those whom the run leaves without a pair, with the reasons; `given` as in `filtered`."""
    left = Leftover.objects.filter(left_over(show), run=run).select_related(
        "enrollment__person__unit__top", "run__cohort__program"
    )
    if search := given.get("q"):
        left = left.filter(_named("enrollment__person", search))
    by_cause = ["reasons__reason"] if given.get("sort") == "cause" else []
    page = Paginator(left.order_by(*by_cause, "enrollment__person__full_name", "pk"), PAGE).get_page(number)
    leftovers = list(page.object_list)
    told = left_words.leftovers(leftovers)
    wishes = left_words.wishes(_outlooks(run.pk, [row.enrollment_id for row in leftovers]))
    wanted = {wish.mentor for some in wishes.values() for wish in some if wish.mentor and wish.can_lock}
    mentors = Enrollment.objects.select_related("person").in_bulk(wanted)
    hand = ByHand.of(
        run.cohort, [*mentors.values(), *(row.enrollment for row in leftovers)] if mentors else []
    )
    return page, [
        LeftRow(
            row,
            about(row.enrollment.person),
            told[row.pk],
            hand.offered(row.enrollment, wishes.get(row.enrollment_id, []), mentors),
        )
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
    can_pair: bool  # by hand: see `ByHand`


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
    lock: Lock | None
    stuck: str  # why it can no longer be made
    warnings: list[tuple[str, str]]
    need: str  # what the mentor is for
    said: list[SideAnswer]  # where both sides were asked
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
    hand = ByHand.of(proposal.run.cohort, [*people.values(), proposal.mentee, proposal.mentor])
    return PairDetail(
        proposal=proposal,
        lock=Lock.objects.filter(mentee=proposal.mentee_id, mentor=proposal.mentor_id).first(),
        stuck=obstacles(proposal.mentee.cohort, [proposal]).get(proposal.pk, ""),
        warnings=warnings(proposal),
        need=need(proposal.need),
        said=list(proposal.answers.select_related("enrollment__person").order_by("enrollment__role")),
        reasons=words.reasons([proposal], lexical)[proposal.pk],
        bar=words.bar_parts(proposal.parts),
        wishes=hand.offered(proposal.mentee, wishes, people),
        next_mentors=_next(mine, people, lambda other: hand.allows(proposal.mentee, other)),
        next_mentees=_next(theirs, people, lambda other: hand.allows(other, proposal.mentor)),
        profiles=profiles(program, [proposal.mentee, proposal.mentor]),
    )


def _next(
    outlook: Outlook | None, people: dict[int, Enrollment], allows: Callable[[Enrollment], bool]
) -> list[NextBest]:
    if outlook is None:
        return []
    found = [(people.get(entry["enrollment"]), entry["score"]) for entry in outlook.next_best]
    return [NextBest(row.person.name, score, row, allows(row)) for row, score in found if row]


@dataclass(frozen=True, slots=True)
class ByHand:
    """Whom a manager could still pair: both take part, no lock takes the places of either, nobody keeps them apart."""

    held: set[int]
    apart: set[tuple[int, int]]  # by person

    @classmethod
    def of(cls, cohort: Cohort, people: list[Enrollment]) -> ByHand:
        """Two queries for however many."""
        places = {row.pk: row.capacity - row.used for row in people}
        of_them = Q(mentee__in=places) | Q(mentor__in=places)
        locks = locks_of(cohort).filter(of_them, stands=True).values_list("mentee", "mentor")
        taken = Counter(pk for pair in locks for pk in pair)
        held = {pk for pk, free in places.items() if taken[pk] >= free}
        gone = {row.pk for row in people if row.state != Enrollment.State.ACCEPTED}
        excluded = exclusions_of(cohort).filter(mentee__person__in={row.person_id for row in people})
        return cls(held | gone, set(excluded.values_list("mentee__person", "mentor__person")))

    def allows(self, mentee: Enrollment, mentor: Enrollment) -> bool:
        """Whether these two could be."""
        return (
            not {mentee.pk, mentor.pk} & self.held and (mentee.person_id, mentor.person_id) not in self.apart
        )

    def offered(
        self, mentee: Enrollment, wishes: Iterable[left_words.WishTold], mentors: Mapping[int, Enrollment]
    ) -> list[tuple[left_words.WishTold, Enrollment | None]]:
        """Each wish, with the mentor where the two could be paired."""
        found = []
        for wish in wishes:
            mentor = mentors.get(wish.mentor or 0) if wish.can_lock else None
            found.append((wish, mentor if mentor and self.allows(mentee, mentor) else None))
        return found


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
        (_("Languages"), ", ".join(language_name(code) for code in person.languages)),
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
