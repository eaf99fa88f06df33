"""A person's mark where there is no photo."""

from zlib import crc32

HUES = 6


def initials(name: str) -> str:
    """First letters of the first and the last word, at most two; a question mark for nobody."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(key: object) -> int:
    """One of six colors, 1 to 6, always the same for the same key."""
    return crc32(str(key).encode()) % HUES + 1
