"""Changing what a good pair is, and keeping criteria under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from matching.criteria import read_criteria
from matching.criteria_words import changes, flat
from matching.models import Preset, Scheme
from matching.queries import scheme_of
from matching.verbs import Verb
from people.models import Person
from programs.models import Cohort, Program

MOST = 10  # points of a weight
LONGEST = 60  # characters of a name


@transaction.atomic
def change_criteria(
    *, cohort: Cohort, criteria: Mapping[str, Any], version: int, by: Person, own_reach: int | None = None
) -> Scheme:
    """Put criteria in force for the next runs; `version` is the one that the reader began with (0: the program's).

    `own_reach` is how far people may move a weight; left out, it stays. Raises Refused("changed_meanwhile") where
    somebody else was faster, ValueError for a setting out of range.
    """
    plain = read_criteria(criteria).to_dict()
    locked = Cohort.objects.select_for_update(of=("self",)).select_related("program").get(pk=cohort.pk)
    scheme = scheme_of(locked)
    if scheme.version != version:
        raise Refused(
            "changed_meanwhile",
            _("Somebody else has changed the criteria in the meantime."),
            _("Your values are kept below. Compare them with the criteria in force, then save again."),
        )
    before = flat(read_criteria(scheme.criteria).to_dict(), scheme.own_reach)
    scheme.own_reach = scheme.own_reach if own_reach is None else own_reach
    if not 0 <= scheme.own_reach <= MOST:
        raise ValueError(f"own_reach: {own_reach!r} is not a whole number from 0 to {MOST}")
    scheme.criteria, scheme.version, scheme.changed_by = plain, version + 1, by
    scheme.save()
    record(
        Verb.CRITERIA_CHANGED,
        by=by,
        target=scheme,
        program_id=locked.program_id,
        data={
            "version": scheme.version,
            "criteria": plain,
            "own_reach": scheme.own_reach,
            "changes": changes(before, flat(plain, scheme.own_reach)),
        },
    )
    return scheme


@transaction.atomic
def save_preset(*, program: Program, name: str, criteria: Mapping[str, Any], by: Person) -> Preset:
    """Keep complete criteria under a name, for all cohorts of the program.

    Raises Refused: no_name, long_name, name_taken; ValueError for a setting out of range.
    """
    plain, name = read_criteria(criteria).to_dict(), name.replace("\x00", "").strip()
    if not name:
        raise Refused("no_name", _("Give the set a name."))
    if len(name) > LONGEST:
        raise Refused(
            "long_name", _("Give the set a shorter name, of %(most)d characters at most.") % {"most": LONGEST}
        )
    try:
        with transaction.atomic():
            preset = Preset.objects.create(program=program, name=name, criteria=plain, by=by)
    except IntegrityError as error:
        raise Refused(
            "name_taken",
            _("There is a set of this name already."),
            _("Choose another name, or delete the other one first."),
        ) from error
    record(Verb.PRESET_SAVED, by=by, target=preset, program_id=program.pk, data={"criteria": plain})
    return preset


@transaction.atomic
def delete_preset(*, preset: Preset, by: Person) -> None:
    """Forget it; cohorts that began with it keep their criteria. A second time changes nothing."""
    for found in Preset.objects.select_for_update().filter(pk=preset.pk):
        record(Verb.PRESET_DELETED, by=by, target=found, program_id=found.program_id)
        found.delete()
