"""Ready-made criteria: shipped ones, which change only what they are about, and those that a program has kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from matching.engine.field import CRITERIA

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text


@dataclass(frozen=True)
class Shipped:
    """A starting point; what it does not name stays as it is."""

    name: Text
    about: Text
    criteria: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)

    def over(self, present: Mapping[str, Any]) -> dict[str, Any]:
        """The present criteria with this over them."""
        return {**present, **self.criteria, "rules": {**present["rules"], **self.rules}}


def _weights(*values: int) -> dict[str, int]:
    return dict(zip(CRITERIA, values, strict=True))


# skills, goals, level, unit, place, time zone, media, availability, wish, mentor's wish, introduction
SHIPPED: dict[str, Shipped] = {
    "skills": Shipped(
        _("Skills first"),
        _("Whoever can teach what is sought."),
        {"weights": _weights(10, 3, 2, 0, 0, 1, 1, 3, 4, 2, 3)},
    ),
    "careers": Shipped(
        _("Careers first"),
        _("Shared goals, and a mentor who has made the next step."),
        {"weights": _weights(5, 10, 8, 2, 0, 1, 1, 2, 6, 3, 4), "level_curve": [25, 75, 100, 75, 50, 25]},
    ),
    "beyond": Shipped(
        _("Look beyond your unit"),
        _("People from different directorates, for a view from outside."),
        {"weights": _weights(6, 5, 3, 10, 0, 1, 1, 2, 4, 2, 2), "unit_wanted": "other"},
    ),
    "wishes": Shipped(
        _("Wishes first"),
        _("Whom people asked for, wherever it can be."),
        {"weights": _weights(5, 3, 2, 1, 1, 1, 1, 2, 10, 8, 10)},
    ),
    "meet": Shipped(
        _("Easy to meet"),
        _("Same place, same hours, and a time of the week that suits both."),
        {"weights": _weights(6, 4, 2, 0, 6, 6, 4, 10, 4, 2, 3)},
        {"shared_availability": True},
    ),
    "fairness": Shipped(
        _("Fairness first"),
        _("Those left out before come first, no directorate falls behind, and no pair hardly fits."),
        {"left_out_first": True, "floor": 0.8, "min_fit": 25},
    ),
}
