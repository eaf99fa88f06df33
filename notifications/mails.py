"""Kinds of mail. Each is a folder templates/mail/<code>/ with subject.txt and body.md."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class MailKind:
    """`optional` mails can be switched off by the person; `about` says in a few words what the mail is."""

    code: str
    about: str | Promise
    optional: bool = False


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
