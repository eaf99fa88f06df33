"""Secrets of a one-machine installation: made once, kept below the data directory, readable by the owner alone."""

import os
import secrets
from pathlib import Path


def kept_secret(var: Path, name: str, *, seal: bool = False) -> str:
    """Return the secret of this name, making it on first use. `seal` gives a Fernet key."""
    path = var / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        value = _seal_key() if seal else secrets.token_urlsafe(50)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(value)
        try:
            os.link(draft, path)  # atomic: of two first starts, one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _seal_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
