"""Writing, signing and changing an agreement."""

import pytest

from agreements.domain.agreements import new_version, save_terms, sign_agreement
from agreements.models import Agreement, Mentorship
from core.errors import Refused
from notifications.models import Message
from tests.agreements.helpers import TERMS, current, link_of, signed, team, written

pytestmark = pytest.mark.django_db


def mails() -> list[tuple[str, str]]:
    return sorted(Message.objects.values_list("kind", "recipient__email"))


def test_first_signature_freezes_and_asks_the_other_side() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    agreement = signed(mentorship, mentee)
    assert (agreement.state, len(agreement.text_digest)) == ("signing", 64)
    assert mails() == [("agreement_to_sign", mentor.email)]
    with pytest.raises(Refused, match="signature"):
        save_terms(agreement=agreement, by=mentor, edit_version=agreement.edit_version, terms=TERMS)


def test_both_sign_then_supervisor() -> None:
    mentorship, mentor, mentee, supervisor = team()
    agreement = signed(mentorship, mentor, mentee)
    assert link_of(agreement).recipient == supervisor
    assert mails() == [("agreement_approval", supervisor.email), ("agreement_to_sign", mentee.email)]
