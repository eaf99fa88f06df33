"""What applicants and those who choose among them owe, and by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.dates import EndOfDay, LocalDay
from core.roles import Permission, roles_granting
from notifications.deadlines import COLUMNS, NEVER, Deadline, DeadlineKind, Wording, register
from participants.models import Enrollment, Introduction, Shortlist
from participants.queries import lists_to_rank
from participants.rules import BEFORE_PAIRS, LIVE, OFFER_DAYS, REVIEW_DAYS
from programs.labels import word
from programs.models import Cohort, Membership

S = Enrollment.State
Key = tuple[int, str, int]
CHOOSING = (Cohort.State.CALL_OPEN, Cohort.State.SELECTING, Cohort.State.MATCHING)


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def finish_rows() -> QuerySet[Any, Any]:
    """Drafts while the call is open, and everything that was submitted."""
    due = F("cohort__call_closes_on")
    return (
        Enrollment.objects.filter(
            Q(submitted_at__isnull=False) | Q(state=S.DRAFT, cohort__state=Cohort.State.CALL_OPEN)
        )
        .annotate(
            kind=_text("finish_application"),
            object_id=F("pk"),
            occurrence=_text(""),
            opens_on=F("cohort__call_opens_on"),
            due_on=due,
            due_at=EndOfDay(due, F("cohort__timezone")),
            done_at=F("submitted_at"),
        )
        .values_list(*COLUMNS)
    )


def accept_rows() -> QuerySet[Any, Any]:
    """Places offered and not answered yet."""
    due = LocalDay(F("decided_at"), F("cohort__timezone"), days=OFFER_DAYS)
    return (
        Enrollment.objects.filter(state=S.OFFERED, decided_at__isnull=False)
        .annotate(
            kind=_text("accept_place"),
            object_id=F("pk"),
            occurrence=_text(""),
            opens_on=LocalDay(F("decided_at"), F("person__timezone")),
            due_on=due,
            due_at=EndOfDay(due, F("cohort__timezone")),
            done_at=NEVER,
        )
        .values_list(*COLUMNS)
    )


def review_rows() -> QuerySet[Any, Any]:
    """One for each member of staff and cohort, while applications of people they decide on wait."""
    waiting = Enrollment.objects.filter(cohort=OuterRef("cohort_id"), state=S.SUBMITTED)
    own = waiting.filter(person__organization=OuterRef("organization"))
    closes, zone = F("program__cohorts__call_closes_on"), F("program__cohorts__timezone")
    due = ExpressionWrapper(closes + Value(REVIEW_DAYS), output_field=DateField())
    return (
        Membership.objects.filter(
            role__in=roles_granting(Permission.DECIDE_APPLICATIONS), program__cohorts__state__in=CHOOSING
        )
        .annotate(
            kind=_text("review_applications"),
            cohort_id=F("program__cohorts"),
            object_id=F("program__cohorts"),
            occurrence=_text(""),
            opens_on=ExpressionWrapper(closes + Value(1), output_field=DateField()),
            due_on=due,
            due_at=EndOfDay(due, zone),
            done_at=NEVER,
        )
        .filter(Q(organization=None) & Exists(waiting) | Exists(own))
        .values_list(*COLUMNS)
        .distinct()
    )


def answer_rows() -> QuerySet[Any, Any]:
    """Somebody waits for a yes or no, or got one."""
    of_mentee = Q(asked_by=Enrollment.Role.MENTEE)
    asked = Case(When(of_mentee, then=F("mentor__person")), default=F("mentee__person"))
    zone = Case(When(of_mentee, then=F("mentor__person__timezone")), default=F("mentee__person__timezone"))
    live = Q(mentee__state__in=LIVE, mentor__state__in=LIVE, cohort__state__in=BEFORE_PAIRS)
    return (
        Introduction.objects.filter(Q(answered_at__isnull=False) | live & Q(state=Introduction.State.ASKED))
        .annotate(
            kind=_text("answer_introduction"),
            person_id=asked,
            object_id=F("pk"),
            occurrence=_text(""),
            opens_on=LocalDay(F("created_at"), zone),
            due_on=F("expires_on"),
            due_at=EndOfDay(F("expires_on"), F("cohort__timezone")),
            done_at=F("answered_at"),
        )
        .values_list(*COLUMNS)
    )


def rank_rows() -> QuerySet[Any, Any]:
    """Shortlists: to rank, or ranked."""
    return (
        Shortlist.objects.filter(Q(ranked_at__isnull=False) | Q(pk__in=lists_to_rank().values("pk")))
        .annotate(
            kind=_text("rank_shortlist"),
            person_id=F("enrollment__person"),
            cohort_id=F("enrollment__cohort"),
            object_id=F("pk"),
            occurrence=_text(""),
            opens_on=LocalDay(F("created_at"), F("enrollment__person__timezone")),
            due_at=EndOfDay(F("due_on"), F("enrollment__cohort__timezone")),
            done_at=F("ranked_at"),
        )
        .values_list(*COLUMNS)
    )


def _enrollments(rows: Iterable[Deadline]) -> dict[int, Enrollment]:
    keys = [row.object_id for row in rows]
    return Enrollment.objects.select_related("cohort__program").in_bulk(keys)


def finish_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Finish your application as mentee."""
    rows = list(rows)
    found = _enrollments(rows)
    return {(row.object_id, row.occurrence, row.person_id): _finish(found[row.object_id]) for row in rows}


def _finish(enrollment: Enrollment) -> Wording:
    cohort = enrollment.cohort
    values = {
        "role": word(cohort.program, enrollment.role),
        "program": cohort.program.name,
        "cohort": cohort.name,
    }
    return Wording(
        verb=_("Finish your application as %(role)s") % values,
        explanation=_("%(program)s, %(cohort)s. What you have written is saved.") % values,
        url=reverse("apply_start", args=[cohort.program.slug, cohort.slug, enrollment.role]),
        done=_("You applied as %(role)s in %(cohort)s") % values,
    )


def accept_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Accept your place."""
    rows = list(rows)
    found = _enrollments(rows)
    return {
        (row.object_id, row.occurrence, row.person_id): Wording(
            verb=_("Accept your place in %(program)s")
            % {"program": found[row.object_id].cohort.program.name},
            explanation=_("After this day it goes to the next person on the waiting list."),
            url=reverse("my_applications"),
        )
        for row in rows
    }


def review_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Decide on 12 applications."""
    rows = list(rows)
    cohorts = Cohort.objects.select_related("program").in_bulk({row.object_id for row in rows})
    waiting = _waiting({row.object_id for row in rows}, {row.person_id for row in rows})
    return {
        (row.object_id, row.occurrence, row.person_id): _review(
            cohorts[row.object_id], waiting[row.object_id, row.person_id]
        )
        for row in rows
    }


def answer_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Answer Dana, who would like to be a pair with you. One query."""
    rows = list(rows)
    found = Introduction.objects.select_related("cohort__program", "mentee__person", "mentor__person")
    by_pk = found.in_bulk([row.object_id for row in rows])
    return {(row.object_id, row.occurrence, row.person_id): _answer(by_pk[row.object_id]) for row in rows}


def _answer(introduction: Introduction) -> Wording:
    cohort = introduction.cohort
    values = {
        "name": introduction.asker.person.name,
        "program": cohort.program.name,
        "cohort": cohort.name,
    }
    return Wording(
        verb=_("Answer %(name)s, who would like to be a pair with you") % values,
        explanation=_("%(program)s, %(cohort)s. A yes or a no; a “no” needs no reason.") % values,
        url=reverse("my_introduction", args=[introduction.uid]),
        done=_("You answered %(name)s") % values,
    )


def rank_words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
    """Rank the mentors proposed to you. One query."""
    rows = list(rows)
    found = Shortlist.objects.select_related("enrollment__cohort__program")
    by_pk = found.in_bulk([row.object_id for row in rows])
    return {(row.object_id, row.occurrence, row.person_id): _rank(by_pk[row.object_id]) for row in rows}


def _rank(shortlist: Shortlist) -> Wording:
    cohort = shortlist.enrollment.cohort
    values = {
        "mentors": word(cohort.program, "mentors"),
        "program": cohort.program.name,
        "cohort": cohort.name,
    }
    return Wording(
        verb=_("Rank the %(mentors)s proposed to you") % values,
        explanation=_("%(program)s, %(cohort)s. Your ranking becomes your wishes.") % values,
        url=reverse("my_shortlist", args=[shortlist.uid]),
        done=_("You ranked the %(mentors)s proposed to you") % values,
    )


def _waiting(cohorts: set[int], people: set[int]) -> Counter[tuple[int, int]]:
    """How many applications wait for each (cohort, member of staff), as far as the roles reach. Two queries."""
    submitted = Enrollment.objects.filter(cohort__in=cohorts, state=S.SUBMITTED)
    counts = submitted.values_list("cohort", "cohort__program", "person__organization").annotate(Count("pk"))
    reach: dict[tuple[int, int], set[int | None]] = {}
    for person, program, organization in Membership.objects.filter(
        person__in=people, role__in=roles_granting(Permission.DECIDE_APPLICATIONS)
    ).values_list("person", "program", "organization"):
        reach.setdefault((person, program), set()).add(organization)
    found: Counter[tuple[int, int]] = Counter()
    for cohort, program, organization, count in counts.order_by("cohort"):
        for (person, where), reached in reach.items():
            if where == program and (None in reached or organization in reached):
                found[cohort, person] += count
    return found


def _review(cohort: Cohort, waiting: int) -> Wording:
    verb = ngettext("Decide on %(count)d application", "Decide on %(count)d applications", waiting)
    return Wording(
        verb=verb % {"count": waiting},
        explanation=_("%(program)s, %(cohort)s. Nobody is told before you release the decisions.")
        % {"program": cohort.program.name, "cohort": cohort.name},
        url=reverse("cohort_people", args=[cohort.program.slug, cohort.slug]) + "?state=submitted",
    )


def register_all() -> None:
    """Called once, when the app is ready."""
    own = (
        ("finish_application", gettext_lazy("Finish the application"), finish_rows, finish_words, (-7, -1)),
        ("accept_place", gettext_lazy("Accept the place offered"), accept_rows, accept_words, (-3, -1)),
        (
            "answer_introduction",
            gettext_lazy("Answer somebody who asks to be a pair"),
            answer_rows,
            answer_words,
            (-5, -1),
        ),
        ("rank_shortlist", gettext_lazy("Rank the mentors proposed"), rank_rows, rank_words, (-5, -1, 2)),
    )
    for code, label, rows, words, remind in own:
        register(DeadlineKind(code, label, rows, words, remind=remind, escalate_after=None))
    register(
        DeadlineKind(
            "review_applications",
            gettext_lazy("Decide on applications"),
            review_rows,
            review_words,
            remind=(-7, -1, 3),
            staff=True,
        )
    )
