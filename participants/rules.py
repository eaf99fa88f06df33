"""What holds for an enrollment, without reading anything."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.dates import today_in
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Strand

OFFER_DAYS = 7  # to accept a place from the waiting list
REVIEW_DAYS = 14  # after the call for the team to decide
MAX_WISHES = 3
ANSWER_DAYS = 10  # to answer somebody who asks to be a pair
MAX_ASKED = 3  # people of whom one waits for an answer at a time
RANKING_DAYS = 10  # to rank a shortlist
LIVE = (Enrollment.State.SUBMITTED, Enrollment.State.ACCEPTED)  # who looks for a pair, or soon will
BEFORE_PAIRS = (Cohort.State.CALL_OPEN, Cohort.State.SELECTING, Cohort.State.MATCHING)


def call_is_open(cohort: Cohort) -> bool:
    """Whether people can apply today, in the cohort's time zone."""
    today = today_in(cohort.timezone)
    return cohort.state == Cohort.State.CALL_OPEN and cohort.call_opens_on <= today <= cohort.call_closes_on


def waits_for_more(enrollment: Enrollment) -> bool:
    """Whether the next run could give somebody a partner, though pairs of the round are published."""
    takes_part = enrollment.state == Enrollment.State.ACCEPTED and enrollment.used < enrollment.capacity
    return takes_part and enrollment.cohort.state == Cohort.State.RUNNING


def is_open_to(strand: Strand, mentee: Person) -> bool:
    """Whether a strand is for people with this one's type of contract."""
    return not strand.contract_types or mentee.contract_type in strand.contract_types


def may_ask(cohort: Cohort, role: str) -> bool:
    """Whether this side may ask somebody of the other to be a pair."""
    is_mentee = role == Enrollment.Role.MENTEE
    return cohort.state in BEFORE_PAIRS and (cohort.introductions or (is_mentee and cohort.self_match))


def offer_due_on(enrollment: Enrollment) -> date:
    """The last day to accept an offered place, in the cohort's time zone."""
    assert enrollment.decided_at is not None, "an offer has a time"
    return enrollment.decided_at.astimezone(ZoneInfo(enrollment.cohort.timezone)).date() + timedelta(
        days=OFFER_DAYS
    )


def offer_is_over(enrollment: Enrollment) -> bool:
    """Whether the last day to accept has ended."""
    return today_in(enrollment.cohort.timezone) > offer_due_on(enrollment)
