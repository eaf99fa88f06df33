"""The engine's view of a run that is over, rebuilt from what was kept: any question can be asked of it again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from core.errors import Refused
from matching.engine import Problem, Solution
from matching.engine.field import Field
from matching.engine.packing import pack, unpack_pairs, unpack_solution
from matching.models import Run, RunInput
from matching.snapshot import Snapshot


class Loaded(NamedTuple):
    """Rows of the engine are places in `snapshot.mentees` and `snapshot.mentors`."""

    snapshot: Snapshot
    field: Field
    problem: Problem
    solution: Solution


_KEPT_PAIRS = 12_000_000  # candidate pairs that a process keeps in memory, about 30 bytes each
_loaded: OrderedDict[UUID, Loaded] = OrderedDict()  # by an id that no restored database gives to another run
_guard = Lock()


def load_engine(run: Run) -> Loaded:
    """Snapshot, field, problem and certified solution of a proven run; the last ones asked for are at hand.

    Raises Refused: no_inputs, where they are kept no longer; engine_changed, where today's engine would score the
    pairs of this run otherwise.
    """
    with _guard:
        if found := _loaded.get(run.uid):
            _loaded.move_to_end(run.uid)
            if RunInput.objects.filter(pk=run.pk).exists():
                return found
            del _loaded[run.uid]
        found = _rebuilt(run)
        _loaded[run.uid] = found
        while len(_loaded) > 1 and sum(len(entry.problem.score) for entry in _loaded.values()) > _KEPT_PAIRS:
            _loaded.popitem(last=False)
        return found


def _rebuilt(run: Run) -> Loaded:
    inputs = RunInput.objects.filter(pk=run.pk, solution__isnull=False).first()
    if inputs is None:
        raise Refused(
            "no_inputs",
            _("What this run rested on is no longer kept, so it cannot be asked anew."),
            _("Run the matching again, and ask the new run."),
        )
    snapshot = Snapshot.unpack(bytes(inputs.snapshot))
    field = snapshot.field(any_size=True)
    changed = False
    if inputs.considered:
        pairs = unpack_pairs(bytes(inputs.considered))
        rows = pairs.mentee.astype(np.int64), pairs.mentor.astype(np.int64)
        field = replace(field, considered=pairs)
        changed = bool(
            (field.ground.worth(*rows) != pairs.score).any() or field.ground.book.broken(*rows).any()
        )
    problem = snapshot.problem(field)
    solution = unpack_solution(bytes(inputs.solution or b""))
    edges = problem.edges_of(solution.mentee, solution.mentor)
    if changed or (edges < 0).any() or (problem.score[edges] != solution.score).any():
        raise Refused(
            "engine_changed",
            _("Fit is worked out differently since this run was made."),
            _("Run the matching again, and ask the new run."),
        )
    return Loaded(snapshot, field, problem, solution)


def keep_inputs(run_id: int, snapshot: Snapshot, field: Field, solution: Solution) -> None:
    """Store what `load_engine` rebuilds from."""
    kept = {"snapshot": snapshot.pack(), "solution": pack(solution)}
    if field.considered is not None:
        kept["considered"] = pack(field.considered)
    RunInput.objects.update_or_create(run_id=run_id, defaults=kept)


def kept_snapshot(run: Run) -> Snapshot:
    """What a run at work has read."""
    return Snapshot.unpack(bytes(RunInput.objects.get(pk=run.pk).snapshot))
