"""What the pages of applicants and of staff share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.ui import Answer
from participants.domain.answers import values_of
from participants.models import Enrollment
from people.models import Person
from programs.labels import in_language
from programs.models import Cohort
from programs.questions import VISIBLE_TO, Page, Questionnaire, answer_in_words

S = Enrollment.State
# How each state is shown to the applicant and on the desk: the kinds of the `tag` component.
TAG_OF = {
    S.DRAFT: "plain", S.SUBMITTED: "on", S.ACCEPTED: "ok", S.WAITLISTED: "wait", S.OFFERED: "wait",
    S.DECLINED: "plain", S.LAPSED: "plain", S.WITHDRAWN: "plain", S.COMPLETED: "ok", S.LEFT: "plain",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnsweredPage:
    """One page of an application in words."""

    key: str
    title: str
    answers: list[Answer]
    is_complete: bool = True
    url: str = ""
    visible_to: str | Promise = ""  # where it is the same for all answers


def reader(request: HttpRequest) -> Person:
    """Who is signed in."""
    assert isinstance(request.user, Person)
    return request.user


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even if it is nothing; None where nothing was asked to be sent."""
    return request.POST if request.method == "POST" else None


def cohort_to_apply(program: str, cohort: str) -> Cohort:
    """The cohort of a call, open or over; drafts are nobody's business yet."""
    found = Cohort.objects.filter(program__slug=program, slug=cohort).exclude(state=Cohort.State.DRAFT)
    row = found.select_related("program").first()
    if row is None:
        raise Http404
    return row


def answered_pages(
    enrollment: Enrollment,
    form: Questionnaire,
    *,
    to_do: tuple[str, ...] = (),
    linked: bool = False,
    for_staff: bool = False,
) -> list[AnsweredPage]:
    """All answers in the reader's language; `linked` adds the address where each can be changed.

    Each says who sees it, but to staff, who see all.
    """
    values = values_of(enrollment, form)
    names = {str(wish.mentor.uid): wish.mentor.full_name for wish in enrollment.wishes.all()}
    pages = [_answered(enrollment, page, values, names, page.key not in to_do, linked) for page in form.pages]
    return [_who_sees(page, for_staff=for_staff) for page in pages]


def _who_sees(page: AnsweredPage, *, for_staff: bool) -> AnsweredPage:
    """Say once what holds for all answers of a page, and nothing to staff."""
    seen = {one.visible_to for one in page.answers}
    if len(seen) > 1 and not for_staff:
        return page
    plain = [replace(one, visible_to="") for one in page.answers]
    return replace(page, answers=plain, visible_to="" if for_staff else seen.pop())


def _answered(
    enrollment: Enrollment,
    page: Page,
    values: Mapping[str, Any],
    names: Mapping[str, str],
    is_complete: bool,
    linked: bool,
) -> AnsweredPage:
    url = f"{page_url(enrollment, page.key)}?then=check" if linked else ""
    rows: list[tuple[Any, str, str, str | Promise]] = [
        (
            in_language(question.label),
            answer_in_words(question, values[question.key], names=names),
            f"{url}#id_{question.key}" if url else "",
            VISIBLE_TO[question.visible_to],
        )
        for question in page.questions
    ]
    return AnsweredPage(page.key, in_language(page.title), [Answer(*row) for row in rows], is_complete, url)


def page_url(enrollment: Enrollment, page: str) -> str:
    """Where a page of the application is written."""
    return apply_url("apply_page", enrollment.cohort, enrollment.role, page)


def apply_url(name: str, cohort: Cohort, *rest: str) -> str:
    """An address of the application form."""
    return reverse(name, args=[cohort.program.slug, cohort.slug, *rest])


def people_args(cohort: Cohort, *rest: Any) -> list[Any]:
    """Arguments of the desk's addresses."""
    return [cohort.program.slug, cohort.slug, *rest]


STATE_WORDS = {
    S.DRAFT: _("You have begun this application. It is saved, and nobody else sees it until you submit it."),
    S.SUBMITTED: _(
        "Your application is with the program team. You will hear by mail once they have decided."
    ),
    S.ACCEPTED: _("You take part. A mail tells you who your partner is, and your next steps show it too."),
    S.WAITLISTED: _("You are on the waiting list. If a place comes free, it is offered to you by mail."),
    S.OFFERED: _("A place is yours if you accept it in time."),
    S.DECLINED: _("You were not accepted this time. You are welcome to apply in the next round."),
    S.LAPSED: _("You were offered a place and did not answer in time, so it has been passed on."),
    S.WITHDRAWN: _("You have withdrawn."),
    S.COMPLETED: _("You have completed the program."),
    S.LEFT: _("You have left the program."),
}
