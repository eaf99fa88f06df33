"""Rows that list components take. Each may also be given as a tuple or a dict of the same parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.utils.functional import Promise

Text = str | Promise
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way here; the last has no address."""

    label: Text
    url: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A tab, a chip, a menu entry; `count` is left out when None."""

    label: Text
    url: str
    current: bool = False
    count: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a cohort; `state` is done, now or next."""

    label: Text
    state: str = "next"
    when: Text = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; an empty value shows a dash."""

    label: Text
    value: Any = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of "check your answers": `url` leads to the page where it can be changed."""

    question: Text
    answer: Any = ""
    url: str = ""
    visible_to: Text = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened or will; `kind` is ok, on, wait, late or plain."""

    what: Text
    when: date | datetime | Text = ""
    detail: Text = ""
    kind: str = "plain"

    @property
    def is_dated(self) -> bool:
        """Whether `when` is a date rather than words."""
        return isinstance(self.when, date)

    @property
    def is_timed(self) -> bool:
        """Whether `when` has a time of day."""
        return isinstance(self.when, datetime)


def as_rows(kind: type[Row], items: Iterable[Any]) -> list[Row]:
    """Each item as `kind`: itself, a mapping of its fields, or a sequence in their order."""
    return [_as_row(kind, item) for item in items]


def _as_row(kind: type[Row], item: Any) -> Row:
    if isinstance(item, kind):
        return item
    if isinstance(item, Mapping):
        return kind(**item)
    if isinstance(item, Sequence) and not isinstance(item, str):
        return kind(*item)
    # Objects of an app that carry the same attributes.
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: getattr(item, name) for name in fields if hasattr(item, name)})


def crumbs_of(parts: Sequence[Text]) -> list[Crumb]:
    """Label, address, label, address, ..., label: an odd number of parts, the last one is this page."""
    if len(parts) % 2 == 0:
        raise ValueError("Breadcrumbs take label and address in turn and end with the label of this page.")
    pairs = zip(parts[:-1:2], parts[1::2], strict=True)
    return [*(Crumb(label, str(url)) for label, url in pairs), Crumb(parts[-1])]
