"""Kinds of mail and of deadlines made for tests, over real tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import CharField, F, Value

from agreements.models import ActionPlan
from core.dates import EndOfDay
from notifications import deadlines, mails
from notifications.deadlines import Deadline, DeadlineKind, Wording
from people.models import Person
from tests.factories import ActionPlanFactory, MentorshipFactory

NOTE = "Hello {{ person.full_name }},\n\n{{ words }}\n"
INVITE = "Dear {{ person.full_name }},\n\n[Decide now]({{ link_url }})\n\nOr copy {{ link_url }}\n"


@pytest.fixture
def mail_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """`note` (may be switched off) and `invite` (carries a link); their texts lie in the folder returned."""
    folder = tmp_path / "templates"
    for kind, subject, body in (("note", "About {{ words }}", NOTE), ("invite", "Your decision", INVITE)):
        (folder / "mail" / kind).mkdir(parents=True)
        (folder / "mail" / kind / "subject.txt").write_text(subject)
        (folder / "mail" / kind / "body.md").write_text(body)
    monkeypatch.setitem(settings.TEMPLATES[0], "DIRS", [folder, *settings.TEMPLATES[0]["DIRS"]])
    known = {code: kind for code, kind in mails.kinds().items() if code in {"reminder", "escalation"}}
    monkeypatch.setattr(mails, "_kinds", known)
    mails.register(mails.MailKind("note", "Notes", optional=True))
    mails.register(mails.MailKind("invite", "Invitations"))
    return folder


def plan_rows() -> Any:
    """Every action plan as a deadline of its mentee."""
    return ActionPlan.objects.annotate(
        kind=Value("plan", output_field=CharField()),
        person_id=F("mentee_id"),
        cohort_id=F("mentorship__cohort_id"),
        object_id=F("id"),
        occurrence=Value("", output_field=CharField()),
        opens_on=F("mentorship__starts_on"),
        due_at=EndOfDay(F("due_on"), F("mentorship__cohort__timezone")),
        done_at=F("shared_at"),
    )


def plan_words(rows: Iterable[Deadline]) -> Mapping[tuple[int, str, int], Wording]:
    """Words with the name of the mentee, from one query."""
    listed = list(rows)
    names = dict(
        Person.objects.filter(pk__in=[row.person_id for row in listed]).values_list("pk", "full_name")
    )
    return {
        (row.object_id, row.occurrence, row.person_id): Wording(
            verb=f"Write plan {row.object_id}",
            explanation=f"It is {names[row.person_id]}'s.",
            url=f"/plans/{row.object_id}/",
            done=f"You wrote plan {row.object_id}",
        )
        for row in listed
    }


@pytest.fixture
def plan_kind(monkeypatch: pytest.MonkeyPatch) -> DeadlineKind:
    """The only kind of deadline: a plan is due. Reminders 7 and 1 days before, 3 and 10 after."""
    monkeypatch.setattr(deadlines, "_kinds", {})
    return deadlines.register(DeadlineKind("plan", "Action plan", plan_rows, plan_words, escalate_after=14))


def make_plan(person: Person, **fields: Any) -> ActionPlan:
    """A plan that this person owes."""
    mentorship = fields.pop("mentorship", None) or MentorshipFactory(
        **{name: fields.pop(name) for name in ("cohort", "starts_on") if name in fields}
    )
    plan: ActionPlan = ActionPlanFactory(mentee=person, mentorship=mentorship, **fields)
    return plan
