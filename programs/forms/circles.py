"""Size and hosts of a program's circles, among its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.labels import in_language, words
from programs.models import Program, Strand

LARGEST = 100  # members of a circle
HOSTS = [(1, gettext_lazy("One host")), (2, gettext_lazy("Two hosts together"))]


class Circles:
    """The fields of each strand that is circles, for a form of the program."""

    def __init__(self, program: Program) -> None:
        strands = program.strands.filter(format=Strand.Format.CIRCLE)
        self.strands = list(strands.order_by("pk"))
        self._words = words(program)

    def fields(self) -> dict[str, forms.Field]:
        """By name."""
        found: dict[str, forms.Field] = {}
        for strand in self.strands:
            name = {"name": in_language(strand.name), **self._words}
            size: dict[str, Any] = {"min_value": 1, "max_value": LARGEST}
            found |= {
                f"size_min_{strand.pk}": forms.IntegerField(
                    label=_("%(name)s: fewest %(mentees)s") % name,
                    help_text=_("A circle with fewer does not open."),
                    **size,
                ),
                f"size_max_{strand.pk}": forms.IntegerField(
                    label=_("%(name)s: most %(mentees)s") % name,
                    help_text=_("Fewer where a host offers fewer places."),
                    **size,
                ),
                f"hosts_{strand.pk}": forms.TypedChoiceField(
                    label=_("%(name)s: hosts of each circle") % name,
                    help_text=_(
                        "Two hosts share a time of the week, and each gives a place to every member. "
                        "Counts from the next run on."
                    ),
                    choices=HOSTS,
                    coerce=int,
                    widget=forms.RadioSelect,
                ),
            }
        return found

    def names(self) -> list[str]:
        """Of all fields, in order."""
        return [f"{part}_{strand.pk}" for strand in self.strands for part in Strand.CIRCLE_SETTINGS]

    def initial(self) -> dict[str, Any]:
        """As the strands are."""
        return {
            f"{part}_{strand.pk}": getattr(strand, part)
            for strand in self.strands
            for part in Strand.CIRCLE_SETTINGS
        }

    def problems(self, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Field and what is wrong with it."""
        for strand in self.strands:
            least, most = given.get(f"size_min_{strand.pk}"), given.get(f"size_max_{strand.pk}")
            if least and most and most < least:
                yield (
                    f"size_max_{strand.pk}",
                    _("The most cannot be less than the fewest, %(n)s.") % {"n": least},
                )

    def settings(self, given: dict[str, Any]) -> dict[int, dict[str, int]]:
        """What `update_program` takes."""
        return {
            strand.pk: {part: given[f"{part}_{strand.pk}"] for part in Strand.CIRCLE_SETTINGS}
            for strand in self.strands
        }
