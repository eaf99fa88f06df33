"""A program back to a file."""

from __future__ import annotations

from typing import Any

from programs.models import Program, Questionnaire
from programs.program_files import TEXTS, ProgramFile
from programs.rules import POLICY


def export_program(program: Program) -> ProgramFile:
    """The program as it is now, with the newest version of each questionnaire; without cohorts and people."""
    return ProgramFile(
        key=program.template,
        name=dict.fromkeys(program.languages, program.name),
        about=program.texts.get("about") or dict.fromkeys(program.languages, program.name),
        texts={
            key: program.texts.get(key) or dict.fromkeys(program.languages, program.name) for key in TEXTS
        },
        languages=list(program.languages),
        labels=program.labels,
        policy={name: getattr(program, name) for name in POLICY},
        strands=[_strand(strand) for strand in program.strands.order_by("pk")],
        criteria=program.criteria,
        questionnaires={
            one.key: {"purpose": one.purpose, "questions": one.questions} for one in _newest(program)
        },
    )


def _strand(strand: Any) -> dict[str, Any]:
    names = ("slug", "name", "format", "contract_types", "size_min", "size_max", "hosts")
    return {name: getattr(strand, name) for name in names}


def _newest(program: Program) -> list[Questionnaire]:
    newest = {one.key: one for one in program.questionnaires.order_by("number")}
    return sorted(newest.values(), key=lambda one: one.pk)
