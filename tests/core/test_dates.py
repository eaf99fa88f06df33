"""Days end where people are."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import F
from django.template import Context, Template
from django.utils.formats import date_format
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as some

from core.dates import EndOfDay, add_months, end_of_day, last_day, today_in
from programs.models import Cohort
from tests import factories as make

# A zone and days around which its clocks change, or that it never had.
DAYS = {
    "UTC": ["2026-06-30", "2024-02-29"],
    "Europe/Paris": ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"],
    "America/New_York": ["2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"],
    "Asia/Kathmandu": ["2026-01-01", "2026-07-01"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
    "Pacific/Apia": ["2011-12-28", "2011-12-29", "2011-12-30", "2011-12-31"],  # no 30 December that year
    "Pacific/Kiritimati": ["2026-12-31"],
    "Pacific/Pago_Pago": ["2026-12-31"],
    "America/Sao_Paulo": ["2018-11-02", "2018-11-03", "2018-11-04", "2018-02-17"],  # midnight itself is skipped
    "Africa/Cairo": ["2014-05-15", "2014-09-25", "2010-04-29"],
    "Asia/Beirut": ["2019-03-30", "2019-03-31", "2019-10-26"],
    "America/Havana": ["2019-03-09", "2019-03-10", "2019-11-02", "2019-11-03"],  # midnight comes twice
    "Atlantic/Azores": ["2019-10-26", "2019-03-30"],
    "Asia/Kolkata": ["2026-05-05"],
    "America/St_Johns": ["2026-03-07", "2006-04-01", "2006-10-28"],  # at one minute past midnight
}  # fmt: skip
CASES = [(zone, date.fromisoformat(day)) for zone, days in DAYS.items() for day in days]

NO_SUCH_DAY = {("Pacific/Apia", date(2011, 12, 30))}
TWO_MIDNIGHTS = {("America/Havana", date(2019, 11, 2)), ("Atlantic/Azores", date(2019, 10, 26))}


class TestEndOfDay:
    @pytest.mark.parametrize(
        ("day", "zone", "expected"),
        [
            ("2026-06-30", "UTC", "2026-07-01T00:00"),
            ("2026-06-30", "Asia/Kathmandu", "2026-06-30T18:15"),
            ("2026-06-30", "America/New_York", "2026-07-01T04:00"),
            ("2026-12-31", "Pacific/Kiritimati", "2026-12-31T10:00"),
            ("2018-11-03", "America/Sao_Paulo", "2018-11-04T03:00"),
            ("2019-11-02", "America/Havana", "2019-11-03T05:00"),
        ],
    )
    def test_is_midnight_there(self, day: str, zone: str, expected: str) -> None:
        assert end_of_day(date.fromisoformat(day), zone) == datetime.fromisoformat(expected).replace(
            tzinfo=UTC
        )

    @pytest.mark.parametrize(("zone", "day"), CASES)
    def test_nothing_after_it_is_in_the_day(self, zone: str, day: date) -> None:
        end = end_of_day(day, zone)
        minutes = [end + timedelta(minutes=n) for n in range(0, 180, 5)]
        assert [at for at in minutes if at.astimezone(ZoneInfo(zone)).date() <= day] == []

    @pytest.mark.parametrize(
        ("zone", "day"), [case for case in CASES if case not in NO_SUCH_DAY | TWO_MIDNIGHTS]
    )
    def test_the_second_before_is_still_in_the_day(self, zone: str, day: date) -> None:
        before = end_of_day(day, zone) - timedelta(seconds=1)
        assert before.astimezone(ZoneInfo(zone)).date() == day

    @pytest.mark.django_db
    def test_the_database_says_the_same(self) -> None:
        program = make.ProgramFactory()
        Cohort.objects.bulk_create(
            make.CohortFactory.build(
                program=program,
                slug=f"c{n}",
                timezone=zone,
                call_opens_on=date(2000, 1, 1),
                starts_on=date(2000, 1, 1),
                call_closes_on=day,
                ends_on=date(2030, 1, 1),
            )
            for n, (zone, day) in enumerate(CASES)
        )
        rows = Cohort.objects.annotate(end=EndOfDay(F("call_closes_on"), F("timezone"))).order_by("pk")
        ours = {
            (row.timezone, row.call_closes_on): end_of_day(row.call_closes_on, row.timezone) for row in rows
        }
        assert {(row.timezone, row.call_closes_on): row.end for row in rows} == ours


class TestTodayIn:
    @time_machine.travel("2026-06-30 23:30:00Z", tick=False)
    def test_is_the_date_there(self) -> None:
        assert today_in("UTC") == date(2026, 6, 30)
        assert today_in("Asia/Kathmandu") == date(2026, 7, 1)
        assert today_in("America/New_York") == date(2026, 6, 30)

    @pytest.mark.parametrize("zone", DAYS)
    def test_ends_with_the_day(self, zone: str) -> None:
        end = end_of_day(date(2026, 6, 30), zone)
        with time_machine.travel(end - timedelta(microseconds=1), tick=False):
            assert today_in(zone) == date(2026, 6, 30)
        with time_machine.travel(end, tick=False):
            assert today_in(zone) == date(2026, 7, 1)


class TestAddMonths:
    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            ("2026-01-15", 1, "2026-02-15"),
            ("2026-01-31", 1, "2026-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2026-10-31", 1, "2026-11-30"),
            ("2026-11-30", 1, "2026-12-30"),
            ("2026-12-31", 1, "2027-01-31"),
            ("2026-12-31", 12, "2027-12-31"),
            ("2026-03-31", -1, "2026-02-28"),
            ("2026-01-31", -2, "2025-11-30"),
            ("2026-05-20", 0, "2026-05-20"),
        ],
    )
    def test_keeps_the_day_or_takes_the_last(self, day: str, months: int, expected: str) -> None:
        assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)

    @given(some.dates(date(1990, 1, 1), date(2090, 12, 31)), some.integers(-60, 60))
    def test_moves_by_that_many_months(self, day: date, months: int) -> None:
        moved = add_months(day, months)
        assert (moved.year - day.year) * 12 + moved.month - day.month == months
        assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 11, 4), 12, date(2027, 11, 3)),
        (date(2026, 1, 1), 6, date(2026, 6, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
    ],
)
def test_a_term_ends_the_day_before_its_months_are_over(first: date, months: int, last: date) -> None:
    assert last_day(first, months) == last


@pytest.mark.parametrize(
    ("language", "day", "long", "short"),
    [
        ("fr", date(2026, 2, 1), "1er février 2026", "1er fév. 2026"),
        ("fr", date(2026, 2, 2), "2 février 2026", "2 fév. 2026"),
        ("fr", date(2026, 2, 11), "11 février 2026", "11 fév. 2026"),
        ("fr-ca", date(2026, 5, 1), "1er mai 2026", "1er mai 2026"),
        ("en", date(2026, 2, 1), "1 February 2026", "1 Feb. 2026"),
    ],
)
def test_the_first_of_a_month_is_said_as_each_language_says_it(
    language: str, day: date, long: str, short: str
) -> None:
    formats = ("DATE_FORMAT", "j N Y", "j", "Y-m-d")
    page = "|".join(["{{ day }}", *('{{ day|date:"' + one + '" }}' for one in formats)])
    with override(language):
        shown = Template(page).render(Context({"day": day})).split("|")
        at = datetime(day.year, day.month, day.day, 9, 5, tzinfo=UTC)
        assert date_format(at, "j F") == long.removesuffix(" 2026")
        assert date_format(at.time(), "H:i") == "09:05"
    assert shown == [long, long, short, str(day.day), day.isoformat()]
