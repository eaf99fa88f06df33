"""Text that only the pair reads is unreadable in the database."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection

from agreements.models import Meeting
from core.fields import SealedTextField, cipher
from tests import factories as make

SECRET = "She wants to leave."
pytestmark = pytest.mark.django_db


def raw() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM agreements_meeting")
        (found,) = cursor.fetchone()
    return str(found)


def test_is_the_field_of_notes() -> None:
    assert isinstance(Meeting._meta.get_field("note"), SealedTextField)


def test_is_sealed_in_the_database_and_open_to_the_code() -> None:
    make.MeetingFactory(note=SECRET)
    assert SECRET not in raw()
    assert cipher().decrypt(raw().encode()).decode() == SECRET
    assert Meeting.objects.get().note == SECRET
    assert Meeting.objects.values_list("note", flat=True).get() == SECRET


def test_the_same_text_is_sealed_differently_each_time() -> None:
    make.MeetingFactory(note=SECRET)
    first = raw()
    Meeting.objects.get().save()
    assert raw() != first


def test_empty_stays_empty() -> None:
    make.MeetingFactory(note="")
    assert raw() == ""
    assert Meeting.objects.get().note == ""


def test_cannot_be_searched() -> None:
    make.MeetingFactory(note=SECRET)
    assert list(Meeting.objects.filter(note=SECRET)) == []


def test_a_new_key_seals_and_the_old_one_still_opens(settings: pytest.FixtureRequest) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SEAL_KEYS = [old]  # type: ignore[attr-defined]
    make.MeetingFactory(note=SECRET)
    settings.SEAL_KEYS = [new, old]  # type: ignore[attr-defined]
    meeting = Meeting.objects.get()
    assert meeting.note == SECRET
    meeting.save()
    settings.SEAL_KEYS = [new]  # type: ignore[attr-defined]
    assert Meeting.objects.get().note == SECRET
    settings.SEAL_KEYS = [old]  # type: ignore[attr-defined]
    with pytest.raises(InvalidToken):
        Meeting.objects.get()
