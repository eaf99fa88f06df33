"""Programs: made from a file, changed, and given people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from core.roles import Role
from people.models import Organization, Person
from programs.models import Membership, Program, Questionnaire, Strand
from programs.program_files import ProgramFile, shipped
from programs.rules import POLICY, RESERVED, stamp
from programs.verbs import Verb

CHANGEABLE = frozenset({"name", "timezone", "is_public", "labels", "texts", *POLICY})


@transaction.atomic
def create_program(
    *,
    template: str | ProgramFile,
    name: str,
    slug: str,
    owner: Organization,
    by: Person | None,
    timezone: str = "UTC",
) -> Program:
    """Make a program from a shipped file (by key) or from a file that was read; `by` becomes its manager.

    Raises Refused: unknown_template, address_reserved, address_taken.
    """
    file = shipped().get(template) if isinstance(template, str) else template
    if file is None:
        raise Refused(
            "unknown_template", _("There is no such kind of program."), _("Choose one of the list.")
        )
    refuse_reserved(slug)
    try:
        with transaction.atomic():
            program = _insert(file, name=name, slug=slug, owner=owner, timezone=timezone)
    except IntegrityError as error:
        raise _taken() from error
    record(Verb.PROGRAM_CREATED, by=by, target=program, program_id=program.pk, data={"template": file.key})
    if by is not None:
        add_member(program=program, person=by, role=Role.MANAGER, by=by)
    return program


@transaction.atomic
def update_program(
    *,
    program: Program,
    changes: Mapping[str, Any],
    expected: str,
    by: Person | None,
    circles: Mapping[int, Mapping[str, int]] | None = None,
) -> Program:
    """Change name, time zone, texts, words, policy defaults. Cohorts keep the policy they were made with.

    `circles` gives size and hosts by strand, which count in every cohort from its next run on.
    `expected` is the `stamp` that the change is based on. Raises Refused("changed_meanwhile").
    """
    locked = Program.objects.select_for_update().get(pk=program.pk)
    refuse_stale(locked, expected)
    changed = sorted(key for key, value in changes.items() if getattr(locked, key) != value)
    if unknown := set(changes) - CHANGEABLE:
        raise ValueError(f"update_program does not change {sorted(unknown)}")
    for key in changed:
        setattr(locked, key, changes[key])
    if changed:
        locked.save(update_fields=changed)
    changed += _change_circles(locked, circles or {})
    if changed:
        record(Verb.PROGRAM_CHANGED, by=by, target=locked, program_id=locked.pk, data={"fields": changed})
    return locked


def _change_circles(program: Program, circles: Mapping[int, Mapping[str, int]]) -> list[str]:
    """What became different, as strand and setting."""
    changed = []
    for strand in program.strands.filter(pk__in=circles, format=Strand.Format.CIRCLE).order_by("pk"):
        wanted = circles[strand.pk]
        names = [name for name in Strand.CIRCLE_SETTINGS if wanted[name] != getattr(strand, name)]
        for name in names:
            setattr(strand, name, wanted[name])
        if names:
            strand.save(update_fields=names)
            changed += [f"{strand.slug}.{name}" for name in names]
    return changed


@transaction.atomic
def add_member(
    *,
    program: Program,
    person: Person,
    role: str,
    by: Person | None,
    organization: Organization | None = None,
) -> Membership:
    """Give a person a role. Raises Refused("member_already")."""
    membership, made = Membership.objects.get_or_create(
        program=program, person=person, role=Role(role), organization=organization
    )
    if not made:
        raise Refused("member_already", _("%(name)s has this role already.") % {"name": person.name})
    record(
        Verb.MEMBER_ADDED,
        by=by,
        target=membership,
        program_id=program.pk,
        data={"person": person.pk, "role": membership.role},
    )
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: Person | None) -> None:
    """Take a role from a person. Raises Refused("last_manager"): a program is never without a manager."""
    # The program's row is the lock: two managers who remove each other come one after the other.
    Program.objects.select_for_update().get(pk=membership.program_id)
    held = Membership.objects.filter(program=membership.program_id, role=Role.MANAGER)
    if membership.role == Role.MANAGER and not held.exclude(pk=membership.pk).exists():
        raise Refused(
            "last_manager",
            _("This is the only program manager, and a program needs one."),
            _("Add another program manager first."),
        )
    record(
        Verb.MEMBER_REMOVED,
        by=by,
        target=membership,
        program_id=membership.program_id,
        data={"person": membership.person_id, "role": membership.role},
    )
    membership.delete()


def refuse_reserved(slug: str) -> None:
    """Raises Refused("address_reserved") for a word of our own addresses."""
    if slug in RESERVED:
        raise Refused("address_reserved", _("This address is used by the product itself. Choose another."))


def refuse_stale(obj: Any, expected: str) -> None:
    """Raises Refused("changed_meanwhile") where the settings are no longer those that a change is based on."""
    if stamp(obj) != expected:
        raise Refused(
            "changed_meanwhile",
            _("Somebody else has changed these settings in the meantime, so nothing was saved."),
            _("Look at the settings as they are now, and make your change again."),
        )


def _taken() -> Refused:
    return Refused("address_taken", _("There is a program with this address already. Choose another."))


def _insert(file: ProgramFile, *, name: str, slug: str, owner: Organization, timezone: str) -> Program:
    program = Program.objects.create(
        name=name,
        slug=slug,
        owner=owner,
        timezone=timezone,
        template=file.key,
        languages=file.languages,
        labels=dict(file.labels),
        texts={"about": file.about, **file.texts},
        criteria=dict(file.criteria),
        **file.policy,
    )
    Strand.objects.bulk_create(Strand(program=program, **strand) for strand in file.strands)
    Questionnaire.objects.bulk_create(
        Questionnaire(program=program, key=key, purpose=one["purpose"], questions=one["questions"])
        for key, one in file.questionnaires.items()
    )
    return program
