"""The main navigation. Each app adds its entries when it is ready."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry; `count` is shown beside it where it is not zero."""

    label: str | Promise
    url: str
    current: bool = False
    count: int = 0


NavSource = Callable[[HttpRequest], Iterable[tuple[int, NavItem]]]
_sources: list[NavSource] = []


def register_nav(source: NavSource) -> NavSource:
    """Register a function from a request to (order, item) pairs; usable as a decorator."""
    _sources.append(source)
    return source


def nav_items(request: HttpRequest) -> list[NavItem]:
    """The entries for whoever asks, in order; none for strangers and on error pages without a session."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    entries = [entry for source in _sources for entry in source(request)]
    return [item for _, item in sorted(entries, key=lambda entry: entry[0])]
