"""The circles of a run: formed, certified, explained, and as rows to store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import median
from typing import Any

import structlog

from matching.circles_snapshot import CircleSnapshot
from matching.domain.failures import Failure, check_locks
from matching.domain.findings import stored_parts
from matching.domain.solving import circles_solved
from matching.engine.circles import Gathered, Gathering, certify_circles, why_not_placed
from matching.engine.field import Field
from matching.equity import counted
from matching.models import Circle, Leftover, Outlook, Proposal
from matching.queries import scheme_of
from matching.snapshot import read_snapshot
from participants.models import Enrollment
from programs.models import Strand

log = structlog.get_logger(__name__)
NOT_STORED = 0  # a circle's id that no circle has


@dataclass(frozen=True, eq=False)
class Filled:
    """Certified circles, and what they were formed from."""

    field: Field
    problem: Gathering
    found: Gathered


def fill_circles(run_id: int, circles: CircleSnapshot) -> Filled:
    """Form the circles. Raises Stopped for a run called off, and Failure.

    The codes: too_many, lock_rule, lock_places, lock_circle, engine, memory, time, crash, not_proven.
    """
    try:
        field = circles.people.field()
    except ValueError as error:
        log.warning("field_refused", error=str(error))
        raise Failure("too_many") from error
    check_locks(field, circles.people)
    problem = circles.problem(field)
    found = circles_solved(run_id, problem)
    proof = certify_circles(problem, found, found.bound)
    if not proof.ok:
        log.error("circles_not_proven", reason=proof.reason)
        raise Failure("not_proven", reason=proof.reason)
    for circle in found.circles:
        for host in circle.hosts:
            for member in circle.members:
                if rules := field.blocked_by(member, host):
                    raise Failure("not_proven", reason=f"a seat breaks {', '.join(rules)}")
    return Filled(field, problem, found)


@dataclass
class CircleFindings:
    """Rows of the engine become enrollments."""

    snapshot: CircleSnapshot
    filled: Filled

    def circles(self, run_id: int) -> tuple[list[Circle], list[Proposal]]:
        """The circles in order, and a row for each member with each host."""
        people, field, found = self.snapshot.people, self.filled.field, self.filled.found
        locks = set(people.locks)
        circles, proposals = [], []
        for number, circle in enumerate(found.circles, start=1):
            strand = people.mentors.strand[circle.hosts[0]]
            slots = [code for bit, code in enumerate(people.slots) if circle.slots >> bit & 1]
            made = Circle(run_id=run_id, number=number, strand_id=strand, slots=slots)
            circles.append(made)
            for member in circle.members:
                for host in circle.hosts:
                    parts = field.parts(member, host)
                    score = self._fit(field, member, host)
                    proposals.append(
                        Proposal(
                            run_id=run_id,
                            circle=made,
                            mentee_id=people.mentees.enrollment[member],
                            mentor_id=people.mentors.enrollment[host],
                            score=score,
                            parts=stored_parts(parts, score, people),
                            locked=(people.mentees.person[member], people.mentors.person[host]) in locks,
                        )
                    )
        return circles, proposals

    def leftovers(self, run_id: int) -> list[Leftover]:
        """Mentees without a circle, and hosts whose circle stays closed."""
        people, field, found = self.snapshot.people, self.filled.field, self.filled.found
        left = []
        for row, enrollment in enumerate(people.mentees.enrollment):
            if row not in found.circle_of:
                absent = asdict(why_not_placed(self.filled.problem, found, row))
                rules = [removal._asdict() for removal in field.removals(mentee=row)]
                reason = f"circle_{absent['reason']}"
                if reason == "circle_no_host" and (field.mentee == row).any():
                    reason = "circle_no_two"
                reasons = {**absent, "reason": reason, "rules": rules}
                left.append(Leftover(run_id=run_id, enrollment_id=enrollment, reasons=reasons))
        for row, enrollment in enumerate(people.mentors.enrollment):
            if people.mentors.limit[row] and row not in self._hosting:
                left.append(Leftover(run_id=run_id, enrollment_id=enrollment, reasons=self._why_closed(row)))
        return left

    def _why_closed(self, row: int) -> dict[str, Any]:
        people = self.snapshot.people
        least, _most, hosts = self.snapshot.sizes[people.mentors.strand[row]]
        takes = people.mentors.limit[row]
        rules = [removal._asdict() for removal in self.filled.field.removals(mentor=row)]
        eligible = int((self.filled.field.mentor == row).sum())
        reason = "circle_small" if takes < least else "circle_closed"
        if hosts > 1 and takes >= least and not (self.filled.problem.hosts == row).any():
            reason = "circle_alone"
        return {"reason": reason, "least": least, "takes": takes, "eligible": eligible, "rules": rules}

    def outlooks(self, run_id: int) -> list[Outlook]:
        """What became of each wish."""
        people = self.snapshot.people
        rows = {person: row for row, person in enumerate(people.mentees.person)}
        told: dict[int, list[dict[str, Any]]] = {}
        for mentee, mentor, rank in people.wishes:
            answer = {"mentor": mentor, "rank": rank, **self._wish(rows[mentee], mentor)}
            told.setdefault(people.mentees.enrollment[rows[mentee]], []).append(answer)
        return [Outlook(run_id=run_id, enrollment_id=pk, wishes=wishes) for pk, wishes in told.items()]

    def _wish(self, mentee: int, person: int) -> dict[str, Any]:
        people, found = self.snapshot.people, self.filled.found
        if person not in people.mentors.person:
            return {"outcome": "absent"}
        host = people.mentors.person.index(person)
        enrollment = {"enrollment": people.mentors.enrollment[host]}
        if rules := self.filled.field.blocked_by(mentee, host):
            return {"outcome": "rule", "rules": list(rules), **enrollment}
        if not people.mentors.limit[host]:
            return {"outcome": "full", **enrollment}
        if host not in self._hosting:
            return {"outcome": "circle_closed", **enrollment}
        circle = found.circles[self._hosting[host]]
        if mentee in circle.members:
            return {"outcome": "given", **enrollment}
        if not self.filled.problem.common((host,), (*circle.members, mentee)) and circle.slots:
            return {"outcome": "circle_time", **enrollment}
        others = [people.mentees.enrollment[row] for row in circle.members]
        return {"outcome": "others", "others": others, **enrollment}

    @cached_property
    def seats(self) -> list[tuple[int, int, int]]:
        """Place of the circle, member row and fit 0-100: the mean of its hosts."""
        field, rows = self.filled.field, []
        for place, circle in enumerate(self.filled.found.circles):
            for member in circle.members:
                fits = [self._fit(field, member, host) for host in circle.hosts]
                rows.append((place, member, sum(fits) // len(fits)))
        return rows

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """Enrollments of each member with each host, and their fit."""
        people = self.snapshot.people
        for member, host, fit in self._hosted:
            yield people.mentees.enrollment[member], people.mentors.enrollment[host], fit

    @property
    def _hosted(self) -> Iterator[tuple[int, int, int]]:
        """Rows of each member with each host, and their fit 0-100."""
        for circle in self.filled.found.circles:
            for member in circle.members:
                for host in circle.hosts:
                    yield member, host, self._fit(self.filled.field, member, host)

    @staticmethod
    def _fit(field: Field, member: int, host: int) -> int:
        points = sum(part.points for part in field.parts(member, host))
        return int(field.score_percent([member], [points])[0])

    @cached_property
    def _together(self) -> set[tuple[int, int]]:
        """Member and host by person."""
        mentees, mentors = self.snapshot.people.mentees.person, self.snapshot.people.mentors.person
        return {
            (mentees[member], mentors[host])
            for circle in self.filled.found.circles
            for member in circle.members
            for host in circle.hosts
        }

    @cached_property
    def _hosting(self) -> dict[int, int]:
        """Place of the circle by row of the host."""
        circles = self.filled.found.circles
        return {host: place for place, circle in enumerate(circles) for host in circle.hosts}

    def numbers(self) -> dict[str, Any]:
        """The figures of the circles, for the run's row in the list of versions."""
        people, found = self.snapshot.people, self.filled.found
        hosts = [row for row, limit in enumerate(people.mentors.limit) if limit]
        fits = [fit for _circle, _member, fit in self.seats]
        given = [rank for mentee, mentor, rank in people.wishes if (mentee, mentor) in self._together]
        return {
            "circles": len(found.circles),
            "sizes": {str(strand): list(size) for strand, size in sorted(self.snapshot.sizes.items())},
            "placed": found.placed,
            "mentees": len(people.mentees.person),
            "hosts": len(hosts),
            "closed": len([row for row in hosts if row not in self._hosting]),
            "places": sum(
                int(self.filled.problem.most[circle.candidate]) - len(circle.members)
                for circle in found.circles
            ),
            "total": sum(fits),
            "median": median(fits) if fits else 0,
            "lowest": min(fits, default=0),
            "wishers": len({mentee for mentee, _mentor, _rank in people.wishes}),
            "wishes_met": len(given),
            "locked": len(people.standing_locks()),
            "new": len(self._together - set(people.keep)) if people.keep else None,
            "groups": counted(people.mentees, ((member, fit) for member, _host, fit in self._hosted)),
            "proven": found.certificate.proven,
            "gap": found.certificate.gap,
        }


def seats_with(mentee: Enrollment, hosts: Sequence[Enrollment]) -> list[Proposal]:
    """What a run would propose of this mentee with each of these hosts, not stored: what speaks for a late joiner.

    Whether they have a place is not asked.
    """
    cohort = mentee.cohort
    only = [mentee.pk, *(host.pk for host in hosts)]
    people = read_snapshot(
        cohort, scheme_of(cohort).criteria, only=only, kind=Strand.Format.CIRCLE, full=True
    )
    field, found = people.field(), []
    for host in hosts:
        if mentee.pk in people.mentees.enrollment and host.pk in people.mentors.enrollment:
            row = people.mentors.enrollment.index(host.pk)
            parts = field.parts(0, row)
            score = int(field.score_percent([0], [sum(part.points for part in parts)])[0])
            told = stored_parts(parts, score, people)
            seat = Proposal(mentee=mentee, mentor=host, score=score, parts=told, circle_id=NOT_STORED)
            found.append(seat)
    return found
