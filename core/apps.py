from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Dates as each language writes them."""
        from core.first_days import name_first_days

        name_first_days()
