"""The Django app of plans that are carried out step by step."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "journeyadmin.runs"
    label = "runs"
