from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipantsConfig(AppConfig):
    name = "participants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.nav import register_nav
        from core.roles import Permission
        from notifications.home import register_standing
        from participants import deadlines, mails
        from participants.nav import own_pages
        from participants.panels import by_directorate, call, places
        from participants.standing import open_calls, without_partner
        from programs.desk import Panel, Tab, register_panel, register_tab

        mails.register_all()
        deadlines.register_all()
        register_nav(own_pages)
        register_standing(20, without_partner)
        register_standing(30, open_calls)
        register_tab(Tab(20, _("People"), "cohort_people", Permission.SEE_PEOPLE))
        open_on = "call_open"
        register_panel(Panel(20, "participants/panels/call.html", call, wide=True, since=open_on))
        register_panel(Panel(21, "participants/panels/places.html", places))
        register_panel(Panel(22, "participants/panels/directorates.html", by_directorate, since=open_on))
