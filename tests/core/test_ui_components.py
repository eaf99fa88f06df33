"""Each component as pages write it: what it says, to eyes and to screen readers."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.test.html import parse_html
from django.utils import timezone

from core.ui import Answer, Bar, Event, Fact, Link, Part, Phase

TODAY = date(2026, 11, 22)


def render(source: str, address: str = "/", **context: Any) -> str:
    request = RequestFactory().get(address)
    return engines["django"].from_string(source).render(context, request)


def text(html: str) -> str:
    """What is left of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def same(html: str, expected: str) -> None:
    assert parse_html(html) == parse_html(expected), html


def test_a_page_header_has_one_heading_and_leaves_out_what_is_not_given() -> None:
    same(
        render('{% page_header "People" %}'),
        '<div class="page-head"><div class="page-head-text"><h1>People</h1></div></div>',
    )


def test_a_page_header_takes_captured_markup_and_escapes_plain_text() -> None:
    html = render(
        "{% capture as acts %}<a href='/new'>New</a>{% endcapture %}"
        '{% page_header title lede="2 < 3" eyebrow="Meridian" actions=acts %}',
        title="<b>People</b>",
    )
    same(
        html,
        """<div class="page-head"><div class="page-head-text"><p class="eyebrow">Meridian</p>
        <h1>&lt;b&gt;People&lt;/b&gt;</h1><p class="lede">2 &lt; 3</p></div>
        <div class="page-acts"><a href="/new">New</a></div></div>""",
    )


def test_breadcrumbs_mark_this_page() -> None:
    html = render('{% breadcrumbs "Desk" "/desk/" "People" %}')
    same(
        html,
        """<nav class="crumbs" aria-label="Breadcrumbs"><ol><li><a href="/desk/">Desk</a></li>
        <li><span aria-current="page">People</span></li></ol></nav>""",
    )


@pytest.mark.parametrize(("size", "pixels"), [(16, "16"), (20, "20"), (24, "24"), (40, "40")])
def test_icons_are_hidden_from_screen_readers(size: int, pixels: str) -> None:
    html = render("{% icon name size %}", name="clock", size=size)
    assert 'aria-hidden="true"' in html
    assert f'width="{pixels}"' in html


def test_a_tag_may_be_a_link() -> None:
    same(render('{% tag "Signed" "ok" %}'), '<span class="tag tag-ok">Signed</span>')
    same(render('{% tag "Late" "late" url="/x" %}'), '<a class="tag tag-late" href="/x">Late</a>')


@pytest.mark.parametrize(
    ("day", "done", "state"),
    [
        (date(2026, 11, 19), False, "late"),
        (date(2026, 12, 3), False, "soon"),
        (date(2027, 1, 2), False, "plain"),
        (date(2026, 11, 19), True, "done"),
    ],
)
def test_a_date_leaf_is_colored_and_says_the_whole_date(day: date, done: bool, state: str) -> None:
    html = render("{% date_leaf day done=done today=today %}", day=day, done=done, today=TODAY)
    assert f'class="leaf leaf-{state}" datetime="{day:%Y-%m-%d}"' in html
    assert day.strftime("%Y") in text(html)


def test_a_date_leaf_shows_an_instant_as_a_local_day() -> None:
    with timezone.override("America/Los_Angeles"):
        html = render(
            "{% date_leaf day today=today %}", day=datetime(2026, 12, 3, 2, tzinfo=UTC), today=TODAY
        )
    assert 'datetime="2026-12-02"' in html


def test_an_open_date_says_so() -> None:
    assert text(render("{% date_leaf None %}")).endswith("No date")


def test_a_step_says_how_late_it_is() -> None:
    html = render(
        '{% steps label="Next steps" %}{% step "Log your meetings" "/m/" note="Two a month." due=day today=today %}'
        "{% endsteps %}",
        day=date(2026, 11, 19),
        today=TODAY,
    )
    assert html.startswith('<ol class="steps" aria-label="Next steps"><li class="step">')
    assert '<a href="/m/">Log your meetings</a>' in html
    assert '<span class="tag tag-late">3 days late</span>' in html
    assert text(html).endswith("Log your meetings Two a month. 3 days late")


def test_a_step_keeps_the_tag_it_is_given() -> None:
    html = render('{% step "Plan" due=day tag="Not started" today=today %}', day=TODAY, today=TODAY)
    assert '<span class="tag tag-plain">Not started</span>' in html
    assert "Today" not in html


def test_a_step_that_is_done_says_nothing_of_days() -> None:
    html = render('{% step "Plan" due=day done=True today=today %}', day=date(2026, 11, 1), today=TODAY)
    assert 'class="step step-done"' in html
    assert "tag" not in html


def test_a_step_without_a_date_has_an_open_leaf_and_no_tag() -> None:
    html = render('{% step "Tell us" "/t/" today=today %}', today=TODAY)
    assert "leaf-open" in html
    assert 'class="tag' not in html


def test_a_face_is_decoration_beside_the_name() -> None:
    html = render('{% person "Mira Kovač" detail="Operations" url="/p/1/" key=1 %}')
    assert re.search(r'<span class="face face-\d" aria-hidden="true">MK</span>', html)
    assert '<a href="/p/1/">Mira Kovač</a>' in html
    assert text(html) == "MK Mira Kovač Operations"


def test_a_face_has_the_same_color_under_a_new_name() -> None:
    before, after = render('{% face "Mira Kovač" key=4 %}'), render('{% face "Mira Brandt" key=4 %}')
    assert re.findall(r"face-\d", before) == re.findall(r"face-\d", after)


def test_a_sheet_has_a_heading_of_its_level() -> None:
    same(
        render(
            '{% sheet title="Dates" level=3 note="Local time." tone="flat" id="dates" %}<p>None</p>{% endsheet %}'
        ),
        """<section class="sheet sheet-flat" id="dates"><div class="sheet-head"><h3 class="h-sheet">Dates</h3></div>
        <p class="sheet-note">Local time.</p><p>None</p></section>""",
    )
    same(render("{% sheet %}<p>x</p>{% endsheet %}"), '<section class="sheet"><p>x</p></section>')


@pytest.mark.parametrize("kind", ["on", "ok", "wait", "late"])
def test_a_notice_has_its_kind_and_role(kind: str) -> None:
    html = render(
        '{% notice kind=kind title="Now" role="status" %}<p>Read this.</p>{% endnotice %}', kind=kind
    )
    assert f'<div class="notice notice-{kind}" role="status">' in html
    assert text(html) == "Now Read this."


def test_an_outcome_is_the_heading_of_its_page() -> None:
    html = render('{% outcome title="It is in" reference="MM-1" %}<p>We write to you.</p>{% endoutcome %}')
    assert "<h1>It is in</h1>" in html
    assert text(html) == "It is in MM-1 We write to you."
    assert 'class="outcome outcome-wait"' in render('{% outcome title="x" waiting=True %}{% endoutcome %}')


def test_an_empty_state_says_why_and_what_next() -> None:
    html = render('{% empty_state "No events" why="None is set." action="Add one" url="/new" %}')
    assert text(html) == "No events None is set. Add one"
    assert '<a class="btn btn-sea" href="/new">Add one</a>' in html
    assert "btn" not in render('{% empty_state "No events" %}')


def test_fold_and_menu_open_without_script() -> None:
    same(
        render('{% fold summary="Done (1)" %}<p>x</p>{% endfold %}'),
        '<details class="fold"><summary>Done (1)</summary><div class="fold-body"><p>x</p></div></details>',
    )
    assert render('{% fold summary="x" open=True %}{% endfold %}').startswith('<details class="fold" open>')
    menu = render('{% menu label="More" start=True %}<li><a href="/x">Export</a></li>{% endmenu %}')
    assert menu.startswith('<details class="menu menu-start" data-menu>')


def test_phases_tell_where_the_cohort_is() -> None:
    html = render(
        "{% phases items label='Phases' %}",
        items=[Phase("Call", "done"), Phase("Matching", "now", "until 3 December", "/x"), ("Under way",)],
    )
    assert re.findall(r'<li class="phase phase-(\w+)"( aria-current="step")?', html) == [
        ("done", ""),
        ("now", ' aria-current="step"'),
        ("next", ""),
    ]
    assert text(html) == "Call (done) Matching until 3 December Under way"


def test_facts_and_answers_say_when_something_is_not_given() -> None:
    assert text(render("{% facts items %}", items=[Fact("Length", "12 months"), Fact("Limits", "")])) == (
        "Length 12 months Limits – Not given"
    )
    html = render("{% summary_list items %}", items=[Answer("Résumé", None, "/x", "the managers")])
    assert text(html) == "Résumé – Not given Who can see this: the managers Change : Résumé"


def test_zero_is_an_answer() -> None:
    assert text(render("{% facts items %}", items=[Fact("Hours", 0)])) == "Hours 0"


def test_an_answer_that_cannot_be_changed_has_no_link() -> None:
    assert "<a" not in render("{% summary_list items %}", items=[Answer("Why?", "Because")])


def test_a_timeline_writes_dates_for_machines_too() -> None:
    html = render(
        "{% timeline items %}",
        items=[
            Event("Signed", date(2026, 11, 16), kind="ok"),
            Event("Opened", datetime(2026, 11, 16, 9, 30, tzinfo=UTC), "By Tomas"),
            Event("Soon", "in spring"),
        ],
    )
    assert re.findall(r'datetime="([^"]+)"', html) == ["2026-11-16", "2026-11-16T09:30:00+00:00"]
    assert 'class="event-ok"' in html
    assert text(html).endswith("By Tomas Soon in spring")


def test_tabs_and_chips_mark_the_current_one() -> None:
    items = [Link("All", "/a", True, 118), Link("Low", "/b", count=0), Link("None", "/c", kind="late")]
    tabs = render('{% tabs items label="Sections" %}', items=items)
    chips = render('{% chips items label="Filters" %}', items=items)
    assert re.findall(r'href="(/\w)"( aria-current="page")?', tabs) == [
        ("/a", ' aria-current="page"'),
        ("/b", ""),
        ("/c", ""),
    ]
    assert text(tabs) == "All 118 Low None"  # a tab without work shows no number
    assert text(chips) == "All 118 Low 0 None"  # a filter that finds nobody says so
    assert 'class="chip chip-late" href="/c"' in chips


def test_a_pager_keeps_the_filter_and_counts_from_one() -> None:
    page = Paginator(range(1995), 20).page(2)
    html = render("{% pager page %}", "/people/?q=mira&page=2&unit=c", page=page)
    assert text(html) == "21 to 40 of 1995 Previous 1 2 3 … 100 Next"
    assert re.findall(r'href="([^"]+)"', html)[0] == "?q=mira&amp;unit=c&amp;page=1"
    assert '<span aria-current="page">2</span>' in html


def test_a_single_page_needs_no_pager() -> None:
    assert render("{% pager page %}", page=Paginator(range(20), 20).page(1)).strip() == ""
    assert render("{% key_pager %}").strip() == ""


def test_a_key_pager_shows_the_ways_there_are() -> None:
    assert text(render('{% key_pager next="?after=9" shown="The latest 50" %}')) == "The latest 50 Next"


def test_progress_asks_again_only_while_there_is_an_address_to_ask() -> None:
    html = render('{% progress 1041 2115 "Sending" note="Two minutes." poll_url="/p/" %}')
    assert 'hx-get="/p/" hx-trigger="every 2s" hx-swap="outerHTML"' in html
    assert '<progress id="progress-bar" value="1041" max="2115">' in html
    assert '<label for="progress-bar">Sending</label>' in html
    assert "hx-get" not in render('{% progress 1 1 "Sent" %}')


def test_a_link_to_copy_is_readable_without_script() -> None:
    html = render('{% copy_link url "Link" %}', url="https://example.org/?a=1&b=2")
    assert 'type="text" readonly value="https://example.org/?a=1&amp;b=2"' in html
    assert '<label class="field-label" for="copy-link">Link</label>' in html


def test_a_figure_leads_to_the_people_behind_it() -> None:
    html = render(
        '{% figure "In force" 84 url="/x" of=115 caption="Fine." parts=p %}', p=[Part("signed", 84)]
    )
    assert '<a class="figure-num" href="/x">84<span class="visually-hidden"> In force</span></a>' in html
    assert text(html) == "In force 84 In force of 115 Fine."
    assert 'aria-label="In force: signed 84"' in html
    assert "<a" not in render('{% figure "In force" 0 %}')


def test_a_stacked_bar_says_its_figures_in_words_legend_and_table() -> None:
    parts = [Part("in force", 84, "b", "/x"), ("not signed", 9)]
    html = render('{% stacked_bar parts "Agreements" table=True %}', parts=parts)
    assert 'role="img" aria-label="Agreements: in force 84, not signed 9"' in html
    assert re.findall(r'<rect class="(ink-\w)" x="([\d.]+)" width="([\d.]+)"', html) == [
        ("ink-b", "0.00", "90.32"),
        ("ink-a", "90.32", "9.68"),
    ]
    assert '<a href="/x">in force</a>' in html
    assert '<th scope="row">not signed</th><td class="num">9</td>' in html
    assert "<table" not in render('{% stacked_bar parts "Agreements" %}', parts=parts)


def test_a_bar_is_a_picture_only_with_a_label() -> None:
    assert 'role="img" aria-label="Half"' in render('{% bar 5 10 label="Half" %}')
    plain = render("{% bar 5 10 mark=2 %}")
    assert 'aria-hidden="true"' in plain
    assert 'class="track-mark" x="20.00"' in plain
    assert "track-mark" not in render("{% bar 5 10 %}")


def test_bars_compare_groups_in_words_and_marks() -> None:
    html = render(
        '{% bars items mark_label="Could have applied" %}',
        items=[Bar("Computing", 92, "92 %", 80, "/x"), Bar("Energy", 0)],
    )
    assert text(html) == "Computing 92 % Energy 0 Could have applied"
    assert html.count("track-mark") == 1


def test_a_funnel_is_measured_by_its_widest_stage() -> None:
    html = render("{% funnel items %}", items=[Bar("Applied", 200, url="/x"), Bar("Matched", 50, "25 %")])
    assert re.findall(r'width="([\d.]+)" height="8"', html) == ["100.00", "25.00"]
    assert text(html) == "Applied 200 Applied Matched 50 25 %"
    assert text(render("{% funnel items %}", items=[])) == ""


def test_a_trend_has_its_table() -> None:
    html = render('{% trend points "Heard from" low=0 high=100 %}', points=[("May", 50), ("June", 100)])
    assert 'points="0.00,20.00 100.00,2.00"' in html
    assert '<th scope="row">May</th><td class="num">50</td>' in html


def test_a_score_shows_its_parts_on_the_scale_of_the_whole() -> None:
    html = render('{% score 86 parts=parts label="Parts" %}', parts=[Part("skills", 41), Part("goals", 20)])
    assert text(html) == "86 of 100"
    assert 'aria-label="Parts: skills 41, goals 20"' in html
    assert re.findall(r'width="([\d.]+)" height="8"', html) == ["41.00", "20.00"]
    assert text(render('{% score 86 note="second wish" %}')) == "86 second wish"


def test_mail_styles_need_nothing_that_mail_programs_lack() -> None:
    css = render("{% mail_styles %}")
    assert "prefers-color-scheme: dark" in css
    assert re.findall(r"(?<!No )light-dark\(|var\(|@import|url\(", css) == []
