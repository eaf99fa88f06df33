"""Forms as pages show them."""

import re
from typing import Any

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from core.forms import PageForm, PageModelForm
from core.templatetags.ui_forms import FormError, form_errors
from people.models import Organization


class Apply(PageForm):
    visible_to = {"goals": "you and your mentor", "track": "the managers"}

    goals = forms.CharField(
        label="What do you want to learn?", help_text="Two sentences.", widget=forms.Textarea
    )
    unit = forms.ChoiceField(label="Unit", choices=[("", "Choose"), ("c", "Computing")])
    track = forms.ChoiceField(
        label="Track", choices=[("p", "Pair"), ("g", "Circle")], widget=forms.RadioSelect
    )
    meet_by = forms.MultipleChoiceField(
        label="How", required=False, choices=[("v", "Video")], widget=forms.CheckboxSelectMultiple
    )
    file = forms.FileField(label="Résumé")
    agrees = forms.BooleanField(label="I agree", help_text="One page.")
    hours = forms.IntegerField(label="Hours", required=False, min_value=1)
    secret = forms.CharField(widget=forms.HiddenInput, required=False, max_length=3)


def render(source: str, address: str = "/", **context: Any) -> str:
    request = RequestFactory().get(address)
    return engines["django"].from_string(source).render(context, request)


def part(html: str, name: str) -> str:
    """The field of a name: from its own element to the next one."""
    start = html.index(f'id="div_id_{name}"')
    end = html.find('id="div_id_', start + 1)
    return html[start : end if end > 0 else None]


def described_by(html: str) -> list[str]:
    found = re.search(r'aria-describedby="([^"]+)"', html)
    return found.group(1).split() if found else []


def test_a_control_is_described_by_its_hint_error_and_who_sees_it() -> None:
    html = render("{% page_form form %}", form=Apply({}))
    goals = part(html, "goals")
    assert described_by(goals) == ["id_goals_helptext", "id_goals_error", "id_goals_sees"]
    for name in described_by(goals):
        assert f'id="{name}"' in goals
    assert "Who can see this: you and your mentor" in goals
    assert 'aria-invalid="true"' in goals


def test_a_field_that_says_nothing_of_who_sees_it_has_no_such_line() -> None:
    unit = part(render("{% page_form form %}", form=Apply()), "unit")
    assert described_by(unit) == []
    assert "Who can see this" not in unit


def test_a_group_is_a_fieldset_that_is_described_as_a_whole() -> None:
    html = render("{% page_form form %}", form=Apply())
    assert '<fieldset class="field" id="div_id_track" aria-describedby="id_track_sees">' in html
    track = part(html, "track")
    assert re.search(r'<legend class="field-label">Track\s*</legend>', track)
    assert track.count("aria-describedby") == 1
    assert re.findall(r'<label class="choice" for="(\w+)">', track) == ["id_track_0", "id_track_1"]


def test_a_label_says_when_an_answer_may_be_left_out() -> None:
    html = render("{% page_form form %}", form=Apply())
    assert {name for name in Apply.base_fields if name != "secret" and "(optional)" in part(html, name)} == {
        "meet_by",
        "hours",
    }


def test_a_check_box_stands_in_its_label() -> None:
    agrees = part(render("{% page_form form %}", form=Apply()), "agrees")
    assert re.search(r'<label class="choice" for="id_agrees"><input type="checkbox" name="agrees"', agrees)
    assert '<span class="choice-hint" id="id_agrees_helptext">One page.</span>' in agrees
    assert described_by(agrees) == ["id_agrees_helptext"]


def test_messages_for_empty_answers_say_what_to_do() -> None:
    assert [error.text for error in form_errors(Apply({}))] == [
        "Answer “What do you want to learn?”",
        "Choose an answer to “Unit”",
        "Choose an answer to “Track”",
        "Choose a file for “Résumé”",
        "Tick “I agree” to go on",
    ]


def test_a_short_label_is_filled_in_and_an_own_message_is_kept() -> None:
    class Short(PageForm):
        name = forms.CharField(label="Name")
        code = forms.CharField(label="Code", error_messages={"required": "Type the six digits."})

    assert [error.text for error in form_errors(Short({}))] == [
        "Fill in “Name”",
        "Code: Type the six digits.",
    ]


def test_a_form_may_name_and_add_its_fields_once_it_is_made() -> None:
    class Late(PageForm):
        person = forms.ChoiceField()

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["person"].label = "Mentor"
            self.fields["word"] = forms.CharField(label="A word")

    assert [error.text for error in form_errors(Late({}))] == [
        "Choose an answer to “Mentor”",
        "Fill in “A word”",
    ]


def test_messages_are_in_the_readers_language() -> None:
    with translation.override("fr"):
        (french,) = Apply({}).errors["goals"]
    with translation.override("en"):
        (english,) = Apply({}).errors["goals"]
    assert "What do you want to learn?" in str(french)
    assert str(english) == "Answer “What do you want to learn?”"


def test_the_summary_leads_to_each_control_in_the_order_of_the_page() -> None:
    errors = form_errors(Apply({"hours": "0", "secret": "too long"}))
    assert [error.id for error in errors] == [
        "id_goals",
        "id_unit",
        "id_track_0",
        "id_file",
        "id_agrees",
        "id_hours",
        "",
    ]
    assert errors[5].text == "Hours: Ensure this value is greater than or equal to 1."


def test_every_link_of_the_summary_has_its_target() -> None:
    html = render("{% page_form form %}", form=Apply({}))
    targets = re.findall(r'<a href="#(\w+)">', html)
    assert len(targets) == 5
    for target in targets:
        assert re.search(rf'<(input|select|textarea)[^>]* id="{target}"', html), target


def test_the_summary_takes_the_focus_and_is_announced() -> None:
    html = render("{% error_summary form %}", form=Apply({}))
    assert 'role="alert" tabindex="-1" data-focus aria-labelledby="error-summary-title"' in html
    assert '<h2 id="error-summary-title">' in html


@pytest.mark.parametrize("form", [Apply(), Apply(initial={"goals": "x"})])
def test_there_is_no_summary_without_errors(form: Apply) -> None:
    assert render("{% error_summary form %}", form=form).strip() == ""


def test_errors_of_the_whole_form_come_first_and_lead_nowhere() -> None:
    class Dates(PageForm):
        first = forms.CharField(label="First")

        def clean(self) -> None:
            raise forms.ValidationError("The dates are not in order.")

    assert form_errors(Dates({"first": ""})) == [
        FormError("", "The dates are not in order."),
        FormError("id_first", "Fill in “First”"),
    ]


def test_several_forms_and_formsets_share_one_summary() -> None:
    class Goal(PageForm):
        title = forms.CharField(label="Goal")

    goals = forms.formset_factory(Goal, extra=0, min_num=1, max_num=1, validate_max=True)
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-title": "", "form-1-title": "x"}
    assert form_errors(Goal({}, prefix="own"), goals(data)) == [
        FormError("id_own-title", "Fill in “Goal”"),
        FormError("", "Please submit at most 1 form."),
        FormError("id_form-0-title", "Fill in “Goal”"),
    ]


def test_input_is_kept_and_escaped() -> None:
    html = render("{% page_form form %}", form=Apply({"goals": "<script>x</script>"}))
    assert "&lt;script&gt;x&lt;/script&gt;</textarea>" in html
    assert "<script>x" not in html


def test_a_page_form_posts_once_with_its_token_and_files() -> None:
    html = render("{% page_form form submit='Send' cancel='/back' action='/go' id='apply' %}", form=Apply())
    assert re.search(
        r'<form class="form" method="post" novalidate action="/go" id="apply" '
        r'enctype="multipart/form-data" data-once data-unsaved>',
        html,
    )
    assert 'name="csrfmiddlewaretoken"' in html
    assert '<button class="btn btn-sea" type="submit">Send</button>' in html
    assert '<a class="btn btn-quiet" href="/back">Cancel</a>' in html


def test_a_page_form_needs_nothing_but_the_form() -> None:
    class Name(PageForm):
        name = forms.CharField(label="Name")

    html = render("{% page_form form keep=False %}", form=Name())
    assert re.search(r'<form class="form" method="post" novalidate data-once>', html)
    assert re.search(r'<button class="btn btn-sea" type="submit">Save</button>\s*</div>', html)


def test_no_placeholder_stands_in_for_a_label() -> None:
    class Login(forms.Form):
        login = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "E-mail", "class": "code"}))

    html = render("{% field form.login %}", form=Login())
    assert "placeholder" not in html
    assert 'class="form-control code"' in html


def test_forms_of_libraries_get_the_same_fields() -> None:
    class Plain(forms.Form):
        name = forms.CharField(label="Name", help_text="As on your badge.")

    html = render("{% field form.name %}", form=Plain({}))
    assert described_by(html) == ["id_name_helptext", "id_name_error"]


def test_crispy_renders_the_same_fields() -> None:
    form = Apply({})
    crispy = render("{% load crispy_forms_tags %}{% crispy form %}", form=form)
    for name in ("goals", "unit", "track", "agrees"):
        assert f'id="div_id_{name}"' in crispy
    assert "<form" not in crispy
    assert "csrfmiddlewaretoken" not in crispy
    assert "Who can see this: you and your mentor" in crispy


def test_a_model_form_gets_the_look_too() -> None:
    class Edit(PageModelForm):
        visible_to = {"name": "everybody"}

        class Meta:
            model = Organization
            fields = ["name"]

    html = render("{% page_form form %}", form=Edit())
    assert described_by(html) == ["id_name_sees"]


class Narrow(PageForm):
    hide_optional = True
    q = forms.CharField(label="Name", required=False)


def test_a_filter_narrows_by_address_and_keeps_what_it_is_told() -> None:
    html = render(
        '{% filter_bar form results="people" keep=keep %}',
        "/?q=mira&sort=-name&page=2",
        form=Narrow({"q": "mira"}),
        keep=["sort"],
    )
    assert 'method="get"' in html
    assert 'hx-target="#people" hx-select="#people"' in html
    assert re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html) == [("sort", "-name")]
    assert '<a class="btn btn-quiet" href="?">Clear</a>' in html
    assert "(optional)" not in html


@pytest.mark.parametrize("address", ["/", "/?page=2", "/?q="])
def test_an_unused_filter_has_nothing_to_clear(address: str) -> None:
    assert "Clear" not in render("{% filter_bar form %}", address, form=Narrow())


def test_a_question_before_an_act_needs_no_script() -> None:
    html = render(
        '{% confirm "End it" "This cannot be undone." "/end/" yes="Yes" values=v small=True %}', v=[("a", 1)]
    )
    assert html.index("<summary") < html.index("This cannot be undone.") < html.index("Yes")
    assert re.search(r'<form class="confirm-body" method="post" action="/end/" data-once>', html)
    assert 'name="csrfmiddlewaretoken"' in html
    assert '<input type="hidden" name="a" value="1">' in html
