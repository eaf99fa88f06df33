"""Your next steps."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from notifications.home import front, standing_of
from notifications.queries import Task, done_for, in_words, open_for
from people.access import person_of
from people.models import Person


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the person owes, by date; strangers see the public front page."""
    if not request.user.is_authenticated:
        public = front()
        return public(request) if public else redirect_to_login("/")
    person = person_of(request)
    tasks = in_words([*open_for(person), *done_for(person)])
    waiting = [task for task in tasks if task.deadline.done_at is None]
    context = {
        "steps_open": [{"task": task, "today": _today_there(task)} for task in waiting],
        "steps_done": [task for task in tasks if task.deadline.done_at is not None],
        "standing": standing_of(person),
        "count": _count(waiting),
        "greeting": _greeting(person),
    }
    return render(request, "notifications/home.html", context)


def _today_there(task: Task) -> date:
    """A date on which the step is as late as it is where its cohort is, however far away its reader."""
    today, due = timezone.localdate(), task.deadline.due_on
    return max(today, due + timedelta(days=1)) if task.late else min(today, due)


def _count(waiting: list[Task]) -> str:
    late = sum(task.late for task in waiting)
    if not waiting:
        return ""
    if not late:
        return ngettext("One thing waits for you.", "%(count)d things wait for you.", len(waiting)) % {
            "count": len(waiting)
        }
    if late == len(waiting):
        return ngettext(
            "One thing waits for you, and it is late.",
            "%(count)d things wait for you, all of them late.",
            late,
        ) % {"count": late}
    # The number of things is more than one here, so only the late ones have a singular.
    return ngettext(
        "%(count)d things wait for you, one of them is late.",
        "%(count)d things wait for you, %(late)d of them are late.",
        late,
    ) % {"count": len(waiting), "late": late}


def _greeting(person: Person) -> str:
    return _("Good to see you, %(name)s.") % {"name": person.get_short_name()}
