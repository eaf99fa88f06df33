"""Model fields of our own."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Seals with the first of SEAL_KEYS, opens with any of them."""
    return _cipher(tuple(settings.SEAL_KEYS))


class SealedTextField(models.TextField):
    """Text encrypted at rest. It cannot be searched, and stands in no export, log or audit row."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way into the database; empty stays empty."""
        return cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, *_args: object) -> str | None:
        """Decrypt on the way out."""
        return cipher().decrypt(value.encode()).decode() if value else value
