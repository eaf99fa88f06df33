"""The files that the demo brings in, kept to be looked at."""

from django.conf import settings


def keep(name: str, content: bytes) -> bytes:
    """Write a file below the data directory and hand its content on."""
    path = settings.VAR_DIR / "demo-csv" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content
