"""A GET that writes fails its test."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware

WRITES = re.compile(
    r'^\s*(INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|WITH\b.*\b(?:INSERT|UPDATE|DELETE))\s+"?(\w*)',
    re.IGNORECASE | re.DOTALL,
)
# Sessions begin and are renewed by reading; nothing else does.
ALLOWED = {"django_session"}


class ReadWrote(AssertionError):
    """A safe method changed the database."""


@sync_only_middleware
def get_writes_nothing(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Raise on any write while a safe method is answered."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = WRITES.match(sql)
        if found and found.group(2) not in ALLOWED:
            raise ReadWrote(sql[:200])
        return execute(sql, params, many, context)

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            return get_response(request)
        with connection.execute_wrapper(wrapper):
            return get_response(request)

    return middleware
