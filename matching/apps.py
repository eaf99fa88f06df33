from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatchingConfig(AppConfig):
    name = "matching"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.roles import Permission
        from matching import deadlines, mails
        from matching.domain.introductions import confirm_at_once, forbidden
        from matching.own_words import own_part
        from matching.panels import matched
        from participants.domain.introductions import before_asking, on_agreement
        from participants.parts import Part, register_part
        from programs.desk import Panel, Tab, register_panel, register_tab
        from programs.models import Cohort

        deadlines.register_all()
        mails.register_kinds()
        register_part(Part("matching/own_part.html", own_part))
        before_asking(forbidden)
        on_agreement(confirm_at_once)
        since = Cohort.State.SELECTING
        register_tab(Tab(30, _("Matching"), "matching_review", Permission.SEE_PEOPLE))
        register_panel(Panel(30, "matching/panels/matched.html", matched, since=since))
