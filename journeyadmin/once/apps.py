"""The Django app of one-time marks."""

from django.apps import AppConfig


class OnceConfig(AppConfig):
    name = "journeyadmin.once"
    label = "once"
