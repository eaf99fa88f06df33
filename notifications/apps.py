from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this app's own mails."""
        from notifications import mails
        from notifications.domain.reminders import refresh_reminder

        mails.register(
            mails.MailKind("reminder", _("Reminders of what is due"), optional=True, refresh=refresh_reminder)
        )
        mails.register(mails.MailKind("escalation", _("What has been late for long in a cohort you manage")))
