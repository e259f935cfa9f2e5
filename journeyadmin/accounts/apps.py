"""The app's entry in INSTALLED_APPS."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "journeyadmin.accounts"
    label = "accounts"
    verbose_name = "Accounts"
