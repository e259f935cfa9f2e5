"""The Django app of files; it has a command and no models."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "journeyadmin.files"
    label = "files"
