"""Mail texts: from a kind's templates to Markdown, from Markdown to the text and HTML parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from textwrap import fill
from typing import Any, Never, cast
from zoneinfo import ZoneInfo

import css_inline
import markdown
import nh3
from django.conf import settings
from django.template import Context, Engine, Node, Template
from django.template.backends.django import get_installed_libraries
from django.template.base import VariableNode, render_value_in_context
from django.template.loader import render_to_string
from django.template.loaders import cached
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

# Stands in a body for the mail link's address until the mail goes out.
LINK = "{{ link }}"
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
SUBJECT_LENGTH = 255

_TAGS = {"p", "a", "strong", "em", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "code", "br", "hr"}
_SCHEMES = {"http", "https", "mailto"}
_BUTTON = re.compile(r"<p>(<a [^>]*>[^<]*</a>)</p>")
_SPECIAL = re.compile(r"([\\`*_\[\]])")
_AT_START = re.compile(r"^([#+\->]|\d+(?=[.)]))")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TAG = re.compile(r"<(?=[\w/!?])")


class UndefinedVariable(Exception):
    """A mail text names a variable that its context lacks."""


class _Strict(str):
    """Django's `string_if_invalid` that refuses instead of leaving a gap in a mail."""

    def __contains__(self, _part: object) -> bool:
        return True

    def __mod__(self, name: object) -> Never:
        raise UndefinedVariable(str(name))


class _Plain(str):
    """Text from the data: it compares as text and is written escaped."""

    def __html__(self) -> str:
        return escape(self)


class _MailContext(Context):
    def __getitem__(self, key: Any) -> Any:
        return _plain(super().__getitem__(key))


class _MailVariable(VariableNode):
    def render(self, context: Context) -> SafeString:
        return mark_safe(render_value_in_context(_plain(self.filter_expression.resolve(context)), context))  # noqa: S308


class Loader(cached.Loader):
    """Loads templates whose variables are escaped for Markdown rather than for HTML."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        for node in _variables(template):
            node.__class__ = _MailVariable
        return template


def _variables(template: Template) -> list[Node]:
    return [node for node in template.nodelist.get_nodes_by_type(VariableNode) if type(node) is VariableNode]


def _plain(value: Any) -> Any:
    return _Plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@cache
def _engine(folders: tuple[str, ...]) -> Engine:
    files = ("django.template.loaders.filesystem.Loader", folders)
    return Engine(
        loaders=[("notifications.rendering.Loader", [files])],
        string_if_invalid=_Strict("%s"),
        builtins=["django.templatetags.i18n", "django.contrib.humanize.templatetags.humanize"],
        libraries=get_installed_libraries(),
    )


def _template(name: str) -> Template:
    folders = cast(Iterable[Any], settings.TEMPLATES[0]["DIRS"])
    return _engine(tuple(str(folder) for folder in folders)).get_template(name)


def escape(value: str) -> str:
    """Text as Markdown that shows just this text, on one line."""
    line = " ".join(value.split())
    line = _AT_START.sub(r"\\\1", _SPECIAL.sub(r"\\\1", line))
    if re.match(r"\\\d", line):  # "1." would begin a list; the dot is what Markdown lets one escape
        line = re.sub(r"^\\(\d+)", r"\1\\", line)
    line = re.sub("^=", "&#61;", _ENTITY.sub("&amp;", line))
    return _TAG.sub("&lt;", line).replace("{{", "&#123;{").replace("{%", "&#123;%")


def compose(kind: str, *, context: Mapping[str, Any], language: str, zone: str) -> tuple[str, str]:
    """Subject and Markdown body of a kind of mail, in a language and with times of a zone.

    Raises UndefinedVariable where the texts name what the context lacks.
    """
    values = {**context, "base_url": mark_safe(settings.BASE_URL)}  # noqa: S308
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        subject = _template(f"mail/{kind}/subject.txt")
        body = _template(f"mail/{kind}/body.md")
        return (
            one_line(subject.render(Context(values, autoescape=False))),
            re.sub(r"\n{3,}", "\n\n", body.render(_MailContext(values))).strip() + "\n",
        )


def one_line(subject: str) -> str:
    """A subject that cannot break out of its header: no line ends or control characters, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in subject)
    return " ".join(printable.split())[:SUBJECT_LENGTH].rstrip()


def unknown_placeholders(body: str) -> list[str]:
    """What looks like a placeholder in an edited text and is none."""
    return [found for found in PLACEHOLDER.findall(body) if found != LINK]


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail as it goes out."""

    text: str
    html: str


def parts(*, subject: str, body: str, language: str, link_url: str = "", settings_url: str = "") -> Parts:
    """The text and HTML parts of a mail. `link_url` takes the place of `{{ link }}`.

    `settings_url` is where this kind of mail can be switched off, for kinds that allow it.
    """
    source = body.replace(LINK, f"<{link_url}>")
    html = markdown.markdown(source, extensions=["sane_lists"], output_format="html")
    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel=None)
    values = {
        "subject": subject,
        "language": language,
        "preferences_url": settings_url,
        "body_html": mark_safe(_BUTTON.sub(r'<p class="button">\1</p>', clean)),  # noqa: S308
        "body_text": as_text(clean),
    }
    with translation.override(language):
        text = render_to_string("mail/layout.txt", values)
        page = render_to_string("mail/layout.html", values)
    return Parts(text=text.strip() + "\n", html=_inliner().inline(page))


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


class _Text(HTMLParser):
    """Clean HTML as text: a link is its words and, below them, its address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.words = ""
        self.href = ""
        self.lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"p", "h1", "h2", "h3", "li", "blockquote", "ul", "ol"}:
            self.close_block()
        if tag in {"ul", "ol"}:
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.words = self.bullet()
        elif tag == "a":
            self.href = dict(attrs).get("href") or ""
            self.start = len(self.words)
        elif tag == "br":
            self.words += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            said = self.words[self.start :].strip()
            if said not in {self.href, self.href.removeprefix("mailto:")}:
                self.words += f": {self.href} " if said else self.href
        elif tag in {"ul", "ol"}:
            self.close_block()
            self.lists.pop()
        elif tag in {"p", "h1", "h2", "h3", "li", "blockquote"}:
            self.close_block()

    def handle_data(self, data: str) -> None:
        self.words += data.replace("\n", " ")

    def bullet(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "- "
        self.lists[-1] = number + 1
        return f"{number + 1}. "

    def close_block(self) -> None:
        lines = [" ".join(line.split()) for line in self.words.split("\n")]
        self.words = ""
        if any(lines) and not (self.lists and lines == ["-"]):  # an empty item of a list
            self.blocks.append("\n".join(_wrapped(line) for line in lines))


def _wrapped(line: str) -> str:
    hang = "  " if line.startswith("- ") else ""
    return fill(line, 78, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)


def as_text(html: str) -> str:
    """Clean HTML as plain text, wrapped at 78 characters; addresses stay whole."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    parser.close_block()
    return re.sub(r"(?m)^(- .*(?:\n  .*)*)\n\n(?=- )", r"\1\n", "\n\n".join(parser.blocks))
