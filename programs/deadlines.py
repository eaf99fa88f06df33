"""What a program's managers owe their cohorts, and whom to tell of what is long late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    F,
    Func,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import EndOfDay
from core.models import AuditEvent
from core.roles import Permission, Role
from notifications.deadlines import COLUMNS, Deadline, DeadlineKind, Wording, register, register_escalation
from people.models import Person
from programs.models import Cohort
from programs.queries import staff_of
from programs.verbs import Verb

State = Cohort.State
Key = tuple[int, str, int]
PREPARE_DAYS, PAIR_DAYS, FINISH_DAYS = 21, 7, 30
AFTER_SELECTING = (State.MATCHING, State.RUNNING, State.CLOSING, State.CLOSED)


class DaysAfter(Func):
    """A date some days later; `days` may be negative."""

    template = "(%(expressions)s + (%(days)s))"
    output_field = DateField()


def _rows(
    code: str,
    cohorts: QuerySet[Cohort],
    *,
    opens_on: Combinable,
    due_on: Combinable,
    done: Iterable[str],
    verb: Verb,
) -> QuerySet[Any, Any]:
    """One row for each cohort and manager; done where the cohort's state says so, at the time the audit trail knows."""
    first = (
        AuditEvent.objects.filter(target_kind="programs.cohort", target_id=OuterRef("pk"), verb=verb.value)
        .order_by()
        .values("target_id")
        .annotate(first=Min("at"))
        .values("first")
    )
    moment = Coalesce(Subquery(first), F("created_at"), output_field=DateTimeField())
    return (
        cohorts.filter(program__memberships__role=Role.MANAGER)
        .annotate(
            kind=Value(code, output_field=CharField()),
            person_id=F("program__memberships__person_id"),
            cohort_id=F("pk"),
            object_id=F("pk"),
            occurrence=Value("", output_field=CharField()),
            opens_on=opens_on,
            due_on=due_on,
            due_at=EndOfDay(due_on, F("timezone")),  # type: ignore[arg-type]
            done_at=Case(When(state__in=list(done), then=moment), default=None, output_field=DateTimeField()),
        )
        .values_list(*COLUMNS)
        .distinct()
    )


def open_call_rows() -> QuerySet[Any, Any]:
    """A call opens on its day."""
    return _rows(
        "open_call",
        Cohort.objects.all(),
        opens_on=DaysAfter("call_opens_on", days=-PREPARE_DAYS),
        due_on=F("call_opens_on"),
        done=[state for state in State.values if state != State.DRAFT],
        verb=Verb.CALL_OPENED,
    )


def start_matching_rows() -> QuerySet[Any, Any]:
    """Matching starts a week before the mentorships, or when the call is over if that is later."""
    return _rows(
        "start_matching",
        Cohort.objects.filter(state__in=[State.SELECTING, *AFTER_SELECTING]),
        opens_on=DaysAfter("call_closes_on", days=1),
        due_on=Greatest(
            DaysAfter("call_closes_on", days=1),
            DaysAfter("starts_on", days=-PAIR_DAYS),
            output_field=DateField(),
        ),
        done=AFTER_SELECTING,
        verb=Verb.MATCHING_STARTED,
    )


def close_cohort_rows() -> QuerySet[Any, Any]:
    """A cohort is closed within a month of its end."""
    return _rows(
        "close_cohort",
        Cohort.objects.filter(state__in=[State.CLOSING, State.CLOSED]),
        opens_on=DaysAfter("ends_on", days=1),
        due_on=DaysAfter("ends_on", days=FINISH_DAYS),
        done=[State.CLOSED],
        verb=Verb.CLOSED,
    )


Words = Callable[[Cohort, date], tuple[str, str, str]]


def _words(say: Words, page: str) -> Callable[[Iterable[Deadline]], Mapping[Key, Wording]]:
    def words(rows: Iterable[Deadline]) -> Mapping[Key, Wording]:
        found = list(rows)
        cohorts = Cohort.objects.select_related("program").in_bulk({row.object_id for row in found})
        worded = {}
        for row in found:
            cohort = cohorts[row.object_id]
            verb, explanation, done = say(cohort, row.due_on)
            url = reverse(page, args=[cohort.program.slug, cohort.slug])
            worded[row.object_id, row.occurrence, row.person_id] = Wording(verb, explanation, url, done)
        return worded

    return words


def _open_call(cohort: Cohort, due_on: date) -> tuple[str, str, str]:
    names = {"cohort": cohort.name, "date": date_format(due_on, "j F")}
    return (
        _("Get %(cohort)s ready for its call") % names,
        _("Check dates, places and texts. The call opens by itself on %(date)s, if there are places.")
        % names,
        _("You opened the call of %(cohort)s") % names,
    )


def _start_matching(cohort: Cohort, _due_on: date) -> tuple[str, str, str]:
    names = {"cohort": cohort.name, "date": date_format(cohort.starts_on, "j F")}
    return (
        _("Start the matching of %(cohort)s") % names,
        _("Decide on the applications first. Mentorships are to start on %(date)s.") % names,
        _("You started the matching of %(cohort)s") % names,
    )


def _close_cohort(cohort: Cohort, _due_on: date) -> tuple[str, str, str]:
    names = {"cohort": cohort.name}
    return (
        _("Evaluate and close %(cohort)s") % names,
        _("Its mentorships have ended. Look at the results, then close it."),
        _("You closed %(cohort)s") % names,
    )


def _kind(
    code: str, label: str | Promise, rows: Callable[[], QuerySet[Any, Any]], say: Words
) -> DeadlineKind:
    # Managers are those who would be told of it, so nothing is escalated.
    return DeadlineKind(
        code, label, rows, _words(say, "cohort_desk"), remind=(-7, -1, 3), escalate_after=None, staff=True
    )


def register_all() -> None:
    """Once, when the app is ready."""
    register(_kind("open_call", gettext_lazy("Open the call"), open_call_rows, _open_call))
    register(_kind("start_matching", gettext_lazy("Start matching"), start_matching_rows, _start_matching))
    register(_kind("close_cohort", gettext_lazy("Close the cohort"), close_cohort_rows, _close_cohort))
    register_escalation(managers_of, about_cohort)


def managers_of(cohort_id: int) -> list[Person]:
    """Who is told of what is long late in the cohort: those who may change its settings."""
    program_id = Cohort.objects.values_list("program_id", flat=True).get(pk=cohort_id)
    return list(staff_of(program_id, Permission.CHANGE_SETTINGS).order_by("pk"))


def about_cohort(cohort_id: int) -> tuple[str, str]:
    """The cohort's name, and the path of its desk."""
    cohort = Cohort.objects.select_related("program").get(pk=cohort_id)
    return cohort.name, reverse("cohort_desk", args=[cohort.program.slug, cohort.slug])
