"""The components. Every argument has its default here, so that partials never meet an undefined variable.

Built in for all templates (settings), so no page has to load it. Larger families: `ui_charts`, `ui_forms`.
"""

# ruff: noqa: A002  (arguments are named as the attributes that templates write)

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

from core.numbers import percentage
from core.templatetags import ui_charts, ui_forms
from core.ui import Answer, Event, Fact, Link, Phase, as_rows, crumbs_of, due_state, due_words, hue, initials
from core.ui.partials import partial

register = template.Library()
register.tags.update(ui_charts.register.tags)
register.tags.update(ui_forms.register.tags)
register.filters.update(ui_forms.register.filters)

NOTICE_ICONS = {
    "on": "information-circle",
    "ok": "check-circle",
    "wait": "clock",
    "late": "exclamation-triangle",
}


@register.simple_block_tag
def capture(content: str) -> str:
    """Keep markup for an argument of another component: `{% capture as acts %}...{% endcapture %}`."""
    return content


@register.simple_tag
def icon(name: str, size: int = 20) -> str:
    """A heroicon of 16, 20 or 24 px; larger ones are drawn thin. It is hidden from screen readers."""
    draw = {16: heroicons.heroicon_micro, 20: heroicons.heroicon_mini}.get(size, heroicons.heroicon_outline)
    return draw(name, size=size)


@register.simple_tag
def page_header(title: str, lede: str = "", eyebrow: str = "", actions: str = "") -> SafeString:
    """The one h1 of a page; `actions` is captured markup of buttons."""
    return partial("page_header", title=title, lede=lede, eyebrow=eyebrow, actions=actions)


@register.simple_tag
def breadcrumbs(*parts: str) -> SafeString:
    """Label, address, label, address, ..., label of this page."""
    return partial("breadcrumbs", crumbs=crumbs_of(parts))


@register.simple_tag
def tag(text: str, kind: str = "plain", url: str = "", symbol: str = "") -> SafeString:
    """A short state in a pill: ok, wait, late, on or plain."""
    return partial("tag", text=text, kind=kind, url=url, symbol=symbol)


@register.simple_tag
def date_leaf(day: date | None, done: bool = False, today: date | None = None) -> SafeString:
    """A calendar leaf, colored when the day is past or near; None is an open date."""
    local = timezone.localtime(day).date() if isinstance(day, datetime) else day
    state = due_state(local, today or timezone.localdate(), done=done) if local else "open"
    return partial("date_leaf", day=local, state=state)


@register.simple_block_tag
def steps(content: str, label: str = "") -> SafeString:
    """The list around `step` lines."""
    return partial("steps", content=content, label=label)


@register.simple_tag
def step(
    verb: str,
    url: str = "",
    note: str = "",
    due: date | None = None,
    tag: str = "",
    kind: str = "",
    done: bool = False,
    today: date | None = None,
) -> SafeString:
    """One act with its date. Without `tag`, the days left or late are said."""
    now = today or timezone.localdate()
    local = timezone.localtime(due).date() if isinstance(due, datetime) else due
    if not tag and local and not done:
        tag = due_words(local, now)
        kind = kind or {"late": "late", "soon": "wait"}.get(due_state(local, now), "plain")
    leaf = date_leaf(local, done=done, today=now)
    return partial("step", verb=verb, url=url, note=note, leaf=leaf, tag=tag, kind=kind or "plain", done=done)


@register.simple_tag
def face(name: str, key: object = "", size: str = "") -> SafeString:
    """Initials in a circle; `key` (the person's id) fixes the color, size is s, l or empty."""
    return partial("face", letters=initials(name), hue=hue(key or name), size=size)


@register.simple_tag
def person(name: str, detail: str = "", url: str = "", key: object = "", size: str = "") -> SafeString:
    """A person in a line: face, name, and a second line."""
    mark = face(name, key=key, size=size)
    return partial("person", name=name, detail=detail, url=url, face=mark)


@register.simple_block_tag
def sheet(
    content: str,
    title: str = "",
    note: str = "",
    tone: str = "",
    level: int = 2,
    actions: str = "",
    id: str = "",
) -> SafeString:
    """A card; tone is sunken, flat or empty, level is that of its heading."""
    return partial(
        "sheet", content=content, title=title, note=note, tone=tone, level=level, actions=actions, id=id
    )


@register.simple_block_tag
def notice(content: str, kind: str = "on", title: str = "", role: str = "") -> SafeString:
    """Something to know before going on: on, ok, wait or late."""
    return partial("notice", content=content, kind=kind, title=title, role=role, symbol=NOTICE_ICONS[kind])


@register.simple_block_tag
def outcome(content: str, title: str, reference: str = "", waiting: bool = False) -> SafeString:
    """The confirmation after an act: what was done, its reference, and in the block what happens next."""
    return partial("outcome", content=content, title=title, reference=reference, waiting=waiting)


@register.simple_tag
def empty_state(
    title: str, why: str = "", action: str = "", url: str = "", symbol: str = "inbox"
) -> SafeString:
    """Nothing here: what is missing, why, and the next act."""
    return partial("empty_state", title=title, why=why, action=action, url=url, symbol=symbol)


@register.simple_block_tag
def fold(content: str, summary: str, open: bool = False) -> SafeString:
    """Text that opens on demand."""
    return partial("fold", content=content, summary=summary, open=open)


@register.simple_block_tag
def menu(content: str, label: str, symbol: str = "chevron-down", start: bool = False) -> SafeString:
    """A menu that opens below its button; the block holds `<li>` entries."""
    return partial("menu", content=content, label=label, symbol=symbol, start=start)


@register.simple_tag
def phases(items: Iterable[Any], label: str = "") -> SafeString:
    """How far a cohort has come; items are `Phase` rows."""
    return partial("phases", items=as_rows(Phase, items), label=label)


@register.simple_tag
def facts(items: Iterable[Any]) -> SafeString:
    """Labels and values; items are `Fact` rows."""
    return partial("facts", items=as_rows(Fact, items))


@register.simple_tag
def summary_list(items: Iterable[Any]) -> SafeString:
    """Check your answers; items are `Answer` rows."""
    return partial("summary_list", items=as_rows(Answer, items))


@register.simple_tag
def timeline(items: Iterable[Any]) -> SafeString:
    """What happened, in the order given; items are `Event` rows."""
    return partial("timeline", items=as_rows(Event, items))


@register.simple_tag
def tabs(items: Iterable[Any], label: str) -> SafeString:
    """Pages of one thing, as links; items are `Link` rows."""
    return partial("tabs", items=as_rows(Link, items), label=label)


@register.simple_tag
def chips(items: Iterable[Any], label: str) -> SafeString:
    """Ready-made filters, as links; items are `Link` rows."""
    return partial("chips", items=as_rows(Link, items), label=label)


@register.simple_tag(takes_context=True)
def pager(context: template.Context, page: Any, param: str = "page", label: str = "") -> SafeString:
    """Pages of a paginator's page; the rest of the query string is kept."""
    numbers: Sequence[Any] = list(
        page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    )
    query = context["request"].GET.copy()
    query.pop(param, None)
    values = {"page": page, "numbers": numbers, "param": param, "query": query.urlencode(), "label": label}
    return partial("pager", **values)


@register.simple_tag
def key_pager(previous: str = "", next: str = "", shown: str = "", label: str = "") -> SafeString:
    """Earlier and later, for lists that page by key; the addresses are the caller's."""
    return partial("key_pager", previous=previous, next=next, shown=shown, label=label)


@register.simple_tag
def progress(
    value: int, total: int, label: str, note: str = "", poll_url: str = "", id: str = "progress"
) -> SafeString:
    """Long work: asks `poll_url` every two seconds until the answer is something else."""
    return partial("progress", value=value, total=total, label=label, note=note, poll_url=poll_url, id=id)


@register.simple_tag
def copy_link(url: str, label: str, id: str = "copy-link") -> SafeString:
    """An address to hand on: readable and selectable without script, copied by a button with it."""
    return partial("copy_link", url=url, label=label, id=id)


@register.simple_tag
def who_sees(text: str) -> SafeString:
    """Who can see this, with an eye."""
    return partial("who_sees", text=text, id="")


@register.simple_tag
def mail_styles() -> SafeString:
    """The style sheet of mails, to be inlined."""
    return _mail_styles()


@cache
def _mail_styles() -> SafeString:
    path = finders.find("css/mail.css")
    if path is None:
        raise FileNotFoundError("css/mail.css")
    return SafeString(Path(path).read_text())


register.filter("percentage", percentage)


@register.filter
def dash(value: Any) -> Any:
    """A value, or a dash that is read as "not given"."""
    return value if value not in (None, "", []) else partial("dash")
