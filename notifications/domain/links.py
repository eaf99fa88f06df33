"""Mail links: issued, revoked, used once.

The token is an HMAC of the link's uid under LINK_KEY; the database keeps only its digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from notifications.models import EmailLink
from notifications.verbs import Verb
from people.models import Person


def token_of(link: EmailLink) -> str:
    """The secret part of the link's address. It stands in the mail and nowhere else."""
    code = hmac.digest(settings.LINK_KEY.encode(), b"mail-link:" + link.uid.bytes, "sha256")
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def digest_of(token: str) -> bytes:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def issue_link(
    *, purpose: str, recipient: Person, target: Model, target_digest: str, days_valid: int = 14
) -> EmailLink:
    """A new link for one decision on one version of an object; the recipient's older open ones for it end."""
    Person.objects.select_for_update(no_key=True).get(pk=recipient.pk)  # two at once: the later one stays
    _open_links(target, purpose).filter(recipient=recipient).update(revoked_at=Now())
    link = EmailLink(
        purpose=purpose,
        recipient=recipient,
        target_kind=target._meta.label_lower,
        target_id=target.pk,
        target_digest=target_digest,
        expires_at=timezone.now() + timedelta(days=days_valid),
    )
    link.digest = digest_of(token_of(link))
    link.save(force_insert=True)
    record(Verb.LINK_ISSUED, by=None, target=link, data={"purpose": purpose, "recipient": recipient.pk})
    return link


@transaction.atomic
def revoke_links(*, target: Model, purpose: str, by: Person | None) -> int:
    """End every open link for this purpose and object; returns how many there were."""
    count = _open_links(target, purpose).update(revoked_at=Now())
    if count:
        record(Verb.LINK_REVOKED, by=by, target=target, data={"purpose": purpose, "count": count})
    return count


@transaction.atomic
def use_link(
    *, link: EmailLink, decision: str, typed_name: str, address: str | None, target_digest: str
) -> EmailLink:
    """Record the decision of an open link, once: of several at the same time, one wins.

    `target_digest` is that of the text as it is now. Raises Refused: link_used, link_expired, link_revoked, or
    link_replaced where the text has changed since the link was sent.
    """
    used = EmailLink.objects.filter(
        pk=link.pk,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=Now(),
        target_digest=target_digest,
    ).update(used_at=Now(), decision=decision, typed_name=typed_name, address_seen=address)
    link.refresh_from_db()
    if not used:
        raise _refusal(link)
    record(
        Verb.LINK_USED,
        by=link.recipient,
        target=link,
        data={"purpose": link.purpose, "decision": decision},
        via_link=True,
    )
    return link


def _open_links(target: Model, purpose: str) -> QuerySet[EmailLink]:
    return EmailLink.objects.filter(
        target_kind=target._meta.label_lower,
        target_id=target.pk,
        purpose=purpose,
        used_at__isnull=True,
        revoked_at__isnull=True,
    )


def _refusal(link: EmailLink) -> Refused:
    if link.used_at:
        return Refused("link_used", _("This link has been used already."), _("Your answer is recorded."))
    if link.revoked_at:
        return Refused(
            "link_revoked",
            _("This link was withdrawn."),
            _("If you got a newer mail about this, use the link in it."),
        )
    if link.expires_at <= timezone.now():
        return Refused("link_expired", _("This link has expired."), _("Ask the program for a new one."))
    return Refused(
        "link_replaced",
        _("The text has changed since this link was sent."),
        _("You will get a new link for the new version."),
    )
