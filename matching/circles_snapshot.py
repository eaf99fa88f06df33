"""The people of a cohort's circles, and the circles that could be made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matching.engine.circles import Gathering, gathering
from matching.engine.field import Field
from matching.queries import scheme_of
from matching.snapshot import Snapshot, one_moment, read_snapshot
from participants.models import Enrollment
from programs.models import Cohort, Strand


@dataclass(frozen=True, slots=True)
class CircleSnapshot:
    """Everything that the circles of a run rest on."""

    people: Snapshot
    sizes: Mapping[int, tuple[int, int, int]]  # fewest and most mentees of a circle, and its hosts, by strand

    def digest(self, pairs: Snapshot) -> str:
        """SHA-256 of the people of pairs and of circles."""
        both = f"{pairs.digest()}{self.people.digest()}{sorted(self.sizes.items())}"
        return hashlib.sha256(both.encode()).hexdigest()

    def problem(self, field: Field) -> Gathering:
        """Candidate circles, each around one host or two."""
        sizes = [self.sizes[strand] for strand in self.people.mentors.strand]
        return gathering(
            field,
            least=[size[0] for size in sizes],
            most=[size[1] for size in sizes],
            hosts=[size[2] for size in sizes],
            locks=self.people.standing_locks(),
            keep=self.people.keep,
        )


def read_circles(
    cohort: Cohort, criteria: Mapping[str, Any], *, near: int | None = None
) -> CircleSnapshot | None:
    """The cohort's circles; None where nobody waits for one or nobody could host one. `near` is a run to keep close to.

    Whoever hosts a circle already hosts no second one.
    """
    with one_moment():
        strands = Strand.objects.filter(program=cohort.program_id, format=Strand.Format.CIRCLE)
        sizes = {pk: tuple(size) for pk, *size in strands.values_list("pk", *Strand.CIRCLE_SETTINGS)}
        if not sizes:
            return None
        people = read_snapshot(cohort, criteria, kind=Strand.Format.CIRCLE, near=near)
        hosts = people.mentors
        busy = set(
            Enrollment.objects.filter(pk__in=hosts.enrollment, used__gt=0).values_list("pk", flat=True)
        )
    hosts.limit[:] = [
        0 if pk in busy else limit for pk, limit in zip(hosts.enrollment, hosts.limit, strict=True)
    ]
    if not people.mentees.person or not any(hosts.limit):
        return None
    return CircleSnapshot(people, sizes)


def rules_against(
    cohort: Cohort, mentee: Enrollment, hosts: Sequence[Enrollment]
) -> Iterator[tuple[str, Enrollment]]:
    """The hard rules in force that keep this mentee from a circle of these hosts, each with the host."""
    only = [mentee.pk, *(host.pk for host in hosts)]
    people = read_snapshot(cohort, scheme_of(cohort).criteria, only=only, kind=Strand.Format.CIRCLE)
    field = people.field()
    for host in hosts:
        if host.pk in people.mentors.enrollment:
            row = people.mentors.enrollment.index(host.pk)
            yield from ((rule, host) for rule in field.blocked_by(0, row))
