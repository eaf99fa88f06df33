"""Tables made by django-tables2, and the frame of mails."""

import re
from typing import Any

import django_tables2 as tables
import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation


class People(tables.Table):
    caption = "People of the cohort"
    name = tables.Column(verbose_name="Name")
    hours = tables.Column(verbose_name="Hours", attrs={"td": {"class": "num"}, "th": {"class": "num"}})
    acts = tables.Column(verbose_name="", orderable=False, empty_values=())

    def render_acts(self) -> str:
        return "Open"


ROWS = [
    {"name": "Mira <Kovač>", "hours": 12},
    {"name": "Ade Okafor", "hours": 3},
    {"name": "Lena Ruiz", "hours": 7},
]


def shown(address: str = "/", rows: list[dict[str, Any]] = ROWS, per_page: int = 25, **options: Any) -> str:
    request = RequestFactory().get(address)
    table = People(rows, **options)
    tables.RequestConfig(request, paginate={"per_page": per_page}).configure(table)
    source = "{% load django_tables2 %}{% render_table table %}"
    return engines["django"].from_string(source).render({"table": table}, request)


def test_a_table_is_named_and_its_cells_know_their_column() -> None:
    html = shown()
    assert 'role="region" tabindex="0" aria-label="People of the cohort"' in html
    assert '<caption class="visually-hidden">People of the cohort</caption>' in html
    assert re.findall(r'<td data-label="(\w*)"', html) == ["Name", "Hours", ""] * 3
    assert re.findall(r'<td data-label="Hours" class="num">(\d+)</td>', html) == ["12", "3", "7"]
    assert "Mira &lt;Kovač&gt;" in html


@pytest.mark.parametrize(
    ("address", "direction", "names", "next_click"),
    [
        ("/?sort=name", "ascending", ["Ade", "Lena", "Mira"], "?sort=-name"),
        ("/?sort=-name&q=a", "descending", ["Mira", "Lena", "Ade"], "?sort=name&amp;q=a"),
    ],
)
def test_the_sorted_column_says_so(address: str, direction: str, names: list[str], next_click: str) -> None:
    html = shown(address)
    assert re.findall(r'<th scope="col"[^>]*aria-sort="(\w+)"', html) == [direction]
    assert re.findall(r'data-label="Name"[^>]*>(\w+)', html) == names
    assert f'href="{next_click}"' in html


def test_an_unsorted_table_claims_no_order_and_acts_do_not_sort() -> None:
    html = shown()
    assert "aria-sort" not in html
    assert len(re.findall(r"<th[^>]*><a href", html)) == 2


def test_a_long_table_has_pages_that_keep_the_order() -> None:
    html = shown("/?sort=name&page=2", per_page=1)
    assert re.findall(r'data-label="Name"[^>]*>(\w+)', html) == ["Lena"]
    assert 'href="?sort=name&amp;page=3" rel="next"' in html
    assert "rel=" not in shown(per_page=3)


def test_an_empty_table_says_what_it_is_told() -> None:
    assert "Nobody has applied yet." in shown(rows=[], empty_text="Nobody has applied yet.")


# ---- mails

MAIL = {
    "language": "en",
    "subject": "Sign your agreement <now>",
    "body_html": '<p>Hello</p><p class="button"><a href="https://example.org/l/x">Sign</a></p>',
    "body_text": "Hello & welcome\n\nSign: https://example.org/l/x",
}


def mail(name: str, **values: str) -> str:
    from django.utils.safestring import mark_safe

    context = {**MAIL, "preferences_url": "", **values}
    context["body_html"] = mark_safe(context["body_html"])
    with translation.override(context["language"]):
        return render_to_string(f"mail/layout.{name}", context)


def test_a_mail_loads_nothing_and_is_laid_out_by_tables_without_meaning() -> None:
    html = mail("html")
    assert re.findall(r'(?:src|background)="|<img|<link|<script', html) == []
    assert len(re.findall("<table", html)) == len(re.findall(r'<table[^>]*role="presentation"', html)) == 2
    assert '<html lang="en">' in html
    assert "<h1>Sign your agreement &lt;now&gt;</h1>" in html


def test_a_mail_shows_its_first_words_in_the_list_of_mails() -> None:
    assert re.findall(r'class="preheader" aria-hidden="true">([^<]*)<', mail("html")) == [
        "Hello &amp; welcome Sign: https://example.org/l/x"
    ]


@pytest.mark.parametrize("name", ["html", "txt"])
def test_a_mail_that_can_be_switched_off_says_where(name: str) -> None:
    assert "https://example.org/me/mail/" in mail(name, preferences_url="https://example.org/me/mail/")
    assert "Choose which mails you get" not in mail(name)


def test_the_text_part_is_not_escaped() -> None:
    assert mail("txt").startswith("Hello & welcome\n\nSign: https://example.org/l/x\n\n-- \nIthaca\n")
