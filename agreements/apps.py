from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    name = "agreements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add mails, deadlines, the supervisor's link, the navigation, the desk's tab and panels."""
        from agreements import deadlines, mails
        from agreements.domain.versions import PURPOSE
        from agreements.nav import my_mentorships
        from agreements.panels import health
        from agreements.standing import standing
        from agreements.views.approval import agreement_approval, closed_approval
        from core.nav import register_nav
        from core.roles import Permission
        from notifications.home import register_standing
        from notifications.links import register_purpose
        from programs.desk import Panel, Tab, register_panel, register_tab

        mails.register_kinds()
        deadlines.register_kinds()
        register_purpose(PURPOSE, agreement_approval, closed_approval)
        register_nav(my_mentorships)
        register_standing(10, standing)
        register_tab(Tab(40, _("Mentorships"), "cohort_mentorships", Permission.SEE_PROGRESS))
        register_panel(Panel(40, "agreements/panels/health.html", health, wide=True, since="matching"))
