"""Kinds of mail. Each is a folder templates/mail/<code>/ with subject.txt and body.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from notifications.models import Message


@dataclass(frozen=True, slots=True)
class MailKind:
    """`optional` mails can be switched off by the person; `about` says in a few words what the mail is.

    `refresh(message)` is called just before a mail goes out: it may bring the words up to date, and drops the
    mail by returning False.
    """

    code: str
    about: str | Promise
    optional: bool = False
    refresh: Callable[[Message], bool] | None = None


_kinds: dict[str, MailKind] = {}


def register(kind: MailKind) -> MailKind:
    """Register a kind, once, when its app is ready."""
    if kind.code in _kinds:
        raise ValueError(f"mail kind {kind.code} is registered already")
    _kinds[kind.code] = kind
    return kind


def kinds() -> dict[str, MailKind]:
    """All kinds by code."""
    return _kinds
