"""Forms of applying and of choosing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.forms import PageForm, UploadForm
from participants.domain.selection import DECISIONS
from participants.models import Enrollment, Suggestion
from participants.queries import mentors_to_wish_for
from participants.rules import LIVE
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


class ApplicationsForm(UploadForm):
    """A file of applications."""

    file_hint = _("CSV in UTF-8, or the first sheet of an XLSX; one row per person and role, 5 MB at most.")


class AskForm(PageForm):
    """A request to somebody of the directory."""

    note = forms.CharField(
        label=_("A few words to them"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Who you are, and what you hope for. Two sentences are plenty."),
    )
    visible_to = {"note": _("the person you ask, and nobody else")}


class ApproachForm(AskForm):
    """A mentor's request to somebody whose address is known."""

    email = forms.EmailField(label=_("Their e-mail address"))
    field_order = ("email", "note")
    mentee: Enrollment  # once it is valid

    def __init__(self, *args: Any, mentor: Enrollment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mentor = mentor

    def clean_email(self) -> str:
        """Somebody who takes part on the other side. The words are the same whoever it is not."""
        email: str = self.cleaned_data["email"].strip().lower()
        there = Enrollment.objects.filter(
            cohort=self.mentor.cohort_id, role=Enrollment.Role.MENTEE, state__in=LIVE, person__is_active=True
        )
        found = there.filter(person__email=email).select_related("person").first()
        if found is None:
            raise forms.ValidationError(
                _("Nobody with this address can be asked in this round. Check the spelling.")
            )
        self.mentee = found
        return email


M = TypeVar("M", bound=Model)


def chosen_among(rows: QuerySet[M], uids: Sequence[str]) -> QuerySet[M]:
    """Of these rows the ones ticked; what is no uid is passed over."""
    valid = []
    for uid in uids:
        try:
            valid.append(forms.UUIDField().clean(uid))
        except forms.ValidationError:
            continue
    return rows.filter(uid__in=valid)


class RankForm(PageForm):
    """One choice for each mentor of a shortlist: a rank, or no wish."""

    RANKS = ((0, _("No wish")), (1, _("1st wish")), (2, _("2nd wish")), (3, _("3rd wish")))

    def __init__(self, *args: Any, suggestions: Sequence[Suggestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in suggestions:
            self.fields[f"rank_{one.pk}"] = forms.TypedChoiceField(
                label=_("Your rank for %(name)s") % {"name": one.mentor.person.name},
                choices=self.RANKS,
                coerce=int,
                initial=one.rank or 0,
            )

    def clean(self) -> dict[str, Any]:
        """No rank twice."""
        seen: set[int] = set()
        for name in list(self.fields):
            rank = self.cleaned_data.get(name)
            if rank and rank in seen:
                self.add_error(name, _("You have given this rank already. Choose another."))
            seen.add(rank or 0)
        return self.cleaned_data

    def ranks(self) -> dict[int, int]:
        """Ranks by suggestion, 0 for no wish."""
        return {int(name.removeprefix("rank_")): rank for name, rank in self.cleaned_data.items()}
