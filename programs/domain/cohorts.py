"""Cohorts: made with the program's policy, changed, and moved through their states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.lifecycle import move
from people.models import Person
from programs.domain.programs import refuse_reserved, refuse_stale
from programs.models import Cohort, Offer, Program
from programs.rules import DATES, POLICY, problems_of_dates
from programs.verbs import Verb

CHANGEABLE = frozenset({"name", "timezone", *DATES, *POLICY})
State = Cohort.State


@transaction.atomic
def create_cohort(
    *,
    program: Program,
    name: str,
    slug: str,
    dates: Mapping[str, date],
    places: Mapping[int, int],
    by: Person | None,
    policy: Mapping[str, Any] | None = None,
    timezone: str = "",
) -> Cohort:
    """Make a draft cohort. `dates` has the four of DATES, `places` mentee places by strand id.

    What `policy` does not name is the program's. Raises Refused: address_reserved, address_taken, dates.
    """
    refuse_reserved(slug)
    _refuse_dates(dates)
    numbers = {key: getattr(program, key) for key in POLICY} | dict(policy or {})
    try:
        with transaction.atomic():
            cohort = Cohort.objects.create(
                program=program,
                name=name,
                slug=slug,
                timezone=timezone or program.timezone,
                **dates,
                **numbers,
            )
    except IntegrityError as error:
        message = _("The program has a cohort with this address already. Choose another.")
        raise Refused("address_taken", message) from error
    _set_places(cohort, places)
    record(Verb.COHORT_CREATED, by=by, target=cohort, program_id=program.pk)
    return cohort


@transaction.atomic
def update_cohort(
    *,
    cohort: Cohort,
    changes: Mapping[str, Any],
    expected: str,
    by: Person | None,
    places: Mapping[int, int] | None = None,
) -> Cohort:
    """Change name, zone, dates, policy and places. What was agreed under the old policy keeps its dates.

    `expected` is the `stamp` that the change is based on.
    Raises Refused: changed_meanwhile, closed, dates, places_used.
    """
    locked = _lock(cohort)
    refuse_stale(locked, expected)
    if locked.state == State.CLOSED:
        raise Refused("closed", _("This cohort is closed: its settings stay as they were."))
    if unknown := set(changes) - CHANGEABLE:
        raise ValueError(f"update_cohort does not change {sorted(unknown)}")
    _refuse_dates({key: changes.get(key, getattr(locked, key)) for key in DATES})
    changed = sorted(key for key, value in changes.items() if getattr(locked, key) != value)
    for key in changed:
        setattr(locked, key, changes[key])
    if changed:
        locked.save(update_fields=changed)
    if places is not None and _set_places(locked, places):
        changed.append("places")
    if changed:
        record(
            Verb.COHORT_CHANGED, by=by, target=locked, program_id=locked.program_id, data={"fields": changed}
        )
    return locked


@transaction.atomic
def open_call(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Let people apply, for the first time or again. Opened early, the call's opening date becomes today.

    Raises Refused: no_places, call_over, illegal_move.
    """
    locked = _lock(cohort)
    today = today_in(locked.timezone)
    if locked.lifecycle.may(locked.state, State.CALL_OPEN):
        _refuse_unready(locked, today)
    locked.call_opens_on = min(locked.call_opens_on, today)
    return _move(locked, State.CALL_OPEN, Verb.CALL_OPENED, by, also=["call_opens_on"])


@transaction.atomic
def close_call(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Take no more applications. Closed early, the call’s closing date becomes today."""
    locked = _lock(cohort)
    locked.call_closes_on = min(locked.call_closes_on, today_in(locked.timezone))
    return _move(locked, State.SELECTING, Verb.CALL_CLOSED, by, also=["call_closes_on"])


@transaction.atomic
def start_matching(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Go on from selecting people to pairing them."""
    return _move(_lock(cohort), State.MATCHING, Verb.MATCHING_STARTED, by)


@transaction.atomic
def resume_selection(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Go back from matching to selecting."""
    return _move(_lock(cohort), State.SELECTING, Verb.SELECTION_RESUMED, by)


@transaction.atomic
def start_running(*, cohort: Cohort, by: Person | None) -> Cohort:
    """The pairs are published: the cohort is under way."""
    return _move(_lock(cohort), State.RUNNING, Verb.STARTED, by)


@transaction.atomic
def start_closing(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Mentorships have ended: evaluate and finish."""
    return _move(_lock(cohort), State.CLOSING, Verb.CLOSING, by)


@transaction.atomic
def resume_running(*, cohort: Cohort, by: Person | None) -> Cohort:
    """It is not over yet. Raises Refused("over") after the cohort's last day."""
    locked = _lock(cohort)
    is_over = locked.ends_on < today_in(locked.timezone)
    if is_over and locked.lifecycle.may(locked.state, State.RUNNING):
        raise Refused(
            "over",
            _("The cohort’s end date has passed."),
            _("Set a later end date in the cohort’s settings first."),
        )
    return _move(locked, State.RUNNING, Verb.RESUMED, by)


@transaction.atomic
def close(*, cohort: Cohort, by: Person | None) -> Cohort:
    """Finish the cohort for good."""
    return _move(_lock(cohort), State.CLOSED, Verb.CLOSED, by)


def _lock(cohort: Cohort) -> Cohort:
    return Cohort.objects.select_for_update(of=("self",)).select_related("program").get(pk=cohort.pk)


def _move(
    locked: Cohort, to: str, verb: Verb, by: Person | None, also: tuple[str, ...] | list[str] = ()
) -> Cohort:
    before = locked.state
    move(locked, to, also=also)
    record(verb, by=by, target=locked, program_id=locked.program_id, data={"from": before})
    return locked


def _refuse_unready(cohort: Cohort, today: date) -> None:
    if not cohort.offers.filter(places__gt=0).exists():
        raise Refused(
            "no_places",
            _("The cohort has no places yet, so nobody could be accepted."),
            _("Set the places in the cohort’s settings."),
        )
    if cohort.call_closes_on < today:
        raise Refused(
            "call_over",
            _("The call’s closing date has passed."),
            _("Set a later closing date in the cohort’s settings first."),
        )


def _refuse_dates(dates: Mapping[str, date]) -> None:
    for message in problems_of_dates(dates).values():
        raise Refused("dates", message)


def _set_places(cohort: Cohort, places: Mapping[int, int]) -> bool:
    """Whether anything changed. Raises Refused("places_used") below what is taken."""
    offers = {offer.strand_id: offer for offer in cohort.offers.select_for_update().order_by("pk")}
    strands = set(cohort.program.strands.values_list("pk", flat=True))
    if unknown := set(places) - strands:
        raise ValueError(f"strands {sorted(unknown)} are not the program's")
    changed = False
    for strand_id, number in places.items():
        offer = offers.get(strand_id)
        if offer is None:
            Offer.objects.create(cohort=cohort, strand_id=strand_id, places=number)
        elif offer.places != number:
            _resize(offer, number)
        else:
            continue
        changed = True
    return changed


def _resize(offer: Offer, places: int) -> None:
    fitting = Offer.objects.filter(pk=offer.pk, used__lte=places)
    if not fitting.update(places=places):
        raise Refused(
            "places_used",
            _("%(used)d places are taken already, so %(places)d are too few.")
            % {"used": offer.used, "places": places},
        )
