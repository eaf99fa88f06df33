"""Narrowing the list of people; the filter lives in the address."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import PageForm
from participants.cards import choices_of
from participants.domain.places import HOLDS_PLACE
from participants.domain.selection import DECISIONS
from participants.models import Enrollment, SkillClaim
from participants.queries import directorates, late_people
from people.languages import language_name
from programs.labels import in_language, word
from programs.models import Cohort, Strand

S, Role = Enrollment.State, Enrollment.Role
# Groups that the desk counts, across states.
AMONG = {
    "places": Q(role=Role.MENTEE, state__in=HOLDS_PLACE),
    "accepted": Q(state__in=[S.ACCEPTED, S.COMPLETED, S.LEFT]),
}
PENDING = [("any", _("Any decision")), *[(state.value, state.label) for state in DECISIONS]]


class FilterForm(PageForm):
    """Nothing has to be filled in, so nothing is called optional."""

    hide_optional = True


class DirectoryFilter(filters.FilterSet):
    """Mentors of the directory by what they offer and where they are; choices are those that somebody has."""

    q = filters.CharFilter(label=_("Name or position"), method="search")
    skill = filters.ChoiceFilter(label=_("Skill"), method="offers", empty_label=_("Any"))
    need = filters.ChoiceFilter(label=_("Mentor for"), method="serves", empty_label=_("Anything"))
    language = filters.ChoiceFilter(label=_("Language"), method="speaks", empty_label=_("Any"))
    location = filters.ChoiceFilter(
        label=_("Place"), field_name="person__location", empty_label=_("Anywhere")
    )
    directorate = filters.ChoiceFilter(
        label=_("Directorate"), method="within", empty_label=pgettext_lazy("directorates", "All")
    )
    free = filters.BooleanFilter(label=_("With a free place"), method="has_place", widget=forms.CheckboxInput)

    class Meta:
        model = Enrollment
        fields = ("q", "skill", "need", "language", "location", "directorate", "free")
        form = FilterForm

    def __init__(self, data: Any, queryset: QuerySet[Enrollment], *, cohort: Cohort) -> None:
        super().__init__(data, queryset=queryset)
        for name, choices in directory_choices(queryset, cohort).items():
            self.filters[name].extra["choices"] = choices
            if len(choices) < 2:
                del self.filters[name]  # nothing to choose among

    def search(self, rows: QuerySet[Enrollment], _name: str, value: str) -> QuerySet[Enrollment]:
        """Every word must stand in the name or in the position."""
        for part in value.split():
            rows = rows.filter(
                Q(person__full_name__icontains=part)
                | Q(person__preferred_name__icontains=part)
                | Q(person__job_title__icontains=part)
            )
        return rows

    def offers(self, rows: QuerySet[Enrollment], _name: str, slug: str) -> QuerySet[Enrollment]:
        """A skill of theirs."""
        return rows.filter(
            Exists(SkillClaim.objects.filter(enrollment=OuterRef("pk"), skill__slug=slug, direction="offers"))
        )

    def serves(self, rows: QuerySet[Enrollment], _name: str, need: str) -> QuerySet[Enrollment]:
        """A need that they can serve."""
        return rows.filter(needs__contains=[need])

    def speaks(self, rows: QuerySet[Enrollment], _name: str, code: str) -> QuerySet[Enrollment]:
        """A language of theirs."""
        return rows.filter(person__languages__contains=[code])

    def within(self, rows: QuerySet[Enrollment], _name: str, unit: str) -> QuerySet[Enrollment]:
        """In a top unit or below it."""
        return rows.filter(Q(person__unit__top=unit) | Q(person__unit=unit))

    def has_place(self, rows: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:
        """Those who can still be asked."""
        return rows.exclude(free=0) if value else rows


def directory_choices(rows: QuerySet[Enrollment], cohort: Cohort) -> dict[str, list[tuple[str, str]]]:
    """What these mentors have, by filter. A fixed number of queries."""
    mentors = rows.order_by()
    offered = SkillClaim.objects.filter(enrollment__in=mentors.values("pk"), direction="offers")
    skills = offered.order_by("skill").distinct("skill").values_list("skill__slug", "skill__name")
    people = list(mentors.values_list("needs", "person__languages", "person__location"))
    needs = choices_of(cohort, Role.MENTOR.value, "needs")["needs"]
    served = {need for row in people for need in row[0]}
    return {
        "skill": sorted(((slug, in_language(name)) for slug, name in skills), key=lambda one: one[1]),
        "need": [(value, label) for value, label in needs.items() if value in served],
        "language": sorted({(code, language_name(code)) for row in people for code in row[1]}),
        "location": sorted({(row[2], row[2]) for row in people if row[2]}),
        "directorate": [(str(unit.pk), unit.name) for unit in directorates(rows)],
    }


class PeopleFilter(filters.FilterSet):
    """People of a cohort by name, role, state, strand and directorate."""

    q = filters.CharFilter(label=_("Name or e-mail"), method="search")
    role = filters.ChoiceFilter(label=_("Role"), empty_label=_("Both"))
    state = filters.ChoiceFilter(label=_("State"), choices=S.choices, empty_label=_("Any"))
    pending = filters.ChoiceFilter(
        label=_("Decision to release"), method="is_pending", choices=PENDING, widget=forms.HiddenInput
    )
    strand = filters.ChoiceFilter(label=_("Strand"), field_name="strand__slug", empty_label=_("All"))
    directorate = filters.ChoiceFilter(
        label=_("Directorate"), method="within", empty_label=pgettext_lazy("directorates", "All")
    )
    among = filters.ChoiceFilter(
        label=_("Counted as"),
        method="counted",
        choices=[("places", _("Takes a place")), ("accepted", _("Accepted"))],
        widget=forms.HiddenInput,
    )
    late = filters.BooleanFilter(label=_("Late with something"), method="is_late", widget=forms.HiddenInput)

    class Meta:
        model = Enrollment
        fields = ("q", "role", "state", "pending", "strand", "directorate", "among", "late")
        form = FilterForm

    def __init__(self, data: Any, queryset: QuerySet[Enrollment], *, cohort: Cohort) -> None:
        super().__init__(data, queryset=queryset)
        self.cohort = cohort
        strands = Strand.objects.filter(program=cohort.program_id).order_by("pk")
        self._choices("role", [(role, word(cohort.program, role, cap=True)) for role in Role.values])
        self._choices("strand", [(strand.slug, in_language(strand.name)) for strand in strands])
        self.has_strands = len(strands) > 1
        if not self.has_strands:
            del self.filters["strand"]
        self._choices("directorate", [(str(unit.pk), unit.name) for unit in directorates(queryset)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.filters[name].extra["choices"] = choices

    def search(self, rows: QuerySet[Enrollment], _name: str, value: str) -> QuerySet[Enrollment]:
        """Every word must stand in the name or in the address."""
        for part in value.split():
            rows = rows.filter(
                Q(person__full_name__icontains=part)
                | Q(person__preferred_name__icontains=part)
                | Q(person__email__icontains=part)
            )
        return rows

    def within(self, rows: QuerySet[Enrollment], _name: str, unit: str) -> QuerySet[Enrollment]:
        """In a top unit or below it."""
        return rows.filter(Q(person__unit__top=unit) | Q(person__unit=unit))

    def is_pending(self, rows: QuerySet[Enrollment], _name: str, value: str) -> QuerySet[Enrollment]:
        """With a decision that is not released yet: any, or this one."""
        return rows.exclude(pending_decision="") if value == "any" else rows.filter(pending_decision=value)

    def counted(self, rows: QuerySet[Enrollment], _name: str, value: str) -> QuerySet[Enrollment]:
        """Those behind a figure of the desk."""
        return rows.filter(AMONG[value])

    def is_late(self, rows: QuerySet[Enrollment], _name: str, value: bool) -> QuerySet[Enrollment]:
        """Those with an open deadline in this cohort that has passed."""
        return rows.filter(person__in=late_people(self.cohort)) if value else rows
