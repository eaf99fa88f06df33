"""Every address, every actor, GET and POST: who gets in is what the table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from agreements.models import Member
from programs.models import Membership
from tests.permissions.asking import ask, client_of, outcome_of, tried, words_in
from tests.permissions.table import NEVER, NEVER_AT_ALL, OK, ROWS, STAFF, THIRD_PARTY, Row
from tests.permissions.world import CANARIES, World, build

ACTORS = [
    "anonymous", "link_holder", "nobody", "operator", *sorted(STAFF), "other_manager", "far_mentor_and_manager",
    "mentor", "mentee", "other_mentee", "applicant", "proposed", "quitter", "seeker", "host", "supervisor",
]  # fmt: skip
# What names an object below a cohort or a mentorship.
OBJECTS = {"uid", "pk", "number", "strand", "mentee", "mentor"}


@pytest.fixture(scope="module")
def built(lasting_db: Callable[..., World]) -> World:
    return lasting_db(build)


@pytest.fixture
def world(built: World, db: None, settings: Any) -> World:
    settings.ROOT_URLCONF = "tests.permissions.plain_urls"
    return deepcopy(built)


def _routes(resolver: URLResolver) -> Iterator[str | None]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield entry.name
        else:
            yield from _routes(entry)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    routes = list(_routes(get_resolver()))
    assert None not in routes
    assert sorted(set(routes) - THIRD_PARTY) == sorted({row.route for row in ROWS})
    assert THIRD_PARTY - set(routes) == set()


def test_every_actor_is_in_the_world(world: World) -> None:
    assert sorted(world.people) == sorted(ACTORS)


@pytest.mark.parametrize("actor", ACTORS)
def test_each_address_lets_in_whom_it_should(world: World, actor: str) -> None:
    client = client_of(world, actor)
    wrong, read = [], set()
    for row in ROWS:
        for method, rule in (("GET", row.get), ("POST", row.post)):
            got, response = tried(client, method, row, row.kwargs(world.values))
            asked = f"{method} {row.route} {row.at}"
            if got != rule.of(actor):
                wrong.append(f"{asked}: {got}, not {rule.of(actor)}")
            found = words_in(response, CANARIES)
            wrong += [f"{asked}: shows {word}" for word in found if actor not in CANARIES[word]]
            read |= found
    wrong += [
        f"nowhere: {word}" for word, readers in CANARIES.items() if actor in readers and word not in read
    ]
    assert not wrong, "\n".join([actor, *wrong])


def _below_a_cohort(row: Row) -> bool:
    names = {part.partition("=")[0] for part in row.at.split()}
    return "cohort" in names and bool(names & OBJECTS)


def _answers(world: World, actor: str, rows: list[Row], **instead: Any) -> dict[str, str]:
    """What rows give an actor whom they let in, with other parts of the address in place of the right ones."""
    client = client_of(world, actor)
    found = {}
    for row in rows:
        for method, rule in (("GET", row.get), ("POST", row.post)):
            if rule not in (NEVER, NEVER_AT_ALL):
                found[f"{method} {row.route}"], _ = tried(
                    client, method, row, row.kwargs(world.values, **instead)
                )
    return found


def test_an_object_of_one_cohort_is_not_under_the_address_of_its_sibling(world: World) -> None:
    rows = [row for row in ROWS if _below_a_cohort(row) and row.near]
    here = {"cohort": world.values["cohort"], "call": world.values["call"]}
    wrong = {}
    for row in rows:
        own = row.kwargs(world.values)["cohort"]
        sibling = here["call"] if own == here["cohort"] else here["cohort"]
        wrong |= {
            asked: got
            for asked, got in _answers(world, "manager", [row], cohort=sibling).items()
            if got != "404"
        }
    assert wrong == {}


def test_an_object_of_one_program_is_not_under_the_address_of_another(world: World) -> None:
    rows = [row for row in ROWS if _below_a_cohort(row)]
    far = {"program": world.values["far_program"], "cohort": world.values["far_cohort"]}
    found = _answers(world, "far_mentor_and_manager", rows, **far)
    assert {asked: got for asked, got in found.items() if got != "404"} == {}
    roles = [row for row in ROWS if row.route == "program_person_remove"]
    far_program = {"program": world.values["far_program"]}
    assert _answers(world, "far_mentor_and_manager", roles, **far_program) == {
        "POST program_person_remove": "404"
    }


def test_an_object_of_one_pair_is_not_under_the_address_of_another(world: World) -> None:
    parts = ("activity", "meeting")
    rows = [row for row in ROWS if any(part in row.at.split() for part in parts)]
    for actor, pair in (("other_mentee", "other_mentorship"), ("far_mentor_and_manager", "far_mentorship")):
        found = _answers(world, actor, rows, uid=world.values[pair])
        assert len(found) == 6
        assert {asked: got for asked, got in found.items() if got != "404"} == {}
    asked = [row for row in ROWS if row.route == "help_handled"]
    assert _answers(world, "manager", asked, uid=world.values["other_mentorship"]) == {
        "POST help_handled": "404"
    }


def _desk_pages(world: World) -> list[tuple[Row, dict[str, Any]]]:
    return [
        (row, row.kwargs(world.values))
        for row in ROWS
        if row.get.of("manager") == OK and row.get.of("nobody") == "404"
    ]


def test_a_role_that_is_taken_away_ends_with_the_next_request(world: World) -> None:
    client, pages = client_of(world, "manager"), _desk_pages(world)
    public = {("cohort_public", "program cohort=hidden")}
    pages = [(row, kwargs) for row, kwargs in pages if (row.route, row.at) not in public]
    assert len(pages) > 25
    held = Membership.objects.filter(person=world.people["manager"])

    def outcomes() -> dict[str, str]:
        return {f"{row.route} {row.at}": tried(client, "GET", row, kwargs)[0] for row, kwargs in pages}

    assert set(outcomes().values()) == {OK}
    held.update(role="sponsor")
    assert outcomes() == {f"{row.route} {row.at}": row.get.of("sponsor") for row, _ in pages}
    held.delete()
    assert set(outcomes().values()) == {"404"}


def test_a_deactivated_account_ends_with_the_next_request(world: World) -> None:
    client, person = client_of(world, "manager"), world.people["manager"]
    assert person is not None
    url = f"/desk/{world.values['program']}/"
    assert outcome_of(ask(client, "GET", url)) == OK
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    assert outcome_of(ask(client, "GET", url)) == "login"


def test_who_left_a_mentorship_no_longer_sees_it(world: World) -> None:
    client = client_of(world, "mentor")
    pages = [
        (row, row.kwargs(world.values))
        for row in ROWS
        if row.get.of("mentor") == OK and "uid=mentorship" in row.at
    ]
    assert {tried(client, "GET", row, kwargs)[0] for row, kwargs in pages} == {OK}
    own = Member.objects.filter(person=world.people["mentor"], mentorship__uid=world.values["mentorship"])
    own.update(left_on="2026-01-05", joined_on="2026-01-01")
    assert {tried(client, "GET", row, kwargs)[0] for row, kwargs in pages} == {"404"}
