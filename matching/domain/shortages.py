"""Who competes with whom for which places: the closed sets of a run, each told once for all who are left out by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property
from typing import Any

import numpy as np

from matching.engine import Problem, Shortage, Solution
from matching.engine.field import Field
from matching.engine.traits import in_common
from matching.engine.whole import why_unmatched
from matching.kind_words import stored_common
from matching.snapshot import Snapshot


@dataclass
class Shortages:
    """Rows of mentees without a mentor, `left`, are those whose closed sets are put together."""

    snapshot: Snapshot
    field: Field
    problem: Problem
    solution: Solution
    left: Iterable[int]
    exact: bool = True  # or of a large field a set told before where it is closed for the next one as well
    _found: dict[int, Shortage] = made(default_factory=dict)
    _common: dict[tuple[int, ...], dict[str, Any]] = made(default_factory=dict)

    def of(self, row: int) -> Shortage:
        """Why this mentee has nobody."""
        if row not in self._found:
            told = self.field, self.problem, self.solution
            self._found[row] = why_unmatched(*told, row, exact=self.exact)
        return self._found[row]

    @cached_property
    def _crowds(self) -> dict[tuple[int, ...], set[int]]:
        """Mentees by the mentors for whom they compete: a set of its own knows but one of those left out by it."""
        found: dict[tuple[int, ...], set[int]] = {}
        for row in self.left:
            shortage = self.of(row)
            if shortage.reason == "places":
                found.setdefault(shortage.mentors, set()).update(shortage.mentees)
        return found

    def crowd(self, row: int) -> tuple[int, ...]:
        """Everybody who competes with this mentee for the same places."""
        shortage = self.of(row)
        return tuple(sorted({*shortage.mentees, *self._crowds.get(shortage.mentors, ())}))

    def common(self, row: int) -> dict[str, Any]:
        """What they have in common, as it is stored; empty where nothing is to be claimed."""
        if self.of(row).reason != "places":
            return {}
        crowd = self.crowd(row)
        if crowd not in self._common:
            found = in_common(self.field.mentees, np.array(crowd, dtype=np.int64))
            self._common[crowd] = stored_common(found, self.snapshot) if found else {}
        return self._common[crowd]
