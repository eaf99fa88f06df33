"""Reading runs, proposals, and what the manager has fixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from matching.models import Decision, Exclusion, Lock, Proposal, Run, RunPart, Scheme, SideAnswer
from participants.models import Enrollment, Introduction, Shortlist
from people.models import Person
from programs.models import Cohort, Strand

READY = (Run.State.CERTIFIED, Run.State.PUBLISHED)
UNDER_WAY = (Run.State.QUEUED, Run.State.RUNNING)


def scheme_of(cohort: Cohort) -> Scheme:
    """The criteria in force; unsaved and from the program where nobody has changed them yet."""
    found = Scheme.objects.filter(cohort=cohort).first()
    return found or Scheme(cohort=cohort, criteria=cohort.program.criteria, version=0)


def to_match(cohort: Cohort | int, kind: str = Strand.Format.ONE_TO_ONE) -> QuerySet[Enrollment]:
    """Accepted people of the strands of one kind: those of circles are matched apart."""
    pk = cohort if isinstance(cohort, int) else cohort.pk
    return Enrollment.objects.filter(cohort=pk, state=Enrollment.State.ACCEPTED, strand__format=kind)


def sits_in_circle(enrollment: Enrollment) -> bool:
    """Whether the strand is one of circles; a query where the strand was not fetched."""
    return enrollment.strand.format == Strand.Format.CIRCLE


def only_seats(cohort: Cohort) -> bool:
    """Whether all who take part sit in circles: the pages then speak of seats, not of pairs."""
    people = Enrollment.objects.filter(cohort=cohort, state=Enrollment.State.ACCEPTED)
    return set(people.values_list("strand__format", flat=True).distinct().order_by()) == {
        Strand.Format.CIRCLE
    }


def waiting(cohort: Cohort) -> dict[str, int]:
    """Who can be matched now: mentees (`further` of them have a mentor) and mentors with free places, and how many
    places; the same for circles.
    """
    people = Enrollment.objects.filter(cohort=cohort, state=Enrollment.State.ACCEPTED)
    one_to_one, free = Q(strand__format=Strand.Format.ONE_TO_ONE), Q(used__lt=F("capacity"))
    mentee, mentor = Q(role=Enrollment.Role.MENTEE), Q(role=Enrollment.Role.MENTOR)
    return people.aggregate(
        mentees=Count("pk", filter=one_to_one & free & mentee),
        further=Count("pk", filter=one_to_one & free & mentee & Q(used__gt=0)),
        mentors=Count("pk", filter=one_to_one & free & mentor),
        places=Coalesce(Sum(F("capacity") - F("used"), filter=one_to_one & mentor), 0),
        circle_mentees=Count("pk", filter=~one_to_one & free & mentee),
        hosts=Count("pk", filter=~one_to_one & mentor & Q(used=0)),
    )


def mentees_matched(cohort: Cohort) -> dict[str, int]:
    """Mentees of the cohort who look for a mentor or a circle or have one, and how many of them are `covered`."""
    people = Enrollment.objects.filter(
        cohort=cohort,
        role=Enrollment.Role.MENTEE,
        state__in=[Enrollment.State.ACCEPTED, Enrollment.State.COMPLETED],
    )
    return people.aggregate(
        mentees=Count("pk"), covered=Count("pk", filter=Q(used__gt=0) | Q(state=Enrollment.State.COMPLETED))
    )


def runs_of(cohort: Cohort) -> QuerySet[Run]:
    """All runs of the cohort, newest first."""
    return Run.objects.filter(cohort=cohort).select_related("requested_by", "start_run").order_by("-number")


def latest_ready(cohort: Cohort | int, *, before: int | None = None) -> Run | None:
    """The newest proven run, or the newest before that number."""
    pk = cohort if isinstance(cohort, int) else cohort.pk
    ready = Run.objects.filter(cohort=pk, state__in=READY)
    if before is not None:
        ready = ready.filter(number__lt=before)
    return ready.order_by("-number").first()


def exclusions_of(cohort: Cohort) -> QuerySet[Exclusion]:
    """Never these two: said in this cohort or in another one of the program."""
    return Exclusion.objects.filter(cohort__program=cohort.program_id)


def impossible(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Those of a run's proposals that may no longer be published.

    Somebody has left, has no place any more, the two have been excluded, or one now supervises the other (PX-06).
    """
    accepted = Enrollment.State.ACCEPTED
    mentee, mentor = OuterRef("mentee__person"), OuterRef("mentor__person")
    excluded = Exclusion.objects.filter(
        Q(mentee__person=mentee, mentor__person=mentor) | Q(mentee__person=mentor, mentor__person=mentee),
        cohort__program=OuterRef("run__cohort__program"),
    )
    return proposals.filter(
        ~Q(mentee__state=accepted)
        | ~Q(mentor__state=accepted)
        | Q(mentee__used__gte=F("mentee__capacity"))
        | Q(mentor__used__gte=F("mentor__capacity"))
        | Q(mentee__person__supervisor=F("mentor__person"))
        | Exists(excluded)
    )


def waiting_proposals(run: Run) -> QuerySet[Proposal]:
    """Pairs, and seats of circles that have not begun, of which nothing is published yet."""
    begun = Proposal.objects.filter(circle=OuterRef("circle")).exclude(published_at=None)
    return run.proposals.filter(~Exists(begun), published_at=None)


def unpublished(run: Run) -> QuerySet[Proposal]:
    """What may follow: each pair, and of each circle that has not begun one seat that stands for all."""
    waiting = waiting_proposals(run)
    seats = waiting.exclude(circle=None).order_by()
    heads = seats.values("circle").annotate(head=Min("pk")).values("head")
    return waiting.filter(Q(circle=None) | Q(pk__in=heads))


def published_in_part(runs: Sequence[Run]) -> set[int]:
    """Those of these runs, by id, of which something is published and something is not."""
    out = [run.pk for run in runs if run.state == Run.State.PUBLISHED]
    begun = Proposal.objects.filter(circle=OuterRef("circle")).exclude(published_at=None)
    rest = Proposal.objects.filter(run__in=out, published_at=None).exclude(Exists(begun))
    return set(rest.order_by().values_list("run", flat=True).distinct())


def locks_of(cohort: Cohort) -> QuerySet[Any]:
    """Pairs locked by hand or by a yes of both. With `stands`: each run keeps it, as long as both take part."""
    accepted = Enrollment.State.ACCEPTED
    stands = Q(mentee__state=accepted, mentor__state=accepted)
    return Lock.objects.filter(cohort=cohort).annotate(stands=stands)


def published_pairs(cohort: Cohort) -> set[tuple[int, int]]:
    """(mentee, mentor) enrollments that a run of this cohort has made a pair."""
    rows = Proposal.objects.filter(run__cohort=cohort, published_at__isnull=False).order_by()
    return set(rows.values_list("mentee_id", "mentor_id"))


def both_agreed() -> Q:
    """Whether a lock, or a decision to lock, is a yes of both, and no manager's: who said it last is its `by`."""
    mentee, mentor = OuterRef("mentee"), OuterRef("mentor")
    introduced = Introduction.objects.filter(
        mentee=mentee, mentor=mentor, state=Introduction.State.CONFIRMED, decided_by=None
    )
    yes = SideAnswer.objects.filter(
        proposal__mentee=mentee, proposal__mentor=mentor, answer=SideAnswer.Answer.YES
    )
    answered = Exists(yes.filter(enrollment=mentee)) & Exists(yes.filter(enrollment=mentor))
    by_one = Q(by=F("mentee__person")) | Q(by=F("mentor__person"))
    return by_one & (Exists(introduced) | answered)


def one_said_no() -> Combinable:
    """Whether a decision excludes two because one of them said no: that one is its `by`."""
    said = SideAnswer.objects.filter(
        proposal__mentee=OuterRef("mentee"),
        proposal__mentor=OuterRef("mentor"),
        enrollment__person=OuterRef("by"),
        answer=SideAnswer.Answer.NO,
    )
    return Q(kind=Decision.Kind.EXCLUDE) & Exists(said)


def recent_decisions(cohort: Cohort, most: int = 60) -> QuerySet[Decision]:
    """The last decisions by hand with their people, newest first.

    `is_served`: a lock whose pair is published; `is_agreed`: a lock by a yes of both; `is_no`: the no of one of them.
    """
    people = ("mentee__person", "mentor__person", "by", "undone_by")
    published = _proposals_of_decision().exclude(published_at=None)
    rows = Decision.objects.filter(cohort=cohort).annotate(
        is_served=Q(kind=Decision.Kind.LOCK, undone_at=None) & Exists(published),
        is_agreed=Q(kind=Decision.Kind.LOCK) & both_agreed(),
        is_no=one_said_no(),
    )
    return rows.select_related(*people).order_by("-number")[:most]


def _proposals_of_decision() -> QuerySet[Proposal]:
    return Proposal.objects.filter(mentee=OuterRef("mentee"), mentor=OuterRef("mentor"))


def decided(cohort: int, **when: Any) -> list[tuple[tuple[int, int], str]]:
    """What stands otherwise by hand at the end of some time than at its beginning: a pair and what was decided."""
    kind, rows = Decision.Kind, Decision.objects.filter(cohort=cohort, **when).order_by("number")
    first: dict[tuple[int, int, bool], str] = {}
    last: dict[tuple[int, int, bool], str] = {}
    for mentee, mentor, what in rows.values_list("mentee", "mentor", "kind"):
        key = (mentee, mentor, what in (kind.LOCK, kind.UNLOCK))
        first.setdefault(key, what)
        last[key] = what
    return [(key[:2], what) for key, what in last.items() if what == first[key]]


def decisions_since(run: Run) -> int:
    """How many pairs stand otherwise by hand than when the run began, as far as that may change it.

    What was taken back again is nothing, nor is a lock on one of the run's pairs. An undo is logged as what it did,
    so the first and the last decision on each pair tell what is different.
    """
    kind = Decision.Kind
    net = decided(run.cohort_id, at__gt=run.started_at or run.created_at)
    proposals = run.proposals.filter(mentee__in=[pair[0] for pair, _what in net])
    proposed = set(proposals.values_list("mentee", "mentor"))
    idle = {(kind.LOCK, True), (kind.EXCLUDE, False)}  # a pair of the run locked, another one excluded
    return len({pair for pair, what in net if (what, pair in proposed) not in idle})


def how_they_stand(introductions: QuerySet[Introduction]) -> QuerySet[Introduction]:
    """With `is_locked`, `is_pair`, `is_excluded`: kept by runs, published by one, or never to be made."""
    two = {"mentee": OuterRef("mentee"), "mentor": OuterRef("mentor")}
    published = Proposal.objects.filter(**two).exclude(published_at=None)
    persons = {f"{side}__person": OuterRef(f"{side}__person") for side in two}
    excluded = Exclusion.objects.filter(**persons, cohort__program=OuterRef("cohort__program"))
    return introductions.annotate(
        is_locked=Exists(Lock.objects.filter(**two)), is_pair=Exists(published), is_excluded=Exists(excluded)
    )


_SAME_TWO = {"mentee": OuterRef("proposal__mentee"), "mentor": OuterRef("proposal__mentor")}


def questions() -> QuerySet[Any]:
    """Questions about a pair to people who still take part.

    With `is_open`: whether an answer still counts. It does while the newest proven run proposes the two.
    """
    newer = Run.objects.filter(
        cohort=OuterRef("run__cohort"), state__in=READY, number__gt=OuterRef("run__number")
    )
    proposed = Proposal.objects.filter(~Exists(newer), run__state__in=READY, **_SAME_TWO)
    rows = SideAnswer.objects.filter(enrollment__state=Enrollment.State.ACCEPTED)
    return rows.annotate(is_open=Q(closed_at=None) & Exists(proposed))


def questions_to(person: Person) -> QuerySet[Any]:
    """What this person was asked."""
    return questions().filter(enrollment__person=person.pk)


def questions_about(pairs: QuerySet[Proposal]) -> QuerySet[SideAnswer]:
    """All questions ever about these pairs, whichever run they were asked on."""
    return SideAnswer.objects.filter(Exists(pairs.filter(**_SAME_TWO)))


def open_questions(run: Run) -> QuerySet[Any]:
    """Questions about the run's pairs whose answers still count, given already or not."""
    return questions().filter(Exists(run.proposals.filter(**_SAME_TWO)), is_open=True)


def noes() -> QuerySet[SideAnswer]:
    """Each no of one side that still keeps the two apart: the manager may have lifted it."""
    excluded = Exclusion.objects.filter(**_SAME_TWO)
    return SideAnswer.newest().filter(Exists(excluded), answer=SideAnswer.Answer.NO)


def questions_of(run: Run) -> QuerySet[Any]:
    """The questions that count for a run, each with the run's own `pair` (an id) that it is about."""
    own = Proposal.objects.filter(run=run, **_SAME_TWO).values("pk")
    return SideAnswer.newest().annotate(pair=Subquery(own[:1])).filter(pair__isnull=False)


def answers_of(run: Run) -> dict[str, int]:
    """How many questions about the run's pairs were `asked`, are `answered`, still `wait`, or were called `back`.

    What ended without an answer counts as not asked.
    """
    no = SideAnswer.objects.filter(proposal=OuterRef("proposal"), answer=SideAnswer.Answer.NO)
    ended = Q(answer="", closed_at__isnull=False)
    return questions_of(run).aggregate(
        asked=Count("pk", filter=~ended),
        answered=Count("answered_at"),
        wait=Count("pk", filter=Q(answer="", closed_at=None)),
        back=Count("pk", filter=ended & Q(~Exists(no))),
    )


def never_asked(run: Run) -> int:
    """Unpublished pairs that no question is about, and who were not introduced to each other either."""
    pairs = Proposal.objects.filter(run=run, published_at=None, circle=None)
    asked = questions_of(run).filter(Q(closed_at=None) | Q(answer=SideAnswer.Answer.NO))
    return pairs.exclude(pk__in=introduced(pairs)).exclude(pk__in=asked.values("pair")).count()


def said(run: Run) -> dict[int, dict[str, SideAnswer]]:
    """What was said of each asked pair of the run, by proposal and role.

    Where others are asked, a confirmed introduction counts as a yes of both.
    """
    found: dict[int, dict[str, SideAnswer]] = {}
    for row in questions_of(run).select_related("enrollment").order_by("enrollment__role"):
        found.setdefault(row.pair, {})[row.enrollment.role] = row
    for pair in introduced(run.proposals.all()).select_related("mentee", "mentor") if found else []:
        yes = {side.role: SideAnswer(enrollment=side, answer="yes") for side in (pair.mentee, pair.mentor)}
        found[pair.pk] = {**yes, **found.get(pair.pk, {})}
    return found


def introduced(pairs: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Those whose two have found each other and were confirmed."""
    confirmed = Introduction.objects.filter(
        mentee=OuterRef("mentee"), mentor=OuterRef("mentor"), state=Introduction.State.CONFIRMED
    )
    return pairs.filter(Exists(confirmed))


def shortlist_counts(cohort: Cohort) -> dict[str, int]:
    """Shortlists `made`, and how many of them are `ranked`."""
    lists = Shortlist.objects.filter(enrollment__cohort=cohort, enrollment__state=Enrollment.State.ACCEPTED)
    return lists.aggregate(made=Count("pk"), ranked=Count("pk", filter=Q(ranked_at__isnull=False)))


def parts_done(run: Run) -> tuple[int, int]:
    """How many parts of a run at work are solved, and how many there are; (0, 0) for a run in one piece."""
    counted = RunPart.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(solution__isnull=False)), count=Count("pk")
    )
    return counted["done"], counted["count"]
