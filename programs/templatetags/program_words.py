"""A program's own words in templates: `{% load program_words %}{% word program "mentees" cap=True %}`."""

from collections.abc import Mapping

from django import template

from programs import labels
from programs.models import Program

register = template.Library()


@register.simple_tag
def word(program: Program, key: str, cap: bool = False) -> str:
    """The program's word in the reader's language; `cap` begins it with a capital."""
    return labels.word(program, key, cap=cap)


@register.filter
def in_language(texts: Mapping[str, str]) -> str:
    """A text kept by language, in the reader's: `{{ strand.name|in_language }}`."""
    return labels.in_language(texts)
