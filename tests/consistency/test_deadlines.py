"""Every kind of deadline: its rows fit the union, its words cover them, and its address lets in whoever owes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from core.dates import end_of_day
from notifications.deadlines import COLUMNS, Deadline, DeadlineKind, kinds
from notifications.queries import rows as union
from people.models import Person
from programs.models import Cohort
from tests.consistency.scene import Scene
from tests.permissions.asking import ask, outcome_of

KINDS = sorted(kinds())
TYPES = (str, int, int, int, str, date, date, datetime, datetime | None)


@pytest.fixture(scope="module")
def played(lasting_db: Callable[..., Scene]) -> Scene:
    def play() -> Scene:
        found = Scene("en")
        found.play()
        return found

    return lasting_db(play)


@pytest.fixture
def scene(played: Scene, db: None) -> Scene:
    return deepcopy(played)


def rows_of(kind: DeadlineKind) -> list[Deadline]:
    return [Deadline(*row) for row in kind.rows()]


def test_the_scene_owes_one_of_each(scene: Scene) -> None:
    assert [code for code in KINDS if not any(row.done_at is None for row in rows_of(kinds()[code]))] == []


@pytest.mark.usefixtures("scene")
class TestRows:
    def test_have_the_columns_of_the_union(self) -> None:
        wrong = []
        for code in KINDS:
            for row in kinds()[code].rows():
                assert len(row) == len(COLUMNS)
                wrong += [
                    (code, name, value)
                    for name, value, kind in zip(COLUMNS, row, TYPES, strict=True)
                    if not isinstance(value, kind)
                ]
        assert wrong == []

    def test_say_their_kind_and_stand_in_the_union(self) -> None:
        found = Counter(row.kind for row in union("TRUE", []))
        assert found == {code: len(rows_of(kinds()[code])) for code in KINDS}
        assert {(code, row.kind) for code in KINDS for row in rows_of(kinds()[code])} == {
            (code, code) for code in KINDS
        }

    def test_each_is_there_once(self) -> None:
        keys = Counter(
            (row.kind, row.object_id, row.occurrence, row.person_id)
            for code in KINDS
            for row in rows_of(kinds()[code])
        )
        assert [key for key, number in keys.items() if number > 1] == []

    def test_are_due_when_the_day_ends_where_the_cohort_is(self) -> None:
        zones = dict(Cohort.objects.values_list("pk", "timezone"))
        people = set(Person.objects.values_list("pk", flat=True))
        for code in KINDS:
            for row in rows_of(kinds()[code]):
                assert row.due_at == end_of_day(row.due_on, zones[row.cohort_id])
                assert row.opens_on <= row.due_on
                assert row.person_id in people


@pytest.mark.usefixtures("scene")
class TestWords:
    def test_cover_every_row_in_a_fixed_number_of_queries(self, count_queries: Callable[[], Any]) -> None:
        for code in KINDS:
            kind, rows = kinds()[code], rows_of(kinds()[code])
            with count_queries() as many:
                worded = kind.words(rows)
            assert set(worded) == {(row.object_id, row.occurrence, row.person_id) for row in rows}
            with count_queries() as one:
                kind.words(rows[:1])
            assert len(many) <= len(one), code
            for row in rows:
                wording = worded[row.object_id, row.occurrence, row.person_id]
                assert wording.verb, code
                assert wording.url.startswith("/"), code
                assert wording.done or row.done_at is None, code

    def test_are_said_in_the_readers_language(self) -> None:
        for code in KINDS:
            rows, said = rows_of(kinds()[code]), {}
            for language in ("en", "fr"):
                with translation.override(language):
                    said[language] = {wording.verb for wording in kinds()[code].words(rows).values()}
            assert said["en"] & said["fr"] == set(), code

    def test_lead_to_a_page_that_lets_the_person_in(self) -> None:
        client, refused = Client(), {}
        for code in KINDS:
            waiting = [row for row in rows_of(kinds()[code]) if row.done_at is None]
            people = Person.objects.in_bulk([row.person_id for row in waiting])
            for (_object, _occurrence, person), wording in kinds()[code].words(waiting).items():
                client.force_login(people[person])
                outcome = outcome_of(ask(client, "GET", wording.url))
                if outcome != "ok":
                    refused[code, wording.url] = outcome
        assert refused == {}


@pytest.mark.parametrize("code", KINDS)
def test_each_has_a_name_and_sane_reminders(code: str) -> None:
    kind = kinds()[code]
    assert str(kind.label)
    assert list(kind.remind) == sorted(set(kind.remind))
    assert kind.escalate_after is None or kind.escalate_after > 0
