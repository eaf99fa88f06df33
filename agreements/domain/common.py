"""What the verbs share: locks, and who is a member."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from agreements.models import Agreement, Member, Mentorship
from core.errors import Refused
from people.models import Person


def lock_mentorship(mentorship: Mentorship | int) -> Mentorship:
    """The row, locked, with its cohort and program at hand."""
    pk = mentorship if isinstance(mentorship, int) else mentorship.pk
    return (
        Mentorship.objects.select_for_update(of=("self",))
        .select_related("cohort__program", "strand")
        .get(pk=pk)
    )


def lock_agreement(agreement: Agreement) -> Agreement:
    """The agreement and its mentorship, locked in this order: mentorship first, so that no two verbs deadlock."""
    mentorship = lock_mentorship(agreement.mentorship_id)
    locked = Agreement.objects.select_for_update().get(pk=agreement.pk)
    locked.mentorship = mentorship
    return locked


def member_of(mentorship: Mentorship, person: Person) -> Member:
    """The person's open membership. Raises Refused("not_a_party") for everybody else."""
    for member in mentorship.open_members:
        if member.person_id == person.pk:
            return member
    raise Refused("not_a_party", _("Only the members of this mentorship can do this."))


def check_not_ended(mentorship: Mentorship) -> None:
    """Raises Refused("ended") once the mentorship is over."""
    if mentorship.state == Mentorship.State.ENDED:
        raise Refused("ended", _("This mentorship has ended."), _("What you wrote stays here to read."))


def check_typed_name(person: Person, typed_name: str) -> None:
    """A signature is the person's own name, whatever its case, accents and spaces."""
    if plain(typed_name) not in {plain(person.full_name), plain(person.name)}:
        raise Refused(
            "name_differs",
            _("Type your name as it stands here: %(name)s.") % {"name": person.full_name},
        )


def plain(name: str) -> str:
    """A name without case, accents and extra spaces, for comparing."""
    letters = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).casefold().split())
