"""The Django app of history and drafts."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "journeyadmin.history"
    label = "history"
