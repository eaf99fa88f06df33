"""Strictness: undefined template variables fail, unordered querysets come shuffled, no network."""

import random
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import QuerySet
from django.template.base import Origin

OURS = str(Path(settings.BASE_DIR) / "templates")


class Undefined(str):
    """Stands for an undefined variable: an error in our own templates, nothing in those of libraries."""

    def __new__(cls) -> "Undefined":
        return super().__new__(cls, "%s")

    def __mod__(self, name: object) -> str:
        template = _template_on_the_stack()
        if template.startswith(OURS):
            pytest.fail(f"undefined template variable {name!r} in {template.removeprefix(OURS)}")
        return ""


def _template_on_the_stack() -> str:
    for frame, _ in traceback.walk_stack(None):
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if isinstance(origin, Origin) and frame.f_code.co_name in {"render", "render_annotated"}:
            return str(origin.name)
    return ""


@pytest.fixture(autouse=True, scope="session")
def strict_templates() -> None:
    """A name that a page does not know is a mistake, not an empty string."""
    from django.template import engines

    engines["django"].engine.string_if_invalid = Undefined()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True, scope="session")
def shuffled_querysets() -> None:
    """What has no order by has no order: code that relies on one fails soon."""
    fetch_all = QuerySet._fetch_all

    def shuffled(self: Any) -> None:
        fresh = self._result_cache is None
        fetch_all(self)
        if fresh and len(self._result_cache) > 1 and not self.ordered:
            random.shuffle(self._result_cache)

    QuerySet._fetch_all = shuffled  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def no_network() -> None:
    """Tests reach this machine alone."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test wants to reach {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
