"""`manage.py connection NAME …` creates or changes a connection without a browser."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from journeyadmin.accounts.hosts import origin, refusal
from journeyadmin.accounts.models import Connection
from journeyadmin.service.regions import BY_KEY


class Command(BaseCommand):
    help = "Create a connection, or change the one of that name."
    # Pages are not needed for it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--region", choices=sorted(BY_KEY), help="a region of Genesys Cloud")
        parser.add_argument("--url", help="base address of a server that is both login and API host")
        parser.add_argument("--login-url", help="login host, where it differs from the API host")
        parser.add_argument("--api-url", help="API host")
        parser.add_argument("--client-id")
        parser.add_argument(
            "--client-secret-env",
            metavar="VARIABLE",
            help="environment variable that holds the client secret",
        )
        parser.add_argument("--mode", choices=Connection.Mode.values)
        parser.add_argument("--colour", help="#rrggbb")
        parser.add_argument(
            "--admin", action="append", help="e-mail of one who may manage connections; repeatable"
        )
        parser.add_argument(
            "--unattended",
            metavar="NAME",
            help="the connection as a client, to the same organisation, through which alerts are looked at",
        )
        parser.add_argument(
            "--production", action="store_true", default=None, help="a new one starts read-only"
        )
        parser.add_argument("--read-only", action="store_true", default=None)
        parser.add_argument("--read-write", dest="read_only", action="store_false", default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(name=options["name"]).first() or Connection(
            name=options["name"]
        )
        self._place(connection, options)
        for name in ("client_id", "mode", "colour", "production", "read_only"):
            if options[name] is not None:
                setattr(connection, name, options[name])
        if options["admin"]:
            connection.admins = sorted({email.lower() for email in options["admin"]})
        if options["client_secret_env"]:
            secret = os.environ.get(options["client_secret_env"], "")
            if not secret:
                raise CommandError(f"{options['client_secret_env']} is empty.")
            connection.client_secret = secret
        if not connection.client_id:
            raise CommandError("A connection needs --client-id.")
        if not connection.api_url:
            raise CommandError("A connection needs --region or --url.")
        if connection.mode == Connection.Mode.CLIENT and not connection.sealed_secret:
            raise CommandError("A connection “as a client” needs --client-secret-env.")
        if options["unattended"] is not None:
            connection.unattended = Connection.objects.filter(name=options["unattended"]).first()
            if connection.asks_unattended is None:
                raise CommandError(
                    f"“{options['unattended']}” is no connection as a client to the same service."
                )
        made = connection.pk is None
        if made and connection.production and options["read_only"] is None:
            connection.read_only = True
        connection.save()
        self.stdout.write(
            f"{'Created' if made else 'Changed'} connection “{connection.name}” ({connection.place})."
        )

    def _place(self, connection: Connection, options: dict[str, Any]) -> None:
        if options["region"]:
            connection.region, connection.typed_login_url, connection.typed_api_url = (
                options["region"],
                "",
                "",
            )
            return
        login, api = options["login_url"] or options["url"], options["api_url"] or options["url"]
        if not login and not api:
            return
        for url in (login or "", api or ""):
            reason = refusal(url, typed_hosts=settings.TYPED_HOSTS, embedded_server=settings.EMBEDDED_SERVER)
            if reason:
                raise CommandError(f"{url or 'An address'}: {reason}")
        connection.region = ""
        connection.typed_login_url, connection.typed_api_url = origin(login), origin(api)
