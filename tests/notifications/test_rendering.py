"""Mail texts: strict, escaped, and the same words in both parts."""

from pathlib import Path
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from hypothesis import example, given
from hypothesis import strategies as st

from notifications import rendering
from notifications.rendering import LINK, UndefinedVariable, as_text, compose, escape, one_line, parts
from tests.factories import PersonFactory


def write(folder: Path, body: str, subject: str = "S") -> None:
    (folder / "mail" / "own").mkdir(parents=True, exist_ok=True)
    (folder / "mail" / "own" / "body.md").write_text(body)
    (folder / "mail" / "own" / "subject.txt").write_text(subject)


def composed(language: str = "en", zone: str = "UTC", **context: Any) -> tuple[str, str]:
    return compose("own", context=context, language=language, zone=zone)


def html_of(body: str, **more: Any) -> str:
    return parts(subject="S", body=body, language="en", **more).html


def text_of(body: str, **more: Any) -> str:
    return parts(subject="S", body=body, language="en", **more).text


class Somebody:
    full_name = "*Ann* <b>[x](http://evil.example.org)</b> {{ link }} `c`"


def test_a_variable_that_the_context_lacks_is_an_error(mail_kinds: Path) -> None:
    write(mail_kinds, "{{ somebody.nick_name }}")
    with pytest.raises(UndefinedVariable, match=r"somebody\.nick_name"):
        composed(somebody=Somebody())


def test_a_missing_variable_in_a_translated_block_or_the_subject_is_an_error(mail_kinds: Path) -> None:
    write(mail_kinds, "{% blocktranslate %}Hi {{ nobody }}{% endblocktranslate %}")
    with pytest.raises(UndefinedVariable, match="nobody"):
        composed()
    write(mail_kinds, "Hi", subject="{{ nothing }}")
    rendering._engine.cache_clear()
    with pytest.raises(UndefinedVariable, match="nothing"):
        composed()


@pytest.mark.parametrize(
    "template",
    [
        "{{ who.full_name }}",
        "{{ who.full_name|default:'x' }}",
        "{% blocktranslate with name=who.full_name %}{{ name }}{% endblocktranslate %}",
        "{% for one in all %}{{ one.full_name }}{% endfor %}",
        "{% for name in names %}{% blocktranslate %}{{ name }}{% endblocktranslate %}{% endfor %}",
        "{% with name=who.full_name %}{{ name }}{% endwith %}",
    ],
)
def test_names_are_shown_as_they_are_and_do_nothing(mail_kinds: Path, template: str) -> None:
    write(mail_kinds, f"Dear {template},")
    _, body = composed(who=Somebody(), all=[Somebody()], names=[Somebody.full_name])
    made = parts(subject="S", body=body, language="en", link_url="http://secret.example.org/l/token/")
    assert Somebody.full_name in made.text
    assert "token" not in made.text + made.html
    assert "<b>" not in made.html
    assert "<em>Ann" not in made.html
    assert 'href="http://evil' not in made.html


def test_comparisons_and_addresses_see_the_value_itself(mail_kinds: Path) -> None:
    write(mail_kinds, "{% if state == 'no_show' %}same{% endif %} {% url 'link_enter' state %}")
    assert composed(state="no_show")[1] == "same /l/no_show/\n"


@example("-")
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_any_value_comes_out_as_the_same_words(value: str) -> None:
    printable = "".join(letter if letter.isprintable() else " " for letter in value)
    words = " ".join(printable.split())
    html = rendering.markdown.markdown(escape(words), extensions=["sane_lists"])
    assert " ".join(as_text(html).split()) == words


def test_a_value_cannot_begin_a_list_or_a_heading() -> None:
    for value in ("# big", "- dash", "+ plus", "1. one", "12) two", "> quote", "===", "    code"):
        html = rendering.markdown.markdown(escape(value))
        assert html.startswith("<p>"), value
        assert as_text(html) == value.strip()


def test_a_subject_is_one_line() -> None:
    assert one_line("Hello\r\nBcc: all@example.org\x00\u2028x") == "Hello Bcc: all@example.org x"
    assert len(one_line("a" * 400)) == 255


def test_the_language_and_zone_are_the_readers(mail_kinds: Path) -> None:
    from datetime import UTC, datetime

    write(mail_kinds, "{{ at|date:'j F H:i' }}")
    at = datetime(2026, 12, 3, 23, 30, tzinfo=UTC)
    assert composed(language="fr", zone="Europe/Paris", at=at)[1] == "4 décembre 00:30\n"
    assert composed(language="en", zone="UTC", at=at)[1] == "3 December 23:30\n"


def test_the_link_stays_a_placeholder_until_the_parts_are_made(mail_kinds: Path) -> None:
    write(mail_kinds, "[Decide]({{ link_url }})\n\nor {{ link_url }}")
    _, body = composed(link_url=mark_safe(LINK))
    assert body == "[Decide]({{ link }})\n\nor {{ link }}\n"
    made = parts(subject="S", body=body, language="en", link_url="https://i.example.org/l/a_b-c_d*e/")
    assert made.html.count('href="https://i.example.org/l/a_b-c_d*e/"') == 2
    assert made.text.count("https://i.example.org/l/a_b-c_d*e/") == 2


def test_a_paragraph_of_one_link_is_a_button_and_no_other_is() -> None:
    html = html_of("[Sign](https://x.example.org/)\n\nSee [this](https://x.example.org/) too\n")
    assert html.count('class="button"') == 1
    assert "Sign</a></p>" in html


def test_scripts_and_odd_links_are_taken_out() -> None:
    html = html_of(
        "<script>alert(1)</script>\n\n[a](javascript:alert(1))\n\n<img src=x onerror=y>\n\n"
        "<a href='data:x' onclick=z>b</a>"
    )
    for bad in ("<script", "javascript:", "onerror", "<img", "onclick", "data:x"):
        assert bad not in html


def test_text_of_people_in_the_frame_is_escaped() -> None:
    made = parts(subject="<i>Hi</i>", body="A &lt;u>name&lt;/u>", language="en")
    assert "<i>" not in made.html
    assert "<u>" not in made.html
    assert "A <u>name</u>" in made.text


def test_styles_are_inlined() -> None:
    assert '<p style="' in html_of("Words")


def test_text_has_lists_links_and_short_lines() -> None:
    text = text_of(
        "# Head\n\n- one\n- two\n\n1. first\n2. second\n\nMail <a@example.org>\n\n[Go](https://x.example.org/)\n\n"
        + "word " * 40
    )
    assert (
        "Head\n\n- one\n- two\n\n1. first\n\n2. second\n\nMail a@example.org\n\nGo: https://x.example.org/\n"
        in text
    )
    assert max(map(len, text.splitlines())) <= 120


def test_preferences_are_linked_only_where_they_exist() -> None:
    off = "https://i.example.org/me/mail/off/x/"
    assert off in html_of("Words", settings_url=off)
    assert off in text_of("Words", settings_url=off)
    assert "/me/mail/" not in html_of("Words") + text_of("Words")


def test_the_greeting_uses_the_persons_own_name(mail_kinds: Path) -> None:
    write(mail_kinds, "{{ person.full_name }} {{ person.get_short_name }}")
    assert composed(person=PersonFactory.build(full_name="Zoë Ba"))[1] == "Zoë Ba Zoë\n"
