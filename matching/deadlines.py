"""What is owed: an answer to a proposed pair, and pairs that are published before the mentorships start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import (
    CharField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import EndOfDay, LocalDay
from core.roles import Permission, roles_granting
from matching.models import Run, SideAnswer
from matching.queries import questions
from notifications.deadlines import COLUMNS, NEVER, Deadline, DeadlineKind, Wording, register
from participants.models import Introduction
from participants.rules import BEFORE_PAIRS, LIVE
from programs.labels import word
from programs.models import Cohort, Membership

Key = tuple[int, str, int]
DECIDE_DAYS = 7  # after a yes of both
WAITING = (Cohort.State.SELECTING, Cohort.State.MATCHING)


def publish_rows() -> QuerySet[Any, Any]:
    """One for each cohort that is to be matched, or was, and each of those who may run the matching for all of it."""
    published = Run.objects.filter(cohort=OuterRef("program__cohorts"), state=Run.State.PUBLISHED).order_by()
    first = published.values("cohort").annotate(first=Min("published_at")).values("first")
    starts, zone = F("program__cohorts__starts_on"), F("program__cohorts__timezone")
    return (
        Membership.objects.filter(role__in=roles_granting(Permission.RUN_MATCHING), organization=None)
        .filter(Q(program__cohorts__state__in=WAITING) | Exists(published))
        .annotate(
            kind=Value("publish_matching", output_field=CharField()),
            cohort_id=F("program__cohorts"),
            object_id=F("program__cohorts"),
            occurrence=Value("", output_field=CharField()),
            opens_on=ExpressionWrapper(
                F("program__cohorts__call_closes_on") + Value(1), output_field=DateField()
            ),
            due_on=starts,
            due_at=EndOfDay(starts, zone),
            done_at=Subquery(first),
        )
        .values_list(*COLUMNS)
        .distinct()
    )


def publish_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Run matching and publish. One query."""
    rows = list(rows)
    cohorts = Cohort.objects.select_related("program").in_bulk({row.object_id for row in rows})
    return {(row.object_id, row.occurrence, row.person_id): _publish(cohorts[row.object_id]) for row in rows}


def _publish(cohort: Cohort) -> Wording:
    values = {"program": cohort.program.name, "cohort": cohort.name}
    return Wording(
        verb=_("Run matching and publish the pairs"),
        explanation=_("%(program)s, %(cohort)s. The mentorships start on this day.") % values,
        url=reverse("matching_review", args=[cohort.program.slug, cohort.slug]),
        done=_("Pairs of %(cohort)s are published") % values,
    )


def answer_rows() -> QuerySet[Any, Any]:
    """Questions about a proposed pair: those still open, and those answered."""
    open_or_answered = Q(is_open=True) | Q(answered_at__isnull=False)
    rows: QuerySet[Any, Any] = (
        questions()
        .filter(open_or_answered)
        .annotate(
            kind=Value("answer_pair", output_field=CharField()),
            person_id=F("enrollment__person"),
            cohort_id=F("enrollment__cohort"),
            object_id=F("pk"),
            occurrence=Value("", output_field=CharField()),
            opens_on=LocalDay(F("asked_at"), F("enrollment__person__timezone")),
            due_at=EndOfDay(F("due_on"), F("enrollment__cohort__timezone")),
            done_at=F("answered_at"),
        )
        .values_list(*COLUMNS)
    )
    return rows


def answer_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Say what you think of Dana as your mentor. One query."""
    rows = list(rows)
    people = ("proposal__mentee__person", "proposal__mentor__person", "enrollment__cohort__program")
    found = SideAnswer.objects.select_related(*people).in_bulk({row.object_id for row in rows})
    return {(row.object_id, row.occurrence, row.person_id): _answer(found[row.object_id]) for row in rows}


def _answer(question: SideAnswer) -> Wording:
    cohort, pair = question.enrollment.cohort, question.proposal
    partner = pair.mentor if pair.mentee_id == question.enrollment_id else pair.mentee
    values = {
        "name": partner.person.name,
        "role": word(cohort.program, partner.role),
        "program": cohort.program.name,
    }
    return Wording(
        verb=_("Say what you think of %(name)s as your %(role)s") % values,
        explanation=_("%(program)s. Nothing is settled yet, and only the program reads your answer.")
        % values,
        url=reverse("answer_pair", args=[question.uid]),
        done=_("You said what you think of %(name)s as your %(role)s") % values,
    )


def decide_rows() -> QuerySet[Any, Any]:
    """One for each cohort with introductions on which both agreed, and each of those who may run its matching."""
    live = Q(mentee__state__in=LIVE, mentor__state__in=LIVE)
    agreed = Introduction.objects.filter(
        live, cohort=OuterRef("program__cohorts"), state=Introduction.State.AGREED
    ).order_by("answered_at")
    first, zone = Subquery(agreed.values("answered_at")[:1]), F("program__cohorts__timezone")
    due = LocalDay(first, zone, days=DECIDE_DAYS)
    return (
        Membership.objects.filter(role__in=roles_granting(Permission.RUN_MATCHING), organization=None)
        .filter(Exists(agreed), program__cohorts__state__in=BEFORE_PAIRS)
        .annotate(
            kind=Value("decide_introductions", output_field=CharField()),
            cohort_id=F("program__cohorts"),
            object_id=F("program__cohorts"),
            occurrence=Value("", output_field=CharField()),
            opens_on=LocalDay(first, F("person__timezone")),
            due_on=due,
            due_at=EndOfDay(due, zone),
            done_at=NEVER,
        )
        .values_list(*COLUMNS)
        .distinct()
    )


def decide_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Decide on the introductions of a cohort. One query."""
    rows = list(rows)
    cohorts = Cohort.objects.select_related("program").in_bulk({row.object_id for row in rows})
    return {(row.object_id, row.occurrence, row.person_id): _decide(cohorts[row.object_id]) for row in rows}


def _decide(cohort: Cohort) -> Wording:
    values = {"program": cohort.program.name, "cohort": cohort.name}
    return Wording(
        verb=_("Decide on people who would like to be a pair"),
        explanation=_("%(program)s, %(cohort)s. Both have said yes and wait for your word.") % values,
        url=reverse("matching_introductions", args=[cohort.program.slug, cohort.slug]),
    )


def register_all() -> None:
    """Called once, when the app is ready."""
    register(
        DeadlineKind(
            "answer_pair",
            gettext_lazy("Answer to a proposed pair"),
            answer_rows,
            answer_words,
            remind=(-3, -1),
            escalate_after=None,
        )
    )
    register(
        DeadlineKind(
            "publish_matching",
            gettext_lazy("Run matching and publish"),
            publish_rows,
            publish_words,
            remind=(-14, -7, -1, 3),
            staff=True,
        )
    )
    register(
        DeadlineKind(
            "decide_introductions",
            gettext_lazy("Decide on introductions"),
            decide_rows,
            decide_words,
            remind=(-2, 3),
            staff=True,
        )
    )
