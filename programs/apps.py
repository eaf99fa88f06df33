from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgramsConfig(AppConfig):
    name = "programs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.nav import register_nav
        from core.roles import Permission
        from notifications.home import register_front
        from programs import deadlines
        from programs.desk import Tab, register_tab
        from programs.nav import desk
        from programs.views.public import front

        deadlines.register_all()
        register_nav(desk)
        register_front(front)
        register_tab(Tab(10, _("Overview"), "cohort_desk", Permission.SEE_DESK))
        register_tab(Tab(80, _("Mail"), "cohort_mail", Permission.SEND_MAIL))
        register_tab(Tab(90, _("Settings"), "cohort_settings", Permission.CHANGE_SETTINGS))
