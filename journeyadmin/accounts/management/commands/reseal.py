"""`manage.py reseal` puts every stored secret under the newest key, so that older keys can be taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models

from journeyadmin.accounts.models import Connection, Grant, KeptForm
from journeyadmin.accounts.sealed import KeyLost, reseal

_SEALED: tuple[tuple[type[models.Model], str], ...] = (
    (Connection, "sealed_secret"),
    (Grant, "sealed_access"),
    (Grant, "sealed_refresh"),
    (KeptForm, "sealed"),
)


class Command(BaseCommand):
    help = "Encrypt all stored tokens and secrets anew with the first of JOURNEYADMIN_ENCRYPTION_KEYS."
    # Pages are not needed for it.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, 0
        for model, field in _SEALED:
            rows = model._default_manager.exclude(**{field: ""}).values_list("pk", field)
            for pk, sealed in rows.iterator():
                try:
                    anew = reseal(sealed)
                except KeyLost:
                    lost += 1
                    continue
                # What was renewed in the meantime is under the newest key already.
                done += model._default_manager.filter(pk=pk, **{field: sealed}).update(**{field: anew})
        self.stdout.write(f"{done} secrets are under the newest key.")
        if lost:
            raise CommandError(
                f"{lost} secrets can be read with none of the keys and stay as they are. Their people sign in again, "
                "and client secrets must be typed again."
            )
