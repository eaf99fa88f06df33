"""Form components: whole forms, single fields, the error summary, filters, a question before an act."""

# ruff: noqa: A002  (arguments are named as the attributes that templates write)

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Union

from django import forms, template
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.ui.partials import partial

register = template.Library()


Source = Union[forms.BaseForm, "forms.BaseFormSet[forms.BaseForm]"]


class FormError(NamedTuple):
    """A line of the summary: the control it leads to, empty for errors of a whole form, and its words."""

    id: str
    text: str


def form_errors(*sources: Source) -> list[FormError]:
    """Every error of the page, in its order."""
    found: list[FormError] = []
    for source in sources:
        if isinstance(source, list | tuple):
            found += form_errors(*source)
            continue
        if isinstance(source, forms.BaseFormSet):
            found += [FormError("", str(message)) for message in source.non_form_errors()]
            found += form_errors(*source.forms)
            continue
        found += [FormError("", str(message)) for message in source.non_field_errors()]
        for field in source:
            found += [
                FormError(_first_id(field), _with_label(field, str(message))) for message in field.errors
            ]
    return found


def _with_label(field: forms.BoundField, message: str) -> str:
    """Away from its field, a message must say which field it means."""
    if str(field.label) in message:
        return message
    return _("%(label)s: %(message)s") % {"label": field.label, "message": message}


def _first_id(field: forms.BoundField) -> str:
    """Where the link of an error jumps: the control, or the first of a group."""
    if field.is_hidden:
        return ""
    if field.use_fieldset and field.subwidgets:
        return str(field.subwidgets[0].data["attrs"].get("id", field.auto_id))
    return field.id_for_label or field.auto_id


@register.simple_tag
def error_summary(*sources: Source) -> SafeString:
    """All errors of the page's forms on top, linked to their controls; nothing when there are none."""
    return partial("error_summary", errors=form_errors(*sources))


@register.inclusion_tag("ui/page_form.html")
def page_form(
    form: forms.BaseForm,
    submit: str = "",
    action: str = "",
    cancel: str = "",
    cancel_label: str = "",
    keep: bool = True,
    kind: str = "sea",
    id: str = "",
) -> dict[str, Any]:
    """A whole form that posts: error summary, fields, buttons. `keep` warns of leaving with unsaved text."""
    return {
        "form": form,
        "submit": submit or _("Save"),
        "action": action,
        "cancel": cancel,
        "cancel_label": cancel_label or _("Cancel"),
        "keep": keep,
        "kind": kind,
        "id": id,
    }


@register.simple_tag
def field(bound: forms.BoundField) -> SafeString:
    """One field: label, hint, who sees it, error, control."""
    return SafeString(get_template("bootstrap5/field.html").render({"field": bound}))


@register.simple_tag(takes_context=True)
def filter_bar(
    context: template.Context, form: forms.BaseForm, results: str = "results", keep: Sequence[str] = ()
) -> SafeString:
    """A form that narrows the list in `<div id="results">` as one types; works by its button without script.

    `keep` names query parameters that stay as they are, such as the sort order.
    """
    given = context["request"].GET
    kept = [(name, value) for name in keep for value in given.getlist(name)]
    is_filtered = any(value for name, value in given.items() if name in form.fields)
    return partial("filter_bar", form=form, results=results, kept=kept, is_filtered=is_filtered)


@register.inclusion_tag("ui/confirm.html")
def confirm(
    verb: str,
    question: str,
    action: str,
    yes: str = "",
    values: Iterable[tuple[str, Any]] = (),
    kind: str = "clay",
    small: bool = False,
) -> dict[str, Any]:
    """A button that asks before it posts, without script: the question opens below it."""
    return {
        "verb": verb,
        "question": question,
        "action": action,
        "yes": yes or verb,
        "values": list(values),
        "kind": kind,
        "small": small,
    }


@register.filter
def is_choice_group(bound: forms.BoundField) -> bool:
    """Radio buttons or several check boxes."""
    return isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_single_check(bound: forms.BoundField) -> bool:
    """One check box, labelled beside it."""
    return isinstance(bound.field.widget, forms.CheckboxInput)


@register.filter
def visible_to(bound: forms.BoundField) -> str:
    """Who can see the answer; empty on forms that do not say."""
    return str(getattr(bound, "visible_to", ""))


@register.simple_tag
def control(bound: forms.BoundField) -> SafeString:
    """The bare control with the classes of its kind and its state."""
    widget = bound.field.widget
    base = "form-select" if isinstance(widget, forms.Select) else "form-control"
    classes = [base, widget.attrs.get("class", ""), "is-invalid" if bound.errors else ""]
    attrs: dict[str, Any] = {"class": " ".join(filter(None, classes))}
    if "placeholder" in widget.attrs:
        # Labels and hints stay while one types; a placeholder does not, so none is shown.
        attrs["placeholder"] = False
    return bound.as_widget(attrs=attrs)
