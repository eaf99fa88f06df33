"""What the members of a mentorship owe by when, what a supervisor does, and what staff does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import CharField, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements.domain.versions import PURPOSE
from agreements.models import ActionPlan, Agreement, HelpRequest, Member, Mentorship, Signature
from core.dates import EndOfDay, LocalDay
from core.roles import Permission, roles_granting
from notifications.deadlines import COLUMNS, Deadline, DeadlineKind, Wording, register
from notifications.models import EmailLink
from programs.labels import word
from programs.models import Membership, Strand

Rows = QuerySet[Any, Any]
Words = Mapping[tuple[int, str, int], Wording]
OPEN_OR_DONE = Q(left_on=None) | Q(done_at__isnull=False)


def text(value: str) -> Value:
    return Value(value, output_field=CharField())


def agreements_to_sign() -> Rows:
    """Each member and each version that is or was to be signed; a replaced version asks nothing more."""
    signed = Signature.objects.filter(agreement=OuterRef("object_id"), person=OuterRef("person")).values(
        "at"
    )[:1]
    agreement = "mentorship__agreements__"
    rows = Member.objects.annotate(
        kind=text("sign_agreement"),
        cohort_id=F("mentorship__cohort_id"),
        object_id=F(f"{agreement}id"),
        agreement_state=F(f"{agreement}state"),
        occurrence=text(""),
        opens_on=LocalDay(F(f"{agreement}created_at"), F("person__timezone")),
        due_on=F(f"{agreement}due_on"),
        due_at=EndOfDay(F(f"{agreement}due_on"), F("mentorship__cohort__timezone")),
        done_at=Subquery(signed),
    )
    States = Agreement.State  # noqa: N806
    wanted = Q(agreement_state__in=[States.DRAFT, States.SIGNING]) | Q(
        agreement_state__in=[States.IN_FORCE, States.ENDED], done_at__isnull=False
    )
    return rows.filter(wanted, OPEN_OR_DONE).values_list(*COLUMNS)


def words_to_sign(rows: Iterable[Deadline]) -> Words:
    rows = list(rows)
    found = Agreement.objects.in_bulk([row.object_id for row in rows])
    told = _Told(agreement.mentorship_id for agreement in found.values())

    def wording(row: Deadline) -> Wording:
        mentorship, partners = told.of(found[row.object_id].mentorship_id, row.person_id)
        names = {"agreement": word(mentorship.cohort.program, "agreement"), "partners": partners}
        in_circle = mentorship.strand.format == Strand.Format.CIRCLE
        return Wording(
            verb=_("Sign your %(agreement)s with %(partners)s") % names,
            explanation=_("Agree on focus, time and how you keep in touch; then everybody signs.")
            if in_circle
            else _("Agree on focus, time and how you keep in touch; then both of you sign."),
            url=reverse("agreement", args=[mentorship.uid]),
            done=_("You signed your %(agreement)s with %(partners)s") % names,
        )

    return _worded(rows, wording)


def plans_to_write() -> Rows:
    """Each mentee's plan, done once it has been shared."""
    rows = ActionPlan.objects.annotate(
        kind=text("write_plan"),
        person_id=F("mentee_id"),
        cohort_id=F("mentorship__cohort_id"),
        object_id=F("id"),
        occurrence=text(""),
        opens_on=F("mentorship__starts_on"),
        due_at=EndOfDay(F("due_on"), F("mentorship__cohort__timezone")),
        done_at=F("shared_at"),
    )
    stays = Member.objects.filter(mentorship=OuterRef("mentorship"), person=OuterRef("mentee"), left_on=None)
    return (
        rows.annotate(stays=Subquery(stays.values("pk")[:1]))
        .filter(Q(stays__isnull=False) | Q(shared_at__isnull=False))
        .values_list(*COLUMNS)
    )


def words_of_plans(rows: Iterable[Deadline]) -> Words:
    rows = list(rows)
    found = ActionPlan.objects.in_bulk([row.object_id for row in rows])
    told = _Told(plan.mentorship_id for plan in found.values())

    def wording(row: Deadline) -> Wording:
        mentorship, partners = told.of(found[row.object_id].mentorship_id, row.person_id)
        names = {"plan": word(mentorship.cohort.program, "plan"), "partners": partners}
        return Wording(
            verb=_("Write your %(plan)s and share it with %(partners)s") % names,
            explanation=_("Where you want to go, what that needs, and what you will do."),
            url=reverse("plan", args=[mentorship.uid]),
            done=_("You shared your %(plan)s with %(partners)s") % names,
        )

    return _worded(rows, wording)


def meetings_to_log() -> Rows:
    """Each whole month under an agreement, owed by whoever contacts the other, or by both."""
    month = "mentorship__meeting_months__"
    in_force = Agreement.objects.filter(mentorship=OuterRef("mentorship")).exclude(in_force_at=None)
    who = in_force.order_by("-version").values("who_contacts")[:1]
    rows = Member.objects.annotate(
        kind=text("log_meetings"),
        cohort_id=F("mentorship__cohort_id"),
        object_id=F("mentorship__id"),
        occurrence=Func(F(f"{month}month"), Value("YYYY-MM"), function="to_char", output_field=CharField()),
        opens_on=F(f"{month}month"),
        due_on=F(f"{month}due_on"),
        due_at=EndOfDay(F(f"{month}due_on"), F("mentorship__cohort__timezone")),
        done_at=F(f"{month}done_at"),
        who=Coalesce(Subquery(who), text(Agreement.WhoContacts.EITHER)),
    )
    owed = Q(side=F("who")) | Q(who=Agreement.WhoContacts.EITHER)
    return rows.filter(owed, OPEN_OR_DONE, opens_on__isnull=False).values_list(*COLUMNS)


def words_of_meetings(rows: Iterable[Deadline]) -> Words:
    rows = list(rows)
    told = _Told(row.object_id for row in rows)

    def wording(row: Deadline) -> Wording:
        mentorship, partners = told.of(row.object_id, row.person_id)
        count = mentorship.meetings_per_month
        names = {"partners": partners, "month": MONTHS[row.opens_on.month], "n": count}
        return Wording(
            verb=ngettext(
                "Meet %(partners)s in %(month)s, and log it",
                "Meet %(partners)s %(n)d times in %(month)s, and log it",
                count,
            )
            % names,
            explanation=_("It takes ten seconds. Your notes stay between you."),
            url=reverse("meetings", args=[mentorship.uid]),
            done=_("You met %(partners)s in %(month)s") % names,
        )

    return _worded(rows, wording)


def approvals() -> Rows:
    """Each supervisor who was sent a link that counts; done once used."""
    agreement = Agreement.objects.filter(pk=OuterRef("target_id"))
    cohort = agreement.values("mentorship__cohort_id")[:1]
    rows = EmailLink.objects.filter(purpose=PURPOSE, revoked_at=None).annotate(
        kind=text("supervisor_approves"),
        person_id=F("recipient_id"),
        cohort_id=Subquery(cohort),
        object_id=F("target_id"),
        occurrence=text(""),
        opens_on=LocalDay(F("created_at"), F("recipient__timezone")),
        zone=Subquery(agreement.values("mentorship__cohort__timezone")[:1]),
        due_on=Greatest(Subquery(agreement.values("due_on")[:1]), LocalDay(F("created_at"), F("zone"))),
        done_at=F("used_at"),
    )
    return (
        rows.annotate(due_at=EndOfDay(F("due_on"), F("zone")))
        .filter(cohort_id__isnull=False)
        .values_list(*COLUMNS)
    )


def words_of_approvals(rows: Iterable[Deadline]) -> Words:
    rows = list(rows)
    found = Agreement.objects.in_bulk([row.object_id for row in rows])
    told = _Told(agreement.mentorship_id for agreement in found.values())

    def wording(row: Deadline) -> Wording:
        mentorship, _partners = told.of(found[row.object_id].mentorship_id, row.person_id)
        mentees = [m.person.name for m in told.people[mentorship.pk] if m.side == Member.Side.MENTEE]
        names = {"agreement": word(mentorship.cohort.program, "agreement"), "mentees": _listed(mentees)}
        return Wording(
            verb=_("Approve the %(agreement)s of %(mentees)s, or send it back") % names,
            explanation=_("Both sides have signed. It is in force once you approve."),
            url=reverse("agreement_approval", args=[mentorship.uid]),
            done=_("You answered the %(agreement)s of %(mentees)s") % names,
        )

    return _worded(rows, wording)


def help_to_give() -> Rows:
    """Each open request for help, for everyone who manages the program's mentorships."""
    asked = "program__cohorts__mentorships__help_requests__"
    rows = Membership.objects.filter(role__in=roles_granting(Permission.MANAGE_MENTORSHIPS)).annotate(
        kind=text("give_help"),
        cohort_id=F("program__cohorts__mentorships__cohort_id"),
        object_id=F(f"{asked}id"),
        occurrence=text(""),
        opens_on=LocalDay(F(f"{asked}created_at"), F("person__timezone")),
        due_on=F(f"{asked}due_on"),
        due_at=EndOfDay(F(f"{asked}due_on"), F("program__cohorts__timezone")),
        done_at=F(f"{asked}handled_at"),
    )
    return rows.filter(object_id__isnull=False).values_list(*COLUMNS).distinct()


def words_of_help(rows: Iterable[Deadline]) -> Words:
    rows = list(rows)
    found = HelpRequest.objects.in_bulk([row.object_id for row in rows])
    told = _Told(request.mentorship_id for request in found.values())

    def wording(row: Deadline) -> Wording:
        mentorship, members = told.of(found[row.object_id].mentorship_id, row.person_id)
        cohort = mentorship.cohort
        return Wording(
            verb=_("Help %(members)s: one of them asks you") % {"members": members},
            explanation=found[row.object_id].get_wish_display(),
            url=reverse("staff_mentorship", args=[cohort.program.slug, cohort.slug, mentorship.uid]),
            done=_("You helped %(members)s") % {"members": members},
        )

    return _worded(rows, wording)


class _Told:
    """Mentorships and their members for wordings: two queries, however many."""

    def __init__(self, mentorships: Iterable[int]) -> None:
        ids = set(mentorships)
        self.rows = Mentorship.objects.select_related("cohort__program", "strand").in_bulk(ids)
        self.people: dict[int, list[Member]] = {pk: [] for pk in ids}
        for member in (
            Member.objects.filter(mentorship__in=ids).select_related("person").order_by("-side", "pk")
        ):
            self.people[member.mentorship_id].append(member)

    def of(self, mentorship_id: int, reader: int) -> tuple[Mentorship, str]:
        """The mentorship and the names of everyone in it but the reader."""
        names = [member.person.name for member in self.people[mentorship_id] if member.person_id != reader]
        return self.rows[mentorship_id], _listed(names)


def _listed(names: list[str]) -> str:
    """Two names in full; of a circle the first and how many others."""
    if len(names) <= 2:
        return (
            _("%(first)s and %(second)s") % dict(zip(("first", "second"), names, strict=True))
            if names[1:]
            else names[0]
        )
    others = len(names) - 1
    return ngettext("%(first)s and %(n)d other", "%(first)s and %(n)d others", others) % {
        "first": names[0],
        "n": others,
    }


def _worded(rows: Iterable[Deadline], wording: Callable[[Deadline], Wording]) -> Words:
    return {(row.object_id, row.occurrence, row.person_id): wording(row) for row in rows}


def register_kinds() -> None:
    """All kinds of this app."""
    register(
        DeadlineKind("sign_agreement", gettext_lazy("Agreement signed"), agreements_to_sign, words_to_sign)
    )
    register(DeadlineKind("write_plan", gettext_lazy("Action plan shared"), plans_to_write, words_of_plans))
    register(
        DeadlineKind(
            "log_meetings",
            gettext_lazy("Meetings of the month"),
            meetings_to_log,
            words_of_meetings,
            (-5, 3),
            None,
        )
    )
    # Its reminder is a fresh link: agreements.tasks.remind_supervisors.
    register(
        DeadlineKind(
            "supervisor_approves", gettext_lazy("Supervisor’s approval"), approvals, words_of_approvals, ()
        )
    )
    register(
        DeadlineKind(
            "give_help", gettext_lazy("Help given"), help_to_give, words_of_help, (0,), None, staff=True
        )
    )
