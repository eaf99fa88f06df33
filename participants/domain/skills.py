"""The skills that mentors offer and mentees seek: rows for what the application forms list."""

from __future__ import annotations

from participants.models import Skill
from participants.queries import questionnaire_for
from programs.models import Program
from programs.questions import Kind, parse


def ensure_skills(program: Program) -> dict[str, Skill]:
    """Make a row of each skill that the program's newest application forms ask about; returns them by slug.

    Names follow the forms. Skills that no form lists any more stay: claims point to them.
    """
    listed: dict[str, dict[str, str]] = {}
    for role in ("mentor", "mentee"):
        form = questionnaire_for(program, role)
        for question in parse(form.questions).questions.values() if form else ():
            if question.kind == Kind.SKILLS:
                listed |= {choice.value: dict(choice.label) for choice in question.choices}
    rows = Skill.objects.filter(program=program, slug__in=listed)
    found = {skill.slug: skill for skill in rows}
    # Written only where something is new: a row that is written keeps everybody else who applies waiting.
    new = [(slug, name) for slug, name in listed.items() if slug not in found or found[slug].name != name]
    if not new:
        return found
    Skill.objects.bulk_create(
        [Skill(program=program, slug=slug, name=name) for slug, name in new],
        update_conflicts=True,
        unique_fields=["program", "slug"],
        update_fields=["name"],
    )
    return {skill.slug: skill for skill in rows.all()}
