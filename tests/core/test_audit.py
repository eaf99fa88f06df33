"""The audit trail can only be added to, and shows where it was touched."""

from enum import StrEnum

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core.audit import broken_links, chain_head, record
from core.models import AuditEvent, AuditLink
from tests.factories import PersonFactory


class Verb(StrEnum):
    TRIED = "test.tried"


def tamper(sql: str) -> None:
    """Do what a superuser with the triggers off could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.django_db(transaction=True)
def test_each_commit_extends_the_chain() -> None:
    person = PersonFactory()
    events = [record(Verb.TRIED, by=person, target=person, data={"n": n}) for n in range(3)]
    links = list(AuditLink.objects.order_by("id"))
    assert [link.event_id for link in links] == [event.pk for event in events]
    assert [bytes(link.previous) for link in links] == [b"", *(bytes(link.digest) for link in links[:-1])]
    assert (broken_links(), chain_head()) == ([], bytes(links[-1].digest).hex())


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_act_leaves_no_event() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record(Verb.TRIED, by=None)
        raise RuntimeError
    assert AuditEvent.objects.count() == AuditLink.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["core_auditevent", "core_auditlink"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_rows_cannot_be_changed_or_removed(table: str, sql: str) -> None:
    record(Verb.TRIED, by=None)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(sql.format(table))
    assert (AuditEvent.objects.count(), AuditLink.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE core_auditevent SET verb = 'test.other' WHERE id = {1}", [1]),
        ("UPDATE core_auditevent SET actor_id = 99 WHERE id = {0}", [0]),
        ("DELETE FROM core_auditevent WHERE id = {1}", [1]),
        ("DELETE FROM core_auditlink WHERE event_id = {1}", [1, 2]),
        ("UPDATE core_auditlink SET digest = '\\x00' WHERE event_id = {1}", [1, 2]),
    ],
)
def test_tampering_is_found(sql: str, broken: list[int]) -> None:
    events = [record(Verb.TRIED, by=None) for _ in range(3)]
    ids = [event.pk for event in events]
    tamper(sql.format(*ids))
    assert broken_links() == [ids[index] for index in broken]
    with pytest.raises(CommandError, match=f"{len(broken)} broken, first at event {ids[broken[0]]}"):
        call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_the_head(capsys: pytest.CaptureFixture[str]) -> None:
    record(Verb.TRIED, by=None)
    call_command("verify_audit")
    assert capsys.readouterr().out == f"The audit trail is whole. Head: {chain_head()}\n"
