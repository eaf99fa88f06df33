"""Which optional mails a person wants."""

from __future__ import annotations

from collections.abc import Mapping

from django.core import signing
from django.db import transaction

from core.audit import record
from notifications.mails import kinds
from notifications.models import Preference
from notifications.verbs import Verb
from people.models import Person

SALT = "notifications.switch-off"


def switch_off_token(person: Person, kind: str) -> str:
    """What lets a mail's reader switch its kind off without signing in. It can do nothing else."""
    return signing.dumps([person.pk, kind], salt=SALT)


def read_switch_off_token(token: str) -> tuple[Person, str] | None:
    """Whose mails of which kind the token switches off; None if it is not ours."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    person = Person.objects.filter(pk=pk).first()
    return (person, kind) if person and kind in kinds() and kinds()[kind].optional else None


@transaction.atomic
def set_preferences(*, person: Person, wanted: Mapping[str, bool], by: Person) -> None:
    """Keep for each optional kind whether the person wants its mails. Raises KeyError for any other kind."""
    for code in wanted:
        if not kinds()[code].optional:
            raise KeyError(code)
    Preference.objects.bulk_create(
        (Preference(person=person, kind=code, wanted=choice) for code, choice in wanted.items()),
        update_conflicts=True,
        unique_fields=["person", "kind"],
        update_fields=["wanted"],
    )
    record(Verb.PREFERENCE_SET, by=by, target=person, data={"wanted": dict(wanted)})
