"""One SMTP dialogue, step by step: what is known after each of them decides what becomes of a mail."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

from django.conf import settings

# Replies that speak of us, not of the recipient: bad sequence, sign-in needed, wrong, too weak, not encrypted.
OUR_FAULT = {421, 503, 530, 534, 535, 538}
TEXT_LENGTH = 500


class Result(Enum):
    """What became of one attempt."""

    SENT = auto()
    RETRY = auto()  # certainly not delivered; may work later
    REFUSED = auto()  # certainly not delivered, and never to this address
    OURS = auto()  # certainly not delivered; nobody's mail would be
    UNKNOWN = auto()  # handed over, perhaps


@dataclass(frozen=True, slots=True)
class Reply:
    """The result, and the server's words."""

    result: Result
    code: int | None = None
    text: str = ""


def _reply(result: Result, code: int | None, text: bytes | str) -> Reply:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Reply(result, code, " ".join(words.split())[:TEXT_LENGTH])


def _refusal(code: int, text: bytes, *, of_sender: bool = False) -> Reply:
    if code in OUR_FAULT or (of_sender and code >= 500):
        return _reply(Result.OURS, code, text)
    return _reply(Result.REFUSED if code >= 500 else Result.RETRY, code, text)


class Courier:
    """A connection to the mail server, opened when the first mail goes out and kept for the next ones."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(polite=kind is None)

    def hand_over(
        self, *, sender: str, recipient: str, content: bytes, before_data: Callable[[], bool]
    ) -> Reply | None:
        """Try to deliver one mail. `before_data` is called when the server is about to take the content; where it
        says no, nothing is sent and the answer is None. Its exceptions pass through."""
        try:
            server = self._server = self._server or _connect()
        except smtplib.SMTPResponseException as problem:
            return _reply(Result.OURS, problem.smtp_code, problem.smtp_error)
        except (smtplib.SMTPException, OSError) as problem:
            return _reply(Result.OURS, None, f"{type(problem).__name__}: {problem}")
        try:
            refused = self._address(server, sender, recipient)
            if refused:
                return refused
        except (smtplib.SMTPException, OSError) as problem:
            self._close(polite=False)
            return _reply(Result.RETRY, None, f"{type(problem).__name__}: {problem}")
        if not before_data():
            self._reset(server)
            return None
        return self._content(server, content)

    def _address(self, server: smtplib.SMTP, sender: str, recipient: str) -> Reply | None:
        code, text = server.mail(sender)
        if code == 250:
            code, text = server.rcpt(recipient)
            if code in {250, 251}:
                return None
            reply = _refusal(code, text)
        else:
            reply = _refusal(code, text, of_sender=True)
        self._reset(server)
        return reply

    def _content(self, server: smtplib.SMTP, content: bytes) -> Reply:
        try:
            code, text = server.docmd("DATA")
        except (smtplib.SMTPException, OSError) as problem:  # the content has not left us
            self._close(polite=False)
            return _reply(Result.RETRY, None, f"{type(problem).__name__}: {problem}")
        if code == 354:
            try:
                server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
                code, text = server.getreply()
            except (smtplib.SMTPException, OSError) as problem:
                self._close(polite=False)
                return _reply(Result.UNKNOWN, None, f"{type(problem).__name__}: {problem}")
            if code == 250:
                return _reply(Result.SENT, code, text)
        self._reset(server)
        return _refusal(code, text)

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._close(polite=False)

    def _close(self, *, polite: bool) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if polite:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        server.close()


def _connect() -> smtplib.SMTP:
    server = smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS:
            server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except BaseException:
        server.close()
        raise
    return server
