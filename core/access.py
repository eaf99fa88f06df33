"""Fetch is authorize."""

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404

M = TypeVar("M", bound=Model)


def fetch(visible: QuerySet[M], *, allowed: QuerySet[M] | None = None, **lookup: Any) -> M:
    """The one object of `visible` that the lookup names: 404 without it, 403 where it is not in `allowed` too."""
    found = get_object_or_404(visible, **lookup)
    if allowed is not None and not allowed.filter(pk=found.pk).exists():
        raise PermissionDenied
    return found
