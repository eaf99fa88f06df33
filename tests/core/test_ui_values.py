"""What the components are made of."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from core.ui import (
    Answer,
    Bar,
    Crumb,
    Event,
    Fact,
    Part,
    as_rows,
    crumbs_of,
    due_state,
    due_words,
    hue,
    initials,
    shares,
    trend_line,
)
from core.ui.charts import percent

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("days", "state"),
    [(-400, "late"), (-1, "late"), (0, "soon"), (14, "soon"), (15, "plain"), (400, "plain")],
)
def test_due_state_turns_at_today_and_at_two_weeks(days: int, state: str) -> None:
    assert due_state(TODAY + timedelta(days=days), TODAY) == state


@pytest.mark.parametrize("days", [-3, 0, 40])
def test_what_is_done_is_never_late(days: int) -> None:
    assert due_state(TODAY + timedelta(days=days), TODAY, done=True) == "done"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-30, "30 days late"),
        (-1, "1 day late"),
        (0, "Today"),
        (1, "Tomorrow"),
        (2, "2 days left"),
        (60, "60 days left"),
        (61, ""),
    ],
)
def test_due_words_count_near_days_only(days: int, words: str) -> None:
    assert due_words(TODAY + timedelta(days=days), TODAY) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mira Kovač", "MK"),
        ("Ana María de la Cruz", "AC"),
        ("Jean-Luc", "JL"),
        ("Ines", "I"),
        ("ødegård åse", "ØÅ"),
        ("  ", "?"),
        ("", "?"),
        ("(unknown) Person", "P"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_key_keeps_its_hue_and_hues_are_spread() -> None:
    assert hue(7) == hue("7")
    assert {hue(key) for key in range(60)} == {1, 2, 3, 4, 5, 6}


def test_crumbs_end_with_this_page() -> None:
    assert crumbs_of(["Desk", "/desk/", "People"]) == [Crumb("Desk", "/desk/"), Crumb("People")]
    assert crumbs_of(["People"]) == [Crumb("People")]


def test_crumbs_without_this_page_are_refused() -> None:
    with pytest.raises(ValueError, match="end with the label"):
        crumbs_of(["Desk", "/desk/"])


def test_rows_come_as_themselves_as_tuples_as_mappings_and_as_objects() -> None:
    @dataclass
    class FromAnApp:
        label: str = "Length"
        value: int = 12
        other: str = "not a part of a fact"

    rows = as_rows(Fact, [Fact("Length", 12), ("Length", 12), {"label": "Length", "value": 12}, FromAnApp()])
    assert rows == [Fact("Length", 12)] * 4


def test_a_row_with_an_unknown_part_is_refused() -> None:
    with pytest.raises(TypeError):
        as_rows(Answer, [{"question": "Why?", "colour": "red"}])


@pytest.mark.parametrize(
    ("when", "dated", "timed"),
    [
        (TODAY, True, False),
        (datetime(2026, 11, 22, 9, tzinfo=UTC), True, True),
        ("in spring", False, False),
        ("", False, False),
    ],
)
def test_an_event_knows_whether_it_has_a_date(when: date | str, dated: bool, timed: bool) -> None:
    event = Event("Orientation", when)
    assert (event.is_dated, event.is_timed) == (dated, timed)


@pytest.mark.parametrize(
    ("value", "total", "text"),
    [(1, 3, "33.33"), (0, 3, "0.00"), (5, 3, "100.00"), (-1, 3, "0.00"), (1, 0, "0.00")],
)
def test_percent_stays_between_nothing_and_all(value: float, total: float, text: str) -> None:
    assert percent(value, total) == text


def test_shares_lie_side_by_side() -> None:
    drawn = shares([Part("signed", 2), Part("waits", 1, "c"), Part("none", 1, "rest")])
    assert [(share.x, share.width, share.kind) for share in drawn] == [
        ("0.00", "50.00", "a"),
        ("50.00", "25.00", "c"),
        ("75.00", "25.00", "rest"),
    ]


def test_shares_leave_room_up_to_a_larger_total() -> None:
    drawn = shares([Part("skills", 41), Part("goals", 20)], 100)
    assert [(share.x, share.width) for share in drawn] == [("0.00", "41.00"), ("41.00", "20.00")]


def test_shares_of_nothing_draw_nothing() -> None:
    assert shares([]) == []
    assert shares([Part("signed", 0)])[0].width == "0.00"


def test_geometry_has_no_decimal_commas() -> None:
    with translation.override("fr"):
        assert shares([Part("un", 1), Part("deux", 2)])[1].x == "33.33"
        assert "33.33" in trend_line([1, 2, 3, 4], 1, 4).points


def test_a_trend_reaches_from_the_ground_to_the_top() -> None:
    line = trend_line([60, 80, 100], 60, 100)
    assert line.points == "0.00,38.00 50.00,20.00 100.00,2.00"
    assert line.area == "0,40 0.00,38.00 50.00,20.00 100.00,2.00 100.00,40"
    assert line.last == ("100.00", "2.00")


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0]])
def test_a_trend_of_one_point_or_of_no_change_lies_on_the_ground(values: list[float]) -> None:
    assert {point.split(",")[1] for point in trend_line(values, 5, 5).points.split()} == {"38.00"}


def test_bars_take_a_mark() -> None:
    assert as_rows(Bar, [("Computing", 92, "92 %", 80)]) == [Bar("Computing", 92, "92 %", mark=80)]
