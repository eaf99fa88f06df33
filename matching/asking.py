"""Answering what if without a burden on others: at once for a small cohort, by a worker for a large one.

Answers and progress live in the cache for a while; nothing is written to the database.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache
from kombu.exceptions import OperationalError

from matching.queries import waiting
from matching.whatif import Question, compare
from people.models import Person
from programs.models import Cohort

log = structlog.get_logger(__name__)

AT_ONCE = 1500  # people of one side up to whom a page waits for its answer
KEPT = 15 * 60  # seconds that an answer of a worker is kept
PATIENCE = 3.0  # seconds that a question waits for the one before of the same person
_LONGEST = 30  # seconds after which somebody may ask again even if the answer before never came

# Stage and how far it is when it begins, in percent.
STAGES = {"": 0, "reading": 5, "solving": 20, "asking": 55, "comparing": 90}


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a question stands: the `answer` of `whatif.compare`, or the stage at work, or `busy`."""

    answer: dict[str, Any] | None = None
    stage: str = ""
    percent: int = 0
    busy: bool = False


class Overtaken(Exception):
    """The same person has asked something else since."""


def is_large(cohort: Cohort) -> bool:
    """Whether a worker answers, and the page shows how far it is."""
    people = waiting(cohort)
    return max(people[side] for side in ("mentees", "mentors", "circle_mentees", "hosts")) > AT_ONCE


def ask(cohort: Cohort, present: Question, asked: Question, *, by: Person, again: str = "") -> Asked:
    """The answer, or how far it is. A person has one question at work at a time; `again` asks for a fresh answer."""
    if not is_large(cohort):
        with _alone(by) as alone:
            return Asked(answer=compare(cohort, present, asked)) if alone else Asked(busy=True)
    key = _key(cohort, present, asked, by, again)
    found = cache.get(key)
    if found is None:
        found = {"stage": ""}
        # A worker may be quicker than this line: never write over what it has written.
        if cache.add(key, found, KEPT):
            cache.set(_wanted(by.pk), key, KEPT)
            _ring(cohort, present, asked, by, key)
    if "answer" in found:
        return Asked(answer=found["answer"])
    return Asked(stage=found["stage"], percent=STAGES[found["stage"]])


def work_out(cohort_id: int, present: Question, asked: Question, *, person_id: int, key: str) -> None:
    """The worker's part. Stops between stages once the person has asked something else."""

    def heard(stage: str) -> None:
        if cache.get(_wanted(person_id)) != key:
            raise Overtaken
        cache.set(key, {"stage": stage}, KEPT)

    try:
        cohort = Cohort.objects.select_related("program").get(pk=cohort_id)
        answer = compare(cohort, present, asked, heard)
    except Overtaken:
        cache.delete(key)
        return
    except Exception:
        log.exception("what_if_failed", cohort=cohort_id)
        answer = {"unable": "engine", "pairs": []}
    cache.set(key, {"answer": answer}, KEPT)


@contextmanager
def _alone(by: Person) -> Iterator[bool]:
    """Hold the person's one place; false where it does not come free in time."""
    place, until = f"whatif:place:{by.pk}", time.monotonic() + PATIENCE
    while not (got := cache.add(place, 1, _LONGEST)) and time.monotonic() < until:
        time.sleep(0.05)
    try:
        yield got
    finally:
        if got:
            cache.delete(place)


def _ring(cohort: Cohort, present: Question, asked: Question, by: Person, key: str) -> None:
    from matching.tasks import answer_what_if

    try:
        answer_what_if.delay(cohort.pk, list(present), list(asked), by.pk, key)
    except OperationalError as error:
        cache.delete(key)
        log.warning("broker_away", cohort=cohort.pk, error=str(error))


def _key(cohort: Cohort, present: Question, asked: Question, by: Person, again: str) -> str:
    plain = json.dumps([cohort.pk, by.pk, present, asked, again], sort_keys=True)
    return f"whatif:{hashlib.sha256(plain.encode()).hexdigest()}"


def _wanted(person_id: int) -> str:
    return f"whatif:wanted:{person_id}"
