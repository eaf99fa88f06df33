"""A program's own words in templates: `{% load program_words %}{% word program "mentees" cap=True %}`."""

from collections.abc import Mapping
from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags import ui
from programs import labels
from programs.models import Cohort, Program

register = template.Library()


@register.simple_tag
def word(program: Program, key: str, cap: bool = False) -> str:
    """The program's word in the reader's language; `cap` begins it with a capital."""
    return labels.word(program, key, cap=cap)


@register.filter
def in_language(texts: Mapping[str, str]) -> str:
    """A text kept by language, in the reader's: `{{ strand.name|in_language }}`."""
    return labels.in_language(texts)


STATE_KINDS = {
    Cohort.State.CALL_OPEN: "on",
    Cohort.State.SELECTING: "wait",
    Cohort.State.MATCHING: "wait",
    Cohort.State.RUNNING: "ok",
    Cohort.State.CLOSING: "wait",
}


@register.simple_tag
def cohort_state(cohort: Cohort) -> SafeString:
    """The cohort's state in a pill."""
    return ui.tag(cohort.get_state_display(), STATE_KINDS.get(Cohort.State(cohort.state), "plain"))


@register.simple_tag
def date_span(start: date, end: date) -> str:
    """From one date to another; the year stands once where it is the same."""
    short, full = _("j M"), _("j M Y")
    first = date_format(start, short if start.year == end.year else full)
    return _("%(from)s to %(to)s") % {"from": first, "to": date_format(end, full)}
