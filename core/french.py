"""French where a name is put into a sentence: "de" and "que" lose their vowel before a vowel or a mute h."""

from __future__ import annotations

import re

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Capitals alone: what begins with a small letter was written by a translator, who has seen to it. A Y before a vowel
# (Yann, Yasmine) and the h of most foreign names (Hans, Hiroshi) are sounded; of the others the usual ones are listed.
_VOWEL = "AEIOUÀÂÄÅÆÉÈÊËÎÏÍÓÔÖØŒÙÛÜÚÁ"
_MUTE = r"H(?:[éeè](?:ct|l[eèé]|n[rd]|r[mv])|ec|i[lp]|o(?:no|rt)|u[bgm]|y)"
_BEFORE = re.compile(rf"\b([Dd]|[Qq]u)e (?=(?:<\w+>)?(?:[{_VOWEL}]|Y[^aeiouéèêAEIOU\s]|{_MUTE}))")


def elided(text: str) -> str:
    """The text with "d’Anika" for "de Anika", in French alone; what was marked safe stays so."""
    if not (get_language() or "").startswith("fr"):
        return text
    found = _BEFORE.sub("\\1’", text)
    return mark_safe(found) if isinstance(text, SafeString) else found  # noqa: S308 (as it was)
