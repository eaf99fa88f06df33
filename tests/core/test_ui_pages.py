"""The frame of every page, the account's pages, the pages of mishaps, and what holds for all templates."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory
from django.urls import include, path, reverse

from core.nav import NavItem
from core.templatetags import ui
from core.ui import Link
from core.views.gallery import gallery
from tests.factories import PersonFactory

TEMPLATES = Path(settings.BASE_DIR) / "templates"
OWN = sorted(TEMPLATES.rglob("*.html"))


def page(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, name)


urlpatterns = [
    path("", include("config.urls")),
    path("look/gallery/", gallery, name="gallery"),
    path("look/demo/", page, name="demo_login"),
    path("look/<path:name>", page),
]
own_urls = pytest.mark.urls(__name__)


def title(html: str) -> str:
    found = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert found
    return " ".join(found.group(1).split())


def as_page(source: str, client_cookies: dict[str, str] | None = None, **context: Any) -> str:
    """A page from its source, seen by somebody who is not signed in."""
    from django.contrib.auth.models import AnonymousUser
    from django.template import engines

    request = RequestFactory().get("/here/")
    request.user = AnonymousUser()
    request.COOKIES.update(client_cookies or {})
    return engines["django"].from_string(source).render(context, request)


# ---- the frame


def test_a_title_warns_of_errors() -> None:
    from django import forms

    class Name(forms.Form):
        name = forms.CharField()

    source = '{% extends "layouts/page.html" %}{% block title %}Apply{% endblock %}'
    assert title(as_page(source)) == "Apply · Ithaca"
    assert title(as_page(source, form=Name())) == "Apply · Ithaca"
    assert title(as_page(source, form=Name({}))) == "Error: Apply · Ithaca"
    assert title(as_page(source, has_errors=True)) == "Error: Apply · Ithaca"


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("<x>", ""), ("", "")],
)
def test_the_chosen_colors_are_right_before_any_script(cookie: str, attribute: str) -> None:
    html = as_page('{% extends "base.html" %}', {"theme": cookie})
    assert f'<html lang="en"{attribute}>' in html


def test_the_navigation_says_where_one_is() -> None:
    items = [NavItem("Next steps", "/", True, 2), NavItem("Mentors", "/mentors/")]
    html = as_page('{% extends "base.html" %}', nav_items=items)
    wide = html[html.index('<nav class="nav-wide"') : html.index("</nav>")]
    assert re.findall(r'href="([^"]+)"( aria-current="page")?', wide) == [
        ("/", ' aria-current="page"'),
        ("/mentors/", ""),
    ]
    assert '<span class="count">2</span>' in wide


def test_strangers_see_no_navigation_but_the_way_in() -> None:
    html = as_page('{% extends "base.html" %}')
    assert "<nav" not in html
    assert f'<a class="btn btn-quiet" href="{reverse("account_login")}">Sign in</a>' in html


def test_the_way_past_the_navigation_comes_first() -> None:
    html = as_page('{% extends "base.html" %}')
    assert re.search(r'<body[^>]*>\s*<a class="skip" href="#main">', html)
    assert '<main id="main" tabindex="-1"' in html


def test_the_desk_has_its_tabs_inside_the_header() -> None:
    html = as_page('{% extends "layouts/desk.html" %}', desk_tabs=[Link("People", "/p", True)])
    header = html[html.index("<header") : html.index("</header>")]
    assert '<a href="/p" aria-current="page">People</a>' in header
    assert '<body class="desk"' in html


def test_a_page_for_a_mail_link_has_no_navigation_and_leaks_no_address() -> None:
    items = [NavItem("Next steps", "/")]
    html = as_page('{% extends "layouts/bare.html" %}{% block content %}x{% endblock %}', nav_items=items)
    assert "<nav" not in html
    assert "Next steps" not in html
    assert '<meta name="referrer" content="same-origin">' in html
    assert '<meta name="robots" content="noindex">' in html


def test_paper_has_neither_navigation_nor_footer() -> None:
    html = as_page('{% extends "layouts/print.html" %}', nav_items=[NavItem("Next steps", "/")])
    assert "Next steps" not in html
    assert "foot" not in html
    assert '<header class="bare-top no-print">' in html


@own_urls
@pytest.mark.django_db
def test_the_language_switch_stays_on_the_page(client: Client) -> None:
    html = client.get("/look/404.html?a=1").content.decode()
    form = html[html.index('action="/i18n/setlang/"') :]
    assert '<input type="hidden" name="next" value="/look/404.html?a=1">' in form
    assert re.findall(r'value="(\w\w)" lang="(\w\w)" aria-pressed="(\w+)"', form) == [
        ("en", "en", "true"),
        ("fr", "fr", "false"),
    ]


@own_urls
@pytest.mark.django_db
def test_messages_speak_by_their_weight(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    html = client.get("/look/gallery/?messages=1").content.decode()
    box = html[html.index('<div class="messages">') : html.index("<main")]
    assert re.findall(r'class="notice notice-(\w+)" role="(\w+)"', box) == [
        ("ok", "status"),
        ("on", "status"),
        ("wait", "status"),
        ("late", "alert"),
    ]


@own_urls
@pytest.mark.django_db
def test_the_account_menu_knows_who_is_signed_in(client: Client) -> None:
    sign_in(client, full_name="Mira Kovač", email="mira@example.org")
    html = client.get("/look/404.html").content.decode()
    assert "Mira" not in html  # a page of a mishap is bare
    html = client.get(reverse("me")).content.decode()
    menu = html[html.index('aria-label="Account of Mira Kovač"') : html.index("</header>")]
    assert "mira@example.org" in menu
    assert f'<form method="post" action="{reverse("account_logout")}">' in menu
    assert "Sign in</a>" not in html


# ---- the account's pages

STRANGERS = [
    "account_login",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_signup",
    "account_inactive",
]
SIGNED_IN = [
    "account_change_password",
    "account_logout",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
]


def heading(html: str) -> str:
    found = re.findall(r"<h1>(.*?)</h1>", html, re.DOTALL)
    assert len(found) == 1, found
    return str(found[0]).strip()


@pytest.mark.django_db
@pytest.mark.parametrize("name", STRANGERS)
def test_pages_around_signing_in_share_the_entrance(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    html = response.content.decode()
    assert response.status_code == 200
    assert '<div class="entrance">' in html
    assert heading(html)
    assert title(html).endswith(" · Ithaca")


def sign_in(client: Client, **fields: Any) -> Any:
    person = PersonFactory.create(password="correct horse battery", **fields)
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": "correct horse battery"})
    return person


@pytest.mark.django_db
@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_of_the_account_share_the_rail(client: Client, name: str) -> None:
    sign_in(client, full_name="Mira Kovač")
    response = client.get(reverse(name))
    html = response.content.decode()
    assert response.status_code == 200
    assert '<aside aria-label="Account">' in html
    assert heading(html)


@pytest.mark.django_db
def test_the_rail_marks_this_page(client: Client) -> None:
    sign_in(client)
    html = client.get(reverse("mfa_index")).content.decode()
    rail = html[html.index("<aside") : html.index("</aside>")]
    assert re.findall(r'href="([^"]+)" aria-current="page"', rail) == [reverse("mfa_index")]


@pytest.mark.django_db
def test_a_wrong_password_is_told_above_the_form_and_the_address_kept(client: Client) -> None:
    html = client.post(
        reverse("account_login"), {"login": "nobody@example.org", "password": "wrong password"}
    ).content.decode()
    assert title(html) == "Error: Sign in · Ithaca"
    assert 'role="alert"' in html
    assert 'value="nobody@example.org"' in html
    assert "wrong password" not in html


@pytest.mark.django_db
def test_a_code_is_asked_for_and_typed_in(client: Client) -> None:
    person = PersonFactory.create()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    html = client.post(
        reverse("account_request_login_code"), {"email": person.email}, follow=True
    ).content.decode()
    assert heading(html) == "Enter the code"
    assert f"<b>{person.email}</b>" in html
    assert f'action="{reverse("account_confirm_login_code")}"' in html
    html = client.post(reverse("account_confirm_login_code"), {"code": "wrong"}, follow=True).content.decode()
    assert 'role="alert"' in html


@own_urls
@pytest.mark.django_db
def test_the_demo_offers_its_people_only_where_it_is_told_of_them(client: Client) -> None:
    assert "demo-people" not in client.get(reverse("account_login")).content.decode()
    people = [
        {"role": "Mentee", "name": "Mira Kovač", "email": "mira@example.org", "about": "Has two tasks."}
    ]
    html = as_page('{% include "account/demo_accounts.html" %}', demo_accounts=people)
    assert '<form method="post" action="/look/demo/">' in html
    assert '<input type="hidden" name="email" value="mira@example.org">' in html
    assert "Mira Kovač. Has two tasks." in html


# ---- mishaps


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("400.html", "We could not read that request"),
        ("403.html", "You may not do this"),
        ("404.html", "There is no such page"),
        ("405.html", "Nothing to see here"),
        ("429.html", "Too many tries"),
        ("500.html", "Something went wrong"),
        ("503.html", "Ithaca is being looked after"),
    ],
)
def test_pages_of_mishaps_say_what_to_do_even_without_a_request(name: str, words: str) -> None:
    html = get_template(name).render()
    assert heading(html) == words
    assert title(html) == f"{words} · Ithaca"
    assert '<a class="btn btn-sea" href="/">' in html


def test_a_refusal_says_why_and_what_to_do() -> None:
    from core.errors import Refused

    refusal = Refused("closed", "The call has closed.", "Ask for the waiting list.")
    html = render_to_string("refused.html", {"refusal": refusal}, RequestFactory().get("/"))
    assert "The call has closed." in html
    assert "Ask for the waiting list." in html


# ---- what holds for all templates


@pytest.mark.parametrize("template", OWN, ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_no_template_has_style_or_script_within(template: Path) -> None:
    source = template.read_text()
    if TEMPLATES / "mail" not in template.parents:
        assert not re.search(r'\sstyle="|<style', source)
    assert not re.search(r"\son[a-z]+=\"", source)
    scripts = re.findall(r"<script([^>]*)>", source)
    assert [
        attributes for attributes in scripts if "src=" not in attributes and "json" not in attributes
    ] == []
    assert "javascript:" not in source
    assert set(re.findall(r"{{ ([\w.]+)\|safe", source)) <= {"field.help_text"}


@own_urls
@pytest.mark.django_db
def test_the_gallery_is_for_builders_only(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert client.get("/look/gallery/").status_code == 200
    settings.DEBUG = False
    assert client.get("/look/gallery/").status_code == 404


def test_the_gallery_shows_every_component() -> None:
    source = (TEMPLATES / "core" / "gallery.html").read_text()
    shown = set(re.findall(r"{% (\w+)", source))
    frame = {
        "mail_styles",
        "control",
        "field",
        "error_summary",
        "bar",
    }  # within other components, or in mails
    assert set(ui.register.tags) - frame - shown == set()


def test_every_partial_is_used() -> None:
    used = "".join(file.read_text() for file in OWN)
    used += "".join(file.read_text() for file in Path(ui.__file__).parent.glob("ui*.py"))
    partials = sorted(file.stem for file in (TEMPLATES / "ui").glob("*.html"))
    assert [
        name
        for name in partials
        if f'"ui/{name}.html"' not in used
        and f'partial("{name}"' not in used
        and f'partial(\n        "{name}"' not in used
    ] == []
