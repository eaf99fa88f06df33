"""Catalogs say everything, and in the same placeholders."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core import catalog

CODE = '''
from django.utils.translation import gettext as _, ngettext, pgettext, npgettext
def words(n, name):
    """Not _("a docstring")."""
    unmarked = "Left alone"
    return [
        _("Save"),
        _("Hello %(name)s") % {"name": name},
        ngettext("%(n)d pair", "%(n)d pairs", n) % {"n": n},
        pgettext("of a call", "Open"),
        npgettext("of mail", "%(n)d letter", "%(n)d letters", n),
        _("In two "
          "lines"),
    ]
'''
PAGE = """{% extends "base.html" %}
<p>Not marked</p>
    {% translate "Your plan" %}
{% translate "Open" context "of a door" %}
{% blocktranslate trimmed %}
  Two
  lines
{% endblocktranslate %}
{% blocktranslate trimmed count n=items|length with name=person.name %}
  {{ n }} note of {{ name }}
{% plural %}
  {{ n }} notes of {{ name }}
{% endblocktranslate %}
{# {% translate "A comment" %} #}
"""
EXPECTED = {
    ("Save", None),
    ("Hello %(name)s", None),
    (("%(n)d pair", "%(n)d pairs"), None),
    ("Open", "of a call"),
    (("%(n)d letter", "%(n)d letters"), "of mail"),
    ("In two lines", None),
    ("Your plan", None),
    ("Open", "of a door"),
    ("Two lines", None),
    (("%(n)s note of %(name)s", "%(n)s notes of %(name)s"), None),
    ("A mail", None),
}
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site of its own."""
    monkeypatch.setattr(catalog, "ROOT", tmp_path)
    monkeypatch.setattr(catalog, "APPS", ["shop"])
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "shop" / "migrations" / "0001.py").write_text('_("Of a migration")')
    (tmp_path / "shop" / "deep").mkdir()
    (tmp_path / "shop" / "deep" / "words.py").write_text(CODE)
    (tmp_path / "elsewhere.py").write_text('_("Outside the apps")')
    (tmp_path / "templates" / "mail").mkdir(parents=True)
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    (tmp_path / "templates" / "mail" / "body.md").write_text('{% translate "A mail" %}')
    (tmp_path / "templates" / "picture.svg").write_text('{% translate "Not a template" %}')
    (tmp_path / "locale" / "fr" / "LC_MESSAGES").mkdir(parents=True)
    return tmp_path


def po(root: Path) -> Path:
    return root / "locale" / "fr" / "LC_MESSAGES" / "django.po"


def only(root: Path, code: str, entries: str) -> list[str]:
    """The problems of one line of code and what the catalog has."""
    (root / "shop" / "deep" / "words.py").write_text(code)
    (root / "templates" / "page.html").unlink()
    (root / "templates" / "mail" / "body.md").unlink()
    po(root).write_text(HEADER + entries)
    return catalog.problems()


def test_extracts_what_is_marked_and_nothing_else() -> None:
    assert {(message.id, message.context) for message in catalog.extracted() if message.id} == EXPECTED


def test_update_brings_in_empty_and_drops_what_is_gone(root: Path) -> None:
    po(root).write_text(HEADER + 'msgid "Save"\nmsgstr "Enregistrer"\n\nmsgid "Gone"\nmsgstr "Parti"\n')
    assert catalog.main("update") == 0
    with po(root).open("rb") as handle:
        found = {(m.id, m.context): m.string for m in read_po(handle, locale="fr") if m.id}
    assert set(found) == EXPECTED
    assert found.pop(("Save", None)) == "Enregistrer"
    assert {text for value in found.values() for text in ([value] if isinstance(value, str) else value)} == {
        ""
    }
    before = po(root).read_text()
    catalog.update()
    assert po(root).read_text() == before


def test_a_complete_catalog_has_no_problems(root: Path) -> None:
    entries = 'msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n'
    assert only(root, '_("Hello %(name)s")', entries) == []
    assert catalog.main("check") == 0


@pytest.mark.parametrize(
    ("code", "entries", "problem"),
    [
        ('_("Save")', "", "fr: missing: 'Save'"),
        ('_("Save")', 'msgid "Save"\nmsgstr ""\n', "fr: not translated: 'Save'"),
        ('_("Save")', '#, fuzzy\nmsgid "Save"\nmsgstr "Garder"\n', "fr: fuzzy: 'Save'"),
        ("x = 1", 'msgid "Save"\nmsgstr "Garder"\n', "fr: no longer used: 'Save'"),
        ('pgettext("a call", "Open")', 'msgctxt "a call"\nmsgid "Open"\nmsgstr ""\n', "fr: not translated: 'Open'"),
        (
            'ngettext("%(n)d pair", "%(n)d pairs", n)',
            'msgid "%(n)d pair"\nmsgid_plural "%(n)d pairs"\nmsgstr[0] "%(n)d binôme"\nmsgstr[1] ""\n',
            "fr: not translated: '%(n)d pair'",
        ),
    ],
)  # fmt: skip
def test_finds_what_is_not_complete(root: Path, code: str, entries: str, problem: str) -> None:
    assert only(root, code, entries) == [problem]
    assert catalog.main("check") == 1


def test_the_same_words_in_another_context_are_another_text(root: Path) -> None:
    entries = 'msgctxt "of a door"\nmsgid "Open"\nmsgstr "Ouverte"\n'
    assert only(root, 'pgettext("of a call", "Open")', entries) == [
        "fr: missing: 'Open'",
        "fr: no longer used: 'Open'",
    ]


@pytest.mark.parametrize(
    ("translation", "problems"),
    [
        ("Bonjour %(name)s", []),
        ("Bonjour %(nom)s", ["unknown placeholder", "a placeholder is lost"]),
        ("Bonjour", ["a placeholder is lost"]),
        ("Bonjour %(name)s et %(other)s", ["unknown placeholder", "a placeholder is lost"]),
    ],
)
def test_holds_a_translation_to_the_placeholders(root: Path, translation: str, problems: list[str]) -> None:
    entries = f'msgid "Hello %(name)s"\nmsgstr "{translation}"\n'
    found = only(root, '_("Hello %(name)s")', entries)
    assert found == [f"fr: {problem}: 'Hello %(name)s'" for problem in problems]


def test_a_singular_may_be_said_in_words(root: Path) -> None:
    code = 'ngettext("One pair", "%(n)d pairs", n)'
    entries = 'msgid "One pair"\nmsgid_plural "%(n)d pairs"\nmsgstr[0] "Un binôme"\nmsgstr[1] "{}"\n'
    assert only(root, code, entries.format("%(n)d binômes")) == []
    po(root).write_text(HEADER + entries.format("des binômes"))
    assert catalog.problems() == ["fr: a placeholder is lost: 'One pair'"]


def test_compiles_what_django_reads(root: Path) -> None:
    po(root).write_text(HEADER + 'msgid "Save"\nmsgstr "Enregistrer"\n')
    assert catalog.main("compile") == 0
    with po(root).with_suffix(".mo").open("rb") as handle:
        assert gettext.GNUTranslations(handle).gettext("Save") == "Enregistrer"


def test_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert catalog.main("nonsense") == 2
    assert "update | check | compile" in capsys.readouterr().err
