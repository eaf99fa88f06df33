"""The manager's desk: each app adds its tab and its panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.roles import Permission
from programs.models import Cohort


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the desk: `url_name` takes program slug and cohort slug."""

    order: int
    label: str | Promise
    url_name: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the desk's first page: `build(cohort)` gives the template's context, in a fixed number of queries.

    It is shown from the state `since` on, and its template draws its own sheets.
    """

    order: int
    template: str
    build: Callable[[Cohort], dict[str, Any]]
    wide: bool = False
    since: str = Cohort.State.DRAFT


_tabs: list[Tab] = []
_panels: list[Panel] = []


def register_tab(tab: Tab) -> None:
    """Add a page, once, when its app is ready."""
    _tabs.append(tab)


def register_panel(panel: Panel) -> None:
    """Add a panel, once, when its app is ready."""
    _panels.append(panel)


def tabs() -> list[Tab]:
    """All pages in order."""
    return sorted(_tabs, key=lambda tab: tab.order)


def panels(state: str) -> list[Panel]:
    """The panels of a cohort in this state: those of its latest phase first, within a phase in their order."""
    states = list(Cohort.State.values)
    shown = [panel for panel in _panels if states.index(panel.since) <= states.index(state)]
    return sorted(shown, key=lambda panel: (-states.index(panel.since), panel.order))
