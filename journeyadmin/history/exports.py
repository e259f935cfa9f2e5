"""The log as CSV and JSON, streamed: one row or object per change, exactly those that the page counts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from journeyadmin.cells import csv_lines
from journeyadmin.history.models import Change

CHUNK = 200
FORMATS = ("csv", "json")


def download(changes: QuerySet[Change], file_format: str) -> StreamingHttpResponse:
    rows = changes.iterator(chunk_size=CHUNK)
    content, kind = (
        (_json(rows), "application/json")
        if file_format == "json"
        else (csv_lines(_table(rows)), "text/csv; charset=utf-8")
    )
    response = StreamingHttpResponse(content, content_type=kind)
    name = f"history_{timezone.localdate().isoformat()}.{file_format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _table(rows: Iterable[Change]) -> Iterator[list[Any]]:
    yield [
        _("time (UTC)"),
        _("person"),
        _("connection"),
        _("operation"),
        _("kind"),
        _("object id"),
        _("name"),
        _("differences"),
        _("reason"),
        _("batch"),
        _("version before"),
        _("version after"),
        _("correlation id"),
    ]
    for change in rows:
        yield [
            _moment(change),
            change.person_name,
            change.connection.name,
            change.operation,
            change.kind,
            change.object_id,
            change.name,
            "\n".join(change.said),
            change.reason,
            change.batch,
            change.version_before,
            change.version_after,
            change.correlation_id,
        ]


def _json(rows: Iterable[Change]) -> Iterator[str]:
    yield "["
    for number, change in enumerate(rows):
        told = {
            "time": _moment(change),
            "person": change.person_name or None,
            "connection": change.connection.name,
            "operation": change.operation,
            "kind": change.kind,
            "objectId": change.object_id,
            "name": change.name,
            "differences": change.said,
            "before": change.before,
            "after": change.after,
            "versionBefore": change.version_before,
            "versionAfter": change.version_after,
            "reason": change.reason or None,
            "batch": change.batch or None,
            "correlationId": change.correlation_id or None,
        }
        yield (",\n" if number else "\n") + json.dumps(told, ensure_ascii=False)
    yield "\n]\n"


def _moment(change: Change) -> str:
    return change.when.strftime("%Y-%m-%dT%H:%M:%SZ")
