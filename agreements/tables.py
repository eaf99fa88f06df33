"""The desk's list of mentorships."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements.models import Member, Mentorship
from agreements.queries import silent_before
from core.templatetags.ui import tag
from programs.labels import word
from programs.models import Cohort

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


class MentorshipTable(tables.Table):
    """Rows of `with_progress` with their members: where each stands, never what was said."""

    people = tables.Column(verbose_name=gettext_lazy("Who"), order_by=("mentee_name", "pk"), empty_values=())
    agreement_state = tables.Column(verbose_name=gettext_lazy("Agreement"), order_by=("agreement_due", "pk"))
    plan = tables.Column(verbose_name=gettext_lazy("Plan"), order_by=("plan_due", "pk"), empty_values=())
    met = tables.Column(verbose_name=gettext_lazy("Met this month"), attrs=NUMBER, order_by=("met", "pk"))
    last_heard = tables.Column(verbose_name=gettext_lazy("Last heard"), order_by=("last_heard", "pk"))

    class Meta:
        attrs: dict[str, str] = {}
        order_by = "people"
        empty_text = ""

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        self.cohort = cohort
        self.words = {side: word(cohort.program, side) for side in Member.Side.values}
        super().__init__(*args, **kwargs)

    def render_people(self, record: Any) -> SafeString:
        """Mentees and their mentor, leading to the mentorship."""
        url = reverse("staff_mentorship", args=[self.cohort.program.slug, self.cohort.slug, record.uid])
        sides = {side: [m.person for m in record.people if m.side == side] for side in Member.Side.values}
        context = {"row": record, "url": url, "mentees": sides["mentee"], "mentors": sides["mentor"]}
        return mark_safe(render_to_string("agreements/desk/who.html", context))  # noqa: S308

    def render_agreement_state(self, value: str, record: Any) -> SafeString:
        """Its state and, while somebody is waited for, since when."""
        return agreement_tag(value, record, self.words)

    def render_plan(self, record: Any) -> SafeString:
        """How many of the plans were shared."""
        return plan_tag(record)

    def render_met(self, value: int, record: Any) -> str:
        """Out of how many; nothing is asked of those that have ended, or are yet to begin."""
        if record.state == Mentorship.State.ENDED or not record.begun:
            return "—"
        return _("%(met)d of %(wanted)d") % {"met": value, "wanted": record.meetings_per_month}

    def render_last_heard(self, value: Any, record: Any) -> SafeString:
        """How long ago; a tag once it is silence. Of those yet to begin, when they do."""
        if not record.begun and record.state != Mentorship.State.ENDED:
            return tag(_("Begins %(day)s") % {"day": date_format(record.starts_on, "DATE_FORMAT")}, "plain")
        ago = _("%(time)s ago") % {"time": timesince(value, depth=1)}
        before = silent_before()
        silent = (
            record.state != Mentorship.State.ENDED and record.starts_on < before.date() and value < before
        )
        return tag(ago, "wait" if silent else "plain")


def _choose() -> SafeString:
    return format_html('<span class="visually-hidden">{}</span>', _("Choose"))


class RemindTable(MentorshipTable):
    """The same with boxes, for those who may remind."""

    pick = tables.Column(
        accessor="uid",
        orderable=False,
        verbose_name=lazy(_choose, SafeString)(),
        attrs={"td": {"class": "pick"}, "th": {"class": "pick"}},
    )

    class Meta(MentorshipTable.Meta):
        sequence = ("pick", "...")

    def render_pick(self, value: Any, record: Any) -> SafeString:
        """Only where a supervisor is waited for."""
        return mark_safe(render_to_string("agreements/desk/pick.html", {"uid": value, "row": record}))  # noqa: S308


def agreement_tag(state: str, row: Any, words: dict[str, str]) -> SafeString:
    """Where the agreement stands, for a row of `with_progress`."""
    late = row.state != Mentorship.State.ENDED and row.agreement_due < row.today
    if state == "in_force":
        return tag(_("In force"), "ok")
    if state == "ended":
        return tag(_("Ended"), "plain")
    if state == "draft":
        return tag(_("Not signed"), "late" if late else "plain")
    days = (timezone.now() - row.waiting_since).days
    since = {"days": days, **words}
    if state == "waiting_supervisor":
        text = ngettext("Supervisor, %(days)d day", "Supervisor, %(days)d days", days)
    elif state == "signed_mentor":
        text = ngettext("Waits for %(mentee)s, %(days)d day", "Waits for %(mentee)s, %(days)d days", days)
    else:
        text = ngettext("Waits for %(mentor)s, %(days)d day", "Waits for %(mentor)s, %(days)d days", days)
    return tag(text % since, "late" if late else "wait")


def plan_tag(row: Any) -> SafeString:
    """Whether the plans were shared, for a row of `with_progress`."""
    if not row.plans_written:
        return tag(_("None asked"), "plain")
    if row.plans_shared == row.plans_written:
        return tag(_("Shared"), "ok")
    late = row.state != Mentorship.State.ENDED and row.plan_due and row.plan_due < row.today
    if row.plans_written > 1:
        text = _("%(shared)d of %(all)d shared") % {"shared": row.plans_shared, "all": row.plans_written}
        return tag(text, "late" if late else "plain")
    return tag(_("Not yet"), "late" if late else "plain")
