from django.apps import AppConfig


class IthacaConfig(AppConfig):
    name = "config"
