"""One page of a questionnaire as a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from core.forms import PageForm, required_message
from programs.labels import base_language, in_language
from programs.questions import SKILL_LEVEL, VISIBLE_TO, Kind, Page, Question

Pairs = Sequence[tuple[str, str]]
ChoicesFor = Callable[[Question], Pairs | None]
LONGEST = 20_000  # characters of one answer, whatever its words


class QuestionsForm(PageForm):
    """A page of questions. `answers()` gives what was answered as JSON values by question key."""

    page: Page

    def clean(self) -> dict[str, Any]:
        """Nobody is wished for twice."""
        for question in self.page.questions:
            if question.kind == Kind.PEOPLE:
                self._no_one_twice(question)
        return self.cleaned_data

    def answers(self) -> dict[str, Any]:
        """JSON values of a valid form, one for every question of the page; None or empty where not answered."""
        return {question.key: self._answer(question) for question in self.page.questions}

    def _answer(self, question: Question) -> Any:
        if question.kind == Kind.PEOPLE:
            given = [self.cleaned_data[name] for name in rank_names(question)]
            return [uid for uid in given if uid]
        value = self.cleaned_data[question.key]
        if question.kind == Kind.SKILLS:
            return dict.fromkeys(value, SKILL_LEVEL)
        return value

    def _no_one_twice(self, question: Question) -> None:
        seen: set[str] = set()
        for name in rank_names(question):
            uid = self.cleaned_data.get(name)
            if uid and uid in seen:
                self.add_error(
                    name, _("You have named this person already. Choose another, or leave it empty.")
                )
            seen.add(uid or "")


def page_form(
    page: Page,
    *,
    language: str | None = None,
    data: Mapping[str, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
    choices_for: ChoicesFor | None = None,
) -> QuestionsForm:
    """A form of the page. `initial` are answers as `answers()` gives them.

    `choices_for(question)` may give (value, label) pairs in place of the question's own; people need it.
    """
    form = QuestionsForm(data, initial=_initial(page, initial or {}))
    form.page = page
    form.visible_to = {}
    with override(base_language(language)):
        for question in page.questions:
            given = choices_for(question) if choices_for else None
            pairs = given if given is not None else _own_choices(question, language)
            for name, field in _fields(question, pairs, language):
                field.error_messages["required"] = required_message(field)
                form.fields[name] = field
                form.visible_to[name] = str(VISIBLE_TO[question.visible_to])
    return form


def rank_names(question: Question) -> list[str]:
    """Names of the form fields of a question for people, first wish first."""
    return [f"{question.key}_{rank}" for rank in range(1, question.max_choices + 1)]


def _initial(page: Page, answers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for question in page.questions:
        value = answers.get(question.key)
        if question.kind == Kind.PEOPLE:
            found.update(zip(rank_names(question), value or [], strict=False))
        elif question.kind == Kind.SKILLS:
            found[question.key] = list(value or {})
        elif question.kind == Kind.YESNO and value is not None:
            found[question.key] = "yes" if value else "no"
        else:
            found[question.key] = value
    return found


def _own_choices(question: Question, language: str | None) -> Pairs:
    return [(choice.value, in_language(choice.label, language)) for choice in question.choices]


def _fields(question: Question, pairs: Pairs, language: str | None) -> list[tuple[str, forms.Field]]:
    texts: dict[str, Any] = {
        "label": in_language(question.label, language),
        "help_text": _hint(question, language),
    }
    if question.kind == Kind.PEOPLE:
        return _people(question, pairs, texts)
    return [(question.key, _field(question, pairs, {**texts, "required": question.required}, language))]


def _field(question: Question, pairs: Pairs, texts: dict[str, Any], language: str | None) -> forms.Field:
    match question.kind:
        case Kind.SHORT:
            return forms.CharField(max_length=250, validators=[_at_most(question.max_words)], **texts)
        case Kind.TEXT:
            return _long_text(question, texts)
        case Kind.CHOICE:
            return forms.ChoiceField(choices=pairs, widget=forms.RadioSelect, **texts)
        case Kind.CHOICES | Kind.SKILLS:
            field = forms.MultipleChoiceField(choices=pairs, widget=forms.CheckboxSelectMultiple, **texts)
            if question.max_choices:
                field.validators.append(_no_more_than(question.max_choices))
            return field
        case Kind.SCALE:
            return _number_of(_scale(question, language), texts)
        case Kind.YESNO:
            return _yes_or_no(texts)
    return forms.IntegerField(min_value=question.min, max_value=question.max, **texts)


def _long_text(question: Question, texts: dict[str, Any]) -> forms.Field:
    rows = 4 if question.max_words <= 100 else 8
    widget = forms.Textarea(attrs={"rows": rows, "data-words": question.max_words})
    limits: list[Callable[[Any], None]] = [_at_most(question.max_words), MaxLengthValidator(LONGEST)]
    return forms.CharField(widget=widget, validators=limits, **texts)


def _scale(question: Question, language: str | None) -> Pairs:
    ends = {
        question.min: in_language(question.low, language),
        question.max: in_language(question.high, language),
    }
    steps = range(question.min, question.max + 1)
    return [
        (str(step), _("%(number)s: %(meaning)s") % {"number": step, "meaning": ends[step]})
        if ends.get(step)
        else (str(step), str(step))
        for step in steps
    ]


def _number_of(pairs: Pairs, texts: dict[str, Any]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=pairs, coerce=int, empty_value=None, widget=forms.RadioSelect, **texts
    )


def _yes_or_no(texts: dict[str, Any]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        **texts,
    )


def _people(question: Question, pairs: Pairs, texts: dict[str, Any]) -> list[tuple[str, forms.Field]]:
    ranks = [_("first choice"), _("second choice"), _("third choice")]
    options = [("", _("Nobody")), *pairs]
    found: list[tuple[str, forms.Field]] = []
    for rank, name in enumerate(rank_names(question)):
        label = _("%(question)s: %(rank)s") % {"question": texts["label"], "rank": ranks[rank]}
        needed = question.required and rank == 0
        hint = texts["help_text"] if rank == 0 else ""
        parts = {**texts, "label": label, "help_text": hint, "required": needed}
        found.append((name, forms.ChoiceField(choices=options, **parts)))
    return found


def _hint(question: Question, language: str | None) -> str:
    parts = [in_language(question.hint, language)]
    if question.kind == Kind.TEXT:
        parts.append(
            ngettext("At most %(count)d word.", "At most %(count)d words.", question.max_words)
            % {"count": question.max_words}
        )
    elif question.kind in (Kind.CHOICES, Kind.SKILLS) and question.max_choices:
        parts.append(_("Choose up to %(count)d.") % {"count": question.max_choices})
    return escape(" ".join(part for part in parts if part))  # the field's template prints hints as they are


def _at_most(limit: int) -> Callable[[str], None]:
    def check(text: str) -> None:
        count = len(text.split())
        if count > limit:
            raise ValidationError(
                _("This has %(count)d words. Shorten it to %(limit)d or fewer."),
                code="too_long",
                params={"count": count, "limit": limit},
            )

    return check


def _no_more_than(limit: int) -> Callable[[Sequence[str]], None]:
    def check(values: Sequence[str]) -> None:
        if len(values) > limit:
            raise ValidationError(
                _("You have chosen %(count)d. Choose at most %(limit)d."),
                code="too_many",
                params={"count": len(values), "limit": limit},
            )

    return check
