"""What other apps add to the home page: the public front, and where a person stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse

from people.models import Person

Front = Callable[[HttpRequest], HttpResponse]
Standing = Callable[[Person], Iterable[str]]

_fronts: list[Front] = []
_standings: list[tuple[int, Standing]] = []


def register_front(view: Front) -> None:
    """Register the page that strangers see at `/`, once."""
    if _fronts:
        raise ValueError("there is a front page already")
    _fronts.append(view)


def register_standing(order: int, source: Standing) -> None:
    """Register sentences that say where a person stands ("You are matched with Dana Whitfield."): plain text, or
    safe HTML made by format_html; a fixed number of queries, no sentence where there is nothing to say."""
    _standings.append((order, source))


def front() -> Front | None:
    """The page for strangers."""
    return _fronts[0] if _fronts else None


def standing_of(person: Person) -> list[str]:
    """Where the person stands, in order."""
    return [
        sentence for _, source in sorted(_standings, key=lambda pair: pair[0]) for sentence in source(person)
    ]
