"""Changing what a good pair is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from matching.engine.field import Criteria
from matching.models import Scheme
from matching.verbs import Verb
from people.models import Person
from programs.models import Cohort


@transaction.atomic
def change_criteria(*, cohort: Cohort, criteria: Mapping[str, Any], version: int, by: Person) -> Scheme:
    """Put criteria in force for the next runs; `version` is the one that the reader began with (0: the program's).

    Raises Refused("changed_meanwhile") where somebody else was faster, ValueError for a setting out of range.
    """
    plain = Criteria.from_dict(criteria).to_dict()
    locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
    scheme = Scheme.objects.filter(cohort=locked).first() or Scheme(cohort=locked, version=0)
    if scheme.version != version:
        raise Refused(
            "changed_meanwhile",
            _("Somebody else has changed the criteria in the meantime."),
            _("Your values are kept below. Compare them with the criteria in force, then save again."),
        )
    scheme.criteria, scheme.version, scheme.changed_by = plain, version + 1, by
    scheme.save()
    record(
        Verb.CRITERIA_CHANGED,
        by=by,
        target=scheme,
        program_id=locked.program_id,
        data={"version": scheme.version},
    )
    return scheme
