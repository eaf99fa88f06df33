"""Saying what matters to oneself."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from matching.criteria import read_criteria
from matching.own import choices, is_over
from matching.queries import scheme_of
from matching.verbs import Verb
from participants.models import Enrollment
from people.models import Person


@transaction.atomic
def set_own_weights(*, enrollment: Enrollment, leanings: Mapping[str, int], by: Person) -> Enrollment:
    """Keep what matters more (1) or less (-1) to this person than to the program; what is not named, or 0, as much.

    It can never touch a hard rule. Raises Refused: not_allowed, too_late, out_of_bounds.
    """
    held = (
        Enrollment.objects.select_for_update(of=("self",))
        .select_related("cohort__program")
        .get(pk=enrollment.pk)
    )
    scheme = scheme_of(held.cohort)
    if not scheme.own_reach:
        raise Refused("not_allowed", _("In this program, the weights are the same for everyone."))
    if is_over(held):
        raise Refused("too_late", _("The matching is over for you, so this can no longer be changed."))
    allowed = choices(held.role, read_criteria(scheme.criteria).weights, scheme.own_reach)
    said = {name: way for name, way in leanings.items() if way}
    if any(way not in allowed.get(name, ()) for name, way in said.items()):
        raise Refused(
            "out_of_bounds",
            _("The program does not let this be moved so far."),
            _("Look at the choices again: the program has changed them."),
        )
    held.own_weights = said
    held.save(update_fields=["own_weights"])
    record(Verb.WEIGHTS_SET, by=by, target=held, program_id=held.cohort.program_id, data={"weights": said})
    return held
