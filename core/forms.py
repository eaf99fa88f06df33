"""Forms as pages show them: labels above, who can see each answer, errors that are linked and described."""

from collections.abc import Mapping
from typing import ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.functional import Promise


class PageBoundField(forms.BoundField):
    """A field that knows who can see its answer, and says so to screen readers as well."""

    @property
    def visible_to(self) -> str | Promise:
        """Who can see the answer; empty where the form does not say."""
        return getattr(self.form, "visible_to", {}).get(self.name, "")

    @property
    def aria_describedby(self) -> str | None:
        """Hint, error, and who can see it, in the order of the page."""
        described = super().aria_describedby
        if described is None or not self.visible_to or not self.auto_id or self.is_hidden:
            return described
        return f"{described} {self.auto_id}_sees".strip()


class PageFormMixin:
    """Gives a form our look: `visible_to` maps a field's name to who can see its answer."""

    bound_field_class = PageBoundField
    visible_to: Mapping[str, str | Promise] = {}
    use_required_attribute: ClassVar[bool] = False

    @property
    def helper(self) -> FormHelper:
        """For `{% crispy form %}`: fields alone, the page brings the form element and the summary."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class PageForm(PageFormMixin, forms.Form):
    """A form of a page."""


class PageModelForm(PageFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A form of a page over a model."""
