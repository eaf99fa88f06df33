"""The list of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from core.templatetags.ui import person as person_line
from core.templatetags.ui import tag
from participants.models import Enrollment
from participants.views.common import TAG_OF
from programs.labels import in_language, word
from programs.models import Cohort

S = Enrollment.State


class PickColumn(tables.Column):
    """A box to tick the row with."""

    def __init__(self) -> None:
        super().__init__(accessor="uid", orderable=False, verbose_name="", attrs={"td": {"class": "pick"}})

    @property
    def header(self) -> SafeString:
        """Read out, not drawn."""
        return format_html('<span class="visually-hidden">{}</span>', _("Choose"))

    def render(self, value: Any, record: Enrollment) -> SafeString:
        """Named after the person, for those who do not see the row."""
        return mark_safe(render_to_string("participants/people/pick.html", {"uid": value, "row": record}))  # noqa: S308


class PeopleTable(tables.Table):
    """Enrollments of a cohort, for those who see people."""

    name = tables.Column(
        accessor="person__full_name", verbose_name=_("Name"), order_by=("person__full_name", "pk")
    )
    role = tables.Column(verbose_name=_("Role"), order_by=("role", "person__full_name", "pk"))
    strand = tables.Column(verbose_name=_("Strand"), order_by=("strand__slug", "pk"))
    unit = tables.Column(
        accessor="person__unit", verbose_name=_("Unit"), order_by=("person__unit__path", "pk")
    )
    submitted_at = tables.Column(verbose_name=_("Applied"), order_by=("submitted_at", "pk"))
    state = tables.Column(verbose_name=_("State"), order_by=("state", "person__full_name", "pk"))
    pending_decision = tables.Column(
        verbose_name=_("To release"), order_by=("pending_decision", "person__full_name", "pk")
    )

    class Meta:
        attrs: dict[str, str] = {}
        order_by = "name"
        empty_text = ""

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        self.cohort = cohort
        self.words = {role: word(cohort.program, role, cap=True) for role in Enrollment.Role.values}
        super().__init__(*args, **kwargs)

    def render_name(self, record: Enrollment) -> SafeString:
        """Who, leading to the enrollment."""
        url = reverse("enrollment", args=[self.cohort.program.slug, self.cohort.slug, record.uid])
        return person_line(
            record.person.full_name, detail=record.person.job_title, url=url, key=record.person_id
        )

    def render_role(self, value: str, record: Enrollment) -> str:
        """In the program's words."""
        return self.words[record.role]

    def render_strand(self, record: Enrollment) -> str:
        """In the reader's language."""
        return in_language(record.strand.name)

    def render_unit(self, record: Enrollment) -> str:
        """Its own name."""
        return record.person.unit.name if record.person.unit else ""

    def render_submitted_at(self, value: datetime) -> str:
        """The day."""
        return date_format(timezone.localtime(value), str(_("j M Y")))

    def render_state(self, record: Enrollment) -> SafeString:
        """As a tag."""
        state = S(record.state)
        return tag(str(state.label), TAG_OF[state])

    def render_pending_decision(self, value: str) -> SafeString:
        """What is set aside and not released."""
        return tag(str(S(value).label), "plain", symbol="clock")


class ChoosingTable(PeopleTable):
    """The same with boxes, for those who decide."""

    pick = PickColumn()

    class Meta(PeopleTable.Meta):
        sequence = ("pick", "...")
