"""What people and operators fill in."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.forms import PageModelForm, UploadForm
from people.models import Person


class PeopleForm(UploadForm):
    """A CSV file of people."""

    most_megabytes = 30
    file_hint = _(
        "CSV in UTF-8, or the first sheet of an XLSX; at most 30 MB. The first line names the columns; only email and"
        " name are needed."
    )


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
