"""Writing and signing agreements. A signature is bound to the text: changing it afterwards makes a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agreements.domain import approval
from agreements.domain.common import check_typed_name, lock_agreement, member_of
from agreements.domain.versions import copy_to_draft
from agreements.models import Agreement, Member, Signature
from agreements.terms import FIELDS, LABELS, digest_of, missing
from agreements.verbs import Verb
from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from notifications.domain import outbox
from people.models import Person


@transaction.atomic
def save_terms(*, agreement: Agreement, by: Person, edit_version: int, terms: Mapping[str, Any]) -> Agreement:
    """Write the terms of a draft; `edit_version` is the one that the writer began from.

    Raises Refused: "not_a_party", "not_a_draft", "edited_meanwhile" (nothing is saved: show both texts).
    """
    agreement = lock_agreement(agreement)
    member_of(agreement.mentorship, by)
    if agreement.state != Agreement.State.DRAFT:
        raise Refused(
            "not_a_draft",
            _("This version has a signature, so its text stands."),
            _("Start a new version to change it; then everybody signs again."),
        )
    _check_edit_version(agreement, edit_version)
    for name in FIELDS:
        setattr(agreement, name, terms[name])
    agreement.edit_version += 1
    agreement.save(update_fields=[*FIELDS, "edit_version"])
    _record(Verb.AGREEMENT_SAVED, agreement, by)
    return agreement


@transaction.atomic
def sign_agreement(
    *, agreement: Agreement, by: Person, typed_name: str, edit_version: int | None = None
) -> Signature:
    """Sign as mentor or mentee, in any order; the first signature freezes the text.

    `edit_version` is the one that was read; None means the text as it stands. After the last of the two the
    supervisor is asked, or the agreement is in force at once. Raises Refused: "not_a_party", "illegal_move",
    "edited_meanwhile", "incomplete", "name_differs", "signed_already".
    """
    agreement = lock_agreement(agreement)
    member = member_of(agreement.mentorship, by)
    if agreement.state not in {Agreement.State.DRAFT, Agreement.State.SIGNING}:
        raise Refused(
            "illegal_move",
            _("This version can no longer be signed."),
            _("Reload the page to see where it stands."),
        )
    if edit_version is not None:
        _check_edit_version(agreement, edit_version)
    if agreement.signatures.filter(person=by).exists():
        raise Refused("signed_already", _("You have signed this version already."))
    check_typed_name(by, typed_name)
    if agreement.state == Agreement.State.DRAFT:
        _freeze(agreement)
    signature = Signature.objects.create(
        agreement=agreement,
        person=by,
        capacity=member.side,
        typed_name=" ".join(typed_name.split()),
        text_digest=agreement.text_digest,
    )
    _record(Verb.AGREEMENT_SIGNED, agreement, by, capacity=member.side)
    waiting = approval.parties_to_sign(agreement)
    if waiting:
        _ask_to_sign(agreement, by, waiting)
    else:
        approval.ask_supervisors(agreement=agreement, by=by)
    return signature


@transaction.atomic
def new_version(*, agreement: Agreement, by: Person) -> Agreement:
    """Begin the next version, to change what is signed already; all sign again.

    A version that was still being signed is replaced at once; one in force stays in force until the new one is.
    Raises Refused: "not_a_party", "not_signed" (a draft can simply be changed), "illegal_move", "draft_exists".
    """
    agreement = lock_agreement(agreement)
    member_of(agreement.mentorship, by)
    return copy_to_draft(agreement, by)


def _check_edit_version(agreement: Agreement, edit_version: int) -> None:
    if agreement.edit_version != edit_version:
        raise Refused(
            "edited_meanwhile",
            _("The text was changed while you had it open."),
            _("Nothing is lost: compare both texts below."),
        )


def _freeze(agreement: Agreement) -> None:
    if names := missing(agreement):
        raise Refused(
            "incomplete",
            _("Still to be agreed on: %(terms)s.")
            % {"terms": ", ".join(str(LABELS[name]) for name in names)},
            _("Fill these in, then sign."),
        )
    agreement.text_digest = digest_of(agreement, agreement.mentorship.open_members)
    move(agreement, Agreement.State.SIGNING, also=["text_digest"])


def _ask_to_sign(agreement: Agreement, signer: Person, waiting: list[Member]) -> None:
    for member in waiting:
        outbox.queue(
            kind="agreement_to_sign",
            to=member.person,
            context=approval.mail_context(agreement, member.person) | {"signer": signer.full_name},
            dedupe_key=f"agreement_to_sign:{agreement.pk}:{member.person_id}:{signer.pk}",
            about=agreement,
            program_id=agreement.mentorship.cohort.program_id,
            cohort_id=agreement.mentorship.cohort_id,
        )


def _record(verb: Verb, agreement: Agreement, by: Person, **data: Any) -> None:
    record(verb, by=by, target=agreement, program_id=agreement.mentorship.cohort.program_id, data=data)
