"""`manage.py alerts`: one round of looking at all alerts, for cron or a timer (docs/running.md)."""

from typing import Any

from django.core.management.base import BaseCommand

from analytics.alerts import watching


class Command(BaseCommand):
    help = "Look at all alerts on saved queries once: fire, arm again, tell by e-mail where it is set up."
    # Pages are not needed for it.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = watching.look_at_all()
        self.stdout.write(
            f"{found.total()} alerts looked at: {found['fired']} fired, {found['armed']} armed again, "
            f"{found['failed']} failed."
        )
