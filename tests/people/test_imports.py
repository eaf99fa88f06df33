"""Bringing in people: all or nothing, twice the same, never a deletion."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from people.domain import imports
from people.models import CareerEvent, Organization, PeopleImport, Person, Unit
from people.tasks import apply_people_import, check_people_import, sweep_people_imports
from tests.factories import PersonFactory

FILE = """email,name,organization,unit_path,job_title,level,supervisor_email,languages,leave_date
ada@example.org,Ada Moss,Meridian,Computing / Data,Engineer,12,bo@example.org,fr en,
bo@example.org,Bo Lind,Meridian,Computing,Head,24,,en,
cy@example.org,Cy Roy,Partner,Physics,Postdoc,,bo@example.org,de,
"""


def bring(text: str = FILE, **fields: Any) -> PeopleImport:
    return imports.import_people(content=text.encode(), file_name="people.csv", by=None, **fields)


def state() -> list[tuple[Any, ...]]:
    return list(
        Person.objects.order_by("email").values_list(
            "email",
            "full_name",
            "organization__name",
            "unit__path",
            "unit__top__name",
            "job_title",
            "level",
            "supervisor__email",
            "language",
        )
    )


EXPECTED = [
    (
        "ada@example.org",
        "Ada Moss",
        "Meridian",
        "Computing / Data",
        "Computing",
        "Engineer",
        12,
        "bo@example.org",
        "fr",
    ),
    ("bo@example.org", "Bo Lind", "Meridian", "Computing", "Computing", "Head", 24, None, "en"),
    ("cy@example.org", "Cy Roy", "Partner", "Physics", "Physics", "Postdoc", None, "bo@example.org", "en"),
]


@pytest.mark.django_db
def test_a_file_brings_in_people_units_and_supervisors() -> None:
    applied = bring()
    assert applied.state == "applied"
    assert state() == EXPECTED
    figures = {"rows": 3, "new": 3, "changed": 0, "same": 0, "events": {}}
    assert applied.counts == {**figures, "organizations": ["Meridian", "Partner"], "units": 3}
    assert bytes(applied.content) == b""
    assert not any(person.has_usable_password() for person in Person.objects.all())
    event = AuditEvent.objects.get(verb="people_import.applied")
    assert (event.target_id, event.data) == (applied.pk, {"rows": 3, "new": 3, "changed": 0, "same": 0})


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing() -> None:
    bring()
    before = list(Person.objects.order_by("pk").values())
    again = bring()
    assert (again.counts["same"], again.counts["new"], again.counts["changed"]) == (3, 0, 0)
    assert list(Person.objects.order_by("pk").values()) == before
    assert (Unit.objects.count(), Organization.objects.count(), CareerEvent.objects.count()) == (3, 2, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "events"),
    [
        ("Engineer,12", "Engineer,13", [("promotion", "12", "13")]),
        ("Engineer,12", "Engineer,11", []),
        (
            "Engineer,12",
            "Senior engineer,14",
            [("position", "Engineer", "Senior engineer"), ("promotion", "12", "14")],
        ),
        ("Computing / Data", "Physics", [("move", "Computing / Data", "Physics")]),
        ("Meridian,Computing / Data", "Partner,Computing / Data", [("organization", "Meridian", "Partner")]),
        ("fr en,", "fr en,2026-01-31", [("departure", "", "2026-01-31")]),
        ("Ada Moss", "Ada Moss-Lind", []),
    ],
)
def test_a_second_import_records_career_events(
    old: str, new: str, events: list[tuple[str, str, str]]
) -> None:
    bring()
    second = bring(FILE.replace(old, new, 1))
    assert second.counts["changed"] == 1
    found = CareerEvent.objects.order_by("kind").values_list(
        "person__email", "kind", "before", "after", "source_id"
    )
    assert list(found) == [("ada@example.org", *event, second.pk) for event in events]


@pytest.mark.django_db
def test_who_left_cannot_sign_in_and_who_returns_can() -> None:
    bring()
    bring(FILE.replace("fr en,", "fr en,2026-01-31"))
    ada = Person.objects.get(email="ada@example.org")
    assert (ada.is_active, ada.left_on) == (False, date(2026, 1, 31))
    bring()
    ada.refresh_from_db()
    assert (ada.is_active, ada.left_on) == (True, None)
    kinds = CareerEvent.objects.order_by("pk").values_list("kind", "on")
    assert list(kinds) == [("departure", date(2026, 1, 31)), ("return", timezone.localdate())]


@pytest.mark.django_db
def test_people_and_columns_that_a_file_lacks_are_left_alone() -> None:
    bring()
    bring("email,name\nada@example.org,Ada M.\n")
    assert state() == [("ada@example.org", "Ada M.", *EXPECTED[0][2:]), *EXPECTED[1:]]


@pytest.mark.django_db
def test_what_people_decided_themselves_is_kept() -> None:
    bring("email,name,preferred_name,languages\nada@example.org,Ada Moss,,en\n")
    Person.objects.update(preferred_name="Addie", language="fr")
    bring("email,name,preferred_name,languages\nada@example.org,Ada Moss,Ms Moss,en\n")
    assert Person.objects.values_list("preferred_name", "language").get() == ("Addie", "fr")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("a@example.org,A,,\nA@example.org,B,,", (3, "email", "This address stands in row 2 already.")),
        ("a@example.org,A,a@example.org,", (2, "supervisor_email", "Nobody supervises themselves.")),
        (
            "a@example.org,A,x@example.org,",
            (2, "supervisor_email", "Nobody with the address x@example.org is known or stands in this file."),
        ),
        (
            "a@example.org,A,b@example.org,\nb@example.org,B,c@example.org,\nc@example.org,C,a@example.org,",
            (
                2,
                "supervisor_email",
                "Supervisors in a loop: a@example.org → b@example.org → c@example.org → a@example.org.",
            ),
        ),
        (
            "a@example.org,A,known@example.org,",
            (
                2,
                "supervisor_email",
                "Supervisors in a loop: a@example.org → known@example.org → a@example.org.",
            ),
        ),
        ("a@example.org,A,,Computing", (2, "organization", "A unit needs its organization.")),
    ],
)
def test_what_no_single_row_shows_is_found_and_nothing_changes(
    rows: str, problem: tuple[int, str, str]
) -> None:
    boss = PersonFactory(email="a@example.org", full_name="A")
    PersonFactory(email="known@example.org", supervisor=boss)
    before = list(Person.objects.order_by("pk").values())
    with pytest.raises(Refused) as refused:
        bring("email,name,supervisor_email,unit_path\n" + rows + "\n")
    row, column, message = problem
    assert (refused.value.code, refused.value.hint) == (
        "faulty_file",
        f"row {row}, column {column}: {message}",
    )
    assert list(Person.objects.order_by("pk").values()) == before
    assert PeopleImport.objects.get().state == "faulty"


@pytest.mark.django_db
def test_dates_in_the_wrong_order_are_found() -> None:
    with pytest.raises(Refused) as refused:
        bring("email,name,start_date,leave_date\na@example.org,A,2026-02-01,2026-01-01\n")
    assert refused.value.hint == "row 2, column leave_date: This is before the start date."


@pytest.mark.django_db
def test_an_error_in_the_middle_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(imports, "_supervisors", broken)
    uploaded = imports.check_import(
        pk=imports.upload_import(content=FILE.encode(), file_name="p.csv", by=None).pk
    )
    imports.begin_apply(uploaded=uploaded, by=None)
    with pytest.raises(RuntimeError):
        apply_people_import(uploaded.pk)
    uploaded.refresh_from_db()
    assert (uploaded.state, Person.objects.count(), Organization.objects.count()) == ("failed", 0, 0)


@pytest.mark.django_db
def test_a_file_that_became_faulty_since_it_was_checked_is_not_applied() -> None:
    boss = PersonFactory(email="boss@example.org")
    text = "email,name,supervisor_email\na@example.org,A,boss@example.org\n"
    uploaded = imports.check_import(
        pk=imports.upload_import(content=text.encode(), file_name="p.csv", by=None).pk
    )
    imports.begin_apply(uploaded=uploaded, by=None)
    boss.delete()
    assert imports.apply_import(pk=uploaded.pk).state == "faulty"
    assert Person.objects.count() == 0


@pytest.mark.django_db
def test_every_task_run_twice_does_its_work_once() -> None:
    uploaded = imports.upload_import(content=FILE.encode(), file_name="p.csv", by=None)
    for _ in range(2):
        check_people_import(uploaded.pk)
    imports.begin_apply(uploaded=uploaded, by=None)
    for _ in range(2):
        apply_people_import(uploaded.pk)
    assert state() == EXPECTED
    assert AuditEvent.objects.filter(verb="people_import.applied").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["applied", "discarded"])
def test_an_import_is_applied_or_discarded_once(first: str) -> None:
    operator = PersonFactory(is_operator=True)
    uploaded = imports.check_import(
        pk=imports.upload_import(content=FILE.encode(), file_name="p.csv", by=operator).pk
    )
    if first == "applied":
        imports.begin_apply(uploaded=uploaded, by=operator)
        imports.apply_import(pk=uploaded.pk)
    else:
        imports.discard_import(uploaded=uploaded, by=operator)
    with pytest.raises(Refused, match="no longer possible"):
        imports.begin_apply(uploaded=uploaded, by=operator)
    with pytest.raises(Refused, match="no longer possible"):
        imports.discard_import(uploaded=uploaded, by=operator)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_are_applied_one_after_the_other() -> None:
    texts = [FILE, FILE.replace("Engineer,12", "Engineer,13").replace("Partner", "Partner Two")]
    pks = []
    for text in texts:
        uploaded = imports.check_import(
            pk=imports.upload_import(content=text.encode(), file_name="p.csv", by=None).pk
        )
        imports.begin_apply(uploaded=uploaded, by=None)
        pks.append(uploaded.pk)
    barrier = threading.Barrier(2)

    def apply(pk: int) -> Callable[[], None]:
        def run() -> None:
            barrier.wait()
            imports.apply_import(pk=pk)
            connection.close()

        return run

    threads = [threading.Thread(target=apply(pk)) for pk in pks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(PeopleImport.objects.values_list("state", flat=True)) == {"applied"}
    assert Person.objects.count() == 3
    assert Organization.objects.filter(name="Meridian").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_sweep_takes_up_what_was_lost(worker: object) -> None:
    uploaded = imports.upload_import(content=FILE.encode(), file_name="p.csv", by=None)
    recent = imports.upload_import(content=FILE.encode(), file_name="q.csv", by=None)
    PeopleImport.objects.filter(pk=uploaded.pk).update(
        created_at=timezone.now() - timezone.timedelta(minutes=3)
    )
    sweep_people_imports()
    deadline = timezone.now() + timezone.timedelta(seconds=15)
    while PeopleImport.objects.get(pk=uploaded.pk).state == "checking" and timezone.now() < deadline:
        pass
    states = dict(PeopleImport.objects.values_list("pk", "state"))
    assert states == {uploaded.pk: "ready", recent.pk: "checking"}


@pytest.mark.django_db
def test_the_command_applies_and_says_what_it_did(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    call_command("import_people", path)
    path.write_text(FILE.replace("Engineer,12", "Engineer,13"))
    call_command("import_people", path)
    assert capsys.readouterr().out.splitlines() == [
        "3 new, 0 changed, 0 as before. Career events: none.",
        "0 new, 1 changed, 2 as before. Career events: 1 promotion.",
    ]


@pytest.mark.django_db
def test_all_problems_are_told_at_once_and_a_faulty_row_is_not_an_unknown_supervisor() -> None:
    text = (
        "email,name,level,supervisor_email\n"
        "ada@example.org,Ada,high,\n"
        "bo@example.org,Bo,1,ada@example.org\n"
        "cy@example.org,Cy,1,nobody@example.org\n"
        "bo@example.org,Bo,1,\n"
    )
    uploaded = imports.upload_import(content=text.encode(), file_name="people.csv", by=None)
    found = [(p["row"], p["column"]) for p in imports.check_import(pk=uploaded.pk).problems]
    assert found == [(2, "level"), (4, "supervisor_email"), (5, "email")]


@pytest.mark.django_db
def test_the_command_names_every_problem(tmp_path: Any) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,name\nx,A\na@example.org,\n")
    with pytest.raises(CommandError) as error:
        call_command("import_people", path, verbosity=0)
    assert str(error.value).splitlines() == [
        "The file has problems; nothing was changed.",
        "row 2, column email: “x” is not an e-mail address.",
        "row 3, column name: The name is missing.",
    ]
    path.write_text('email,name\nx@example.org,A\na@example.org,"B\nb@example.org,C\n')
    with pytest.raises(CommandError) as error:
        call_command("import_people", path)
    assert str(error.value).splitlines() == [
        "The file has problems; nothing was changed.",
        "row 3, column –: Row 3 cannot be read. Look for a quotation mark without its partner, or a cell of more than "
        "131072 characters.",
    ]
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_people", tmp_path / "none.csv")
