"""The figures on the desk, each linked to the people behind it."""

from typing import Any

import pytest
from django.test import Client

from core.roles import Role
from participants.panels import by_directorate, merge_small, places
from participants.panels import call as call_panel
from tests import factories as make
from tests.participants.world import Call, new_call

pytestmark = pytest.mark.django_db


def figures(role: dict[str, Any]) -> dict[str, int]:
    return {str(part.label): part.value for part in role["parts"]}


class TestCall:
    def test_who_stands_where(self, call: Call) -> None:
        for state in ("draft", "submitted", "submitted", "accepted", "waitlisted", "declined"):
            call.enroll(state)
        call.enroll("accepted", role="mentor")
        new_call().enroll("accepted")
        mentees, mentors = self.roles(call)
        assert figures(mentees) == {
            "Submitted": 2, "Accepted": 1, "On the waiting list": 1, "Not accepted": 1, "Draft": 1,
        }  # fmt: skip
        assert (mentees["label"], mentees["total"]) == ("Protégés", 6)
        assert (mentors["label"], figures(mentors)) == ("Mentors", {"Accepted": 1})

    def roles(self, where: Call) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call_panel(where.cohort)["roles"]
        return found

    def test_each_figure_leads_to_its_people(self, client: Client, call: Call) -> None:
        once = ["draft", "submitted", "offered", "waitlisted", "declined", "lapsed", "withdrawn", "left"]
        states = [*once, "accepted", "accepted"]
        call.offer.places = 9
        for state in states:
            call.enroll(state)
            call.enroll("waitlisted" if state == "offered" else state, role="mentor")
        client.force_login(call.manager)
        for role in self.roles(call):
            assert client.get(role["url"]).context["count"] == role["total"]
            for part in role["parts"]:
                assert client.get(part.url).context["count"] == part.value


class TestPlaces:
    def test_taken_of_all(self, call: Call) -> None:
        call.enroll("accepted")
        call.enroll("waitlisted")
        found = places(call.cohort)
        assert [(bar.label, bar.value, bar.mark, bar.text) for bar in found["bars"]] == [
            ("One to one", 1, 2, "1 of 2")
        ]
        assert found["queues"] == [("One to one", 1, 0)]

    def test_the_bar_leads_to_those_who_take_a_place(self, client: Client) -> None:
        call = new_call(places=3)
        for state in ("accepted", "offered", "completed", "waitlisted", "draft", "declined"):
            call.enroll(state)
        call.enroll("accepted", role="mentor")
        client.force_login(call.manager)
        (bar,) = places(call.cohort)["bars"]
        assert bar.value == client.get(bar.url).context["count"] == 3


class TestDirectorates:
    def test_top_units_with_their_groups(self, client: Client, call: Call) -> None:
        physics = make.UnitFactory(name="Physics", path="Physics")
        optics = make.UnitFactory(name="Optics", path="Physics / Optics", parent=physics, top=physics)
        for number in range(6):
            state = "accepted" if number < 2 else "submitted"
            call.enroll(state, person=call.person(unit=optics if number % 2 else physics))
        call.enroll("draft", person=call.person(unit=physics))
        (bar,) = by_directorate(call.cohort)["bars"]
        assert (bar.label, bar.value, bar.mark, bar.text) == ("Physics", 2, 6, "2 of 6")
        assert bar.url == call.desk(f"?directorate={physics.pk}&among=accepted")
        client.force_login(call.manager)
        assert client.get(bar.url).context["count"] == bar.value

    def test_nobody_stands_alone(self, call: Call) -> None:
        for _ in range(4):
            call.enroll(person=call.person(unit=make.UnitFactory()))
        assert by_directorate(call.cohort)["bars"] == []
        call.enroll()
        (bar,) = by_directorate(call.cohort)["bars"]
        assert (bar.label, bar.text, bar.url) == ("Other and smaller units", "0 of 5", "")

    @pytest.mark.parametrize(("rows", "expected"), [
        ([], []),
        ([(1, "A", 9, 3), (2, "B", 6, 1)], [(1, "A", 9, 3), (2, "B", 6, 1)]),
        ([(1, "A", 9, 3), (2, "B", 6, 1), (3, "C", 4, 4)], [(1, "A", 9, 3), (None, None, 10, 5)]),
        ([(1, "A", 9, 3), (2, "B", 4, 1), (3, "C", 4, 4)], [(1, "A", 9, 3), (None, None, 8, 5)]),
        ([(1, "A", 9, 3), (None, None, 7, 1)], [(1, "A", 9, 3), (None, None, 7, 1)]),
        ([(1, "A", 5, 3), (None, None, 1, 1)], [(None, None, 6, 4)]),
    ])  # fmt: skip
    def test_a_small_group_cannot_be_worked_out(self, rows: list[Any], expected: list[Any]) -> None:
        assert merge_small(rows) == expected


class TestDesk:
    def test_managers_get_links_and_sponsors_figures(self, client: Client, call: Call) -> None:
        call.enroll("accepted")
        desk = f"/desk/{call.program.slug}/{call.cohort.slug}/"
        client.force_login(call.manager)
        assert f'href="{call.desk("?role=mentee&amp;state=accepted")}"' in client.get(desk).content.decode()
        client.force_login(call.staff(Role.SPONSOR))
        text = client.get(desk).content.decode()
        assert "Protégés" in text
        assert "/people/?" not in text

    def test_as_many_queries_for_thirty_as_for_one(
        self, client: Client, call: Call, count_queries: Any
    ) -> None:
        client.force_login(call.manager)

        def cost() -> int:
            with count_queries() as counted:
                client.get(f"/desk/{call.program.slug}/{call.cohort.slug}/")
            return len(counted)

        call.enroll("waitlisted", person=call.person(unit=make.UnitFactory()))
        first = cost()
        for number in range(29):
            call.enroll("waitlisted", person=call.person(unit=make.UnitFactory(name=f"Other {number}")))
        assert cost() == first
