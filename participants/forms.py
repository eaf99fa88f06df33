"""Forms of applying and of choosing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.forms import PageForm
from participants.domain.selection import DECISIONS
from participants.models import Enrollment
from participants.queries import mentors_to_wish_for
from people.models import Person
from programs.labels import in_language
from programs.models import Strand
from programs.question_forms import QuestionsForm, page_form, rank_names
from programs.questions import Kind, Page, Question


class StrandForm(PageForm):
    """Which strand; a single one is not asked about."""

    strand = forms.ChoiceField(label=_("Which strand do you apply for?"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, strands: Sequence[Strand], initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial))
        self.strands = {strand.slug: strand for strand in strands}
        field = self.fields["strand"]
        field.choices = [(strand.slug, in_language(strand.name)) for strand in strands]  # type: ignore[attr-defined]
        if len(strands) == 1:
            field.widget = forms.HiddenInput()
            self.initial["strand"] = strands[0].slug

    def clean_strand(self) -> Strand:
        """The strand itself."""
        return self.strands[self.cleaned_data["strand"]]


def application_page(
    page: Page, enrollment: Enrollment, values: Mapping[str, Any], *, data: Any = None, later: bool = False
) -> QuestionsForm:
    """The form of one page, filled with what is known. `later` asks for nothing: it is saved half done."""

    def choices_for(question: Question) -> list[tuple[str, str]] | None:
        return _mentors(enrollment) if question.kind == Kind.PEOPLE else None

    form = page_form(page, data=data, initial=values, choices_for=choices_for)
    if later:
        for field in form.fields.values():
            field.required = False
    return form


def _mentors(enrollment: Enrollment) -> list[tuple[str, str]]:
    rows = mentors_to_wish_for(enrollment).select_related("unit")
    return [(str(row.uid), _who(row)) for row in rows]


def _who(person: Person) -> str:
    """A name that tells namesakes apart."""
    return ", ".join(
        filter(None, [person.full_name, person.job_title, person.unit.name if person.unit else ""])
    )


def refuse(form: QuestionsForm, refusal: Refused) -> None:
    """Make a refusal an error of the wishes that it is about, or of the whole page."""
    people = [question for question in form.page.questions if question.kind == Kind.PEOPLE]
    field = rank_names(people[0])[0] if people and refusal.code.startswith("wish_") else None
    form.add_error(field, f"{refusal.message} {refusal.hint}".strip())


NONE = "none"  # in forms, where an empty value would look like no answer


class DecisionForm(PageForm):
    """A decision on one application, with a note for staff."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        choices=[(NONE, _("None yet")), *[(state.value, state.label) for state in DECISIONS]],
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the program’s staff. The applicant never sees it."),
    )

    def clean_decision(self) -> str:
        """The decision, empty for none."""
        decision: str = self.cleaned_data["decision"]
        return "" if decision == NONE else decision


class ReleaseForm(PageForm):
    """How the letters go out."""

    letters = forms.ChoiceField(
        label=_("The letters"),
        widget=forms.RadioSelect,
        initial="draft",
        choices=[
            ("draft", _("Prepare them as drafts: I read them first and send them from Mail")),
            ("send", _("Send them now")),
        ],
    )


class UploadForm(PageForm):
    """A file of applications."""

    file = forms.FileField(
        label=_("CSV file"), help_text=_("UTF-8, one row per person and role, 5 MB at most.")
    )


def chosen_among(rows: QuerySet[Enrollment], uids: Sequence[str]) -> QuerySet[Enrollment]:
    """Of these rows the ones ticked; what is no uid is passed over."""
    valid = []
    for uid in uids:
        try:
            valid.append(forms.UUIDField().clean(uid))
        except forms.ValidationError:
            continue
    return rows.filter(uid__in=valid)
