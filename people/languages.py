"""Names of languages that people speak."""

from django.utils.translation import get_language_info


def language_name(code: str) -> str:
    """In the reader's language; the code itself where Django knows no name."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
