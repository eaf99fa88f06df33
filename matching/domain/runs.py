"""Asking for a run, calling it off, and noticing one that has died."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from matching.criteria import read_criteria
from matching.domain.asked_mails import close_questions
from matching.domain.inputs import drop_inputs_of_closed
from matching.domain.parts import hand_out_again
from matching.domain.stages import forget_work, holding
from matching.models import Lock, Proposal, Run
from matching.options import Options, starts
from matching.past import past_pairs_among
from matching.queries import UNDER_WAY, locks_of, questions_about, scheme_of, to_match
from matching.verbs import Verb
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Strand

log = structlog.get_logger(__name__)

OPEN = (Cohort.State.SELECTING, Cohort.State.MATCHING, Cohort.State.RUNNING)
WAIT = timedelta(minutes=1)  # after which a queued run is handed to the worker again


def request_run(
    *,
    cohort: Cohort,
    by: Person,
    objective: str = Run.Objective.PEOPLE,
    options: Options = Options(),  # noqa: B008 (frozen)
) -> Run:
    """Queue a run of the cohort's free people under the criteria in force.

    Raises Refused: not_matching, no_mentees, no_mentors, run_under_way, no_start.
    """
    sweep(cohort=cohort)
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update(of=("self",)).select_related("program").get(pk=cohort.pk)
        _check(cohort)
        near = _near(cohort, options)
        last = Run.objects.filter(cohort=cohort).aggregate(last=Max("number"))["last"] or 0
        criteria = read_criteria(scheme_of(cohort).criteria).to_dict()
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    cohort=cohort, number=last + 1, objective=objective, criteria=criteria, requested_by=by,
                    least_fit=options.least_fit, raise_lowest=options.raise_lowest,
                    start=options.start, start_run=near,
                )  # fmt: skip
        except IntegrityError as error:
            if "run_one_at_a_time" not in str(error):
                raise
            raise Refused(
                "run_under_way",
                _("A run is under way already."),
                _("Wait until it has finished, or cancel it."),
            ) from error
        data = {"number": run.number, "objective": str(objective), **_said(run)}
        record(Verb.RUN_REQUESTED, by=by, target=run, program_id=cohort.program_id, data=data)
        transaction.on_commit(lambda: ring(run.pk))
    return run


def _near(cohort: Cohort, options: Options) -> Run | None:
    """The run to keep close to: a proven one of this cohort."""
    near = options.near(cohort)
    named = options.start == Run.Start.RUN
    if (near is None and named) or (near and not starts(cohort).filter(pk=near.pk).exists()):
        raise Refused(
            "no_start",
            _("There is no such run to start from."),
            _("Choose another one, or start from scratch."),
        )
    return near


def _said(run: Run) -> dict[str, Any]:
    """The options that are not the usual ones, for the audit trail."""
    told: dict[str, Any] = {"least_fit": run.least_fit, "raise_lowest": run.raise_lowest}
    if run.start != Run.Start.NEWEST:
        told["start"] = run.start_run.number if run.start_run else str(run.start)
    return {name: value for name, value in told.items() if value}


def _check(cohort: Cohort) -> None:
    if cohort.state not in OPEN:
        raise Refused(
            "not_matching",
            _("There is nobody to match while the cohort is at “%(state)s”.")
            % {"state": cohort.get_state_display()},
            _("Matching begins when the call has closed."),
        )
    roles = max((_free_roles(cohort, kind) for kind in Strand.Format), key=len)
    if Enrollment.Role.MENTEE not in roles:
        raise Refused(
            "no_mentees",
            _("Nobody waits for a match."),
            _("Accept applications first; the decisions must have been released."),
        )
    if Enrollment.Role.MENTOR not in roles:
        raise Refused(
            "no_mentors",
            _("Nobody has a free place to offer."),
            _("Accept applications of the other side first, or raise how many each takes."),
        )


def _free_roles(cohort: Cohort, kind: str) -> set[str]:
    free = to_match(cohort, kind).filter(used__lt=F("capacity"))
    return set(free.values_list("role", flat=True).distinct().order_by("role"))


@transaction.atomic
def cancel_run(*, run: Run, by: Person) -> Run:
    """Call off a run that is not over. Raises Refused: illegal_move."""
    run = Run.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=run.pk)
    run.finished_at = timezone.now()
    move(run, Run.State.CANCELLED, also=["finished_at"])
    forget_work(run.pk)
    record(Verb.RUN_CANCELLED, by=by, target=run, program_id=run.cohort.program_id)
    return run


@transaction.atomic
def mark_published(*, run: Run, proposals: Iterable[Proposal], by: Person) -> Run:
    """These pairs of the run have become mentorships; the rest may follow. Raises Refused: illegal_move, not_proven."""
    run = Run.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=run.pk)
    if not run.certificate.get("ok"):
        raise Refused(
            "not_proven",
            _("This run is not proven, so it cannot be published."),
            _("Run the matching again."),
        )
    now, pairs = timezone.now(), [proposal.pk for proposal in proposals]
    run.proposals.filter(pk__in=pairs).update(published_at=now)
    if run.state != Run.State.PUBLISHED:
        run.published_at = now
        move(run, Run.State.PUBLISHED, also=["published_at"])
    close_questions(questions_about(run.proposals.filter(pk__in=pairs)), by=by)
    _drop_served_locks(run.cohort)
    data = {"pairs": len(pairs)}
    record(Verb.RUN_PUBLISHED, by=by, target=run, program_id=run.cohort.program_id, data=data)
    return run


def _drop_served_locks(cohort: Cohort) -> None:
    """A locked pair that is a pair now needs no lock; it would stand in the way of the next run."""
    locks = {
        (lock.mentee.person_id, lock.mentor.person_id): lock.pk
        for lock in locks_of(cohort).select_related("mentee", "mentor")
    }
    Lock.objects.filter(pk__in=[locks[pair] for pair in past_pairs_among(locks)]).delete()


def sweep(*, cohort: Cohort | None = None) -> None:
    """Hand runs whose worker has died, and those that no worker has heard of, to a worker; drop what serves no more."""
    drop_inputs_of_closed()
    open_runs = Run.objects.filter(state__in=UNDER_WAY)
    if cohort is not None:
        open_runs = open_runs.filter(cohort=cohort)
    for run in open_runs.order_by("pk"):
        if run.state == Run.State.RUNNING:
            with holding(run.pk) as alone:
                if alone:
                    hand_out_again(run, timezone.now() - WAIT)
            if alone:
                ring(run.pk)
        elif run.created_at < timezone.now() - WAIT:
            ring(run.pk)


def ring(run_id: int) -> None:
    """Hand the run to a worker; while the broker is away, the sweep does it later."""
    from matching.tasks import run_matching

    try:
        run_matching.delay(run_id)
    except OperationalError as error:
        log.warning("broker_away", run=run_id, error=str(error))
