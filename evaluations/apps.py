from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Surveys bring a tab, a panel, a deadline and a mail."""
        from core.roles import Permission
        from evaluations.deadlines import ANSWER_SURVEY
        from evaluations.panels import open_survey
        from notifications import deadlines, mails
        from programs.desk import Panel, Tab, register_panel, register_tab

        deadlines.register(ANSWER_SURVEY)
        mails.register(mails.MailKind("survey_invitation", _("Invitations to surveys")))
        register_tab(Tab(70, _("Surveys"), "cohort_surveys", Permission.SEE_RESULTS))
        register_panel(Panel(70, "evaluations/panels/open_survey.html", open_survey, since="running"))
