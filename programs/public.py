"""What strangers read about programs and cohorts."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programs.labels import in_language, word
from programs.models import Cohort, Program


def summary_of(program: Program) -> str:
    """What the program is, in the reader's language."""
    return in_language(program.texts.get("summary", {}))


def asked_of(program: Program) -> list[tuple[str, str]]:
    """What is asked of mentors and of mentees: (heading, text)."""
    texts = {side: in_language(program.texts.get(side, {})) for side in ("mentor", "mentee")}
    return [(word(program, f"{side}s", cap=True), text) for side, text in texts.items() if text]


def figures_of(cohort: Cohort) -> list[tuple[str, str]]:
    """Length, meetings and what is written, as (label, value)."""
    program = cohort.program
    span = {
        "start": date_format(cohort.starts_on, "j F Y"),
        "end": date_format(cohort.ends_on, "j F Y"),
    }
    found = [
        (
            _("Length"),
            ngettext("%(count)d month", "%(count)d months", cohort.term_months)
            % {"count": cohort.term_months},
        ),
        (_("When"), _("%(start)s to %(end)s") % span),
    ]
    if cohort.meetings_per_month:
        text = ngettext("About %(count)d a month", "About %(count)d a month", cohort.meetings_per_month)
        found.append((_("Meetings"), text % {"count": cohort.meetings_per_month}))
    found.append((word(program, "agreement", cap=True), _within(cohort.agreement_days)))
    if cohort.action_plan:
        found.append((word(program, "plan", cap=True), _within(cohort.plan_days)))
    if cohort.supervisor_signs:
        found.append(
            (
                word(program, "supervisor", cap=True),
                capfirst(_("approves the agreement, by a link in an e-mail")),
            )
        )
    return found


def _within(days: int) -> str:
    return ngettext("Within %(count)d day", "Within %(count)d days", days) % {"count": days}
