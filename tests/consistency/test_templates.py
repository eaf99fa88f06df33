"""Templates: each is used, says nothing untranslated, and needs no loosening of the content policy."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "templates"
OURS = "config core people notifications programs participants matching agreements evaluations".split()
FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".html", ".txt", ".md"})
NAMES = [str(path.relative_to(FOLDER)) for path in FILES]
PAGES = [name for name in NAMES if name.endswith(".html")]
# Found by their names: Django's error pages, and what stands in for the templates of libraries.
FOUND_BY_NAME = ("400.html", "403.html", "403_csrf.html", "404.html", "405.html", "429.html", "500.html")
FOR_US_ALONE = {"core/gallery.html"}  # all components on one page, while debugging
STAND_IN = ("account/", "allauth/", "mfa/", "bootstrap5/", "django_tables2/")
# Mails are opened by programs that know no style sheets but those inside.
IN_A_MAIL = {"mail/layout.html"}

TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
COMMENT = re.compile(r"{% comment.*?%}.*?{% endcomment %}", re.DOTALL)
MARKED = re.compile(r"{% blocktrans(?:late)?\b.*?%}.*?{% endblocktrans(?:late)? %}", re.DOTALL)
VERBATIM = ("script", "style", "svg", "code", "kbd", "samp")
CLASSES = re.compile(r"{% block \w*class %}.*?{% endblock %}")  # of the page, not of its text
SPOKEN = {"aria-label", "alt", "title", "placeholder", "data-label"}
# Names and units that are the same in every language.
UNTRANSLATED = {"Ithaca", "CSV", "XLSX", "PDF", "English", "Français", "h", "min", "UTC", "YAML"}


def text_of(name: str) -> str:
    return (FOLDER / name).read_text()


def all_text() -> dict[str, str]:
    files = [path for app in OURS for path in (ROOT / app).rglob("*.py")] + FILES
    return {str(path.relative_to(ROOT)): path.read_text() for path in files}


def test_every_template_is_used() -> None:
    texts = all_text()
    unused = []
    for name in NAMES:
        if name in FOUND_BY_NAME or name.startswith(STAND_IN) or name.endswith(("subject.txt", "body.md")):
            continue
        others = [text for path, text in texts.items() if path != f"templates/{name}"]
        short = name.removeprefix("ui/").removesuffix(".html")
        by_component = name.startswith("ui/") and any(
            re.search(rf'partial\(\s*"{short}"', text) for text in others
        )
        if not by_component and not any(f'"{name}"' in text or f"'{name}'" in text for text in others):
            unused.append(name)
    assert unused == []


def test_no_text_is_marked_inside_an_f_string() -> None:
    """The catalog does not look into them: what is marked there stays English."""
    marks = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
    hidden = [
        f"{path}:{call.lineno}"
        for path, text in all_text().items()
        if path.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in marks
    ]
    assert hidden == []


def test_every_stand_in_replaces_a_template_of_its_library() -> None:
    """An override that the library no longer asks for is dead."""
    import allauth
    import crispy_bootstrap5

    homes = [
        Path(module.__file__).parent / "templates"
        for module in (allauth, crispy_bootstrap5)
        if module.__file__
    ]
    texts = all_text()
    dead = [
        name
        for name in NAMES
        if name.startswith(("account/", "allauth/", "mfa/"))
        and not any((home / name).exists() for home in homes)
        and not any(f'"{name}"' in text for path, text in texts.items() if path != f"templates/{name}")
    ]
    assert dead == []


@pytest.mark.parametrize("name", [name for name in PAGES if name not in IN_A_MAIL])
def test_needs_no_loose_policy(name: str) -> None:
    text = COMMENT.sub("", text_of(name))
    assert re.findall(r"\sstyle\s*=", text) == []
    assert re.findall(r"\son[a-z]+\s*=\s*[\"']", text) == []
    assert re.findall(r"<style\b", text) == []
    scripts = re.findall(r"<script\b[^>]*>", text)
    assert [tag for tag in scripts if "src=" not in tag and 'type="application/json"' not in tag] == []
    assert re.findall(r"(?:href|action|src)\s*=\s*[\"']\s*(?:javascript|data):", text) == []
    assert re.findall(r"(?:src|href)=[\"'](?:https?:)?//", text) == []


# What is switched to be safe, and why it is: rendered by a template or cleaned before.
SAFE = {
    **{  # plain text
        f"account/email/{name}.txt": 1
        for name in (
            "base_message",
            "login_code_message",
            "password_reset_key_message",
            "unknown_account_message",
        )
    },
    "bootstrap5/field.html": 2,  # hints, which forms escape
    "mail/layout.txt": 1,  # plain text
    "programs/mail/edit.html": 1,  # a word in a frame of our own
}


def test_nothing_that_people_wrote_is_left_unescaped() -> None:
    found = {
        name: count
        for name in NAMES
        if (count := len(re.findall(r"\|\s*(?:safe|safeseq)\b|{% autoescape off", text_of(name))))
    }
    assert found == SAFE


class Words(HTMLParser):
    """The text that a reader sees or hears, without what the template language says."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VERBATIM:
            self.inside.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


def untranslated(text: str) -> list[str]:
    """Words of a template that no catalog knows."""
    plain = TAG.sub(" \x00 ", MARKED.sub("\x00", CLASSES.sub("", COMMENT.sub("", text))))
    parser = Words()
    parser.feed(plain)
    parts = (
        part.strip(" \n·-–—:,.()") for found in parser.found for part in re.split("\x00|&[a-z]+;", found)
    )
    return [part for part in parts if re.search(r"[^\W\d_]{2}", part) and part not in UNTRANSLATED]


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - FOR_US_ALONE - {"allauth/elements/button.html"})
)  # tags by choice
def test_says_nothing_untranslated(name: str) -> None:
    assert untranslated(text_of(name)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{% translate "Hello" %}</p>', []),
        ("<p>{% blocktranslate trimmed %}Hello{% endblocktranslate %} there</p>", ["there"]),
        ('<a aria-label="Close" class="Close">×</a>', ["Close"]),
        ("{# Hello #}{% if a > b %}<svg><title>Hello</title></svg>{% endif %}{{ n }} · —&nbsp;2", []),
        ('<p class="{% if a %}b{% endif %}">{{ name|default:"Nobody" }}</p>', []),
    ],
)
def test_the_search_finds_what_it_should(text: str, found: list[str]) -> None:
    assert untranslated(text) == found


def test_every_argument_of_a_component_is_marked() -> None:
    """`{% notice "Saved" %}` would be English in every language."""
    names = "notice|page_header|empty_state|tag|sheet|fold|outcome|figure|breadcrumbs|chip"
    spoken = rf'{{%\s*(?:{names})\s+"([^"]*[A-Za-z]{{2}}[^"]*)"'
    assert {
        name: found for name in set(PAGES) - FOR_US_ALONE if (found := re.findall(spoken, text_of(name)))
    } == {}
