"""The Django app of named views."""

from django.apps import AppConfig


class ListViewsConfig(AppConfig):
    name = "journeyadmin.listviews"
    label = "listviews"
