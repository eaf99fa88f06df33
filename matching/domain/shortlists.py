"""A few good mentors for each mentee to rank, spread so that not everybody sees the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from matching.engine.pricing import solve_field
from matching.models import ShortlistRound
from matching.queries import locks_of, scheme_of, to_match
from matching.snapshot import Snapshot, read_snapshot
from matching.verbs import Verb
from notifications.domain.outbox import drop, queue
from notifications.queries import drafts_about
from participants.models import Enrollment, Shortlist, Suggestion
from participants.queries import with_free_places
from participants.rules import BEFORE_PAIRS, RANKING_DAYS
from people.models import Person
from programs.labels import word
from programs.models import Cohort

log = structlog.get_logger(__name__)
SIZE = 5  # mentors on a shortlist


@transaction.atomic
def request_shortlists(*, cohort: Cohort, by: Person) -> ShortlistRound:
    """Have the worker make shortlists for the accepted mentees who have not ranked one yet.

    Raises Refused as `in_the_way`.
    """
    cohort = (
        Cohort.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program")
        .get(pk=cohort.pk)
    )
    if refused := in_the_way(cohort):
        raise refused
    made, _is_new = ShortlistRound.objects.update_or_create(
        cohort=cohort,
        defaults={"requested_by": by, "requested_at": timezone.now(), "made_at": None, "made": 0},
    )
    transaction.on_commit(partial(_ring, made.pk))
    return made


def in_the_way(cohort: Cohort) -> Refused | None:
    """What keeps shortlists from being made now: no_shortlists, pairs_made, no_mentees, no_mentors."""
    if not cohort.shortlists:
        return Refused(
            "no_shortlists",
            _("Shortlists are switched off in this cohort."),
            _("A manager can switch them on in the settings of the cohort."),
        )
    if cohort.state not in (Cohort.State.DRAFT, *BEFORE_PAIRS):
        return Refused(
            "pairs_made",
            _("Shortlists are made until the first pairs of a cohort are published, and here they are."),
        )
    if not mentees_to_ask(cohort):
        return Refused(
            "no_mentees", _("No accepted mentee waits for a shortlist."), _("Accept people first.")
        )
    if not mentors_to_show(cohort):
        return Refused(
            "no_mentors",
            _("No accepted mentor has agreed to be shown."),
            _("Mentors say on their application whether they may be found."),
        )
    return None


def _ring(pk: int) -> None:
    """Tell the worker; where the broker is away, the button can be pressed again."""
    try:
        current_app.send_task("matching.tasks.make_shortlists", [pk])
    except OperationalError as problem:
        log.warning("broker_away", shortlists=pk, problem=str(problem))


def mentees_to_ask(cohort: Cohort) -> list[int]:
    """Enrollments of mentees who have neither a pair that stands nor a shortlist they ranked."""
    mentees = with_free_places(to_match(cohort).filter(role=Enrollment.Role.MENTEE))
    mentees = mentees.filter(free__gt=0).exclude(pk__in=locks_of(cohort).filter(stands=True).values("mentee"))
    return list(
        mentees.exclude(shortlist__ranked_at__isnull=False).order_by("pk").values_list("pk", flat=True)
    )


def mentors_to_show(cohort: Cohort) -> list[int]:
    """Enrollments of mentors who agreed to be found and have a place that nobody was promised."""
    mentors = with_free_places(to_match(cohort).filter(role=Enrollment.Role.MENTOR, listed=True))
    return list(mentors.filter(free__gt=0).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def make_shortlists(pk: int) -> int:
    """Do what was asked for: lists, deadlines, and a mail to each as a draft. Done already, it does nothing.

    Returns how many shortlists were made.
    """
    asked = (
        ShortlistRound.objects.select_for_update(of=("self",)).select_related("cohort__program").get(pk=pk)
    )
    if asked.made_at is not None:
        return 0
    cohort = asked.cohort
    mentees, mentors = mentees_to_ask(cohort), mentors_to_show(cohort)
    chosen = spread(read_snapshot(cohort, scheme_of(cohort).criteria, only=[*mentees, *mentors]))
    made = _write(cohort, chosen)
    drop(messages=drafts_about("shortlist_ready", made), by=asked.requested_by)
    asked.made_at, asked.made = timezone.now(), len(made)
    asked.save(update_fields=["made_at", "made"])
    _draft_mails(asked, made, chosen)
    record(
        Verb.SHORTLISTS_MADE,
        by=asked.requested_by,
        target=cohort,
        program_id=cohort.program_id,
        data={"made": len(made)},
    )
    return len(made)


def spread(snapshot: Snapshot, size: int = SIZE) -> dict[int, list[int]]:
    """Mentors by mentee (enrollments): the best lists of at most `size`, each mentor on a fair share of them.

    The fair share is that of an equal distribution, rounded up: nobody is on everybody's list.
    """
    mentees, mentors = snapshot.mentees.enrollment, snapshot.mentors.enrollment
    if not mentees or not mentors:
        return {}
    share = -(-len(mentees) * min(size, len(mentors)) // len(mentors))
    snapshot = replace(
        snapshot,
        mentees=replace(snapshot.mentees, limit=[size] * len(mentees)),
        mentors=replace(snapshot.mentors, limit=[share] * len(mentors)),
    )
    solution = solve_field(snapshot.field(any_size=True)).solution
    found: dict[int, list[int]] = {}
    for mentee, mentor in zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True):
        found.setdefault(mentees[mentee], []).append(mentors[mentor])
    return found


def _write(cohort: Cohort, chosen: Mapping[int, Sequence[int]]) -> list[Shortlist]:
    """Lists that nobody has ranked are filled anew: they keep the address, which mails may have told already."""
    due = today_in(cohort.timezone) + timedelta(days=RANKING_DAYS)
    known = {row.enrollment_id: row for row in _held(chosen)}
    new = Shortlist.objects.bulk_create(
        Shortlist(enrollment_id=pk, due_on=due) for pk in sorted(chosen.keys() - known.keys())
    )
    again = [row for row in known.values() if row.ranked_at is None]
    for row in again:
        row.due_on = due
    Shortlist.objects.bulk_update(again, ["due_on"])
    Suggestion.objects.filter(shortlist__in=again).delete()
    made = sorted([*again, *new], key=lambda row: row.enrollment_id)
    Suggestion.objects.bulk_create(
        Suggestion(shortlist=one, mentor_id=mentor) for one in made for mentor in chosen[one.enrollment_id]
    )
    return made


def _held(chosen: Mapping[int, Sequence[int]]) -> QuerySet[Shortlist]:
    return Shortlist.objects.select_for_update().filter(enrollment__in=chosen).order_by("pk")


def _draft_mails(
    asked: ShortlistRound, made: Sequence[Shortlist], chosen: Mapping[int, Sequence[int]]
) -> None:
    cohort, program = asked.cohort, asked.cohort.program
    people = Enrollment.objects.select_related("person").in_bulk([one.enrollment_id for one in made])
    batch = f"shortlists-{timezone.now():%Y%m%d-%H%M%S}"
    for one in made:
        person = people[one.enrollment_id].person
        queue(
            kind="shortlist_ready",
            to=person,
            context={
                "program_name": program.name,
                "cohort_name": cohort.name,
                "number": len(chosen[one.enrollment_id]),
                "role_word": word(program, "mentor", language=person.language),
                "rank_by": one.due_on,
                "path": reverse("my_shortlist", args=[one.uid]),
            },
            dedupe_key=f"shortlist_ready:{one.pk}:{asked.requested_at.isoformat()}",
            about=one,
            program_id=program.pk,
            cohort_id=cohort.pk,
            batch=batch,
            draft=True,
        )
