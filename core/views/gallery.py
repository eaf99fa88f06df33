"""Every component in its states, for those who build pages; only where DEBUG is on."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core.forms import PageForm
from core.ui import Answer, Bar, Event, Fact, Link, Part, Phase

TODAY = date(2026, 11, 22)
STAFF = "you and the program's managers"


class SampleForm(PageForm):
    """One field of each kind."""

    visible_to = {
        "goals": "you, your mentor, and the program's managers",
        "track": STAFF,
        "document": "the program's managers only",
    }

    goals = forms.CharField(
        label="What do you want to learn?",
        help_text="Two or three sentences are enough. You can change them later with your mentor.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.EmailField(label="Where can we reach you?")
    hours = forms.IntegerField(label="Hours a month", required=False, min_value=1)
    directorate = forms.ChoiceField(
        label="Directorate", choices=[("", "Choose one"), ("c", "Computing"), ("e", "Energy systems")]
    )
    track = forms.ChoiceField(
        label="How would you like to be mentored?",
        help_text="Circles meet once a month in a group of six.",
        choices=[("pair", "One mentor, just for me"), ("circle", "A circle"), ("either", "Either is fine")],
        widget=forms.RadioSelect,
    )
    meet_by = forms.MultipleChoiceField(
        label="How do you like to meet?",
        required=False,
        choices=[("person", "In person"), ("video", "By video"), ("phone", "By phone")],
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = forms.DateField(
        label="First day you can meet", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    document = forms.FileField(label="Résumé", help_text="A PDF of two pages at most.")
    agrees = forms.BooleanField(
        label="I have read the code of conduct", help_text="One page. It applies to everybody who takes part."
    )


class SampleFilter(PageForm):
    """A filter bar's fields."""

    hide_optional = True
    q = forms.CharField(
        label="Name or unit", required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    unit = forms.ChoiceField(
        label="Directorate",
        required=False,
        choices=[("", "All"), ("c", "Computing"), ("e", "Energy systems")],
    )


def _figures() -> dict[str, Any]:
    return {
        "agreement_parts": [
            Part("in force", 84, "b"),
            Part("wait for a supervisor", 22, "c"),
            Part("not signed", 9, "rest"),
        ],
        "unit_bars": [
            Bar("Computing", 92, "92 %", 80, "#"),
            Bar("Energy systems", 88, "88 %", 84, "#"),
            Bar("Operations", 71, "71 %", 79, "#"),
            Bar("Physical sciences", 90, "90 %", 86, "#"),
        ],
        "call": [
            Bar("Applied", 131, url="#"),
            Bar("Complete", 124, "95 %", url="#"),
            Bar("Accepted", 115, "88 %", url="#"),
            Bar("Matched", 112, "85 %", url="#"),
        ],
        "health": [("June", 88), ("July", 91), ("August", 84), ("September", 90), ("October", 93)],
        "score_parts": [Part("skills", 41), Part("goals", 20), Part("level", 15), Part("place", 10)],
    }


def _rows() -> dict[str, Any]:
    return {
        "cohort_phases": [
            Phase("Call", "done", "1 to 30 June"),
            Phase("Selection", "done", "July"),
            Phase("Matching", "done", "September"),
            Phase("Agreements", "now", "until 3 December", "#"),
            Phase("Under way", "next", "12 months"),
            Phase("Mid-term", "next", "May"),
            Phase("Evaluation", "next", "November"),
        ],
        "events": [
            Event("Orientation, late sitting", TODAY + timedelta(days=4), "14 of 20 places are taken.", "on"),
            Event("Dana Whitfield signed", TODAY - timedelta(days=6), kind="ok"),
            Event(
                "A link went to the supervisor",
                TODAY - timedelta(days=9),
                "Tomas Brandt has not opened it.",
                "late",
            ),
        ],
        "fact_rows": [Fact("Length", "12 months"), Fact("Meetings", "Twice a month"), Fact("Boundaries")],
        "answer_rows": [
            Answer("What do you want to learn?", "Leading a team, and saying no.", "#", STAFF),
            Answer("How would you like to be mentored?", "One mentor, just for me", "#"),
            Answer("Résumé", "", "#"),
        ],
    }


def _links() -> dict[str, Any]:
    return {
        "tab_rows": [
            Link("Overview", "#", True),
            Link("People", "#", count=131),
            Link("Mail", "#", count=12),
        ],
        "chip_rows": [
            Link("All pairs", "#", True, 118),
            Link("Low score", "#", count=9),
            Link("Unmatched", "#", count=3, kind="late"),
        ],
        "people": [
            ("Mira Kovač", "Operations, level 12", 1, "active"),
            ("Ade Okafor", "Energy systems, level 9", 7, "late"),
            ("Lena Ruiz", "Physical sciences, level 21", 3, "waits"),
        ],
        "dates": {
            "late": TODAY - timedelta(days=3),
            "soon": TODAY + timedelta(days=11),
            "later": TODAY + timedelta(days=41),
            "done": TODAY - timedelta(days=20),
        },
    }


def gallery(request: HttpRequest) -> HttpResponse:
    """Show the components; `?form=errors` shows the sample form sent empty, `?messages=1` the messages."""
    if not settings.DEBUG:
        raise Http404
    form = SampleForm({} if request.GET.get("form") == "errors" else None)
    if "messages" in request.GET:
        messages.success(request, "Your agreement is signed.")
        messages.info(request, "Your supervisor gets a link by e-mail.")
        messages.warning(request, "Two people have not answered yet.")
        messages.error(request, "The file could not be read.")
    context = {
        **_figures(),
        **_rows(),
        **_links(),
        "form": form,
        "filter_form": SampleFilter(request.GET or None),
        "today": TODAY,
        "page": Paginator(range(230), 20).get_page(request.GET.get("page", 4)),
        "desk_tabs": [
            Link("Today", "#", True),
            Link("People", "#"),
            Link("Matching", "#"),
            Link("Mentorships", "#"),
            Link("Mail", "#", count=12),
            Link("Dates", "#"),
            Link("Surveys", "#"),
            Link("Reports", "#"),
        ],
    }
    return render(request, "core/gallery.html", context)
