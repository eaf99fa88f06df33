"""What people and operators fill in."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.forms import PageForm, PageModelForm
from people.models import Person

MOST_BYTES = 30 * 1024 * 1024


class UploadForm(PageForm):
    """A CSV file of people."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "UTF-8, at most 30 MB. The first line names the columns; only email and name are needed."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> object:
        """Refuse what is too large to read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 30 MB. Split it and bring in the parts."))
        return file


class DetailsForm(PageModelForm):
    """What a person decides about their own pages."""

    visible_to = {"preferred_name": _("everyone in your programs")}
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("For pages and e-mails."),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Person
        fields = ("preferred_name", "language")
        help_texts = {
            "preferred_name": _(
                "What others see in place of your full name. Leave it empty to be shown as on file."
            ),
        }
