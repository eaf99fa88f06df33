"""Who of the laboratory takes part in what. Two processes make the sample: both draw the same people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from people.models import Person

MENTEES, MENTORS = range(2, 17), range(18, 33)  # career levels


@dataclass(frozen=True)
class Cast:
    """Nobody stands in two of these."""

    past_mentees: list[Person]
    past_mentors: list[Person]
    mentees: list[Person]
    mentors: list[Person]
    second_batch: list[Person]
    third_batch: list[Person]
    next_mentees: list[Person]
    next_mentors: list[Person]


def draw(rng: Random, *, besides: Iterable[str], leaving: Iterable[str]) -> Cast:
    """By chance, over all directorates; `leaving` (e-mail addresses) took part last year at most."""
    taken, gone = set(besides), set(leaving)
    staff = Person.objects.filter(organization__name="Meridian Laboratory", is_active=True)
    pool = list(staff.select_related("supervisor").order_by("email"))

    def some(
        levels: range, number: int, *, left_too: bool = False, besides: Iterable[Person] = ()
    ) -> list[Person]:
        over = {one.supervisor_id for one in besides}
        free = [one for one in pool if one.level in levels and one.email not in taken]
        free = [one for one in free if one.supervisor_id not in over]
        chosen = rng.sample([one for one in free if left_too or one.email not in gone], number)
        taken.update(one.email for one in chosen)
        return chosen

    past = some(range(3, 16), 22, left_too=True)
    return Cast(
        past_mentees=past,
        past_mentors=some(MENTORS, 20, left_too=True),
        # Supervisors are written to in both years: had two cohorts one of them, the two processes would wait for
        # each other.
        mentees=some(MENTEES, 72, besides=past),
        mentors=some(MENTORS, 76),
        second_batch=some(MENTEES, 14, besides=past),
        third_batch=some(MENTEES, 10, besides=past),
        next_mentees=some(MENTEES, 27),
        next_mentors=some(MENTORS, 11),
    )
