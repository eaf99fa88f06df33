"""Local dates: a due date is a day in the cohort's time zone and lasts until that day ends."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateField, DateTimeField, Expression, F, Func, Value
from django.db.models.expressions import BaseExpression
from django.utils import timezone


def today_in(zone: str) -> date:
    """The date it is now in an IANA time zone."""
    return timezone.now().astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The UTC instant at which a local day ends: the next midnight; the second one where clocks bring it twice."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    # The later reading is the second midnight of two, and the end of a gap that swallows midnight: as in PostgreSQL.
    return max(midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC))


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def last_day(first: date, months: int) -> date:
    """The last day of a term of so many months that begins on a day: 4 November and twelve months give 3 November."""
    return add_months(first, months) - timedelta(days=1)


class EndOfDay(Func):
    """SQL twin of `end_of_day`: a date expression and the column that holds the zone."""

    template = "((%(expressions)s)"
    arg_joiner = "::date + 1)::timestamp AT TIME ZONE "
    output_field = DateTimeField()

    def __init__(self, day: Expression | F, zone: F | Value) -> None:
        super().__init__(day, zone)


class LocalDay(Func):
    """SQL: the date of an instant in the zone that a column holds, or some days later."""

    template = "((%(expressions)s)::date + %(days)s)"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()

    def __init__(self, instant: BaseExpression | F, zone: BaseExpression | F, *, days: int = 0) -> None:
        super().__init__(instant, zone, days=days)
