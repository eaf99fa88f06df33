"""Forms as pages show them: labels above, who can see each answer, errors that are linked and described."""

from collections.abc import Mapping
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.base import ContentFile
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.workbooks import as_csv


class PageBoundField(forms.BoundField):
    """A field that knows who can see its answer, and says so to screen readers as well."""

    @property
    def visible_to(self) -> str | Promise:
        """Who can see the answer; empty where the form does not say."""
        said: Mapping[str, str | Promise] = getattr(self.form, "visible_to", {})
        return said.get(self.name, "")

    @property
    def aria_describedby(self) -> str | None:
        """Hint, error, and who can see it, in the order of the page."""
        described = super().aria_describedby
        if described is None or not self.visible_to or not self.auto_id or self.is_hidden:
            return described
        return f"{described} {self.auto_id}_sees".strip()


def required_message(field: forms.Field) -> str:
    """What to do about an empty answer, in words of its own label."""
    values = {"label": field.label}
    if isinstance(field, forms.BooleanField):
        return _("Tick “%(label)s” to go on") % values
    if isinstance(field, forms.FileField):
        return _("Choose a file for “%(label)s”") % values
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return _("Choose an answer to “%(label)s”") % values
    if str(field.label).endswith("?"):
        return _("Answer “%(label)s”") % values
    return _("Fill in “%(label)s”") % values


class PageFormMixin:
    """Gives a form our look: `visible_to` maps a field's name to who can see its answer."""

    bound_field_class: type[forms.BoundField] | None = PageBoundField
    visible_to: Mapping[str, str | Promise] = {}
    use_required_attribute: ClassVar[bool] = False

    def full_clean(self) -> None:
        """Say what is missing by the labels of now: a form may name its fields only once it is made."""
        for field in self.fields.values():  # type: ignore[attr-defined]
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = required_message(field)
        super().full_clean()  # type: ignore[misc]

    @property
    def helper(self) -> FormHelper:
        """For `{% crispy form %}`: fields alone, the page brings the form element and the summary."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class PageForm(PageFormMixin, forms.Form):
    """A form of a page."""


class UploadForm(PageForm):
    """A CSV file of limited size, or a workbook that comes out as one; `file_hint` says what is in it."""

    most_megabytes: ClassVar[int] = 5
    file_hint: ClassVar[str | Promise] = ""
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = str(self.file_hint)

    def clean_file(self) -> ContentFile:
        """CSV, named with the sheet where there are several; refuses what is too large to read."""
        file, most = self.cleaned_data["file"], self.most_megabytes * 1024 * 1024
        if file.size > most:
            message = _("This file is larger than %(most)d MB. Split it and bring in the parts.")
            raise forms.ValidationError(message % {"most": self.most_megabytes})
        try:
            content, sheet = as_csv(file.read(), most)
        except Refused as refused:
            raise forms.ValidationError(f"{refused.message} {refused.hint}") from None
        return ContentFile(content, f"{file.name} ({sheet})" if sheet else file.name)


class PageModelForm(PageFormMixin, forms.ModelForm):
    """A form of a page over a model."""
