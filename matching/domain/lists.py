"""Many decisions from one file: every row is checked first, and all are made or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Refused
from core.uploads import Columns, Problem, read_csv
from matching.domain.decisions import Act, Pair, hold_cohort
from matching.domain.fixed import Checker, wrong_reason
from matching.domain.undo import Wanted, decide_held
from matching.models import Decision, Exclusion
from matching.queries import exclusions_of, locks_of, published_pairs
from participants.domain.imports import FaultyFile
from participants.models import Enrollment
from people.models import Person
from programs.labels import word
from programs.models import Cohort

KIND = Decision.Kind
COLUMNS = ("mentor", "mentee", "act", "reason")
BESIDE = ("mentor_name", "mentee_name", "fit", "now")  # what the sample adds for its readers; not read
REQUIRED = COLUMNS[:3]
WITH_REASON = (KIND.LOCK, KIND.EXCLUDE)  # acts whose reason is kept
_MARKED = re.compile(r"^'(?=[@+\-=|%])")  # text that our downloads keep from being run as a formula
_SIDE_OF = {"mentee_full": "mentee", "mentor_full": "mentor"}  # the column of a refusal; "act" for all others

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One good row; `is_new` is false where it stands so already."""

    row: int
    kind: str
    pair: Pair
    reason: str
    is_new: bool

    @property
    def label(self) -> str:
        """The act in words."""
        return str(Decision.Act(self.kind).label)

    @property
    def kept_reason(self) -> str:
        """The reason, where the act keeps one."""
        return self.reason if self.kind in WITH_REASON else ""


@dataclass(slots=True)
class Plan:
    """What the file would decide, or all that is in its way; `left` rows say no act."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left: int = 0

    @property
    def new(self) -> list[Line]:
        """Rows that change something."""
        return [line for line in self.lines if line.is_new]

    @property
    def same(self) -> int:
        """Rows that stand so already."""
        return sum(not line.is_new for line in self.lines)

    @property
    def wanted(self) -> Wanted:
        """All that changes something, as one act."""
        of: dict[str, list[Line]] = {kind: [] for kind in KIND.values}
        for line in self.new:
            of[line.kind].append(line)
        pairs = {kind: [line.pair for line in lines] for kind, lines in of.items()}
        never = [(line.pair, line.reason) for line in of[KIND.EXCLUDE]]
        return Wanted(
            lock=pairs[KIND.LOCK],
            unlock=pairs[KIND.UNLOCK],
            exclude=never,
            allow=pairs[KIND.ALLOW],
            why=[line.reason for line in of[KIND.LOCK]],
        )


@transaction.atomic
def decide_list(*, cohort: Cohort, content: bytes, by: Person, act: Act) -> Plan:
    """Do what the file says, as one act that can be undone; rows that stand so already change nothing.

    Raises FaultyFile, what `read_csv` and `decide` raise, and Refused: nothing_new.
    """
    hold_cohort(cohort.pk)
    plan = plan_list(cohort=cohort, content=content)
    if plan.problems:
        raise FaultyFile(plan.problems)
    if not plan.new:
        raise Refused("nothing_new", _("Everything in this file stands so already."))
    decide_held(plan.wanted, by, act)
    return plan


def plan_list(*, cohort: Cohort, content: bytes) -> Plan:
    """What the file would decide, and every problem. Changes nothing. Raises what `read_csv` raises."""
    columns, lines = read_csv(content)
    plan = Plan(problems=_header(columns))
    if plan.problems:
        return plan
    rows = []
    for number, cells in enumerate(lines, start=2):
        named = {name: _plain(cell) for name, cell in zip(columns, cells, strict=False)}
        beyond = any(cell.strip() for cell in cells[len(columns) :])
        if not beyond and not any(named.values()):
            continue
        if beyond:
            plan.problems.append(Problem(number, "", _("The row has more cells than there are columns.")))
        elif named.get("act"):
            rows.append((number, named))
        else:
            plan.left += 1
    if not rows and not plan.problems:
        plan.problems.append(Problem(0, "act", _("No row says what to do.")))
    _Reader(cohort, rows, plan).run()
    plan.problems.sort(key=lambda problem: problem.row)
    return plan


def _header(columns: Columns) -> list[Problem]:
    missing, unknown = _("This column is missing."), _("Unknown column. Known are: %(columns)s.")
    known = ", ".join(COLUMNS)
    return [
        *(Problem(1, name, missing) for name in REQUIRED if name not in columns),
        *(
            Problem(1, name or "?", unknown % {"columns": known})
            for name in columns
            if name not in COLUMNS + BESIDE
        ),
        *(
            Problem(1, name, _("This column stands twice."))
            for name in dict.fromkeys(columns)
            if columns.count(name) > 1
        ),
    ]


def _plain(cell: str) -> str:
    cell = cell.strip()
    return _MARKED.sub("", cell).replace("\\|", "|") if _MARKED.match(cell) else cell


class _Reader:
    """Checks the rows of one file. Everything is read beforehand, in a fixed number of queries."""

    def __init__(self, cohort: Cohort, rows: Sequence[tuple[int, Cells]], plan: Plan) -> None:
        self.cohort, self.rows, self.plan = cohort, rows, plan
        addresses = {cells.get(role, "").lower() for _number, cells in rows for role in Enrollment.Role}
        people = Enrollment.objects.filter(
            cohort=cohort, person__email__in=[one for one in addresses if "\x00" not in one]
        )
        self.people = {
            (row.role, row.person.email.lower()): row
            for row in people.select_related("person", "cohort__program")
        }
        self.acts = {str(Decision.Act(kind).label).casefold(): kind for kind in KIND.values}
        self.acts |= {kind: kind for kind in KIND.values}
        locks = set(locks_of(cohort).values_list("mentee", "mentor", "stands"))
        self.locked = {(mentee, mentor) for mentee, mentor, _stands in locks}
        self.standing = {(mentee, mentor) for mentee, mentor, stands in locks if stands}
        self.excluded = _by_person(exclusions_of(cohort).select_related("mentee", "mentor", "cohort"))
        self.published = published_pairs(cohort)
        self.first: dict[tuple[int, int], int] = {}  # the row in which a pair stands

    def run(self) -> None:
        """Fill the plan."""
        for number, cells in self.rows:
            kind, pair, reason = self._kind(number, cells), self._pair(number, cells), cells.get("reason", "")
            if pair and kind and self._may(number, kind, pair, reason):
                self.plan.lines.append(Line(number, kind, pair, reason, self._is_new(kind, pair)))
        self._check_locks()

    def _problem(self, row: int, column: str, message: str) -> None:
        self.plan.problems.append(Problem(row, column, message))

    def _kind(self, number: int, cells: Cells) -> str:
        kind = self.acts.get(cells["act"].casefold(), "")
        if not kind:
            message = _("“%(value)s” is not one of: %(allowed)s.")
            self._problem(number, "act", message % {"value": cells["act"], "allowed": ", ".join(KIND.values)})
        return kind

    def _pair(self, number: int, cells: Cells) -> Pair | None:
        found = []
        for role in (Enrollment.Role.MENTEE, Enrollment.Role.MENTOR):
            address = cells.get(role, "").lower()
            row = self.people.get((role, address))
            if row:
                found.append(row)
            elif not address:
                self._problem(number, role, _("The e-mail address is missing."))
            else:
                message = _("Nobody with the address “%(address)s” takes part here as %(role)s.")
                values = {"address": address, "role": word(self.cohort.program, role)}
                self._problem(number, role, message % values)
        return (found[0], found[1]) if len(found) == len(Enrollment.Role) else None

    def _may(self, number: int, kind: str, pair: Pair, reason: str) -> bool:
        before = len(self.plan.problems)
        names = {"mentee": pair[0].person.name, "mentor": pair[1].person.name}
        first = self.first.setdefault(_key(pair), number)
        if first != number:
            self._problem(number, "mentee", _("This pair stands in row %(row)d already.") % {"row": first})
        if kind != KIND.ALLOW and _key(pair) in self.published:
            message = _("%(mentee)s and %(mentor)s are published already, and stay as they are.")
            self._problem(number, "act", message % names)
        if kind == KIND.EXCLUDE and not reason:
            self._problem(number, "reason", _("Say why these two are never to be a pair."))
        if kind in WITH_REASON and (wrong := wrong_reason(reason)):
            self._problem(number, "reason", wrong)
        if kind == KIND.ALLOW and (elsewhere := self._excluded_elsewhere(pair)):
            message = _("They were excluded in %(cohort)s. Allow them on the page “Decided by hand”.")
            self._problem(number, "act", message % {"cohort": elsewhere.cohort.name})
        return len(self.plan.problems) == before

    def _excluded_elsewhere(self, pair: Pair) -> Exclusion | None:
        found = self.excluded.get((pair[0].person_id, pair[1].person_id), [])
        return next((row for row in found if row.cohort_id != self.cohort.pk), None)

    def _is_new(self, kind: str, pair: Pair) -> bool:
        excluded = (pair[0].person_id, pair[1].person_id) in self.excluded
        if kind in (KIND.LOCK, KIND.UNLOCK):
            return (_key(pair) in self.locked) == (kind == KIND.UNLOCK)
        return excluded == (kind == KIND.ALLOW)

    def _check_locks(self) -> None:
        """One lock after another in the order of the file, beside those that stand and are to stay."""
        locks = [line for line in self.plan.new if line.kind == KIND.LOCK]
        if not locks:
            return
        wanted = self.plan.wanted
        checker = Checker(wanted.lock, without=[*wanted.unlock, *wanted.never])
        for line in locks:
            try:
                checker.take(*line.pair)
            except Refused as refused:
                column = _SIDE_OF.get(refused.code, "act")
                self._problem(
                    line.row, column, self._too_many(line, column) or f"{refused.message} {refused.hint}"
                )

    def _too_many(self, line: Line, column: str) -> str:
        """Where the file itself locks more pairs of somebody than it could; else empty."""
        if column not in _SIDE_OF.values():
            return ""
        side = ("mentee", "mentor").index(column)
        row = line.pair[side]
        given_up = {_key(one.pair) for one in self.plan.new if one.kind in (KIND.UNLOCK, KIND.EXCLUDE)}
        free = row.capacity - row.used - sum(pair[side] == row.pk for pair in self.standing - given_up)
        if free <= 0:
            return ""
        text = ngettext(
            "%(name)s has %(free)d free place, and this file locks more pairs than that. Take a row out.",
            "%(name)s has %(free)d free places, and this file locks more pairs than that. Take a row out.",
            free,
        )
        return text % {"name": row.person.name, "free": free}


def _key(pair: Pair) -> tuple[int, int]:
    return pair[0].pk, pair[1].pk


def _by_person(exclusions: Iterable[Exclusion]) -> dict[tuple[int, int], list[Exclusion]]:
    found: dict[tuple[int, int], list[Exclusion]] = {}
    for row in exclusions:
        found.setdefault((row.mentee.person_id, row.mentor.person_id), []).append(row)
    return found
