from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this app's own mails and pages."""
        from core.nav import register_nav
        from notifications import mails
        from notifications.domain.reminders import refresh_reminder
        from notifications.nav import own_pages

        register_nav(own_pages)
        mails.register(
            mails.MailKind("reminder", _("Reminders of what is due"), optional=True, refresh=refresh_reminder)
        )
        mails.register(mails.MailKind("escalation", _("Long overdue steps, for managers")))
