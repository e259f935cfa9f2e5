"""`manage.py journey export|plan|apply|drift`: the plans of the pages, for pipelines.

It signs in as the client of a connection. Exit codes: 0 nothing to do (or done), 2 something differs, 1 an error.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from journeyadmin.accounts import others
from journeyadmin.accounts.models import Connection
from journeyadmin.files import reading
from journeyadmin.history.writes import Writer
from journeyadmin.plans import documents, planning, report, terraform
from journeyadmin.plans.planning import Plan
from journeyadmin.runs.begin import keep
from journeyadmin.runs.models import UNDONE, Run, RunState, Step, StepState
from journeyadmin.runs.work import advance
from journeyadmin.service import JourneyError, JourneyService

NOTHING_TO_DO, ERROR, DIFFERS = 0, 1, 2
LONGEST_SECONDS = 3600.0


class Trouble(Exception):
    """Why the command cannot go on, in one sentence."""


class Command(BaseCommand):
    help = "Export definitions, plan and apply a file, or report drift from it."
    # Pages are not needed for it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="export|plan|apply|drift")
        export = actions.add_parser("export", help="write what the connection holds as a file")
        export.add_argument("--format", choices=("yaml", "json", "terraform"), default="yaml")
        export.add_argument("--only", choices=("segments", "targets"), help="leave the other kind out")
        export.add_argument("--ids", action="store_true", help="with ids, versions and dates")
        export.add_argument("--output", metavar="FILE", help="instead of the standard output")
        plan = actions.add_parser("plan", help="say what applying a file would do")
        apply_ = actions.add_parser("apply", help="do it")
        drift = actions.add_parser(
            "drift", help="say how the connection differs from a file, what it lacks included"
        )
        for one in (plan, apply_, drift):
            one.add_argument("file", help="YAML or JSON, or - for the standard input")
        for one in (plan, apply_):
            one.add_argument(
                "--also-delete", action="store_true", help="delete segments that the file does not have"
            )
            one.add_argument(
                "--overwrite", action="store_true", help="also what was changed since the export"
            )
        apply_.add_argument("--reason", default="", help="kept in the history")
        for one in (export, plan, apply_, drift):
            one.add_argument("--connection", required=True, metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self._do(options)
        except Trouble as error:
            code = self._fail(str(error))
        except documents.Unreadable as error:
            code = self._fail(f"{options['file']}: {error}")
        except JourneyError as error:
            ids = f" ({_('correlation id')} {error.correlation_id})" if error.correlation_id else ""
            code = self._fail(report.shown(f"{error.user_message}{ids}"))
        if code:
            sys.exit(code)

    def _do(self, options: dict[str, Any]) -> int:
        connection = _connection(options["connection"])
        if options["action"] == "export":
            return self._export(others.as_client(connection), options)
        wanted = documents.read(_content(options["file"]))
        if options["action"] == "apply" and connection.read_only:
            raise Trouble(_("The connection “%s” is read-only.") % connection.name)
        if (
            options["action"] == "apply"
            and settings.REASON_REQUIRED
            and connection.production
            and not options["reason"]
        ):
            raise Trouble(_("The connection “%s” asks for a --reason.") % connection.name)
        service = others.as_client(connection)
        drift = options["action"] == "drift"
        delete = drift or options["also_delete"]
        held = reading.held(service, segments=bool(wanted.segments) or delete, targets=bool(wanted.targets))
        plan = planning.make(
            held.segments,
            held.targets,
            wanted,
            also_delete=delete,
            overwrite=drift or options["overwrite"],
        )
        for line in report.lines(plan):
            self.stdout.write(line)
        if options["action"] == "apply":
            return self._apply(connection, service, plan, options)
        return NOTHING_TO_DO if plan.clean else DIFFERS

    def _export(self, service: JourneyService, options: dict[str, Any]) -> int:
        only, file_format = options["only"], options["format"]
        if only == "targets" and file_format == "terraform":
            raise Trouble(_("Terraform has no resource for action targets."))
        held = reading.held(
            service, segments=only != "targets", targets=only != "segments" and file_format != "terraform"
        )
        document = held.document(identity=options["ids"])
        text = {
            "yaml": lambda: documents.to_yaml(document),
            "json": lambda: documents.to_json(document),
            "terraform": lambda: terraform.text(held.segments),
        }[file_format]()
        if options["output"]:
            try:
                Path(options["output"]).write_text(text, encoding="utf-8")
            except OSError as error:
                raise Trouble(
                    _("%(file)s cannot be written: %(why)s.")
                    % {"file": options["output"], "why": error.strerror}
                ) from None
        else:
            self.stdout.write(text, ending="")
        return NOTHING_TO_DO

    def _apply(
        self, connection: Connection, service: JourneyService, plan: Plan, options: dict[str, Any]
    ) -> int:
        """0 where everything of the file holds afterwards; 2 where conflicts were left; 1 where something failed."""
        if plan.writing:
            person = others.client_person(connection)
            source = "-" if options["file"] == "-" else Path(options["file"]).name
            run = keep(connection, person, f"journey apply {source}", plan.writing, reason=options["reason"])
            Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
            run.refresh_from_db()
            writer = Writer(service, connection, person, reason=options["reason"], batch=str(run.pk))
            advance(run, writer, LONGEST_SECONDS)
            if run.state != RunState.DONE:
                counts = {"done": run.steps.filter(state=StepState.DONE).count(), "all": len(plan.writing)}
                raise Trouble(
                    _("%(done)s of %(all)s done; the service asks to wait. Run it again later for the rest.")
                    % counts
                )
            failed = run.steps.filter(state__in=UNDONE)
            for step in failed:
                self.stderr.write(_line(step))
            self.stdout.write(_("%s done.") % (len(plan.writing) - len(failed)))
            if failed:
                return ERROR
        left = plan.of(planning.CONFLICT) or plan.of(planning.UNREADABLE)
        return DIFFERS if left else NOTHING_TO_DO

    def _fail(self, sentence: str) -> int:
        self.stderr.write(f"journey: {sentence}")
        return ERROR


def _connection(name: str) -> Connection:
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        known = ", ".join(f"“{one}”" for one in Connection.objects.values_list("name", flat=True))
        raise Trouble(
            _("There is no connection “%(name)s”. There are: %(known)s.")
            % {"name": name, "known": known or "–"}
        )
    if connection.mode != Connection.Mode.CLIENT or not connection.sealed_secret:
        raise Trouble(
            _("The connection “%s” signs in per person; the command needs one that signs in as a client.")
            % name
        )
    return connection


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Trouble(
            _("%(file)s cannot be read: %(why)s.") % {"file": file, "why": error.strerror}
        ) from None


def _line(step: Step) -> str:
    return report.shown(f"journey: “{step.name}”: {step.message}")
