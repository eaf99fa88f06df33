"""Logs as JSON lines: UTC, request id, no texts that people wrote."""

import logging
import re

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Addresses whose last part lets its holder act.
SECRET = re.compile(r"(/(?:l|me/mail/off|accounts/confirm-email|accounts/password/reset/key)/)[^/\s\"']+")


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take the secret out of every address that is logged."""
    return {
        key: SECRET.sub(r"\1...", value) if isinstance(value, str) else value for key, value in event.items()
    }


def formatter() -> logging.Formatter:
    """A formatter that renders structlog's and the standard library's records alike."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
