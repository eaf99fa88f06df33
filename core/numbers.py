"""Figures as the reader's language writes them."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def percentage(share: float, digits: int = 0) -> str:
    """A share in percent as text, never broken before its sign: 84 is "84%", and "84 %" in French."""
    return _("%(share)s%%") % {"share": number_format(share, digits)}
